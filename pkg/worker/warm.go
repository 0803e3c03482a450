package worker

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"time"
)

// ErrEnded says that the worker ended before it was warm.
var ErrEnded = errors.New("it ended before its first item")

// ErrSlow says that the worker was not warm in time.
var ErrSlow = errors.New("it was not ready in time")

// ErrStopped says that the warm-up was given up because the run ends.
var ErrStopped = errors.New("the run was stopped")

// WithInit returns a command line that runs code in a shell and then argv in its place: what code does to the shell
// (cd, export, ulimit, . venv/bin/activate) carries over. code reads nothing and prints to stderr, so that it can
// neither eat items nor answer them.
func WithInit(argv []string, code string) []string {
	// In a function, and shifted away within eval: code shall see no arguments, and its own must not become COMMAND.
	const script = `init() { eval "shift; $1"; }
init "$1" </dev/null >&2 || { echo "--init failed with status $?" >&2; exit 125; }
shift
exec "$@"`
	return append([]string{"sh", "-c", script, "sh", code}, argv...)
}

// ExitCode returns the command line that runs code in a shell once a worker has ended. What it prints goes to stderr.
func ExitCode(code string) []string {
	return []string{"sh", "-c", `leave() { eval "shift; $1"; }
leave "$1" >&2 </dev/null`, "sh", code}
}

// AwaitReady reads the worker's output up to and including the first line that matches ready. These lines are passed
// on like its stderr. cancelled is asked whenever the worker is rung.
func (w *Worker) AwaitReady(ready *regexp.Regexp, timeout time.Duration, show func([]byte), cancelled func() bool) error {
	long := false // the line has no end yet, and is too long to be kept
	err := w.await(timeout, listen, cancelled, func(out []byte) (rest []byte, done bool) {
		for {
			end := bytes.IndexByte(out, '\n') + 1
			if end == 0 && len(out) < longLine {
				return out, false
			}
			if end == 0 {
				long = true
				show(append(out, '\n'))
				return out[:0], false
			}
			show(out[:end])
			line := bytes.TrimSuffix(out[:end-1], []byte("\r"))
			matches := !long && ready.Match(line)
			long = false
			if out = out[end:]; matches {
				return out, true
			}
		}
	})
	if err != nil && len(w.early) > 0 { // an unfinished line, perhaps the reason
		show(append(w.early, '\n'))
	}
	return err
}

// Await reads the worker's output until done says that it is warm, or gives an error. done gets what it has left over, with
// more behind it; what it leaves over in the end is kept for Exchange. cancelled is asked whenever the worker is rung.
func (w *Worker) Await(timeout time.Duration, cancelled func() bool, done func(out []byte) (rest []byte, warm bool, err error)) error {
	var fault error
	err := w.await(timeout, listen, cancelled, func(out []byte) ([]byte, bool) {
		rest, warm, err := done(out)
		fault = err
		return rest, warm || err != nil
	})
	if fault != nil {
		return fault
	}
	return err
}

// AwaitIdle waits until the worker sleeps in read for its first item or has written something. One that does neither is taken
// for warm when the time given is over, unless it is seen to sleep elsewhere, such as in a connection that does not come.
func (w *Worker) AwaitIdle(settle time.Duration, cancelled func() bool) error {
	deadline := time.Now().Add(settle)
	begun := func(out []byte) bool { return len(out) > 0 || w.Idle() == Idle }
	err := w.await(0, glance, cancelled, func(out []byte) ([]byte, bool) {
		return out, begun(out) || time.Now().After(deadline)
	})
	if err != nil || len(w.early) > 0 {
		return err
	}
	return w.await(0, listen, cancelled, func(out []byte) ([]byte, bool) {
		return out, begun(out) || !sleepsElsewhere(w.Pid(), w.own)
	})
}

const (
	// glance is the pause between two looks whether a worker sleeps in read.
	glance = 2 * time.Millisecond
	// listen is how long a read for the ready line may take before the time is looked at.
	listen = 50 * time.Millisecond
	// gulp is how much output is read at once during the warm-up, in bytes.
	gulp = 4 << 10
)

// await reads output until done says that the worker is warm. What done leaves over is kept for Exchange.
func (w *Worker) await(timeout, pause time.Duration, cancelled func() bool, done func(out []byte) (rest []byte, warm bool)) error {
	deadline := time.Now().Add(timeout)
	var out []byte
	for {
		rest, warm := done(out)
		if out = rest; warm {
			w.early = out
			return nil
		}
		if cancelled() {
			return ErrStopped
		}
		if timeout > 0 && time.Now().After(deadline) {
			return ErrSlow
		}
		have := len(out)
		out = append(out, make([]byte, gulp)...)
		n, err := w.Exchange(out[have:], pause)
		out = out[:have+n]
		if err == io.EOF {
			w.early = out
			return ErrEnded
		}
		if err != nil {
			return err
		}
	}
}
