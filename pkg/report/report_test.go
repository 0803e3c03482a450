package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// epoch is when the runs of these tests begin.
var epoch = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func at(d time.Duration) time.Time { return epoch.Add(d) }

// diary is a Recorder that writes down what it is told.
type diary struct{ entries []string }

func (d *diary) note(format string, args ...any) {
	d.entries = append(d.entries, fmt.Sprintf(format, args...))
}
func (d *diary) Started(slot, pid int, at time.Time)    { d.note("started %d %d %v", slot, pid, at) }
func (d *diary) Warm(slot, pid int, took time.Duration) { d.note("warm %d %d %v", slot, pid, took) }
func (d *diary) Retried(slot int, s int64, a time.Time, w string) {
	d.note("retried %d %d %v %s", slot, s, a, w)
}
func (d *diary) Done(slot int, first int64, n int, began time.Time, took time.Duration, sent, received int64) {
	d.note("done %d %d %d %v %v %d %d", slot, first, n, began, took, sent, received)
}
func (d *diary) Failed(slot int, seq int64, item string, attempts, exitval, signal int,
	began time.Time, took time.Duration, why string) {
	d.note("failed %d %d %s %d %d %d %v %v %s", slot, seq, item, attempts, exitval, signal, began, took, why)
}
func (d *diary) Ended(slot, pid int, at time.Time, how string, healthy bool) {
	d.note("ended %d %d %v %s %v", slot, pid, at, how, healthy)
}

// tell makes one call of each kind, with arguments that all differ.
func tell(r Recorder) {
	r.Started(1, 2, at(3))
	r.Warm(4, 5, 6)
	r.Done(7, 8, 9, at(10), 11, 12, 13)
	r.Failed(14, 15, "item", 16, 17, 18, at(19), 20, "why")
	r.Retried(21, 22, at(23), "because")
	r.Ended(24, 25, at(26), "how", true)
}

func TestFanPassesEverythingOnToEach(t *testing.T) {
	var one, two, alone diary
	tell(&alone)
	tell(Fan{&one, &two})
	if len(alone.entries) != 6 {
		t.Fatalf("the test tells %d things, want 6", len(alone.entries))
	}
	if !slices.Equal(one.entries, alone.entries) || !slices.Equal(two.entries, alone.entries) {
		t.Errorf("got %q and %q, want %q twice", one.entries, two.entries, alone.entries)
	}
	tell(Fan{})
}

// All recorders are told by several goroutines while their owners read them. The race detector watches.
func TestRecordersAreSafeForConcurrentUse(t *testing.T) {
	stats := NewStats(epoch, 4)
	metrics := NewMetrics(filepath.Join(t.TempDir(), "m.prom"), "", epoch)
	trace := NewTrace(io.Discard, epoch, "x")
	log := NewJoblog(io.Discard, "x")
	fan := Fan{stats, metrics, trace}
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
				log.Job(int64(i), []byte("x"), epoch, 1, 1, 1, 0, 0)
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
	stats, metrics := NewStats(epoch, 1), NewMetrics("", "", epoch)
	log := NewJoblog(io.Discard, "command")
	item := []byte("it's \t a line")
	began := epoch
	tell := func() {
		began = began.Add(time.Millisecond)
		stats.Done(1, 1, 10, began, time.Millisecond, 1, 1)
		metrics.Done(1, 1, 10, began, time.Millisecond, 1, 1)
		log.Job(1, item, began, time.Millisecond, 1, 1, 0, 0)
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
