package engine

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/worker"
)

// teller tells what happens in a run, and counts what became of items. Safe for concurrent use.
type teller struct {
	tell  event.Tell
	words func(error) error
	every bool // tells of each item that is answered, too

	answered, failed, retried atomic.Int64

	begun      sync.Once
	wondered   atomic.Bool // the user has been told of a worker that does not begin
	complained atomic.Bool // the user has been told of a worker that does not answer
}

// warn tells of something odd.
func (t *teller) warn(err error) { t.tell(&event.Warned{Text: t.words(err).Error()}) }

// note tells of something that is tried again.
func (t *teller) note(text string) { t.tell(&event.Noted{Text: text}) }

// tellBegun tells, once, that the run has begun. It has been told when it returns.
func (t *teller) tellBegun() { t.begun.Do(func() { t.tell(&event.Begun{}) }) }

// tellStarted tells that a worker was started, and whether it is warm already.
func (t *teller) tellStarted(slot int, w Worker, began time.Time, warm bool) {
	t.tell(&event.Started{Slot: slot, Pid: w.Pid(), At: began})
	if warm {
		t.tellWarm(slot, w, began)
	}
}

// tellWarm tells that a worker is warm that was started at that time.
func (t *teller) tellWarm(slot int, w Worker, began time.Time) {
	t.tell(&event.Warm{Slot: slot, Pid: w.Pid(), Took: time.Since(began)})
}

// tellEnded tells that a worker is gone, healthy if it had nothing left to do.
func (t *teller) tellEnded(slot int, w Worker, exit worker.Exit, healthy bool) {
	if exit.Left != 0 {
		t.warn(&LeftError{Slot: slot, Pid: w.Pid(), Left: exit.Left})
	}
	t.tell(&event.Ended{Slot: slot, Pid: w.Pid(), At: time.Now(), How: exit.String(), Healthy: healthy})
}

// tellRetried counts and tells that an item is to be tried again.
func (t *teller) tellRetried(slot int, seq int64) {
	t.retried.Add(1)
	t.tell(&event.Retried{Slot: slot, Seq: seq, At: time.Now(), Why: "it is tried again"})
}

// tellFailed counts and tells that an item has failed, on which a worker had been since began.
func (t *teller) tellFailed(f *event.Failed, began time.Time) {
	t.failed.Add(1)
	f.Began, f.Took = began, time.Since(began)
	f.ExitVal, f.Signal = statusOf(f.Why)
	t.tell(f)
}

// statusOf is what a process for that one item would have ended with.
func statusOf(err error) (exitval, signal int) {
	var (
		died *DiedError
		late *TimeoutError
	)
	switch {
	case errors.As(err, &died) && died.Exit.Signal != 0:
		return 0, int(died.Exit.Signal)
	case errors.As(err, &died) && died.Exit.Code > 0:
		return died.Exit.Code, 0
	case errors.As(err, &late):
		return -1, 15 // as GNU parallel has it
	}
	return 1, 0
}

// untold is what a conversation has yet to tell of the items that were answered.
type untold struct {
	runs []event.Done   // answered since the worker began with those that it has not answered
	item event.Answered // reused
}
