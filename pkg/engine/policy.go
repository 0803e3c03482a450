package engine

// loss is all that matters of how a worker was lost.
type loss struct {
	owed      bool // it had items that it had not answered
	started   bool // it had begun to read, or nothing can be seen of it, and others of its slot have answered before
	answered  bool // it had answered something
	worked    bool // it had, or was seen to wait for more after it had read some
	proven    bool // some worker of this run has answered something
	timedOut  bool // it was killed because an item took too long
	exited    bool // it ended by itself, not by a signal
	zero      bool // with status 0
	hungUp    bool // its input had been ended
	waited    bool // by then it was seen to wait for more
	read      int  // of the unanswered items, how many it had begun to read
	flushes   bool // it writes each answer before it turns to the next item
	leftHere  bool // another worker has left at the first of them before
	single    bool // it was sent no other item, so that its answers cannot be shifted
	suspected bool // it was suspected before that answers are shifted, or they cannot be
	once      bool // no item may be begun twice
}

// action is what is done about that.
type action int

const (
	nothing   action = iota
	startOver        // it never worked: all items are as new, and such starts are counted
	giveUp           // it has broken the protocol, and its answers may be shifted: the run ends
	giveBack         // all items are given to others, free
	charge           // the first item did it; the others are given to others, free
	suspect          // giveUp if it cannot be tested, or else narrow, and what is found to be guilty is tested
	narrow           // one of the items that it read did it: the first is suspected, and all are tried apart
)

// judge is the whole policy for lost workers.
//
// Only one item can be charged with the death of a worker, and it is one that the worker was at: where it reads ahead
// and keeps answers in a buffer, that may be any item it has read.
func judge(l loss) action {
	if !l.owed {
		return nothing
	}
	if !l.timedOut {
		switch {
		case !l.started:
			return startOver
		case l.zero && l.hungUp && (!l.single || l.waited):
			return giveUp // it has worked through its items, and answered too few
		case l.exited && l.hungUp && l.waited && !l.single && !l.suspected:
			return suspect // so has this, it seems, but it may have died
		case l.zero && !l.worked && !l.proven:
			return startOver
		case l.zero && l.answered && !l.leftHere && !(l.once && l.read > 0):
			return giveBack // its own way of recycling
		}
	}
	switch {
	case l.read == 0 && !l.worked:
		return startOver // however warm it was, to give its items to the next one for free would go on for ever
	case l.read == 0:
		return giveBack
	case l.read == 1, l.flushes, l.once:
		return charge
	}
	return narrow
}
