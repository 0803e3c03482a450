package report

import (
	"errors"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"stoke/pkg/event"
)

// epoch is when the runs of these tests begin.
var epoch = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func at(d time.Duration) time.Time { return epoch.Add(d) }

// told tells of events in few words.
type told func(event.Event)

func (t told) Started(slot, pid int, at time.Time) { t(&event.Started{Slot: slot, Pid: pid, At: at}) }
func (t told) Warm(slot, pid int, took time.Duration) {
	t(&event.Warm{Slot: slot, Pid: pid, Took: took})
}
func (t told) Retried(slot int, seq int64, at time.Time, why string) {
	t(&event.Retried{Slot: slot, Seq: seq, At: at, Why: why})
}
func (t told) Done(slot int, first int64, n int, began time.Time, took time.Duration, sent, received int64) {
	t(&event.Done{Slot: slot, First: first, N: n, Began: began, Took: took, Sent: sent, Received: received})
}
func (t told) Failed(slot int, seq int64, item string, attempts, exitval, signal int,
	began time.Time, took time.Duration, why string) {
	t(&event.Failed{Slot: slot, Seq: seq, Item: []byte(item), Attempts: attempts, ExitVal: exitval, Signal: signal,
		Began: began, Took: took, Why: errors.New(why)})
}
func (t told) Ended(slot, pid int, at time.Time, how string, healthy bool) {
	t(&event.Ended{Slot: slot, Pid: pid, At: at, How: how, Healthy: healthy})
}

// All are told by several goroutines while their owners read them. The race detector watches.
func TestReportsAreSafeForConcurrentUse(t *testing.T) {
	stats := NewStats(epoch, 4)
	metrics := NewMetrics(filepath.Join(t.TempDir(), "m.prom"), epoch)
	trace := NewTrace(io.Discard, epoch, "x")
	log := newJoblog(io.Discard, "x", true)
	fan := told(event.All(stats.Tell, metrics.Tell, trace.Tell, log.Tell))
	const each = 200
	var tellers sync.WaitGroup
	for slot := 1; slot <= 4; slot++ {
		tellers.Go(func() {
			fan.Started(slot, slot, epoch)
			fan.Warm(slot, slot, time.Second)
			for i := range each {
				fan.Done(slot, int64(i), 2, epoch, time.Second, 1, 1)
				fan.Retried(slot, int64(i), epoch, "")
				fan.Failed(slot, int64(i), "", 1, 1, 0, epoch, 1, "")
				fan(&event.Answered{Seq: int64(i), Item: []byte("x"), Began: epoch, Took: 1, Received: 1})
			}
			fan.Ended(slot, slot, epoch, "", true)
		})
	}
	for range 20 {
		_ = stats.Text(at(time.Second), false)
		if err := metrics.Write(); err != nil {
			t.Error(err)
		}
		_, _ = trace.Flush(), log.Flush()
	}
	tellers.Wait()
	if stats.answered != 2*4*each || metrics.answered != 2*4*each || stats.failed != 4*each || metrics.retried != 4*each {
		t.Errorf("lost some: %d, %d answered, %d failed, %d retried", stats.answered, metrics.answered, stats.failed, metrics.retried)
	}
}

// What is told for items costs no memory: a run has many millions of them.
func TestItemsCostNoMemory(t *testing.T) {
	stats, metrics := NewStats(epoch, 1), NewMetrics("", epoch)
	log := newJoblog(io.Discard, "command", true)
	item := []byte("it's \t a line")
	done := &event.Done{Slot: 1, First: 1, N: 10, Began: epoch, Took: time.Millisecond, Sent: 1, Received: 1}
	one := &event.Answered{Seq: 1, Item: item, Began: epoch, Took: time.Millisecond, Received: 1}
	all := event.All(stats.Tell, metrics.Tell, log.Tell)
	tell := func() {
		done.Began = done.Began.Add(time.Millisecond)
		all(done)
		all(one)
	}
	tell()
	if n := testing.AllocsPerRun(1000, tell); n != 0 {
		t.Errorf("%v allocations for an event, want none", n)
	}
}

func TestSpan(t *testing.T) {
	for _, tt := range []struct {
		in   time.Duration
		want string
	}{
		{0, "0 s"}, {850, "850 ns"}, {999, "999 ns"}, {1000, "1.00 µs"}, {12345, "12.3 µs"}, {999_499, "999 µs"}, {999_500, "1.00 ms"},
		{4560 * time.Microsecond, "4.56 ms"}, {9996 * time.Microsecond, "10.0 ms"}, {99_960 * time.Microsecond, "100 ms"},
		{999_499 * time.Microsecond, "999 ms"}, {999_500 * time.Microsecond, "1.00 s"}, {59 * time.Second, "59.0 s"},
		{time.Minute, "1m00s"}, {754 * time.Second, "12m34s"}, {time.Hour - 1, "1h00m"}, {5*time.Hour + 6*time.Minute, "5h06m"},
		{76 * time.Hour, "3d04h"}, {30000 * 24 * time.Hour, "30,000d00h"}, {-time.Second, "-1.00 s"},
	} {
		if got := span(tt.in); got != tt.want {
			t.Errorf("span(%v) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1: "-1", -123: "-123", -1234: "-1,234"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
	if plural(1, "item") != "1 item" || plural(0, "item") != "0 items" || plural(1000, "item") != "1,000 items" {
		t.Errorf("plural: %q %q %q", plural(1, "item"), plural(0, "item"), plural(1000, "item"))
	}
}
