package engine

import "slices"

// loan is what a worker that is not warm yet has of the items. Nobody knows how long a start takes, or whether it comes to
// an end: so the batch is still the dispatch's, to be given to a worker that is warm and has nothing else to do. It becomes
// the worker's own when that has begun to read. The dispatch's lock guards it.
type loan struct {
	batch  *batch // nil: nothing, or not any more
	ring   func() // calls the conversation that has sent it; nil while the worker is being started
	wanted bool   // it is to be given back, if the worker has not begun
	lapsed bool   // nobody will do it: the run ends
	late   bool   // the start takes too long, and is ended for it
}

// lend notes that b, just taken, is only lent.
func (d *dispatch) lend(l *loan, b *batch) {
	l.batch, l.wanted, l.lapsed = b, false, false
	d.loans = append(d.loans, l)
}

// end removes l from the loans, and wakes those who wait for what becomes of it.
func (d *dispatch) end(l *loan) *batch {
	b := l.batch
	if b == nil {
		return nil
	}
	l.batch = nil
	if i := slices.Index(d.loans, l); i >= 0 {
		d.loans = slices.Delete(d.loans, i, i+1)
	}
	if l.wanted || d.overLocked() {
		d.wakeAllLocked()
		d.wakeUndecided()
	}
	l.wanted = false
	return b
}

// hand says that a worker has been started, and returns what it is to be sent, if that is still lent to it. ring will be
// called when it is wanted back; a worker that is warm keeps it.
func (d *dispatch) hand(l *loan, ring func(), warm bool) *batch {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.ring = ring
	if !warm {
		return l.batch
	}
	d.warm++
	return d.end(l)
}

// own says that what was lent belongs to its worker, which has begun with it or is gone.
func (d *dispatch) own(l *loan) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end(l)
}

// warmUp says that a worker has become warm, and may take what others were lent.
func (d *dispatch) warmUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.warm++
}

// cool says that a warm worker takes no more.
func (d *dispatch) cool() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.warm--
}

// isWanted reports whether l is to be given back.
func (d *dispatch) isWanted(l *loan) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return l.batch != nil && l.wanted
}

// repay gives back what was lent, as it was. It reports whether there may be more for such a worker.
func (d *dispatch) repay(l *loan) (more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.end(l)
	if b == nil {
		return true
	}
	d.out--
	if l.lapsed {
		d.settle()
		return false
	}
	more = !d.overLocked() && !l.late
	d.insert(b)
	return more
}

// needed reports whether a start is of use: it was lent something, or there may be more.
func (d *dispatch) needed(l *loan) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return l.batch != nil || !d.overLocked()
}

// takeOver takes the oldest batch that a start was lent, for a warm worker. idle says that it has answered everything.
func (d *dispatch) takeOver(idle bool) *batch {
	var oldest *loan
	for _, l := range d.loans {
		if l.ring == nil && (idle || !l.batch.alone) && (oldest == nil || l.batch.First < oldest.batch.First) {
			oldest = l
		}
	}
	if oldest == nil {
		return nil
	}
	return d.end(oldest)
}

// recall asks for what cold workers were sent, and reports whether any of them may give something back soon.
func (d *dispatch) recall() (any bool) {
	for _, l := range d.loans {
		if l.ring == nil {
			continue
		}
		any = true
		if !l.wanted {
			l.wanted = true
			l.ring()
		}
	}
	return any
}

// condemn asks for what cold workers were sent that take too long over their start.
func (d *dispatch) condemn() {
	for _, l := range d.loans {
		l.late = l.ring != nil
	}
	d.recall()
}

// callIn has everything back that was lent and not begun, before an item is tried in calm.
func (d *dispatch) callIn() {
	for _, l := range slices.Clone(d.loans) {
		if l.ring == nil {
			b := d.end(l)
			d.out--
			d.insert(b)
		}
	}
	d.recall()
}

// lapse ends all loans at the end of a run that is stopped, if no worker is warm: what nobody has begun is not in flight.
func (d *dispatch) lapse() {
	if d.warm > 0 {
		return
	}
	for _, l := range slices.Clone(d.loans) {
		if l.ring == nil {
			d.end(l)
			d.out--
		} else {
			l.lapsed, l.wanted = true, true
			l.ring()
		}
	}
}

// lent reports whether something is lent that r, whose worker has as much in hand as it should, may have to take over at the
// end of the input. r is then woken when that is decided.
func (d *dispatch) lent(r *runner) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.loans) == 0 {
		return false
	}
	d.watch(r)
	return true
}

// attend has r be woken when there is nothing more to do, although it does not wait for items.
func (d *dispatch) attend(r *runner) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watch(r)
}

func (d *dispatch) watch(r *runner) {
	if !slices.Contains(d.undecided, r) {
		d.undecided = append(d.undecided, r)
	}
}

func (d *dispatch) wakeUndecided() {
	for _, r := range d.undecided {
		r.wake()
	}
	d.undecided = d.undecided[:0]
}

// someoneWarm reports whether a runner with a warm worker waits for items.
func (d *dispatch) someoneWarm() bool {
	return slices.ContainsFunc(d.waiting, func(r *runner) bool { return r != nil && r.load.Load() < chilly })
}
