package cmd

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"

	"stoke/pkg/engine"
)

// voice words all messages: `stoke: error: ...`, `stoke: warning: ...`, `stoke: hint: ...`, lower case, without a full
// stop, each written at once. It is safe for concurrent use.
type voice struct {
	mu sync.Mutex
	to io.Writer
}

func newVoice(to io.Writer) *voice { return &voice{to: to} }

// Write passes on whole lines that are not stoke's own words.
func (v *voice) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.to.Write(p)
}

func (v *voice) say(kind, text string) { fmt.Fprintf(v, "stoke: %s: %s\n", kind, text) }

func (v *voice) warn(text string) { v.say("warning", text) }

func (v *voice) item(e *engine.ItemError) { v.say("error", e.Error()) }

// report says why a run ended, with what may help. A closed downstream is nobody's error, and said to nobody.
func (v *voice) report(err error) {
	if closedDownstream(err) {
		return
	}
	words, hint := "", ""
	var (
		usage *usageError
		proto *engine.ProtocolError
		died  *engine.DiedError
		start *engine.InitError
	)
	switch {
	case errors.As(err, &usage):
		hint = usage.hint
	case errors.As(err, &proto):
		words, hint = proto.Words, proto.Hint
	case errors.As(err, &died):
		words = died.Words
	case errors.As(err, &start):
		words, hint = start.Words, startHint(start)
	}
	v.say("error", err.Error()+lastWords(words))
	if hint != "" {
		v.say("hint", hint)
	}
}

// lastWords quotes the end of a worker's stderr, indented, behind a message.
func lastWords(words string) string {
	const most = 8
	if words == "" {
		return ""
	}
	lines := strings.Split(words, "\n")
	lines = lines[max(0, len(lines)-most):]
	return "; it last wrote to stderr:\n    " + strings.Join(lines, "\n    ")
}

func startHint(e *engine.InitError) string {
	switch {
	case errors.Is(e, syscall.EMFILE), errors.Is(e, syscall.ENFILE):
		return "a worker needs six file descriptors: give --jobs fewer, or raise ulimit -n"
	case errors.Is(e, syscall.EAGAIN), errors.Is(e, syscall.ENOMEM):
		return "give --jobs fewer, or raise the limit of processes or memory"
	}
	switch statusOf(e) {
	case statusNotFound:
		return "check the name and PATH"
	case statusCannot:
		return "make it executable (chmod +x), or give its interpreter as COMMAND"
	}
	return "run the command by hand, with one item on its standard input, to see what it says"
}
