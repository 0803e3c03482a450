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

// promises says what a worker has to do that has not kept its promise.
var promises = map[engine.Promise]string{
	engine.NothingElse: "a worker prints exactly one line for each line it reads; send banners and logs to stderr, or skip them with --ready",
	engine.EveryLine:   "a worker prints exactly one line for each line it reads; a filter that drops lines must print an empty one instead",
	engine.Flushes:     "--lockstep needs a worker that flushes each answer",
	engine.EachRequest: "a worker answers each request, with its id, on a line of its own, before it ends",
	engine.OnePrompt:   "the program prints exactly one prompt for each line that is sent, and no answer contains one",
	engine.LastLine:    "with --send, each answer ends in a line equal to --until, which the template makes the program print: without a prompt before it, and nowhere else",
}

// silentAdvice says what may help where a worker does not answer, to follow what it does.
func silentAdvice(e *engine.SilentError) string {
	const flush = "make it flush (python3 -u, stdbuf -oL COMMAND)"
	switch {
	case e.Buffers:
		return "; to have each at once, " + flush
	case e.Promise != engine.NoPromise:
		return "; " + promises[e.Promise]
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
