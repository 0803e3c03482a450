package engine

import (
	"io"
	"time"

	"stoke/pkg/sizing"
	"stoke/pkg/source"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// outcome is how a conversation was left.
type outcome int

const (
	ended    outcome = iota // the worker is gone, everything answered
	replaced                // its successor is warm: the rest of the conversation is to be run elsewhere
)

// conversation is what passes between a runner and one worker, from the first item to the worker's end.
type conversation struct {
	e  *Engine
	r  *runner
	w  Worker
	in input

	dec      wire.Decoder
	size     sizing.Policy
	inflight []*batch // sent, not fully answered; oldest first
	bytes    int64    // handed to the worker
	sent     int64    // items; likewise
	answered int64
	consumed int64     // of those sent, how many the worker was seen to have finished with, answered or not
	mark     time.Time // when it began with the items after those

	buf      []byte // output read and not yet collected
	skipping bool   // an answer above the limit is being read past
	rest     time.Duration
	warm     bool // it has read something
	prompt   bool // it has answered everything it had, at some time
	retiring bool
	sized    time.Time     // when its memory was last looked at
	probe    time.Duration // until it is next looked at
	began    time.Time
	hungUp   time.Time    // when its stdin was closed
	exit     *worker.Exit // how it ended
	first    string       // its first answer, for messages
}

// input is what becomes of the worker's stdin.
type input int

const (
	open   input = iota // more items may come
	ending              // no more will; to be closed when all are written
	closed
)

// newConversation prepares to talk to w, which is known to be warm or may still have to warm up.
func newConversation(r *runner, w Worker, warm bool) *conversation {
	now := time.Now()
	return &conversation{e: r.e, r: r, w: w, dec: r.e.o.Framing.Decoder(), buf: r.e.pool.Get(source.Slab),
		mark: now, began: now, probe: soonProbe, warm: warm}
}

// run converses until the worker has ended or been replaced, beginning with the items of first, if any. Unless it was
// replaced, the worker is gone when it returns.
func (c *conversation) run(first *batch) (outcome, error) {
	c.e.employ(c.w)
	how, err := c.converse(first)
	if how == replaced {
		return how, nil
	}
	c.finish(0)
	c.e.dismiss(c.w)
	c.heat()
	c.e.pool.Put(c.buf)
	return how, err
}

func (c *conversation) converse(first *batch) (outcome, error) {
	if first != nil {
		if err := c.send(first); err != nil {
			return ended, err
		}
	}
	for !c.e.cancelled() {
		if c.in == open {
			c.retire()
			if c.retiring && c.r.successor() {
				c.in = ending
				return replaced, nil
			}
			if err := c.fill(); err != nil {
				return ended, err
			}
		}
		c.hangUp()
		n, err := c.exchange()
		switch {
		case err == io.EOF || err == nil && n == 0 && c.overdue():
			return ended, c.end()
		case err == nil && n > 0:
			c.buf = c.buf[:len(c.buf)+n]
			err = c.collect(n)
		case err == nil:
			err = c.look()
		}
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}

// exchange waits for the worker. The answer to a single fast item is watched for first: to sleep and be woken up takes
// longer than such an item.
func (c *conversation) exchange() (int, error) {
	if c.e.o.SpareCPU && c.pending() == 1 && c.answered > 0 && c.size.PerItem() <= 2*watch {
		if n, err := c.w.Watch(c.room(), watch); n > 0 || err != nil {
			return n, err
		}
	}
	return c.w.Exchange(c.room(), c.patience())
}

// hangUp closes the worker's stdin when there will be no more items and all have been written. It waits until the
// worker has begun to read, where that can be seen: to have died before is a failed start, not the fault of an item.
func (c *conversation) hangUp() {
	if c.in != closed && c.w.Deaf() {
		c.in = closed
		c.hungUp = time.Now()
	}
	if c.in != ending || c.w.Written() < c.bytes {
		return
	}
	if _, known := c.w.Read(); c.warm || !known || c.bytes == 0 {
		c.in = closed
		c.w.CloseInput()
		c.hungUp = time.Now()
	}
}

// overdue reports whether the worker has answered everything and does not end.
func (c *conversation) overdue() bool {
	return c.in == closed && c.answered == c.sent && time.Since(c.mark) >= finishPatience && time.Since(c.hungUp) >= finishPatience
}

// finish ends the worker, once.
func (c *conversation) finish(patience time.Duration) worker.Exit {
	if c.exit == nil {
		exit := c.w.Finish(patience, c.e.killed)
		c.exit = &exit
	}
	return *c.exit
}

// room returns the free part of the read buffer, larger than before if an answer has filled it.
func (c *conversation) room() []byte {
	if len(c.buf) == cap(c.buf) {
		c.swap(c.e.pool.Get(2 * cap(c.buf)))
	}
	return c.buf[len(c.buf):cap(c.buf)]
}

// swap makes buf the read buffer.
func (c *conversation) swap(buf []byte) {
	old := c.buf
	c.buf = append(buf, old...)
	c.e.pool.Put(old)
}

// pending is the number of items that the worker has in hand, so far as can be seen.
func (c *conversation) pending() int { return int(c.sent - c.progress()) }

// progress is the number of items that the worker has finished with.
func (c *conversation) progress() int64 { return max(c.answered, c.consumed) }

// fill sends items while the worker has less in hand than it should. It refills by half a window at a time, and never
// while the pipe is full: what the worker does not take now, another may.
func (c *conversation) fill() error {
	for c.in == open && c.w.Written() == c.bytes {
		window := c.size.Window()
		if c.e.o.Lockstep {
			window = 1
		}
		room := window - c.pending()
		if room <= 0 || room < window/2 {
			if c.e.dispatch.over() { // then the end of its input may be what the worker waits for
				c.in = ending
			}
			break
		}
		if limit := c.e.o.RecycleNum; limit > 0 {
			if room = int(min(int64(room), limit-c.sent)); room <= 0 {
				break
			}
		}
		c.r.called.Store(false)
		b, state := c.e.dispatch.take(c.r, room, c.oldest())
		if state == source.End {
			c.in = ending
		}
		if b == nil {
			break
		}
		if err := c.send(b); err != nil {
			return err
		}
	}
	c.r.load.Store(int64(c.pending()))
	if c.r.called.Swap(false) { // called for items it does not want: somebody else may
		c.e.dispatch.ready()
	}
	return nil
}

// oldest is the oldest batch that is not fully answered, or nil.
func (c *conversation) oldest() *batch {
	if len(c.inflight) == 0 {
		return nil
	}
	return c.inflight[0]
}

// send hands b to the worker.
func (c *conversation) send(b *batch) error {
	if c.pending() == 0 {
		c.mark = time.Now()
		c.probe = c.firstProbe()
	}
	out := b.Items
	if !c.e.o.Framing.Verbatim(c.e.o.Delimiter) {
		out = c.encode(b)
	}
	c.settle(b)
	if b.done == b.N {
		c.e.release(b)
		return nil
	}
	c.bytes += int64(len(out))
	c.sent += int64(b.owed())
	b.end = c.bytes
	c.inflight = append(c.inflight, b)
	return c.w.Send(out)
}

// encode returns the items of b as the worker is to read them, and notes those that cannot be sent.
func (c *conversation) encode(b *batch) []byte {
	dst := c.e.pool.Get(len(b.Items))
	rest := b.Items
	for i := range b.N {
		var item []byte
		var err error
		item, rest = c.e.o.Delimiter.Split(rest, b.N-i)
		if dst, err = c.e.o.Framing.Encode(dst, item); err != nil {
			b.refusal = append(b.refusal, refusal{i, err})
		}
	}
	b.wire = dst
	return dst
}

// settle fails the items that could not be sent and are next in line.
func (c *conversation) settle(b *batch) {
	for len(b.refusal) > 0 && b.refusal[0].index == b.done {
		err := b.refusal[0].err
		b.refusal = b.refusal[:copy(b.refusal, b.refusal[1:])]
		c.e.failItem(b, 0, err)
	}
}

// retire begins to look for a successor when the worker has done its share.
func (c *conversation) retire() {
	o := &c.e.o
	if limit := o.RecycleNum; limit > 0 && sizing.Due(limit-c.sent, c.size.PerItem(), c.r.initFor) {
		if c.e.dispatch.over() {
			c.in = ending
			return
		}
		c.r.prepare()
		c.retiring = c.sent >= limit
	}
	if o.RecycleRSS > 0 && !c.retiring && time.Since(c.sized) >= sizeEvery {
		c.sized = time.Now()
		if rss, ok := o.RSS(c.w.Pid()); ok && rss > o.RecycleRSS {
			c.retiring = true
			c.r.prepare()
		}
	}
}

// unsent returns the batch that was sent to a worker that never became warm, as it was before.
func (c *conversation) unsent() *batch {
	b := c.oldest()
	if b != nil && b.wire != nil {
		c.e.pool.Put(b.wire)
		b.wire = nil
	}
	return b
}

// heat says, once, that the worker is warm.
func (c *conversation) heat() {
	if !c.warm {
		c.warm = true
		c.probe = soonProbe // it grew with the warm-up
		c.r.initFor = time.Since(c.began)
		c.e.warmedUp()
	}
}

// end deals with the end of the worker's output.
func (c *conversation) end() error {
	if err := c.warming(); err != nil {
		return err
	}
	if c.in == closed && c.sent-c.answered == 1 && !c.skipping && c.dec.Last(c.buf) {
		if end, ok := c.dec.Ending(); ok { // the end of the last answer may be missing
			c.room()
			c.buf = append(c.buf, end)
			if err := c.collect(1); err != nil {
				return err
			}
		}
	}
	patience := finishPatience
	if c.overdue() {
		patience = 0
	}
	exit := c.finish(patience)
	if c.e.cancelled() {
		return nil
	}
	return c.verdict(exit)
}

// verdict judges a worker whose output has ended.
func (c *conversation) verdict(exit worker.Exit) error {
	owed := c.sent - c.answered
	switch {
	case len(c.buf) > 0 && owed == 0:
		return c.excess(c.buf)
	case owed == 0:
		if !exit.Ok() {
			c.e.o.Warn(c.describeExit(exit))
		}
		return nil
	case !c.warm:
		return &InitError{Slot: c.r.slot, Pid: c.w.Pid(), Err: worker.ErrEnded, Exit: &exit, Words: c.w.LastWords()}
	case c.in == closed && exit.Ok():
		return c.short(owed)
	}
	b := c.inflight[0]
	return &DiedError{Slot: c.r.slot, Pid: c.w.Pid(), Seq: b.seq(), Item: append([]byte(nil), b.item(c.e.o.Delimiter)...), Exit: exit, Words: c.w.LastWords()}
}
