package engine

import (
	"fmt"
	"io"

	"stoke/pkg/journal"
	"stoke/pkg/source"
)

// write writes output as it becomes due, until the queue is finished. It is the one goroutine that waits for downstream.
func (e *Engine) write() {
	for {
		d, ok := e.queue.next()
		if !ok {
			return
		}
		switch s := d.segment; {
		case d.failed != nil:
			e.put(e.o.Failed, "failed items", d.failed)
			continue
		case d.held != nil:
			e.check(func() error { return e.o.Record.Place(d.held...) })
		case s.piece != nil:
			s.piece.Out = s.buf
			e.check(func() error { return e.o.Record.Write(*s.piece) })
		case s.buf != nil:
			e.put(e.o.Out, answers, s.buf)
		default:
			if err := e.unspill(s); err != nil {
				e.fail(fmt.Errorf("temporary file: %w", err))
				return
			}
		}
		if e.queue.wrote(d.segment) {
			e.dispatch.wakeAll()
		}
	}
}

// check writes by way of f unless an earlier write failed.
func (e *Engine) check(f func() error) {
	if e.writeErr != nil {
		return
	}
	if err := f(); err != nil {
		e.writeErr = err
		e.fail(&WriteError{answers, err})
	}
}

// unspill writes a segment of the spill file.
func (e *Engine) unspill(s segment) error {
	buf := e.pool.Get(source.Slab)
	defer e.pool.Put(buf)
	for s.n > 0 {
		p := buf[:min(s.n, cap(buf))]
		if _, err := e.queue.spill.file.ReadAt(p, s.off); err != nil {
			return err
		}
		e.put(e.o.Out, answers, p)
		s.off += int64(len(p))
		s.n -= len(p)
	}
	return nil
}

// publish passes output of b on, of its next n items, of which a failed one comes alone, or writes it here if that is quicker and cannot block.
func (e *Engine) publish(b *batch, p []byte, n int, failure *journal.Failure) {
	if !e.queue.publish(b, p, e.piece(b, n, failure)) {
		return
	}
	now := e.o.Writable()
	if now {
		e.put(e.o.Out, answers, p)
	}
	e.queue.wroteDirectly(b, p, now)
}

// answers is what Out gets, in words.
const answers = "answers"

// put writes p to w unless an earlier write failed: what follows a gap would be taken for something else.
func (e *Engine) put(w io.Writer, what string, p []byte) {
	if e.writeErr != nil || w == nil {
		return
	}
	if _, err := w.Write(p); err != nil {
		e.writeErr = err
		e.fail(&WriteError{what, err})
	}
}

// WriteError says that output could not be written.
type WriteError struct {
	What string // "answers" or "failed items"
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("cannot write %s: %v", e.What, e.Err) }
func (e *WriteError) Unwrap() error { return e.Err }
