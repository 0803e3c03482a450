package cmd

import (
	"fmt"

	"stoke/pkg/engine"
	"stoke/pkg/launch"
	"stoke/pkg/worker"
)

// tell has those that start workers speak with the user's voice. Warnings go where those of the engine go.
func (o *options) tell(v *voice) launch.Tell {
	stderr := worker.NewStderr(v)
	return launch.Tell{
		Show:  func(slot int) func([]byte) { return o.shower(stderr, slot) },
		Slow:  func(s launch.Slow) { o.engine.Warn(o.slowText(s)) },
		After: patience,
		Mute:  func() { o.engine.Warn("CODE can give no answer: end it with an expression, return one, or print it") },
		Left:  o.engine.Warn,
	}
}

// shower returns what shows lines of a worker on stderr, marked with its slot if there are several.
func (o *options) shower(to *worker.Stderr, slot int) func(lines []byte) {
	if o.watching.quiet {
		return func([]byte) {}
	}
	prefix := ""
	if o.worker.Jobs > 1 {
		prefix = fmt.Sprintf("[%d] ", slot)
	}
	return to.Of(prefix)
}

// slowText says of a worker that it has not been ready for a while, and what it has not done.
func (o *options) slowText(s launch.Slow) string {
	lacks := map[launch.Awaited]string{
		launch.InitCode:     "its --init has not ended",
		launch.Notification: "it has not sent the notification `ready`, as --rpc workers do",
		launch.Prompt:       "it has not printed what --prompt matches; prompts on standard error are not seen",
		launch.ReadyLine:    fmt.Sprintf("it has not printed a line that matches --ready '%v'", o.worker.Ready),
	}[s.Awaits]
	text := fmt.Sprintf("worker %d (pid %d) has not been ready for %v: %s", s.Slot, s.Pid, s.For, lacks)
	if s.Words != "" {
		text += "; it last wrote to stderr: " + engine.Quote([]byte(s.Words), false)
	}
	return text
}
