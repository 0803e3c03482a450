package cmd

import (
	"errors"
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
