package cmd

import (
	"fmt"
	"os"
	"time"

	"stoke/pkg/journal"
	"stoke/pkg/output"
)

// syncEvery is how often what is finished is made to outlive a power cut. A kill -9 costs nothing anyway.
const syncEvery = time.Second

// openJournal opens the output with its journal, and says what of the run is done.
func openJournal(p *plan, in *os.File, v *voice) (*answers, *journal.State, error) {
	target, err := targetOf(p.output)
	if err != nil {
		return nil, nil, err
	}
	if !target.Regular() {
		return nil, nil, usagef("--resume: %s is no file", p.output).withHint("what went to a pipe or a device cannot be taken up again")
	}
	j, state, err := journal.Resume(journal.Disk{Target: &target, Patience: output.Patience}, target.Path, p.resumeID)
	if err != nil {
		return nil, nil, resumeError(err)
	}
	out := &answers{journal: j}
	if state, err = takeUp(p, out, state, in, v); err != nil {
		j.Close()
		return nil, state, err
	}
	announce(v, p.output, state)
	out.keepSynced()
	return out, state, nil
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

// note leaves a note for the next run. An error comes again when the output is finished.
func (o *answers) note(name, value string) {
	if o.journal != nil {
		_ = o.journal.Note(name, value)
	}
}

// conclude ends a recorded output: OUT appears, or what there is waits to be resumed.
func (o *answers) conclude(complete bool) error {
	o.stop()
	defer o.journal.Close()
	switch {
	case !complete:
		return named("--output", o.journal.Sync())
	case o.early:
		return named("--output", o.journal.CompleteWithGaps())
	}
	return named("--output", o.journal.Complete())
}
