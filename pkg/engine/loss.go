package engine

import (
	"fmt"
	"time"

	"stoke/pkg/worker"
)

// end deals with the end of the worker's output, or with a worker that has taken too long.
func (c *conversation) end(silent bool) error {
	if err := c.warming(); err != nil {
		return err
	}
	var cut error
	if silent {
		var err error
		if cut, err = c.farewell(); err != nil {
			return err
		}
	}
	c.keep()
	c.begun = c.reached()
	_, known := c.w.Read()
	c.unseen = !known
	c.timedOut = c.broken == "" && (!silent && c.expired() || c.toldToGiveUp())
	c.depart()
	patience := time.Duration(0)
	switch {
	case cut != nil:
		patience = endPatience
	case silent:
		patience = c.patienceAtEnd()
	}
	exit := c.finish(patience)
	if c.e.cancelled() {
		if c.e.o.Exits && c.departure != nil && !c.e.isDead() {
			c.gone(exit)
		}
		return nil
	}
	if cut != nil && !exitedBySignal(exit) {
		return cut
	}
	if exit.Ok() && c.stdin.state == closed {
		if err := c.last(); err != nil {
			return err
		}
	}
	return c.lose(exit)
}

// last accepts a last answer that lacks only its end, from a worker that ended in peace: it had gone through all its items
// before its input was ended, where that can be seen. Otherwise it may have left in the middle of an answer.
func (c *conversation) last() error {
	end, ok := c.dec.Ending()
	if _, known := c.w.Read(); known && !c.stdin.idle {
		return nil
	}
	if !ok || c.inflight.owed() != 1 || c.skipping || !c.dec.Last(c.buf) {
		return nil
	}
	c.room()
	c.buf = append(c.buf, end)
	return c.collect(1)
}

// lose deals with a worker that is gone: its unanswered items are given back, with or without a charge.
func (c *conversation) lose(exit worker.Exit) error {
	if len(c.buf) > 0 && !c.inflight.owes() {
		return c.excess(c.buf)
	}
	l := c.loss(exit)
	what := judge(l)
	if what == nothing || what == giveBack && l.exited || c.shut(exit) && what != startOver {
		c.gone(exit)
	}
	switch what {
	case startOver:
		c.startOver((l.started || c.unseen) && l.read > 0)
		return &InitError{Slot: c.r.slot, Pid: c.w.Pid(), Err: c.neverWorked(l), Exit: &exit, Words: c.w.LastWords()}
	case giveUp:
		return c.short(c.inflight.owed())
	case suspect:
		if fault := c.short(c.inflight.owed()); l.read == 0 || !c.e.suspect.raise(fault) {
			return fault
		}
		c.charge(l, c.cause(exit), false)
	case giveBack:
		read, unread := c.sift(l.read)
		if len(read) > 0 {
			read[0].left = true
		}
		c.back(append(read, unread...), false)
	case charge:
		if err := c.test(); err != nil {
			return err
		}
		c.charge(l, c.cause(exit), true)
	case narrow:
		c.charge(l, c.cause(exit), false)
	}
	return nil
}

func (c *conversation) loss(exit worker.Exit) loss {
	o := &c.e.o
	return loss{
		owed: c.inflight.owes(), started: c.warm || c.unseen && c.r.proven.Load(), answered: c.inflight.answered > 0, worked: c.inflight.answered > 0 || c.inflight.consumed > 0 && !c.inflight.guess,
		proven:   c.e.answered.Load() > 0 || c.e.habits.obliged, // what said that it is ready has started
		timedOut: c.timedOut, exited: !exit.Forced && !exitedBySignal(exit), suspected: o.Escaped || c.e.suspect.raised(), zero: exit.Ok(), hungUp: c.stdin.state == closed, waited: c.stdin.idle,
		read: c.begun, flushes: c.e.habits.answersEach() || c.broken != "", leftHere: c.inflight.oldest() != nil && c.inflight.oldest().done == 0 && c.inflight.oldest().left,
		single: c.inflight.sent == 1, once: o.Lockstep && o.Retries.Died == 0 && o.Retries.TimedOut == 0,
	}
}

// exitedBySignal reports whether the worker died of a signal that we did not send, or its shell says so of its child.
func exitedBySignal(exit worker.Exit) bool {
	return !exit.Forced && (exit.Signal != 0 || reportsSignal(exit.Code))
}

// reportsSignal reports whether an exit status is that with which a shell says that its child died of a signal.
func reportsSignal(status int) bool { return status > 128 && status <= 128+64 }

// reached is the number of unanswered items that the worker has begun to read.
func (c *conversation) reached() int {
	read, known := c.w.Read()
	if !known {
		read = c.inflight.bytes
	}
	return c.inflight.reached(read, c.e.scanSent)
}

// sift takes the first n unanswered items and the rest out of what is in flight.
func (c *conversation) sift(n int) (first, rest []*batch) {
	return c.inflight.takeUnanswered(n, c.e.o.Delimiter, &c.e.pool, c.e.dispatch.split)
}

// back gives batches back to be done again; apart means that each is to be alone in its worker.
func (c *conversation) back(batches []*batch, apart bool) {
	server := c.r
	if c.replaced {
		server = nil
	}
	for _, b := range batches {
		b.alone = b.alone || apart
		c.e.dispatch.giveBack(b, 0, server)
	}
}

// startOver gives all items back as they were. What the worker might have made of them is not their fault, but if it had
// read some and no worker has answered yet, it is better to try another item first.
func (c *conversation) startOver(read bool) {
	batches, _ := c.sift(int(c.inflight.sent))
	for _, b := range batches {
		b.doubt = read
	}
	c.back(batches, false)
}

func (c *conversation) neverWorked(l loss) error {
	switch {
	case c.shut(*c.exit):
		return ErrShut
	case !l.started:
		return worker.ErrEnded
	case l.timedOut && l.read == 0:
		return c.e.o.Word(&DeafError{c.e.o.Timeout})
	case l.read == 0:
		return ErrDeaf
	}
	return ErrMute
}

// cause says what happened to the worker.
func (c *conversation) cause(exit worker.Exit) error {
	if c.broken != "" {
		return &ReportedError{Slot: c.r.slot, Message: c.broken}
	}
	if c.endless() {
		return &TooLargeError{"its answer has no end after", c.unended, c.e.o.MaxItem}
	}
	if c.timedOut {
		return &TimeoutError{Slot: c.r.slot, Pid: c.w.Pid(), Limit: c.e.o.Timeout, Words: c.w.LastWords()}
	}
	return &DiedError{Slot: c.r.slot, Pid: c.w.Pid(), Exit: exit, Words: c.w.LastWords()}
}

// charge blames the first unanswered item for the end of its worker. If that is not certain, it is not counted against
// it: it is only tried apart, and so are the others that the worker had begun to read, in halves. The one that is to
// blame will show.
func (c *conversation) charge(l loss, cause error, certain bool) {
	read, unread := c.sift(l.read)
	b := read[0]
	if read = read[1:]; b.N > 1 {
		read = append([]*batch{c.e.dispatch.split(b, 1)}, read...)
	}
	if !certain {
		halves := make([]*batch, 0, 2*len(read))
		for _, b := range read {
			halves = append(halves, b)
			if b.N > 1 {
				halves = append(halves, c.e.dispatch.split(b, b.N/2))
			}
		}
		read = halves
	}
	again := c.e.o.Retries.Died
	if c.timedOut || c.endless() {
		again = c.e.o.Retries.TimedOut
	}
	if last := b.tries+1 >= again && again > 0; certain && last && !b.calm && starved(cause) {
		b.calm, again = true, max(again, b.tries+1)
	}
	if certain && b.tries >= again {
		c.e.failItem(b, c.r.slot, cause, c.inflight.owingSince)
		c.e.finish(b)
	} else {
		if certain {
			b.tries++
		}
		c.warnOf(b, cause, l.read, certain, again)
		c.again(b)
	}
	c.back(read, !certain)
	c.back(unread, false)
}

// again gives a charged item back after the pause that is due.
func (c *conversation) again(b *batch) {
	b.alone = true
	c.e.tellRetried(c.r.slot, b.First)
	server := c.r
	if c.replaced {
		server = nil
	}
	c.e.dispatch.giveBack(b, c.e.o.RetryDelay<<min(max(b.tries-1, 0), 20), server)
}

func (c *conversation) warnOf(b *batch, cause error, read int, certain bool, again int) {
	cause = c.e.o.Word(cause)
	item := &ItemError{Seq: b.First, Item: b.item(c.e.o.Delimiter), Err: cause}
	if certain {
		text := fmt.Sprintf("%v; it is tried again, alone (%d of %d)", item, b.tries, again)
		if b.calm && c.e.o.Jobs > 1 {
			text += ", while all other workers are at rest"
		}
		c.e.note(text)
		return
	}
	text := cause.Error()
	if c.timedOut {
		text = fmt.Sprintf("worker %d (pid %d) took longer than %v over an item and was killed", c.r.slot, c.w.Pid(), c.e.o.Timeout)
	}
	c.e.note(fmt.Sprintf("%s; it had read %d items from item %d on without answering them: they are tried again apart", text, read, b.First))
}

// expired reports whether the item that the worker is at has taken longer than may be.
func (c *conversation) expired() bool {
	left, limited := c.allowance()
	return limited && left <= 0
}

// allowance is how long the worker may still take for the item that it is at. Where it cannot be seen which one that
// is, because it may keep answers in a buffer, the others in its hands get the time that they are expected to take.
func (c *conversation) allowance() (left time.Duration, limited bool) {
	limit := c.e.o.Timeout
	if limit == 0 || !c.inflight.owes() {
		return 0, false
	}
	if !c.warm {
		if _, known := c.w.Read(); known {
			return 0, false
		}
	}
	if c.toldToGiveUp() {
		return mercy - time.Since(c.told), true
	}
	since := c.inflight.busySince
	if c.bounded { // it may be at all that it was asked
		since = c.inflight.oldest().sentAt
	}
	if c.stdin.state == closed && c.stdin.closedAt.After(since) {
		since = c.stdin.closedAt
	} else if c.inflight.pending() == 0 {
		return 0, false
	}
	if n := c.inflight.pending(); n > 1 && !c.e.habits.answersEach() && !c.bounded {
		limit += 2 * time.Duration(n-1) * c.size.PerItem()
	}
	return limit - time.Since(since), true
}
