package engine

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"stoke/pkg/source"
)

// dispatch hands batches to runners: it is the one place where items are taken, so that taking an item and giving it
// its place in the queue are one step, and where batches come back whose worker was lost. Its methods are safe for
// concurrent use: one lock guards all that it consists of.
//
// A batch that was taken is in exactly one place: it is out, in the hands of a runner or lent by it to a worker that is not warm
// yet, or it is among the retries. When nothing is out, nor to be tried again, nor to come, all is done.
type dispatch struct {
	mu      sync.Mutex
	batches batchMaker
	intake  intake
	retries retries
	loans   loans
	waiting waitingRoom
	calm    calm

	out      int           // batches taken, and neither closed nor given back
	again    int           // of those, how many are tried again, and may have to be once more
	drained  atomic.Bool   // no more items are to be taken; may be set without the lock, drain tells the others
	finished chan struct{} // closed when there is nothing more to do

	lasting bool         // a later run takes up what this one leaves
	proven  func() bool  // whether any worker has answered
	refuse  func(*batch) // fails an item that is larger than may be
}

// prepare makes d ready for so many waiters.
func (d *dispatch) prepare(batches batchMaker, waiters int) {
	d.batches, d.intake.batches = batches, &d.batches
	d.waiting.seats = make([]*waiter, waiters)
	d.finished = make(chan struct{})
}

// open begins with the input. All waiters wait, so that the first items go to the first slots.
func (d *dispatch) open(in io.Reader, maxItem int64, waiters []*waiter) *source.Source {
	d.mu.Lock() // the source may call ready before it is known
	defer d.mu.Unlock()
	copy(d.waiting.seats, waiters)
	d.intake.source = source.New(in, d.batches.delim, maxItem, d.batches.pool, d.ready)
	return d.intake.source
}

// ready is called when the source may have more.
func (d *dispatch) ready() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting.wakeOne()
}

// wakeAll wakes all that wait for items.
func (d *dispatch) wakeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting.wakeAll()
}

// requeue makes a batch that was taken available again, after a pause. server, if not nil, is one that is about to
// look for items, without a worker.
func (d *dispatch) requeue(b *batch, pause time.Duration, server *waiter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.in(b)
	defer d.rested()
	if pause > 0 && d.drained.Load() && d.lasting {
		d.finish()
		return
	}
	d.retries.serve(server, b)
	if pause <= 0 || d.drained.Load() {
		d.putBack(b)
		return
	}
	d.retries.postpone(b, pause, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.retries.isDue(b) {
			d.waiting.wakeOne()
		}
	})
}

// putBack makes b, which is not out any more, available.
func (d *dispatch) putBack(b *batch) {
	d.retries.add(b)
	d.waiting.wakeOne()
}

// notServing says that w will not take what must be alone for the time being.
func (d *dispatch) notServing(w *waiter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.retries.notServing(w) {
		d.waiting.wakeOne()
	}
}

// closed says that a batch that was taken is done. Its caller must not use it again.
func (d *dispatch) closed(b *batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if last := d.in(b); last && d.isOver() {
		d.waiting.decide()
	}
	d.batches.reuse(b)
	d.rested()
	d.finish()
}

// in notes that b is not out any more. It reports whether it was the last one that was tried again.
func (d *dispatch) in(b *batch) (last bool) {
	d.out--
	if !b.again {
		return false
	}
	b.again = false
	d.again--
	return d.again == 0 && len(d.retries.later) == 0
}

// mayComeBack reports whether there may be something for a worker after all, at the end of the input, that others have: it is lent, or
// is tried again. mine is the oldest batch that the worker has, or nil.
func (d *dispatch) mayComeBack(mine *batch) bool {
	others := d.again
	if mine != nil && mine.again {
		others--
	}
	return len(d.loans.list) > 0 || others > 0 || len(d.retries.later) > 0
}

// split takes the items from the n-th on, of which none is done, off a batch that was taken, into one behind it.
func (d *dispatch) split(b *batch, n int) *batch {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out++
	return d.batches.split(b, n)
}

// rested goes on if nothing is in hand any more: with an item that waits for that, or, when it is done, with all.
func (d *dispatch) rested() {
	switch {
	case d.out > 0:
	case d.calm.leave():
		d.waiting.wakeAll()
	case len(d.retries.ready) > 0:
		d.waiting.wakeOne()
	}
}

// total is how many items there are in all; 0 as long as that is not known.
func (d *dispatch) total() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.intake.total()
}

// taken returns how many items have been taken, how many of those an earlier run had done, and how many bytes they have.
func (d *dispatch) taken() (items, before, bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.intake.taken()
}

// over reports whether there are no more items to be taken.
func (d *dispatch) over() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.isOver()
}

func (d *dispatch) isOver() bool {
	return len(d.retries.ready) == 0 && (d.drained.Load() || d.intake.isOver())
}

// Outlook is what a run has still to answer.
type Outlook int

const (
	AllAnswered  Outlook = iota // nothing: the input is at its end, and all of it is done
	ItemsMayCome                // nothing now, but the input is open
	ItemsInHand
)

// outlook says what there is still to answer.
func (d *dispatch) outlook() Outlook {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.out > 0 || len(d.retries.ready) > 0 || len(d.retries.later) > 0 || d.intake.more():
		return ItemsInHand
	case d.drained.Load() || d.intake.isOver():
		return AllAnswered
	}
	return ItemsMayCome
}

// checkFinished reports whether there is nothing more to do. If there may be, because items are in other hands that may come
// back, w will be woken when that is decided.
func (d *dispatch) checkFinished(w *waiter) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.finish() {
		return true
	}
	d.waiting.sit(w)
	return false
}

// finish ends the work if there is nothing more to do, and tells everybody.
func (d *dispatch) finish() bool {
	if d.out > 0 || len(d.retries.later) > 0 || !d.isOver() {
		return false
	}
	if !d.isFinished() {
		close(d.finished)
		d.waiting.decide()
	}
	return true
}

// isFinished reports whether there is nothing more to do.
func (d *dispatch) isFinished() bool {
	select {
	case <-d.finished:
		return true
	default:
		return false
	}
}

// drain ends the taking of items. Those that wait to be tried again are tried now, or left to the run that resumes this one:
// what they wait for may take its time.
func (d *dispatch) drain() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drained.Store(true)
	for _, b := range d.retries.cutShort() {
		if !d.lasting {
			d.putBack(b)
		}
	}
	d.lapse()
	if d.intake.source != nil {
		d.finish()
	}
	d.waiting.wakeAll()
}

// attend has w be woken when there is nothing more to do, although it does not wait for items.
func (d *dispatch) attend(w *waiter) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting.watch(w)
}
