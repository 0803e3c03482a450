package wire

// The protocol of the shells of --lang: answers with a marker behind each.
//
// A shell prints an answer as it comes, so its end must be told from its text. RS stands for the byte 0x1e, NONCE for
// a word that this worker was given and no answer will hold by accident:
//
//	RS NONCE " ready\n"                   once, before the first item; what was printed up to there goes to stderr
//	RS NONCE " ?" TEXT RS NONCE "\n"      instead of that: the user's code is at fault, TEXT says how
//	ANSWER RS NONCE " " STATUS "\n"       for each item: STATUS is the exit status of the user's commands, in decimal
//
// One newline at the end of ANSWER is not part of it. If STATUS is not 0 the item failed, and what its commands printed
// goes to stderr. So does what comes behind the last marker. Only what is too large for an answer is lost.

import (
	"bytes"
	"fmt"
	"strconv"
)

// Marked translates the output of one shell. It is a Translator.
type Marked struct {
	output
	marker  []byte // RS NONCE " "
	closing []byte // RS NONCE "\n"
	maxItem int
	ready   bool
	scanned int   // bytes of held that no marker begins in
	dropped int64 // bytes given up of an answer that is too large; one more is held for the newline at its end
}

// Shell is the protocol of shells that were given nonce.
func Shell(nonce string) Protocol {
	return Protocol{Framing: EscapedText, Replies: true, Greets: true, Bound: true, Numbered: true,
		Listen: func(maxItem int) (Translator, Requester) { return NewMarked(nonce, maxItem), nil }}
}

// longestWord is how long in bytes what stands between a marker and its newline may be; longestText bounds the text of
// a CodeError, of which shownText is kept then.
const longestWord, longestText, shownText = 7, 1 << 20, 64 << 10

// NewMarked returns the translator for the output of one shell, in which answers may have maxItem bytes.
func NewMarked(nonce string, maxItem int) *Marked {
	return &Marked{marker: []byte("\x1e" + nonce + " "), closing: []byte("\x1e" + nonce + "\n"), maxItem: maxItem}
}

// Ready reports whether the shell has said that it is.
func (m *Marked) Ready() (ok bool, concurrency int) { return m.ready, 1 }

// Translate implements Translator. Its error may be a *CodeError.
func (m *Marked) Translate(dst, raw []byte) ([]byte, error) {
	p := m.join(raw)
	for {
		i := bytes.Index(p[m.scanned:], m.marker)
		if i < 0 {
			m.hold(m.pass(p))
			return dst, nil
		}
		m.scanned += i
		text, tail := p[:m.scanned], p[m.scanned+len(m.marker):]
		if !m.ready && len(tail) > 0 && tail[0] == '?' {
			m.aside = append(m.aside, text...)
			m.scanned, p = 0, p[len(text):]
			if err := m.codeError(tail[1:]); err != nil {
				return dst, err
			}
			m.hold(p)
			return dst, nil
		}
		end := bytes.IndexByte(tail[:min(len(tail), longestWord)], '\n')
		if end < 0 && len(tail) < longestWord {
			m.hold(p)
			return dst, nil
		}
		if end < 0 {
			end = longestWord
		}
		var ok bool
		if dst, ok = m.item(dst, text, tail[:end]); !ok || end == longestWord {
			return dst, fmt.Errorf("a marker that ends in %s", quote(tail[:end]))
		}
		p, m.scanned, m.dropped = tail[end+1:], 0, 0
	}
}

// item appends the line for text, which is followed by a marker with word in it. It reports whether word may be there.
func (m *Marked) item(dst, text, word []byte) ([]byte, bool) {
	if !m.ready {
		m.aside = append(m.aside, text...)
		m.ready = string(word) == "ready"
		return dst, m.ready
	}
	status, err := strconv.ParseUint(string(word), 10, 16)
	switch {
	case err != nil:
		return dst, false
	case status == 0:
		return appendAnswer(dst, bytes.TrimSuffix(text, []byte("\n")), m.dropped, m.maxItem), true
	case m.dropped == 0 && len(text) <= m.maxItem+1:
		m.putAside(text)
	}
	return AppendReply(dst, Failed, fmt.Appendf(nil, "exit status %d", status)), true
}

// pass returns what must be held of p, in which there is no whole marker.
func (m *Marked) pass(p []byte) []byte {
	i := max(m.scanned, len(p)-len(m.marker)+1)
	for i < len(p) && !bytes.HasPrefix(m.marker, p[i:]) {
		i++
	}
	m.scanned = i
	switch {
	case !m.ready:
		m.aside = append(m.aside, p[:i]...)
		m.scanned = 0
		return p[i:]
	case i > m.maxItem+1:
		m.dropped += int64(i - 1)
		m.scanned = 1
		return p[i-1:]
	}
	return p
}

// codeError returns the *CodeError with the text that p begins with, or nil if p does not hold all of it.
func (m *Marked) codeError(p []byte) error {
	end := bytes.Index(p, m.closing)
	switch {
	case end > longestText || end < 0 && len(p) > longestText+len(m.closing):
		return &CodeError{string(p[:shownText]) + "..."}
	case end < 0:
		return nil
	}
	return &CodeError{string(p[:end])}
}

// End implements Translator. An answer that was cut short goes aside: how the shell ended says what became of its item.
func (m *Marked) End(dst []byte) ([]byte, error) {
	if tooLarge := m.ready && m.scanned > m.maxItem+1; m.dropped == 0 && !tooLarge {
		m.putAside(m.held)
	}
	m.held, m.scanned, m.dropped = nil, 0, 0
	return dst, nil
}
