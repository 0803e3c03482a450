package journal

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"slices"
)

// stretch is the output of one record, in OUT.part.
type stretch struct {
	end int64 // offset in OUT.part behind it
	sum Sum
	at  int64 // offset of the record in the journal
}

// replay is what the records of a journal come to.
type replay struct {
	ledger
	held     map[int64]Held // by the offset of their records
	length   int64          // of OUT.part
	checked  Sum            // what the last checkpoint says of OUT.part
	since    []stretch      // what lies behind that
	complete *Completed
	end      int64 // where the journal should be cut
}

// read replays the records of f from start to size, or to the first that is bad. An error is one of reading.
func read(f io.ReaderAt, start, size int64, unordered bool) (*replay, error) {
	r := &replay{ledger: newLedger(unordered), held: map[int64]Held{}}
	s := scanner{f: f, size: size, off: start}
	for {
		rec, err := s.next()
		if err == nil {
			err = r.apply(&rec)
		}
		switch {
		case err == nil:
			r.end = rec.end
		case err == io.EOF || errors.Is(err, errBad):
			r.end = max(r.end, start)
			return r, nil
		default:
			return nil, err
		}
	}
}

// apply adds a record. What makes no sense is bad: after a power cut, a stale record may be whole and yet out of place.
func (r *replay) apply(rec *record) error {
	switch rec.kind {
	case isWritten:
		return r.written(rec)
	case isHeld:
		return r.hold(rec)
	case isPlaced:
		return r.place(rec)
	case isCheckpoint:
		return r.checkpoint(rec)
	case isNote:
		notes, err := decodeFacts(rec.payload)
		for _, n := range notes {
			r.note(n)
		}
		return err
	case isComplete:
		c, err := decodeComplete(rec.payload)
		if err != nil || !r.whole() || c.Items != r.items || c.Failed != r.failed || c.Out.Len != r.length {
			return errBad
		}
		r.complete = c
		return nil
	}
	return errBad
}

func (r *replay) written(rec *record) error {
	if r.refuses(rec.entry.Range, true) != "" || !r.grow(rec, rec.entry.out) {
		return errBad
	}
	r.finish(rec.entry.Range, len(rec.entry.failed))
	r.turn(rec.entry.Range)
	return nil
}

func (r *replay) hold(rec *record) error {
	if r.refuses(rec.entry.Range, false) != "" {
		return errBad
	}
	r.finish(rec.entry.Range, len(rec.entry.failed))
	r.waiting++
	r.holds = true
	r.complete = nil
	r.held[rec.at] = rec.held(0)
	return nil
}

func (r *replay) place(rec *record) error {
	f := fields{rest: rec.payload}
	at := f.int()
	h, ok := r.held[at]
	if f.bad || len(f.rest) > 0 || !ok || !r.unordered && h.First != r.next || !r.grow(rec, h.out) {
		return errBad
	}
	delete(r.held, at)
	r.waiting--
	r.turn(h.items())
	return nil
}

// grow adds the output of a record.
func (r *replay) grow(rec *record, out Sum) bool {
	if out.Len > huge-r.length {
		return false
	}
	r.length += out.Len
	r.since = append(r.since, stretch{r.length, out, rec.at})
	r.complete = nil
	return true
}

// checkpoint forgets the output that a checkpoint covers. It must cover records as a whole.
func (r *replay) checkpoint(rec *record) error {
	f := fields{rest: rec.payload}
	sum := f.sum()
	if f.bad || len(f.rest) > 0 || sum.Len < r.checked.Len || sum.Len > r.length {
		return errBad
	}
	n, _ := slices.BinarySearchFunc(r.since, sum.Len+1, func(o stretch, end int64) int { return cmp.Compare(o.end, end) })
	if n > 0 && r.since[n-1].end != sum.Len || n == 0 && sum != r.checked {
		return errBad
	}
	r.checked, r.since = sum, slices.Delete(r.since, 0, n)
	return nil
}

// held returns what to know of a piece whose record was read.
func (rec *record) held(generation int) Held {
	e := &rec.entry
	return Held{First: e.First, N: e.N, Failed: len(e.failed), Input: e.Input, at: rec.at, data: rec.data, out: e.out, generation: generation}
}

func (h *Held) items() Range { return Range{h.First, h.N, h.Input} }

// pieces returns the held pieces in the order of their items.
func (r *replay) pieces(generation int) []Held {
	pieces := slices.SortedFunc(maps.Values(r.held), func(a, b Held) int { return cmp.Compare(a.First, b.First) })
	for i := range pieces {
		pieces[i].generation = generation
	}
	return pieces
}

// verify compares part with what the records say. It returns the sum of what is intact and, if that is not all, where
// the journal must be cut for it; else cut is -1.
func (r *replay) verify(part io.ReaderAt, path string) (intact Sum, cut int64, err error) {
	in := newSummer(part, 0)
	sum, err := in.next(r.checked.Len)
	switch {
	case err == io.ErrUnexpectedEOF:
		return sum, -1, &TouchedError{path, "it is shorter than it was"}
	case err != nil:
		return sum, -1, err
	case sum != r.checked:
		return sum, -1, &TouchedError{path, "its content has changed"}
	}
	for _, o := range r.since {
		intact = in.total
		sum, err := in.next(o.sum.Len)
		if err != nil && err != io.ErrUnexpectedEOF {
			return intact, -1, err
		}
		if sum != o.sum {
			return intact, o.at, nil
		}
	}
	return in.total, -1, nil
}
