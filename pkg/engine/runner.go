package engine

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"stoke/pkg/source"
	"stoke/pkg/worker"
)

// settled is added to the time that a successor without --ready is given to warm up, when it cannot be seen to.
const settled = 250 * time.Millisecond

// runner owns one worker slot: it takes batches, starts a worker when it has one, and replaces the worker in time.
type runner struct {
	*waiter
	e *run

	next    *prepared     // the worker that will replace the present one, once begun
	initFor time.Duration // how long its first worker took to warm up

	parting atomic.Int32 // workers of this slot that were replaced, and have not ended

	starts starts

	doing doing // for Status
}

// prepared is a worker that is warmed up while its predecessor still works.
type prepared struct {
	unwanted atomic.Bool
	due      time.Time     // when its predecessor waits for it no more
	ready    chan struct{} // closed when the others are set
	w        Worker
	err      error
}

func newRunner(e *run, slot int) *runner {
	r := &runner{waiter: &waiter{slot: slot, signal: make(chan struct{}, 1)}, e: e}
	r.load.Store(cold)
	r.doing.at.Store(away)
	return r
}

// run serves until there are no more items or the run ends, or the slot is given up. It begins asleep, on the dispatch's list
// of those who wait, so that the first items go to the first slots.
func (r *runner) run() {
	defer r.abandon()
	<-r.signal
	for l := r.first(); l != nil; l = r.first() {
		if !r.starts.counted {
			r.starts.counted = true
			r.e.slots.try()
		}
		err := r.serve(l)
		if err != nil && !r.mayRestart(err) {
			return
		}
		if err == nil {
			r.starts.counted = false
			r.e.slots.starting.Add(-1)
		}
	}
}

// first waits for the first items for a worker, which are lent to it until it is warm; nil when there is nothing more to do,
// or at the end of the run.
func (r *runner) first() *loan {
	for overdue := false; !r.e.cancelled(); {
		if !r.starts.counted && !r.e.dispatch.isFinished() && r.e.slots.inVain(r.e.o.Starts.Retries) { // others may still become warm
			r.e.dispatch.ready()
			r.e.pause(lookAgain)
			continue
		}
		l := new(loan)
		b, state := r.e.dispatch.take(r.waiter, need{most: 1, idle: true, free: true, loan: l, overdue: overdue})
		if b != nil {
			return l
		}
		if state == source.End && r.e.dispatch.checkFinished(r.waiter) {
			return nil
		}
		overdue = r.await()
	}
	return nil
}

// lookAgain is the pause between two looks whether another slot has a worker after all.
const lookAgain = 100 * time.Millisecond

// await waits to be woken, but not for longer than a start may take, so far as is known from this slot's: if there is only
// what was lent to starts that take longer, one is better made here.
func (r *runner) await() (overdue bool) {
	if !r.e.slots.warm.Load() {
		<-r.signal
		return false
	}
	t := time.NewTimer(max(longSilence, 4*r.initFor))
	defer t.Stop()
	select {
	case <-r.signal:
		return false
	case <-t.C:
		return true
	}
}

// start starts a worker for what l says, or returns the successor that is being warmed up. counted says that it still counts
// as warming up.
func (r *runner) start(l *loan) (w Worker, counted bool, err error) {
	if p := r.next; p != nil {
		r.next = nil
		select {
		case <-p.ready:
		case <-r.e.dispatch.finished:
			p.unwanted.Store(true)
			<-p.ready
		}
		return p.w, false, p.err
	}
	began := time.Now()
	w, err = r.e.launch(r.slot, 0, func() bool { return r.e.cancelled() || !r.e.dispatch.isNeeded(l) })
	r.initFor = time.Since(began)
	return w, !r.e.o.Protocol.Greets, err
}

// serve holds conversations with one worker after another, each replacing the one before, starting with what l says. It
// returns when the last of them is gone. An error is that of a failed start, or one that ends the run.
func (r *runner) serve(l *loan) error {
	for {
		w, counted, err := r.start(l)
		if err != nil {
			r.e.dispatch.repay(l)
			return err
		}
		r.attach(w)
		c := newConversation(r, w, counted, l)
		outcome, err := c.run()
		r.attach(nil)
		r.doing.at.Store(away)
		if outcome != replaced || err != nil {
			return err
		}
		r.parting.Add(1)
		r.e.leaving.Go(func() {
			if _, err := c.run(); err != nil {
				r.lost(err)
			}
			r.parting.Add(-1)
			r.wake()
		})
		l = new(loan)
	}
}

// mostParting is how many workers of a slot may take their time to end before the next one is replaced.
const mostParting = 2

// prepare begins to warm up the successor of the present worker, unless too many of its predecessors have not ended: it is
// called again when one has.
func (r *runner) prepare() {
	if r.next != nil || r.parting.Load() >= mostParting || time.Now().Before(r.starts.retryAt) {
		return
	}
	p := &prepared{ready: make(chan struct{}), due: time.Now().Add(max(longSilence, 4*r.initFor))}
	r.next = p
	settle := 2*r.initFor + settled // a program that never sleeps in read, such as node, is warm after that
	r.e.leaving.Go(func() {
		p.w, p.err = r.e.launch(r.slot, settle, func() bool { return p.unwanted.Load() || r.e.cancelled() })
		close(p.ready)
		r.wake()
	})
}

// forgive forgets a successor that could not be started, if that is so: its predecessor stays.
func (r *runner) forgive() bool {
	if r.next == nil || !r.next.over() || r.next.err == nil {
		return false
	}
	err := r.next.err
	r.next = nil
	pause := r.misstart()
	r.starts.retryAt = time.Now().Add(pause)
	if !errors.Is(err, worker.ErrStopped) {
		r.e.note(fmt.Sprintf("%v; the worker that it was to replace goes on, and another one is started in %v", err, pause))
	}
	return true
}

// goesOn reports whether a worker that has done its share is to be given more: another cannot be had, or takes too long to start.
func (r *runner) goesOn() bool {
	now := time.Now()
	return now.Before(r.starts.retryAt) || r.next != nil && !r.next.over() && now.After(r.next.due)
}

// successor reports whether the successor is warm.
func (r *runner) successor() bool { return r.next != nil && r.next.over() && r.next.err == nil }

// due is until when the worker waits for its successor, if one is being warmed up.
func (r *runner) due() (latest time.Time, ok bool) {
	if r.next == nil {
		return latest, false
	}
	return r.next.due, true
}

// becameWarm notes how long a worker of the slot took to warm up, warmUp is how long the last one took.
func (r *runner) becameWarm(took time.Duration) { r.initFor = took }
func (r *runner) warmUp() time.Duration         { return r.initFor }

// over reports whether its start has come to an end.
func (p *prepared) over() bool {
	select {
	case <-p.ready:
		return true
	default:
		return false
	}
}

// abandon ends a successor that is not needed any more.
func (r *runner) abandon() {
	p := r.next
	if p == nil {
		return
	}
	r.next = nil
	p.unwanted.Store(true)
	r.e.leaving.Go(func() {
		<-p.ready
		if p.err != nil {
			return
		}
		c := newConversation(r, p.w, false, new(loan))
		c.handOver()
		if _, err := c.run(); err != nil {
			r.lost(err)
		}
	})
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
