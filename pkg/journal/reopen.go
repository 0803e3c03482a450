package journal

import (
	"cmp"
	"io"
	"iter"
	"os"
	"slices"
)

// FailedItems returns the failed items whose turn has come, in the order of OUT. They are read from the journal. No Reopen,
// Restart, Complete or Close may happen meanwhile.
func (j *Journal) FailedItems() iter.Seq2[FailedItem, error] {
	return func(yield func(FailedItem, error) bool) {
		j.mu.Lock()
		w := j.walk()
		j.mu.Unlock()
		for {
			e, off, err := w.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(FailedItem{}, err)
				return
			}
			for _, f := range e.failed {
				if !yield(FailedItem{e.First + int64(f.Index), f.Item, off + int64(f.Off), int64(f.Len)}, nil) {
					return
				}
			}
		}
	}
}

// Failures returns the failed items of a held piece.
func (j *Journal) Failures(h Held) ([]Failure, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if h.generation != j.generation || h.Failed == 0 {
		return nil, nil
	}
	s := scanner{f: j.file, size: j.end, off: h.at, ahead: 4 << 10, trusting: true}
	rec, err := s.next()
	return rec.entry.failed, err
}

// Reopen makes failed items items that are not done, of a complete run too: they, and what else is missing, are to be
// written as if never tried. Pieces from before are no longer valid: the State returned has them, and what was written
// behind the first failed item is held now, if ordered. A crash on the way leaves all as it was or as it will be, and OUT
// stays what it is until the next Complete. Errors are final.
func (j *Journal) Reopen() (*State, error) {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.withFailedUndone(false)
}

// withFailedUndone is Reopen; always writes the journal anew, with the facts of today, though nothing failed.
func (j *Journal) withFailedUndone(always bool) (*State, error) {
	if j.err != nil {
		return nil, j.err
	}
	r, err := j.replay(j.end, j.unordered)
	if err != nil {
		return nil, j.fail(j.name(), err)
	}
	if j.failed == 0 && !always {
		return j.state(r), nil
	}
	src := j.part
	if j.complete != nil {
		if src, err = j.openOut(j.complete.Out); err != nil {
			return nil, j.fail("reading what was complete", err)
		}
		defer src.Close()
	}
	if err := j.reopen(r, src); err != nil {
		return nil, j.fail("reopening failed items", err)
	}
	if r, err = j.replay(j.end, j.unordered); err == nil && r.end != j.end {
		err = &DamagedError{j.name(), "it cannot be read back"}
	}
	if err != nil {
		return nil, j.fail(j.name(), err)
	}
	j.adopt(r, j.part, r.checked)
	st, err := j.settle(r)
	if err != nil {
		return nil, j.fail("reopening failed items", err)
	}
	return st, nil
}

// reopen writes the new journal, with output from src, and brings OUT.part to what it says.
func (j *Journal) reopen(r *replay, src File) error {
	var written Sum
	err := j.rewrite(func(w *rewriter) error {
		if err := w.withoutFailed(j.walk(), r.pieces(0), src, j.file); err != nil {
			return err
		}
		written = w.written
		return j.keep(src, written)
	})
	if err != nil {
		return err
	}
	j.complete = nil
	return j.part.Truncate(written.Len)
}

// keep makes sure that OUT.part begins with what a checkpoint will say, durably. It makes OUT.part anew of a complete OUT.
func (j *Journal) keep(src File, written Sum) error {
	part, to := src, io.Discard
	if j.complete != nil {
		if err := j.lockPart(os.O_CREATE); err != nil {
			return err
		}
		if err := j.part.Truncate(0); err != nil {
			return err
		}
		part, to = j.part, io.NewOffsetWriter(j.part, 0)
	}
	sum, err := copyAt(to, src, 0, written.Len)
	if err == nil && sum != written {
		err = &DamagedError{j.name(), "its sums do not add up"}
	}
	if err != nil {
		return err
	}
	if err := part.Sync(); err != nil {
		return err
	}
	return j.syncDir()
}

// Revise makes failed items print what text says of each, in a run that differs from what the journal knows by revisable facts alone;
// they stay failed. It is for a run that was just resumed, a complete one too, and is like Reopen, but for the items that failed: those
// are done again at once. A crash on the way may leave some of them not done.
func (j *Journal) Revise(text func(FailedItem) []byte) (*State, error) {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	failed, err := allFailed(&j.files, j.unordered)
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
func allFailed(f *files, unordered bool) (pieces []Piece, err error) {
	add := func(e *entry) {
		for _, failed := range e.failed {
			failed.Item = slices.Clone(failed.Item)
			pieces = append(pieces, Piece{First: e.First + int64(failed.Index), N: 1, Input: failed.Input, Failed: []Failure{failed}})
			pieces[len(pieces)-1].Failed[0].Index = 0
		}
	}
	r, err := f.replay(f.end, unordered)
	if err != nil {
		return nil, err
	}
	w := f.walk()
	err = w.pieces(func(e entry, _ int64) error {
		add(&e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, h := range r.pieces(0) {
		e, err := w.held(h.at)
		if err != nil {
			return nil, err
		}
		add(&e)
	}
	slices.SortFunc(pieces, func(a, b Piece) int { return cmp.Compare(a.First, b.First) })
	return pieces, nil
}
