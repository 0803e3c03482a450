package cmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"stoke/pkg/cut"
	"stoke/pkg/engine"
	"stoke/pkg/journal"
	"stoke/pkg/source"
)

// errComplete says that there is nothing to do: an earlier run has completed OUT.
var errComplete = errors.New("complete already")

// takeUp decides what becomes of what an earlier run has done: it is gone on with, its failed items are tried again or printed in another
// way, or there is nothing to do. The journal is not changed before the input was compared, if that can be read twice.
func (o *options) takeUp(j *journal.Journal, state *journal.State, in *os.File, v *voice) (_ *journal.State, err error) {
	complete := state.Completed != nil
	again := o.retryFailed && state.Failed > 0
	revised := state.Fresh == journal.Continues && len(state.Differs) > 0 && (!complete || state.Failed > 0)
	change, same := again || revised, true
	if change && rereadable(in) || complete && !change {
		same, err = o.sameInput(in, state)
	}
	switch mismatch := new(engine.MismatchError); {
	case complete && !again && (!same || errors.As(err, &mismatch)):
		return o.anew(j, in)
	case err != nil:
		return state, err
	case again:
		state, err = j.Reopen()
	case revised:
		state, err = j.Revise(o.failedText)
	case complete:
		return state, o.nothingToDo(j, state, v)
	}
	return state, resumeError(err)
}

// failedText is what an item prints that failed in an earlier run, as --on-error has it now.
func (o *options) failedText(f journal.FailedItem) []byte {
	return o.engine.Format.Failed(bytes.TrimSuffix(f.Item, o.delimiter))
}

// nothingToDo tells what an earlier run has completed.
func (o *options) nothingToDo(j *journal.Journal, state *journal.State, v *voice) error {
	v.note(fmt.Sprintf("%s is complete already: %s, %d of them failed", o.output, countItems(state.Items, "", ""), state.Failed))
	rec := newRecords()
	to, err := rec.failed(o.failed)
	if err != nil {
		return err
	}
	rec.begin()
	if err := cmp.Or((&answers{journal: j}).restoreFailed(to), rec.close()); err != nil {
		return err
	}
	if state.Failed > 0 {
		return &itemsFailed{n: state.Failed}
	}
	return errComplete
}

// anew starts afresh in the place of a run that was complete, of another input.
func (o *options) anew(j *journal.Journal, in *os.File) (*journal.State, error) {
	if !rereadable(in) {
		return nil, fmt.Errorf("--resume: %s is complete, but of another input than this", o.output)
	}
	return &journal.State{Next: 1}, resumeError(j.Restart())
}

// sameInput reads the items that are done, and reports whether there are no others; a *MismatchError says that they differ. What can be
// read once more is left where it was.
func (o *options) sameInput(in *os.File, state *journal.State) (same bool, err error) {
	var from io.Reader = in
	if start, err := in.Seek(0, io.SeekCurrent); err == nil {
		from = io.NewSectionReader(in, start, math.MaxInt64-start)
	}
	r := o.newReading(from)
	defer r.src.Close()
	for _, done := range state.Done {
		if _, err := r.pass(done.First - r.n - 1); err != nil {
			return false, err
		}
		sum, err := r.pass(int64(done.N))
		if err != nil {
			return false, err
		}
		if sum != done.Input {
			return false, &engine.MismatchError{First: done.First, Last: r.n}
		}
	}
	_, more := r.take(1)
	return !more, readError(r.src.Err())
}

// reading reads items as a run does, and waits for them.
type reading struct {
	src   *source.Source
	pool  source.Pool
	ready chan struct{}
	n     int64 // items read
}

func (o *options) newReading(in io.Reader) *reading {
	r := &reading{ready: make(chan struct{}, 1)}
	r.src = source.New(in, cut.Delimiter(o.delimiter), o.engine.MaxItem, &r.pool, func() {
		select {
		case r.ready <- struct{}{}:
		default:
		}
	})
	return r
}

// take returns the next items, at most most, unless there are none.
func (r *reading) take(most int) (source.Batch, bool) {
	for {
		items, state := r.src.Take(most, source.Slab)
		switch state {
		case source.End:
			return items, false
		case source.Took:
			r.n += int64(items.N)
			return items, true
		}
		<-r.ready
	}
}

// pass reads past n items, and returns their sum.
func (r *reading) pass(n int64) (sum journal.Sum, err error) {
	for end := r.n + n; r.n < end; {
		items, ok := r.take(int(min(end-r.n, 1<<20)))
		if !ok {
			if err := r.src.Err(); err != nil {
				return sum, readError(err)
			}
			return sum, &engine.MismatchError{First: r.n + 1}
		}
		sum = sum.Then(engine.InputSum(items))
		r.pool.Put(items.Items)
	}
	return sum, nil
}
