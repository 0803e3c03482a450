package engine

import (
	"fmt"
	"math"
	"time"

	"stoke/pkg/journal"
	"stoke/pkg/source"
)

// Recorder keeps what is finished, output included, in place of Out; *journal.Journal is the real one, and says what each
// method does. Safe for concurrent use.
type Recorder interface {
	Write(journal.Piece) error
	Hold(journal.Piece) (journal.Held, error)
	Place(...journal.Held) error
	Failures(journal.Held) ([]journal.Failure, error)
}

// MismatchError says that the input is not that of the run which is to be resumed.
type MismatchError struct {
	First, Last int64 // items that differ; Last is 0 if the input ends before them
}

func (e *MismatchError) Error() string {
	if e.Last == 0 {
		return fmt.Sprintf("the input is not that of the run to be resumed: it ends before item %d", e.First)
	}
	return fmt.Sprintf("the input is not that of the run to be resumed: it differs within the items %d to %d", e.First, e.Last)
}

// done is a run of items that an earlier run has finished, and how far they have been read past.
type done struct {
	journal.Range
	held *journal.Held // their output, if its turn has not come; else it is written
	sum  journal.Sum   // of those read past
	read int
}

// doneBefore lists what of the state of a resumed run is to be read past, in the order of items.
func doneBefore(s *journal.State, unordered bool) (list []done) {
	if s == nil {
		return nil
	}
	if unordered {
		for _, r := range s.Done {
			list = append(list, done{Range: r})
		}
		return list
	}
	if s.Next > 1 {
		list = append(list, done{Range: journal.Range{First: 1, N: int(s.Next - 1), Input: s.Input}})
	}
	for i := range s.Held {
		h := &s.Held[i]
		list = append(list, done{Range: journal.Range{First: h.First, N: h.N, Input: h.Input}, held: h})
	}
	return list
}

// InputSum is the sum of items as the record has it. Of a refused one only the beginning and the size are known.
func InputSum(items source.Batch) journal.Sum {
	sum := journal.SumOf(items.Items)
	if items.Refused > 0 {
		sum.Len = items.Refused
	}
	return sum
}

// compare reads past all items that are done, and puts what lies between them aside. state is Took when all were found to be those of
// the run that is resumed: not before is anything new run or recorded, which would make it two runs in one.
func (d *dispatch) compare() source.State {
	for len(d.done) > 0 {
		r, next := &d.done[0], d.source.Next()
		most, between := r.N-r.read, next < r.First
		if between {
			most = int(min(r.First-next, math.MaxInt32))
		}
		items, state := d.source.Take(most, source.Slab)
		switch {
		case state == source.End && d.source.Err() == nil:
			d.fail(&MismatchError{First: d.source.Next()})
			return state
		case state != source.Took:
			return state
		case between:
			d.between = append(d.between, d.queue.push(items))
		case !d.readPast(r, items):
			return source.End
		}
	}
	return source.Took
}

// readPast reads past some items of r, the first ones that are done. When it comes to their end they must be the same.
func (d *dispatch) readPast(r *done, items source.Batch) bool {
	r.sum = r.sum.Then(InputSum(items))
	d.queue.pool.Put(items.Items)
	d.before += int64(items.N)
	if r.read += items.N; r.read < r.N {
		return true
	}
	if r.sum != r.Input {
		d.fail(&MismatchError{r.First, r.First + int64(r.N) - 1})
		return false
	}
	if r.held != nil {
		d.queue.pushHeld(*r.held)
	}
	d.done = d.done[1:]
	return true
}

// piece describes the next n items of b that are finished, with a failure if it is one that failed; nil if nothing is recorded.
func (e *Engine) piece(b *batch, n int, failure *journal.Failure) *journal.Piece {
	if e.o.Record == nil {
		return nil
	}
	p := &journal.Piece{First: b.First + int64(b.told), N: n}
	if b.Refused > 0 {
		p.Input = InputSum(b.Batch)
	} else {
		_, end := e.o.Delimiter.First(b.Items[b.toldEnd:], n)
		if b.told+n == b.N {
			end = len(b.Items) - b.toldEnd
		}
		p.Input = journal.SumOf(b.Items[b.toldEnd : b.toldEnd+end])
		b.toldEnd += end
	}
	b.told += n
	if failure != nil {
		failure.Input = p.Input
		p.Failed = []journal.Failure{*failure}
	}
	return p
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

// consecutive reports whether b can be joined to a in one segment.
func consecutive(a, b *journal.Piece) bool {
	return a == nil && b == nil || a != nil && b != nil && a.First+int64(a.N) == b.First
}

const (
	// lateness is how long the writer may be stuck at the head before what waits behind it is recorded.
	lateness = 20 * time.Millisecond
	// fewItems is what a batch of slow items has: those are recorded at once.
	fewItems = 64
)

// keep records output that waits: what was finished must not be lost because something before it is not.
func (q *queue) keep(b *batch) {
	if q.record == nil || q.unordered || b.N > fewItems && time.Since(q.moved) < lateness {
		return
	}
	for ; b != &q.root; b = b.prev {
		if !b.closed || b == q.root.next {
			continue
		}
		if !q.holdAll(b) {
			return
		}
	}
}

// keepRest records what is finished behind an item that is not, at the end of the run.
func (q *queue) keepRest() {
	if q.record == nil || q.unordered {
		return
	}
	behind := false
	for b := q.root.next; b != &q.root; b = b.next {
		behind = behind || !b.closed
		if behind && b.closed && !q.holdAll(b) {
			return
		}
	}
}

// holdAll moves the output of b to the record.
func (q *queue) holdAll(b *batch) bool {
	for ; b.kept < len(b.out); b.kept++ {
		if s := &b.out[b.kept]; s.held == nil && !q.hold(s) {
			return false
		}
	}
	return true
}

// hold moves a segment from memory to the record.
func (q *queue) hold(s *segment) bool {
	piece := *s.piece
	piece.Out = s.buf
	h, err := q.record.Hold(piece)
	if err != nil {
		q.broken(err)
		return false
	}
	q.release(s.buf)
	s.buf, s.held, s.piece = nil, &h, nil
	return true
}

// pushHeld appends items whose output lies in the record.
func (q *queue) pushHeld(h journal.Held) {
	var failed []byte
	failures, err := q.record.Failures(h)
	if err != nil {
		q.broken(err)
		return
	}
	for _, f := range failures {
		failed = append(failed, f.Item...)
	}
	b := q.push(source.Batch{First: h.First, N: h.N})
	q.mu.Lock()
	b.out = append(b.out, segment{held: &h})
	b.failed, b.kept = failed, 1
	q.mu.Unlock()
	q.close(b)
}

// heldRun takes the held segments that the output of b begins with.
func (b *batch) heldRun() (run []journal.Held) {
	const most = 1000
	for n, s := range b.out {
		if s.held == nil || n == most {
			break
		}
		run = append(run, *s.held)
	}
	b.out = b.out[:copy(b.out, b.out[len(run):])]
	b.kept = max(0, b.kept-len(run))
	return run
}
