package cmd

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"stoke/pkg/engine"
	"stoke/pkg/wire"
)

// voice words all messages: `stoke: error: ...`, `stoke: warning: ...`, `stoke: hint: ...`, lower case, without a full
// stop, each written at once. It is safe for concurrent use.
type voice struct {
	quiet   bool // says no notes; set before anybody speaks
	colours bool // marks what kind of message it is

	mu      sync.Mutex
	to      io.Writer
	repeats repeats
	midline bool // what was written last has no end yet
}

func newVoice(to io.Writer) *voice { return &voice{to: to} }

// redirect makes all that is said go to w.
func (v *voice) redirect(w io.Writer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.to = w
}

// Write passes on what is not stoke's own words.
func (v *voice) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.write(p)
}

func (v *voice) write(p []byte) (int, error) {
	if len(p) > 0 {
		v.midline = p[len(p)-1] != '\n'
	}
	return v.to.Write(p)
}

// say writes a message of one line, and beneath it lines that are quoted. What cannot be printed is escaped in all of them,
// so that no item, answer, file name or error of a worker can pass for a message, or reach the terminal.
func (v *voice) say(kind, text string, quoted ...string) {
	if colour, known := colours[kind]; v.colours && known {
		kind = colour + kind + uncoloured
	}
	message := fmt.Sprintf("stoke: %s: %s\n", kind, printable(text, ""))
	for _, line := range quoted {
		message += printable(line, "\t") + "\n"
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.midline { // a worker's line that has not come to its end
		message = "\n" + message
	}
	_, _ = v.write([]byte(message))
}

// colours are those of kinds of messages, uncoloured ends them.
var colours = map[string]string{"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "hint": "\x1b[36m"}

const uncoloured = "\x1b[0m"

func (v *voice) warn(text string) { v.say("warning", text) }

func (v *voice) note(text string) {
	if !v.quiet {
		v.say("note", text)
	}
}

// retrying warns that something is tried again.
func (v *voice) retrying(text string) {
	if !v.quiet {
		v.warn(text)
	}
}

// item says that an item failed, with its worker's last words and how to see that again.
func (v *voice) item(e *engine.ItemError, reproduce string) {
	v.mu.Lock()
	tell := v.repeats.add(e)
	v.mu.Unlock()
	if !tell {
		return
	}
	words := ""
	var (
		died     *engine.DiedError
		timeout  *engine.TimeoutError
		reported *engine.ReportedError
	)
	switch {
	case errors.As(e, &reported) && reported.Words != "":
		v.say("error", e.Error(), indented(strings.TrimRight(reported.Words, "\n"), mostOfCode)...)
		return
	case errors.As(e, &died):
		words = died.Words
	case errors.As(e, &timeout):
		words = timeout.Words
	default:
		reproduce = ""
	}
	v.fail(e, words)
	if reproduce != "" {
		v.say("hint", reproduce)
	}
}

// mostOfCode is how many lines of a traceback are shown.
const mostOfCode = 12

// indented returns the last lines of a text, at most most, each behind a margin.
func indented(text string, most int) []string {
	lines := strings.Split(text, "\n")
	lines = lines[max(0, len(lines)-most):]
	for i, line := range lines {
		lines[i] = "    " + line
	}
	return lines
}

// repeated says how many errors of items were not told, since others like them were.
func (v *voice) repeated() {
	v.mu.Lock()
	lines := v.repeats.rest()
	v.repeats = repeats{}
	v.mu.Unlock()
	for _, line := range lines {
		v.say("error", line)
	}
}

// report says why a run ended, with what may help. A closed downstream is nobody's error, and said to nobody.
func (v *voice) report(err error) {
	if closedDownstream(err) || errors.As(err, new(*told)) {
		return
	}
	words, hint := "", ""
	var (
		usage  *usageError
		limit  *limitError
		failed *notAccepted
		ended  *signalled
		proto  *engine.ProtocolError
		start  *engine.InitError
		ends   *engine.EndError
	)
	switch {
	case errors.As(err, &usage):
		hint = usage.hint
	case errors.As(err, &limit):
		hint = limit.hint
	case errors.As(err, &failed):
		hint = failed.hint
	case errors.As(err, &ended):
		hint = ended.hint
	case errors.As(err, &proto):
		words, hint = proto.Words, proto.Hint
	case errors.As(err, &ends):
		words, hint = ends.Ends[0].Words, ends.Hint
	case errors.As(err, &start):
		words, hint = start.Words, start.Hint
	}
	v.fail(err, words)
	if hint != "" {
		v.say("hint", hint)
	}
}

// fail says what went wrong: with the lines of CODE that are at fault, or the last words of a worker's stderr.
func (v *voice) fail(err error, words string) {
	const most = 8
	text, lines := err.Error(), []string(nil)
	switch {
	case errors.As(err, new(*wire.CodeError)):
		words = ""
		lines = strings.Split(text, "\n")
		text, lines = lines[0], lines[1:]
	case words != "":
		text, lines = text+"; it last wrote to stderr:", strings.Split(words, "\n")
		lines = lines[max(0, len(lines)-most):]
	}
	for i, line := range lines {
		if words != "" || !strings.HasPrefix(line, " ") { // else it is a line of CODE with its mark beneath
			lines[i] = "    " + line
		}
	}
	v.say("error", text, lines...)
}
