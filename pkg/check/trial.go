package check

import (
	"time"

	"stoke/pkg/worker"
)

// holding is what became of items that were sent one at a time, each answer awaited while more could come.
type holding int

const (
	nothing  holding = iota // each was answered
	buffered                // the worker read one and slept until there was more, without answering
	likely                  // one of its threads did; others slept for a time, or polled
	silent                  // it did not answer one in time: it is at work, or polls
	unseen                  // the same on a host that does not show what a worker does
)

// trial is what was seen of one worker, from its start to its end.
type trial struct {
	start  *StartError   // it did not start
	warm   time.Duration // from its start until it began to read or said that it was ready; 0: that was not seen
	banner []byte        // what it wrote before it had read anything, or the beginning of that
	flood  bool          // there was no end to that, or to its answers
	deaf   bool          // it closed its stdin

	sent    int
	count   int             // whole answers
	answers [][]byte        // the first of them, as many as were sent
	each    []int           // how many answers each of the first items got that were sent one at a time
	times   []time.Duration // how long each of those took that got one at least
	held    holding
	waited  time.Duration // how long the item took that was held
	batch   time.Duration // from when all items were sent at once until the last answer
	garbled error         // what it wrote was no answer
	huge    bool          // an answer was above the limit

	early     bool          // its output ended while its stdin was open
	ended     bool          // its output ended
	endAfter  time.Duration // from the end of its input until the worker was gone
	rest      []byte        // the end of its output, if no answer
	unended   bool          // its last answer lacked its end, which was forgiven
	exit      worker.Exit
	lastWords string
}

// complete reports whether every item got one answer and nothing else was written.
func (t *trial) complete() bool {
	return t.start == nil && t.count == t.sent && len(t.rest) == 0 && t.garbled == nil && !t.huge && !t.flood
}

// pairing is what became of the pairs of item and answer when the items came in another order.
type pairing int

const (
	uncompared pairing = iota
	kept               // each item got the same answer
	moved              // some got another: they depend on the items before, or differ from run to run
	restless           // the same items in the same order got other answers
	whole              // earlier answers change with later items: it reads everything before it answers
)

// termination is how a worker took SIGTERM.
type termination struct {
	took   time.Duration
	killed bool // it did not end by it
}

// evidence is all that was seen.
type evidence struct {
	offered  int // sample items
	refused  int // those that the framing cannot carry
	refusal  error
	alone    trial  // given the items one by one, in their order
	together *trial // given them all at once, in another order; nil: not tried
	pairing  pairing
	term     *termination // nil: not tried
}
