package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"

	"stoke/pkg/engine"
	"stoke/pkg/event"
	"stoke/pkg/journal"
	"stoke/pkg/launch"
	"stoke/pkg/queue"
	"stoke/pkg/worker"
)

// running is one run of a plan: what it has opened, and whom it tells.
type running struct {
	plan    *plan
	v       *voice
	in      *os.File
	out     *answers
	records *records
	before  *journal.State // what an earlier run has done
	starter *launch.Starter
	watch   *watch
}

// gcPercent lets garbage grow to a quarter of what is in use, not to as much again. Collections are rare, since a steady
// run allocates nothing, and cheap, since almost all memory is buffers without pointers.
const gcPercent = 25

// run does what is planned and returns what kept it from being a success.
func run(p *plan, v *voice) error {
	v.quiet = p.watching.quiet
	jobs, warning := fewerJobs(p.worker.Jobs)
	if warning != "" {
		v.warn(warning)
	}
	p = p.withJobs(jobs)
	if err := enoughProcesses(jobs); err != nil {
		return err
	}
	if hint := codeHint(p); hint != "" && !v.quiet {
		v.say("hint", hint)
	}
	if p.alone {
		v.note("--preload runs in each worker, before --init: this system cannot fork workers")
	}
	in, err := openInput(p.argFile)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := absentAt(look(p), p); err != nil {
		return err
	}
	r := &running{plan: p, v: v, in: in, records: newRecords(), before: new(journal.State)}
	defer r.records.close()
	o := p.engine
	if err := r.open(&o); err != nil {
		if errors.Is(err, errComplete) {
			return nil
		}
		return err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	if err := r.connect(ctx, &o); err != nil {
		return err
	}
	defer r.starter.Close()
	debug.SetGCPercent(gcPercent)
	return r.work(ctx, cancel, engine.New(o))
}

// open opens what is written to, and finds out what of the run an earlier one has done.
func (r *running) open(o *engine.Options) (err error) {
	if r.plan.resume {
		if r.out, r.before, err = openJournal(r.plan, r.in, r.v); err == nil {
			o.Sink, o.Resumed = queue.Recorded{Recorder: r.out.journal}, r.before
		}
	} else {
		r.out, err = openOutput(r.plan.output)
	}
	if err != nil {
		return err
	}
	if o.Failed, err = r.records.failed(r.plan.failed); err != nil {
		return err
	}
	if err := r.out.restoreFailed(o.Failed); err != nil {
		return err
	}
	if r.out.file != nil {
		o.Sink, o.Writable = queue.NewPlain(r.out.file), writable(r.out.file)
		worker.Widen(int(r.out.file.Fd()), 4*launch.PipeSize)
	}
	if r.out.input != nil {
		r.in = r.out.input
	}
	worker.Widen(int(r.in.Fd()), 4*launch.PipeSize)
	o.Halt.Total, err = countFor(r.plan, r.in)
	return err
}

// connect has the engine start workers, and tell what happens.
func (r *running) connect(ctx context.Context, o *engine.Options) (err error) {
	if r.watch, err = startWatch(r.plan, r.in, r.records, r.v); err != nil {
		return err
	}
	o.Tell, o.TellEach = event.All(r.watch.tells...), r.watch.joblog != nil
	o.Starts.Futile = func(err *engine.InitError) bool { return misused(r.plan, err) }
	o.Word, o.RSS, o.Patience = inWords, memory(&r.plan.worker), patience
	r.starter = launch.New(ctx, &r.plan.worker, launch.Local(o.Jobs), startTell(r.plan, r.v, o.Tell))
	o.Start = r.starter.Start
	return nil
}

// work has the engine run, while signals and readers are listened to.
func (r *running) work(ctx context.Context, cancel context.CancelCauseFunc, e *engine.Engine) error {
	stopped := handleSignals(e, r.v, cancel)
	if f := r.out.file; f != nil {
		watchReader(f, e.Outlook, func() {
			e.Stop(&queue.WriteError{What: "answers", Err: &os.PathError{Op: "write", Path: f.Name(), Err: syscall.EPIPE}})
		})
	}
	r.watch.follow(e, engine.Summary{Answered: r.before.Items - r.before.Failed, Failed: r.before.Failed}, sizeOf(r.in))
	defer reportOnSignal(r.watch.tell)()
	sum, err := e.Run(ctx, r.in)
	sum.Failed += r.before.Failed
	return r.conclude(sum, err, stopped())
}

// conclude says what became of a run, which that signal has ended, if any, and puts its output in place. It returns what kept the
// run from being a success.
func (r *running) conclude(sum engine.Summary, err error, by *interruption) error {
	p := r.plan
	advise(p, err)
	r.v.repeated()
	if sum.StoppedAfter > 0 {
		r.v.note(fmt.Sprintf("--halt %s was reached, and stopped the run early: no item after item %d was begun", p.halt, sum.StoppedAfter))
	}
	err = verdict(sum, weighEnds(p, err, by, r.out, r.v), by)
	complete := err == nil || p.accepted && statusOf(err) == statusItems
	if stopped := ""; complete {
		if sum.StoppedAfter > 0 {
			stopped, r.out.early = p.halt, true
		}
		r.out.note(haltNote, stopped)
	}
	if e := r.out.finish(complete); e != nil && err == nil {
		err = e
	}
	err = r.watch.interrupted(waysOn(p, err, r.out), by, p, r.out)
	if status := statusOf(err); status == statusOK || status == statusItems { // of an empty input, or of a run that is taken up
		r.records.begin()
	}
	if e := r.watch.finish(statusOf(err)); e != nil && err == nil {
		err = e
	}
	return err
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
