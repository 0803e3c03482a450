package engine

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/journal"
	"stoke/pkg/queue"
	"stoke/pkg/source"
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
	o          Options // as New got them: they do not change
	pool       source.Pool
	queue      *queue.Queue
	dispatch   dispatch
	warmups    chan struct{} // a token for each worker that may warm up at once; nil: no limit
	slots      slots
	departures departures
	suspect    suspicion
	habits     habits

	teller
	abort
	halted  atomic.Bool
	leaving sync.WaitGroup
	runners []*runner
}

// New prepares a run.
func New(o Options) *Engine {
	o = o.whole()
	e := &Engine{o: o}
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
		e.runners = append(e.runners, newRunner(e, slot))
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

// refuse fails an item that is larger than may be.
func (e *Engine) refuse(b *batch) {
	e.failItem(b, 0, &TooLargeError{"it is", b.Refused, e.o.MaxItem}, time.Now())
	e.release(b)
}

// failItem fails the first item of b that is not done, on which a worker had been since began.
func (e *Engine) failItem(b *batch, slot int, err error, began time.Time) {
	e.tellBegun()
	item := b.item(e.o.Delimiter)
	err = e.o.Word(err)
	attempts := b.tries + 1
	if slot == 0 {
		attempts = 0
	}
	e.tellFailed(&event.Failed{Slot: slot, Seq: b.seq(), Item: item, Partial: b.partial(), Attempts: attempts, Why: err}, began)
	r := result{seq: b.seq(), item: item, partial: b.partial(), err: err, worker: slot, attempts: attempts}
	if slot > 0 {
		r.took = time.Since(began)
	}
	out := e.o.Format.append(e.pool.Get(len(item)+len(e.o.Format.Fill)+2), &r)
	if e.o.Sink.Durable() {
		whole := append(append([]byte(nil), item...), e.o.Delimiter...)
		e.publish(b, out, 1, &journal.Failure{Item: whole, Len: len(out)})
	} else if len(out) > 0 {
		e.publish(b, out, 1, nil)
	}
	if e.o.Failed != nil && b.Refused == 0 {
		e.queue.Fail(b.entry, append(append([]byte(nil), item...), e.o.Delimiter...))
	}
	b.done++
	b.cursor += len(item) + len(e.o.Delimiter)
	if e.o.Format.OnError == Stop {
		e.queue.Stop(b.entry)
		e.fail(ErrStopped)
	}
	e.count()
}

// publish passes output of b on, of its next n items, of which a failed one comes alone.
func (e *Engine) publish(b *batch, p []byte, n int, failure *journal.Failure) {
	e.queue.Publish(b.entry, p, e.piece(b, n, failure))
}

// finish closes a batch that was taken and is done.
func (e *Engine) finish(b *batch) {
	e.release(b)
	e.dispatch.closed(b)
}

// release closes a batch that is done, and gives its memory back.
func (e *Engine) release(b *batch) {
	e.pool.Put(b.Items)
	if b.wire != nil {
		e.pool.Put(b.wire)
	}
	e.queue.Close(b.entry, b.N)
}
