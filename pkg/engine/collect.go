package engine

import (
	"bytes"
	"fmt"
	"time"

	"stoke/pkg/human"
	"stoke/pkg/source"
	"stoke/pkg/wire"
)

const (
	// smallRead is a read of few bytes: if more answers are due, the worker writes them one by one.
	smallRead = 16 << 10
	// shortRest and longRest bound the pauses that let such answers gather. Without them a worker that flushes each
	// line wakes this process for each line, and both slow down to half their speed.
	shortRest = 50 * time.Microsecond
	longRest  = time.Millisecond
)

// collect takes the answers out of the read buffer, whose last n bytes are new, and publishes them.
func (c *conversation) collect(n int) error {
	now := time.Now()
	c.inflight.doubt()
	before := c.inflight.progress()
	err := c.answers(now)
	c.report(now)
	if err != nil {
		return err
	}
	c.flushes.after(n, len(c.buf) == 0, c.stdin.state == open, c.inflight.oldest(), c.e.scanSent)
	most := c.e.o.MaxItem + slack
	if c.e.o.Protocol.Replies {
		most *= 2
	}
	if int64(len(c.buf)) > most && c.inflight.oldest() != nil {
		c.skip()
	}
	if done := c.inflight.progress() - before; done > 0 {
		c.unended = 0
		c.size.Observe(int(done), now.Sub(c.inflight.busySince))
		c.inflight.busySince = now
		c.probe = c.firstProbe()
	}
	c.inflight.owingSince = now
	if !c.inflight.owes() && c.stdin.state != closed {
		c.flushes.answered()
	}
	c.pace(n)
	return nil
}

// A worker may write that many bytes, or that many times --max-item if it is more, without an end before its answer is
// taken to have none.
const (
	endlessBytes = 64 << 20
	endlessTimes = 16
)

// endless reports whether the worker is taken to write for ever.
func (c *conversation) endless() bool {
	return c.unended > max(endlessBytes, endlessTimes*c.e.o.MaxItem)
}

// slack is what may come with an answer besides its bytes, such as a length: more than the limit by this is too large
// without doubt.
const slack = 32

// answers publishes the whole answers in the read buffer and leaves there what follows them.
func (c *conversation) answers(now time.Time) error {
	took := now.Sub(c.inflight.busySince)
	p := c.buf
	for len(p) > 0 {
		if c.skipping {
			p = c.skipOn(p)
			continue
		}
		if c.inflight.oldest() == nil {
			return c.tooMany(p)
		}
		b := c.inflight.oldest()
		n, end, err := c.codec.Scan(p, b.run())
		if err != nil {
			return c.fault(fmt.Sprintf("broke its protocol: %v", err), wire.NoPromise)
		}
		if n > 0 && c.e.o.Protocol.Replies && bytes.IndexByte(p[:end], '\\') >= 0 {
			_, end, _ = c.codec.Scan(p, 1)
			line := p[:end]
			p = p[end:]
			if err := c.reply(b, line, took/time.Duration(n)); err != nil {
				c.buf = c.buf[:copy(c.buf, p)]
				return err
			}
			continue
		}
		if n > 1 && int64(end) > c.e.o.MaxItem {
			n, end, _ = c.codec.Scan(p, 1) // one of them may be too large: look at each
		}
		if n == 0 {
			break
		}
		whole := p[:end]
		p = p[end:]
		part := end >= source.Slab/2 && len(p) < end/8 && len(c.buf) == end+len(p)
		if part { // nearly all of the buffer goes to one batch: pass it on as it is
			c.buf = append(c.e.pool.Get(source.Slab), p...)
			p = c.buf
		} else {
			whole = append(c.e.pool.Get(end), whole...)
		}
		if err := c.accept(b, whole, n, took/time.Duration(n)); err != nil {
			return err
		}
	}
	if len(p) < len(c.buf) { // else nothing was taken, and it may be long
		c.buf = c.buf[:copy(c.buf, p)]
	}
	return nil
}

// accept takes n answers, p, for the next items of b. It takes the buffer over.
func (c *conversation) accept(b *batch, p []byte, n int, took time.Duration) error {
	if err := c.admit(b, n, p); err != nil {
		return err
	}
	if n == 1 && int64(len(p)) > c.e.o.MaxItem {
		if answer, _ := c.codec.Split(p); int64(len(answer)) > c.e.o.MaxItem {
			c.reject(b, int64(len(answer)))
			c.e.pool.Put(p)
			return nil
		}
	}
	c.observe(b, n, p, false)
	c.publish(b, p, n, took)
	b.done += n
	c.advance(b, n)
	c.e.answered.Add(int64(n))
	c.e.count()
	return nil
}

// admit checks that the worker can have come to n more answers, p, by now.
func (c *conversation) admit(b *batch, n int, p []byte) error {
	read, known := c.w.Read()
	if !known {
		read = c.w.Written()
	}
	if read < c.mustHaveRead(b, n) {
		return c.tooMany(p)
	}
	if c.inflight.answered == 0 {
		c.becameWarm()
		c.r.answered(c.replaced)
		answer, _ := c.codec.Split(p)
		c.e.suspect.answered(b.item(c.e.o.Delimiter))
		c.first = fmt.Sprintf("; its first answer was %s, to item %d %s", human.Quote(answer, false), b.seq(), human.Quote(b.item(c.e.o.Delimiter), false))
	}
	return nil
}

// mustHaveRead is the number of bytes that the worker has read for certain when it has answered n more items of b.
func (c *conversation) mustHaveRead(b *batch, n int) int64 {
	if n < b.owed() {
		return b.end - int64(len(b.onWire())) + 1
	}
	return b.end - 1 // it may know where the last item ends without reading its delimiter
}

// advance accounts for n more answers to b, and closes it if they were the last.
func (c *conversation) advance(b *batch, n int) {
	c.inflight.answered += int64(n)
	c.settle(b)
	if b.done == b.N {
		c.inflight.removeOldest()
		c.e.finish(b)
	}
}

// publish renders n answers, p, and passes them on.
func (c *conversation) publish(b *batch, p []byte, n int, took time.Duration) {
	f := &c.e.o.Format
	if end, ok := c.codec.Ending(); ok && f.plain() {
		if end != f.End {
			for i, ch := range p {
				if ch == end {
					p[i] = f.End
				}
			}
		}
		c.e.publish(b, p, n, nil)
		return
	}
	defer c.e.pool.Put(p)
	out := c.e.pool.Get(len(p))
	r := result{seq: b.seq(), worker: c.r.slot, attempts: b.tries + 1, took: took}
	for range n {
		r.answer, p = c.codec.Split(p)
		if !f.plain() {
			r.item = c.e.nextItem(b, int(r.seq-b.First))
		}
		out = c.e.render(b, out, &r)
		r.seq++
	}
	c.e.publishRendered(b, out)
}

// nextItem returns the item of that index, the next one to be rendered.
func (e *Engine) nextItem(b *batch, index int) []byte {
	item, _ := e.o.Delimiter.Split(b.Items[b.cursor:], b.N-index)
	b.cursor += len(item) + len(e.o.Delimiter)
	return item
}

// render appends r to out, of which it publishes a part first if it grows large.
func (e *Engine) render(b *batch, out []byte, r *result) []byte {
	need := len(out) + len(r.item) + 2*len(r.answer) + 256
	if need > cap(out) {
		if len(out) >= source.Slab/2 {
			e.publishRendered(b, out)
			out = e.pool.Get(source.Slab)
		} else {
			old := out
			out = append(e.pool.Get(max(need, 2*cap(old))), old...)
			e.pool.Put(old)
		}
	}
	b.rendered++
	return e.o.Format.append(out, r)
}

func (e *Engine) publishRendered(b *batch, out []byte) {
	n := b.rendered
	b.rendered = 0
	e.publish(b, out, n, nil)
}

// reject fails the next item of b because of its answer, of size bytes.
func (c *conversation) reject(b *batch, size int64) {
	c.e.failItem(b, c.r.slot, &TooLargeError{"its answer is", size, c.e.o.MaxItem}, c.inflight.owingSince)
	c.advance(b, 1)
}

// skip begins to read past an answer that is too large to be kept.
func (c *conversation) skip() {
	c.codec.Skip(c.buf)
	c.skipping = true
	c.buf = c.buf[:0]
	if cap(c.buf) > source.Slab {
		c.buf = c.e.pool.Get(source.Slab)
	}
}

// skipOn goes on with that and returns what follows the answer.
func (c *conversation) skipOn(p []byte) (rest []byte) {
	n, done := c.codec.Skip(p)
	if done {
		c.skipping = false
		c.becameWarm()
		c.reject(c.inflight.oldest(), c.codec.Skipped())
	}
	return p[n:]
}

// pace lets output gather after a read of only n bytes, if more answers are due and the worker has enough to do
// meanwhile. It never waits when one answer is awaited.
func (c *conversation) pace(n int) {
	if n >= smallRead {
		c.rest = max(c.rest/2, shortRest)
		return
	}
	work := time.Duration(c.inflight.pending()) * c.size.PerItem()
	if c.inflight.pending() < 2 || work < 2*shortRest {
		c.rest = shortRest
		return
	}
	c.w.Nap(min(c.rest, work/2))
	c.rest = min(2*max(c.rest, shortRest), longRest)
}
