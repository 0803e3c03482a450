package engine

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"stoke/pkg/worker"
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
	return min(firstPause<<min(s.failed.Add(1)-1, 10), longestPause)
}

// misstart notes a start that has failed, and says how long to wait before the next one.
func (r *runner) misstart() time.Duration {
	r.e.slots.failed.Store(true)
	return r.starts.fail()
}

// answered says that the worker of the slot has answered: starts work here.
func (r *runner) answered() {
	r.noteAnswered()
	r.starts.failed.Store(0)
}

// noteAnswered says that a worker of the slot has answered. Whether starts still work, one that was handed over does not tell.
func (r *runner) noteAnswered() { r.starts.proven.Store(true) }

func (r *runner) hasAnswered() bool { return r.starts.proven.Load() }

// mayRestart reports whether a worker may be started once more after err, and waits until that is due. If not, the slot is given
// up, or the run is over.
func (r *runner) mayRestart(err error) bool {
	r.e.dispatch.notServing(r.waiter)
	var start *InitError
	switch {
	case r.e.cancelled():
		return false
	case errors.Is(err, worker.ErrStopped): // nobody needed it
		return true
	case !errors.As(err, &start):
		r.e.fail(err)
		return false
	}
	start.Futile = r.e.o.Starts.Futile != nil && r.e.o.Starts.Futile(start)
	pause := r.misstart()
	tries := int64(r.e.o.Starts.Retries)
	if r.e.slots.lost.Load() > 0 && !r.e.slots.warm.Load() {
		tries = 0 // another slot has seen to it that it is no accident
	}
	if start.Final() || r.starts.failed.Load() > tries {
		r.giveUp(start)
		return false
	}
	r.e.note(fmt.Sprintf("%v; another one is started in %v", err, pause))
	r.e.pause(pause)
	return !r.e.cancelled()
}

// pause waits, but not for what cannot come any more.
func (e *Engine) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-e.dispatch.finished:
	case <-e.killed:
	}
}

// giveUp leaves the slot without a worker for the rest of the run. When no slot has or can have one, that is the end of it.
func (r *runner) giveUp(err *InitError) {
	s := &r.e.slots
	lost, starting := s.lost.Add(1), s.starting.Add(-1)
	left := int64(r.e.o.Jobs) - lost
	hopeless := !s.warm.Load() && err.Common() || starting == 0 && s.inVain(r.e.o.Starts.Retries)
	if left == 0 || hopeless {
		r.e.fail(err)
		return
	}
	r.e.warn(fmt.Errorf("%v; its slot is given up, %d of %d are left", err, left, r.e.o.Jobs))
	r.e.dispatch.ready() // what it gave back may have been offered to it alone
}

// lost deals with the end of a worker that had been replaced. If it is a failed start, its items went to others.
func (r *runner) lost(err error) {
	var start *InitError
	if errors.As(err, &start) && !start.Final() && r.starts.failed.Add(1) <= int64(r.e.o.Starts.Retries) {
		r.e.note(fmt.Sprintf("%v; its items go to others", err))
		return
	}
	r.e.fail(err)
}

// becameWarm says that a worker of the run is warm.
func (e *Engine) becameWarm() {
	e.slots.warm.Store(true)
	e.tellBegun()
}
