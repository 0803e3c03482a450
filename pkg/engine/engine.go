package engine

import (
	"context"
	"errors"
	"io"
	"sync"

	"stoke/pkg/queue"
)

// Summary counts what a run did.
type Summary struct {
	Answered, Failed int64
	Retried          int64 // items tried again, each time counted
	Reached          bool  // there were as many successes as the Halt was to stop at: failures on the way do not matter
	StoppedAfter     int64 // the item after which it stopped the run, if that was not the last one
}

// Engine is one run. Make it with New; Run may be called once.
type Engine struct {
	run
	runners []*runner
}

// New prepares a run.
func New(o Options) *Engine {
	o = o.whole()
	e := &Engine{run: run{o: o}}
	e.abort = newAbort(func() {
		for _, r := range e.runners {
			r.wake()
		}
	})
	e.habits.obliged, e.habits.escaped, e.habits.grouped = o.Protocol.Bound, o.Protocol.Replies, o.Protocol.Grouped
	e.tell, e.words, e.every = o.Tell, o.Word, o.TellEach
	e.departures.patience, e.departures.tell = o.Patience, o.Tell
	e.queue = queue.New(queue.Options{
		Pool: &e.pool, Limit: o.Buffer / 2, Unordered: o.Unordered, // the other half: items in flight, and the program itself
		Sink: o.Sink, Failed: o.Failed, Writable: o.Writable,
		Broken: func(err *queue.WriteError) { e.fail(err) }, Room: func() { e.dispatch.wakeAll() },
	})
	e.dispatch.prepare(batchMaker{queue: e.queue, pool: &e.pool, delim: o.Delimiter}, o.Jobs)
	e.dispatch.refuse, e.dispatch.proven = e.refuse, func() bool { return e.answered.Load() > 0 }
	e.dispatch.lasting = o.Sink.Durable()
	e.dispatch.intake.done, e.dispatch.intake.fail = doneBefore(o.Resumed, o.Unordered), e.fail
	if o.InitJobs > 0 {
		e.warmups = make(chan struct{}, o.InitJobs)
	}
	for slot := 1; slot <= o.Jobs; slot++ {
		e.runners = append(e.runners, newRunner(&e.run, slot))
	}
	return e
}

// Run maps all items of in and returns when everything due is written and all workers are gone. When ctx is cancelled
// it is killed at once, with the cause. Failed items are no error of the run, unless OnError says Stop, or Halt that these are too many.
func (e *Engine) Run(ctx context.Context, in io.Reader) (Summary, error) {
	waiters := make([]*waiter, len(e.runners))
	for i, r := range e.runners {
		waiters[i] = r.waiter
	}
	src := e.dispatch.open(in, e.o.MaxItem, waiters)
	defer src.Close()
	defer context.AfterFunc(ctx, func() { e.kill(context.Cause(ctx)) })()

	var runners sync.WaitGroup
	for _, r := range e.runners {
		runners.Go(r.run)
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		e.queue.Write()
	}()
	runners.Wait()
	e.leaving.Wait()
	if errors.Is(e.failure(), errReached) {
		e.queue.CloseAll()
	}
	e.queue.Finish()
	<-written
	if err := src.Err(); err != nil {
		e.fail(&ReadError{err})
	}
	return e.verdict()
}

// Drain makes the run take no more items, and end when those in flight are answered.
func (e *Engine) Drain() { e.dispatch.drain() }

// Outlook says what there is still to answer. Any goroutine may ask.
func (e *Engine) Outlook() Outlook { return e.dispatch.outlook() }

// Stop ends the run at once, for a reason that leaves workers the time to run what is to be run at their end.
func (e *Engine) Stop(err error) { e.fail(err) }

func (e *Engine) summary() Summary {
	return Summary{Answered: e.answered.Load(), Failed: e.failed.Load(), Retried: e.retried.Load()}
}

// curtailed reports whether a Halt has kept the run from taking all items.
func (e *Engine) curtailed() bool { return e.halted.Load() && !e.dispatch.intake.isOver() }

// verdict is what became of the run, and why it failed, if it did.
func (e *Engine) verdict() (Summary, error) {
	err := e.failure()
	if errors.Is(err, errReached) {
		err = nil
	}
	sum := e.summary()
	if _, fault := e.suspect.unresolved(); err == nil && fault != nil {
		err = fault // none of the items has died
	}
	curtailed := e.curtailed()
	switch {
	case err != nil:
		if ends := e.departures.verdict(); ends != nil {
			e.warn(ends)
		}
		return sum, err
	case curtailed && !e.o.Halt.aim():
		return sum, e.o.Word(ErrHalted)
	case curtailed:
		sum.StoppedAfter, _, _ = e.dispatch.taken()
	}
	sum.Reached = e.halted.Load() && e.o.Halt.Of == Successes
	return sum, e.departures.verdict()
}
