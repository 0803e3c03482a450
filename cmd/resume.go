package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"stoke/pkg/cut"
	"stoke/pkg/engine"
	"stoke/pkg/journal"
	"stoke/pkg/output"
	"stoke/pkg/source"
)

// syncEvery is how often what is finished is made to outlive a power cut. A kill -9 costs nothing anyway.
const syncEvery = time.Second

// errComplete says that there is nothing to do: an earlier run has completed OUT.
var errComplete = errors.New("complete already")

// identity is what must be the same when a run is resumed: whatever shapes its answers. What may hold a password is private.
func (o *options) identity(s *settings, args []string) journal.Identity {
	id, init := journal.Identity{Unordered: s.Unordered}, s.Init
	if o.program != nil { // which may have come from files
		args, init = []string{o.program.Code}, o.program.Init
	}
	input := s.ArgFile
	if input == "" || input == "-" {
		input = "standard input"
	}
	open := func(name, value string) journal.Fact { return journal.Fact{Name: name, Value: value} }
	private := func(name, value string) journal.Fact { return journal.Fact{Name: name, Value: value, Private: true} }
	id.Facts = []journal.Fact{
		open("input", input), private("COMMAND", quoteAll(args)), private("--worker", s.Worker), private("--init", init),
		open("--delimiter", strconv.Quote(string(o.delimiter))), open("--max-item", strconv.FormatInt(o.engine.MaxItem, 10)),
		open("--framing", s.Framing), open("--rpc", strconv.FormatBool(s.RPC)), private("--send", s.Send), open("--until", s.Until),
		open("--lang", s.Lang), open("--interpreter", s.Interpreter), open("--item-type", s.ItemType),
		private("--arg", quoteAll(s.Arg)), private("--argjson", quoteAll(s.ArgJSON)),
		open("--tag", strconv.FormatBool(s.Tag)), open("--json", strconv.FormatBool(s.JSON)), open("--zero-terminated", strconv.FormatBool(s.Zero)),
		open("--on-error", s.OnError), open("--ready", s.Ready),
	}
	return id
}

// openJournal opens the output with its journal, and says what of the run is done.
func (o *options) openJournal(in *os.File, v *voice) (*answers, *journal.State, error) {
	target, err := targetOf(o.output)
	if err != nil {
		return nil, nil, err
	}
	if !target.Regular() {
		return nil, nil, usagef("--resume: %s is no file", o.output).withHint("what went to a pipe or a device cannot be taken up again")
	}
	j, state, err := journal.Resume(journal.Disk{Target: &target, Patience: output.Patience}, target.Path, o.resumeID)
	if err != nil {
		return nil, nil, resumeError(err)
	}
	if state.Completed != nil {
		if state, err = o.completed(j, state, in); err != nil {
			if errors.Is(err, errComplete) {
				v.note(fmt.Sprintf("%s is complete already: %s, %d of them failed", o.output, countItems(state.Items, "", ""), state.Failed))
				if state.Failed > 0 {
					err = &itemsFailed{state.Failed}
				}
				if e := o.failedBefore(j); e != nil {
					err = e
				}
			}
			j.Close()
			return nil, state, err
		}
	} else if o.retryFailed && state.Failed > 0 {
		if state, err = j.Reopen(); err != nil {
			j.Close()
			return nil, nil, resumeError(err)
		}
	}
	announce(v, o.output, state)
	out := &answers{journal: j}
	out.keepSynced()
	return out, state, nil
}

// failedBefore writes the items that had failed when the run was completed to the file for failed items.
func (o *options) failedBefore(j *journal.Journal) error {
	to, err := openFailed(o.failed)
	if err != nil {
		return err
	}
	return (&answers{journal: j}).restoreFailed(to)
}

// completed decides what to do about a run that is complete: nothing, if its input is the same; else it starts afresh.
func (o *options) completed(j *journal.Journal, state *journal.State, in *os.File) (*journal.State, error) {
	if o.retryFailed && state.Completed.Failed > 0 {
		again, err := j.Reopen()
		return again, resumeError(err)
	}
	start, seekErr := in.Seek(0, io.SeekCurrent)
	sum, n, err := o.sumInput(in)
	if err != nil {
		return nil, &engine.ReadError{Err: err}
	}
	if sum == state.Completed.Input && n == state.Completed.Items {
		state.Items, state.Failed = state.Completed.Items, state.Completed.Failed
		return state, errComplete
	}
	if seekErr != nil {
		return nil, fmt.Errorf("--resume: %s is complete, but of another input than this", o.output)
	}
	if _, err := in.Seek(start, io.SeekStart); err != nil {
		return nil, &engine.ReadError{Err: err}
	}
	return &journal.State{Next: 1}, resumeError(j.Restart())
}

// sumInput reads the input to its end, as a run would.
func (o *options) sumInput(in io.Reader) (sum journal.Sum, n int64, err error) {
	var pool source.Pool
	ready := make(chan struct{}, 1)
	src := source.New(in, cut.Delimiter(o.delimiter), o.engine.MaxItem, &pool, func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	})
	defer src.Close()
	for {
		items, state := src.Take(1<<20, source.Slab)
		switch state {
		case source.End:
			return sum, n, src.Err()
		case source.Empty:
			<-ready
		default:
			sum = sum.Then(engine.InputSum(items))
			n += int64(items.N)
			pool.Put(items.Items)
		}
	}
}

// announce says what is taken up again.
func announce(v *voice, name string, state *journal.State) {
	switch {
	case state.Items > 0:
		v.note(fmt.Sprintf("%s: %s done already, %d of them failed", name, countItems(state.Items, " is", " are"), state.Failed))
	case state.Fresh == journal.OtherRun:
		v.note(fmt.Sprintf("%s was made by another run (%s differs), and is made anew", name, state.Differs[0].Name))
	}
	if state.LostOut > 1<<20 || state.LostJournal > 1<<20 {
		v.warn(fmt.Sprintf("%s: %d bytes of output could not be trusted, and are made anew", name, state.LostOut))
	}
}

// countItems says how many items there are, followed by the verb for one or for several.
func countItems(n int64, is, are string) string {
	if n == 1 {
		return "1 item" + is
	}
	return fmt.Sprintf("%d items%s", n, are)
}

// resumeError words why a run cannot be resumed.
func resumeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("--resume: %w", err)
}

// keepSynced makes what was written durable once in a while, until the output is finished.
func (o *answers) keepSynced() {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(syncEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				_ = o.journal.Sync() // an error comes again with the next write
			}
		}
	}()
	o.stop = func() {
		close(done)
		<-gone
	}
}

// conclude ends a recorded output: OUT appears, or what there is waits to be resumed.
func (o *answers) conclude(complete bool) error {
	o.stop()
	defer o.journal.Close()
	if complete {
		return named("--output", o.journal.Complete())
	}
	return named("--output", o.journal.Sync())
}

// restoreFailed writes the items that had failed before to the file for failed items.
func (o *answers) restoreFailed(to io.Writer) error {
	if o.journal == nil || to == nil {
		return nil
	}
	for item, err := range o.journal.Failed() {
		if err == nil {
			_, err = to.Write(item.Item)
		}
		if err != nil {
			return named("--failed", err)
		}
	}
	return nil
}
