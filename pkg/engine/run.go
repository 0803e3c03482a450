package engine

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/journal"
	"stoke/pkg/queue"
	"stoke/pkg/source"
	"stoke/pkg/worker"
)

// run is what all share that take part in a run. Its methods are safe for concurrent use, but a batch belongs to who took it.
type run struct {
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
}

// refuse fails an item that is larger than may be.
func (e *run) refuse(b *batch) {
	e.failItem(b, 0, &TooLargeError{"it is", b.Refused, e.o.MaxItem}, time.Now())
	e.release(b)
}

// failItem fails the first item of b that is not done, on which a worker had been since began.
func (e *run) failItem(b *batch, slot int, err error, began time.Time) {
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
func (e *run) publish(b *batch, p []byte, n int, failure *journal.Failure) {
	var piece *journal.Piece // nil: nothing is recorded
	if e.o.Sink.Durable() {
		piece = b.piece(n, failure, e.o.Delimiter)
	}
	e.queue.Publish(b.entry, p, piece)
}

// finish closes a batch that was taken and is done.
func (e *run) finish(b *batch) {
	e.release(b)
	e.dispatch.closed(b)
}

// release closes a batch that is done, and gives its memory back.
func (e *run) release(b *batch) {
	e.pool.Put(b.Items)
	if b.wire != nil {
		e.pool.Put(b.wire)
	}
	e.queue.Close(b.entry, b.N)
}

// count stops the run if it is to stop after what has been answered and has failed by now.
func (e *run) count() {
	h := &e.o.Halt
	if h.Count == 0 && h.Share == 0 || !h.due(e.answered.Load(), e.failed.Load()) || e.halted.Swap(true) {
		return
	}
	switch {
	case h.Now && h.aim():
		e.fail(errReached)
	case h.Now:
		e.fail(e.o.Word(ErrHalted))
	default:
		e.dispatch.drained.Store(true)
		e.leaving.Go(e.dispatch.drain) // not here: whoever counts may be taking items
	}
}

// launch starts one worker, when few enough others warm up. Unless Start returns only warm workers, this one counts
// as warming up until warmedUp is called, or until Start has let it settle.
func (e *run) launch(slot int, settle time.Duration, cancelled func() bool) (Worker, error) {
	if e.warmups != nil {
		select {
		case e.warmups <- struct{}{}:
		case <-e.dispatch.finished:
			return nil, worker.ErrStopped
		case <-e.killed:
			return nil, worker.ErrStopped
		}
		if cancelled() {
			e.warmedUp()
			return nil, worker.ErrStopped
		}
	}
	began := time.Now()
	w, err := e.o.Start(slot, settle, cancelled)
	if err == nil {
		e.tellStarted(slot, w, began, settle > 0 || e.o.Protocol.Greets)
	}
	if err != nil || settle > 0 || e.o.Protocol.Greets {
		e.warmedUp()
	}
	return w, err
}

// warmedUp says that one worker less warms up.
func (e *run) warmedUp() {
	if e.warmups != nil {
		<-e.warmups
	}
}

// becameWarm says that a worker of the run is warm.
func (e *run) becameWarm() {
	e.slots.warm.Store(true)
	e.tellBegun()
}

// pause waits, but not for what cannot come any more.
func (e *run) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-e.dispatch.finished:
	case <-e.killed:
	}
}

// scanSent returns how many items p, the beginning of what was sent for b, holds whole, at most most, and where the last of
// them ends.
func (e *run) scanSent(b *batch, p []byte, most int) (n, end int) {
	if b.ends != nil {
		n = min(sort.SearchInts(b.ends, len(p)+1), most)
		if n > 0 {
			end = b.ends[n-1]
		}
		return n, end
	}
	return e.o.Protocol.ScanSent(p, most)
}
