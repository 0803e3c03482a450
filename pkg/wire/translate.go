package wire

import "fmt"

// Translator turns what one worker prints into escaped lines, one for each item, in the order of the items. Its
// constructor is told how large an answer may be: a larger one becomes a line that fails its item, and its bytes are
// not kept. It belongs to one goroutine at a time, and is of no more use after an error.
type Translator interface {
	// Translate appends to dst the lines that raw, the next of the worker's output, completes. It copies what it must
	// keep of raw. An error is the worker's breach of its protocol, worded to follow a colon; lines before it are in dst.
	Translate(dst, raw []byte) ([]byte, error)
	// End does the same for the end of the output. A caller to whom no answer is owed may take an *UnfinishedError for
	// a farewell: what it quotes goes aside.
	End(dst []byte) ([]byte, error)
	// Aside takes what was printed that is no part of any answer and belongs to stderr. The caller owns it.
	Aside() []byte
	// Ready reports whether items may be sent, and how many at a time the worker can work on.
	Ready() (ok bool, concurrency int)
	// Held is what is held of an answer that is not whole. It is borrowed until the next call.
	Held() []byte
}

// Requester words what a worker is sent, where that depends on what it has said.
type Requester interface {
	// AppendRequest appends to dst the request for item, whose number is seq, in its attempt-th try. No request of that id
	// may be without a reply. An error means that the protocol cannot carry item: nothing was appended, and no reply is due.
	AppendRequest(dst []byte, id int64, item []byte, seq int64, attempt int) ([]byte, error)
	// AppendCancel appends to dst what says that the reply to the request of that id is no longer waited for.
	AppendCancel(dst []byte, id int64) []byte
}

// UnfinishedError says that a worker's output ended where no answer does.
type UnfinishedError struct {
	Rest     string // the beginning of what followed the last answer, quoted; empty if that is TooLarge
	TooLarge bool   // it is larger already than an answer may be
}

func (e *UnfinishedError) Error() string {
	if e.TooLarge {
		return "its output ended in the middle of an answer, which is too large already"
	}
	return "its output ended in the middle of an answer: " + e.Rest
}

// output is what every Translator keeps of a worker's output.
type output struct {
	held  []byte // read, not understood yet
	aside []byte // not taken yet
}

// Aside takes what was printed that belongs to stderr.
func (o *output) Aside() []byte {
	aside := o.aside
	o.aside = nil
	return aside
}

// Held implements Translator.
func (o *output) Held() []byte { return o.held }

// join returns what was held with raw behind it. The caller passes what it leaves of that to hold.
func (o *output) join(raw []byte) []byte {
	if len(o.held) == 0 {
		return raw
	}
	o.held = append(o.held, raw...)
	return o.held
}

// roomy is a buffer's capacity in bytes that is worth giving back when little is in it.
const roomy = 1 << 20

// hold keeps p, the end of what join returned.
func (o *output) hold(p []byte) {
	switch {
	case len(p) > 0 && len(o.held) > 0 && &p[0] == &o.held[0]: // all of it, as it lies
		o.held = o.held[:len(p)]
	case cap(o.held) > roomy && len(p) < roomy/16:
		o.held = append([]byte(nil), p...)
	default:
		o.held = append(o.held[:0], p...)
	}
}

// putAside adds p to what belongs to stderr, as whole lines.
func (o *output) putAside(p []byte) {
	if o.aside = append(o.aside, p...); len(p) > 0 && p[len(p)-1] != '\n' {
		o.aside = append(o.aside, '\n')
	}
}

// unfinished puts p, the rest of the output, aside, and returns the error that tells of it; nil if there is none. Of an
// answer of which dropped bytes were given up, there is nothing to show.
func (o *output) unfinished(p []byte, dropped int64) error {
	o.held = nil
	if dropped > 0 {
		return &UnfinishedError{TooLarge: true}
	}
	if len(p) == 0 {
		return nil
	}
	err := &UnfinishedError{Rest: quote(p)}
	o.putAside(p)
	return err
}

// appendAnswer appends the line for an answer, p, before which dropped bytes of it were given up.
func appendAnswer(dst, p []byte, dropped int64, maxItem int) []byte {
	if size := dropped + int64(len(p)); size > int64(maxItem) {
		return fmt.Appendf(dst, "%sanswer of %d bytes\n", openings[TooLarge], size)
	}
	return AppendReply(dst, Answered, p)
}
