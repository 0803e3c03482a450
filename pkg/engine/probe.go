package engine

import (
	"fmt"
	"time"

	"stoke/pkg/human"
)

// Pauses between looks at a worker that has items and does not answer. A worker that has always answered promptly is
// looked at rarely; the others soon, and then in proportion to how long they have been taking.
const (
	soonProbe  = 500 * time.Microsecond
	rareProbe  = 20 * time.Millisecond
	slowest    = 10 // times the first pause
	proportion = 16 // of the time taken so far
)

// watch is how long the answer to an item is watched for that takes up to twice as long, sleep and wake-up included:
// those alone take 20 to 40 µs where two CPUs are involved.
const watch = 50 * time.Microsecond

const (
	// starving is how long a worker may hold back its answers, in a run without any, because nothing more comes to be read.
	starving = 3 * time.Second
	// sizeEvery is the pause between two looks at a worker's memory.
	sizeEvery = time.Second
	// warmProbe bounds the pause between two looks whether a worker has begun to read.
	warmProbe = 20 * time.Millisecond
)

// patience is how long to wait for the worker; negative: as long as it takes.
func (c *conversation) patience() time.Duration {
	d := c.nextLook()
	if left, limited := c.allowance(); limited && (d < 0 || left < d) {
		d = max(left, 0)
	}
	return d
}

// nextLook is how long to wait before the worker is looked at, whatever the limits are.
func (c *conversation) nextLook() time.Duration {
	switch {
	case c.departure != nil:
		left, _ := c.departure.left(c.e.o.ExitTimeout)
		return left
	case c.stdin.isOver() && (!c.inflight.owes() || c.stdin.state == lost && c.reached() == 0):
		return c.e.o.Patience
	case c.stdin.isOver() && c.e.answered.Load() == 0 && !c.e.complained.Load():
		return max(c.e.o.Patience-time.Since(c.inflight.busySince), sizeEvery)
	case c.stdin.isOver():
		return -1
	case !c.warm || c.inflight.pending() > 0:
		return c.probe
	case c.starves():
		return max(starving-time.Since(c.inflight.owingSince), soonProbe)
	case c.turnover.retiring && c.r.next != nil && c.turnover.allotted > 0 && c.inflight.sent >= c.turnover.allotted:
		return max(time.Until(c.r.next.due), warmProbe)
	case c.e.o.RecycleRSS > 0:
		return sizeEvery
	}
	return -1
}

// attend looks at a worker that has written nothing for a while, or whose runner was woken.
func (c *conversation) attend() error {
	quiet := time.Since(c.inflight.busySince)
	if err := c.warming(); err != nil {
		return err
	}
	if c.starves() && time.Since(c.inflight.owingSince) >= starving {
		c.warnStarving()
	}
	if c.stdin.isOver() && quiet >= c.e.o.Patience && c.inflight.pending() > 0 {
		c.warnSilent(c.e.o.Patience)
	}
	if c.stdin.isOver() || c.inflight.pending() == 0 || quiet < c.probe {
		return nil
	}
	s := c.silence(quiet)
	switch do := s.remedy(); do {
	case feedOn, feedMore, feedInCase:
		if do == feedInCase {
			c.warnSilent(shortSilence)
		}
		c.feedOn(do, quiet)
		return nil
	case refuse:
		return c.keptBack()
	case tell:
		c.warnSilent(s.toldAfter())
	}
	c.probe = min(max(c.probe, quiet/proportion), slowest*c.firstProbe())
	return nil
}

// silence is what is known of the worker, which has been quiet for so long.
func (c *conversation) silence(quiet time.Duration) silence {
	o, h := &c.e.o, &c.e.habits
	read, known := c.w.Read()
	return silence{quiet: quiet, verdict: c.verdict, hidden: !known, unread: known && read < c.inflight.bytes,
		bound: h.forthcoming(), prompt: c.flushes.prompt, partial: len(c.out.buf) > 0, flushes: h.answersAll() || h.volunteered.Load(),
		limit: o.Timeout, expected: time.Duration(c.inflight.pending()) * c.size.PerItem(), lockstep: o.Lockstep, asked: c.codec.Asks()}
}

// keptBack is the fault of a worker that is given one item at a time, and waits for more without answering it.
func (c *conversation) keptBack() error {
	b := c.inflight.oldest()
	problem := fmt.Sprintf("has read item %d %s and waits for more without answering it", b.seq(), human.Quote(b.item(c.e.o.Delimiter), false))
	if c.codec.Listens() {
		return c.fault(problem, c.e.o.Protocol.Promise)
	}
	return c.fault(problem+"; it keeps its output in a buffer", Flushes)
}

// feedOn deals with a worker that has finished with all it was sent and keeps answers back: it is given more. It may have begun
// since warming looked, and a worker that is fed on has begun: what it was lent is its own before it is given more.
func (c *conversation) feedOn(how remedy, quiet time.Duration) {
	if c.hasBegun() {
		c.becameWarm()
	}
	c.size.Buffered()
	if how != feedInCase {
		c.flushes.kept()
	}
	switch {
	case c.inflight.company == none:
		c.stdin.end(mustBeAlone)
	case c.inflight.company == nothingYet:
		c.stdin.end(makingRoom)
	case c.codec.Asks(): // who has said how much it wants at a time gets no more
		c.stdin.end(lostOne)
	}
	switch {
	case how == feedOn:
		c.size.Observe(c.inflight.pending(), quiet)
	case how == feedInCase && c.e.habits.volunteered.Load(): // hardly more than a little is what it waits for
	default:
		c.size.Grow()
	}
	c.inflight.consume(time.Now(), how == feedInCase)
}

// starves reports whether the worker holds answers back and there is nothing to feed it with, in a run without any answer.
func (c *conversation) starves() bool {
	return c.stdin.state == open && c.inflight.owes() && c.inflight.pending() == 0 && c.e.answered.Load() == 0 && !c.e.complained.Load()
}

// warnStarving tells the user, once in a run, that answers come late from a worker on a stream that goes on.
func (c *conversation) warnStarving() {
	if c.e.complained.Swap(true) {
		return
	}
	c.e.warn(&SilentError{Slot: c.r.slot, Pid: c.w.Pid(), Buffers: true})
}

// warnSilent tells the user, once in a run without any answer so far, about a worker that has read its items and has been
// quiet for as long as limit: it may wait for more, although that cannot be seen.
func (c *conversation) warnSilent(limit time.Duration) {
	if c.e.answered.Load() > 0 {
		return
	}
	if read, known := c.w.Read(); known && read < c.inflight.bytes || c.e.complained.Swap(true) {
		return
	}
	silent := &SilentError{Slot: c.r.slot, Pid: c.w.Pid(), For: limit}
	if held := c.codec.Held(); len(held) > 0 {
		silent.Printed, silent.Promise = human.Quote(held, false), c.e.o.Protocol.Promise
	}
	c.e.warn(silent)
}
