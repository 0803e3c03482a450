package engine

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Loads of waiters that are asked only when nobody with a warm worker waits: without a worker, and with one that is not warm.
const (
	cold   = 1 << 40
	chilly = cold - 1
)

// waiter is a runner as those see it who have something for it: how much it has in hand, and how to wake it.
type waiter struct {
	slot   int
	signal chan struct{} // rung by wake while there is no worker
	called atomic.Bool   // woken, and has not taken since
	load   atomic.Int64  // items its worker has in hand, for the choice of whom to wake
	warm   bool          // its worker is warm, and may be given more; the dispatch's lock guards it, and only its runner changes it

	mu     sync.Mutex
	worker interface{ Ring() } // to be rung by wake; nil: none
}

// wake makes the runner look around: for items, for its successor, for the end of the run. Any goroutine may call it.
func (w *waiter) wake() {
	w.called.Store(true)
	select {
	case w.signal <- struct{}{}:
	default:
	}
	w.mu.Lock()
	worker := w.worker
	w.mu.Unlock()
	if worker != nil {
		worker.Ring()
	}
}

// attach says which worker is to be rung; nil: none.
func (w *waiter) attach(worker interface{ Ring() }) {
	w.mu.Lock()
	w.worker = worker
	w.mu.Unlock()
	if worker == nil {
		w.load.Store(cold)
	}
}

// waitingRoom is where runners wait: for items, each at its slot, or for a decision. Nobody waits for items who is about to
// ask: who is woken is taken out. The dispatch's lock guards it.
type waitingRoom struct {
	seats     []*waiter // by slot; nil where the runner does not wait for items
	undecided []*waiter // to be woken when it is decided what becomes of loans, or of the run
	ended     bool      // all were woken at the end of the input
}

// sit notes that w waits for items, stand that it does not.
func (r *waitingRoom) sit(w *waiter)   { r.seats[w.slot-1] = w }
func (r *waitingRoom) stand(w *waiter) { r.seats[w.slot-1] = nil }

// wakeOne wakes the one that is the best to have more work: one whose worker is warm and has the least to do, rather than
// one that would have to start a worker; among equals the lowest slot.
func (r *waitingRoom) wakeOne() {
	var best *waiter
	for _, w := range r.seats {
		if w != nil && (best == nil || w.load.Load() < best.load.Load()) {
			best = w
		}
	}
	if best != nil {
		r.stand(best)
		best.wake()
	}
}

// wakeAll wakes all that wait for items.
func (r *waitingRoom) wakeAll() {
	for i, w := range r.seats {
		if w != nil {
			r.seats[i] = nil
			w.wake()
		}
	}
}

// announceEnd wakes them once, at the end of the input.
func (r *waitingRoom) announceEnd() {
	if !r.ended {
		r.ended = true
		r.wakeAll()
	}
}

// someoneWarm reports whether one with a warm worker waits for items.
func (r *waitingRoom) someoneWarm() bool {
	return slices.ContainsFunc(r.seats, func(w *waiter) bool { return w != nil && w.load.Load() < chilly })
}

// watch has w be woken at the next decision, although it may not wait for items.
func (r *waitingRoom) watch(w *waiter) {
	if !slices.Contains(r.undecided, w) {
		r.undecided = append(r.undecided, w)
	}
}

// decide wakes all who wait for a decision, or for items.
func (r *waitingRoom) decide() {
	r.wakeAll()
	for _, w := range r.undecided {
		w.wake()
	}
	r.undecided = r.undecided[:0]
}
