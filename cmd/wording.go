package cmd

import (
	"errors"
	"fmt"

	"stoke/pkg/engine"
	"stoke/pkg/wire"
)

// worded is an error in words that name flags. What lies below cmd knows none: its errors hold what happened.
type worded struct {
	error
	text string
}

func (e *worded) Error() string { return e.text }
func (e *worded) Unwrap() error { return e.error }

const aboveLimit = ", above --max-item"

// inWords words an error of the engine or of a framing where flags have to do with it.
func inWords(err error) error {
	var (
		large      *engine.TooLargeError
		reported   *engine.ReportedError
		unfit      *wire.UnfitError
		unfinished *wire.UnfinishedError
		silent     *engine.SilentError
	)
	switch {
	case errors.As(err, &large):
		return &worded{err, fmt.Sprintf("%s %d bytes%s (%d bytes)", large.What, large.Size, aboveLimit, large.Limit)}
	case errors.As(err, &reported) && reported.TooLarge:
		return &worded{err, reported.Error() + aboveLimit}
	case errors.As(err, &unfit):
		return &worded{err, fmt.Sprintf("it contains %s, which --framing %s cannot carry", unfit.Holds, unfit.Framing)}
	case errors.As(err, &unfinished) && unfinished.TooLarge:
		return &worded{err, "its output ended in the middle of an answer: it is above --max-item already"}
	case errors.As(err, &silent):
		return &worded{err, err.Error() + silentAdvice(silent)}
	case errors.As(err, new(*engine.DeafError)):
		return &worded{err, err.Error() + " (--timeout)"}
	case errors.Is(err, engine.ErrHalted):
		return &worded{err, err.Error() + " by --halt"}
	}
	return err
}

// silentAdvice says what may help where a worker does not answer, to follow what it does.
func silentAdvice(e *engine.SilentError) string {
	const flush = "make it flush (python3 -u, stdbuf -oL COMMAND)"
	switch {
	case e.Buffers:
		return "; to have each at once, " + flush
	case e.Promise != wire.NoPromise:
		return "; " + adviceOn(e.Promise, false)
	case e.Printed != "":
		return ""
	}
	return "; if it keeps its answers in a buffer, " + flush + ", or give --feed-ahead"
}

// countItems says how many items there are, followed by the verb for one or for several.
func countItems(n int64, is, are string) string {
	if n == 1 {
		return "1 item" + is
	}
	return fmt.Sprintf("%d items%s", n, are)
}
