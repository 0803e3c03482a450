// Package event is what happens in a run, for all who want to know of it: what is said to a person, what is drawn, counted and
// logged. It imports no other package of ours.
//
// A run has one Tell, which gets each event when it happens, from several goroutines at once. Who is not concerned by an event lets
// it pass. Events are pointers, and items that were answered together are one event, so that to tell costs nothing for an item:
// an event and the bytes in it are the teller's again when Tell returns.
//
// Slots count from 1, and 0 stands for none; items have numbers, from 1.
package event

import "time"

// Event is a pointer to one of the types below.
type Event interface{ event() }

// Tell gets what happens.
type Tell func(Event)

// All is the Tell that tells each of several, in this order.
func All(each ...Tell) Tell {
	return func(e Event) {
		for _, tell := range each {
			tell(e)
		}
	}
}

// Started: a worker's process was started at that time and begins to warm up.
type Started struct {
	Slot, Pid int
	At        time.Time
}

// Warm: that process is warm, Took after it was started.
type Warm struct {
	Slot, Pid int
	Took      time.Duration
}

// Begun: the first worker is warm, or the first item has failed. It is told once, and before there is any output.
type Begun struct{}

// Done: N consecutive items from First on were answered, and took that long in all from when their worker could begin on the first
// of them. Sent and Received are what they and their answers measure on the worker's stdio, in bytes.
type Done struct {
	Slot           int
	First          int64
	N              int
	Began          time.Time
	Took           time.Duration
	Sent, Received int64
}

// Answered is one of the items that were answered, for those who log each of them.
type Answered struct {
	Seq      int64
	Item     []byte
	Began    time.Time
	Took     time.Duration // its share of the time
	Received int           // what its answer measures, in bytes
}

// Failed: an item has failed for good, after so many attempts; Began and Took are those of the last one. ExitVal and Signal are
// what a process for that item alone would have ended with: not both are 0.
type Failed struct {
	Slot            int
	Seq             int64
	Item            []byte
	Partial         bool // Item is only its beginning
	Attempts        int
	ExitVal, Signal int
	Began           time.Time
	Took            time.Duration
	Why             error
}

// Retried: an item will be tried again.
type Retried struct {
	Slot int
	Seq  int64
	At   time.Time
	Why  string
}

// Ended: a worker's process is gone. Healthy: it had nothing left to do.
type Ended struct {
	Slot, Pid int
	At        time.Time
	How       string
	Healthy   bool
}

// Lingering: these workers have nothing left to do, and take long to end.
type Lingering struct{ Workers []Lingerer }

// Lingerer is a worker that has had nothing left to do for that long.
type Lingerer struct {
	Slot, Pid int
	For       time.Duration
}

// Printed: a worker has printed something besides its answers, which the listener may keep.
type Printed struct {
	Slot int
	Text []byte
}

// Warned: something is odd, and may need a person.
type Warned struct{ Text string }

// Noted: something did not work and is tried again, so that nothing is lost if nobody hears of it.
type Noted struct{ Text string }

func (*Started) event()   {}
func (*Warm) event()      {}
func (*Begun) event()     {}
func (*Done) event()      {}
func (*Answered) event()  {}
func (*Failed) event()    {}
func (*Retried) event()   {}
func (*Ended) event()     {}
func (*Lingering) event() {}
func (*Printed) event()   {}
func (*Warned) event()    {}
func (*Noted) event()     {}
