package engine

import (
	"fmt"
	"time"

	"stoke/pkg/human"
)

// Promise is one that a worker makes by the protocol it speaks.
type Promise int

// The promises that can be seen to be broken.
const (
	NoPromise   Promise = iota
	NothingElse         // no line but the one for each line it reads
	EveryLine           // a line for each line it reads
	Flushes             // each answer before the next item, with Lockstep
	EachRequest         // a response to each request
	OnePrompt           // one prompt for each line that it is sent
	LastLine            // the line that ends an answer, and it nowhere else
)

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
	Promise   Promise       // which it does not keep, if that is so and known
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
