package queue

import (
	"fmt"
	"time"

	"stoke/pkg/journal"
)

// WriteError says that output could not be written.
type WriteError struct {
	What string // "answers", "failed items" or the like
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("cannot write %s: %v", e.What, e.Err) }
func (e *WriteError) Unwrap() error { return e.Err }

// answers is what a Sink gets, in words.
const answers = "answers"

// direct is the most that who publishes writes itself: what a pipe that poll calls writable takes without blocking.
const direct = 4 << 10

// Publish appends output to e, of the items that of says, where the sink wants to know. The queue takes the buffer p over. If it is little
// and due at once, and the writer sleeps, it is written here, if that cannot block: to wake the writer would take longer.
func (q *Queue) Publish(e *Entry, p []byte, of *journal.Piece) {
	if !q.accept(e, p, of) {
		return
	}
	written := q.o.Writable()
	if written {
		q.try(answers, func() error { return q.o.Sink.Write(p, nil) })
	}
	q.settle(e, p, written)
}

// accept takes output for e, unless it is lent to the caller, to be written, who then must call settle.
func (q *Queue) accept(e *Entry, p []byte, of *journal.Piece) (lent bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held += int64(cap(p))
	switch {
	case e.last:
		q.release(p)
		return false
	case e == q.head() && len(e.out) == 0 && q.asleep && !q.lent && len(p) <= direct && of == nil:
		q.lent = true
		return true
	}
	q.add(e, segment{buf: p, piece: of})
	if e == q.head() {
		q.due.Signal()
	}
	return false
}

// settle takes back what was lent: written, or to be written after all.
func (q *Queue) settle(e *Entry, p []byte, written bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lent = false
	if written {
		q.release(p)
	} else {
		e.out = append([]segment{{buf: p}}, e.out...)
	}
	if q.isDue() {
		q.due.Signal()
	}
}

// Write writes output as it becomes due, and returns after Finish. It is the one goroutine that waits for downstream.
func (q *Queue) Write() {
	for d, ok := q.next(); ok; d, ok = q.next() {
		switch {
		case d.failed != nil:
			q.try("failed items", func() error { return q.writeFailed(d.failed) })
			continue
		case d.kept != nil:
			q.try(answers, func() error { return q.o.Sink.Place(d.kept) })
		default:
			q.try(answers, func() error { return q.o.Sink.Write(d.segment.buf, d.segment.piece) })
		}
		if q.wrote(d.segment) {
			q.o.Room()
		}
	}
}

func (q *Queue) writeFailed(items []byte) error {
	if q.o.Failed == nil {
		return nil
	}
	_, err := q.o.Failed.Write(items)
	return err
}

// try writes by way of f unless an earlier write failed: what follows a gap would be taken for something else.
func (q *Queue) try(what string, f func() error) {
	if q.werr != nil {
		return
	}
	if q.werr = f(); q.werr != nil {
		q.o.Broken(&WriteError{what, q.werr})
	}
}

// due is what the writer is to write next: one of these.
type due struct {
	segment segment
	kept    []Kept
	failed  []byte
}

// next waits for the next output. ok is false at the end.
func (q *Queue) next() (d due, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.advance(); !q.isDue(); q.advance() {
		if q.ended {
			return due{}, false
		}
		q.asleep = true
		q.due.Wait()
		q.asleep = false
	}
	q.moved = time.Now()
	e := q.head()
	switch {
	case len(e.out) == 0:
		d.failed, e.failed = e.failed, nil
	case e.out[0].buf == nil:
		d.kept = e.keptRun()
	default:
		d.segment = e.out[0]
		e.out = e.out[:copy(e.out, e.out[1:])]
		e.kept = max(0, e.kept-1)
	}
	return d, true
}

// keptRun takes the kept segments that the output of e begins with, some at a time.
func (e *Entry) keptRun() (run []Kept) {
	const most = 1000
	for n, s := range e.out {
		if s.buf != nil || n == most {
			break
		}
		run = append(run, s.kept)
	}
	e.out = e.out[:copy(e.out, e.out[len(run):])]
	e.kept = max(0, e.kept-len(run))
	return run
}

// wrote gives the buffer of a segment back, and reports whether those who found the queue full can go on.
func (q *Queue) wrote(s segment) (room bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.buf != nil {
		q.release(s.buf)
	}
	if q.throttled && (q.held <= q.o.Limit*3/4 || q.straggling()) {
		q.throttled = false
		return true
	}
	return false
}
