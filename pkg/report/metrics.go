package report

// A metrics file is in Prometheus' text exposition format: for each metric a HELP and a TYPE line, then its samples,
// `name{label="value"} number`. node_exporter's textfile collector reads all files *.prom of a directory at any time, so
// a file must be replaced in one step. While a run goes on stoke_run_running is 1, and stoke_run_end_timestamp_seconds
// and stoke_run_exit_status are missing. A run that was killed leaves that state behind; the age of the file tells.

import (
	"bytes"
	"fmt"
	"strconv"
	"sync"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/output"
)

// bounds are the upper bounds of the buckets of the duration histogram, in seconds.
var bounds = [...]float64{1e-5, 1e-4, 1e-3, .01, .1, 1, 10, 60, 600}

// Metrics is what a metrics file is made from. It allocates nothing for an item.
type Metrics struct {
	path  string
	began time.Time

	mu                        sync.Mutex
	answered, failed, retried int64
	starts, ends, deaths      int64
	buckets                   [len(bounds) + 1]int64 // the last one is beyond all bounds
	sum                       float64                // seconds
	ended                     time.Time              // zero while the run goes on
	status                    int
}

// NewMetrics returns the metrics of a run that began at that time, for a file at path. Nothing is written yet.
func NewMetrics(path string, began time.Time) *Metrics { return &Metrics{path: path, began: began} }

// Tell is told what happens.
func (m *Metrics) Tell(e event.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e := e.(type) {
	case *event.Started:
		m.starts++
	case *event.Done:
		m.answered += int64(e.N)
		m.observe(e.Took, int64(e.N))
	case *event.Failed:
		m.failed++
		m.observe(e.Took, 1)
	case *event.Retried:
		m.retried++
	case *event.Ended:
		m.ends++
		if !e.Healthy {
			m.deaths++
		}
	}
}

// observe counts n items that took so long together.
func (m *Metrics) observe(took time.Duration, n int64) {
	seconds := max(took, 0).Seconds()
	m.sum += seconds
	each, i := seconds/float64(n), 0
	for i < len(bounds) && each > bounds[i] {
		i++
	}
	m.buckets[i] += n
}

// Write replaces the file by what is known now. A reader sees the old file or the new one, whole. It is called from one
// goroutine at a time, about every 15 seconds.
func (m *Metrics) Write() error { return output.Replace(m.path, m.exposition()) }

// Finish writes the file for the last time: the run ended at that time with that exit status.
func (m *Metrics) Finish(at time.Time, status int) error {
	m.mu.Lock()
	m.ended, m.status = at, status
	m.mu.Unlock()
	return m.Write()
}

// exposition is the content of the file.
func (m *Metrics) exposition() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	var e exposition
	e.integer("stoke_items_answered_total", "counter", "Items that were answered.", m.answered)
	e.integer("stoke_items_failed_total", "counter", "Items that failed for good.", m.failed)
	e.integer("stoke_items_retried_total", "counter", "Times that items were tried again or given back.", m.retried)
	e.integer("stoke_worker_starts_total", "counter", "Worker processes that were started.", m.starts)
	e.integer("stoke_worker_deaths_total", "counter", "Worker processes that ended before they were to.", m.deaths)
	e.integer("stoke_workers", "gauge", "Worker processes that are running.", m.starts-m.ends)
	e.histogram("stoke_item_duration_seconds",
		"How long answered and failed items took; items answered together share the time.", m.buckets[:], m.sum)
	e.time("stoke_run_start_timestamp_seconds", "When the run began.", m.began)
	running := int64(1)
	if !m.ended.IsZero() {
		running = 0
		e.time("stoke_run_end_timestamp_seconds", "When the run ended.", m.ended)
		e.integer("stoke_run_exit_status", "gauge", "Exit status of the run.", int64(m.status))
	}
	e.integer("stoke_run_running", "gauge", "1 while the run goes on, 0 when it has ended.", running)
	return e.Bytes()
}

// exposition is text in the exposition format. The help texts are ours and need no escaping.
type exposition struct{ bytes.Buffer }

func (e *exposition) head(name, kind, help string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes one line; labels stands between braces, or is empty.
func (e *exposition) sample(name, labels, value string) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	fmt.Fprintf(e, "%s%s %s\n", name, labels, value)
}

func (e *exposition) integer(name, kind, help string, n int64) {
	e.head(name, kind, help)
	e.sample(name, "", strconv.FormatInt(n, 10))
}

func (e *exposition) time(name, help string, at time.Time) {
	e.head(name, "gauge", help)
	e.sample(name, "", strconv.FormatFloat(float64(at.UnixMilli())/1e3, 'f', 3, 64))
}

// histogram writes counts, one for each of the bounds and one beyond, as the cumulative buckets that are wanted.
func (e *exposition) histogram(name, help string, counts []int64, sum float64) {
	e.head(name, "histogram", help)
	total := int64(0)
	for i, n := range counts {
		total += n
		bound := "+Inf"
		if i < len(bounds) {
			bound = strconv.FormatFloat(bounds[i], 'g', -1, 64)
		}
		e.sample(name+"_bucket", `le="`+bound+`"`, strconv.FormatInt(total, 10))
	}
	e.sample(name+"_sum", "", strconv.FormatFloat(sum, 'g', -1, 64))
	e.sample(name+"_count", "", strconv.FormatInt(total, 10))
}
