package engine

import (
	"errors"
	"fmt"
	"sort"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/wire"
)

// encode returns the items of b as the worker is to read them, and notes those that cannot be sent. It returns nil if
// they travel as they are.
func (c *conversation) encode(b *batch) []byte {
	o := &c.e.o
	if c.codec.Verbatim(b.Items, o.Delimiter) {
		return nil
	}
	dst := c.e.pool.Get(len(b.Items))
	rest := b.Items
	uneven := o.Protocol.Uneven(rest, o.Delimiter)
	for i := range b.N {
		var item []byte
		var err error
		item, rest = o.Delimiter.Split(rest, b.N-i)
		if dst, err = c.codec.Encode(dst, item, b.First+int64(i), b.tries+1); err != nil {
			b.refusal = append(b.refusal, refusal{i, err})
		} else if uneven {
			b.ends = append(b.ends, len(dst))
		}
	}
	return dst
}

// settle fails the items that could not be sent and are next in line.
func (c *conversation) settle(b *batch) {
	for len(b.refusal) > 0 && b.refusal[0].index == b.done {
		err := b.refusal[0].err
		b.refusal = b.refusal[:copy(b.refusal, b.refusal[1:])]
		c.e.failItem(b, 0, err, time.Now())
	}
}

// mercy is how long a worker that was told to give an item up has to say so, before it is killed.
const mercy = 250 * time.Millisecond

// cancel tells a worker that answers requests to give up the item it is at, once. Such a worker may live on.
func (c *conversation) cancel() bool {
	if !c.codec.Asks() || c.toldToGiveUp() || c.stdin.isOver() {
		return false
	}
	c.cancelled, c.told = c.inflight.answered+1, time.Now() // requests count from 1
	line := c.codec.Cancel(nil, c.cancelled)
	c.inflight.bytes += int64(len(line))
	return c.w.Send(line) == nil
}

// toldToGiveUp reports whether the worker was told to give up the item it is at.
func (c *conversation) toldToGiveUp() bool { return c.cancelled == c.inflight.answered+1 }

// announce tells the worker what it must know before it is sent b.
func (c *conversation) announce(b *batch) error {
	line := c.codec.Announce(nil, b.First, b.N)
	if len(line) == 0 {
		return nil
	}
	c.inflight.bytes += int64(len(line))
	return c.w.Send(line)
}

// scanSent returns how many items p, the beginning of what was sent for b, holds whole, at most most, and where the last of
// them ends.
func (e *Engine) scanSent(b *batch, p []byte, most int) (n, end int) {
	if b.ends != nil {
		n = min(sort.SearchInts(b.ends, len(p)+1), most)
		if n > 0 {
			end = b.ends[n-1]
		}
		return n, end
	}
	return e.o.Protocol.ScanSent(p, most)
}

// hear takes n new bytes of output from where they were read into the buffer of answers, translated if need be.
func (c *conversation) hear(n int) error {
	if !c.codec.Listens() {
		c.buf = c.buf[:len(c.buf)+n]
		return nil
	}
	var err error
	c.buf, err = c.codec.Hear(c.buf, c.raw[:n])
	c.aside()
	if err != nil {
		return c.fault(fmt.Sprintf("broke its protocol: %v", c.e.o.Word(err)), wire.NoPromise)
	}
	return nil
}

// aside shows what the worker printed besides its answers.
func (c *conversation) aside() {
	if p := c.codec.Aside(); len(p) > 0 {
		c.e.tell(&event.Printed{Slot: c.r.slot, Text: p})
	}
}

// farewell hears the end of the output. What cannot be understood then is a fault only if an answer is owed, and the worker was
// not killed in the middle of it.
func (c *conversation) farewell() (cut, err error) {
	before := len(c.buf)
	c.buf, cut = c.codec.End(c.buf)
	c.aside()
	if n := len(c.buf) - before; n > 0 {
		if err := c.collect(n); err != nil {
			return nil, err
		}
	}
	if cut != nil && c.stdin.state == closed && c.inflight.owes() {
		return c.fault(fmt.Sprintf("broke its protocol: %v", c.e.o.Word(cut)), c.e.o.Protocol.Promise), nil
	}
	return nil, nil
}

// reply takes one escaped line, with its newline, for the next item of b.
func (c *conversation) reply(b *batch, line []byte, took time.Duration) error {
	if err := c.admit(b, 1, line); err != nil {
		return err
	}
	answer, kind, err := wire.Reply(line[:len(line)-1])
	if err != nil {
		return c.fault(fmt.Sprintf("broke its protocol: %v", c.e.o.Word(err)), wire.NoPromise)
	}
	switch {
	case kind == wire.Failed, kind == wire.TooLarge:
		c.reported(b, kind, string(answer))
	case kind == wire.Broken:
		c.broken = string(answer)
		return errBroken
	case int64(len(answer)) > c.e.o.MaxItem:
		c.reject(b, int64(len(answer)))
	default:
		c.publishOne(b, answer, kind == wire.JSON, took)
	}
	return nil
}

// errBroken says that a worker has declared itself broken; c.broken is how it words that.
var errBroken = errors.New("the worker is broken")

// publishOne passes on the answer to the next item of b.
func (c *conversation) publishOne(b *batch, answer []byte, isJSON bool, took time.Duration) {
	c.observe(b, 1, answer, true)
	r := result{seq: b.seq(), answer: answer, json: isJSON, worker: c.r.slot, attempts: b.tries + 1, took: took}
	if !c.e.o.Format.plain() {
		r.item = c.e.nextItem(b, b.done)
	}
	c.e.publishRendered(b, c.e.render(b, c.e.pool.Get(len(answer)+1), &r))
	b.done++
	c.advance(b, 1)
	c.e.answered.Add(1)
	c.e.count()
}

// reported deals with the next item of b, for which the worker reports an error: it fails, or is tried again, alone.
func (c *conversation) reported(b *batch, kind wire.Kind, message string) {
	again, cause := c.e.o.Retries.Reported, c.reportedError(kind, message)
	if c.toldToGiveUp() {
		again, cause = c.e.o.Retries.TimedOut, &TimeoutError{Slot: c.r.slot, Pid: c.w.Pid(), Limit: c.e.o.Timeout, Said: message}
	}
	if b.tries >= again {
		c.e.failItem(b, c.r.slot, cause, c.inflight.owingSince)
		c.advance(b, 1)
		return
	}
	// A worker that says so does not sit on answers: it can have the item back, and needs no successor for that.
	c.flushes.answered()
	if !c.retiring {
		c.stdin.reopen()
	}
	x := c.takeNext()
	x.tries++
	c.warnOf(x, cause, 1, true, again)
	c.again(x)
}

// reportedError takes apart what a worker says of an item.
func (c *conversation) reportedError(kind wire.Kind, message string) error {
	failure := c.e.o.Protocol.Failure(message)
	if failure.NotJSON {
		return &NotJSONError{failure.Message}
	}
	return &ReportedError{Slot: c.r.slot, Message: failure.Message, Words: failure.Words, TooLarge: kind == wire.TooLarge}
}

// takeNext takes the next item, with the answer to which the worker has just come, out of its hands and returns it in a batch of
// its own.
func (c *conversation) takeNext() *batch {
	item, before, behind := c.inflight.takeNext(c.e.o.Delimiter, &c.e.pool, c.e.scanSent, c.e.dispatch.split)
	if before != nil {
		c.e.finish(before)
	}
	if behind == nil {
		return item
	}
	if c.settle(behind); behind.done == behind.N {
		c.inflight.removeOldest()
		c.e.finish(behind)
	}
	return item
}
