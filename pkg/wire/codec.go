package wire

// Codec is one worker's side of a Protocol: what it is sent, and what it says. It belongs to one goroutine at a time.
//
// A worker that must say that it is ready is heard by Greet until Ready. Then items go out through Announce and Encode, and
// what it writes comes in: through Hear, if Listens says so, else as it is. The Decoder finds the answers, or replies, in that.
type Codec struct {
	Decoder
	protocol  *Protocol
	hears     Translator // nil: its output is understood as it is
	requests  Requester  // nil: the framing words them
	heard     []byte     // replies that came with its greeting
	ready     bool
	mute      bool
	width     int
	requested int64 // how many requests
	next      int64 // the number that it takes the next item to have
}

// Codec returns the side of a worker whose answers may have maxItem bytes.
func (p *Protocol) Codec(maxItem int64) *Codec {
	c := &Codec{Decoder: p.Framing.Decoder(), protocol: p, ready: p.greeting == nil, width: max(p.Width, 1), next: 1}
	if p.Listen != nil {
		c.hears, c.requests = p.Listen(int(maxItem))
		c.ready, _ = c.hears.Ready()
	}
	return c
}

// Ready reports whether the worker may be sent items: it has said so, or need not.
func (c *Codec) Ready() bool { return c.ready }

// Greet hears what a worker prints before it is ready, and returns what it leaves of that. Its error may be a *CodeError.
func (c *Codec) Greet(out []byte) (rest []byte, err error) {
	switch {
	case c.hears != nil:
		var width int
		c.heard, err = c.hears.Translate(c.heard, out)
		if c.ready, width = c.hears.Ready(); c.protocol.Width == 0 {
			c.width = max(width, 1)
		}
		return out[:0], err
	case c.protocol.greeting != nil && !c.ready:
		var said greeted
		rest, said, err = c.protocol.greeting(out)
		c.ready, c.mute = said != nothingYet, said == saidMute
		return rest, err
	}
	return out, nil
}

// Heard takes the replies that came with the greeting.
func (c *Codec) Heard() []byte {
	heard := c.heard
	c.heard = nil
	return heard
}

// Mute reports whether the worker has said that it can give no answer.
func (c *Codec) Mute() bool { return c.mute }

// Width is how many items the worker can be at, at a time.
func (c *Codec) Width() int { return c.width }

// Asks reports whether each item is a request of its own: the worker is to have no more of them than its Width, and can be
// told to give one up.
func (c *Codec) Asks() bool { return c.requests != nil }

// Listens reports whether the worker's output must pass through Hear.
func (c *Codec) Listens() bool { return c.hears != nil }

// Hear appends to dst the replies that raw, the next of the output, completes. An error is a breach of the protocol.
func (c *Codec) Hear(dst, raw []byte) ([]byte, error) { return c.hears.Translate(dst, raw) }

// End does the same for the end of the output.
func (c *Codec) End(dst []byte) ([]byte, error) {
	if c.hears == nil {
		return dst, nil
	}
	return c.hears.End(dst)
}

// Aside takes what the worker printed that is no part of any answer and belongs to stderr.
func (c *Codec) Aside() []byte {
	if c.hears == nil {
		return nil
	}
	return c.hears.Aside()
}

// Held is what is held of an answer that is not whole. It is borrowed until the next call.
func (c *Codec) Held() []byte {
	if c.hears == nil {
		return nil
	}
	return c.hears.Held()
}

// Announce appends to dst what the worker must be told before it is sent n items, of which first is the number of the first.
func (c *Codec) Announce(dst []byte, first int64, n int) []byte {
	known := c.next == first
	c.next = first + int64(n)
	if known || !c.protocol.Numbered {
		return dst
	}
	return AppendSeq(dst, first)
}

// Verbatim reports whether items, of which each ends in delim, are sent as they are, with no need for Encode.
func (c *Codec) Verbatim(items, delim []byte) bool {
	return c.requests == nil && c.protocol.Framing.Verbatim(items, delim)
}

// Encode appends to dst what the worker is sent for item, whose number is seq, in its attempt-th try, both from 1. An error
// means that the protocol cannot carry the item: nothing is due for it.
func (c *Codec) Encode(dst, item []byte, seq int64, attempt int) ([]byte, error) {
	if c.requests == nil {
		return c.protocol.Framing.Encode(dst, item)
	}
	dst, err := c.requests.AppendRequest(dst, c.requested+1, item, seq, attempt)
	if err == nil {
		c.requested++
	}
	return dst, err
}

// Cancel appends to dst what tells the worker to give up the n-th request, from 1. A reply is due all the same.
func (c *Codec) Cancel(dst []byte, n int64) []byte { return c.requests.AppendCancel(dst, n) }
