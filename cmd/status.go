package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"stoke/pkg/engine"
	"stoke/pkg/queue"
	"stoke/pkg/worker"
)

// The exit statuses. They are GNU xargs's and parallel's where these have one for the case.
const (
	statusOK       = 0
	statusFailed   = 1   // stoke itself failed: I/O, a worker that broke its protocol
	statusUsage    = 2   // wrong usage
	statusItems    = 123 // some items failed, all others were answered
	statusStopped  = 124 // stopped early by --halt or --on-error stop
	statusInit     = 125 // workers could not be initialised
	statusCannot   = 126 // COMMAND cannot be run
	statusNotFound = 127 // COMMAND was not found
	statusSignal   = 128 // plus the number of the signal that ended the run
)

// usageError is a mistake in what was typed, set in the environment or written in the config file.
type usageError struct {
	problem string
	hint    string
}

func (e *usageError) Error() string { return e.problem }

func usagef(format string, args ...any) *usageError {
	return &usageError{problem: fmt.Sprintf(format, args...)}
}

// withHint adds what to do about it.
func (e *usageError) withHint(hint string) *usageError {
	e.hint = hint
	return e
}

// signalled says that a signal ended the run.
type signalled struct {
	signal syscall.Signal
	left   string // what it left; empty where there is nothing to tell
	hint   string
}

func (e *signalled) Error() string {
	name, known := map[syscall.Signal]string{syscall.SIGINT: "interrupted", syscall.SIGTERM: "terminated", syscall.SIGHUP: "hung up"}[e.signal]
	if !known {
		name = "ended by signal: " + e.signal.String()
	}
	if e.left == "" {
		return name
	}
	return name + ": " + e.left
}

// itemsFailed says that this many items failed. Each was reported when it did.
type itemsFailed struct{ n int64 }

func (e *itemsFailed) Error() string {
	if e.n == 1 {
		return "1 item failed"
	}
	return fmt.Sprintf("%d items failed", e.n)
}

// statusOf ranks what ended a run.
func statusOf(err error) int {
	var (
		usage  *usageError
		signal *signalled
		items  *itemsFailed
		launch *worker.LaunchError
		start  *engine.InitError
		write  *queue.WriteError
	)
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &usage):
		return statusUsage
	case errors.As(err, &signal):
		return statusSignal + int(signal.signal)
	case errors.As(err, &items), errors.As(err, new(acceptedEnds)):
		return statusItems
	case errors.Is(err, engine.ErrStopped), errors.Is(err, engine.ErrHalted):
		return statusStopped
	case errors.As(err, &launch) && launch.NotFound:
		return statusNotFound
	case errors.As(err, &launch):
		return statusCannot
	case errors.As(err, &start):
		return startStatus(start)
	case errors.As(err, new(*limitError)):
		return statusInit
	case errors.As(err, &write) && closedDownstream(err):
		return statusSignal + int(syscall.SIGPIPE)
	}
	return statusFailed
}

// startStatus tells a COMMAND that could not be run from one that failed to initialise.
func startStatus(e *engine.InitError) int {
	if e.Unrunnable() {
		return e.Exit.Code
	}
	return statusInit
}

// closedDownstream reports whether err says that nobody reads our output any more.
func closedDownstream(err error) bool {
	var path *fs.PathError
	return (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)) && errors.As(err, &path)
}
