package wire

// The protocol `escaped`, stoke's own: every other protocol is translated to it, and the runners of --lang speak it.
//
// An item is one line, and so is its answer. In both a backslash is written `\\` and a newline `\n`; every other byte
// stands for itself. What else a backslash can begin:
//
//	\!TEXT   instead of an answer: the item failed, TEXT (escaped like an answer) says why
//	\*TEXT   instead of an answer: the worker declares itself broken; replace it and try the item elsewhere
//	\=JSON   an answer that is JSON, escaped like any other, where that is to be told from text
//	\>TEXT   instead of an answer: it is larger than may be, TEXT says how large
//	\#SEQ    to a worker, instead of an item: the item that follows is number SEQ, those behind it count on from there
//	\0NNN    to a shell, in an item: the byte of that number, octal

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Escaped is the framing of one escaped line for each item and answer: items and answers may hold any byte, so Encode
// never fails. Its Decoder finds the lines; Reply tells what one of them means.
var Escaped Framing = escaped{}

// EscapedText is the same for shells. They cannot take a NUL byte: such an item is refused. And of what is not UTF-8 they
// would lose the newline behind it, so its bytes above 0x7f travel as numbers.
var EscapedText Framing = escaped{text: true}

type escaped struct{ text bool }

func (e escaped) Encode(dst, item []byte) ([]byte, error) {
	if e.text && bytes.IndexByte(item, 0) >= 0 {
		return dst, errors.New("it contains a NUL byte, which a shell cannot hold")
	}
	if e.text && !utf8.Valid(item) {
		return append(appendNumbered(dst, item), '\n'), nil
	}
	return append(AppendEscaped(dst, item), '\n'), nil
}

// Verbatim is true of most items, if each ends in a newline.
func (e escaped) Verbatim(items, delim []byte) bool {
	return string(delim) == "\n" && bytes.IndexByte(items, '\\') < 0 &&
		(!e.text || bytes.IndexByte(items, 0) < 0 && utf8.Valid(items))
}

func (escaped) Decoder() Decoder { return Lines.Decoder() }

// Kind is what became of an item.
type Kind uint8

const (
	Answered Kind = iota // the worker has answered it
	Failed               // the worker could not, and says why
	Broken               // the worker is out of order: the item is not to blame
	JSON                 // the worker has answered it, with JSON
	TooLarge             // the worker's answer is larger than may be: the text says how large
)

func (k Kind) String() string {
	return [...]string{"answered", "failed", "broken", "JSON", "too large"}[k]
}

// openings are how the line of each kind begins.
var openings = [...]string{Answered: "", Failed: `\!`, Broken: `\*`, JSON: `\=`, TooLarge: `\>`}

// AppendEscaped appends p to dst, escaped. p must not overlap what dst may grow into.
func AppendEscaped(dst, p []byte) []byte {
	from, newline, backslash := 0, indexFrom(p, 0, '\n'), indexFrom(p, 0, '\\')
	for i := min(newline, backslash); i < len(p); i = min(newline, backslash) {
		dst = append(dst, p[from:i]...)
		from = i + 1
		if i == newline {
			dst = append(dst, '\\', 'n')
			newline = indexFrom(p, from, '\n')
		} else {
			dst = append(dst, '\\', '\\')
			backslash = indexFrom(p, from, '\\')
		}
	}
	return append(dst, p[from:]...)
}

// appendNumbered appends p to dst, escaped, with its bytes above 0x7f as numbers.
func appendNumbered(dst, p []byte) []byte {
	for i, b := range p {
		if b < utf8.RuneSelf {
			dst = AppendEscaped(dst, p[i:i+1])
		} else {
			dst = strconv.AppendUint(append(dst, '\\', '0'), uint64(b), 8) // of three digits
		}
	}
	return dst
}

// indexFrom is where in p the next c is, at or behind from; the length of p if there is none.
func indexFrom(p []byte, from int, c byte) int {
	if i := bytes.IndexByte(p[from:], c); i >= 0 {
		return from + i
	}
	return len(p)
}

// Unescape undoes AppendEscaped in the memory of line, which holds nothing of use if there is an error.
func Unescape(line []byte) (p []byte, err error) {
	i := indexFrom(line, 0, '\\')
	for p = line[:i]; i < len(line); {
		switch {
		case i+1 == len(line):
			return nil, fmt.Errorf("a line that ends in a lone backslash")
		case line[i+1] == 'n':
			p = append(p, '\n')
		case line[i+1] == '\\':
			p = append(p, '\\')
		default:
			return nil, fmt.Errorf("an unknown escape: %s", quote(line[i:]))
		}
		next := indexFrom(line, i+2, '\\')
		p = append(p, line[i+2:next]...)
		i = next
	}
	return p, nil
}

// Reply reads one line of a worker, without its newline: what became of the item, and its answer or the message.
// Both lie in the memory of line, as with Unescape.
func Reply(line []byte) (answer []byte, kind Kind, err error) {
	for k := Failed; k <= TooLarge; k++ {
		if bytes.HasPrefix(line, []byte(openings[k])) {
			kind, line = k, line[len(openings[k]):]
			break
		}
	}
	answer, err = Unescape(line)
	return answer, kind, err
}

// AppendReply appends to dst the whole line that Reply reads: p is the answer or the message.
func AppendReply(dst []byte, kind Kind, p []byte) []byte {
	return append(AppendEscaped(append(dst, openings[kind]...), p), '\n')
}

// AppendSeq appends to dst the line that tells a runner of --lang the number, from 1, of the next item.
func AppendSeq(dst []byte, seq int64) []byte {
	return append(strconv.AppendInt(append(dst, `\#`...), seq, 10), '\n')
}
