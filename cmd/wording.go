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
	}
	return err
}
