package engine

import "testing"

// newRoom returns a room of waiters with these loads, of whom none waits, and a function that says who was woken since, by slot.
func newRoom(loads ...int64) (r *waitingRoom, all []*waiter, woken func() []int) {
	r = &waitingRoom{seats: make([]*waiter, len(loads))}
	for i, load := range loads {
		w := &waiter{slot: i + 1, signal: make(chan struct{}, 1)}
		w.load.Store(load)
		all = append(all, w)
	}
	return r, all, func() (slots []int) {
		for _, w := range all {
			if w.called.Swap(false) {
				slots = append(slots, w.slot)
			}
		}
		return slots
	}
}

func equal(got []int, want ...int) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i] != want[i] {
			return false
		}
	}
	return true
}

// A warm worker with little to do comes first, then one that warms up, then a slot without a worker, and nobody twice.
func TestWakeOne(t *testing.T) {
	r, all, woken := newRoom(cold, chilly, 5, 3, 3, cold)
	for _, w := range all {
		r.sit(w)
	}
	r.stand(all[5])
	for _, want := range []int{4, 5, 3, 2, 1} {
		if warm := r.someoneWarm(); warm != (want >= 3) {
			t.Errorf("before slot %d: someone warm %v", want, warm)
		}
		r.wakeOne()
		if got := woken(); !equal(got, want) {
			t.Errorf("slots %v were woken, want %d", got, want)
		}
	}
	r.wakeOne()
	r.wakeAll()
	if got := woken(); got != nil {
		t.Errorf("slots %v were woken, and nobody waits", got)
	}
}

// The end of the input is announced once; a decision concerns also those who do not wait for items, each once.
func TestWakeAll(t *testing.T) {
	r, all, woken := newRoom(cold, 1, 2)
	r.sit(all[0])
	r.announceEnd()
	r.sit(all[0])
	r.announceEnd()
	if got := woken(); !equal(got, 1) || r.seats[0] == nil {
		t.Errorf("slots %v were woken at the end, want the first", got)
	}
	r.watch(all[2])
	r.watch(all[2])
	r.decide()
	if got := woken(); !equal(got, 1, 3) || len(r.undecided) > 0 {
		t.Errorf("slots %v were woken by a decision, %d wait on", got, len(r.undecided))
	}
	r.decide()
	if got := woken(); got != nil {
		t.Errorf("slots %v were woken by the next", got)
	}
}

// Who is woken while it has a worker is rung there.
func TestWakeRings(t *testing.T) {
	w := &waiter{slot: 1, signal: make(chan struct{}, 1)}
	f := newFake(echo)
	w.wake()
	w.worker = f
	w.wake() // the first signal is still there
	if len(w.signal) != 1 || len(f.wake) != 1 {
		t.Errorf("%d signals, %d rings", len(w.signal), len(f.wake))
	}
}
