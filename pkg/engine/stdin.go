package engine

import "time"

// stdin is what becomes of a worker's standard input:
//
//	open ─► ending ─► closed
//	  ▲        │
//	  └────────┘ reopen
//
// and from anywhere to lost. Once it is closed or lost, that is all.
type stdin struct {
	state    inputState
	why      reason    // it is ending or closed
	closedAt time.Time // when it was closed, by us or by the worker
	idle     bool      // the worker was seen to wait for more when we closed it
}

// inputState is how far a worker's stdin has come.
type inputState int

const (
	open   inputState = iota // more items may come
	ending                   // no more will; to be closed when all are written
	closed                   // we have closed it
	lost                     // the worker has closed it itself
)

// reason is why a worker gets no more items.
type reason int

const (
	noMoreItems reason = iota
	successor          // it has one, which is warm
	mustBeAlone        // what it has in hand is to be all it has in hand
	makingRoom         // an item waits that must be alone, and will be taken when this worker is done
	lostOne            // it is bound to answer what it has, and waits for more: it has lost an item
)

// end says that no more items will come.
func (s *stdin) end(why reason) {
	if s.state == open {
		s.state, s.why = ending, why
	}
}

// reopen has a worker get more after all, since an item comes back to it: whatever was to end its input, it can have that. Only
// where a successor has come, or the input has been closed, it is too late.
func (s *stdin) reopen() {
	if s.state == ending && s.why != successor {
		s.state = open
	}
}

// close says that we have closed it; idle, that the worker was seen to wait for more.
func (s *stdin) close(now time.Time, idle bool) {
	s.state, s.closedAt, s.idle = closed, now, idle
}

// lose says that the worker has closed it.
func (s *stdin) lose(now time.Time) { s.state, s.closedAt = lost, now }

// isOver reports whether nothing can be written any more.
func (s *stdin) isOver() bool { return s.state == closed || s.state == lost }

// isLost reports whether the worker has closed it and has had so much time since.
func (s *stdin) isLost(now time.Time, long time.Duration) bool {
	return s.state == lost && now.Sub(s.closedAt) >= long
}
