package journal

import (
	"bufio"
	"fmt"
	"io"
	"sync"
)

// Journal is the record of a run that goes on. It owns OUT.part and OUT.stoke. Its methods may be called from several
// goroutines. Any error of the file system is final: it is returned by all later calls too, and only Close and a later
// Resume, which goes by what is in the files, are left.
type Journal struct {
	facts []Fact

	syncing sync.Mutex // held during Sync, before mu
	synced  int64      // end of the journal at the last Sync
	checked Sum        // of OUT.part at the last Sync

	mu sync.Mutex // guards all below
	files
	ledger
	written  Sum // all of OUT.part
	complete *Completed
	err      error
	buf      []byte
	copier   *bufio.Writer
}

// Write records a piece whose turn it is: if ordered, the one that follows all written so far; else any. When it
// returns, the piece outlives the process. p is not kept.
func (j *Journal) Write(p Piece) error { return j.record(p, isWritten, nil) }

// Hold records a piece whose turn has not come, output and all. When it returns, the piece outlives the process. Its
// turn comes when all before it are written: then Place it. An unordered run has no use for it. p is not kept.
func (j *Journal) Hold(p Piece) (h Held, err error) {
	err = j.record(p, isHeld, &h)
	return h, err
}

// record appends a record of p, with its output where that belongs.
func (j *Journal) record(p Piece, kind byte, h *Held) error {
	e, err := p.entry() // not under the lock
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.add(p, e, kind, h)
}

// add is record, with the lock held, of a piece and its entry.
func (j *Journal) add(p Piece, e entry, kind byte, h *Held) error {
	if err := j.usable(); err != nil {
		return err
	}
	if detail := j.refusesEntry(&e, kind); detail != "" {
		return &PieceError{p.First, p.N, detail}
	}
	j.buf = appendEntry(j.buf[:0], kind, &e)
	rec := record{entry: e, at: j.end, data: j.end + int64(len(j.buf))}
	if kind == isHeld {
		j.buf = append(j.buf, p.Out...)
	} else if err := j.extend(p.Out); err != nil {
		return err
	}
	if err := j.append(j.buf); err != nil {
		return err
	}
	j.finish(e.Range, len(e.failed))
	if kind == isHeld {
		j.waiting++
		j.holds = true
		*h = rec.held(j.generation)
		return nil
	}
	j.turn(e.Range)
	j.written = j.written.Then(e.out)
	return nil
}

// usable says why nothing can be added any more.
func (j *Journal) usable() error {
	if j.err == nil && j.complete != nil {
		return ErrCompleted
	}
	return j.err
}

// fail makes err final.
func (j *Journal) fail(what string, err error) error {
	if j.err == nil {
		j.err = fmt.Errorf("%s: %w", what, err)
	}
	return j.err
}

// extend writes output to the end of OUT.part, as it is now.
func (j *Journal) extend(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if _, err := j.part.WriteAt(p, j.written.Len); err != nil {
		return j.fail(j.partName(), err)
	}
	return nil
}

// append writes whole records, with what belongs to them, to the end of the journal.
func (j *Journal) append(p []byte) error {
	if _, err := j.file.WriteAt(p, j.end); err != nil {
		return j.fail(j.name(), err)
	}
	j.end += int64(len(p))
	if cap(j.buf) > 4*chunk { // an exception; the next ones are smaller
		j.buf = nil
	}
	return nil
}

// Place writes held pieces whose turn has come, in that order. To place many at once is quicker. When it returns, they
// are written for good; if it fails, some of them may be.
func (j *Journal) Place(pieces ...Held) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	return j.place(pieces)
}

func (j *Journal) place(pieces []Held) error {
	for len(pieces) > 0 {
		n, size := 0, int64(0)
		for n < len(pieces) && (n == 0 || size+pieces[n].out.Len <= chunk) {
			size += pieces[n].out.Len
			n++
		}
		if err := j.placeSome(pieces[:n]); err != nil {
			return err
		}
		pieces = pieces[n:]
	}
	return nil
}

// placeSome copies the output of pieces as one, and then records that.
func (j *Journal) placeSome(pieces []Held) error {
	next := j.next
	for _, h := range pieces {
		if h.generation != j.generation || h.at == 0 || !j.unordered && h.First != next {
			return &PieceError{h.First, h.N, "placed out of turn"}
		}
		next += int64(h.N)
	}
	if j.copier == nil {
		j.copier = bufio.NewWriterSize(nil, chunk)
	}
	j.copier.Reset(io.NewOffsetWriter(j.part, j.written.Len))
	j.buf = j.buf[:0]
	for _, h := range pieces {
		sum, err := copyAt(j.copier, j.file, h.data, h.out.Len)
		if err == nil && sum != h.out {
			err = &DamagedError{j.name(), "held output has changed"}
		}
		if err != nil {
			return j.fail("placing held output", err)
		}
		j.buf = appendPlaced(j.buf, h.at)
	}
	if err := j.copier.Flush(); err != nil {
		return j.fail(j.partName(), err)
	}
	if err := j.append(j.buf); err != nil {
		return err
	}
	for _, h := range pieces {
		j.waiting--
		j.turn(h.items())
		j.written = j.written.Then(h.out)
	}
	return nil
}

// Sync makes all that was recorded so far outlive a power cut. Writing goes on meanwhile. It is to be called about once
// a second, and before Close; it does nothing if there is nothing new.
func (j *Journal) Sync() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	written, end, err := j.written, j.end, j.err
	file, part := j.file, j.part // they change only with syncing held
	idle := end == j.synced || j.complete != nil
	j.mu.Unlock()
	if err != nil || idle {
		return err
	}
	if written != j.checked {
		err := part.Sync() // before the checkpoint says so
		if end, err = j.checkpoint(written, err); err != nil {
			return err
		}
	}
	if err := file.Sync(); err != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		return j.fail(j.name(), err)
	}
	j.synced, j.checked = end, written
	return nil
}

// checkpoint records that OUT.part was synced up to what written says. It returns the end of the journal.
func (j *Journal) checkpoint(written Sum, err error) (end int64, _ error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		return 0, j.fail(j.partName(), err)
	}
	if j.err != nil {
		return 0, j.err
	}
	j.buf = appendCheckpoint(j.buf[:0], written)
	err = j.append(j.buf)
	return j.end, err
}

// Note leaves a note for the next run that is resumed from here, in place of one of the same name. It is durable with the next Sync.
func (j *Journal) Note(name, value string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(); err != nil || j.noted(name) == value {
		return err
	}
	n := Fact{Name: name, Value: value}
	j.note(n)
	return j.append(appendFacts(j.buf[:0], isNote, []Fact{n}))
}

// Noted returns the note of that name, of a complete run too; "" if there is none.
func (j *Journal) Noted(name string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.noted(name)
}

// Complete makes OUT of OUT.part, atomically and durably, once all items are written. The journal becomes a small record
// of that, for the next Resume. Only Close may follow, or Reopen.
func (j *Journal) Complete() error {
	if err := j.Sync(); err != nil {
		return err
	}
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	if !j.whole() {
		return &PieceError{j.next, 1, "not finished or not placed, though the run is said to be complete"}
	}
	if err := j.partInPlace(); err != nil {
		return j.fail(j.partName(), err)
	}
	// The journal must know before the name changes: else a crash in between would leave neither OUT.part nor a hint.
	c, err := j.announce()
	if err != nil {
		return err
	}
	err = j.fs.Settle(j.part, j.partName(), j.out)
	if err == nil {
		err = j.syncDir()
	}
	if err != nil {
		return j.fail(j.out, err)
	}
	_ = j.part.Close() // synced; nothing can be lost
	j.part, j.complete = nil, c
	j.shrink()
	return j.err
}

// CompleteWithGaps is Complete for a run that has ended among its items and is not to be gone on with. If there are gaps, OUT is made of
// what is done, in the order of items, and the journal goes. A crash on the way leaves all as it was, or a run that begins anew.
func (j *Journal) CompleteWithGaps() error {
	j.mu.Lock()
	whole := j.whole()
	j.mu.Unlock()
	if whole {
		return j.Complete()
	}
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	r, err := j.replay(j.end, j.unordered)
	if err != nil {
		return j.fail(j.name(), err)
	}
	end := j.written.Len // what comes behind it is in no record, so that it does not count if there is a crash
	for _, h := range r.pieces(j.generation) {
		sum, err := copyAt(io.NewOffsetWriter(j.part, end), j.file, h.data, h.out.Len)
		if err == nil && sum != h.out {
			err = &DamagedError{j.name(), "held output has changed"}
		}
		if err != nil {
			return j.fail("placing held output", err)
		}
		end += h.out.Len
	}
	for _, step := range []func() error{
		j.part.Sync,
		j.partInPlace,
		func() error { return j.fs.Remove(j.name()) },
		func() error { return j.fs.Settle(j.part, j.partName(), j.out) },
		j.syncDir,
	} {
		if err := step(); err != nil {
			return j.fail(j.out, err)
		}
	}
	j.err = ErrCompleted
	return nil
}

// announce records that OUT.part is complete.
func (j *Journal) announce() (*Completed, error) {
	if err := j.part.Sync(); err != nil {
		return nil, j.fail(j.partName(), err)
	}
	info, err := j.part.Stat()
	if err != nil {
		return nil, j.fail(j.partName(), err)
	}
	_, input := j.prefix()
	c := &Completed{Items: j.items, Failed: j.failed, Input: input, Out: j.written, ModTime: info.ModTime}
	j.buf = appendComplete(j.buf[:0], c)
	if err := j.append(j.buf); err != nil {
		return nil, err
	}
	if err := j.file.Sync(); err != nil {
		return nil, j.fail(j.name(), err)
	}
	return c, nil
}

// Close gives up the lock and the files. What was not synced is left to the system; a later Resume goes on from there.
func (j *Journal) Close() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == ErrClosed {
		return nil
	}
	j.err = ErrClosed
	return j.close()
}

// rewrite replaces the journal by one that build writes. An error before it has its name changes nothing.
func (j *Journal) rewrite(build func(w *rewriter) error) error {
	err := j.replace(j.facts, func(w *rewriter) error {
		if len(j.notes) > 0 {
			if err := w.record(appendFacts(nil, isNote, j.notes)); err != nil {
				return err
			}
		}
		return build(w)
	})
	if err != nil {
		return err
	}
	j.synced = j.end
	if err := j.syncDir(); err != nil {
		return j.fail(j.name(), err)
	}
	return nil
}

// shrink makes the journal of a complete run small. If that fails, the one there is will do.
func (j *Journal) shrink() {
	_ = j.rewrite(func(w *rewriter) error {
		if err := j.walk().pieces(func(e entry, _ int64) error { return w.add(e) }); err != nil {
			return err
		}
		if err := w.flush(); err != nil {
			return err
		}
		return w.record(appendComplete(nil, j.complete))
	})
}
