package engine

import (
	"fmt"
	"time"

	"stoke/pkg/human"
	"stoke/pkg/wire"
)

// Flushes is what Lockstep makes a worker promise, whatever it speaks.
const Flushes wire.Promise = "each answer before it is sent the next item"

// ColdError tells of a worker that has not begun to read for long.
type ColdError struct {
	Slot, Pid int
	For       time.Duration
	Words     string // what it last wrote to stderr
}

func (e *ColdError) Error() string {
	text := fmt.Sprintf("worker %d (pid %d) has not begun to read its standard input for %v: it is warming up, or waiting for something else", e.Slot, e.Pid, e.For)
	if e.Words != "" {
		text += "; it last wrote to stderr: " + human.Quote([]byte(e.Words), false)
	}
	return text
}

// SilentError is a warning of a worker that has read its items and does not answer them.
type SilentError struct {
	Slot, Pid int
	Buffers   bool          // it is seen to keep its answers in a buffer
	For       time.Duration // if not, how long it has been silent
	Printed   string        // what it has printed that is no answer yet, quoted; or empty
	Promise   wire.Promise  // which it does not keep, if that is so and known
}

func (e *SilentError) Error() string {
	text := fmt.Sprintf("worker %d (pid %d) has not answered for %v", e.Slot, e.Pid, e.For)
	switch {
	case e.Buffers:
		return fmt.Sprintf("worker %d (pid %d) has read all it was sent and keeps its answers in a buffer until that is full or the input ends", e.Slot, e.Pid)
	case e.Printed != "":
		return text + ", but has printed " + e.Printed
	}
	return text
}
