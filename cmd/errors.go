package cmd

import (
	"fmt"
	"syscall"

	"stoke/pkg/engine"
	"stoke/pkg/human"
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

func (e *itemsFailed) Error() string { return human.Plural(e.n, "item") + " failed" }

// acceptedEnds says that workers failed at their end, in a run that accepts failures.
type acceptedEnds struct{ error }

func (e acceptedEnds) Unwrap() error { return e.error }

// notAccepted says that items failed, and that this keeps OUT from appearing.
type notAccepted struct {
	err  error
	hint string // where the answers are, and the ways on
}

func (e *notAccepted) Error() string { return e.err.Error() }

func (e *notAccepted) Unwrap() error { return e.err }

// notGood says that a worker was tried out and has faults.
type notGood struct{ faults int }

func (e *notGood) Error() string {
	if e.faults == 1 {
		return "the worker will not do: it has a fault"
	}
	return fmt.Sprintf("the worker will not do: it has %d faults", e.faults)
}

// told is an error of which everything has been said.
type told struct{ error }

func (e *told) Unwrap() error { return e.error }

// named says which flag an error is about.
func named(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", flag, err)
}

// resumeError words why a run cannot be resumed.
func resumeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("--resume: %w", err)
}

func readError(err error) error {
	if err == nil {
		return nil
	}
	return &engine.ReadError{Err: err}
}
