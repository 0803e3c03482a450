package report

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHistogramIsOffByThreePercentAtMost(t *testing.T) {
	var h histogram
	random := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	for range 20_000 {
		d := time.Duration(math.Exp(random.Float64() * 30)) // 1 ns to 3 hours
		n := int64(random.IntN(3) + 1)
		h.add(d, n)
		for range n {
			all = append(all, d)
		}
	}
	slices.Sort(all)
	for _, q := range []float64{0, .001, .1, .5, .9, .95, .99, .999, 1} {
		want := all[max(int(math.Ceil(q*float64(len(all))))-1, 0)]
		got := h.quantile(q)
		if off := math.Abs(got.Seconds()-want.Seconds()) / want.Seconds(); off > .016 {
			t.Errorf("quantile %v is %v, want %v: off by %.1f %%", q, got, want, 100*off)
		}
	}
}

func TestHistogramBuckets(t *testing.T) {
	last := -1
	for shift := 2; shift < 63; shift++ {
		for _, offset := range []int64{-1, 0, 1} {
			d := time.Duration(int64(1)<<shift + offset)
			i := bucket(d)
			if i < last || i > last+steps+1 {
				t.Errorf("%d falls into bucket %d, after %d", d, i, last)
			}
			last = i
			if off := math.Abs(float64(middle(i))-float64(d)) / max(float64(d), 1); off > .016 {
				t.Errorf("%d is remembered as %d", d, middle(i))
			}
		}
	}
	var h histogram
	if h.quantile(.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	h.add(math.MaxInt64, 1)
	h.add(-5, 1)
	h.add(7, 0)
	if h.total != 2 || h.max != math.MaxInt64 || h.quantile(.5) != 0 || h.quantile(1) < math.MaxInt64/64*63 {
		t.Errorf("%d counted, max %d, quantiles %d, %d", h.total, h.max, h.quantile(.5), h.quantile(1))
	}
	h.add(math.MaxInt64, 5)
	if got := h.quantile(1); got > h.max {
		t.Errorf("quantile %d beyond the maximum", got)
	}
}

// example is a run of 10 s with two workers, one of which died and was replaced.
func example(r told) {
	r.Started(1, 11, at(0))
	r.Started(2, 12, at(0))
	r.Warm(1, 11, time.Second)
	r.Warm(2, 12, 3*time.Second)
	r.Done(1, 1, 100, at(time.Second), 4*time.Second, 200, 300) // 40 ms each
	r.Done(2, 101, 1, at(3*time.Second), 2*time.Second, 2, 3)
	r.Retried(2, 102, at(6*time.Second), "worker 2 (pid 12) died")
	r.Ended(2, 12, at(6*time.Second), "signal: killed", false)
	r.Started(2, 13, at(6*time.Second))
	r.Warm(2, 13, 2*time.Second)
	r.Failed(2, 102, "bad\titem", 2, 0, 9, at(8*time.Second), time.Second, "signal: killed")
	r.Ended(2, 13, at(9*time.Second), "signal: killed", false)
	r.Done(1, 103, 2, at(6*time.Second), 200*time.Millisecond, 4, 6)
	r.Ended(1, 11, at(10*time.Second), "end of run", true)
}

func TestStatsText(t *testing.T) {
	s := NewStats(epoch, 2)
	example(s.Tell)
	want := strings.Join([]string{
		"103 items answered, 1 failed, 1 retried in 10.0 s (10.4 items/s)",
		"worker  ░ warm-up █ busy · waiting  warm-up     busy       waiting  items starts",
		"     1  ░░░███████████············   1.00 s   4.20 s  47%   4.80 s    102      1",
		"     2  ░░░░░░░░░░░░░████████··      5.00 s   3.00 s  75%   1.00 s      2      2",
		"time of an item: p50 40.4 ms, p95 40.4 ms, p99 998 ms, max 2.00 s",
		"  40.0 ms │████████████████████████████████████████████     100  96% p50 p95",
		"         ⋮",
		"   100 ms │▉                                                  2   2%",
		"         ⋮",
		"   1.00 s │▌                                                  1  <1% p99",
		"         ⋮",
		"   2.00 s │▌                                                  1  <1%",
		"slowest: item 101 2.00 s, item 102 1.00 s (failed), items 103-104 100 ms each",
		"one start per item: 2.00 s x 104 items / 2 jobs = 1m44s;",
		"  in all, about 11 times as long as with warm workers",
		""}, "\n")
	if got := s.Text(at(10*time.Second), false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What the locale cannot show is not shown, and nothing is wider than a screen.
func TestStatsFitTheScreen(t *testing.T) {
	s := NewStats(epoch, 100)
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 100_000 {
		took := time.Duration(math.Exp(random.Float64()*30) + 1)
		told(s.Tell).Started(i%100+1, i, epoch)
		told(s.Tell).Warm(i%100+1, i, took)
		told(s.Tell).Done(i%100+1, int64(i)*10_000+1, 10_000, epoch, took, 0, 0)
		told(s.Tell).Ended(i%100+1, i, epoch.Add(took), "", true)
	}
	for _, ascii := range []bool{false, true} {
		text := s.Text(at(10*time.Hour), ascii)
		for line := range strings.Lines(text) {
			if n := len([]rune(line)) - 1; n > columns {
				t.Errorf("%d columns: %s", n, line)
			}
		}
		if n := strings.Count(text, "\n"); n > mostWorkers+mostRows+6 {
			t.Errorf("%d lines:\n%s", n, text)
		}
		if foreign := strings.ContainsFunc(text, func(r rune) bool { return r > 126 }); foreign == ascii {
			t.Errorf("ascii %v:\n%s", ascii, text)
		}
	}
}

func TestDistributionFindsItsScale(t *testing.T) {
	for _, tt := range []struct {
		name  string
		times []time.Duration
		want  string // bounds of the rows, with their quantiles
	}{
		{"one", []time.Duration{100 * time.Millisecond}, "100ms p50 p95 p99"},
		{"alike", []time.Duration{100 * time.Millisecond, 102 * time.Millisecond, 103 * time.Millisecond}, "100ms p50 p95 p99"},
		{"a straggler", []time.Duration{time.Millisecond, time.Millisecond, 10 * time.Second}, "1ms p50 ... 10s p95 p99"},
		{"ten decades", []time.Duration{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10},
			"1ns 10ns 100ns 1µs 10µs 100µs p50 1ms 10ms 100ms 1s 10s p95 p99"},
		{"nothing at all", []time.Duration{0, 0}, "1ns p50 p95 p99"},
		{"for ever", []time.Duration{math.MaxInt64}, "2500000h0m0s p50 p95 p99"},
	} {
		var h histogram
		for _, d := range tt.times {
			h.add(d, 1)
		}
		var got []string
		for _, r := range h.rows() {
			if r.n == 0 {
				got = append(got, "...")
				continue
			}
			got = append(got, r.from.String()+r.marks)
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestStatsOfNothing(t *testing.T) {
	if got, want := NewStats(epoch, 0).Text(epoch, false), "0 items answered, 0 failed, 0 retried in 0 s\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStatsOfWorkersThatStillRun(t *testing.T) {
	s := NewStats(epoch, 3)
	told(s.Tell).Started(1, 5, at(0))
	told(s.Tell).Started(3, 6, at(time.Second))
	told(s.Tell).Warm(1, 5, time.Second)
	first := s.Text(at(4*time.Second), false)
	if !strings.Contains(first, "\n     1  ░░░░░░░···················   1.00 s      0 s   0%   3.00 s      0\n") ||
		!strings.Contains(first, "\n     3  ░░░░░░░░░░░░░░░░░░░░         3.00 s      0 s           0 s      0\n") {
		t.Error(first)
	}
	if strings.Contains(first, "\n     2 ") {
		t.Errorf("worker 2 was never started:\n%s", first)
	}
	if again := s.Text(at(4*time.Second), false); again != first {
		t.Errorf("a second look shows something else:\n%s\n%s", first, again)
	}
}

func TestBusyCountsEachInstantOnce(t *testing.T) {
	s := NewStats(epoch, 1)
	told(s.Tell).Started(1, 1, epoch)
	told(s.Tell).Warm(1, 1, 0)
	for i := range 10 { // each is sent while the one before it is at work
		told(s.Tell).Done(1, int64(i+1), 1, at(time.Duration(i)*time.Second), 3*time.Second, 0, 0)
	}
	if got := s.slots[0].busy; got != 12*time.Second {
		t.Errorf("busy for %v, want 12s", got)
	}
}

func TestStatsKeepTheSlowest(t *testing.T) {
	s := NewStats(epoch, 1)
	for _, i := range rand.Perm(1000) {
		told(s.Tell).Done(1, int64(i+1), 1, epoch, time.Duration(i+1)*time.Second, 0, 0)
	}
	var got []int64
	for _, r := range s.slow {
		got = append(got, r.first)
	}
	if want := []int64{1000, 999, 998, 997, 996}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
}

func TestItemsWithoutAWorker(t *testing.T) {
	s := NewStats(epoch, 1)
	told(s.Tell).Failed(0, 7, "too long", 0, 0, 0, epoch, 0, "exceeds --max-item")
	if got, want := s.Text(at(time.Second), false), "0 items answered, 1 failed, 0 retried in 1.00 s (1.00 items/s)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBreakEven(t *testing.T) {
	for _, tt := range []struct {
		name              string
		jobs, items       int
		init, each, whole time.Duration
		want              string
	}{
		{"dear init", 1, 1000, time.Second, time.Millisecond, 2 * time.Second,
			"1.00 s x 1,000 items = 16m40s;\n  in all, about 501 times as long as with warm workers"},
		{"cheap init", 4, 100, time.Millisecond, 40 * time.Millisecond, time.Second,
			"1.00 ms x 100 items / 4 jobs = 25.0 ms;\n  in all, about as long as with warm workers"},
		{"no use", 4, 100, time.Millisecond, 40 * time.Millisecond, 2 * time.Second, "in all, faster than with warm workers"},
		{"fewer items than jobs", 8, 1, time.Second, time.Second, time.Second, "1.00 s x 1 item = 1.00 s;\n  in all, about 2.0 times as long as with warm workers"},
	} {
		s := NewStats(epoch, tt.jobs)
		told(s.Tell).Started(1, 1, epoch)
		told(s.Tell).Warm(1, 1, tt.init)
		told(s.Tell).Done(1, 1, tt.items, epoch, time.Duration(tt.items)*tt.each, 0, 0)
		if got := s.Text(epoch.Add(tt.whole), false); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got\n%swant %q", tt.name, got, tt.want)
		}
	}
	s := NewStats(epoch, 2)
	told(s.Tell).Started(1, 1, epoch)
	told(s.Tell).Done(1, 1, 5, epoch, time.Second, 0, 0)
	if got := s.Text(at(time.Second), false); strings.Contains(got, "a start") {
		t.Errorf("nobody knows what an init takes, but:\n%s", got)
	}
}
