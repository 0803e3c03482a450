package wire

// The protocol of the runners of --lang, but for those of shells: escaped lines (see escaped.go) behind a greeting.
//
//	\ready          once, before the first item, when the user's code is compiled and its init code has run
//	\ready mute     the same, from a runner that sees that the code can give no answer
//	\?TEXT          instead of that: the user's code is at fault, TEXT, escaped, says how
//
// Then each item is one escaped line, and so is its answer, or what became of it. Before an item whose number does not follow
// the one before it the runner is told that number. The text of a failure is
//
//	MESSAGE                 or
//	MESSAGE 0x1e TRACEBACK  both of any number of lines
//
// where a MESSAGE that begins with "not JSON: " says that the item is not, although it should be. A runner reads what there is,
// works, and writes all answers at once before it waits: 1.5 µs an item where a line each way would cost ten times that.

import (
	"bytes"
	"fmt"
	"strings"
)

// Program is the protocol of runners that can be at width items at a time.
func Program(width int) Protocol {
	return Protocol{Framing: Escaped, Replies: true, Greets: true, Bound: true, Grouped: true, Numbered: true, Width: width,
		greeting: hearReady, explain: programFailure}
}

// CodeError says that the user's code is wrong: no worker can run it, so no item is to blame.
type CodeError struct {
	Text string // as the interpreter words it, perhaps of many lines
}

func (e *CodeError) Error() string { return e.Text }

// hearReady looks for what a runner says first.
func hearReady(out []byte) (rest []byte, said greeted, err error) {
	line, rest, whole := bytes.Cut(out, []byte("\n"))
	if !whole {
		return out, nothingYet, nil
	}
	switch text, fault := bytes.CutPrefix(line, []byte(`\?`)); {
	case string(line) == `\ready mute`:
		return rest, saidMute, nil
	case string(line) == `\ready`:
		return rest, saidReady, nil
	case fault:
		if text, err = Unescape(text); err == nil {
			err = &CodeError{Text: string(text)}
		}
		return rest, nothingYet, err
	}
	return out, nothingYet, fmt.Errorf("the interpreter does not run stoke's program, but prints %.60q", line)
}

// programFailure takes apart what a runner says of an item.
func programFailure(message string) Failure {
	message, words, _ := strings.Cut(message, "\x1e")
	if problem, is := strings.CutPrefix(message, "not JSON: "); is {
		return Failure{Message: problem, NotJSON: true}
	}
	return Failure{Message: message, Words: words}
}
