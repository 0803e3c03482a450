package engine

import (
	"time"

	"stoke/pkg/event"
	"stoke/pkg/wire"
)

// hear takes n new bytes of output.
func (l *listener) hear(n int) error {
	err := l.out.add(n)
	l.aside()
	if err != nil {
		return l.breach(err, wire.NoPromise)
	}
	return l.collect(n)
}

// aside shows what the worker printed besides its answers.
func (l *listener) aside() {
	if p := l.codec.Aside(); len(p) > 0 {
		l.e.tell(&event.Printed{Slot: l.slot, Text: p})
	}
}

// farewell hears the end of the output. What cannot be understood then is a fault only if an answer is owed, and the worker was
// not killed in the middle of it.
func (l *listener) farewell() (cut, err error) {
	n, cut := l.out.addEnd()
	l.aside()
	if n > 0 {
		if err := l.collect(n); err != nil {
			return nil, err
		}
	}
	if cut != nil && l.stdin.state == closed && l.inflight.owed > 0 {
		return l.breach(cut, l.e.o.Protocol.Promise), nil
	}
	return nil, nil
}

// reply takes one escaped line, with its newline, for the next item of b.
func (l *listener) reply(b *batch, line []byte, took time.Duration) error {
	if err := l.admit(b, 1, line); err != nil {
		return err
	}
	answer, kind, err := wire.Reply(line[:len(line)-1])
	if err != nil {
		return l.breach(err, wire.NoPromise)
	}
	switch {
	case kind == wire.Failed, kind == wire.TooLarge:
		l.reported(b, kind, string(answer))
	case kind == wire.Broken:
		return &brokenError{string(answer)}
	case int64(len(answer)) > l.e.o.MaxItem:
		l.reject(b, int64(len(answer)))
	default:
		l.publishOne(b, answer, kind == wire.JSON, took)
	}
	return nil
}

// brokenError says that a worker has declared itself broken, and how it words that.
type brokenError struct{ message string }

func (e *brokenError) Error() string { return e.message }

// publishOne passes on the answer to the next item of b.
func (l *listener) publishOne(b *batch, answer []byte, isJSON bool, took time.Duration) {
	l.observe(b, 1, answer, true)
	r := result{seq: b.seq(), answer: answer, json: isJSON, worker: l.slot, attempts: b.tries + 1, took: took}
	if !l.e.o.Format.plain() {
		r.item = l.e.nextItem(b, b.done)
	}
	l.e.publishRendered(b, l.e.render(b, l.e.pool.Get(len(answer)+1), &r))
	b.done++
	l.advance(b, 1)
	l.e.answered.Add(1)
	l.e.count()
}

// reported deals with the next item of b, for which the worker reports an error: it fails, or is tried again, alone.
func (l *listener) reported(b *batch, kind wire.Kind, message string) {
	again, cause := l.e.o.Retries.Reported, l.reportedError(kind, message)
	if l.inflight.isCancelled() {
		again, cause = l.e.o.Retries.TimedOut, &TimeoutError{Slot: l.slot, Pid: l.w.Pid(), Limit: l.e.o.Timeout, Said: message}
	}
	if b.tries >= again {
		l.e.failItem(b, l.slot, cause, l.inflight.owingSince)
		l.advance(b, 1)
		return
	}
	// A worker that says so does not sit on answers: it can have the item back, and needs no successor for that.
	l.flushes.answered()
	if !l.turnover.retiring {
		l.stdin.reopen()
	}
	x := l.takeNext()
	x.tries++
	l.warnOf(x, cause, 1, true, again)
	l.retry(x)
}

// reportedError takes apart what a worker says of an item.
func (l *listener) reportedError(kind wire.Kind, message string) error {
	failure := l.e.o.Protocol.Failure(message)
	if failure.NotJSON {
		return &NotJSONError{failure.Message}
	}
	return &ReportedError{Slot: l.slot, Message: failure.Message, Words: failure.Words, TooLarge: kind == wire.TooLarge}
}

// takeNext takes the next item, with the answer to which the worker has just come, out of its hands and returns it in a batch of
// its own.
func (l *listener) takeNext() *batch {
	item, before, behind := l.inflight.takeNext(l.e.o.Delimiter, &l.e.pool, l.e.scanSent, l.e.dispatch.split)
	if before != nil {
		l.e.finish(before)
	}
	if behind == nil {
		return item
	}
	if l.settle(behind); behind.done == behind.N {
		l.inflight.removeOldest()
		l.e.finish(behind)
	}
	return item
}
