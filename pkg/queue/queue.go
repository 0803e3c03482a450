// Package queue keeps what a run prints until its turn comes, and writes it in the order of the items.
//
// Each batch of items has an Entry, made in the order of the items: so the order is by construction, without numbers and
// without sorting. Output is published to entries as it comes, from any goroutine. The writer (writer.go), one goroutine, writes
// what the head, the first entry, has, and goes on to the next one when the head is closed.
//
// What waits behind a slow head lies in memory up to a limit; closed neighbours are merged (segment.go). Beyond the limit it is
// kept by the Sink: that of a plain run has a file without a name (plain.go), that of a recorded run a journal (recorded.go),
// which keeps all that is finished as soon as it has to wait.
//
// Buffers come from a source.Pool. Who publishes one gives it away.
package queue

import (
	"io"
	"sync"
	"time"

	"stoke/pkg/journal"
	"stoke/pkg/source"
)

// Sink takes the output of a run. Write, Place and Failed are called by one goroutine at a time, and Keep by another at once.
type Sink interface {
	// Write writes p, whose turn it is. of says which items it is of, where Durable wants to know.
	Write(p []byte, of *journal.Piece) error
	// Keep stores p, whose turn has not come. What it returns is for Place.
	Keep(p []byte, of *journal.Piece) (Kept, error)
	// Place writes, in that order, what was kept and has its turn now.
	Place([]Kept) error
	// Failed returns the failed items, each with its delimiter, of what an earlier run has kept.
	Failed(Kept) ([]byte, error)
	// Durable reports whether what is finished is to outlive the run: it is kept as soon as it has to wait, and has to be told
	// which items it is of.
	Durable() bool
}

// Kept is output that a Sink keeps, in words of the Sink.
type Kept any

// Options says how to write. All fields but Failed are required.
type Options struct {
	Pool      *source.Pool
	Limit     int64 // bytes of output to hold in memory before it is kept elsewhere
	Unordered bool  // write output as it is published
	Sink      Sink
	Failed    io.Writer         // gets failed items; optional
	Writable  func() bool       // whether the sink will take 4 KiB without blocking
	Broken    func(*WriteError) // told once when something cannot be written: nothing is from then on
	Room      func()            // told when there is room again after Full has said that there is none
}

// Entry is the place of a batch's output. It belongs to its Queue.
type Entry struct {
	out        []segment // not yet written
	failed     []byte    // failed items
	kept       int       // segments of out, from the first, that are kept
	closed     bool      // no more output will come
	last       bool      // the output of the run ends here: nothing more is taken
	prev, next *Entry
}

// Queue holds output. Its methods are safe for concurrent use, but Write, which is the writer.
//
// Memory is bounded by the limit in two ways: while the head has something to write, downstream is the bottleneck, and Full
// makes those who publish pause; while it has not, a straggler is, and what waits behind it is kept by the sink.
type Queue struct {
	o       Options
	durable bool
	werr    error // why nothing is written any more; belongs to who writes

	mu        sync.Mutex
	due       sync.Cond // the writer waits here
	root      Entry     // of the ring of entries: root.next is the head
	all       *Entry    // of an unordered run, the only entry, which never closes; or nil
	free      *Entry    // unused entries, linked by next
	moved     time.Time // when the writer last took something
	held      int64     // bytes of buffers with output, in memory
	refused   bool      // the sink could not keep something
	ended     bool      // nothing more will be published
	throttled bool      // Full said yes, and Room has not been told since
	asleep    bool      // the writer waits for output to be due
	lent      bool      // one who publishes writes what is due instead
}

// New makes a queue.
func New(o Options) *Queue {
	q := &Queue{o: o, durable: o.Sink.Durable(), moved: time.Now()}
	q.due.L = &q.mu
	q.root.next, q.root.prev = &q.root, &q.root
	if o.Unordered {
		q.all = q.link(new(Entry), q.root.prev)
	}
	return q
}

// Push appends an entry. Callers push in the order of the items.
func (q *Queue) Push() *Entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.push(q.root.prev)
}

// After inserts an entry behind e, for items that were taken off those of e.
func (q *Queue) After(e *Entry) *Entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.push(e)
}

// PushKept appends output that an earlier run has kept, with its failed items.
func (q *Queue) PushKept(k Kept) error {
	failed, err := q.o.Sink.Failed(k)
	if err != nil {
		return err
	}
	e := q.Push()
	q.mu.Lock()
	e.out = append(e.out, segment{kept: k})
	e.failed, e.kept = failed, 1
	q.mu.Unlock()
	q.Close(e, 0)
	return nil
}

func (q *Queue) push(behind *Entry) *Entry {
	if q.all != nil {
		return q.all
	}
	e := q.free
	if e == nil {
		e = new(Entry)
	} else {
		q.free = e.next
		*e = Entry{out: e.out[:0]}
	}
	return q.link(e, behind)
}

func (q *Queue) link(e, behind *Entry) *Entry {
	e.prev, e.next = behind, behind.next
	e.prev.next, e.next.prev = e, e
	return e
}

func (q *Queue) unlink(e *Entry) {
	e.prev.next, e.next.prev = e.next, e.prev
	e.next, e.prev = q.free, nil
	q.free = e
}

// head is the first entry; the root if there is none.
func (q *Queue) head() *Entry { return q.root.next }

// Fail notes items, each with its delimiter, as failed.
func (q *Queue) Fail(e *Entry, items []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.failed = append(e.failed, items...)
}

// Stop ends the output of the run with what e has so far: what is behind that is never due.
func (q *Queue) Stop(e *Entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.last = true
}

// Close ends the output of e, which had that many items. The caller must not use e again.
func (q *Queue) Close(e *Entry, items int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if e.last || e == q.all {
		return
	}
	e.closed = true
	if e != q.head() {
		q.keepBehind(e, items)
	}
	if e.next.closed {
		q.absorb(e, e.next)
	}
	if e.prev.closed { // never the root
		q.absorb(e.prev, e)
	} else if e == q.head() {
		q.advance()
		if q.isDue() {
			q.due.Signal()
		}
	}
}

// CloseAll closes all entries, so that what there is of those behind an open one is due, too, unless that is kept for another run.
func (q *Queue) CloseAll() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for e := q.head(); !q.durable && e != &q.root; e = e.next {
		e.closed = true
	}
}

// Finish says that nothing more will be published. The writer then writes what is due, and ends at the first open entry.
func (q *Queue) Finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.keepRest()
	q.ended = true
	q.due.Signal()
}

// advance removes entries from the front that are closed and written.
func (q *Queue) advance() {
	for e := q.head(); e.closed && len(e.out) == 0 && len(e.failed) == 0; e = q.head() {
		q.unlink(e)
	}
}

// isDue reports whether the writer has something to do.
func (q *Queue) isDue() bool {
	e := q.head()
	return !q.lent && (len(e.out) > 0 || len(e.failed) > 0)
}

// straggling reports whether the writer waits for the head to get output, rather than for its reader.
func (q *Queue) straggling() bool {
	e := q.head()
	return e != &q.root && !e.closed && len(e.out) == 0
}

// Full reports whether no more items should be taken for now; Room is told when that is over. oldest is the first entry that the asking
// worker has not answered, or nil: if it is the head, and the worker keeps answers in a buffer, only more items can bring
// them out.
func (q *Queue) Full(oldest *Entry) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	full := q.held > q.o.Limit && !(q.straggling() && (!q.refused || oldest == q.head()))
	q.throttled = q.throttled || full
	return full
}
