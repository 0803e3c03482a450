package journal

import (
	"bufio"
	"fmt"
	"io"
	"sync"
	"time"
)

// Completed says what a complete run has done.
type Completed struct {
	Items, Failed int64
	Input         Sum       // of all items; in an unordered run too
	Out           Sum       // of OUT
	ModTime       time.Time // of OUT
}

// Journal is the record of a run that goes on. It owns OUT.part and OUT.stoke. Its methods may be called from several
// goroutines. Any error of the file system is final: it is returned by all later calls too, and only Close and a later
// Resume, which goes by what is in the files, are left.
type Journal struct {
	fs    FS
	out   string // name of OUT
	facts []Fact

	syncing sync.Mutex // held during Sync, before mu
	synced  int64      // end of the journal at the last Sync
	checked Sum        // of OUT.part at the last Sync

	mu   sync.Mutex // guards all below
	file File       // the journal, locked
	end  int64      // of the journal
	base int64      // where its records begin
	part File       // nil if the run is complete
	ledger
	written    Sum // all of OUT.part
	complete   *Completed
	generation int // of the journal file
	err        error
	buf        []byte
	copier     *bufio.Writer
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
	if detail := j.refusesPiece(&e, kind); detail != "" {
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

func (j *Journal) refusesPiece(e *entry, kind byte) string {
	switch {
	case !e.fits():
		return "its failed items are too large"
	case kind == isHeld && j.unordered:
		return "held, where nothing has a turn"
	}
	return j.refuses(e.Range, kind == isWritten)
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

func (j *Journal) name() string     { return j.out + ".stoke" }
func (j *Journal) partName() string { return j.out + ".part" }

// newName is that of a journal which will replace the one there is.
func (j *Journal) newName() string { return j.out + ".stoke.new" }
