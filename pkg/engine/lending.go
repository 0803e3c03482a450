package engine

// hand says that a worker has been started, and returns what it is to be sent, if that is still lent to it. ring will be
// called when it is wanted back; a worker that is warm keeps it.
func (d *dispatch) hand(w *waiter, l *loan, ring func(), warm bool) *batch {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.ring = ring
	if !warm {
		return l.batch
	}
	d.warm(w, true)
	return d.endLoan(l)
}

// own says that what was lent belongs to its worker, which has begun with it or is gone.
func (d *dispatch) own(l *loan) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endLoan(l)
}

// becameWarm says that the worker which was lent l has become warm. Its waiter is nil if it was handed over.
func (d *dispatch) becameWarm(w *waiter, l *loan) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endLoan(l)
	if w != nil {
		d.warm(w, true)
	}
}

// setWarm says whether w has a worker that is warm and may be given more. Such a one may take what others were lent, and comes
// first to what is to be tried in calm.
func (d *dispatch) setWarm(w *waiter, is bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.warm(w, is)
}

func (d *dispatch) warm(w *waiter, is bool) {
	switch {
	case is == w.warm:
		return
	case is:
		d.loans.warm++
	default:
		if d.loans.warm--; d.loans.warm == 0 && len(d.retries.ready) > 0 {
			d.waiting.wakeOne()
		}
	}
	w.warm = is
}

// isWanted reports whether l is to be given back.
func (d *dispatch) isWanted(l *loan) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return l.batch != nil && l.wanted
}

// isNeeded reports whether a start is of use: it was lent something, or there may be more.
func (d *dispatch) isNeeded(l *loan) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return l.batch != nil || !d.isOver()
}

// repay gives back what was lent, as it was. It reports whether there may be more for such a worker.
func (d *dispatch) repay(l *loan) (more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.endLoan(l)
	if b == nil {
		return true
	}
	d.in(b)
	if l.lapsed {
		d.finish()
		return false
	}
	more = !d.isOver() && !l.late
	d.putBack(b)
	return more
}

// awaits reports whether there may be something for w after all, whose worker has as much in hand as it should, at the end of the
// input: something that is lent, or, if the worker is prompt, that others try again. It is then woken when that is decided. mine is
// the oldest batch that it has.
func (d *dispatch) awaits(w *waiter, mine *batch, prompt bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.loans.list) == 0 && !(prompt && d.mayComeBack(mine)) {
		return false
	}
	d.waiting.watch(w)
	return true
}

// endLoan ends l, and wakes those who wait for what becomes of it.
func (d *dispatch) endLoan(l *loan) *batch {
	b, wanted := d.loans.end(l)
	if b != nil && (wanted || d.isOver()) {
		d.waiting.decide()
	}
	return b
}

// callIn has everything back that was lent and not begun, before an item is tried in calm.
func (d *dispatch) callIn() {
	for _, l := range d.loans.unsent() {
		b := d.endLoan(l)
		d.in(b)
		d.putBack(b)
	}
	d.loans.recall()
}

// lapse ends all loans at the end of a run that is stopped, if no worker is warm: what nobody has begun is not in flight.
func (d *dispatch) lapse() {
	if d.loans.warm > 0 {
		return
	}
	for _, l := range d.loans.unsent() {
		d.in(d.endLoan(l))
	}
	d.loans.lapse()
}
