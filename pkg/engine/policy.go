package engine

// loss is all that matters of how a worker was lost that had not answered everything.
type loss struct {
	end       howEnded
	input     howInput
	past      past
	read      int  // of the unanswered items, how many it had begun to read
	proven    bool // some worker of this run has answered something
	stepwise  bool // it writes each answer before it turns to the next item
	leftHere  bool // another worker has left at the first of them before
	single    bool // it was sent no other item, so that its answers cannot be shifted
	suspected bool // it was suspected before that answers are shifted, or they cannot be
	once      bool // no item may be begun twice
}

// howEnded is how a worker came to its end.
type howEnded int

const (
	wasKilled   howEnded = iota // by a signal, or by us for what it wrote
	leftQuietly                 // it ended by itself with status 0
	leftFailing                 // with another status
	tookTooLong                 // it was killed because an item took too long
)

// howInput is what had become of its input by then.
type howInput int

const (
	inputOpen howInput = iota
	inputEnded
	inputEndedIdle // and by then it was seen to wait for more
)

// past is how far it had ever come.
type past int

const (
	neverBegan    past = iota // it was not seen to read
	hasRead                   // it had begun to read, or nothing can be seen of it, and others of its slot have answered before
	workedThrough             // it was seen to wait for more after it had read some
	hasAnswered
)

// action is what is done about that.
type action int

const (
	startOver action = iota // it never worked: all items are as new, and such starts are counted
	giveUp                  // it has broken the protocol, and its answers may be shifted: the run ends
	giveBack                // all items are given to others, free
	charge                  // the first item did it; the others are given to others, free
	suspect                 // giveUp if it cannot be tested, or else narrow, and what is found to be guilty is tested
	narrow                  // one of the items that it read did it: the first is suspected, and all are tried apart
)

// judge is the whole policy for lost workers.
//
// Only one item can be charged with the death of a worker, and it is one that the worker was at: where it reads ahead
// and keeps answers in a buffer, that may be any item it has read.
func judge(l loss) action {
	if l.end != tookTooLong {
		switch {
		case l.past == neverBegan:
			return startOver
		case l.end == leftQuietly && l.input != inputOpen && (!l.single || l.input == inputEndedIdle):
			return giveUp // it has worked through its items, and answered too few
		case l.end == leftFailing && l.input == inputEndedIdle && !l.single && !l.suspected:
			return suspect // so has this, it seems, but it may have died
		case l.end == leftQuietly && l.past == hasRead && !l.proven:
			return startOver
		case l.end == leftQuietly && l.past == hasAnswered && !l.leftHere && !(l.once && l.read > 0):
			return giveBack // its own way of recycling
		}
	}
	switch {
	case l.read == 0 && l.past < workedThrough:
		return startOver // however warm it was, to give its items to the next one for free would go on for ever
	case l.read == 0:
		return giveBack
	case l.read == 1, l.stepwise, l.once:
		return charge
	}
	return narrow
}
