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

// haltNote is the name of the note in the journal of a complete run that says which --halt has stopped it early.
const haltNote = "halt"

// takeUp decides what becomes of what an earlier run has done: it is gone on with, its failed items are tried again or printed in another
// way, or there is nothing to do. The journal is not changed before the input was compared; one that can be read only once is copied
// for that.
func takeUp(p *plan, out *answers, state *journal.State, in *os.File, v *voice) (_ *journal.State, err error) {
	j, complete := out.journal, state.Completed != nil
	again := p.retryFailed && state.Failed > 0
	revised := state.Fresh == journal.Continues && len(state.Differs) > 0 && (!complete || state.Failed > 0)
	change, same := again || revised, true
	if change && !rereadable(in) {
		v.note("the input is read to its end first, to be compared with that of the earlier run")
		if in, err = copied(in); err != nil {
			return state, named("--arg-file", err)
		}
		out.input = in
	}
	if change || complete {
		same, err = sameInput(p, in, state)
		same = same || p.halt == j.Noted(haltNote) && p.halt != "" // which left items behind those that are done
	}
	switch mismatch := new(engine.MismatchError); {
	case complete && !again && (!same || errors.As(err, &mismatch)):
		return anew(p, j, in, v)
	case err != nil:
		return state, err
	case again:
		state, err = j.Reopen()
	case revised:
		state, err = j.Revise(func(f journal.FailedItem) []byte { return failedText(p, f) })
	case complete:
		return state, nothingToDo(p, j, state, v)
	}
	return state, resumeError(err)
}

// failedText is what an item prints that failed in an earlier run, as --on-error has it now.
func failedText(p *plan, f journal.FailedItem) []byte {
	return p.engine.Format.Failed(bytes.TrimSuffix(f.Item, p.delimiter))
}

// nothingToDo tells what an earlier run has completed.
func nothingToDo(p *plan, j *journal.Journal, state *journal.State, v *voice) error {
	v.note(fmt.Sprintf("%s is complete already: %s, %d of them failed", p.output, countItems(state.Items, "", ""), state.Failed))
	rec := newRecords()
	to, err := rec.failed(p.failed)
	if err != nil {
		return err
	}
	rec.begin()
	if err := cmp.Or((&answers{journal: j}).restoreFailed(to), rec.close()); err != nil {
		return err
	}
	if aim := j.Noted(haltNote) != "" && p.engine.Halt.Of == engine.Successes; state.Failed > 0 && !aim {
		return &itemsFailed{n: state.Failed}
	}
	return cmp.Or(earlierEnds(p, j, true), errComplete) // else there would be no OUT
}

// anew starts afresh in the place of a run that was complete, of another input.
func anew(p *plan, j *journal.Journal, in *os.File, v *voice) (*journal.State, error) {
	why := "is complete, but of another input than this"
	if halt := j.Noted(haltNote); halt != "" {
		why = "was stopped early by --halt " + halt
	}
	if !rereadable(in) {
		return nil, fmt.Errorf("--resume: %s %s; give the input with --arg-file to make it anew", p.output, why)
	}
	v.note(p.output + " " + why + ", and is made anew")
	return &journal.State{Next: 1}, resumeError(j.Restart())
}

// copied returns an unnamed file with all that can be read from in.
func copied(in *os.File) (*os.File, error) {
	f, err := os.CreateTemp("", "stoke-")
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(f, in)
	if err = cmp.Or(os.Remove(f.Name()), err); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// sameInput reads the items that are done, and reports whether there are no others; a *MismatchError says that they differ. What can be
// read once more is left where it was.
func sameInput(p *plan, in *os.File, state *journal.State) (same bool, err error) {
	var from io.Reader = in
	if start, err := in.Seek(0, io.SeekCurrent); err == nil {
		from = io.NewSectionReader(in, start, math.MaxInt64-start)
	}
	r := newReading(p, from)
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

func newReading(p *plan, in io.Reader) *reading {
	r := &reading{ready: make(chan struct{}, 1)}
	r.src = source.New(in, cut.Delimiter(p.delimiter), p.engine.MaxItem, &r.pool, func() {
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
