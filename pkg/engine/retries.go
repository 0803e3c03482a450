package engine

import (
	"slices"
	"time"
)

// retries are the batches that were given back: each is ready to be taken again, or waits until its time has come. The
// dispatch's lock guards them.
type retries struct {
	ready  []*batch // in the order of their items
	later  map[*batch]*time.Timer
	server *waiter // will take what must be alone, or is making room for it; nil: nobody, or nothing must be
}

// add makes b ready.
func (r *retries) add(b *batch) {
	i, _ := slices.BinarySearchFunc(r.ready, b.First, func(b *batch, first int64) int { return int(b.First - first) })
	r.ready = slices.Insert(r.ready, i, b)
}

// postpone keeps b back until due is called, which must call isDue.
func (r *retries) postpone(b *batch, pause time.Duration, due func()) {
	if r.later == nil {
		r.later = make(map[*batch]*time.Timer)
	}
	r.later[b] = time.AfterFunc(pause, due)
}

// isDue makes b ready whose pause is over. It reports whether that was still to be done.
func (r *retries) isDue(b *batch) bool {
	if r.later[b] == nil {
		return false
	}
	delete(r.later, b)
	r.add(b)
	return true
}

// cutShort ends all pauses and returns whose they were.
func (r *retries) cutShort() (all []*batch) {
	for b, timer := range r.later {
		timer.Stop()
		all = append(all, b)
	}
	r.later = nil
	return all
}

// choose returns the place of the oldest batch that w may have, or -1. One that must be alone is for a runner that is idle; if
// nobody else is about to take it, w is to become that: room. One in doubt comes when anything else has been tried.
func (r *retries) choose(w *waiter, idle, doubtful bool) (at int, room bool) {
	for i, b := range r.ready {
		switch {
		case b.doubt && !doubtful:
		case !b.alone || idle:
			return i, false
		case r.server == nil || r.server == w:
			r.server = w
			return -1, true
		}
	}
	return -1, false
}

// allDoubted reports whether nothing is ready that is beyond doubt.
func (r *retries) allDoubted() bool {
	return !slices.ContainsFunc(r.ready, func(b *batch) bool { return !b.doubt })
}

// oldestCalm returns the place of the oldest batch that is to be tried in calm, or -1.
func (r *retries) oldestCalm() int {
	return slices.IndexFunc(r.ready, func(b *batch) bool { return b.calm })
}

// remove takes the batch at that place out.
func (r *retries) remove(at int) *batch {
	b := r.ready[at]
	r.ready = slices.Delete(r.ready, at, at+1)
	if !slices.ContainsFunc(r.ready, func(b *batch) bool { return b.alone }) {
		r.server = nil
	}
	return b
}

// serve says that w, which has no worker, is about to look for items: b, if that must be alone, is for it, unless somebody else
// will take it.
func (r *retries) serve(w *waiter, b *batch) {
	if b.alone && r.server == nil {
		r.server = w
	}
}

// notServing says that w will not take what must be alone for the time being. It reports whether somebody else is to.
func (r *retries) notServing(w *waiter) bool {
	if r.server != w {
		return false
	}
	r.server = nil
	return len(r.ready) > 0
}
