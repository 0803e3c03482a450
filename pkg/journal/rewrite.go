package journal

import (
	"bufio"
	"cmp"
	"io"
	"slices"
)

// rewriter writes a new journal: pieces in OUT.part first, joined where they are neighbours, then held ones.
type rewriter struct {
	*bufio.Writer
	size    int64 // of the journal so far
	pending entry // if it has items: to be written, possibly with more joined to it
	bulk    int   // bytes of the failed items of pending
	written Sum   // of OUT.part
	cut     bool  // only held pieces follow
}

func newRewriter(f File) *rewriter {
	return &rewriter{Writer: bufio.NewWriterSize(io.NewOffsetWriter(f, 0), chunk)}
}

func (w *rewriter) record(p []byte) error {
	w.size += int64(len(p))
	_, err := w.Write(p)
	return err
}

// add appends a written piece. The entry is not kept.
func (w *rewriter) add(e entry) error {
	if w.pending.N > 0 && (w.pending.end() != e.First || w.bulk > chunk/4) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	e.failed = slices.Clone(e.failed)
	for i := range e.failed {
		e.failed[i].Item = slices.Clone(e.failed[i].Item)
		w.bulk += 64 + len(e.failed[i].Item)
	}
	w.written = w.written.Then(e.out)
	if w.pending.N == 0 {
		w.pending = e
	} else {
		w.pending.join(e)
	}
	return nil
}

func (w *rewriter) flush() error {
	if w.pending.N == 0 {
		return nil
	}
	p := appendEntry(nil, isWritten, &w.pending)
	w.pending, w.bulk = entry{}, 0
	return w.record(p)
}

// hold appends items whose output lies in src as a held piece.
func (w *rewriter) hold(r Range, src io.ReaderAt, off, n int64) error {
	if err := w.end(); err != nil {
		return err
	}
	sum, err := sumAt(src, off, n)
	if err != nil {
		return err
	}
	if err := w.record(appendEntry(nil, isHeld, &entry{Range: r, out: sum})); err != nil {
		return err
	}
	w.size += n
	_, err = copyAt(w, src, off, n)
	return err
}

// end ends the written pieces with a checkpoint.
func (w *rewriter) end() error {
	if w.cut {
		return nil
	}
	w.cut = true
	if err := w.flush(); err != nil {
		return err
	}
	return w.record(appendCheckpoint(nil, w.written))
}

// drop appends the answered items of an entry, without those that failed: what precedes the first failed item of all
// stays written, the rest becomes held.
func (w *rewriter) drop(e entry, src io.ReaderAt, off int64) error {
	for _, s := range e.segments() {
		if !w.cut && s.First == e.First {
			sum, err := sumAt(src, off+s.off, s.len)
			if err == nil {
				err = w.add(entry{Range: s.Range, out: sum})
			}
			if err != nil {
				return err
			}
		} else if err := w.hold(s.Range, src, off+s.off, s.len); err != nil {
			return err
		}
	}
	if len(e.failed) > 0 {
		return w.end()
	}
	return nil
}

// withoutFailed writes what old goes through, whose output lies in src, and the held pieces of the log, without the items that failed.
func (w *rewriter) withoutFailed(old *walker, held []Held, src, log io.ReaderAt) error {
	err := old.pieces(func(e entry, off int64) error {
		if !w.cut && len(e.failed) == 0 {
			return w.add(e)
		}
		return w.drop(e, src, off)
	})
	if err := cmp.Or(err, w.end()); err != nil {
		return err
	}
	for _, h := range held {
		e, err := old.held(h.at)
		if err == nil {
			err = w.drop(e, log, h.data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
