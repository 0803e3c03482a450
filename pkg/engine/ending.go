package engine

import (
	"time"

	"stoke/pkg/worker"
)

// end deals with the end of the worker's output, or with a worker that has taken too long, or has declared itself broken.
func (c *conversation) end(silent bool, broken *brokenError) error {
	if err := c.warming(); err != nil {
		return err
	}
	var cut error
	if silent && c.codec.Listens() {
		var err error
		if cut, err = c.farewell(); err != nil {
			return err
		}
	}
	c.keep()
	_, known := c.w.Read()
	l := lostWorker{peer: c.peer, unseen: !known}
	timedOut := false
	if c.inflight.owed > 0 {
		l.read = c.reached()
		timedOut = !silent && c.expired() || c.inflight.isCancelled()
	} else if c.departure == nil && c.stdin.state == closed {
		c.depart()
	}
	patience := time.Duration(0)
	switch {
	case cut != nil:
		patience = endPatience
	case silent:
		patience = c.patienceAtEnd()
	}
	l.exit = c.finish(patience)
	switch {
	case c.e.cancelled():
		if c.e.o.Exits && c.departure != nil && !c.e.isDead() {
			c.gone(l.exit, l.exit.Forced && c.stdin.state == lost)
		}
		return nil
	case cut != nil && !exitedBySignal(l.exit):
		return cut
	case c.inflight.owed == 1 && l.exit.Ok() && c.stdin.state == closed:
		if err := c.last(); err != nil {
			return err
		}
	}
	if c.inflight.owed == 0 && len(c.out.buf) == 0 {
		c.gone(l.exit, l.exit.Forced && c.stdin.state == lost)
		return nil
	}
	l.rest, l.cause = c.out.buf, c.causeOf(l.exit, timedOut, broken)
	return l.settle()
}

// last accepts a last answer that lacks only its end, from a worker that ended in peace: it had gone through all its items
// before its input was ended, where that can be seen. Otherwise it may have left in the middle of an answer.
func (c *conversation) last() error {
	if _, known := c.w.Read(); known && !c.stdin.idle {
		return nil
	}
	if !c.out.addEnding() {
		return nil
	}
	return c.collect(1)
}

// causeOf says what happened to the worker.
func (c *conversation) causeOf(exit worker.Exit, timedOut bool, broken *brokenError) error {
	if broken != nil {
		return &ReportedError{Slot: c.slot, Message: broken.message}
	}
	if c.out.isEndless() {
		return &TooLargeError{"its answer has no end after", c.out.unended, c.e.o.MaxItem}
	}
	if timedOut {
		return &TimeoutError{Slot: c.slot, Pid: c.w.Pid(), Limit: c.e.o.Timeout, Words: c.w.LastWords()}
	}
	return &DiedError{Slot: c.slot, Pid: c.w.Pid(), Exit: exit, Words: c.w.LastWords()}
}

// mercy is how long a worker that was told to give an item up has to say so, before it is killed.
const mercy = 250 * time.Millisecond

// expired reports whether the item that the worker is at has taken longer than may be.
func (c *conversation) expired() bool {
	left, limited := c.allowance()
	return limited && left <= 0
}

// allowance is how long the worker may still take for the item that it is at. Where it cannot be seen which one that
// is, because it may keep answers in a buffer, the others in its hands get the time that they are expected to take.
func (c *conversation) allowance() (left time.Duration, limited bool) {
	limit := c.e.o.Timeout
	if limit == 0 || c.inflight.owed == 0 {
		return 0, false
	}
	if !c.warm {
		if _, known := c.w.Read(); known {
			return 0, false
		}
	}
	if c.inflight.isCancelled() {
		return mercy - time.Since(c.inflight.cancelledAt), true
	}
	since := c.inflight.busySince
	if c.codec.Asks() { // it may be at all that it was asked
		since = c.inflight.oldest().sentAt
	}
	if c.stdin.state == closed && c.stdin.closedAt.After(since) {
		since = c.stdin.closedAt
	} else if c.inflight.pending == 0 {
		return 0, false
	}
	if n := c.inflight.pending; n > 1 && !c.e.habits.answersEach() && !c.codec.Asks() {
		limit += 2 * time.Duration(n-1) * c.size.PerItem()
	}
	return limit - time.Since(since), true
}

// isOverdue reports whether the worker closed its stdin itself, has done all that it had read before that, and does not end.
func (c *conversation) isOverdue() bool {
	if now := time.Now(); !c.stdin.isLost(now, c.e.o.Patience) || now.Sub(c.inflight.busySince) < c.e.o.Patience {
		return false
	}
	return c.inflight.owed == 0 || c.reached() == 0
}

// depart notes that nothing but the end of this worker is waited for.
func (c *conversation) depart() { c.departure = c.e.departures.begin(c.slot, c.w.Pid()) }

// isLate reports whether the worker has had the time that it was given to end.
func (c *conversation) isLate() bool {
	if c.departure == nil {
		return false
	}
	left, limited := c.departure.timeLeft(c.e.o.ExitTimeout)
	return limited && left == 0
}

// patienceAtEnd is how long a worker may take to end that will write no more; negative: as long as it takes.
func (c *conversation) patienceAtEnd() time.Duration {
	switch {
	case c.departure != nil:
		left, _ := c.departure.timeLeft(c.e.o.ExitTimeout)
		return left
	case c.stdin.state == closed, c.inflight.owed == 0:
		return c.e.o.Patience
	}
	return endPatience
}

// endPatience is how long a worker may take to exit that has ended its output before it had answered everything.
const endPatience = time.Second

// patienceToLeave is how long a worker that has items in hand may take, when the run fails, to come to its end: it is given no
// more, and few of those it has are left.
const patienceToLeave = time.Second

// leave lets a worker run the code that it has for its end when the run fails. One that is busy with an item is not waited for.
func (c *conversation) leave() {
	if !c.e.o.Exits || !c.e.cancelled() {
		return
	}
	c.w.CloseInput()
	c.stdin.close(time.Now(), c.stdin.idle)
	if c.departure == nil && c.inflight.owed == 0 {
		c.depart()
	}
	deadline := time.Now().Add(patienceToLeave)
	for !c.e.isDead() {
		limit := max(0, time.Until(deadline))
		if c.departure != nil {
			limit = c.patienceAtEnd()
		}
		_, err := c.w.Exchange(c.out.buf[:cap(c.out.buf)], limit) // nobody wants more answers
		if err != nil {
			break
		}
		if limit == 0 {
			return
		}
	}
	if c.departure == nil {
		c.depart()
	}
	if exit := c.finish(c.patienceAtEnd()); !c.e.isDead() {
		c.gone(exit, false)
	}
}

// finish ends the worker, once.
func (c *conversation) finish(patience time.Duration) worker.Exit {
	if c.exit == nil {
		hurry := c.e.killed
		if c.e.o.Exits && c.departure != nil {
			hurry = c.e.dead
		}
		d := c.departure
		if d == nil { // what runs when the worker has ended may take its time, too
			d = c.e.departures.begin(c.slot, c.w.Pid())
		}
		exit := c.w.Finish(patience, hurry)
		c.exit = &exit
		c.e.departures.end(d)
		c.afterwards(exit)
		c.e.tellEnded(c.slot, c.w, exit, c.inflight.owed == 0)
	}
	return *c.exit
}

// afterwards accounts for what was run when the worker had ended.
func (c *conversation) afterwards(exit worker.Exit) {
	if after := exit.After; after != nil && !after.Ok() && !c.e.isDead() {
		c.e.departures.fail(End{N: 1, Slot: c.slot, Pid: c.w.Pid(), Exit: *after, After: true, Words: after.Words})
	}
}
