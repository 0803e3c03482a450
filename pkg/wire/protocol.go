package wire

import (
	"bytes"

	"stoke/pkg/cut"
)

// Protocol is what the workers of a run speak: one value, made from what the user asked for. Each protocol has a function
// that returns one, in the file that describes it: a row of the table that TestProtocols shows. What each property means
// for a run is for the caller to know; what one worker is sent, and says, goes through its Codec.
type Protocol struct {
	// Framing is how items are written. Answers are too, unless they come as replies.
	Framing Framing
	// Listen makes what turns the output of one worker, whose answers may have maxItem bytes, into replies; where the
	// framing does not word its requests, it also returns what does. nil: the output is answers, or replies, as it is.
	Listen func(maxItem int) (Translator, Requester)
	// Promise is what a worker must do, so that messages can say what it has not kept.
	Promise Promise

	Greets   bool // a worker says when it is ready, and is sent nothing before
	Bound    bool // a worker answers all it has without being sent more
	Replies  bool // answers are escaped lines, one for each item, of which Reply tells what they mean
	Grouped  bool // a worker writes answers in groups, so that it cannot be told which item it is at
	Numbered bool // a worker is told the number of an item that does not follow the one before
	Lockstep bool // a worker has one item at a time
	Lines    int  // how many lines are written for an item of one line; 0: the framing ends each item
	Width    int  // how many items a worker can be at, at a time; 0: as many as it says itself, or one

	greeting func(out []byte) (rest []byte, said greeted, err error) // hears what a worker says first that has no Listen
	explain  func(message string) Failure                            // takes apart what a worker says of a failed item; nil: it is all Message
}

// greeted is what a greeting has come to.
type greeted uint8

const (
	nothingYet greeted = iota
	saidReady
	saidMute // that it is ready, and can give no answer
)

// Promise is what a worker must do by its protocol, as a person would say it.
type Promise string

// NoPromise is that of whoever cannot break it.
const NoPromise Promise = ""

// Failure is what a worker says of an item that it could not answer.
type Failure struct {
	Message string
	Words   string // where that was: a traceback
	NotJSON bool   // the item was to be JSON, and Message says why it is not
}

// Failure takes apart the text of a reply of the kind Failed.
func (p *Protocol) Failure(message string) Failure {
	if p.explain == nil {
		return Failure{Message: message}
	}
	return p.explain(message)
}

// ScanSent returns how many items the beginning of what a worker was sent holds whole, at most most, and where the last of
// them ends. Items were of one line where that matters.
func (p *Protocol) ScanSent(sent []byte, most int) (n, end int) {
	if p.Lines <= 1 {
		n, end, _ = p.Framing.Decoder().Scan(sent, most)
		return n, end
	}
	n, _ = cut.Byte(sent, '\n', most*p.Lines)
	if n /= p.Lines; n > 0 {
		_, end = cut.Byte(sent, '\n', n*p.Lines)
	}
	return n, end
}

// Uneven reports whether items, of which each ends in delim, are written in as many lines as they please, so that ScanSent
// cannot tell where one ends.
func (p *Protocol) Uneven(items, delim []byte) bool {
	return p.Lines > 0 && string(delim) != "\n" && bytes.IndexByte(items, '\n') >= 0
}
