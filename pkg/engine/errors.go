package engine

import (
	"errors"
	"fmt"

	"stoke/pkg/worker"
)

// ErrStopped says that an item failed and OnError is Stop.
var ErrStopped = errors.New("stopped at the first failed item")

// ItemError says why an item failed.
type ItemError struct {
	Seq     int64
	Item    []byte // valid only during the call that reports it
	Partial bool   // Item is only the beginning
	Err     error
}

func (e *ItemError) Error() string {
	return fmt.Sprintf("item %d %s: %v", e.Seq, Quote(e.Item, e.Partial), e.Err)
}

func (e *ItemError) Unwrap() error { return e.Err }

// Quote shows bytes in a message: quoted, and no more than the beginning.
func Quote(p []byte, partial bool) string {
	const most = 60
	if len(p) > most || partial {
		return fmt.Sprintf("%q...", p[:min(len(p), most)])
	}
	return fmt.Sprintf("%q", p)
}

// TooLargeError says that an item or an answer is above the limit.
type TooLargeError struct {
	What        string // "it is" or "its answer is"
	Size, Limit int64  // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s %d bytes, above --max-item (%d bytes)", e.What, e.Size, e.Limit)
}

// ReadError says that the input could not be read to its end.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return fmt.Sprintf("cannot read items: %v", e.Err) }
func (e *ReadError) Unwrap() error { return e.Err }

// ProtocolError says that a worker broke its protocol: answers may be shifted, so the run cannot go on.
type ProtocolError struct {
	Slot, Pid int
	Problem   string
	Hint      string
	Words     string // the end of its stderr
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("worker %d (pid %d) %s", e.Slot, e.Pid, e.Problem)
}

// DiedError says that a worker died with items unanswered.
type DiedError struct {
	Slot, Pid int
	Seq       int64  // the first item it had not answered
	Item      []byte // that item
	Exit      worker.Exit
	Words     string // the end of its stderr
}

func (e *DiedError) Error() string {
	return fmt.Sprintf("item %d %s: worker %d (pid %d) died: %v", e.Seq, Quote(e.Item, false), e.Slot, e.Pid, e.Exit)
}

// InitError says that a worker could not be started or was not warm in time.
type InitError struct {
	Slot, Pid int
	Err       error        // *worker.LaunchError, worker.ErrEnded, worker.ErrSlow, or an error of the system
	Exit      *worker.Exit // if it ended
	Words     string       // the end of its stderr
}

func (e *InitError) Error() string {
	if e.Pid == 0 {
		return fmt.Sprintf("worker %d could not be started: %v", e.Slot, e.Err)
	}
	how := ""
	if e.Exit != nil && !e.Exit.Forced {
		how = fmt.Sprintf(" (%v)", *e.Exit)
	}
	return fmt.Sprintf("worker %d (pid %d) could not be initialised: %v%s", e.Slot, e.Pid, e.Err, how)
}

// Final reports whether another try is pointless, because COMMAND cannot be run at all. A shell or env in front of it,
// that of --init included, says so with status 126 or 127.
func (e *InitError) Final() bool {
	var launch *worker.LaunchError
	return errors.As(e.Err, &launch) || e.Exit != nil && (e.Exit.Code == 126 || e.Exit.Code == 127)
}

func (e *InitError) Unwrap() error { return e.Err }
