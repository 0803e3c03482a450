package engine

import (
	"time"
)

// owner is the runner of a worker. A worker that was handed over, because its successor is warm, has one that wants to know less.
type owner interface {
	becameWarm(took time.Duration)
	answered()         // starts work here
	hasAnswered() bool // a worker of the slot, at some time
	noteAnswered()
	succession
}

// former is the owner of a worker that was handed over.
type former struct{ owner }

func (former) becameWarm(time.Duration) {}
func (o former) answered()              { o.noteAnswered() }

// turnover is when a worker is to be replaced.
type turnover struct {
	possible bool // workers of this run are replaced
	retiring bool
	allotted int64     // items after which it is
	sized    time.Time // when its memory was last looked at
}

// succession is how a worker gets a successor.
type succession interface {
	prepare()                         // begins to warm one up, if that is not done yet
	forgive() bool                    // forgets one that could not be started, if that is so
	successor() bool                  // whether there is one, and it is warm
	goesOn() bool                     // whether the worker is to be given more, although it has done its share
	due() (latest time.Time, ok bool) // until when it waits for the one that is being warmed up
	warmUp() time.Duration            // how long it takes to warm up
}
