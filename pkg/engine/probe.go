package engine

import (
	"fmt"
	"time"

	"stoke/pkg/worker"
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
	// quietFor is how long a worker must be Quiet before it is fed on, which it then is in growing helpings: that it
	// does wait is likely, and how long its items take is not known.
	quietFor = 100 * time.Millisecond
	// silence is how long a worker may hold back an answer before the user is told what may be wrong, where it is
	// certain or where nothing can be seen.
	silence = time.Second
	// longSilence is the same for a worker that seems to be at work.
	longSilence = 10 * time.Second
	// starving is how long a worker may hold back its answers, in a run without any, because nothing more comes to be read.
	starving = 3 * time.Second
	// sizeEvery is the pause between two looks at a worker's memory.
	sizeEvery = time.Second
	// warmProbe bounds the pause between two looks whether a worker has begun to read.
	warmProbe = 20 * time.Millisecond
)

func (c *conversation) firstProbe() time.Duration {
	if c.prompt {
		return rareProbe
	}
	return soonProbe
}

// patience is how long to wait for the worker; negative: as long as it takes.
func (c *conversation) patience() time.Duration {
	d := c.lookIn()
	if left, limited := c.allowance(); limited && (d < 0 || left < d) {
		d = max(left, 0)
	}
	return d
}

// lookIn is how long to wait before the worker is looked at, whatever the limits are.
func (c *conversation) lookIn() time.Duration {
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
	case c.retiring && c.r.next != nil && c.allotted > 0 && c.inflight.sent >= c.allotted:
		return max(time.Until(c.r.next.due), warmProbe)
	case c.e.o.RecycleRSS > 0:
		return sizeEvery
	}
	return -1
}

// look looks at a worker that has written nothing for a while, or whose runner was woken.
func (c *conversation) look() error {
	quiet := time.Since(c.inflight.busySince)
	if err := c.warming(); err != nil {
		return err
	}
	if c.starves() && time.Since(c.inflight.owingSince) >= starving {
		c.warnStarving()
	}
	if c.stdin.isOver() && c.inflight.pending() > 0 {
		c.complain(quiet, c.e.o.Patience)
	}
	if c.stdin.isOver() || c.inflight.pending() == 0 || quiet < c.probe {
		return nil
	}
	if c.e.habits.forthcoming() && (c.e.o.Timeout > 0 || quiet < silence || c.verdictOn() != worker.Idle) {
		c.probe = min(max(c.probe, quiet/proportion), slowest*c.firstProbe())
		return nil // it need not be looked at: only one that has lost an item sleeps like that
	}
	switch c.verdictOn() {
	case worker.Idle:
		return c.held(quiet, seen)
	case worker.Quiet:
		if quiet >= quietFor {
			return c.held(quiet, likely)
		}
	case worker.Unknown:
		c.complain(quiet, silence)
		if limit, may := c.guessAfter(); may && quiet >= limit {
			return c.held(quiet, guessed)
		}
	case worker.Busy, worker.Asleep:
		c.complain(quiet, longSilence)
	}
	c.probe = min(max(c.probe, quiet/proportion), slowest*c.firstProbe())
	return nil
}

// verdictOn asks whether the worker waits for more. With FeedAhead it is enough that it has read what there was.
func (c *conversation) verdictOn() worker.Verdict {
	if !c.e.o.FeedAhead {
		return c.w.Idle()
	}
	if read, known := c.w.Read(); known && read < c.inflight.bytes {
		return worker.Busy
	}
	return worker.Idle
}

// evidence is what tells that a worker has finished with items that it has not answered.
type evidence int

const (
	seen    evidence = iota // it sleeps until it has more to read
	likely                  // it sleeps for a time: how long its items took is not known
	guessed                 // nothing but its silence, which is believed until it writes something
)

// guessAfter is how long a worker must have been silent for the guess that it waits for more, where its threads cannot be
// seen: one that keeps its answers in a buffer would do so for ever. To feed on one that is at work binds items to it that
// another might do sooner. So one that cannot be seen to read either, and may still be at its start, is given more time,
// and so is one that has answered everything before, or is known to flush. Where there is a time limit for items, that is
// what helps.
func (c *conversation) guessAfter() (limit time.Duration, may bool) {
	read, known := c.w.Read()
	switch {
	case c.e.o.Lockstep, c.e.o.Timeout > 0, c.asker != nil, known && read < c.inflight.bytes:
		return 0, false
	case !known, c.prompt, c.e.habits.answersAll(), c.e.habits.volunteered.Load():
		return longSilence, true
	}
	return silence, true
}

// held deals with a worker that has finished with all it was sent and keeps answers back: it is fed on. It may have begun since
// warming looked: then what it was lent is its own before it is given more.
func (c *conversation) held(quiet time.Duration, how evidence) error {
	if c.e.o.Lockstep {
		if quiet < silence {
			return nil
		}
		b := c.inflight.oldest()
		problem := fmt.Sprintf("has read item %d %s and waits for more without answering it", b.seq(), Quote(b.item(c.e.o.Delimiter), false))
		if c.tr != nil {
			return c.fault(problem, c.promise(NoPromise))
		}
		return c.fault(problem+"; it keeps its output in a buffer", Flushes)
	}
	if c.hasBegun() {
		c.heat()
	}
	c.size.Buffered()
	if how != guessed {
		c.e.habits.held.Store(true)
		c.prompt = false
	}
	switch {
	case c.inflight.company == none:
		c.stdin.end(mustBeAlone)
	case c.inflight.company == nothingYet:
		c.stdin.end(makingRoom)
	case c.asker != nil: // who has said how much it wants at a time gets no more
		c.stdin.end(lostOne)
	}
	switch {
	case how == seen:
		c.size.Observe(c.inflight.pending(), quiet)
	case how == guessed && c.e.habits.volunteered.Load(): // hardly more than a little is what it waits for
	default:
		c.size.Grow()
	}
	c.inflight.consume(time.Now(), how == guessed)
	return nil
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
	c.warn(&SilentError{Slot: c.r.slot, Pid: c.w.Pid(), Buffers: true})
}

// complain tells the user, once in a run without any answer so far, about a worker that has read its items and has been
// quiet for as long as limit: it may wait for more, although that cannot be seen.
func (c *conversation) complain(quiet, limit time.Duration) {
	if quiet < limit || c.e.answered.Load() > 0 {
		return
	}
	if read, known := c.w.Read(); known && read < c.inflight.bytes || c.e.complained.Swap(true) {
		return
	}
	silent := &SilentError{Slot: c.r.slot, Pid: c.w.Pid(), For: limit}
	if c.tr != nil && len(c.tr.Held()) > 0 {
		silent.Printed, silent.Promise = Quote(c.tr.Held(), false), c.promise(NoPromise)
	}
	c.warn(silent)
}

func (c *conversation) warn(err error) { c.e.o.Warn(c.e.o.Word(err).Error()) }
