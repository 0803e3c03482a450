package engine

import (
	"testing"
	"time"
)

// Pauses between starts that fail double, up to the longest.
func TestPausesBetweenStarts(t *testing.T) {
	var s starts
	for i, want := range []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000} {
		if got := s.fail(); got != want*time.Millisecond {
			t.Errorf("after %d failures: %v, want %v", i+1, got, want*time.Millisecond)
		}
	}
	s.failed.Store(100)
	if got := s.fail(); got != longestPause {
		t.Errorf("after many: %v", got)
	}
}

// One more slot is of no use when nothing was ever warm and as many as a slot has tries were tried after the first failure.
func TestInVain(t *testing.T) {
	var s slots
	s.try()
	s.failed.Store(true)
	s.try()
	if s.inVain(1) {
		t.Error("one slot tried after a failure, of one try more")
	}
	s.try()
	if !s.inVain(1) || s.inVain(2) || s.starting.Load() != 3 {
		t.Errorf("two tried: in vain with one try %v, with two %v; %d start", s.inVain(1), s.inVain(2), s.starting.Load())
	}
	s.warm.Store(true)
	s.try()
	if s.inVain(1) || s.anew.Load() != 2 {
		t.Error("something works, and it is in vain to try")
	}
}
