package engine

import (
	"sync"
	"time"

	"stoke/pkg/cut"
	"stoke/pkg/journal"
	"stoke/pkg/source"
)

// segment is a piece of rendered output: in memory, or n bytes at off in the spill file.
type segment struct {
	buf   []byte // nil if spilled or held
	off   int64
	n     int
	piece *journal.Piece // which items it is of, if that is recorded
	held  *journal.Held  // its output lies in the record
}

// queued is what the queue keeps for a batch.
type queued struct {
	out        []segment // rendered and not yet written
	failed     []byte    // failed items, for --failed
	kept       int       // segments of out, from the first, that lie in the record
	closed     bool      // no more output will come
	last       bool      // the output ends here: nothing more is taken, for this batch or one behind it
	prev, next *batch
}

// queue holds the output of batches in the order of their items. All methods are safe for concurrent use.
//
// Runners push batches at the end and publish output to them; the writer takes what the head has. Memory is bounded
// by the limit in two ways: while the head has something to write, downstream is the bottleneck, and full makes the
// runners pause; while it has not, a straggler is, and the output of those behind it goes to the spill file.
type queue struct {
	mu        sync.Mutex
	due       sync.Cond // the writer waits here
	root      batch     // of the ring of batches: root.next is the head
	free      *batch    // unused batches, linked by next
	pool      *source.Pool
	spill     spill
	record    Recorder    // or nil
	broken    func(error) // told when that fails
	moved     time.Time   // when the writer last took something
	held      int64       // bytes of buffers with output, in memory
	limit     int64
	unordered bool
	ended     bool // nothing more will be published
	throttled bool // full said yes, and nobody has been woken since
	asleep    bool // the writer waits for output to be due
	lent      bool // a runner writes what is due instead
}

func newQueue(pool *source.Pool, limit int64, unordered bool) *queue {
	q := &queue{pool: pool, limit: limit, unordered: unordered}
	q.due.L = &q.mu
	q.root.next, q.root.prev = &q.root, &q.root
	if unordered { // one batch that is always the head takes the output of all
		q.link(&batch{})
	}
	return q
}

// push appends a batch for items. Callers push in the order of the items.
func (q *queue) push(items source.Batch) *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.fresh(items)
	if !q.unordered {
		q.link(b)
	}
	return b
}

// split takes the items from the n-th on, of which none is done, off b into a batch of their own behind it.
func (q *queue) split(b *batch, n int, d cut.Delimiter) *batch {
	at := b.offset(n, d)
	rest := source.Batch{Items: append(q.pool.Get(len(b.Items)-at), b.Items[at:]...), N: b.N - n, First: b.First + int64(n)}
	b.Items, b.N = b.Items[:at], n
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.fresh(rest)
	if !q.unordered {
		c.prev, c.next = b, b.next
		c.prev.next, c.next.prev = c, c
	}
	return c
}

// fresh returns an unused batch for items.
func (q *queue) fresh(items source.Batch) *batch {
	b := q.free
	if b == nil {
		b = new(batch)
	} else {
		q.free = b.next
	}
	*b = batch{Batch: items, refusal: b.refusal[:0], queued: queued{out: b.out[:0]}}
	return b
}

func (q *queue) link(b *batch) {
	b.prev, b.next = q.root.prev, &q.root
	b.prev.next, q.root.prev = b, b
}

func (q *queue) unlink(b *batch) {
	b.prev.next, b.next.prev = b.next, b.prev
	q.recycle(b)
}

func (q *queue) recycle(b *batch) {
	b.next, b.prev = q.free, nil
	q.free = b
}

func (q *queue) head() *batch {
	if q.root.next == &q.root {
		return nil
	}
	return q.root.next
}

// direct is the most that a runner writes itself: what a pipe that poll calls writable takes without blocking.
const direct = 4 << 10

// publish appends output to b. The queue takes the buffer p over: it must come from the pool. If p is little and due at
// once, and the writer sleeps, publish leaves p to the caller, who must call wroteDirectly: to wake the writer would
// take longer than to write.
func (q *queue) publish(b *batch, p []byte, piece *journal.Piece) (due bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held += int64(cap(p))
	if q.unordered {
		b = q.root.next
	}
	if b.last {
		q.release(p)
		return false
	}
	if b == q.root.next && len(b.out) == 0 && q.asleep && !q.lent && len(p) <= direct && piece == nil {
		q.lent = true
		return true
	}
	q.add(b, segment{buf: p, n: len(p), piece: piece})
	if b == q.root.next {
		q.due.Signal()
	}
	return false
}

// wroteDirectly takes back p from the caller of publish: written, or to be written after all.
func (q *queue) wroteDirectly(b *batch, p []byte, written bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lent = false
	if written {
		q.release(p)
	} else {
		if q.unordered {
			b = q.root.next
		}
		b.out = append([]segment{{buf: p, n: len(p)}}, b.out...)
	}
	if q.isDue() {
		q.due.Signal()
	}
}

// fail notes items, each with its delimiter, as failed.
func (q *queue) fail(b *batch, items []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.unordered {
		b = q.root.next
	}
	b.failed = append(b.failed, items...)
}

// stop ends the output with what b has so far: what is behind that is never due.
func (q *queue) stop(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.unordered {
		b = q.root.next
	}
	b.last = true
}

// close ends the output of b, which its caller must not use again.
func (q *queue) close(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if b.last {
		return
	}
	if q.unordered {
		q.recycle(b)
		return
	}
	b.closed = true
	if b != q.root.next {
		q.keep(b)
	}
	if b.next.closed {
		q.absorb(b, b.next)
	}
	if b.prev.closed { // never the root
		q.absorb(b.prev, b)
	} else if b == q.root.next {
		q.advance()
		if q.isDue() {
			q.due.Signal()
		}
	}
}

// advance removes batches from the front that are closed and written.
func (q *queue) advance() {
	for h := q.head(); h != nil && h.closed && len(h.out) == 0 && len(h.failed) == 0; h = q.head() {
		q.unlink(h)
	}
}

// isDue reports whether the writer has something to do.
func (q *queue) isDue() bool {
	h := q.head()
	return h != nil && !q.lent && (len(h.out) > 0 || len(h.failed) > 0)
}

// absorb moves the output of the closed batch b to the closed batch into, its neighbour before.
func (q *queue) absorb(into, b *batch) {
	if into.kept == len(into.out) {
		into.kept += b.kept
	}
	for _, s := range b.out {
		q.add(into, s)
	}
	into.kept = min(into.kept, len(into.out))
	into.N += b.N
	into.failed = append(into.failed, b.failed...)
	q.unlink(b)
}

// add appends s to the output of b: into the last buffer while both fit in one, else as a segment of its own. The
// buffer before is then as full as it will be, and is the one to be spilled when too much is held.
func (q *queue) add(b *batch, s segment) {
	if len(b.out) > 0 && s.buf != nil {
		last := &b.out[len(b.out)-1]
		if last.buf != nil && last.n+s.n <= source.Slab && consecutive(last.piece, s.piece) {
			q.join(last, s)
			return
		}
		q.relieve(b, last)
	}
	b.out = append(b.out, s)
}

func (q *queue) join(last *segment, s segment) {
	if last.n+s.n > cap(last.buf) {
		bigger := append(q.pool.Get(max(last.n+s.n, 2*cap(last.buf))), last.buf...)
		q.held += int64(cap(bigger) - cap(last.buf))
		q.pool.Put(last.buf)
		last.buf = bigger
	}
	last.buf = append(last.buf, s.buf...)
	if s.piece != nil {
		follow(last.piece, s.piece, last.n)
	}
	last.n += s.n
	q.release(s.buf)
}

func (q *queue) release(buf []byte) {
	q.held -= int64(cap(buf))
	q.pool.Put(buf)
}

// relieve spills the segment s of b if memory is held up by a straggler. If the disk will not have it, it stays.
func (q *queue) relieve(b *batch, s *segment) {
	if q.held <= q.limit || b == q.root.next || s.buf == nil || !q.straggling() {
		return
	}
	if q.record != nil {
		if !q.unordered && b.closed {
			q.hold(s)
		}
		return
	}
	if off, ok := q.spill.write(s.buf); ok {
		q.release(s.buf)
		s.buf, s.off = nil, off
	}
}

// straggling reports whether the writer waits for the worker of the head rather than for its reader.
func (q *queue) straggling() bool {
	h := q.head()
	return h != nil && !h.closed && len(h.out) == 0
}

// full reports whether no more items should be taken for now. The writer will call wake when it is over. oldest is the
// oldest batch that the asking runner's worker has not answered, or nil: if it is the head, and its worker keeps answers
// in a buffer, only more items can bring them out.
func (q *queue) full(oldest *batch) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	full := q.held > q.limit && !(q.straggling() && (q.spill.err == nil || oldest == q.head()))
	q.throttled = q.throttled || full
	return full
}

// skipOpen closes all batches, so that what there is of those behind an open one is due, too, unless that is kept for another run.
func (q *queue) skipOpen() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for b := q.root.next; q.record == nil && b != &q.root; b = b.next {
		b.closed = true
	}
}

// finish says that nothing more will be published. next then returns what is due, and ends at the first open batch.
func (q *queue) finish() {
	q.mu.Lock()
	q.keepRest()
	q.ended = true
	q.mu.Unlock()
	q.due.Signal()
}

// due is what the writer is to write next: one of these.
type due struct {
	segment segment
	held    []journal.Held
	failed  []byte // failed items
}

// next waits for the next output. ok is false at the end.
func (q *queue) next() (d due, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.advance(); !q.isDue(); q.advance() {
		if q.ended {
			return due{}, false
		}
		q.asleep = true
		q.due.Wait()
		q.asleep = false
	}
	q.moved = time.Now()
	h := q.head()
	switch {
	case len(h.out) == 0:
		d.failed, h.failed = h.failed, nil
	case h.out[0].held != nil:
		d.held = h.heldRun()
	default:
		d.segment = h.out[0]
		h.out = h.out[:copy(h.out, h.out[1:])]
		h.kept = max(0, h.kept-1)
	}
	return d, true
}

// wrote gives the buffer of a segment back, and reports whether runners that found the queue full can go on.
func (q *queue) wrote(s segment) (wake bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case s.buf != nil:
		q.release(s.buf)
	case s.n > 0:
		q.spill.done(s.n)
	}
	if q.throttled && (q.held <= q.limit*3/4 || q.straggling()) {
		q.throttled = false
		return true
	}
	return false
}
