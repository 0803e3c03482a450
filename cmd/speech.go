package cmd

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/event"
	"stoke/pkg/human"
	"stoke/pkg/launch"
	"stoke/pkg/worker"
)

// startTell has those that start workers speak with the user's voice. Their warnings go to tell, as those of the engine do.
func startTell(p *plan, v *voice, tell event.Tell) launch.Tell {
	stderr := worker.NewStderr(v)
	warn := func(text string) { tell(&event.Warned{Text: text}) }
	return launch.Tell{
		Show:   func(slot int) func([]byte) { return shower(p, stderr, slot) },
		Slow:   func(s launch.Slow) { warn(slowText(p, s)) },
		After:  patience,
		Mute:   func() { warn("CODE can give no answer: end it with an expression, return one, or print it") },
		Left:   warn,
		Shared: func(threads, sockets int) { warn(sharedText(threads, sockets)) },
		Again: func(err error, pause time.Duration) {
			v.retrying(fmt.Sprintf("%v; it is tried again in %v", err, pause))
		},
		Ended: func(pid int, how worker.Exit) {
			warn(fmt.Sprintf("the process that ran --preload (pid %d) ended: %v; its workers go on, and the next one starts it anew", pid, how))
		},
	}
}

// telling returns what says to a person what happens in a run.
func telling(p *plan, v *voice) event.Tell {
	aside := worker.NewStderr(v)
	return func(e event.Event) {
		switch e := e.(type) {
		case *event.Failed:
			err := engine.ErrorOf(e)
			v.item(err, reproduce(p, err))
		case *event.Warned:
			v.warn(e.Text)
		case *event.Noted:
			v.retrying(e.Text)
		case *event.Lingering:
			v.nameLingering(e.Workers)
		case *event.Printed:
			shower(p, aside, e.Slot)(withEnd(e.Text))
		}
	}
}

// withEnd is what a worker has printed, with a newline at its end.
func withEnd(p []byte) []byte { return append(bytes.TrimSuffix(p, []byte("\n")), '\n') }

// shower returns what shows lines of a worker on stderr, marked with its slot if there are several.
func shower(p *plan, to *worker.Stderr, slot int) func(lines []byte) {
	if p.watching.quiet {
		return func([]byte) {}
	}
	prefix := ""
	if slot == launch.Preload {
		prefix = "[preload] "
	} else if p.worker.Jobs > 1 {
		prefix = fmt.Sprintf("[%d] ", slot)
	}
	return to.Of(prefix)
}

// slowText says of a worker that it has not been ready for a while, and what it has not done.
func slowText(p *plan, s launch.Slow) string {
	lacks := p.awaits
	if s.Line {
		lacks = fmt.Sprintf("it has not printed a line that matches --ready '%v'", p.worker.Ready)
	}
	text := fmt.Sprintf("worker %d (pid %d) has not been ready for %v: %s", s.Slot, s.Pid, s.For, lacks)
	if s.Slot == launch.Preload {
		text = fmt.Sprintf("--preload (pid %d) has run for %v", s.Pid, s.For)
	}
	if s.Words != "" {
		text += "; it last wrote to stderr: " + human.Quote([]byte(s.Words), false)
	}
	return text
}

// patience is how long a worker may keep a run waiting before a word is said, or 10 s if it is 0.
var patience time.Duration

// sharedText says what all workers share that were forked from what --preload left, and should not.
func sharedText(threads, sockets int) string {
	var what []string
	if threads > 0 {
		what = append(what, fmt.Sprintf("%d of its threads, which no fork has, so that workers may hang", threads))
	}
	if sockets > 0 {
		what = append(what, fmt.Sprintf("%d of its connections, which all workers would use at once", sockets))
	}
	return "--preload keeps " + strings.Join(what, ", and ") + ": move what makes them to --init"
}
