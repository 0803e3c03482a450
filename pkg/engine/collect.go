package engine

import (
	"bytes"
	"fmt"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/source"
	"stoke/pkg/wire"
)

// listener takes answers out of what a worker writes, and publishes them.
type listener struct {
	*peer
	out    reader
	untold untold // answered since it began with what it owes
}

// collect takes the answers out of the read buffer, whose last n bytes are new, and publishes them.
func (l *listener) collect(n int) error {
	now := time.Now()
	if l.inflight.finished == guessed {
		l.inflight.doubt()
	}
	before := l.inflight.pending
	err := l.answers(now)
	l.report(now)
	if err != nil {
		return err
	}
	l.flushes.after(n, len(l.out.buf) == 0, l.stdin.state == open, l.inflight.oldest(), l.e.scanSent)
	if len(l.out.buf) > 0 && l.out.isOverlong() && l.inflight.owed > 0 {
		l.out.skip()
	}
	if done := before - l.inflight.pending; done > 0 {
		l.out.unended = 0
		l.size.Observe(done, now.Sub(l.inflight.busySince))
		l.inflight.busySince = now
		l.probe = l.firstProbe()
	}
	l.inflight.owingSince = now
	if l.inflight.owed == 0 && l.stdin.state != closed {
		l.flushes.answered()
	}
	if d := l.out.pause(n, l.inflight.pending, l.size.PerItem()); d > 0 {
		l.w.Nap(d)
	}
	return nil
}

// answers publishes the whole answers in the read buffer and leaves there what follows them.
func (l *listener) answers(now time.Time) error {
	took := now.Sub(l.inflight.busySince)
	p := l.out.buf
	for len(p) > 0 {
		if l.out.skipping {
			if p = l.out.skipOn(p); !l.out.skipping {
				l.becameWarm()
				l.reject(l.inflight.oldest(), l.codec.Skipped())
			}
			continue
		}
		b := l.inflight.oldest()
		if b == nil {
			return l.tooMany(p)
		}
		n, end, err := l.codec.Scan(p, b.stretch())
		if err != nil {
			return l.fault(fmt.Sprintf("broke its protocol: %v", err), wire.NoPromise)
		}
		if n > 0 && l.e.o.Protocol.Replies && bytes.IndexByte(p[:end], '\\') >= 0 {
			_, end, _ = l.codec.Scan(p, 1)
			line := p[:end]
			p = p[end:]
			if err := l.reply(b, line, took/time.Duration(n)); err != nil {
				l.out.keep(p)
				return err
			}
			continue
		}
		if n > 1 && int64(end) > l.e.o.MaxItem {
			n, end, _ = l.codec.Scan(p, 1) // one of them may be too large: look at each
		}
		if n == 0 {
			break
		}
		whole, rest := l.out.detach(p[:end], p[end:])
		p = rest
		if err := l.accept(b, whole, n, took/time.Duration(n)); err != nil {
			return err
		}
	}
	l.out.keep(p)
	return nil
}

// accept takes n answers, p, for the next items of b. It takes the buffer over.
func (l *listener) accept(b *batch, p []byte, n int, took time.Duration) error {
	if err := l.admit(b, n, p); err != nil {
		return err
	}
	if n == 1 && int64(len(p)) > l.e.o.MaxItem {
		if answer, _ := l.codec.Split(p); int64(len(answer)) > l.e.o.MaxItem {
			l.reject(b, int64(len(answer)))
			l.e.pool.Put(p)
			return nil
		}
	}
	l.observe(b, n, p, false)
	l.publish(b, p, n, took)
	b.done += n
	l.advance(b, n)
	l.e.answered.Add(int64(n))
	l.e.count()
	return nil
}

// admit checks that the worker can have come to n more answers to b, p, by now: that it has read what they are answers to.
func (l *listener) admit(b *batch, n int, p []byte) error {
	read, known := l.w.Read()
	if !known {
		read = l.w.Written()
	}
	least := b.end - 1 // it may know where the last item ends without reading its delimiter
	if n < b.owed() {
		least = b.end - int64(len(b.onWire())) + 1
	}
	if read < least {
		return l.tooMany(p)
	}
	if l.inflight.answered == 0 {
		l.hearFirst(b, p)
	}
	return nil
}

// hearFirst deals with the first answer of the worker, to the next item of b: it works, and so do starts.
func (l *listener) hearFirst(b *batch, p []byte) {
	l.becameWarm()
	l.owner.answered()
	answer, _ := l.codec.Split(p)
	l.first = firstAnswer{answer: quotable(answer), item: quotable(b.item(l.e.o.Delimiter)), seq: b.seq()}
	l.e.suspect.answered(b.item(l.e.o.Delimiter))
}

// advance accounts for n more answers to b, and closes it if they were the last.
func (l *listener) advance(b *batch, n int) {
	l.inflight.answer(n)
	if len(b.refusal) > 0 {
		l.settle(b)
	}
	if b.done == b.N {
		l.inflight.removeOldest()
		l.e.finish(b)
	}
}

// publish renders n answers, p, and passes them on.
func (l *listener) publish(b *batch, p []byte, n int, took time.Duration) {
	f := &l.e.o.Format
	if end, ok := l.codec.Ending(); ok && f.plain() {
		if end != f.End {
			for i, ch := range p {
				if ch == end {
					p[i] = f.End
				}
			}
		}
		l.e.publish(b, p, n, nil)
		return
	}
	defer l.e.pool.Put(p)
	out := l.e.pool.Get(len(p))
	r := result{seq: b.seq(), worker: l.slot, attempts: b.tries + 1, took: took}
	for range n {
		r.answer, p = l.codec.Split(p)
		if !f.plain() {
			r.item = l.e.nextItem(b, int(r.seq-b.First))
		}
		out = l.e.render(b, out, &r)
		r.seq++
	}
	l.e.publishRendered(b, out)
}

// observe notes that n items from b's next on were answered, and tells of each item. bare says that answers is one without
// its end.
func (l *listener) observe(b *batch, n int, answers []byte, bare bool) {
	l.untold.runs = append(l.untold.runs, event.Done{Slot: l.slot, First: b.seq(), N: n, Received: int64(len(answers)),
		Sent: int64(len(b.Items)) * int64(n) / int64(b.N)}) // what they have on average
	if !l.e.every {
		return
	}
	rest := b.Items[b.offset(b.done, l.e.o.Delimiter):]
	a := &l.untold.item
	a.Took = time.Since(l.inflight.owingSince) / time.Duration(n)
	for i := range n {
		answer := answers
		if !bare {
			answer, answers = l.codec.Split(answers)
		}
		a.Item, rest = l.e.o.Delimiter.Split(rest, b.N-b.done-i)
		a.Seq, a.Began, a.Received = b.seq()+int64(i), l.inflight.owingSince.Add(time.Duration(i)*a.Took), len(answer)
		l.e.tell(a)
	}
}

// report tells of what has been answered since l.inflight.owingSince: each run of items has its share of the time.
func (l *listener) report(now time.Time) {
	total := 0
	for i := range l.untold.runs {
		total += l.untold.runs[i].N
	}
	elapsed, began := now.Sub(l.inflight.owingSince), l.inflight.owingSince
	for i := range l.untold.runs {
		run := &l.untold.runs[i]
		run.Began, run.Took = began, time.Duration(float64(elapsed)*float64(run.N)/float64(total))
		began = began.Add(run.Took)
		l.e.tell(run)
	}
	l.untold.runs = l.untold.runs[:0]
}

// nextItem returns the item of that index, the next one to be rendered.
func (e *run) nextItem(b *batch, index int) []byte {
	item, _ := e.o.Delimiter.Split(b.Items[b.cursor:], b.N-index)
	b.cursor += len(item) + len(e.o.Delimiter)
	return item
}

// render appends r to out, of which it publishes a part first if it grows large.
func (e *run) render(b *batch, out []byte, r *result) []byte {
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

func (e *run) publishRendered(b *batch, out []byte) {
	n := b.rendered
	b.rendered = 0
	e.publish(b, out, n, nil)
}

// reject fails the next item of b because of its answer, of size bytes.
func (l *listener) reject(b *batch, size int64) {
	l.e.failItem(b, l.slot, &TooLargeError{"its answer is", size, l.e.o.MaxItem}, l.inflight.owingSince)
	l.advance(b, 1)
}

// settle fails the items that could not be sent and are next in line.
func (l *listener) settle(b *batch) {
	for len(b.refusal) > 0 && b.refusal[0].index == b.done {
		err := b.refusal[0].err
		b.refusal = b.refusal[:copy(b.refusal, b.refusal[1:])]
		l.e.failItem(b, 0, err, time.Now())
	}
}
