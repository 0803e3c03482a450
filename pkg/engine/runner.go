package engine

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"stoke/pkg/sizing"
	"stoke/pkg/source"
	"stoke/pkg/worker"
)

// cold is the load of a runner without a worker: everybody with one is asked first.
const cold = 1 << 40

// settled is added to the time that a successor without --ready is given to warm up, when it cannot be seen to.
const settled = 250 * time.Millisecond

const (
	// defaultPatience is how long a worker may keep the run waiting before a word is said about it.
	defaultPatience = 10 * time.Second
	// endPatience is how long a worker may take to exit that has ended its output before it had answered everything.
	endPatience = time.Second
)

// runner owns one worker slot: it takes batches, starts a worker when it has one, and replaces the worker in time.
type runner struct {
	e      *Engine
	slot   int
	signal chan struct{} // rung by wake while there is no worker
	called atomic.Bool   // woken, and has not taken since
	load   atomic.Int64  // items its worker has in hand, for the choice of whom to wake

	next    *prepared     // the worker that will replace the present one, once begun
	initFor time.Duration // how long its first worker took to warm up

	parting atomic.Int32 // workers of this slot that were replaced, and have not ended

	misstarts int // starts of this slot that failed in a row

	at    atomic.Int64 // the item its worker is at, or away, idling, warming
	since atomic.Int64 // when it began with it, in nanoseconds
	slow  atomic.Pointer[slowItem]

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
	r.at.Store(away)
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
	defer r.abandon()
	<-r.signal
	for b := r.first(); b != nil; b = r.first() {
		if err := r.serve(b); err != nil && !r.again(err) {
			r.e.fail(err)
			return
		}
	}
}

// first waits for the first batch; nil when there is nothing more to do, or at the end of the run.
func (r *runner) first() *batch {
	for !r.e.cancelled() {
		b, state := r.e.dispatch.take(r, 1, nil, true)
		if b != nil {
			return b
		}
		if state == source.End && r.e.dispatch.settled(r) {
			return nil
		}
		<-r.signal
	}
	return nil
}

// start starts a worker, or returns the successor that is being warmed up. counted says that it still counts as warming up.
func (r *runner) start() (w Worker, counted bool, err error) {
	if p := r.next; p != nil {
		r.next = nil
		<-p.ready
		return p.w, false, p.err
	}
	began := time.Now()
	w, err = r.e.launch(r.slot, 0, r.e.cancelled)
	r.initFor = time.Since(began)
	return w, !r.e.o.StartsWarm, err
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
	began := time.Now()
	w, err := e.o.Start(slot, settle, cancelled)
	if err == nil {
		e.observeStart(slot, w, began, settle > 0 || e.o.StartsWarm)
	}
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
// first. It returns when the last of them is gone. An error is that of a failed start, or one that ends the run.
func (r *runner) serve(first *batch) error {
	for {
		w, counted, err := r.start()
		if err != nil {
			if first != nil {
				r.e.dispatch.giveBack(first, 0, nil)
			}
			return err
		}
		r.attach(w)
		c := newConversation(r, w, counted)
		outcome, err := c.run(first)
		r.attach(nil)
		if outcome != replaced || err != nil {
			return err
		}
		r.parting.Add(1)
		r.e.leaving.Go(func() {
			if _, err := c.run(nil); err != nil {
				r.e.fail(err)
			}
			r.parting.Add(-1)
			r.wake()
		})
		first = nil
	}
}

func (r *runner) attach(w Worker) {
	r.mu.Lock()
	r.worker = w
	r.mu.Unlock()
	if w == nil {
		r.load.Store(cold)
		r.at.Store(away)
	}
}

// mostParting is how many workers of a slot may take their time to end before the next one is replaced.
const mostParting = 2

// prepare begins to warm up the successor of the present worker, unless too many of its predecessors have not ended: it is
// called again when one has.
func (r *runner) prepare() {
	if r.next != nil || r.parting.Load() >= mostParting {
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

// retire begins to look for a successor when the worker has done its share.
func (c *conversation) retire() {
	o := &c.e.o
	if limit := o.RecycleNum; limit > 0 && sizing.Due(limit-c.sent, c.size.PerItem(), c.r.initFor) {
		if c.e.dispatch.over() {
			c.in = ending
			return
		}
		c.r.prepare()
		c.retiring = c.sent >= limit
	}
	if o.RecycleRSS > 0 && !c.retiring && time.Since(c.sized) >= sizeEvery {
		c.sized = time.Now()
		rss, ok := o.RSS(c.w.Pid())
		c.retiring = ok && rss > o.RecycleRSS
	}
	if c.retiring {
		c.r.prepare()
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
		if p.err != nil {
			return
		}
		c := newConversation(r, p.w, false)
		c.in, c.replaced, c.warm = ending, true, true
		if _, err := c.run(nil); err != nil {
			r.e.fail(err)
		}
	})
}

// starts counts workers that could not be started in a row, without an answer from any worker meanwhile.
type starts struct {
	mu       sync.Mutex
	failed   int
	answered int64 // items, when one last failed
}

func (s *starts) fail(answered int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answered != s.answered {
		s.answered, s.failed = answered, 0
	}
	s.failed++
	return s.failed
}

// Pauses between starts that fail: the first, and the longest.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
)

// again reports whether a worker may be started once more after err, and waits until that is due.
func (r *runner) again(err error) bool {
	r.e.dispatch.leave(r)
	var start *InitError
	if r.e.cancelled() || !errors.As(err, &start) || start.Final() {
		return false
	}
	r.misstarts++
	failed := r.e.starts.fail(r.e.answered.Load())
	if start.Short() {
		failed = r.misstarts
	}
	if failed > r.e.o.InitRetries {
		return false
	}
	pause := min(firstPause<<min(r.misstarts-1, 10), longestPause)
	r.e.o.Retrying(fmt.Sprintf("%v; another one is started in %v", err, pause))
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.e.dispatch.finished:
	case <-r.e.killed:
	}
	return !r.e.cancelled()
}
