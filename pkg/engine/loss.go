package engine

import (
	"errors"
	"io"

	"stoke/pkg/worker"
)

// lostWorker is a worker that is gone, with what it has left unanswered.
type lostWorker struct {
	*peer
	exit   worker.Exit
	cause  error  // of its end, to be told of an item that is charged with it
	rest   []byte // of its output: what is no whole answer
	read   int    // unanswered items that it had begun to read
	unseen bool   // what it had read could not be seen, nor whether it had begun
}

// settle deals with it, unless it had answered everything and written nothing more: its unanswered items are given back, with or without a charge.
func (l *lostWorker) settle() error {
	if l.inflight.owed == 0 {
		return l.tooMany(l.rest)
	}
	facts := l.facts()
	what := judge(facts)
	if what == giveBack && l.leftByItself() || l.shut() && what != startOver {
		l.gone(l.exit, l.shut())
	}
	switch what {
	case startOver:
		l.startOver((facts.past > neverBegan || l.unseen) && l.read > 0)
		return &InitError{Slot: l.slot, Pid: l.w.Pid(), Err: l.neverWorked(facts), Exit: &l.exit, Words: l.w.LastWords()}
	case giveUp:
		return l.tooFew(l.rest)
	case suspect:
		if fault := l.tooFew(l.rest); l.read == 0 || !l.e.suspect.raise(fault) {
			return fault
		}
		l.charge(false)
	case giveBack:
		read, unread := l.sift(l.read)
		if len(read) > 0 {
			read[0].left = true
		}
		l.requeueAll(append(read, unread...), false)
	case charge:
		if err := l.test(); err != nil {
			return err
		}
		l.charge(true)
	case narrow:
		l.charge(false)
	}
	return nil
}

// facts are all that matters of how it was lost.
func (l *lostWorker) facts() loss {
	o, f, oldest := &l.e.o, &l.inflight, l.inflight.oldest()
	facts := loss{
		read: l.read, single: f.sent == 1,
		proven:    l.e.answered.Load() > 0 || l.e.habits.obliged, // what said that it is ready has started
		stepwise:  l.e.habits.answersEach() || l.isBroken(),
		leftHere:  oldest != nil && oldest.done == 0 && oldest.left,
		suspected: o.Protocol.Replies || l.e.suspect.raised(),
		once:      o.Lockstep && o.Retries.Died == 0 && o.Retries.TimedOut == 0,
	}
	switch {
	case l.timedOut():
		facts.end = tookTooLong
	case l.exit.Ok():
		facts.end = leftQuietly
	case l.leftByItself():
		facts.end = leftFailing
	}
	switch {
	case l.stdin.state == closed && l.stdin.idle:
		facts.input = inputEndedIdle
	case l.stdin.state == closed:
		facts.input = inputEnded
	}
	switch {
	case !l.warm && !(l.unseen && l.owner.hasAnswered()):
		facts.past = neverBegan
	case f.answered > 0:
		facts.past = hasAnswered
	case f.finished == seen:
		facts.past = workedThrough
	default:
		facts.past = hasRead
	}
	return facts
}

// What its end is put down to: it is broken, as it says, it took too long over an item, or, if neither we nor it had a reason to end
// it and it had closed its stdin, it had nothing to do.
func (l *lostWorker) isBroken() bool { _, is := l.cause.(*ReportedError); return is }
func (l *lostWorker) timedOut() bool { _, is := l.cause.(*TimeoutError); return is }
func (l *lostWorker) shut() bool {
	_, died := l.cause.(*DiedError)
	return died && l.exit.Forced && l.stdin.state == lost
}

// leftByItself reports whether it was not killed, with whatever status.
func (l *lostWorker) leftByItself() bool { return !l.exit.Forced && !exitedBySignal(l.exit) }

// exitedBySignal reports whether the worker died of a signal that we did not send, or its shell says so of its child.
func exitedBySignal(exit worker.Exit) bool {
	return !exit.Forced && (exit.Signal != 0 || reportsSignal(exit.Code))
}

// reportsSignal reports whether an exit status is that with which a shell says that its child died of a signal.
func reportsSignal(status int) bool { return status > 128 && status <= 128+64 }

func (l *lostWorker) neverWorked(facts loss) error {
	switch {
	case l.shut():
		return ErrShut
	case facts.past == neverBegan:
		return worker.ErrEnded
	case l.timedOut() && l.read == 0:
		return l.e.o.Word(&DeafError{l.e.o.Timeout})
	case l.read == 0:
		return ErrDeaf
	}
	return ErrMute
}

// charge blames the first unanswered item for the end of its worker. If that is not certain, it is not counted against
// it: it is only tried apart, and so are the others that the worker had begun to read, in halves. The one that is to
// blame will show.
func (l *lostWorker) charge(certain bool) {
	read, unread := l.sift(l.read)
	b := read[0]
	if read = read[1:]; b.N > 1 {
		read = append([]*batch{l.e.dispatch.split(b, 1)}, read...)
	}
	if !certain {
		halves := make([]*batch, 0, 2*len(read))
		for _, b := range read {
			halves = append(halves, b)
			if b.N > 1 {
				halves = append(halves, l.e.dispatch.split(b, b.N/2))
			}
		}
		read = halves
	}
	again := l.e.o.Retries.Died
	if _, endless := l.cause.(*TooLargeError); endless || l.timedOut() {
		again = l.e.o.Retries.TimedOut
	}
	if last := b.tries+1 >= again && again > 0; certain && last && !b.calm && starved(l.cause) {
		b.calm, again = true, max(again, b.tries+1)
	}
	if certain && b.tries >= again {
		l.e.failItem(b, l.slot, l.cause, l.inflight.owingSince)
		l.e.finish(b)
	} else {
		if certain {
			b.tries++
		}
		l.warnOf(b, l.cause, l.read, certain, again)
		l.retry(b)
	}
	l.requeueAll(read, !certain)
	l.requeueAll(unread, false)
}

// starved reports whether a worker may have been killed for want of memory.
func starved(cause error) bool {
	var died *DiedError
	return errors.As(cause, &died) && died.Exit.Starved()
}

// test ends a suspicion when the next item is about to fail that a worker has died on.
func (l *lostWorker) test() error {
	good, fault := l.e.suspect.unresolved()
	b := l.inflight.oldest()
	if fault == nil || l.timedOut() || l.isBroken() || b.tries < l.e.o.Retries.Died {
		return nil
	}
	guilty := b.item(l.e.o.Delimiter)
	if n, exit, err := l.e.answersTo(l.slot, guilty, good); err != nil || n > 0 || exit.Ok() {
		return fault
	}
	if n, exit, err := l.e.answersTo(l.slot, good); err != nil || n != 1 || !exit.Ok() {
		return fault
	}
	l.e.suspect.clear()
	return nil
}

// answersTo gives a fresh worker these items and nothing else, and returns how many it answers, and how it ends.
func (e *run) answersTo(slot int, items ...[]byte) (n int, exit worker.Exit, err error) {
	var in, out []byte
	for _, item := range items {
		if in, err = e.o.Protocol.Framing.Encode(in, item); err != nil {
			return 0, exit, err
		}
	}
	w, err := e.launch(slot, 0, e.cancelled)
	if err != nil {
		return 0, exit, err
	}
	if !e.o.Protocol.Greets {
		defer e.warmedUp()
	}
	e.employ(w)
	defer e.dismiss(w)
	buf := make([]byte, 64<<10)
	err = w.Send(in)
	for err == nil && !e.cancelled() {
		if w.Written() == int64(len(in)) {
			w.CloseInput()
		}
		var got int
		got, err = w.Exchange(buf, e.o.Patience)
		out = append(out, buf[:got]...)
	}
	exit = w.Finish(e.o.Patience, e.killed)
	if err != io.EOF {
		return 0, exit, err
	}
	n, _, err = e.o.Protocol.Framing.Decoder().Scan(out, len(items)+1)
	return n, exit, err
}
