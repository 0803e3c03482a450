package journal

import (
	"bufio"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
)

// FailedItem is an item that failed.
type FailedItem struct {
	Seq      int64  // its number
	Item     []byte // with its delimiter; valid until the next one is asked for
	Off, Len int64  // where in OUT.part, or OUT, its output lies, in bytes
}

// Failed returns the failed items whose turn has come, in the order of OUT. They are read from the journal. No Reopen,
// Restart, Complete or Close may happen meanwhile.
func (j *Journal) Failed() iter.Seq2[FailedItem, error] {
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

// walker goes through the pieces in OUT.part.
type walker struct {
	main, back scanner // back reads the records of held pieces where they are placed
	off        int64
}

func (j *Journal) walk() *walker {
	s := scanner{f: j.file, size: j.end, off: j.base, trusting: true}
	back := s
	back.ahead = 4 << 10
	return &walker{main: s, back: back}
}

// next returns the next piece and where its output begins; io.EOF at the end. The entry is valid until the next call.
func (w *walker) next() (e entry, off int64, err error) {
	for {
		rec, err := w.main.next()
		if err != nil {
			return e, 0, err
		}
		if rec.kind == isPlaced {
			w.back.off = (&fields{rest: rec.payload}).int()
			if rec, err = w.back.next(); err != nil {
				return e, 0, err
			}
		} else if rec.kind != isWritten {
			continue
		}
		off = w.off
		w.off += rec.entry.out.Len
		return rec.entry, off, nil
	}
}

// rewriter writes a new journal: pieces in OUT.part first, joined where they are neighbours, then held ones.
type rewriter struct {
	*bufio.Writer
	size    int64 // of the journal so far
	pending entry // if it has items: to be written, possibly with more joined to it
	bulk    int   // bytes of the failed items of pending
	written Sum   // of OUT.part
	cut     bool  // only held pieces follow
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

// swap replaces the journal by one that build writes. Until the new one has its name, any failure leaves the old one.
func (j *Journal) swap(build func(w *rewriter) error) error {
	f, err := j.fs.OpenFile(j.newName(), os.O_RDWR|os.O_CREATE|os.O_TRUNC, private)
	if err != nil {
		return err
	}
	w := &rewriter{Writer: bufio.NewWriterSize(io.NewOffsetWriter(f, 0), chunk)}
	header := appendHeader(nil, j.facts)
	for _, step := range []func() error{
		f.Lock, // before anybody can find it under its new name
		func() error { return w.record(header) },
		func() error { return build(w) },
		w.Flush,
		f.Sync,
		func() error { return j.fs.Rename(j.newName(), j.name()) },
	} {
		if err := step(); err != nil {
			f.Close()
			_ = j.fs.Remove(j.newName())
			return err
		}
	}
	_ = j.file.Close() // replaced
	j.file, j.base, j.end, j.synced = f, int64(len(header)), w.size, w.size
	j.generation++
	if err := j.fs.SyncDir(filepath.Dir(j.out)); err != nil {
		return j.fail(j.name(), err)
	}
	return nil
}

// shrink makes the journal of a complete run small. If that fails, the one there is will do.
func (j *Journal) shrink() {
	_ = j.swap(func(w *rewriter) error {
		for old := j.walk(); ; {
			e, _, err := old.next()
			if err == io.EOF {
				break
			}
			if err == nil {
				err = w.add(e)
			}
			if err != nil {
				return err
			}
		}
		if err := w.flush(); err != nil {
			return err
		}
		return w.record(appendComplete(nil, j.complete))
	})
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
	r, err := read(j.file, j.base, j.end, j.unordered)
	if err != nil {
		return nil, j.fail(j.name(), err)
	}
	if j.failed == 0 && !always {
		return j.state(r), nil
	}
	src := j.part
	if j.complete != nil {
		if src, err = j.openOut(); err != nil {
			return nil, j.fail("reading what was complete", err)
		}
		defer src.Close()
	}
	if err := j.reopen(r, src); err != nil {
		return nil, j.fail("reopening failed items", err)
	}
	if r, err = read(j.file, j.base, j.end, j.unordered); err == nil && r.end != j.end {
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

// openOut opens OUT, which must be what it was when the run was completed.
func (j *Journal) openOut() (File, error) {
	f, err := j.fs.OpenFile(j.out, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size == j.complete.Out.Len {
		var sum Sum
		if sum, err = sumAt(f, 0, info.Size); err == nil && sum == j.complete.Out {
			return f, nil
		}
	}
	if err == nil {
		err = &ChangedError{j.out}
	}
	f.Close()
	return nil, err
}

// reopen writes the new journal, with output from src, and brings OUT.part to what it says.
func (j *Journal) reopen(r *replay, src File) error {
	var written Sum
	err := j.swap(func(w *rewriter) error {
		if err := j.withoutFailed(w, r, src); err != nil {
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

func (j *Journal) withoutFailed(w *rewriter, r *replay, src File) error {
	old := j.walk()
	for {
		e, off, err := old.next()
		if err == io.EOF {
			break
		}
		if err == nil && !w.cut && len(e.failed) == 0 {
			err = w.add(e)
		} else if err == nil {
			err = w.drop(e, src, off)
		}
		if err != nil {
			return err
		}
	}
	if err := w.end(); err != nil {
		return err
	}
	for _, h := range r.pieces(0) {
		old.back.off = h.at
		rec, err := old.back.next()
		if err == nil {
			err = w.drop(rec.entry, j.file, h.data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keep makes sure that OUT.part begins with what a checkpoint will say, durably. It makes OUT.part anew of a complete OUT.
func (j *Journal) keep(src File, written Sum) error {
	part, to := src, io.Discard
	if j.complete != nil {
		if err := j.openPart(os.O_CREATE); err != nil {
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
	return j.fs.SyncDir(filepath.Dir(j.out))
}
