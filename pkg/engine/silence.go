package engine

import (
	"time"

	"stoke/pkg/worker"
)

const (
	// quietFor is how long a worker must be Quiet before it is fed on, which it then is in growing helpings: that it
	// does wait is likely, and how long its items take is not known.
	quietFor = 100 * time.Millisecond
	// shortSilence is how long a worker may hold back an answer before the user is told what may be wrong, where it is
	// certain or where nothing can be seen.
	shortSilence = time.Second
	// longSilence is the same for a worker that seems to be at work.
	longSilence = 10 * time.Second
)

// silence is what is known of a worker that has items in hand and has written nothing for a while.
type silence struct {
	quiet    time.Duration         // since it began with what it is at
	verdict  func() worker.Verdict // whether it waits for more; to look costs something
	hidden   bool                  // it cannot be seen how much it has read
	unread   bool                  // it has not read all it was sent
	bound    bool                  // it is sure to answer without being given more
	prompt   bool                  // it has answered what it had so far
	partial  bool                  // it has written a part of an answer
	flushes  bool                  // so have others, or it was seen to flush
	limit    time.Duration         // for an item; 0: none
	expected time.Duration         // what it has in hand takes that long; 0: not known
	lockstep bool                  // it is to have one item at a time
	asked    bool                  // it is asked for each item, and has said how many it wants at a time
}

// remedy is what is done about a silent worker.
type remedy int

const (
	letBe      remedy = iota // it is at work, or may be
	tell                     // so it is, but in a run without an answer the user is told
	feedOn                   // it has finished with what it has, in the time that it has been silent: it is given more
	feedMore                 // so it seems, but how long that took is not known: it is given more each time
	feedInCase               // nothing but its silence says so, which is believed until it writes something; the user is told, too
	refuse                   // it keeps an answer back, and must not
)

// remedy is the whole policy for silent workers. To feed one that is at work binds items to it that another might do sooner; not
// to feed one that keeps its answers in a buffer would be to wait for ever.
func (s *silence) remedy() remedy {
	if s.bound && (s.limit > 0 || s.quiet < shortSilence) {
		return letBe // it need not be looked at: only one that has lost an item sleeps like that
	}
	do := s.byVerdict(s.verdict())
	switch {
	case s.bound && do != feedOn:
		return letBe
	case s.lockstep && (do == feedOn || do == feedMore):
		if s.quiet < shortSilence {
			return letBe
		}
		return refuse
	}
	return do
}

func (s *silence) byVerdict(v worker.Verdict) remedy {
	tellAfter := longSilence
	switch v {
	case worker.Idle:
		return feedOn
	case worker.Quiet:
		if s.quiet >= quietFor {
			return feedMore
		}
		return letBe
	case worker.Unknown:
		if limit, may := s.guessAfter(); may && s.quiet >= limit {
			return feedInCase
		}
		tellAfter = shortSilence
	}
	if s.quiet >= tellAfter && !s.unread {
		return tell
	}
	return letBe
}

// guessAfter is how long a worker must have been silent for the guess that it waits for more, where its threads cannot be
// seen: one that keeps its answers in a buffer would do so for ever. One that cannot be seen to read either, and may still be
// at its start, is given more time, and so is one that has answered everything before, or is known to flush. Where there
// is a time limit for items, that is what helps.
func (s *silence) guessAfter() (limit time.Duration, may bool) {
	switch {
	case s.lockstep, s.limit > 0, s.asked, s.unread:
		return 0, false
	case s.hidden, s.prompt, s.flushes:
		return longSilence, true
	}
	return shortSilence, true
}

// toldAfter is the limit that the silence of a worker that is told of has exceeded.
func (s *silence) toldAfter() time.Duration {
	if s.quiet >= longSilence {
		return longSilence
	}
	return shortSilence
}

// mayEnd reports whether the worker has been silent for so long that the end of its input may be what it waits for.
// For one that always answered promptly that is hardly so, and one that is seen to run is at work.
func (s *silence) mayEnd() bool {
	switch {
	case s.bound: // and it must have the time that it is given, to be told in the end to give up
		return s.quiet >= max(longSilence, 2*s.limit)
	case s.quiet >= longSilence:
		return true
	case s.prompt && !s.partial:
		return false
	case s.hidden:
		return true
	}
	return s.quiet >= max(quietFor, 2*s.expected) && s.verdict() != worker.Busy
}
