package wire

// The protocol of --send and --until: any program that reads, evaluates and prints.
//
// For each item stoke sends TEMPLATE, in which each `{}` is the item, and a newline if TEMPLATE does not end in one. It
// makes the program print LINE behind the answer. The answer is everything up to a line equal to LINE; neither that line
// nor the newline before it is part of it, so that an answer may be empty or have many lines. LINE may be followed by a
// carriage return, which then is not part of the answer's last line either: such is the protocol of many servers.
//
// An item may have several lines. LINE may be empty: then an empty line ends the answer. There is no way to write `{}`
// itself, but `{ }` means the same in all likelihood. Templates are written with the escapes of C. These were tried:
//
//	stoke --send '{}\n"END\n"' --until END -- bc -lq
//	stoke --send '{}\n"END\n"' --until END --init 'export BC_LINE_LENGTH=0' -- bc -lq functions.bc
//
// A string of bc may hold a newline as it is. bc breaks long numbers in lines of 70 digits unless told not to. What it
// says of an error goes to stderr, and the answer is empty. Functions of one's own come from a file.
//
//	stoke --send '{}\n;\n.print END' --until END -- sqlite3 data.db
//	stoke --send 'select name from t where id = {};\n.print END' --until END -- \
//	    sqlite3 -cmd 'create table t(id integer primary key, name)' -cmd '.import --csv names.csv t' :memory:
//
// The lone `;` ends a statement that lacks its own. Each -cmd is run before the first item: here they build a table in
// memory, once. An item goes into the statement as it is: an unpaired quote in it swallows LINE, and --timeout must help.
//
//	stoke --send '-s3\n-ImageSize\n{}\n-execute' --until '{ready}' -- \
//	    sh -c '{ cat; printf "%s\n" -stay_open False; } | exiftool -stay_open True -@ -'
//
// exiftool -stay_open outlives the end of its input unless its last words are `-stay_open False`, which the shell here
// sends when stoke closes the pipe. The options -q and -T would suppress {ready}.
//
//	stoke --send '{}\n\nprint("END")' --until END -- python3 -qic 'import sys; sys.ps1 = sys.ps2 = ""; f = lambda x: x * x'
//	stoke --send '{}\nconsole.log("END")' --until END -- node -e 'require("repl").start({prompt: "", ignoreUndefined: true})'
//	stoke --send 'puts [expr {{}}]\nputs END' --until END -- tclsh
//
// Prompts must go, or to stderr; the empty line ends a block of python.

import (
	"bytes"
	"errors"
	"fmt"
)

// Template is what is sent for each item. It is a Framing, whose answers are those of Escaped: the output of the worker
// must pass through an Until first.
type Template struct {
	parts   [][]byte // what stands before, between and behind the items
	oneLine bool     // an item of several lines is refused
}

// NewTemplate reads the template of --send, in which escapes have been replaced.
func NewTemplate(text []byte) (*Template, error) {
	parts := bytes.Split(bytes.Clone(text), []byte("{}"))
	if len(parts) == 1 {
		return nil, fmt.Errorf("%s has no {}, so that no item would be sent", quote(text))
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		parts[len(parts)-1] = append(parts[len(parts)-1], '\n')
	}
	return &Template{parts: parts}, nil
}

// lines is the number of lines that are sent for each item that is one itself.
func (t *Template) lines() int { return bytes.Count(bytes.Join(t.parts, nil), []byte("\n")) }

// Verbatim is false: every item is put into the template.
func (*Template) Verbatim(_, _ []byte) bool { return false }

// Encode appends to dst what is sent for item.
func (t *Template) Encode(dst, item []byte) ([]byte, error) {
	if t.oneLine && bytes.IndexByte(item, '\n') >= 0 {
		return dst, errors.New("it contains a newline, and its answer ends where one line is answered")
	}
	dst = append(dst, t.parts[0]...)
	for _, part := range t.parts[1:] {
		dst = append(append(dst, item...), part...)
	}
	return dst, nil
}

// Decoder is the one of Escaped.
func (*Template) Decoder() Decoder { return Escaped.Decoder() }

// LastLine is the promise of a worker of --until.
const LastLine Promise = "the line that ends an answer behind each, and nowhere else"

// UntilLine is the protocol of workers that are sent t for each item, and print a line equal to line behind each answer. A
// line with a newline in it is an error.
func UntilLine(t *Template, line []byte) (Protocol, error) {
	if _, err := NewUntil(line, 0); err != nil {
		return Protocol{}, err
	}
	return Protocol{Framing: t, Replies: true, Lines: t.lines(), Promise: LastLine, Listen: func(maxItem int) (Translator, Requester) {
		u, _ := NewUntil(line, maxItem) // was tried above
		return u, nil
	}}, nil
}

// Until translates the output of one worker that prints a line behind each answer. It is a Translator.
type Until struct {
	output
	line    []byte
	maxItem int
	begin   int   // where in held its last line begins; negative if the beginning was given up: it is too long to be the one
	scanned int   // bytes of held behind begin that hold no newline
	dropped int64 // bytes given up of an answer that is too large; two more are held for the end of its last line
}

// NewUntil returns the translator for the output of one worker in which a line equal to line ends each answer, which
// may have maxItem bytes. A line with a newline in it is an error.
func NewUntil(line []byte, maxItem int) (*Until, error) {
	if bytes.IndexByte(line, '\n') >= 0 {
		return nil, fmt.Errorf("%s has a newline in it, so that no line can equal it", quote(line))
	}
	return &Until{line: bytes.Clone(line), maxItem: maxItem}, nil
}

// Ready is true from the start.
func (*Until) Ready() (ok bool, concurrency int) { return true, 1 }

// Translate implements Translator. It returns no error: a program may print what it likes.
func (u *Until) Translate(dst, raw []byte) ([]byte, error) {
	p := u.join(raw)
	for {
		i := bytes.IndexByte(p[u.scanned:], '\n')
		if i < 0 {
			u.scanned = len(p)
			u.hold(u.cut(p))
			return dst, nil
		}
		i += u.scanned
		u.scanned = i + 1
		answer, ok := u.answer(p, i)
		if !ok {
			u.begin = i + 1
			continue
		}
		dst = appendAnswer(dst, answer, u.dropped, u.maxItem)
		p = p[i+1:]
		u.begin, u.scanned, u.dropped = 0, 0, 0
	}
}

// answer returns what stands before the last line of p, which ends at end, if that is the line that ends an answer.
func (u *Until) answer(p []byte, end int) (answer []byte, ok bool) {
	if u.begin < 0 || !bytes.HasPrefix(p[u.begin:end], u.line) {
		return nil, false
	}
	answer, carriage := p[:u.begin], false
	switch rest := p[u.begin+len(u.line) : end]; string(rest) {
	case "":
	case "\r":
		carriage = true
	default:
		return nil, false
	}
	answer = bytes.TrimSuffix(answer, []byte("\n"))
	if carriage {
		answer = bytes.TrimSuffix(answer, []byte("\r"))
	}
	return answer, true
}

// cut returns what must be held of p, which ends in an incomplete line: less than all of it if the answer is too large.
func (u *Until) cut(p []byte) []byte {
	if len(p) <= u.maxItem+len(u.line)+len("\r\n\r\n") {
		return p
	}
	n := u.begin - 2
	if len(p)-u.begin > len(u.line)+1 { // not the line that ends the answer
		n = len(p) - 2
	}
	if n <= 0 {
		return p
	}
	u.dropped += int64(n)
	u.begin -= n
	u.scanned -= n
	return p[n:]
}

// End implements Translator. The last line may lack its newline, unless it is empty: then it is not there.
func (u *Until) End(dst []byte) ([]byte, error) {
	if answer, ok := u.answer(u.held, len(u.held)); ok && len(u.held) > max(u.begin, 0) {
		dst = appendAnswer(dst, answer, u.dropped, u.maxItem)
		u.held = nil
		return dst, nil
	}
	return dst, u.unfinished(u.held, u.dropped)
}
