package queue

import (
	"time"

	"stoke/pkg/journal"
	"stoke/pkg/source"
)

// segment is a piece of output: in memory, or kept by the sink.
type segment struct {
	buf   []byte         // nil if kept
	piece *journal.Piece // which items it is of, for a sink that wants to know
	kept  Kept
}

// add appends s to the output of e: into the last buffer while both fit in one, else as a segment of its own. The buffer before
// is then as full as it will be, and is the one to be kept elsewhere when too much is held.
func (q *Queue) add(e *Entry, s segment) {
	if len(e.out) > 0 && s.buf != nil {
		last := &e.out[len(e.out)-1]
		if last.buf != nil && len(last.buf)+len(s.buf) <= source.Slab && consecutive(last.piece, s.piece) {
			q.join(last, s)
			return
		}
		q.relieve(e, last)
	}
	e.out = append(e.out, s)
}

func (q *Queue) join(last *segment, s segment) {
	n := len(last.buf)
	if n+len(s.buf) > cap(last.buf) {
		bigger := append(q.o.Pool.Get(max(n+len(s.buf), 2*cap(last.buf))), last.buf...)
		q.held += int64(cap(bigger) - cap(last.buf))
		q.o.Pool.Put(last.buf)
		last.buf = bigger
	}
	last.buf = append(last.buf, s.buf...)
	if s.piece != nil {
		follow(last.piece, s.piece, n)
	}
	q.release(s.buf)
}

// consecutive reports whether b can be joined to a in one segment.
func consecutive(a, b *journal.Piece) bool {
	return a == nil && b == nil || a != nil && b != nil && a.First+int64(a.N) == b.First
}

// follow appends the piece q, whose output follows off bytes behind the beginning of p's, to p.
func follow(p, q *journal.Piece, off int) {
	for _, f := range q.Failed {
		f.Index += p.N
		f.Off += off
		f.Before = p.Input.Then(f.Before)
		p.Failed = append(p.Failed, f)
	}
	p.N += q.N
	p.Input = p.Input.Then(q.Input)
}

func (q *Queue) release(buf []byte) {
	q.held -= int64(cap(buf))
	q.o.Pool.Put(buf)
}

// absorb moves the output of the closed entry e to the closed entry into, its neighbour before.
func (q *Queue) absorb(into, e *Entry) {
	if into.kept == len(into.out) {
		into.kept += e.kept
	}
	for _, s := range e.out {
		q.add(into, s)
	}
	into.kept = min(into.kept, len(into.out))
	into.failed = append(into.failed, e.failed...)
	q.unlink(e)
}

// relieve has the segment s of e kept if memory is held up by a straggler. What is to outlive the run is of whole batches only. If
// the sink will not have it, it stays.
func (q *Queue) relieve(e *Entry, s *segment) {
	if q.held > q.o.Limit && e != q.head() && s.buf != nil && q.straggling() && (!q.durable || e.closed) {
		q.keep(s)
	}
}

// keep moves a segment from memory to the sink.
func (q *Queue) keep(s *segment) bool {
	if q.refused {
		return false
	}
	kept, err := q.o.Sink.Keep(s.buf, s.piece)
	if err != nil {
		q.refused = true
		if q.durable {
			q.o.Broken(&WriteError{answers, err})
		}
		return false
	}
	q.release(s.buf)
	*s = segment{kept: kept}
	return true
}

const (
	// lateness is how long the writer may be stuck at the head before what waits behind it is kept, if it is to outlive the run.
	lateness = 20 * time.Millisecond
	// fewItems is what a batch of slow items has: those are kept at once.
	fewItems = 64
)

// keepBehind keeps output that waits, that of e and before it, if it is to outlive the run: what was finished must not be lost
// because something before it is not.
func (q *Queue) keepBehind(e *Entry, items int) {
	if !q.durable || items > fewItems && time.Since(q.moved) < lateness {
		return
	}
	for ; e != &q.root; e = e.prev {
		if e.closed && e != q.head() && !q.keepAll(e) {
			return
		}
	}
}

// keepRest keeps what is finished behind an item that is not, at the end of a run.
func (q *Queue) keepRest() {
	if !q.durable || q.all != nil {
		return
	}
	behind := false
	for e := q.head(); e != &q.root; e = e.next {
		behind = behind || !e.closed
		if behind && e.closed && !q.keepAll(e) {
			return
		}
	}
}

// keepAll moves the output of e to the sink.
func (q *Queue) keepAll(e *Entry) bool {
	for ; e.kept < len(e.out); e.kept++ {
		if s := &e.out[e.kept]; s.buf != nil && !q.keep(s) {
			return false
		}
	}
	return true
}
