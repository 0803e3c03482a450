package engine

import (
	"fmt"
	"time"

	"stoke/pkg/human"
)

const (
	// starving is how long a worker may hold back its answers, in a run without any, because nothing more comes to be read.
	starving = 3 * time.Second
)

// attend looks at a worker that has written nothing for a while, or whose runner was woken.
func (l *listener) attend() error {
	quiet := time.Since(l.inflight.busySince)
	if err := l.warming(); err != nil {
		return err
	}
	if l.starves() && time.Since(l.inflight.owingSince) >= starving {
		l.warnStarving()
	}
	if l.stdin.isOver() && quiet >= l.e.o.Patience && l.inflight.pending > 0 {
		l.warnSilent(l.e.o.Patience)
	}
	if l.stdin.isOver() || l.inflight.pending == 0 || quiet < l.probe {
		return nil
	}
	s := l.silence(quiet)
	switch do := s.remedy(); do {
	case feedOn, feedMore, feedInCase:
		if do == feedInCase {
			l.warnSilent(shortSilence)
		}
		l.feedOn(do, quiet)
		return nil
	case refuse:
		return l.keptBack()
	case tell:
		l.warnSilent(s.toldAfter())
	}
	l.probe = min(max(l.probe, quiet/proportion), slowest*l.firstProbe())
	return nil
}

// silence is what is known of the worker, which has been quiet for so long.
func (l *listener) silence(quiet time.Duration) silence {
	o, h := &l.e.o, &l.e.habits
	read, known := l.w.Read()
	return silence{quiet: quiet, verdict: l.verdict, hidden: !known, unread: known && read < l.inflight.bytes,
		bound: h.forthcoming(), prompt: l.flushes.prompt, partial: len(l.out.buf) > 0, flushes: h.answersAll() || h.volunteered.Load(),
		limit: o.Timeout, expected: time.Duration(l.inflight.pending) * l.size.PerItem(), lockstep: o.Lockstep, asked: l.codec.Asks()}
}

// mayEnd reports whether the end of its input may be what a worker with items in hand waits for.
func (l *listener) mayEnd() bool {
	s := l.silence(time.Since(l.inflight.busySince))
	return s.mayEnd()
}

// keptBack is the fault of a worker that is given one item at a time, and waits for more without answering it.
func (l *listener) keptBack() error {
	b := l.inflight.oldest()
	problem := fmt.Sprintf("has read item %d %s and waits for more without answering it", b.seq(), human.Quote(b.item(l.e.o.Delimiter), false))
	if l.codec.Listens() {
		return l.fault(problem, l.e.o.Protocol.Promise)
	}
	return l.fault(problem+"; it keeps its output in a buffer", Flushes)
}

// feedOn deals with a worker that has finished with all it was sent and keeps answers back: it is given more. It may have begun
// since warming looked, and a worker that is fed on has begun: what it was lent is its own before it is given more.
func (l *listener) feedOn(how remedy, quiet time.Duration) {
	if l.hasBegun() {
		l.becameWarm()
	}
	l.size.Buffered()
	if how != feedInCase {
		l.flushes.kept()
	}
	switch {
	case l.inflight.company == none:
		l.stdin.end(mustBeAlone)
	case l.inflight.company == nothingYet:
		l.stdin.end(makingRoom)
	case l.codec.Asks(): // who has said how much it wants at a time gets no more
		l.stdin.end(lostOne)
	}
	switch {
	case how == feedOn:
		l.size.Observe(l.inflight.pending, quiet)
	case how == feedInCase && l.e.habits.volunteered.Load(): // hardly more than a little is what it waits for
	default:
		l.size.Grow()
	}
	known := seen
	if how == feedInCase {
		known = guessed
	}
	l.inflight.consume(time.Now(), known)
}

// starves reports whether the worker holds answers back and there is nothing to feed it with, in a run without any answer.
func (l *listener) starves() bool {
	return l.stdin.state == open && l.inflight.owed > 0 && l.inflight.pending == 0 && l.e.answered.Load() == 0 && !l.e.complained.Load()
}

// warnStarving tells the user, once in a run, that answers come late from a worker on a stream that goes on.
func (l *listener) warnStarving() {
	if l.e.complained.Swap(true) {
		return
	}
	l.e.warn(&SilentError{Slot: l.slot, Pid: l.w.Pid(), Buffers: true})
}

// warnSilent tells the user, once in a run without any answer so far, about a worker that has read its items and has been
// quiet for as long as limit: it may wait for more, although that cannot be seen.
func (l *listener) warnSilent(limit time.Duration) {
	if l.e.answered.Load() > 0 {
		return
	}
	if read, known := l.w.Read(); known && read < l.inflight.bytes || l.e.complained.Swap(true) {
		return
	}
	silent := &SilentError{Slot: l.slot, Pid: l.w.Pid(), For: limit}
	if held := l.codec.Held(); len(held) > 0 {
		silent.Printed, silent.Promise = human.Quote(held, false), l.e.o.Protocol.Promise
	}
	l.e.warn(silent)
}
