package engine

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stoke/pkg/cut"
	"stoke/pkg/queue"
	"stoke/pkg/source"
)

// makeRoom is what take says to a runner that is to take no more items until its worker has finished with those it has:
// a batch waits that must be alone.
const makeRoom source.State = -1

// dispatch hands batches to runners: it is the one place where items are taken, so that taking an item and giving it
// its place in the queue are one step, and where batches come back whose worker was lost. Its methods are safe for
// concurrent use.
type dispatch struct {
	mu      sync.Mutex
	source  *source.Source
	queue   *queue.Queue
	pool    *source.Pool
	free    []*batch // unused
	delim   cut.Delimiter
	waiting []*runner   // by slot; nil where the runner does not wait for items
	told    bool        // everybody who waited was woken at the end of the input
	drained atomic.Bool // no more items are to be taken; may be set without the lock, drain tells the others
	refuse  func(*batch)
	fail    func(error)
	before  int64       // items of those that were read past
	done    []done      // items that need not be done and have not been read past, in their order
	between []*batch    // items that were read between those and not taken, in their order
	proven  func() bool // whether any worker has answered

	out       int                    // batches taken, and neither closed nor given back
	loans     []*loan                // of those, what workers have that are not warm
	warm      int                    // workers that may take over such
	undecided []*runner              // to be woken when that, or the end of the run, is decided
	returned  []*batch               // given back and not taken again, in the order of their items
	later     map[*batch]*time.Timer // given back, but not to be taken again before some time
	lasting   bool                   // a later run takes up what this one leaves
	server    *runner                // will take what must be alone, or is making room for it
	finished  chan struct{}          // closed when there is nothing more to do
	calm      calm
}

func (d *dispatch) prepare(e *Engine) {
	d.queue, d.pool, d.delim, d.refuse = e.queue, &e.pool, e.o.Delimiter, e.refuse
	d.proven = func() bool { return e.answered.Load() > 0 }
	d.waiting = make([]*runner, e.o.Jobs)
	d.later = make(map[*batch]*time.Timer)
	d.finished = make(chan struct{})
	d.lasting = e.o.Sink.Durable()
	d.done, d.fail = doneBefore(e.o.Resumed, e.o.Unordered), e.fail
}

// again takes the oldest batch that was given back, if r may have it. One that must be alone is for a runner that is
// idle; if nobody else is about to take it, r is to become that.
func (d *dispatch) again(r *runner, most int, idle bool) (*batch, source.State) {
	for i, b := range d.returned {
		if b.doubt && !d.proven() && d.more() {
			continue
		}
		if b.alone && !idle {
			if d.server == nil || d.server == r {
				d.server = r
				return nil, makeRoom
			}
			continue
		}
		if !b.alone && b.N > most {
			d.returned = slices.Insert(d.returned, i+1, d.splitLocked(b, most))
		}
		return d.takeBack(i), source.Took
	}
	return nil, source.Empty
}

// takeBack takes one of the batches that were given back.
func (d *dispatch) takeBack(i int) *batch {
	b := d.returned[i]
	d.returned = slices.Delete(d.returned, i, i+1)
	if !slices.ContainsFunc(d.returned, func(b *batch) bool { return b.alone }) {
		d.server = nil
	}
	d.out++
	if len(d.returned) > 0 {
		d.wakeOne()
	}
	return b
}

// giveBack makes a batch that was taken available again, after a pause. server, if not nil, is a runner that is about to
// look for items, without a worker.
func (d *dispatch) giveBack(b *batch, pause time.Duration, server *runner) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out--
	defer d.rested()
	if pause > 0 && d.drained.Load() && d.lasting {
		d.settle()
		return
	}
	if b.alone && d.server == nil {
		d.server = server
	}
	if pause <= 0 || d.drained.Load() {
		d.insert(b)
		return
	}
	d.later[b] = time.AfterFunc(pause, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.later[b] != nil {
			delete(d.later, b)
			d.insert(b)
		}
	})
}

func (d *dispatch) insert(b *batch) {
	i, _ := slices.BinarySearchFunc(d.returned, b.First, func(b *batch, first int64) int { return int(b.First - first) })
	d.returned = slices.Insert(d.returned, i, b)
	d.wakeOne()
}

// leave says that r will not take what must be alone for the time being.
func (d *dispatch) leave(r *runner) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server == r {
		d.server = nil
		if len(d.returned) > 0 {
			d.wakeOne()
		}
	}
}

// closed says that a batch that was taken is done. Its caller must not use it again.
func (d *dispatch) closed(b *batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = append(d.free, b)
	d.out--
	d.rested()
	d.settle()
}

// newBatch returns a batch of items whose output goes to an entry.
func (d *dispatch) newBatch(items source.Batch, entry *queue.Entry) *batch {
	b := new(batch)
	if n := len(d.free); n > 0 {
		b, d.free = d.free[n-1], d.free[:n-1]
	}
	*b = batch{Batch: items, entry: entry, refusal: b.refusal[:0]}
	return b
}

// split takes the items from the n-th on, of which none is done, off a batch that was taken, into one behind it.
func (d *dispatch) split(b *batch, n int) *batch {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out++
	return d.splitLocked(b, n)
}

func (d *dispatch) splitLocked(b *batch, n int) *batch {
	at := b.offset(n, d.delim)
	rest := source.Batch{Items: append(d.pool.Get(len(b.Items)-at), b.Items[at:]...), N: b.N - n, First: b.First + int64(n)}
	b.Items, b.N = b.Items[:at], n
	return d.newBatch(rest, d.queue.After(b.entry))
}

// place is where the output of b goes; nil for none.
func place(b *batch) *queue.Entry {
	if b == nil {
		return nil
	}
	return b.entry
}

// taken returns how many items have been taken, how many of those an earlier run had done, and how many bytes they have.
// total is how many items there are in all; 0 as long as that is not known.
func (d *dispatch) total() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.source == nil {
		return 0
	}
	n, _ := d.source.Total()
	return n
}

func (d *dispatch) taken() (items, before, bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.source == nil {
		return 0, 0, 0
	}
	items, bytes = d.source.Taken()
	if len(d.between) > 0 {
		items = d.between[0].First - 1
	}
	return items, d.before, bytes
}

// over reports whether there are no more items to be taken.
func (d *dispatch) over() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.overLocked()
}

func (d *dispatch) overLocked() bool {
	return (d.drained.Load() || d.ended()) && len(d.returned) == 0
}

// Outlook is what a run has still to answer.
type Outlook int

const (
	AllAnswered  Outlook = iota // nothing: the input is at its end, and all of it is done
	ItemsMayCome                // nothing now, but the input is open
	ItemsInHand
)

// outlook says what there is still to answer.
func (d *dispatch) outlook() Outlook {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.out > 0 || len(d.returned) > 0 || len(d.later) > 0 || d.source != nil && d.more():
		return ItemsInHand
	case d.drained.Load() || d.source != nil && d.ended():
		return AllAnswered
	}
	return ItemsMayCome
}

// settled reports whether there is nothing more to do. If there may be, because items are in other hands that may come
// back, r will be woken when that is decided.
func (d *dispatch) settled(r *runner) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settle() {
		return true
	}
	d.waiting[r.slot-1] = r
	return false
}

func (d *dispatch) settle() bool {
	if d.out > 0 || len(d.later) > 0 || !d.overLocked() {
		return false
	}
	select {
	case <-d.finished:
	default:
		close(d.finished)
		d.wakeAllLocked()
		d.wakeUndecided()
	}
	return true
}

// isFinished reports whether there is nothing more to do.
func (d *dispatch) isFinished() bool {
	select {
	case <-d.finished:
		return true
	default:
		return false
	}
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

// tell wakes everybody who waits, once, at the end of the input.
func (d *dispatch) tell() {
	if !d.told {
		d.told = true
		d.wakeAllLocked()
	}
}

// drain ends the taking of items. Those that wait to be tried again are tried now, or left to the run that resumes this one:
// what they wait for may take its time.
func (d *dispatch) drain() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drained.Store(true)
	for b, timer := range d.later {
		timer.Stop()
		delete(d.later, b)
		if !d.lasting {
			d.insert(b)
		}
	}
	d.lapse()
	if d.source != nil {
		d.settle()
	}
	d.wakeAllLocked()
}
