package engine

import (
	"errors"
	"math"
)

// ErrHalted says that the run was stopped early by its Halt.
var ErrHalted = errors.New("stopped early")

// Tally says which items a Halt counts.
type Tally int

const (
	Failures Tally = iota
	Successes
	Finished // both
)

// Halt says when to stop before the end of the input. The zero value never does.
type Halt struct {
	Now   bool // kill what is in flight, instead of finishing it
	Of    Tally
	Count int64   // after that many
	Share float64 // or, if Count is 0, after this share of all items
	Total int64   // all items; 0: not known, so that the share is of those finished so far
}

// enough is how many must be counted before a share of items finished so far means anything.
const enough = 3

// due reports whether the run is to stop after so many answered and failed items.
func (h *Halt) due(answered, failed int64) bool {
	n := map[Tally]int64{Failures: failed, Successes: answered, Finished: answered + failed}[h.Of]
	switch {
	case h.Count > 0:
		return n >= h.Count
	case h.Share > 0 && h.Total > 0:
		return n >= int64(math.Ceil(h.Share*float64(h.Total)))
	case h.Share > 0:
		return n >= enough && float64(n) >= h.Share*float64(answered+failed)
	}
	return false
}

// errReached ends a run at once whose Halt had an aim: it is no failure.
var errReached = errors.New("the aim of the run is reached")

// aim reports whether to be stopped by h is what the run is for, and no failure of it.
func (h *Halt) aim() bool { return h.Of != Failures }
