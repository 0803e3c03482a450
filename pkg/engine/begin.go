package engine

import (
	"time"

	"stoke/pkg/worker"
)

// begin sends the worker what it is lent.
func (c *conversation) begin() error {
	if c.replaced {
		return nil
	}
	l := c.loan
	if c.warm {
		c.loan = nil
		c.e.becameWarm()
	}
	if b := c.e.dispatch.hand(l, c.w.Ring, c.warm); b != nil {
		return c.send(b)
	}
	return nil
}

// becameWarm says that a worker of the run is warm.
func (e *Engine) becameWarm() {
	e.slots.warm.Store(true)
	e.tellBegun()
}

// warming notices that the worker has begun to read, or has not in time.
func (c *conversation) warming() error {
	if c.warm {
		return nil
	}
	if c.hasBegun() {
		c.becameWarm()
		c.inflight.begin(time.Now()) // to warm up was not work on an item
		return nil
	}
	if limit := c.e.o.InitTimeout; limit > 0 && time.Since(c.began) > limit {
		return &InitError{Slot: c.r.slot, Pid: c.w.Pid(), Err: worker.ErrSlow, Words: c.w.LastWords()}
	}
	if limit := c.e.o.Patience; time.Since(c.began) > limit && !c.e.wondered.Swap(true) {
		c.e.warn(&ColdError{Slot: c.r.slot, Pid: c.w.Pid(), For: limit, Words: c.w.LastWords()})
	}
	c.probe = min(2*c.probe, warmProbe)
	return nil
}

// giveBack gives back what the worker was lent, unless it has begun with it. It reports whether the worker goes on.
func (c *conversation) giveBack() (alive bool) {
	if c.hasBegun() {
		c.becameWarm()
		c.inflight.begin(time.Now())
		return true
	}
	taken, alive := c.w.TakeBack()
	if !taken && alive {
		return true // it has begun just now, which is seen soon
	}
	c.sift(int(c.inflight.sent))
	c.inflight.bytes, c.inflight.sent, c.inflight.company, c.stdin = 0, 0, anything, stdin{}
	return c.e.dispatch.repay(c.loan) && alive
}

// useless reports whether the worker has nothing to do, will have nothing, and is still at its start: nobody need wait for that.
func (c *conversation) useless() bool {
	if c.warm || c.stdin.state != ending || c.inflight.sent > 0 {
		return false
	}
	v := c.w.Idle()
	return v != worker.Idle && v != worker.Quiet
}

// send hands b to the worker.
func (c *conversation) send(b *batch) error {
	now := time.Now()
	if c.inflight.pending() == 0 {
		c.inflight.busySince = now
		c.probe = c.firstProbe()
	}
	if !c.inflight.owes() {
		c.inflight.owingSince = now
	}
	if err := c.announce(b); err != nil {
		return err
	}
	b.wire = c.encode(b)
	out := b.onWire()
	c.settle(b)
	if b.done == b.N {
		c.keep()
		c.e.finish(b)
		return nil
	}
	c.inflight.send(b, len(out), now)
	if c.loan != nil {
		if _, known := c.w.Read(); !known { // nobody can say that it has not begun
			c.keep()
		}
	}
	if b.alone && !c.e.habits.answersAll() {
		c.stdin.end(mustBeAlone)
	}
	return c.w.Send(out)
}
