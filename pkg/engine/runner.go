package engine

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"stoke/pkg/source"
	"stoke/pkg/worker"
)

// cold is the load of a runner without a worker: everybody with one is asked first.
const cold = 1 << 40

// settled is added to the time that a successor without --ready is given to warm up, when it cannot be seen to.
const settled = 250 * time.Millisecond

// finishPatience is how long a worker that has answered everything may take to exit after the end of its input.
const finishPatience = 10 * time.Second

// runner owns one worker slot: it takes batches, starts a worker when it has one, and replaces the worker in time.
type runner struct {
	e      *Engine
	slot   int
	signal chan struct{} // rung by wake while there is no worker
	called atomic.Bool   // woken, and has not taken since
	load   atomic.Int64  // items its worker has in hand, for the choice of whom to wake

	next    *prepared     // the worker that will replace the present one, once begun
	initFor time.Duration // how long its first worker took to warm up

	mu     sync.Mutex
	worker Worker // to be rung by wake
}

// prepared is a worker that is warmed up while its predecessor still works.
type prepared struct {
	unwanted atomic.Bool
	ready    chan struct{} // closed when the others are set
	w        Worker
	err      error
}

func newRunner(e *Engine, slot int) *runner {
	r := &runner{e: e, slot: slot, signal: make(chan struct{}, 1)}
	r.load.Store(cold)
	return r
}

// wake makes the runner look around: for items, for its successor, for the end of the run. Any goroutine may call it.
func (r *runner) wake() {
	r.called.Store(true)
	select {
	case r.signal <- struct{}{}:
	default:
	}
	r.mu.Lock()
	w := r.worker
	r.mu.Unlock()
	if w != nil {
		w.Ring()
	}
}

// run serves until there are no more items or the run ends. It begins asleep, on the dispatch's list of those who wait,
// so that the first items go to the first slots.
func (r *runner) run() {
	<-r.signal
	b := r.first()
	for b != nil && !r.e.cancelled() {
		w, err := r.start()
		if err != nil {
			r.e.fail(err)
			return
		}
		b, err = r.serve(w, b)
		if err != nil {
			r.e.fail(err)
			return
		}
		if b == nil {
			b = r.first()
		}
	}
}

// first waits for the first batch; nil at the end of the input or of the run.
func (r *runner) first() *batch {
	for !r.e.cancelled() {
		b, state := r.e.dispatch.take(r, 1, nil)
		if state == source.End {
			return nil
		}
		if b != nil {
			return b
		}
		<-r.signal
	}
	return nil
}

// start starts a worker, as often as it may be tried.
func (r *runner) start() (Worker, error) {
	for {
		began := time.Now()
		w, err := r.e.launch(r.slot, 0, r.e.cancelled)
		if err == nil {
			r.initFor = time.Since(began)
			return w, nil
		}
		if !r.e.again(err) {
			return nil, err
		}
	}
}

// launch starts one worker, when few enough others warm up. Unless Start returns only warm workers, this one counts
// as warming up until warmedUp is called, or until Start has let it settle.
func (e *Engine) launch(slot int, settle time.Duration, cancelled func() bool) (Worker, error) {
	if e.warmups != nil {
		select {
		case e.warmups <- struct{}{}:
		case <-e.killed:
			return nil, worker.ErrStopped
		}
	}
	w, err := e.o.Start(slot, settle, cancelled)
	if err != nil || settle > 0 || e.o.StartsWarm {
		e.warmedUp()
	}
	return w, err
}

// warmedUp says that one worker less warms up.
func (e *Engine) warmedUp() {
	if e.warmups != nil {
		<-e.warmups
	}
}

// serve holds conversations with one worker after another, each replacing the one before, starting with the items of
// first. It returns a batch that must be begun anew with another worker, if its worker turned out not to start.
func (r *runner) serve(w Worker, first *batch) (*batch, error) {
	warm := r.e.o.StartsWarm
	for {
		r.attach(w)
		c := newConversation(r, w, warm)
		outcome, err := c.run(first)
		r.attach(nil)
		switch {
		case err != nil:
			return r.retry(c, err)
		case outcome != replaced:
			r.abandon()
			return nil, nil
		}
		r.e.leaving.Go(func() {
			if _, err := c.run(nil); err != nil {
				r.e.fail(err)
			}
		})
		first = nil
		if w, warm, err = r.succeed(); err != nil {
			return nil, err
		}
	}
}

// succeed returns the successor, or, if that failed to start, a worker in its stead that is not warm yet.
func (r *runner) succeed() (w Worker, warm bool, err error) {
	p := r.next
	r.next = nil
	if p.err == nil {
		return p.w, true, nil
	}
	if !r.e.again(p.err) {
		return nil, false, p.err
	}
	w, err = r.start()
	return w, r.e.o.StartsWarm, err
}

// retry decides about a worker that failed: if it never became warm, its items are as new.
func (r *runner) retry(c *conversation, err error) (*batch, error) {
	r.abandon()
	if r.e.again(err) {
		return c.unsent(), nil
	}
	return nil, err
}

func (r *runner) attach(w Worker) {
	r.mu.Lock()
	r.worker = w
	r.mu.Unlock()
	if w == nil {
		r.load.Store(cold)
	}
}

// prepare begins to warm up the successor of the present worker.
func (r *runner) prepare() {
	if r.next != nil {
		return
	}
	p := &prepared{ready: make(chan struct{})}
	r.next = p
	settle := 2*r.initFor + settled // a program that never sleeps in read, such as node, is warm after that
	r.e.leaving.Go(func() {
		p.w, p.err = r.e.launch(r.slot, settle, func() bool { return p.unwanted.Load() || r.e.cancelled() })
		close(p.ready)
		r.wake()
	})
}

// successor reports whether the successor is warm, or has failed.
func (r *runner) successor() bool {
	if r.next == nil {
		return false
	}
	select {
	case <-r.next.ready:
		return true
	default:
		return false
	}
}

// abandon ends a successor that is not needed any more.
func (r *runner) abandon() {
	p := r.next
	if p == nil {
		return
	}
	r.next = nil
	p.unwanted.Store(true)
	r.e.leaving.Go(func() {
		<-p.ready
		if p.err == nil {
			p.w.Finish(finishPatience, r.e.killed)
		}
	})
}

// starts counts workers that could not be started in a row.
type starts struct {
	mu     sync.Mutex
	failed int
}

// Pauses between starts that fail: the first, and the longest.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
)

// again reports whether a worker may be started once more after err, and waits until that is due.
func (e *Engine) again(err error) bool {
	var start *InitError
	if e.cancelled() || !errors.As(err, &start) || start.Final() {
		return false
	}
	e.starts.mu.Lock()
	e.starts.failed++
	n := e.starts.failed
	e.starts.mu.Unlock()
	if n > e.o.InitRetries {
		return false
	}
	pause := min(firstPause<<min(n-1, 10), longestPause)
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-e.killed:
	}
	return !e.cancelled()
}

// proven says that a worker has answered: those before that did not start are forgiven.
func (e *Engine) proven() {
	e.starts.mu.Lock()
	e.starts.failed = 0
	e.starts.mu.Unlock()
}
