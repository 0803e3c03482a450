package report

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/human"
)

// columns is how wide a summary may be.
const columns = 80

// slowest is how many of the slowest items a summary names.
const slowest = 5

// Stats is what a summary of the run for a person is made from. It allocates nothing for an item.
type Stats struct {
	began time.Time
	jobs  int

	mu                        sync.Mutex
	answered, failed, retried int64
	slots                     []slotStats // by slot, from 1
	running                   map[process]birth
	latency                   histogram
	slow                      [slowest]run // the slowest first
}

// run is a run of items that were answered together, or one that failed.
type run struct {
	first  int64
	n      int
	each   time.Duration
	failed bool
}

// NewStats returns the statistics of a run that began at that time with at most jobs workers side by side.
func NewStats(began time.Time, jobs int) *Stats {
	return &Stats{began: began, jobs: max(jobs, 1), running: map[process]birth{}}
}

// slot returns the record of a slot, or nil for what no worker did. The caller holds the lock.
func (s *Stats) slot(n int) *slotStats {
	if n < 1 {
		return nil
	}
	for len(s.slots) < n {
		s.slots = append(s.slots, slotStats{})
	}
	return &s.slots[n-1]
}

// Tell is told what happens.
func (s *Stats) Tell(e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := e.(type) {
	case *event.Started:
		if w := s.slot(e.Slot); w != nil {
			w.starts++
			s.running[process{e.Slot, e.Pid}] = birth{at: e.At}
		}
	case *event.Warm:
		s.warm(e)
	case *event.Done:
		s.answered += int64(e.N)
		s.account(e.Slot, run{e.First, e.N, e.Took / time.Duration(e.N), false}, e.Began, e.Took)
	case *event.Failed:
		s.failed++
		s.account(e.Slot, run{e.Seq, 1, e.Took, true}, e.Began, e.Took)
	case *event.Retried:
		s.retried++
	case *event.Ended:
		if b, ok := s.running[process{e.Slot, e.Pid}]; ok {
			delete(s.running, process{e.Slot, e.Pid})
			s.slot(e.Slot).lived(b, e.At)
		}
	}
}

func (s *Stats) warm(e *event.Warm) {
	if w := s.slot(e.Slot); w != nil {
		w.warmed++
		w.warmUp += e.Took
		w.init += e.Took
		b := s.running[process{e.Slot, e.Pid}]
		b.warm = true
		s.running[process{e.Slot, e.Pid}] = b
	}
}

// account counts items that a slot is done with. Of spans that overlap, because a worker has several items at a
// time, each instant counts as busy once.
func (s *Stats) account(slot int, r run, began time.Time, took time.Duration) {
	w := s.slot(slot)
	if w == nil {
		return
	}
	s.latency.add(r.each, int64(r.n))
	w.items += int64(r.n)
	end := began.Add(took)
	if began.Before(w.until) {
		began = w.until
	}
	if end.After(began) {
		w.busy += end.Sub(began)
		w.until = end
	}
	for i := range s.slow {
		if s.slow[i].n == 0 || r.each > s.slow[i].each {
			copy(s.slow[i+1:], s.slow[i:])
			s.slow[i] = r
			return
		}
	}
}

// Text is the summary of the run, which ended at that time: several lines, each ended. Workers that were not told to
// have ended count as running until then. No line has more than 80 columns; ascii restricts it to ASCII.
func (s *Stats) Text(end time.Time, ascii bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	wall := end.Sub(s.began)
	slots := append([]slotStats(nil), s.slots...)
	for p, b := range s.running {
		slots[p.slot-1].lived(b, end)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s answered, %s failed, %s retried in %s%s\n", human.Many(s.answered, "item"), human.Count(s.failed),
		human.Count(s.retried), human.Span(wall), pace(s.answered+s.failed, wall))
	g := &drawn
	if ascii {
		g = &plain
	}
	table(&text, slots, wall, g)
	s.latencies(&text, g)
	s.breakEven(&text, slots, wall)
	return strings.ReplaceAll(text.String(), drawn.micro, g.micro)
}

// pace says how many items a second that is, where it can be said.
func pace(items int64, wall time.Duration) string {
	if items == 0 || wall <= 0 {
		return ""
	}
	return fmt.Sprintf(" (%s items/s)", human.Digits(float64(items)/wall.Seconds()))
}

func (s *Stats) latencies(text *strings.Builder, g *glyphs) {
	if s.latency.total == 0 {
		return
	}
	q := s.latency.quantile
	fmt.Fprintf(text, "time of an item: p50 %s, p95 %s, p99 %s, max %s\n",
		human.Span(q(.50)), human.Span(q(.95)), human.Span(q(.99)), human.Span(s.latency.max))
	distribution(text, &s.latency, g)
	line := "slowest: " + s.slow[0].String()
	for _, r := range s.slow[1:] {
		if r.n == 0 || len(line)+len(", ")+len(r.String()) > columns {
			break
		}
		line += ", " + r.String()
	}
	text.WriteString(line + "\n")
}

// String names the items and says how long each of them took. Numbers are written as messages write them.
func (r run) String() string {
	switch {
	case r.failed:
		return fmt.Sprintf("item %d %s (failed)", r.first, human.Span(r.each))
	case r.n == 1:
		return fmt.Sprintf("item %d %s", r.first, human.Span(r.each))
	}
	return fmt.Sprintf("items %d-%d %s each", r.first, r.first+int64(r.n)-1, human.Span(r.each))
}

// breakEven compares the run with one that starts a process for each item, with as many side by side: each would warm
// up as long as these workers did on average, and then do the same work.
func (s *Stats) breakEven(text *strings.Builder, slots []slotStats, wall time.Duration) {
	var warmed, items int64
	var warmUp, busy time.Duration
	for _, w := range slots {
		warmed += w.warmed
		items += w.items
		warmUp += w.warmUp
		busy += w.busy
	}
	if warmed == 0 || items == 0 || warmUp <= 0 || wall <= 0 {
		return
	}
	each := warmUp.Seconds() / float64(warmed)
	abreast := float64(min(int64(s.jobs), items))
	starting := float64(items) * each / abreast
	ratio := (starting + busy.Seconds()/abreast) / wall.Seconds()
	fmt.Fprintf(text, "one start per item: %s x %s", human.Span(seconds(each)), human.Many(items, "item"))
	if abreast > 1 {
		fmt.Fprintf(text, " / %d jobs", int64(abreast))
	}
	fmt.Fprintf(text, " = %s;\n  %s\n", human.Span(seconds(starting)), comparison(ratio))
}

// comparison says what it means that something takes ratio times as long.
func comparison(ratio float64) string {
	switch {
	case ratio < 0.95:
		return "in all, faster than with warm workers"
	case ratio < 1.05:
		return "in all, about as long as with warm workers"
	case ratio < 9.95:
		return fmt.Sprintf("in all, about %.1f times as long as with warm workers", ratio)
	}
	return fmt.Sprintf("in all, about %s times as long as with warm workers", human.Count(int64(ratio+0.5)))
}

// seconds is a duration of x seconds, the longest there is where x is more.
func seconds(x float64) time.Duration {
	return time.Duration(min(x*1e9, 1<<62))
}
