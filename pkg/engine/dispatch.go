package engine

import (
	"sync"

	"stoke/pkg/source"
)

// dispatch hands batches to runners: it is the one place where items are taken, so that taking an item and giving it
// its place in the queue are one step. Its methods are safe for concurrent use.
type dispatch struct {
	mu      sync.Mutex
	source  *source.Source
	queue   *queue
	waiting []*runner // by slot; nil where the runner does not wait for items
	drained bool      // no more items are to be taken
	refuse  func(*batch)
}

// take takes a batch of at most most items for r. If there is none now, r will be woken when there may be one; at the
// end of the input everybody who waits is woken. oldest is what r's worker has not answered, or nil.
func (d *dispatch) take(r *runner, most int, oldest *batch) (*batch, source.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting[r.slot-1] = nil
	for {
		if d.drained {
			return nil, source.End
		}
		if d.queue.full(oldest) {
			d.waiting[r.slot-1] = r
			return nil, source.Empty
		}
		items, state := d.source.Take(most, source.Slab)
		switch state {
		case source.End:
			d.wakeAllLocked()
			return nil, state
		case source.Empty:
			d.waiting[r.slot-1] = r
			return nil, state
		}
		b := d.queue.push(items)
		if b.Refused > 0 {
			d.refuse(b)
			continue
		}
		if d.source.More() {
			d.wakeOne()
		}
		return b, state
	}
}

// over reports whether there are no more items to be taken.
func (d *dispatch) over() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.drained || d.source.Over()
}

// ready is called when the source may have more.
func (d *dispatch) ready() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wakeOne()
}

// wakeOne wakes the waiting runner that is the best one to have more work: one whose worker is warm and has the least
// to do, rather than one that would have to start a worker; among equals the lowest slot.
func (d *dispatch) wakeOne() {
	var best *runner
	for _, r := range d.waiting {
		if r != nil && (best == nil || r.load.Load() < best.load.Load()) {
			best = r
		}
	}
	if best != nil {
		d.waiting[best.slot-1] = nil
		best.wake()
	}
}

func (d *dispatch) wakeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wakeAllLocked()
}

func (d *dispatch) wakeAllLocked() {
	for i, r := range d.waiting {
		if r != nil {
			d.waiting[i] = nil
			r.wake()
		}
	}
}

// drain ends the taking of items.
func (d *dispatch) drain() {
	d.mu.Lock()
	d.drained = true
	d.mu.Unlock()
	d.wakeAll()
}
