// Package report turns what happens in a run into what people and machines read about it afterwards.
//
// In come the calls of a Recorder: workers started, items answered, failed, tried again, workers gone. Out go a summary
// for a person (stats.go), a trace for a timeline viewer (trace.go) and a metrics file for a monitoring system
// (metrics.go), each a Recorder of its own. The job log (joblog.go) wants every single item and has a method of its own.
//
// The caller owns the clock, the files and the rhythm: nothing here starts a goroutine, and what has to be written from
// time to time is written when the caller says so. Every Recorder is safe for concurrent use.
package report

import (
	"fmt"
	"time"
)

// Recorder is told what happens in a run, by several goroutines at once. Slots count from 1, and 0 stands for none;
// seq is an item's number, from 1. Items that were answered together are told together: never item by item.
type Recorder interface {
	// Started: a worker's process was started at that time and begins to warm up.
	Started(slot, pid int, at time.Time)
	// Warm: that process is warm, took after it was started.
	Warm(slot, pid int, took time.Duration)
	// Done: the n consecutive items from first on were answered, took in all from when the worker could begin on the
	// first of them. The bytes are what they and their answers measure on the worker's stdio.
	Done(slot int, first int64, n int, began time.Time, took time.Duration, sent, received int64)
	// Failed: the item has failed for good after so many attempts. Began and took are those of the last one; exitval and
	// signal say how its worker died, and are 0 if it did not.
	Failed(slot int, seq int64, item string, attempts, exitval, signal int, began time.Time, took time.Duration, why string)
	// Retried: the item will be tried again, or was given back together with those behind it.
	Retried(slot int, seq int64, at time.Time, why string)
	// Ended: the process is gone. Healthy: it was to go, at the end of the run or because it was recycled.
	Ended(slot, pid int, at time.Time, how string, healthy bool)
}

// Fan is a Recorder that passes everything on to each of several, in order. An empty Fan ignores everything.
type Fan []Recorder

// Started implements Recorder.
func (f Fan) Started(slot, pid int, at time.Time) {
	for _, r := range f {
		r.Started(slot, pid, at)
	}
}

// Warm implements Recorder.
func (f Fan) Warm(slot, pid int, took time.Duration) {
	for _, r := range f {
		r.Warm(slot, pid, took)
	}
}

// Done implements Recorder.
func (f Fan) Done(slot int, first int64, n int, began time.Time, took time.Duration, sent, received int64) {
	for _, r := range f {
		r.Done(slot, first, n, began, took, sent, received)
	}
}

// Failed implements Recorder.
func (f Fan) Failed(slot int, seq int64, item string, attempts, exitval, signal int,
	began time.Time, took time.Duration, why string) {
	for _, r := range f {
		r.Failed(slot, seq, item, attempts, exitval, signal, began, took, why)
	}
}

// Retried implements Recorder.
func (f Fan) Retried(slot int, seq int64, at time.Time, why string) {
	for _, r := range f {
		r.Retried(slot, seq, at, why)
	}
}

// Ended implements Recorder.
func (f Fan) Ended(slot, pid int, at time.Time, how string, healthy bool) {
	for _, r := range f {
		r.Ended(slot, pid, at, how, healthy)
	}
}

// process tells workers apart: a slot has two while a recycled worker's successor warms up.
type process struct{ slot, pid int }

// count writes n with a comma between groups of three digits.
func count(n int64) string {
	digits := fmt.Sprint(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// plural writes n and the noun, with an s unless n is 1.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// span writes d with about three significant digits: 850 ns, 12.3 µs, 4.56 ms, 7.89 s, 12m34s, 5h06m, 3d04h.
func span(d time.Duration) string {
	switch seconds := d.Seconds(); {
	case d < 0:
		return "-" + span(-d)
	case d == 0:
		return "0 s"
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < 999500*time.Nanosecond:
		return digits3(seconds*1e6) + " µs"
	case d < 999500*time.Microsecond:
		return digits3(seconds*1e3) + " ms"
	case d < time.Minute:
		return digits3(seconds) + " s"
	}
	d = d.Round(time.Second)
	hours, minutes := int64(d/time.Hour), int64(d/time.Minute)%60
	switch {
	case hours == 0:
		return fmt.Sprintf("%dm%02ds", minutes, int64(d/time.Second)%60)
	case hours < 24:
		return fmt.Sprintf("%dh%02dm", hours, minutes)
	}
	return fmt.Sprintf("%sd%02dh", count(hours/24), hours%24)
}

// digits3 writes x with three significant digits, more where the whole part has more.
func digits3(x float64) string {
	switch {
	case x < 9.995:
		return fmt.Sprintf("%.2f", x)
	case x < 99.95:
		return fmt.Sprintf("%.1f", x)
	case x < 1e15:
		return count(int64(x + 0.5))
	}
	return fmt.Sprintf("%.3g", x)
}
