package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"stoke/pkg/engine"
	"stoke/pkg/journal"
	"stoke/pkg/launch"
	"stoke/pkg/queue"
	"stoke/pkg/worker"
)

// run does what o says and returns what kept it from being a success.
func run(o *options, v *voice) error {
	v.quiet = o.watching.quiet
	var warning string
	if o.worker.Jobs, warning = fewerJobs(o.worker.Jobs); warning != "" {
		v.warn(warning)
	}
	o.engine.Jobs = o.worker.Jobs
	if err := enoughProcesses(o.worker.Jobs); err != nil {
		return err
	}
	if hint := o.codeHint(); hint != "" && !v.quiet {
		v.say("hint", hint)
	}
	in, err := openInput(o.argFile)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := absentAt(look(o), o); err != nil {
		return err
	}
	rec := newRecords()
	defer rec.close()
	out, state, err := o.open(in, rec, v)
	if err != nil {
		if errors.Is(err, errComplete) {
			return nil
		}
		return err
	}
	if out.input != nil {
		in = out.input
	}
	worker.Widen(int(in.Fd()), 4*launch.PipeSize)
	if o.engine.Halt.Total, err = countFor(o, in); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	starter := launch.New(ctx, &o.worker, launch.Local(o.worker.Jobs), o.tell(v))
	defer starter.Close()
	o.engine.Start, o.engine.Word, o.engine.RSS, o.engine.Patience = starter.Start, inWords, memory(&o.worker), patience
	w, err := o.startWatch(in, rec, v)
	if err != nil {
		return err
	}
	e := engine.New(o.engine)
	stopped := handleSignals(e, v, cancel)
	if out.file != nil {
		watchReader(out.file, e.Outlook, func() {
			e.Stop(&queue.WriteError{What: "answers", Err: &os.PathError{Op: "write", Path: out.file.Name(), Err: syscall.EPIPE}})
		})
	}

	w.follow(e, engine.Summary{Answered: state.Items - state.Failed, Failed: state.Failed}, sizeOf(in))
	defer reportOnSignal(w.tell)()
	sum, err := e.Run(ctx, in)
	sum.Failed += state.Failed
	return o.conclude(sum, err, stopped(), out, w, v)
}

// conclude says what became of a run, which that signal has ended, if any, and puts its output in place. It returns what kept the
// run from being a success.
func (o *options) conclude(sum engine.Summary, err error, by *interruption, out *answers, w *watch, v *voice) error {
	o.advise(err)
	v.repeated()
	if sum.StoppedAfter > 0 {
		v.note(fmt.Sprintf("--halt %s was reached, and stopped the run early: no item after item %d was begun", o.halt, sum.StoppedAfter))
	}
	err = verdict(sum, o.weighEnds(err, by, out, v), by)
	complete := err == nil || o.accepted && statusOf(err) == statusItems
	if stopped := ""; complete {
		if sum.StoppedAfter > 0 {
			stopped, out.early = o.halt, true
		}
		out.note(haltNote, stopped)
	}
	if e := out.finish(complete); e != nil && err == nil {
		err = e
	}
	err = w.interrupted(o.waysOn(err, out), by, o, out)
	if status := statusOf(err); status == statusOK || status == statusItems { // of an empty input, or of a run that is taken up
		w.records.begin()
	}
	if e := w.finish(statusOf(err)); e != nil && err == nil {
		err = e
	}
	return err
}

// open opens what is written to, and says what of the run an earlier one has done.
func (o *options) open(in *os.File, rec *records, v *voice) (out *answers, state *journal.State, err error) {
	state = new(journal.State)
	if o.resume {
		if out, state, err = o.openJournal(in, v); err == nil {
			o.engine.Sink, o.engine.Resumed = queue.Recorded{Recorder: out.journal}, state
		}
	} else {
		out, err = openOutput(o.output)
	}
	if err != nil {
		return nil, nil, err
	}
	if o.engine.Failed, err = rec.failed(o.failed); err != nil {
		return nil, nil, err
	}
	if err := out.restoreFailed(o.engine.Failed); err != nil {
		return nil, nil, err
	}
	if out.file != nil {
		o.engine.Sink, o.engine.Writable = queue.NewPlain(out.file), writable(out.file)
		worker.Widen(int(out.file.Fd()), 4*launch.PipeSize)
	}
	return out, state, nil
}

// verdict ranks what became of a run: its own failure, a signal, failed items.
func verdict(sum engine.Summary, err error, told *interruption) error {
	switch {
	case err != nil:
		return err
	case told != nil:
		return &signalled{signal: told.signal}
	case sum.Failed > 0 && !sum.Reached:
		return &itemsFailed{sum.Failed}
	}
	return nil
}

// memory returns what measures the memory of a worker: what it shares with the process that forked it is not its own.
func memory(w *launch.Spec) func(pid int) (int64, bool) {
	if w.Program != nil && w.Program.Preload != "" {
		return worker.TreePrivate
	}
	return worker.TreeRSS
}
