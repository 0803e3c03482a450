package engine

import "stoke/pkg/source"

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

// take takes a batch for r. If there is none now, r will be woken when there may be one; at the end of the input everybody
// who waits is woken. Warm workers come before those that are not: they also take what those were lent.
func (d *dispatch) take(r *runner, want need) (*batch, source.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting[r.slot-1] = nil
	if want.loan != nil && d.someoneWarm() {
		d.wakeOne()
		d.waiting[r.slot-1] = r
		return nil, source.Empty
	}
	b, state := d.takeAny(r, want)
	switch {
	case state == source.Took && want.loan != nil:
		d.lend(want.loan, b)
	case state != source.Took && want.overdue && d.warm == 0:
		d.condemn()
		d.waiting[r.slot-1] = r
	case state == source.End && want.loan == nil && d.mayReturn(want), state == source.Empty:
		if want.loan == nil && want.free {
			d.recall()
		}
		d.waiting[r.slot-1] = r
		return nil, source.Empty
	}
	return b, state
}

// mayReturn reports whether a warm worker is to wait, at the end of the input, for what others were lent.
func (d *dispatch) mayReturn(want need) bool {
	return d.recall() || want.prompt && len(d.loans) > 0
}

func (d *dispatch) takeAny(r *runner, want need) (*batch, source.State) {
	for {
		if len(d.loans) > 0 && (want.loan == nil || want.overdue && d.warm == 0) {
			if b := d.takeOver(want.idle); b != nil {
				return b, source.Took
			}
		}
		if b, state, ok := d.hush(r, want.idle); ok {
			return b, state
		}
		if b, state := d.again(r, want.most, want.idle); state != source.Empty {
			return b, state
		}
		if d.drained.Load() {
			return nil, source.End
		}
		if d.queue.Full(place(want.oldest)) {
			return nil, source.Empty
		}
		state := d.compare()
		var b *batch
		if state == source.Took {
			b, state = d.next(want.most)
		}
		switch state {
		case source.End:
			d.tell()
			return nil, state
		case source.Empty:
			return nil, state
		}
		if b.Refused > 0 {
			d.refuse(b)
			d.free = append(d.free, b)
			continue
		}
		d.out++
		if d.more() {
			d.wakeOne()
		}
		return b, state
	}
}

// next takes the next items, at most most: those between others that are done first.
func (d *dispatch) next(most int) (*batch, source.State) {
	if len(d.between) == 0 {
		items, state := d.source.Take(most, source.Slab)
		if state != source.Took {
			return nil, state
		}
		return d.newBatch(items, d.queue.Push()), state
	}
	b := d.between[0]
	if b.N > most {
		d.between[0] = d.splitLocked(b, most)
	} else {
		d.between = d.between[1:]
	}
	return b, source.Took
}

// more reports whether there are items to be taken now, ended whether there will never be.
func (d *dispatch) more() bool  { return len(d.between) > 0 || d.source.More() }
func (d *dispatch) ended() bool { return len(d.between) == 0 && d.source.Over() }
