package engine

import (
	"errors"
	"io"
	"time"

	"stoke/pkg/source"
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
	listener
	doing     *doing       // where it shows what the worker is at
	departure *departure   // nothing but its end is waited for
	exit      *worker.Exit // how it ended
}

// newConversation prepares to talk to w, which may still have to warm up. A successor has been given time for that, and
// does not count as warming up any more, but if it was not seen to read it may need more. l is what it is lent until it is
// warm.
func newConversation(r *runner, w Worker, counted bool, l *loan) *conversation {
	now, e := time.Now(), r.e
	p := &peer{e: e, owner: r, waiter: r.waiter, slot: r.slot, w: w, codec: w.Codec(), inflight: inflight{busySince: now}, flushes: flushes{habits: &e.habits, prompt: e.habits.obliged},
		began: now, probe: soonProbe, loan: l, counted: counted, turnover: turnover{possible: e.o.RecycleNum > 0 || e.o.RecycleRSS > 0, allotted: e.o.RecycleNum}}
	p.warm = e.o.Protocol.Greets || !counted && w.Idle() == worker.Idle
	c := &conversation{doing: &r.doing, listener: listener{peer: p, out: reader{codec: p.codec, pool: &e.pool, limit: e.o.MaxItem, escaped: e.o.Protocol.Replies}}}
	c.out.open()
	return c
}

// run converses until the worker has ended or been replaced, beginning with what it is lent, if anything. Unless it was
// replaced, the worker is gone when it returns. One that could not be started has answered nothing: all it has goes back.
func (c *conversation) run() (outcome, error) {
	c.e.employ(c.w)
	how, err := c.converse()
	if c.waiter != nil {
		c.e.dispatch.setWarm(c.waiter, false)
	}
	if how == replaced {
		return how, nil
	}
	if c.exit == nil {
		c.leave()
		c.finish(0)
	}
	if errors.As(err, new(*InitError)) && c.inflight.oldest() != nil {
		c.startOver(false)
	}
	c.e.dismiss(c.w)
	if c.counted {
		c.counted = false
		c.e.warmedUp()
	}
	c.out.close()
	return how, err
}

func (c *conversation) converse() (outcome, error) {
	if err := c.begin(); err != nil {
		return ended, err
	}
	for !c.e.cancelled() {
		if c.loan != nil && c.e.dispatch.isWanted(c.loan) && !c.giveBack() {
			return ended, nil
		}
		if c.stdin.state == open {
			if c.turnover.possible && c.isSucceeded() {
				c.handOver()
				return replaced, nil
			}
			if err := c.fill(); err != nil {
				return ended, err
			}
		}
		c.stand()
		if c.inflight.sent == 0 && c.isUseless() {
			return ended, nil
		}
		c.hangUp()
		c.doing.show(&c.inflight, c.warm, c.e.o.Delimiter)
		if over, err := c.listen(); over || err != nil {
			return ended, err
		}
	}
	return ended, nil
}

// listen waits for the worker, until it says something or is to be looked at, and deals with that. over says that it is gone.
func (c *conversation) listen() (over bool, err error) {
	n, err := c.exchange()
	if n > 0 {
		err = c.hear(n)
	}
	expired := err == nil && c.e.o.Timeout > 0 && c.expired()
	broken, isBroken := err.(*brokenError)
	switch {
	case err == io.EOF, isBroken:
		return true, c.end(err == io.EOF, broken)
	case err != nil:
		return true, err
	case n > 0 && c.out.isEndless():
		return true, c.end(false, nil)
	case expired && c.cancel():
	case expired, n == 0 && (c.isOverdue() || c.isLate()):
		return true, c.end(false, nil)
	case n == 0:
		return false, c.attend()
	}
	return false, nil
}

// handOver has the rest of the conversation run beside that of its successor, which the owner looks after from now on.
func (c *conversation) handOver() {
	c.stdin.end(successor)
	c.e.dispatch.setWarm(c.waiter, false)
	c.owner, c.waiter, c.doing = former{c.owner}, nil, new(doing)
}

// watched is how long the answer to an item is watched for that takes up to twice as long, sleep and wake-up included:
// those alone take 20 to 40 µs where two CPUs are involved.
const watched = 50 * time.Microsecond

// exchange waits for the worker. The answer to a single fast item is watched for first: to sleep and be woken up takes
// longer than such an item.
func (c *conversation) exchange() (int, error) {
	if c.inflight.owed > 1 {
		c.flushes.before(c.w)
	}
	if c.e.o.SpareCPU && c.inflight.pending == 1 && c.inflight.answered > 0 && c.size.PerItem() <= 2*watched {
		if n, err := c.w.Watch(c.out.room(), watched); n > 0 || err != nil {
			return n, err
		}
	}
	wait := c.nextLook()
	if c.e.o.Timeout > 0 {
		if left, limited := c.allowance(); limited && (wait < 0 || left < wait) {
			wait = max(left, 0)
		}
	}
	return c.w.Exchange(c.out.room(), wait)
}

// nextLook is how long to wait before the worker is looked at, whatever the limits are; negative: for ever.
func (c *conversation) nextLook() time.Duration {
	if c.departure != nil {
		left, _ := c.departure.timeLeft(c.e.o.ExitTimeout)
		return left
	}
	switch c.stdin.state {
	case closed, lost:
		switch {
		case c.inflight.owed == 0 || c.stdin.state == lost && c.reached() == 0:
			return c.e.o.Patience
		case c.e.answered.Load() == 0 && !c.e.complained.Load():
			return max(c.e.o.Patience-time.Since(c.inflight.busySince), sizeEvery)
		}
		return -1
	}
	switch {
	case !c.warm || c.inflight.pending > 0:
		return c.probe
	case c.inflight.owed > 0 && c.starves():
		return max(starving-time.Since(c.inflight.owingSince), soonProbe)
	case c.turnover.possible:
		return c.nextTurn()
	}
	return -1
}

// hangUp closes the worker's stdin when there will be no more items and all have been written. It waits until the
// worker has read them, where that can be seen: to have died before it began is a failed start, not the fault of an item,
// and until it has all of them it does not wait for more. (One that has answered them all may still have a request to
// give one up to read, and writes nothing when it does.) And it waits until the worker is seen to have finished with its
// items: what leaves before its input has ended does so of its own accord. A worker that cannot be seen to wait is only
// given a while.
func (c *conversation) hangUp() {
	if c.stdin.state < closed && c.w.Deaf() {
		c.stdin.lose(time.Now())
	}
	if c.stdin.state == ending && c.w.Written() == c.inflight.bytes {
		c.closeIfDone()
	}
	if c.departure == nil && c.stdin.state == closed && c.inflight.owed == 0 {
		c.depart()
	}
}

func (c *conversation) closeIfDone() {
	if read, known := c.w.Read(); known && c.inflight.owed > 0 && (read < c.inflight.bytes || !c.warm && c.inflight.bytes > 0) {
		return
	}
	if done := c.inflight.pending == 0; done || c.mayEnd() {
		c.w.CloseInput()
		c.stdin.close(time.Now(), done && c.inflight.finished != guessed)
	}
}

// begin sends the worker what it is lent.
func (c *conversation) begin() error {
	if c.waiter == nil {
		return nil // its items were sent
	}
	l := c.loan
	if c.warm {
		c.loan = nil
		c.e.becameWarm()
	}
	if b := c.e.dispatch.hand(c.waiter, l, c.w.Ring, c.warm); b != nil {
		return c.send(b)
	}
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
	c.inflight, c.stdin = inflight{busySince: c.inflight.busySince, owingSince: c.inflight.owingSince}, stdin{}
	return c.e.dispatch.repay(c.loan) && alive
}

// isUseless reports whether the worker has nothing to do, will have nothing, and is still at its start: nobody need wait for that.
func (c *conversation) isUseless() bool {
	if c.warm || c.stdin.state != ending {
		return false
	}
	v := c.w.Idle()
	return v != worker.Idle && v != worker.Quiet
}

// fill sends items while the worker has less in hand than it should. It refills by half a window at a time, and never
// while the pipe is full: what the worker does not take now, another may.
func (c *conversation) fill() error {
	for c.stdin.state == open && c.w.Written() == c.inflight.bytes {
		if c.inflight.company == none && c.inflight.owed > 0 {
			c.endIfOver()
			break
		}
		c.inflight.company = anything
		width := c.codec.Width()
		window := max(c.size.Window(), width)
		if c.codec.Asks() { // it may begin with all that it is asked
			window = width
		}
		if c.e.o.Lockstep {
			window = 1
		}
		room := window - c.inflight.pending
		if room <= 0 || room < window/2 && window > width {
			c.endIfOver()
			break
		}
		if c.turnover.allotted > 0 {
			if room = int(min(int64(room), c.turnover.allotted-c.inflight.sent)); room <= 0 {
				c.e.dispatch.attend(c.waiter)
				break
			}
		}
		c.waiter.called.Store(false)
		b, state := c.e.dispatch.take(c.waiter, need{
			most: room, oldest: c.inflight.oldest(), idle: c.inflight.owed == 0, free: c.inflight.pending == 0, prompt: c.waitsWell(), loan: c.loan})
		switch {
		case state == source.End:
			c.stdin.end(noMoreItems)
		case state == makeRoom && !c.flushes.prompt && !c.e.o.Lockstep:
			c.stdin.end(makingRoom)
		case state == makeRoom:
			c.inflight.company = nothingYet
		}
		if b == nil {
			break
		}
		if err := c.send(b); err != nil {
			return err
		}
	}
	load := int64(c.inflight.pending)
	if !c.warm {
		load = chilly
	}
	c.waiter.load.Store(load)
	if c.waiter.called.Swap(false) { // called for items it does not want: somebody else may
		c.e.dispatch.ready()
	}
	return nil
}

// endIfOver has the input of a worker that has enough in hand ended if nothing is left for it: that may be what it waits for.
func (c *conversation) endIfOver() {
	if c.e.dispatch.over() && (c.loan != nil || !c.e.dispatch.awaits(c.waiter, c.inflight.oldest(), c.waitsWell())) {
		c.stdin.end(noMoreItems)
	}
}

// waitsWell reports whether the worker answers all it has without being given more, or the end of its input.
func (c *conversation) waitsWell() bool { return c.flushes.prompt || c.e.o.Lockstep }

// stand tells the dispatch when it changes whether the worker may be given more.
func (c *conversation) stand() {
	if c.waiter == nil {
		return
	}
	may := c.warm && c.stdin.state == open && !(c.turnover.allotted > 0 && c.inflight.sent >= c.turnover.allotted)
	if may != c.waiter.warm {
		c.e.dispatch.setWarm(c.waiter, may)
	}
}

// send hands b to the worker.
func (c *conversation) send(b *batch) error {
	now := time.Now()
	if c.inflight.pending == 0 {
		c.inflight.busySince = now
		c.probe = c.firstProbe()
	}
	if c.inflight.owed == 0 {
		c.inflight.owingSince = now
	}
	if err := c.announce(b); err != nil {
		return err
	}
	b.wire = c.encode(b)
	out := b.onWire()
	if len(b.refusal) > 0 {
		c.settle(b)
	}
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
