package engine

import (
	"slices"

	"stoke/pkg/queue"
	"stoke/pkg/source"
)

// makeRoom is what take says to a runner that is to take no more items until its worker has finished with those it has:
// a batch waits that must be alone.
const makeRoom source.State = -1

// need is what a runner asks the dispatch for.
type need struct {
	most   int    // items
	oldest *batch // what its worker has not answered, or nil
	idle   bool   // the worker has answered everything
	free   bool   // it has gone through everything
	prompt bool   // it answers without being given more
	loan   *loan  // for what it takes while it is not warm; nil: it is

	overdue bool // it has no worker, and what others were lent has been with them for too long
}

// take takes a batch for w. If there is none now, w will be woken when there may be one; at the end of the input everybody
// who waits is woken. Warm workers come before those that are not: they also take what those were lent.
func (d *dispatch) take(w *waiter, want need) (*batch, source.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting.stand(w)
	if want.loan != nil && d.waiting.someoneWarm() {
		d.waiting.wakeOne()
		d.waiting.sit(w)
		return nil, source.Empty
	}
	b, state := d.choose(w, want)
	switch {
	case state == source.Took && want.loan != nil:
		d.loans.lend(want.loan, b)
	case state != source.Took && want.overdue && d.loans.warm == 0:
		d.loans.condemn()
		d.waiting.sit(w)
	case state == source.End && want.loan == nil && (d.loans.recall() || want.prompt && d.mayComeBack(want.oldest)), state == source.Empty:
		if want.loan == nil && want.free {
			d.loans.recall()
		}
		d.waiting.sit(w)
		return nil, source.Empty
	}
	return b, state
}

// choose takes what comes first: what others were lent, if w may take it over, what was given back, and what is new.
func (d *dispatch) choose(w *waiter, want need) (*batch, source.State) {
	if len(d.loans.list) > 0 && (want.loan == nil || want.overdue && d.loans.warm == 0) {
		if l := d.loans.oldestUnsent(want.idle); l != nil {
			return d.endLoan(l), source.Took
		}
	}
	if d.calm.reigns || len(d.retries.ready) > 0 {
		if b, state := d.retry(w, want); state != source.End {
			return b, state
		}
	}
	for !d.drained.Load() {
		if d.batches.queue.Full(place(want.oldest)) {
			return nil, source.Empty
		}
		b, state := d.intake.next(want.most)
		switch {
		case state == source.End:
			d.waiting.announceEnd()
			return nil, state
		case state == source.Empty:
			return nil, state
		case b.Refused > 0:
			d.refuse(b)
			d.batches.reuse(b)
			continue
		}
		d.out++
		if d.intake.more() {
			d.waiting.wakeOne()
		}
		return b, state
	}
	return nil, source.End
}

// retry takes what was given back, if w may have some of it; else the state is End, unless w is to wait or to make room.
func (d *dispatch) retry(w *waiter, want need) (*batch, source.State) {
	calm := d.retries.oldestCalm()
	if calm >= 0 && !d.calm.reigns && len(d.loans.list) > 0 {
		d.callIn()
		calm = d.retries.oldestCalm()
	}
	if calm >= 0 && d.out == 0 && want.loan != nil && d.loans.warm > 0 {
		return nil, source.Empty // it is for a worker that is about to ask, and need not start
	}
	switch d.calm.enter(calm >= 0, d.out, want.idle) {
	case tryIt:
		return d.takeAgain(calm), source.Took
	case rest:
		return nil, source.Empty
	case finishFirst:
		return nil, makeRoom
	}
	at, room := d.retries.choose(w, want.idle, d.proven() || !d.intake.more() && d.retries.allDoubted())
	switch {
	case room:
		return nil, makeRoom
	case at < 0:
		return nil, source.End
	}
	if b := d.retries.ready[at]; !b.alone && b.N > want.most {
		d.retries.ready = slices.Insert(d.retries.ready, at+1, d.batches.split(b, want.most))
	}
	return d.takeAgain(at), source.Took
}

// takeAgain takes one of the batches that were given back.
func (d *dispatch) takeAgain(at int) *batch {
	d.out++
	b := d.retries.remove(at)
	if b.again = b.tries > 0; b.again {
		d.again++
	}
	if len(d.retries.ready) > 0 {
		d.waiting.wakeOne()
	}
	return b
}

// place is where the output of b goes; nil for none.
func place(b *batch) *queue.Entry {
	if b == nil {
		return nil
	}
	return b.entry
}
