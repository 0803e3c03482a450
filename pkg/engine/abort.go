package engine

import (
	"sync"
)

// abort is how a run is ended at once: why, and who is to be called then. Safe for concurrent use.
type abort struct {
	wake   func()        // calls the runners
	killed chan struct{} // closed when the run is to end at once
	dead   chan struct{} // closed when that is to be without any mercy

	mu      sync.Mutex
	err     error               // the first failure of the run
	workers map[ringer]struct{} // those alive, to be rung
}

// ringer is a worker, whose conversation looks around when it is rung.
type ringer interface{ Ring() }

func newAbort(wake func()) abort {
	return abort{wake: wake, killed: make(chan struct{}), dead: make(chan struct{}), workers: make(map[ringer]struct{})}
}

// fail ends the run at once; the first reason given stays.
func (a *abort) fail(err error) {
	a.mu.Lock()
	if a.err != nil {
		a.mu.Unlock()
		return
	}
	a.err = err
	close(a.killed)
	a.ring()
	a.mu.Unlock()
	a.wake()
}

// kill ends the run with all its workers.
func (a *abort) kill(err error) {
	close(a.dead)
	a.fail(err)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ring()
}

func (a *abort) ring() {
	for w := range a.workers {
		w.Ring()
	}
}

// employ makes w be rung when the run is to end at once.
func (a *abort) employ(w ringer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.workers[w] = struct{}{}
}

func (a *abort) dismiss(w ringer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.workers, w)
}

func (a *abort) failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// cancelled reports whether the run is to end at once.
func (a *abort) cancelled() bool {
	select {
	case <-a.killed:
		return true
	default:
		return false
	}
}

// isDead reports whether the run was killed.
func (a *abort) isDead() bool {
	select {
	case <-a.dead:
		return true
	default:
		return false
	}
}
