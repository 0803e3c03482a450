package engine

import (
	"time"

	"stoke/pkg/cut"
	"stoke/pkg/source"
)

// inflight is what one worker has in hand: batches that were sent to it and are not fully answered, how much that is, and
// since when. It knows nothing of workers, runs or locks.
type inflight struct {
	batches []*batch // oldest first
	company company

	bytes    int64 // handed to the worker so far
	sent     int64 // items; likewise
	answered int64
	owed     int      // answers that the worker has yet to give
	pending  int      // of those, how many it is at or has not begun, so far as can be seen
	finished evidence // that it has ever finished with items before it answered them

	busySince  time.Time // when it began with the items after those
	owingSince time.Time // when it began with the items it has not answered

	cancelled   int64     // the last item that the worker was told to give up, counted from 1
	cancelledAt time.Time // when it was told so
}

// evidence is what tells that a worker has finished with items that it has not answered.
type evidence int

const (
	noEvidence evidence = iota
	guessed             // nothing but its silence, which is believed until it writes something
	seen
)

// company is what a worker may be given besides what it has in hand.
type company int

const (
	anything   company = iota
	nothingYet         // it is to be done with what it has, to take what must be alone
	none               // what it has must be alone
)

// oldest is the oldest batch that is not fully answered, or nil.
func (f *inflight) oldest() *batch {
	if len(f.batches) == 0 {
		return nil
	}
	return f.batches[0]
}

// send notes that b was sent, as so many bytes.
func (f *inflight) send(b *batch, bytes int, now time.Time) {
	f.bytes += int64(bytes)
	b.sent = b.owed()
	f.sent += int64(b.sent)
	f.owed += b.sent
	f.pending += b.sent
	b.end, b.sentAt = f.bytes, now
	f.batches = append(f.batches, b)
	f.company = anything
	if b.alone {
		f.company = none
	}
}

// answer notes n more answers.
func (f *inflight) answer(n int) {
	f.answered += int64(n)
	f.owed -= n
	f.pending = min(f.pending, f.owed)
}

// consume notes that the worker has finished with all it has, and how that is known.
func (f *inflight) consume(now time.Time, how evidence) {
	f.pending, f.finished, f.busySince = 0, how, now
}

// doubt forgets what was only a guess, now that the worker has shown itself.
func (f *inflight) doubt() {
	if f.finished == guessed {
		f.pending, f.finished = f.owed, noEvidence
	}
}

// begin notes that the worker begins only now with what it has: what was before was no work on an item.
func (f *inflight) begin(now time.Time) { f.busySince, f.owingSince = now, now }

// cancel notes that the worker is told to give up the item it is at, and returns which of all it was sent that is, from 1.
func (f *inflight) cancel(now time.Time) int64 {
	f.cancelled, f.cancelledAt = f.answered+1, now
	return f.cancelled
}

// isCancelled reports whether the worker was told to give up the item it is at.
func (f *inflight) isCancelled() bool { return f.cancelled == f.answered+1 }

// removeOldest takes the oldest batch out, which is fully answered or goes elsewhere.
func (f *inflight) removeOldest() { f.batches = f.batches[:copy(f.batches, f.batches[1:])] }

// putFirst puts b before all others.
func (f *inflight) putFirst(b *batch) { f.batches = append([]*batch{b}, f.batches...) }

// scanner returns how many items p, the beginning of what was sent for a batch, holds whole, at most most, and where the last of
// them ends.
type scanner func(b *batch, p []byte, most int) (n, end int)

// reached is the number of unanswered items that a worker has begun to read which has read that many bytes in all.
func (f *inflight) reached(read int64, scan scanner) (n int) {
	for _, b := range f.batches {
		n += b.reached(read, func(p []byte, most int) (int, int) { return scan(b, p, most) })
	}
	return n
}

// splitter takes the items from the n-th on off a batch, into one behind it.
type splitter func(b *batch, n int) *batch

// takeUnanswered empties f into the first n unanswered items and the rest, all as they were before they were sent.
func (f *inflight) takeUnanswered(n int, d cut.Delimiter, pool *source.Pool, split splitter) (first, rest []*batch) {
	for _, b := range f.batches {
		b.renew(d, pool)
		switch {
		case n == 0:
			rest = append(rest, b)
		case n < b.N:
			first = append(first, b)
			rest = append(rest, split(b, n))
			n = 0
		default:
			first = append(first, b)
			n -= b.N
		}
	}
	f.batches = f.batches[:0]
	return first, rest
}

// takeNext takes the next item, the answer to which has just come and is none, out of the worker's hands. It returns the item as it was
// before it was sent, what was answered before it of the same batch, and what is behind it, which stays in flight; nil for
// neither.
func (f *inflight) takeNext(d cut.Delimiter, pool *source.Pool, scan scanner, split splitter) (item, before, behind *batch) {
	b := f.batches[0]
	f.answer(1)
	f.removeOldest()
	was, whole := *b, b.sent-b.owed()+1
	off := 0
	if b.N > 1 {
		_, off = scan(b, b.onWire(), whole)
	}
	refusal := append([]refusal(nil), b.refusal...)
	if item = b; b.done > 0 {
		before, item = b, split(b, b.done)
		b.refusal = b.refusal[:0]
	}
	if item.N > 1 {
		behind = split(item, 1)
		behind.sent, behind.end, behind.sentAt = was.sent-whole, was.end, was.sentAt
		if was.wire != nil {
			behind.wire = append(pool.Get(len(was.wire)-off), was.wire[off:]...)
		}
		if was.ends != nil {
			for _, at := range was.ends[whole:] {
				behind.ends = append(behind.ends, at-off)
			}
		}
		for _, r := range refusal {
			r.index -= was.done + 1
			behind.refusal = append(behind.refusal, r)
		}
		f.putFirst(behind)
	}
	item.renew(d, pool)
	return item, before, behind
}
