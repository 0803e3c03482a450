package sizing

import (
	"testing"
	"time"
)

type observation struct {
	items int
	took  time.Duration
}

func repeat(times int, o observation) []observation {
	all := make([]observation, times)
	for i := range all {
		all[i] = o
	}
	return all
}

func TestWindow(t *testing.T) {
	const ms, us = time.Millisecond, time.Microsecond
	tests := []struct {
		name     string
		seen     []observation
		buffered bool
		low, top int
	}{
		{"a new worker gets one item", nil, false, 1, 1},
		{"items of 10 ms go one by one", repeat(5, observation{1, 10 * ms}), false, 1, 1},
		{"so do items of 5 s", repeat(5, observation{1, 5 * time.Second}), false, 1, 1},
		{"items of 1 ms: 8 ms of them", repeat(9, observation{1, ms}), false, 8, 8},
		{"microsecond items travel in thousands", repeat(20, observation{1000, ms}), false, 8000, 8000},
		{"one observation raises the window fourfold at most", []observation{{1, us}}, false, 4, 4},
		{"a slow first item is forgotten in a few rounds", append([]observation{{1, 50 * ms}}, repeat(12, observation{100, ms})...), false, 700, 800},
		{"a slow item among fast ones narrows the window at once", append(repeat(9, observation{100, ms}), observation{1, 5 * time.Second}), false, 1, 1},
		{"a block-buffered worker gets more at a time", repeat(20, observation{1000, ms}), true, 32000, 32000},
		{"but slow items go one by one to it, too", repeat(20, observation{1, 200 * ms}), true, 1, 1},
		{"no items is no evidence", []observation{{0, time.Hour}}, false, 1, 1},
		{"a clock that stands still is survived", repeat(30, observation{1000, 0}), false, maxWindow, maxWindow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p Policy
			if tt.buffered {
				p.Buffered()
			}
			for _, o := range tt.seen {
				p.Observe(o.items, o.took)
			}
			if got := p.Window(); got < tt.low || got > tt.top {
				t.Errorf("window %d, want %d to %d", got, tt.low, tt.top)
			}
		})
	}
}

func TestPerItem(t *testing.T) {
	var p Policy
	if got := p.PerItem(); got != 0 {
		t.Errorf("before any observation: %v, want 0", got)
	}
	p.Observe(10, 20*time.Millisecond)
	if got := p.PerItem(); got != 2*time.Millisecond {
		t.Errorf("10 items in 20 ms: %v an item, want 2ms", got)
	}
}

func TestDue(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name            string
		left            int64
		perItem, warmUp time.Duration
		want            bool
	}{
		{"nothing is left", 0, 0, 0, true},
		{"nothing is known of the items yet", 1000, 0, time.Second, false},
		{"much is left", 1000, 10 * ms, time.Second, false},
		{"what is left takes less than two warm-ups", 100, 10 * ms, time.Second, true},
	}
	for _, tt := range tests {
		if got := Due(tt.left, tt.perItem, tt.warmUp); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
