package engine

import (
	"fmt"
	"math"

	"stoke/pkg/journal"
	"stoke/pkg/queue"
	"stoke/pkg/source"
)

// MismatchError says that the input is not that of the run which is to be resumed.
type MismatchError struct {
	First, Last int64 // items that differ; Last is 0 if the input ends before them
}

func (e *MismatchError) Error() string {
	if e.Last == 0 {
		return fmt.Sprintf("the input is not that of the run to be resumed: it ends before item %d", e.First)
	}
	if e.Last == e.First {
		return fmt.Sprintf("the input is not that of the run to be resumed: item %d is another one", e.First)
	}
	return fmt.Sprintf("the input is not that of the run to be resumed: one of the items %d to %d is another one", e.First, e.Last)
}

// done is a run of items that an earlier run has finished, and how far they have been read past.
type done struct {
	journal.Range
	held *journal.Held // their output, if its turn has not come; else it is written
	sum  journal.Sum   // of those read past
	read int
}

// doneBefore lists what of the state of a resumed run is to be read past, in the order of items.
func doneBefore(s *journal.State, unordered bool) (list []done) {
	if s == nil {
		return nil
	}
	if unordered {
		for _, r := range s.Done {
			list = append(list, done{Range: r})
		}
		return list
	}
	if s.Next > 1 {
		list = append(list, done{Range: journal.Range{First: 1, N: int(s.Next - 1), Input: s.Input}})
	}
	for i := range s.Held {
		h := &s.Held[i]
		list = append(list, done{Range: journal.Range{First: h.First, N: h.N, Input: h.Input}, held: h})
	}
	return list
}

// InputSum is the sum of items as the record has it. Of a refused one only the beginning and the size are known.
func InputSum(items source.Batch) journal.Sum {
	sum := journal.SumOf(items.Items)
	if items.Refused > 0 {
		sum.Len = items.Refused
	}
	return sum
}

// compare reads past all items that are done, and puts what lies between them aside. state is Took when all were found to be those of
// the run that is resumed: not before is anything new run or recorded, which would make it two runs in one.
func (d *dispatch) compare() source.State {
	for len(d.done) > 0 {
		r, next := &d.done[0], d.source.Next()
		most, between := r.N-r.read, next < r.First
		if between {
			most = int(min(r.First-next, math.MaxInt32))
		}
		items, state := d.source.Take(most, source.Slab)
		switch {
		case state == source.End && d.source.Err() == nil:
			d.fail(&MismatchError{First: d.source.Next()})
			return state
		case state != source.Took:
			return state
		case between:
			d.between = append(d.between, d.newBatch(items, d.queue.Push()))
		case !d.readPast(r, items):
			return source.End
		}
	}
	return source.Took
}

// readPast reads past some items of r, the first ones that are done. When it comes to their end they must be the same.
func (d *dispatch) readPast(r *done, items source.Batch) bool {
	r.sum = r.sum.Then(InputSum(items))
	d.pool.Put(items.Items)
	d.before += int64(items.N)
	if r.read += items.N; r.read < r.N {
		return true
	}
	if r.sum != r.Input {
		d.fail(&MismatchError{r.First, r.First + int64(r.N) - 1})
		return false
	}
	if r.held != nil {
		if err := d.queue.PushKept(*r.held); err != nil {
			d.fail(&queue.WriteError{What: "answers", Err: err})
			return false
		}
	}
	d.done = d.done[1:]
	return true
}

// piece describes the next n items of b that are finished, with a failure if it is one that failed; nil if nothing is recorded.
func (e *Engine) piece(b *batch, n int, failure *journal.Failure) *journal.Piece {
	if !e.o.Sink.Durable() {
		return nil
	}
	p := &journal.Piece{First: b.First + int64(b.told), N: n}
	if b.Refused > 0 {
		p.Input = InputSum(b.Batch)
	} else {
		_, end := e.o.Delimiter.First(b.Items[b.toldEnd:], n)
		if b.told+n == b.N {
			end = len(b.Items) - b.toldEnd
		}
		p.Input = journal.SumOf(b.Items[b.toldEnd : b.toldEnd+end])
		b.toldEnd += end
	}
	b.told += n
	if failure != nil {
		failure.Input = p.Input
		p.Failed = []journal.Failure{*failure}
	}
	return p
}
