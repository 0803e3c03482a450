package progress

import (
	"math"
	"testing"
	"time"
)

// follow observes ten snapshots a second until the end, as the run is at each moment.
func follow(until time.Duration, at func(time.Duration) Snapshot) *pace {
	var p pace
	for now := time.Duration(0); now <= until; now += 100 * time.Millisecond {
		s := at(now)
		s.Elapsed = now
		p.observe(s)
	}
	return &p
}

// warm is the state of a run whose workers take 5 s to warm up and then answer so many items a second.
func warm(perSecond float64, base int64) func(time.Duration) Snapshot {
	return func(now time.Duration) Snapshot {
		if now < 5*time.Second {
			return Snapshot{Workers: 2, Warming: 2, Answered: base, Items: 1000}
		}
		return Snapshot{Workers: 2, Answered: base + int64((now-5*time.Second).Seconds()*perSecond+.001), Items: 1000}
	}
}

func TestPace(t *testing.T) {
	changing := func(now time.Duration) Snapshot { // 10 a second for 100 s, then 1 a second
		n := int64(now.Seconds() * 10)
		if now > 100*time.Second {
			n = 1000 + int64((now-100*time.Second).Seconds()+.001)
		}
		return Snapshot{Workers: 1, Answered: n, Done: n, Bytes: 1150}
	}
	for _, tt := range []struct {
		name  string
		until time.Duration
		at    func(time.Duration) Snapshot
		rate  float64
		left  time.Duration // -1: not known
	}{
		{"nothing yet", 0, warm(10, 0), 0, -1},
		{"warming up", 4 * time.Second, warm(10, 0), 0, -1},
		{"the warm-up does not count", 15 * time.Second, warm(10, 0), 10, 90 * time.Second},
		{"a steady run", 55 * time.Second, warm(10, 0), 10, 50 * time.Second},
		{"at the end", 105 * time.Second, warm(10, 0), 10, 0},
		{"what was done before a resume does not count", 15 * time.Second, warm(10, 500), 10, 40 * time.Second},
		{"slow items", 65 * time.Second, warm(.1, 0), .1, 9940 * time.Second},
		{"after a change of pace", 180 * time.Second, changing, 1, 70 * time.Second},
		{"standing still", 400 * time.Second, func(time.Duration) Snapshot { return Snapshot{Workers: 1, Answered: 5, Items: 10} }, 0, -1},
	} {
		p := follow(tt.until, tt.at)
		if got := p.perSecond(); math.Abs(got-tt.rate) > .1*tt.rate {
			t.Errorf("%s: %.3f items/s, want %.3f", tt.name, got, tt.rate)
		}
		left, ok := p.left()
		if !ok {
			left = -1
		}
		if math.Abs(float64(left-tt.left)) > .1*float64(tt.left)+float64(time.Second)/2 || ok == (tt.left < 0) {
			t.Errorf("%s: %v left, want %v", tt.name, left, tt.left)
		}
	}
}

func TestPaceLooksBackFarEnough(t *testing.T) {
	p := follow(300*time.Second, func(now time.Duration) Snapshot { // one item every 30 s
		return Snapshot{Workers: 1, Answered: int64(now / (30 * time.Second))}
	})
	if got := p.perSecond(); got < 1./60 || got > 1./20 {
		t.Errorf("%.4f items/s, want about %.4f", got, 1./30)
	}
}

func TestPart(t *testing.T) {
	for _, tt := range []struct {
		s    Snapshot
		want float64
	}{
		{Snapshot{}, 0}, {Snapshot{Answered: 5, Items: 10}, .5}, {Snapshot{Answered: 2, Failed: 3, Items: 10, Done: 1, Bytes: 2000}, .5},
		{Snapshot{Answered: 5, Done: 1, Bytes: 4}, .25}, {Snapshot{Done: 5, Bytes: 4}, 1}, {Snapshot{Done: -5, Bytes: 4}, 0}, {Snapshot{Done: 5}, 0},
	} {
		if got := tt.s.part(); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.s, got, tt.want)
		}
	}
}
