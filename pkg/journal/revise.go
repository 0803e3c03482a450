package journal

import (
	"cmp"
	"io"
	"slices"
)

// Revise makes failed items print what text says of each, in a run that differs from what the journal knows by revisable facts alone;
// they stay failed. It is for a run that was just resumed, a complete one too, and is like Reopen, but for the items that failed: those
// are done again at once. A crash on the way may leave some of them not done.
func (j *Journal) Revise(text func(FailedItem) []byte) (*State, error) {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	failed, err := j.allFailed()
	if err != nil {
		return nil, j.fail(j.name(), err)
	}
	st, err := j.withFailedUndone(true)
	if err != nil {
		return nil, err
	}
	held := st.Held
	for _, f := range failed {
		f.Out = text(FailedItem{Seq: f.First, Item: f.Failed[0].Item})
		f.Failed[0].Off, f.Failed[0].Len, f.Failed[0].Before = 0, len(f.Out), Sum{}
		if held, err = j.again(f, held); err != nil {
			return nil, err
		}
	}
	st = j.state(nil)
	st.Held = held
	return st, nil
}

// again records a failed item, and places what is held and due then.
func (j *Journal) again(p Piece, held []Held) ([]Held, error) {
	e, err := p.entry()
	if err != nil {
		return nil, err
	}
	if !j.unordered && p.First != j.next {
		var h Held
		err := j.add(p, e, isHeld, &h)
		at, _ := slices.BinarySearchFunc(held, p.First, func(h Held, first int64) int { return cmp.Compare(h.First, first) })
		return slices.Insert(held, at, h), err
	}
	if err := j.add(p, e, isWritten, nil); err != nil {
		return nil, err
	}
	n, next := 0, j.next
	for n < len(held) && held[n].First == next {
		next += int64(held[n].N)
		n++
	}
	return held[n:], j.place(held[:n])
}

// allFailed returns the failed items, written or held, each as a piece of its own, by First.
func (j *Journal) allFailed() (pieces []Piece, err error) {
	add := func(e *entry) {
		for _, f := range e.failed {
			f.Item = slices.Clone(f.Item)
			pieces = append(pieces, Piece{First: e.First + int64(f.Index), N: 1, Input: f.Input, Failed: []Failure{f}})
			pieces[len(pieces)-1].Failed[0].Index = 0
		}
	}
	r, err := read(j.file, j.base, j.end, j.unordered)
	if err != nil {
		return nil, err
	}
	w := j.walk()
	for {
		e, _, err := w.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		add(&e)
	}
	for _, h := range r.pieces(0) {
		w.back.off = h.at
		rec, err := w.back.next()
		if err != nil {
			return nil, err
		}
		add(&rec.entry)
	}
	slices.SortFunc(pieces, func(a, b Piece) int { return cmp.Compare(a.First, b.First) })
	return pieces, nil
}
