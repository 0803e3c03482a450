package engine

import (
	"time"

	"stoke/pkg/cut"
	"stoke/pkg/queue"
	"stoke/pkg/source"
)

// batch is a run of consecutive items on its way. It is in exactly one place: in the hands of the runner that took it, or lent by
// it to a worker that is not warm yet, until it is closed; or given back, among the retries.
type batch struct {
	source.Batch
	entry         *queue.Entry // where its output goes
	done          int          // items answered or failed so far, from the first
	cursor        int          // offset in Items of the first item not done; kept only where rendering needs items
	refusal       []refusal
	wire          []byte    // Items as the worker reads them, where that differs
	ends          []int     // where in wire each item ends that was sent; nil if its lines tell
	sent          int       // items in what was sent
	rendered      int       // items in output that is not published yet
	told, toldEnd int       // items that the record was told of, and where in Items they end
	end           int64     // offset in all that was sent to the worker, just behind this batch
	sentAt        time.Time // when that was done

	// What is known of items whose worker was lost.
	alone bool // to be sent to a worker that has nothing else in hand, so that what happens then is their doing
	calm  bool // likewise, and all other workers are to be at rest
	tries int  // how often the first item was charged; then it is the only one
	left  bool // a worker has left at the first item
	doubt bool // likewise, before any worker had answered anything
	again bool // it is out because it is tried again
}

// batchMaker makes batches, and uses those again that are done. The dispatch's lock guards it.
type batchMaker struct {
	queue *queue.Queue
	pool  *source.Pool
	delim cut.Delimiter
	free  []*batch
}

// make returns a batch of items whose output goes to an entry.
func (m *batchMaker) make(items source.Batch, entry *queue.Entry) *batch {
	b := new(batch)
	if n := len(m.free); n > 0 {
		b, m.free = m.free[n-1], m.free[:n-1]
	}
	*b = batch{Batch: items, entry: entry, refusal: b.refusal[:0]}
	return b
}

// reuse takes a batch that is done. Its caller must not use it again.
func (m *batchMaker) reuse(b *batch) { m.free = append(m.free, b) }

// split takes the items from the n-th on, of which none is done, off b, into a batch behind it.
func (m *batchMaker) split(b *batch, n int) *batch {
	at := b.offset(n, m.delim)
	rest := source.Batch{Items: append(m.pool.Get(len(b.Items)-at), b.Items[at:]...), N: b.N - n, First: b.First + int64(n)}
	b.Items, b.N = b.Items[:at], n
	return m.make(rest, m.queue.After(b.entry))
}

// refusal is an item that the framing cannot carry: it fails in its place without being sent.
type refusal struct {
	index int
	err   error
}

// seq is the number of the first item not done.
func (b *batch) seq() int64 { return b.First + int64(b.done) }

// owed is the number of answers that the worker has yet to give for this batch.
func (b *batch) owed() int { return b.N - b.done - len(b.refusal) }

// stretch is the number of items from the first not done that were sent without a refused one between.
func (b *batch) stretch() int {
	if len(b.refusal) > 0 {
		return b.refusal[0].index - b.done
	}
	return b.N - b.done
}

// onWire is what is sent to the worker.
func (b *batch) onWire() []byte {
	if b.wire != nil {
		return b.wire
	}
	return b.Items
}

// offset is where the item of that index begins.
func (b *batch) offset(index int, d cut.Delimiter) int {
	if index == 0 {
		return 0
	}
	if index == b.N {
		return len(b.Items)
	}
	_, at := d.First(b.Items, index)
	return at
}

// partial reports whether it is one item above the limit of which only the beginning is kept.
func (b *batch) partial() bool { return b.Refused > int64(len(b.Items)) }

// item returns the first item not done, without its delimiter.
func (b *batch) item(d cut.Delimiter) []byte {
	if b.Refused > 0 {
		return b.Items
	}
	item, _ := d.Split(b.Items[b.offset(b.done, d):], b.N-b.done)
	return item
}

// reached is the number of items, from the first not done, that a worker has begun to read which has read that many
// bytes in all. Refused items between them count.
func (b *batch) reached(read int64, scan func(p []byte, most int) (n, end int)) int {
	out := b.onWire()
	from := b.end - int64(len(out))
	if read <= from || b.owed() == 0 {
		return 0
	}
	if read >= b.end {
		return b.N - b.done
	}
	whole, end := scan(out[:read-from], b.sent)
	if from+int64(end) < read {
		whole++
	}
	unanswered := whole - (b.sent - b.owed())
	for i := b.done; i < b.N; i++ {
		if b.refused(i) {
			continue
		}
		if unanswered <= 0 {
			return i - b.done
		}
		unanswered--
	}
	return b.N - b.done
}

func (b *batch) refused(index int) bool {
	for _, r := range b.refusal {
		if r.index == index {
			return true
		}
	}
	return false
}

// renew makes b what it was before it was sent, less the items that are done.
func (b *batch) renew(d cut.Delimiter, pool *source.Pool) {
	if b.done > 0 {
		b.Items = b.Items[:copy(b.Items, b.Items[b.offset(b.done, d):])]
		b.First += int64(b.done)
		b.N -= b.done
		b.done, b.tries, b.left, b.doubt, b.calm = 0, 0, false, false, false
		b.told, b.toldEnd = 0, 0
	}
	b.cursor = 0
	b.refusal = b.refusal[:0]
	b.ends = nil
	if b.wire != nil {
		pool.Put(b.wire)
		b.wire = nil
	}
}
