package engine

import (
	"errors"
	"fmt"
	"time"

	"stoke/pkg/human"
	"stoke/pkg/sizing"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// peer is one worker as its conversation knows it: the process, what it has in hand, and what it has shown of itself.
type peer struct {
	e        *run
	owner    owner
	waiter   *waiter // of its slot; nil once it is handed over
	slot     int
	w        Worker
	stdin    stdin
	inflight inflight
	flushes  flushes
	size     sizing.Policy
	codec    *wire.Codec

	warm     bool // it has read something, or was seen to be about to
	began    time.Time
	loan     *loan         // what it has meanwhile; nil when it is warm
	counted  bool          // it counts as one that warms up
	probe    time.Duration // until it is next looked at
	first    firstAnswer   // for messages
	turnover turnover
}

// firstAnswer is the first that a worker gave, which tells a person whether answers are shifted.
type firstAnswer struct {
	answer, item []byte // as much as is quoted
	seq          int64  // of the item; 0: it has given none
}

// quotable copies more of p than is quoted.
func quotable(p []byte) []byte { return append([]byte(nil), p[:min(len(p), 1<<10)]...) }

func (a *firstAnswer) String() string {
	if a.seq == 0 {
		return ""
	}
	return fmt.Sprintf("; its first answer was %s, to item %d %s", human.Quote(a.answer, false), a.seq, human.Quote(a.item, false))
}

// Pauses between looks at a worker that has items and does not answer. A worker that has always answered promptly is
// looked at rarely; the others soon, and then in proportion to how long they have been taking.
const (
	soonProbe  = 500 * time.Microsecond
	rareProbe  = 20 * time.Millisecond
	slowest    = 10 // times the first pause
	proportion = 16 // of the time taken so far
)

// warmProbe bounds the pause between two looks whether a worker has begun to read.
const warmProbe = 20 * time.Millisecond

// becameWarm says, once, that the worker is warm: what it was lent is its own.
func (p *peer) becameWarm() {
	if !p.warm {
		p.warm = true
		p.probe = soonProbe // it grew with the warm-up
		p.e.becameWarm()
		p.e.dispatch.becameWarm(p.waiter, p.loan)
		p.loan = nil
	}
	if p.counted {
		p.counted = false
		p.owner.becameWarm(time.Since(p.began))
		p.e.tellWarm(p.slot, p.w, p.began)
		p.e.warmedUp()
	}
}

// warming notices that the worker has begun to read, or has not in time.
func (p *peer) warming() error {
	if p.warm {
		return nil
	}
	if p.hasBegun() {
		p.becameWarm()
		p.inflight.begin(time.Now()) // to warm up was not work on an item
		return nil
	}
	if limit := p.e.o.InitTimeout; limit > 0 && time.Since(p.began) > limit {
		return &InitError{Slot: p.slot, Pid: p.w.Pid(), Err: worker.ErrSlow, Words: p.w.LastWords()}
	}
	if limit := p.e.o.Patience; time.Since(p.began) > limit && !p.e.wondered.Swap(true) {
		p.e.warn(&ColdError{Slot: p.slot, Pid: p.w.Pid(), For: limit, Words: p.w.LastWords()})
	}
	p.probe = min(2*p.probe, warmProbe)
	return nil
}

// hasBegun reports whether the worker has read something, or, if there is nothing to be read, waits for it.
func (p *peer) hasBegun() bool {
	if p.inflight.bytes == 0 {
		v := p.w.Idle()
		return v == worker.Idle || v == worker.Quiet
	}
	read, known := p.w.Read()
	return known && read > 0
}

// keep says that what the worker was lent is its own, or done.
func (p *peer) keep() {
	if p.loan != nil {
		p.e.dispatch.own(p.loan)
	}
}

// firstProbe is the pause before the first look.
func (p *peer) firstProbe() time.Duration {
	if p.flushes.prompt {
		return rareProbe
	}
	return soonProbe
}

// verdict asks whether the worker waits for more. With FeedAhead it is enough that it has read what there was.
func (p *peer) verdict() worker.Verdict {
	if !p.e.o.FeedAhead {
		return p.w.Idle()
	}
	if read, known := p.w.Read(); known && read < p.inflight.bytes {
		return worker.Busy
	}
	return worker.Idle
}

// reached is the number of unanswered items that the worker has begun to read.
func (p *peer) reached() int {
	read, known := p.w.Read()
	if !known {
		read = p.inflight.bytes
	}
	return p.inflight.reached(read, p.e.scanSent)
}

// sift takes the first n unanswered items and the rest out of what is in flight.
func (p *peer) sift(n int) (first, rest []*batch) {
	return p.inflight.takeUnanswered(n, p.e.o.Delimiter, &p.e.pool, p.e.dispatch.split)
}

// requeueAll gives batches back to be done again; apart means that each is to be alone in its worker.
func (p *peer) requeueAll(batches []*batch, apart bool) {
	for _, b := range batches {
		b.alone = b.alone || apart
		p.e.dispatch.requeue(b, 0, p.waiter)
	}
}

// startOver gives all items back as they were. What the worker might have made of them is not their fault, but if it had
// read some and no worker has answered yet, it is better to try another item first.
func (p *peer) startOver(read bool) {
	batches, _ := p.sift(int(p.inflight.sent))
	for _, b := range batches {
		b.doubt = read
	}
	p.requeueAll(batches, false)
}

// retry gives a charged item back after the pause that is due.
func (p *peer) retry(b *batch) {
	b.alone = true
	p.e.tellRetried(p.slot, b.First)
	p.e.dispatch.requeue(b, p.e.o.RetryDelay<<min(max(b.tries-1, 0), 20), p.waiter)
}

func (p *peer) warnOf(b *batch, cause error, read int, certain bool, again int) {
	cause = p.e.o.Word(cause)
	item := &ItemError{Seq: b.First, Item: b.item(p.e.o.Delimiter), Err: cause}
	if certain {
		text := fmt.Sprintf("%v; it is tried again, alone (%d of %d)", item, b.tries, again)
		if b.calm && p.e.o.Jobs > 1 {
			text += ", while all other workers are at rest"
		}
		p.e.note(text)
		return
	}
	text := cause.Error()
	if errors.As(cause, new(*TimeoutError)) {
		text = fmt.Sprintf("worker %d (pid %d) took longer than %v over an item and was killed", p.slot, p.w.Pid(), p.e.o.Timeout)
	}
	p.e.note(fmt.Sprintf("%s; it had read %d items from item %d on without answering them: they are tried again apart", text, read, b.First))
}

// tooMany is the fault of a worker that has written more without being asked.
func (p *peer) tooMany(more []byte) error {
	return p.fault(fmt.Sprintf("printed what no item asked for: %s; answers may be shifted%s", human.Quote(more, false), &p.first), p.e.o.Protocol.Promise)
}

// tooFew is the fault of a worker that has answered fewer items than it read, and has written rest after its last answer.
func (p *peer) tooFew(rest []byte) error {
	b := p.inflight.oldest()
	problem := fmt.Sprintf("ended with %d of %d items answered", p.inflight.answered, p.inflight.sent)
	if len(rest) > 0 {
		problem += fmt.Sprintf(", after printing the incomplete %s", human.Quote(rest, false))
	}
	problem += fmt.Sprintf("; those from item %d %s on are not, or answers are shifted%s", b.seq(), human.Quote(b.item(p.e.o.Delimiter), false), &p.first)
	return &ProtocolError{Slot: p.slot, Pid: p.w.Pid(), Problem: problem, Fewer: true, Promise: p.e.o.Protocol.Promise, Words: p.w.LastWords()}
}

// breach is the fault of a worker that does not keep to its protocol.
func (p *peer) breach(err error, broke wire.Promise) error {
	return p.fault(fmt.Sprintf("broke its protocol: %v", p.e.o.Word(err)), broke)
}

func (p *peer) fault(problem string, broke wire.Promise) error {
	return &ProtocolError{Slot: p.slot, Pid: p.w.Pid(), Problem: problem, Promise: broke, Words: p.w.LastWords()}
}

// gone deals with a worker that had nothing left to answer when it ended. shut says that it had closed its stdin itself, and had to
// be ended.
func (p *peer) gone(exit worker.Exit, shut bool) {
	if p.inflight.sent == 0 && !p.e.o.Protocol.Replies && !exit.Forced { // it was a successor that nobody needed, and saw only the end of its input
		return
	}
	if !exit.Ok() {
		p.e.departures.fail(End{N: 1, Slot: p.slot, Pid: p.w.Pid(), Exit: exit, Deaf: shut, Words: p.w.LastWords()})
	}
}
