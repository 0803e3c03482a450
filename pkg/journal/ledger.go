package journal

import (
	"slices"
	"sort"
)

// coverage is a set of items as ranges: sorted, disjoint, and not adjacent.
type coverage []Range

// place returns the index of the first range behind item first.
func (c coverage) place(first int64) int {
	if n := len(c); n == 0 || c[n-1].First < first { // nearly always
		return n
	}
	return sort.Search(len(c), func(i int) bool { return c[i].First >= first })
}

// overlaps reports whether an item of r is in c.
func (c coverage) overlaps(r Range) bool {
	i := c.place(r.First)
	return i > 0 && c[i-1].end() > r.First || i < len(c) && c[i].First < r.end()
}

// add adds r, of which nothing is in c.
func (c *coverage) add(r Range) {
	i := c.place(r.First)
	if i < len(*c) && r.end() == (*c)[i].First {
		next := (*c)[i]
		r = Range{r.First, r.N + next.N, r.Input.Then(next.Input)}
		*c = slices.Delete(*c, i, i+1)
	}
	if i > 0 && (*c)[i-1].end() == r.First {
		before := &(*c)[i-1]
		before.N += r.N
		before.Input = before.Input.Then(r.Input)
		return
	}
	*c = slices.Insert(*c, i, r)
}

// ledger counts what is done. It is kept in the same way while a run goes on and when its journal is read.
type ledger struct {
	unordered bool
	next      int64 // if ordered: the first item that is not in OUT.part
	input     Sum   // if ordered: of the items before next
	done      coverage
	items     int64 // done, failed ones included
	failed    int64
	waiting   int  // held pieces
	holds     bool // the journal has output of pieces that are or were held
	notes     []Fact
}

func newLedger(unordered bool) ledger { return ledger{unordered: unordered, next: 1} }

// refuses says why r cannot be added: as the next to be written, or as one to be held. Empty if it can.
func (l *ledger) refuses(r Range, written bool) string {
	switch {
	case l.done.overlaps(r):
		return "finished twice"
	case written && !l.unordered && r.First != l.next:
		return "written out of turn"
	}
	return ""
}

// refusesEntry says why a piece cannot be recorded; nothing if it can.
func (l *ledger) refusesEntry(e *entry, kind byte) string {
	switch {
	case !e.fits():
		return "its failed items are too large"
	case kind == isHeld && l.unordered:
		return "held, where nothing has a turn"
	}
	return l.refuses(e.Range, kind == isWritten)
}

// finish adds a piece that is not refused, and turn moves on behind one that was written or placed.
func (l *ledger) finish(r Range, failed int) {
	l.done.add(r)
	l.items += int64(r.N)
	l.failed += int64(failed)
}

func (l *ledger) turn(r Range) {
	if l.unordered {
		return
	}
	l.next = r.end()
	if first := l.done[0]; first.end() == l.next { // nothing held follows: the sum is there already
		l.input = first.Input
	} else {
		l.input = l.input.Then(r.Input)
	}
}

// noted returns the note of that name; "" if there is none.
func (l *ledger) noted(name string) string {
	for _, n := range l.notes {
		if n.Name == name {
			return n.Value
		}
	}
	return ""
}

// note adds a note, in place of one of the same name.
func (l *ledger) note(n Fact) {
	l.notes = append(slices.DeleteFunc(slices.Clone(l.notes), func(old Fact) bool { return old.Name == n.Name }), n)
}

// prefix returns the first item that is not in OUT.part, with all before it being there, and the sum of those.
func (l *ledger) prefix() (next int64, input Sum) {
	if !l.unordered {
		return l.next, l.input
	}
	if len(l.done) > 0 && l.done[0].First == 1 {
		return l.done[0].end(), l.done[0].Input
	}
	return 1, Sum{}
}

// whole reports whether items 1 to the last one are all done, and in OUT.part.
func (l *ledger) whole() bool {
	return l.waiting == 0 && (len(l.done) == 0 || len(l.done) == 1 && l.done[0].First == 1)
}
