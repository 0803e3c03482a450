package engine

import (
	"errors"
	"time"

	"stoke/pkg/worker"
)

// Observer is told what happens, for statistics and the like, from several goroutines at once.
type Observer interface {
	// Started: a worker process was started, and warms up.
	Started(slot, pid int, at time.Time)
	// Warm: it has begun to read, or says that it is ready.
	Warm(slot, pid int, took time.Duration)
	// Done: n items from first on were answered together; took is what all of them took, sent and received are bytes.
	Done(slot int, first int64, n int, began time.Time, took time.Duration, sent, received int64)
	// Failed: an item failed for good.
	Failed(slot int, seq int64, item string, attempts, exitval, signal int, began time.Time, took time.Duration, why string)
	// Retried: an item is to be tried again.
	Retried(slot int, seq int64, at time.Time, why string)
	// Ended: a worker is gone, healthy if it had nothing left to do.
	Ended(slot, pid int, at time.Time, how string, healthy bool)
}

// Job is told of each item that is done, with what it was and how it went, from any goroutine.
type Job func(seq int64, item []byte, began time.Time, took time.Duration, sent, received, exitval, signal int)

// span is a run of items that were answered together.
type span struct {
	first          int64
	n              int
	sent, received int64
}

// observe notes that n items from b's next on were answered, and tells of each item. bare says that answers is one without
// its end.
func (c *conversation) observe(b *batch, n int, answers []byte, bare bool) {
	if c.e.o.Observe != nil {
		s := span{first: b.seq(), n: n, received: int64(len(answers))}
		s.sent = int64(len(b.Items)) * int64(n) / int64(b.N) // what they have on average
		c.spans = append(c.spans, s)
	}
	if c.e.o.Job == nil {
		return
	}
	rest := b.Items[b.offset(b.done, c.e.o.Delimiter):]
	took := time.Since(c.inflight.owingSince) / time.Duration(n)
	for i := range n {
		var item, answer []byte
		item, rest = c.e.o.Delimiter.Split(rest, b.N-b.done-i)
		if answer = answers; !bare {
			answer, answers = c.dec.Split(answers)
		}
		c.e.o.Job(b.seq()+int64(i), item, c.inflight.owingSince.Add(time.Duration(i)*took), took, len(item), len(answer), 0, 0)
	}
}

// report tells of what has been answered since c.inflight.owingSince: each run of items has its share of the time.
func (c *conversation) report(now time.Time) {
	total := 0
	for _, s := range c.spans {
		total += s.n
	}
	if total == 0 {
		return
	}
	elapsed, began := now.Sub(c.inflight.owingSince), c.inflight.owingSince
	for _, s := range c.spans {
		took := time.Duration(float64(elapsed) * float64(s.n) / float64(total))
		c.e.o.Observe.Done(c.r.slot, s.first, s.n, began, took, s.sent, s.received)
		began = began.Add(took)
	}
	c.spans = c.spans[:0]
}

// observeFailure tells that the next item of b has failed, on which a worker had been since began.
func (e *Engine) observeFailure(b *batch, item []byte, slot, attempts int, err error, began time.Time) {
	exitval, signal := statusOf(err)
	took := time.Since(began)
	if e.o.Observe != nil {
		e.o.Observe.Failed(slot, b.seq(), string(item), attempts, exitval, signal, began, took, err.Error())
	}
	if e.o.Job != nil {
		e.o.Job(b.seq(), item, began, took, len(item), 0, exitval, signal)
	}
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

// observeEnd tells that a worker is gone, healthy if it had nothing left to do.
func (e *Engine) observeEnd(slot int, w Worker, exit worker.Exit, healthy bool) {
	if e.o.Observe != nil {
		e.o.Observe.Ended(slot, w.Pid(), time.Now(), exit.String(), healthy)
	}
}

// observeStart tells that a worker was started, and whether it is warm already.
func (e *Engine) observeStart(slot int, w Worker, began time.Time, warm bool) {
	if e.o.Observe == nil {
		return
	}
	e.o.Observe.Started(slot, w.Pid(), began)
	if warm {
		e.o.Observe.Warm(slot, w.Pid(), time.Since(began))
	}
}
