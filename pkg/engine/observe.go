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

// observe notes that n items from b's next on were answered, and tells of each item. bare says that answers is one without
// its end.
func (l *listener) observe(b *batch, n int, answers []byte, bare bool) {
	l.untold.runs = append(l.untold.runs, event.Done{Slot: l.r.slot, First: b.seq(), N: n, Received: int64(len(answers)),
		Sent: int64(len(b.Items)) * int64(n) / int64(b.N)}) // what they have on average
	if !l.e.every {
		return
	}
	rest := b.Items[b.offset(b.done, l.e.o.Delimiter):]
	a := &l.untold.item
	a.Took = time.Since(l.inflight.owingSince) / time.Duration(n)
	for i := range n {
		answer := answers
		if !bare {
			answer, answers = l.codec.Split(answers)
		}
		a.Item, rest = l.e.o.Delimiter.Split(rest, b.N-b.done-i)
		a.Seq, a.Began, a.Received = b.seq()+int64(i), l.inflight.owingSince.Add(time.Duration(i)*a.Took), len(answer)
		l.e.tell(a)
	}
}

// report tells of what has been answered since l.inflight.owingSince: each run of items has its share of the time.
func (l *listener) report(now time.Time) {
	total := 0
	for i := range l.untold.runs {
		total += l.untold.runs[i].N
	}
	elapsed, began := now.Sub(l.inflight.owingSince), l.inflight.owingSince
	for i := range l.untold.runs {
		run := &l.untold.runs[i]
		run.Began, run.Took = began, time.Duration(float64(elapsed)*float64(run.N)/float64(total))
		began = began.Add(run.Took)
		l.e.tell(run)
	}
	l.untold.runs = l.untold.runs[:0]
}
