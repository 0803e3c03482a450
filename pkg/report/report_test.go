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
