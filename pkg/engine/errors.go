package engine

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/human"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// ErrStopped says that an item failed and OnError is Stop.
var ErrStopped = errors.New("stopped at the first failed item")

// ItemError says why an item failed, or has to be tried again.
type ItemError struct {
	Seq     int64
	Slot    int    // of the worker it failed in, or 0
	Item    []byte // valid only during the call that reports it
	Partial bool   // Item is only the beginning
	Err     error
}

// ErrorOf says why the item has failed that the event tells of.
func ErrorOf(e *event.Failed) *ItemError {
	return &ItemError{Seq: e.Seq, Slot: e.Slot, Item: e.Item, Partial: e.Partial, Err: e.Why}
}

func (e *ItemError) Error() string {
	how := ":"
	if _, is := e.Err.(*NotJSONError); is {
		how = "" // it is the item itself
	}
	return fmt.Sprintf("item %d %s%s %v", e.Seq, human.Quote(e.Item, e.Partial), how, e.Err)
}

func (e *ItemError) Unwrap() error { return e.Err }

// TooLargeError says that an item or an answer is above the limit.
type TooLargeError struct {
	What        string // "it is" or "its answer is"
	Size, Limit int64  // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s %d bytes, above the limit (%d bytes)", e.What, e.Size, e.Limit)
}

// ReadError says that the input could not be read to its end.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return fmt.Sprintf("cannot read items: %v", e.Err) }
func (e *ReadError) Unwrap() error { return e.Err }

// ProtocolError says that a worker broke its protocol: answers may be shifted, so the run cannot go on.
type ProtocolError struct {
	Slot, Pid int
	Problem   string
	Fewer     bool         // it ended with fewer answers than items
	Promise   wire.Promise // which it has not kept, if that is known
	Hint      string       // for who knows more of the worker to fill in
	Words     string       // the end of its stderr
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("worker %d (pid %d) %s", e.Slot, e.Pid, e.Problem)
}

// DiedError says that a worker died on an item.
type DiedError struct {
	Slot, Pid int
	Exit      worker.Exit
	Words     string // the end of its stderr
}

func (e *DiedError) Error() string {
	if e.Exit.Forced {
		return fmt.Sprintf("worker %d (pid %d) closed its standard output and was killed", e.Slot, e.Pid)
	}
	return fmt.Sprintf("worker %d (pid %d) died: %v", e.Slot, e.Pid, e.Exit)
}

// ReportedError is what a worker says of an item that it could not answer.
type ReportedError struct {
	Slot     int
	Message  string
	Words    string // where that was: the traceback of CODE
	TooLarge bool   // Message is how large its answer is, which is more than MaxItem
}

func (e *ReportedError) Error() string { return fmt.Sprintf("worker %d: %s", e.Slot, e.Message) }

// NotJSONError says that an item is not JSON, where CODE was to get it as that.
type NotJSONError struct{ Problem string }

func (e *NotJSONError) Error() string { return "is not JSON: " + e.Problem }

// TimeoutError says that an item took too long, for which its worker was killed, unless it gave the item up when told to.
type TimeoutError struct {
	Slot, Pid int
	Limit     time.Duration
	Said      string // what a worker that lives on says of it
	Words     string // the end of its stderr
}

func (e *TimeoutError) Error() string {
	if e.Said != "" {
		return fmt.Sprintf("worker %d (pid %d) timed out on it after %v and gave it up: %s", e.Slot, e.Pid, e.Limit, e.Said)
	}
	return fmt.Sprintf("worker %d (pid %d) timed out on it after %v and was killed", e.Slot, e.Pid, e.Limit)
}

// ErrMute says that a worker has read items and ended by itself without an answer, and no other has given one.
var ErrMute = errors.New("it ended without ever answering")

// ErrDeaf says that a worker was ready and ended, or had to be ended, without having read anything.
var ErrDeaf = errors.New("it was ready, but never read an item")

// DeafError is an ErrDeaf of a worker that had some time to read.
type DeafError struct{ Within time.Duration }

func (e *DeafError) Error() string { return fmt.Sprintf("%v in %v", ErrDeaf, e.Within) }
func (e *DeafError) Unwrap() error { return ErrDeaf }

// ErrShut says that a worker closed its standard input without having read anything, and had to be ended.
var ErrShut = errors.New("it closed its standard input without reading an item, and did not end")

// InitError says that a worker could not be started or was not warm in time.
type InitError struct {
	Slot, Pid  int
	Err        error        // *worker.LaunchError, worker.ErrEnded, worker.ErrSlow, ErrMute, ErrDeaf, or an error of the system
	Exit       *worker.Exit // if it ended
	Direct     bool         // nothing stood in front of its program that could have ended so in its place
	Words      string       // the end of its stderr
	Everywhere bool         // it holds for all slots, and was tried as often as it may be
	Futile     bool         // Starts.Futile says so of it
	Hint       string       // what may help, if anything is known
}

func (e *InitError) Error() string {
	var code *wire.CodeError
	if errors.As(e.Err, &code) {
		return code.Text
	}
	if e.Everywhere {
		return e.Err.Error()
	}
	if e.Pid == 0 {
		return fmt.Sprintf("worker %d could not be started: %v", e.Slot, e.Err)
	}
	how := ""
	if e.Exit != nil && !e.Exit.Forced && !errors.Is(e.Err, worker.ErrSlow) {
		how = fmt.Sprintf(" (%v)", *e.Exit)
	}
	return fmt.Sprintf("worker %d (pid %d) failed to start: %v%s", e.Slot, e.Pid, e.Err, how)
}

// Unrunnable reports whether the exit status says that COMMAND cannot be run: so a shell or env in front of it does, that
// of --init included, with 126 and 127.
func (e *InitError) Unrunnable() bool {
	return e.Exit != nil && !e.Direct && (e.Exit.Code == 126 || e.Exit.Code == 127)
}

// Final reports whether another try is pointless, because COMMAND cannot be run at all.
func (e *InitError) Final() bool {
	return e.Common() || errors.Is(e.Err, syscall.EMFILE) || errors.Is(e.Err, syscall.ENFILE)
}

// Common reports whether COMMAND or CODE itself is at fault, so that no other start can do better.
func (e *InitError) Common() bool {
	var (
		launch *worker.LaunchError
		code   *wire.CodeError
	)
	return e.Futile || e.Everywhere || errors.As(e.Err, &code) || errors.As(e.Err, &launch) || e.Unrunnable()
}

func (e *InitError) Unwrap() error { return e.Err }

// LeftError says which process of a worker could not be killed.
type LeftError struct{ Slot, Pid, Left int }

func (e *LeftError) Error() string {
	return fmt.Sprintf("worker %d (pid %d): process %d could not be killed and is left: it is another user's, or stuck in the kernel", e.Slot, e.Pid, e.Left)
}
