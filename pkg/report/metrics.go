package report

// A metrics file is in Prometheus' text exposition format: for each metric a HELP and a TYPE line, then its samples,
// `name{label="value"} number`. node_exporter's textfile collector reads all files *.prom of a directory at any time, so
// a file must be replaced in one step. While a run goes on stoke_run_running is 1, and stoke_run_end_timestamp_seconds
// and stoke_run_exit_status are missing. A run that was killed leaves that state behind; the age of the file tells.

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"stoke/pkg/output"
)

// bounds are the upper bounds of the buckets of the duration histogram, in seconds.
var bounds = [...]float64{1e-5, 1e-4, 1e-3, .01, .1, 1, 10, 60, 600}

// Metrics is the Recorder behind a metrics file. It allocates nothing for an item.
type Metrics struct {
	path, label string
	began       time.Time

	mu                        sync.Mutex
	answered, failed, retried int64
	starts, ends, deaths      int64
	buckets                   [len(bounds) + 1]int64 // the last one is beyond all bounds
	sum                       float64                // seconds
	ended                     time.Time              // zero while the run goes on
	status                    int
}

// NewMetrics returns the metrics of a run that began at that time, for a file at path. With a job, every sample bears
// the label job. Nothing is written yet.
func NewMetrics(path, job string, began time.Time) *Metrics {
	m := &Metrics{path: path, began: began}
	if job != "" {
		escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
		m.label = `job="` + escape.Replace(strings.ToValidUTF8(job, "\uFFFD")) + `"`
	}
	return m
}

// Started implements Recorder.
func (m *Metrics) Started(int, int, time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.starts++
}

// Warm implements Recorder; there is nothing to count.
func (m *Metrics) Warm(int, int, time.Duration) {}

// Done implements Recorder.
func (m *Metrics) Done(_ int, _ int64, n int, _ time.Time, took time.Duration, _, _ int64) {
	if n <= 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answered += int64(n)
	m.observe(took, int64(n))
}

// Failed implements Recorder.
func (m *Metrics) Failed(_ int, _ int64, _ string, _, _, _ int, _ time.Time, took time.Duration, _ string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed++
	m.observe(took, 1)
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

// Retried implements Recorder.
func (m *Metrics) Retried(int, int64, time.Time, string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retried++
}

// Ended implements Recorder.
func (m *Metrics) Ended(_, _ int, _ time.Time, _ string, healthy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ends++
	if !healthy {
		m.deaths++
	}
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
	e := exposition{label: m.label}
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
type exposition struct {
	bytes.Buffer
	label string // what stands between the braces of every sample
}

func (e *exposition) head(name, kind, help string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes one line; label is one more label, or empty.
func (e *exposition) sample(name, label, value string) {
	labels := e.label
	if labels != "" && label != "" {
		labels += ","
	}
	if labels += label; labels != "" {
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
