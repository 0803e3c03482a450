package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"stoke/pkg/engine"
	"stoke/pkg/queue"
	"stoke/pkg/worker"
)

// ended makes the error for a worker that ended with a status before it was warm.
func ended(status int) error {
	return &engine.InitError{Slot: 1, Pid: 9, Err: worker.ErrEnded, Exit: &worker.Exit{Code: status}}
}

func cannotWrite(err error) error {
	return &queue.WriteError{What: "answers", Err: &os.PathError{Op: "write", Path: "/dev/stdout", Err: err}}
}

func TestStatusOf(t *testing.T) {
	notFound := &worker.LaunchError{Name: "x", NotFound: true, Err: os.ErrNotExist}
	cannot := &worker.LaunchError{Name: "x", Err: os.ErrPermission}
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"every item was answered", nil, 0},

		{"the input cannot be read", &engine.ReadError{Err: io.ErrUnexpectedEOF}, 1},
		{"the disk is full", cannotWrite(syscall.ENOSPC), 1},
		{"a worker broke its protocol", &engine.ProtocolError{Slot: 1, Problem: "printed what no item asked for"}, 1},
		{"a file cannot be opened", named("--arg-file", &os.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}), 1},
		{"a pipe of ours that is not the output", syscall.EPIPE, 1},
		{"anything else", errors.New("?"), 1},

		{"wrong usage", usagef("no COMMAND given"), 2},
		{"wrong usage with a hint", usagef("no COMMAND given").withHint("give one"), 2},

		{"one item failed", &itemsFailed{1}, 123},
		{"many items failed", &itemsFailed{1 << 40}, 123},

		{"stopped by --on-error stop", engine.ErrStopped, 124},

		{"a worker ended before it was warm", ended(1), 125},
		{"a worker ended well before it was warm", ended(0), 125},
		{"the init code failed", ended(125), 125},
		{"a worker was not warm in time", &engine.InitError{Slot: 1, Pid: 9, Err: worker.ErrSlow}, 125},
		{"a worker was killed before it was warm", &engine.InitError{Slot: 1, Pid: 9, Err: worker.ErrEnded, Exit: &worker.Exit{Code: -1, Signal: syscall.SIGKILL}}, 125},
		{"the system grants no process", &engine.InitError{Slot: 1, Err: syscall.EAGAIN}, 125},

		{"COMMAND cannot be run", &engine.InitError{Slot: 1, Err: cannot}, 126},
		{"the COMMAND of a shell cannot be run", ended(126), 126},
		{"COMMAND was not found", &engine.InitError{Slot: 1, Err: notFound}, 127},
		{"the COMMAND of a shell was not found", ended(127), 127},

		{"hung up", &signalled{signal: syscall.SIGHUP}, 129},
		{"interrupted", &signalled{signal: syscall.SIGINT}, 130},
		{"terminated", &signalled{signal: syscall.SIGTERM}, 143},
		{"the reader of the output went away", cannotWrite(syscall.EPIPE), 141},
	}
	for _, tt := range tests {
		if got := statusOf(tt.err); got != tt.want {
			t.Errorf("%s: %d, want %d (%v)", tt.name, got, tt.want, tt.err)
		}
		if tt.err == nil {
			continue
		}
		if got := statusOf(fmt.Errorf("in a run: %w", tt.err)); got != tt.want {
			t.Errorf("%s, wrapped: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// A run's own failure is told rather than a signal that came too, and a signal rather than failed items.
func TestVerdict(t *testing.T) {
	own := errors.New("own")
	tests := []struct {
		name    string
		failed  int64
		err     error
		stopped *interruption
		want    int
	}{
		{"all is well", 0, nil, nil, 0},
		{"items failed", 2, nil, nil, 123},
		{"a signal drained the run", 0, nil, &interruption{signal: syscall.SIGTERM}, 143},
		{"a signal, and items failed", 2, nil, &interruption{signal: syscall.SIGINT}, 130},
		{"a failure, a signal, and items failed", 2, own, &interruption{signal: syscall.SIGINT}, 1},
	}
	for _, tt := range tests {
		if got := statusOf(verdict(engine.Summary{Failed: tt.failed}, tt.err, tt.stopped)); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestReport(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want []string // lines, or their beginnings
	}{
		{"a mistake, with what to do", usagef("no COMMAND given").withHint("give one"),
			[]string{"stoke: error: no COMMAND given", "stoke: hint: give one"}},
		{"failed items", &itemsFailed{2}, []string{"stoke: error: 2 items failed"}},
		{"one failed item", &itemsFailed{1}, []string{"stoke: error: 1 item failed"}},
		{"output that cannot be written", cannotWrite(syscall.ENOSPC), []string{"stoke: error: cannot write answers: "}},
		{"input that cannot be read", &engine.ReadError{Err: io.ErrUnexpectedEOF}, []string{"stoke: error: cannot read items: "}},
		{"last words", &engine.ProtocolError{Slot: 3, Pid: 9, Problem: "is a liar", Words: "one\ntwo"},
			[]string{`stoke: error: worker 3 (pid 9) is a liar; it last wrote`, "    one", "    two"}},
		{"a closed downstream is nobody's error", cannotWrite(syscall.EPIPE), nil},
	}
	for _, tt := range tests {
		var said bytes.Buffer
		newVoice(&said).report(tt.err)
		got := strings.SplitAfter(said.String(), "\n")
		if got = got[:len(got)-1]; len(got) != len(tt.want) {
			t.Errorf("%s: said %q, want %q", tt.name, got, tt.want)
			continue
		}
		for i, line := range tt.want {
			if !strings.HasPrefix(got[i], line) {
				t.Errorf("%s: line %d is %q, want %q", tt.name, i+1, got[i], line)
			}
		}
	}
}

// However much a worker wrote, a message shows a few lines of it.
func TestLastWordsAreFew(t *testing.T) {
	var said bytes.Buffer
	newVoice(&said).fail(errors.New("it died"), strings.Repeat("line\n", 100)+"the end")
	if n := strings.Count(said.String(), "\n"); n > 9 || !strings.HasSuffix(said.String(), "\n    the end\n") {
		t.Errorf("%d lines: %q", n, said.String())
	}
}
