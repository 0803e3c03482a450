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

// recall asks for l's batch, once.
func (l *loan) recall() {
	if !l.wanted {
		l.wanted = true
		l.ring()
	}
}

// loans are all that have a batch, each once: all others wait for what becomes of those. Who may take their batches over are the
// workers that are warm. The dispatch's lock guards them.
type loans struct {
	list []*loan
	warm int // workers that are, and may be given more
}

// lend notes that b, just taken, is only lent, to who has nothing.
func (ls *loans) lend(l *loan, b *batch) {
	l.batch, l.wanted, l.lapsed = b, false, false
	ls.list = append(ls.list, l)
}

// end ends l. wanted says that somebody waits for what becomes of it.
func (ls *loans) end(l *loan) (b *batch, wanted bool) {
	if l.batch == nil {
		return nil, false
	}
	b, wanted = l.batch, l.wanted
	l.batch, l.wanted = nil, false
	ls.list = slices.DeleteFunc(ls.list, func(other *loan) bool { return other == l })
	return b, wanted
}

// unsent returns those whose worker is still being started: nothing was sent, and they may end at once.
func (ls *loans) unsent() (list []*loan) {
	for _, l := range ls.list {
		if l.ring == nil {
			list = append(list, l)
		}
	}
	return list
}

// oldestUnsent is that one of those whose items come first, or nil. idle says that it may be what must be alone.
func (ls *loans) oldestUnsent(idle bool) (oldest *loan) {
	for _, l := range ls.list {
		if l.ring == nil && (idle || !l.batch.alone) && (oldest == nil || l.batch.First < oldest.batch.First) {
			oldest = l
		}
	}
	return oldest
}

// recall asks for what cold workers were sent, and reports whether any of them may give something back soon.
func (ls *loans) recall() (any bool) {
	for _, l := range ls.list {
		if l.ring != nil {
			any = true
			l.recall()
		}
	}
	return any
}

// condemn asks for what cold workers were sent that take too long over their start.
func (ls *loans) condemn() {
	for _, l := range ls.list {
		l.late = l.ring != nil
	}
	ls.recall()
}

// lapse asks for what cold workers were sent because nobody will do it.
func (ls *loans) lapse() {
	for _, l := range ls.list {
		if l.ring != nil {
			l.lapsed = true
			l.recall()
		}
	}
}
