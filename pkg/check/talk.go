package check

import (
	"bytes"
	"time"

	"stoke/pkg/worker"
)

const (
	// budget is how long all items together may take that are sent one at a time; fewest are sent in any case.
	budget = 5 * time.Second
	fewest = 3
)

// oneByOne sends items one at a time, each when the one before was answered. From the first on that is not, it sends
// the others at once. It stops early where items take long.
func (s *session) oneByOne(items [][]byte) {
	began := time.Now()
	for i, item := range items {
		if i >= fewest && time.Since(began) > s.o.budget || !s.going() {
			return
		}
		if !s.ask(item) {
			s.sendSome(items[i+1:])
			s.awaitRest()
			return
		}
		if i == 0 {
			began = time.Now() // the first may have waited for the warm-up
		}
	}
}

// sendSome sends as many items as may be answered soon, given how long the last one took.
func (s *session) sendSome(items [][]byte) {
	n := len(items)
	if took := s.seen.waited; !s.waits() {
		n = min(n, fewest-1)
	} else if took > 0 {
		n = min(n, max(fewest-1, int(s.o.budget/took)))
	}
	for _, item := range items[:n] {
		if s.going() {
			s.send(item)
		}
	}
}

// waits reports whether the worker was seen to wait for more although it owed an answer.
func (s *session) waits() bool { return s.seen.held == buffered || s.seen.held == likely }

// awaitRest waits until such a worker waits again: one that ends before the end of its input is found out.
func (s *session) awaitRest() {
	look := s.looker()
	for since := time.Now(); s.waits() && s.going() && time.Since(since) < s.patience(); {
		s.hear(pauseAfter(time.Since(since)))
		if how := look.verdict(); how == buffered || how == likely {
			return
		}
	}
}

// patience is how long to wait for all that the worker owes.
func (s *session) patience() time.Duration {
	if !s.waits() {
		return s.o.Timeout
	}
	return s.o.Timeout + 2*s.seen.waited*time.Duration(s.seen.sent)
}

// send hands one item to the worker. Its framing carries it: see carried.
func (s *session) send(item []byte) {
	p, err := s.o.Framing.Encode(nil, item)
	if err == nil {
		err = s.w.Send(p)
	}
	if err != nil {
		s.err = err
	}
	s.bytes += int64(len(p))
	s.seen.sent++
}

// ask sends one item and waits for its answer; false if none comes.
func (s *session) ask(item []byte) bool {
	before, mark := s.seen.count, time.Now()
	s.send(item)
	look := s.looker()
	for s.going() {
		warm := s.warm
		s.hear(pauseAfter(time.Since(mark)))
		switch {
		case s.seen.count > before:
			took := s.last.Sub(mark)
			s.settle()
			s.seen.each = append(s.seen.each, s.seen.count-before)
			s.seen.times = append(s.seen.times, took)
			return true
		case s.warm && !warm:
			mark = time.Now() // to warm up was not work on an item
		case !s.warm && (s.over || !s.blind()):
			if s.tooSlow(mark) {
				return false
			}
		case s.holds(look, mark):
			return false
		}
	}
	return false
}

// holds reports whether the worker keeps the answer back to the item that it was sent at the time mark.
func (s *session) holds(look *looker, mark time.Time) bool {
	how, until := look.verdict(), look.since
	if how == silent || how == unseen {
		if until = time.Now(); until.Sub(mark) < s.o.Timeout {
			return false
		}
	}
	if how == nothing || s.over {
		return false
	}
	s.seen.held, s.seen.waited = how, max(0, until.Sub(mark))
	return true
}

// tooSlow deals with a worker that has not begun to read although it was sent something at the time mark.
func (s *session) tooSlow(mark time.Time) bool {
	took := time.Since(mark)
	switch {
	case s.over:
		s.failStart(worker.ErrEnded)
	case took > s.o.InitTimeout || s.seen.deaf && took > exitPatience:
		s.failStart(worker.ErrSlow)
	default:
		return false
	}
	return true
}

// settle waits for a second answer to the same item, but not long.
func (s *session) settle() {
	look := s.looker()
	for since := time.Now(); s.going() && time.Since(since) < afterAnswer; {
		s.hear(glance)
		if look.verdict() == buffered {
			return
		}
	}
}

// atOnce sends all items before it awaits any answer.
func (s *session) atOnce(items [][]byte) {
	for _, item := range items {
		if s.going() {
			s.send(item)
		}
	}
}

// end closes the worker's stdin, takes what it still writes, for its patience and slack, and ends it.
func (s *session) end(slack time.Duration) {
	limit := s.patience() + slack
	mark := s.deliver(limit)
	if s.going() {
		hung := time.Now()
		s.hungUp = true
		for s.w.CloseInput(); s.going() && time.Since(hung) < limit; {
			s.hear(longGlance)
		}
		s.forgive()
		s.finish()
		s.seen.endAfter = time.Since(hung)
	}
	s.seen.early = s.over && !s.hungUp && s.seen.start == nil
	s.finish()
	if s.seen.count > 0 {
		s.seen.batch = max(0, s.last.Sub(mark))
	}
}

// deliver waits until all that was sent is written and the worker has begun to read, where that can be seen: not to
// read at all is another fault than not to answer. It returns when the worker had what it needed to begin.
func (s *session) deliver(limit time.Duration) time.Time {
	mark := time.Now()
	for s.going() && s.seen.sent > 0 {
		read, known := s.consumed()
		if known && read > 0 {
			s.heat()
		}
		if (s.warm || !known) && (s.w.Written() >= s.bytes || s.w.Deaf() || time.Since(mark) > limit) {
			break
		}
		warm := s.warm
		s.hear(glance)
		switch {
		case s.warm && !warm:
			mark = time.Now()
		case !s.warm && s.tooSlow(mark):
			return mark
		}
	}
	return mark
}

// forgive adds the end that the very last answer may lack.
func (s *session) forgive() {
	end, ok := s.dec.Ending()
	if s.over && ok && s.seen.count == s.seen.sent-1 && s.dec.Last(s.buf) {
		s.buf = append(s.buf, end)
		s.collect()
		s.seen.unended = true
	}
}

// finish ends the worker, once, and notes how it ended.
func (s *session) finish() {
	if s.w == nil {
		return
	}
	var patience time.Duration
	if s.over {
		patience = exitPatience
	}
	s.seen.exit = s.w.Finish(patience, s.ctx.Done())
	s.seen.lastWords = s.w.LastWords()
	s.seen.ended = s.over
	s.seen.rest = bytes.Clone(s.buf)
	s.w = nil
}

// pauseAfter is how long to listen to a worker that has been silent for d before it is looked at.
func pauseAfter(d time.Duration) time.Duration {
	if d < 100*time.Millisecond {
		return glance
	}
	return longGlance
}

// looker looks at a worker more than once: one of several processes may seem to wait while something is on its way from
// one of them to the next.
type looker struct {
	w     *worker.Worker
	blind bool
	state worker.Verdict
	since time.Time // when it was first seen in that state
	looks int       // how often it was since
}

func (s *session) looker() *looker { return &looker{w: s.w, blind: s.o.blind} }

// verdict is buffered or likely for a worker that waits for more, unseen where the host cannot tell, silent for one that
// does not wait, and nothing while that is not certain.
func (l *looker) verdict() holding {
	v := worker.Unknown
	if !l.blind {
		v = l.w.Idle()
	}
	if l.looks == 0 || v != l.state {
		l.state, l.since, l.looks = v, time.Now(), 0
	}
	l.looks++
	switch {
	case v == worker.Unknown:
		return unseen
	case v == worker.Busy, v == worker.Asleep:
		return silent
	case v == worker.Idle && l.looks > 1:
		return buffered
	case v == worker.Quiet && time.Since(l.since) >= quietFor:
		return likely
	}
	return nothing
}
