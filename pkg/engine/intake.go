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

// intake is what has yet to be taken: from the input, less what an earlier run has done, and before that from what was read between
// items that it has done. The dispatch's lock guards it.
type intake struct {
	source  *source.Source // nil before the run has begun
	batches *batchMaker
	done    []done   // items that need not be done and have not been read past, in their order
	between []*batch // items that were read between those and not taken, in their order
	past    int64    // items that were read past
	fail    func(error)
}

// next takes the next items, at most most: those between others that are done first.
func (in *intake) next(most int) (*batch, source.State) {
	if state := in.compare(); state != source.Took {
		return nil, state
	}
	if len(in.between) == 0 {
		items, state := in.source.Take(most, source.Slab)
		if state != source.Took {
			return nil, state
		}
		return in.batches.make(items, in.batches.queue.Push()), state
	}
	b := in.between[0]
	if b.N > most {
		in.between[0] = in.batches.split(b, most)
	} else {
		in.between = in.between[1:]
	}
	return b, source.Took
}

// more reports whether there are items to be taken now, isOver whether there will never be.
func (in *intake) more() bool {
	return len(in.between) > 0 || in.source != nil && in.source.More()
}
func (in *intake) isOver() bool {
	return len(in.between) == 0 && in.source != nil && in.source.Over()
}

// total is how many items there are in all; 0 as long as that is not known.
func (in *intake) total() int64 {
	if in.source == nil {
		return 0
	}
	n, _ := in.source.Total()
	return n
}

// taken returns how many items have been taken, how many of those an earlier run had done, and how many bytes they have.
func (in *intake) taken() (items, before, bytes int64) {
	if in.source == nil {
		return 0, 0, 0
	}
	items, bytes = in.source.Taken()
	if len(in.between) > 0 {
		items = in.between[0].First - 1
	}
	return items, in.past, bytes
}

// compare reads past all items that are done, and puts what lies between them aside. state is Took when all were found to be those of
// the run that is resumed: not before is anything new run or recorded, which would make it two runs in one.
func (in *intake) compare() source.State {
	for len(in.done) > 0 {
		r, next := &in.done[0], in.source.Next()
		most, between := r.N-r.read, next < r.First
		if between {
			most = int(min(r.First-next, math.MaxInt32))
		}
		items, state := in.source.Take(most, source.Slab)
		switch {
		case state == source.End && in.source.Err() == nil:
			in.fail(&MismatchError{First: in.source.Next()})
			return state
		case state != source.Took:
			return state
		case between:
			in.between = append(in.between, in.batches.make(items, in.batches.queue.Push()))
		case !in.readPast(r, items):
			return source.End
		}
	}
	return source.Took
}

// readPast reads past some items of r, the first ones that are done. When it comes to their end they must be the same.
func (in *intake) readPast(r *done, items source.Batch) bool {
	r.sum = r.sum.Then(InputSum(items))
	in.batches.pool.Put(items.Items)
	in.past += int64(items.N)
	if r.read += items.N; r.read < r.N {
		return true
	}
	if r.sum != r.Input {
		in.fail(&MismatchError{r.First, r.First + int64(r.N) - 1})
		return false
	}
	if r.held != nil {
		if err := in.batches.queue.PushKept(*r.held); err != nil {
			in.fail(&queue.WriteError{What: "answers", Err: err})
			return false
		}
	}
	in.done = in.done[1:]
	return true
}
