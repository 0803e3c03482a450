package engine

import (
	"sync/atomic"
	"time"
)

// slots counts those of a run: a slot that cannot start a worker is given up, and the others do its work.
type slots struct {
	starting atomic.Int64 // have tried, and are not given up
	failed   atomic.Bool  // a start has failed, somewhere
	anew     atomic.Int64 // tried after that for the first time, before any worker was warm
	lost     atomic.Int64 // given up
	warm     atomic.Bool  // a worker of the run was warm, at some time
}

// try counts a slot that tries to start a worker for the first time, or again after one that had nothing left to do.
func (s *slots) try() {
	s.starting.Add(1)
	if s.failed.Load() && !s.warm.Load() {
		s.anew.Add(1)
	}
}

// inVain reports whether it is of no use to try one more slot. If nothing ever worked, and as many slots as a slot has tries
// were tried after a start had failed in another, it is not this slot or that.
func (s *slots) inVain(retries int) bool { return !s.warm.Load() && s.anew.Load() > int64(retries) }

// Pauses between starts that fail: the first, and the longest.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
)

// starts is how it went with the starts of one slot.
type starts struct {
	failed  atomic.Int64 // in a row
	proven  atomic.Bool  // a worker has answered: where nothing can be seen, the next one's death is no failed start
	counted bool         // the slot has tried to start a worker, and counts as one that may have one
	retryAt time.Time    // a successor that could not be started is not tried again before
}

// fail counts a start that has failed, and says how long to wait before the next one.
func (s *starts) fail() time.Duration {
	return PauseAfter(s.failed.Add(1))
}

// PauseAfter is how long to wait before the next start when that many have failed in a row.
func PauseAfter(failed int64) time.Duration { return min(firstPause<<min(failed-1, 10), longestPause) }
