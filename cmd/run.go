package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/journal"
	"stoke/pkg/queue"
	"stoke/pkg/worker"
)

const (
	// pipeSize is what the pipes to and from workers are widened to, in bytes; manyJobs workers share what an ordinary
	// user may have in all, so that more of them get the system's default.
	pipeSize = 256 << 10
	manyJobs = 64
)

// patience is how long a worker may keep a run waiting before a word is said, or 10 s if it is 0.
var patience time.Duration

// run does what o says and returns what kept it from being a success.
func run(o *options, v *voice) error {
	v.quiet = o.watching.quiet
	var warning string
	if o.jobs, warning = fewerJobs(o.jobs); warning != "" {
		v.warn(warning)
	}
	o.engine.Jobs = o.jobs
	if err := enoughProcesses(o.jobs); err != nil {
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
	rec := newRecords()
	defer rec.close()
	out, state, err := o.open(in, rec, v)
	if err != nil {
		if errors.Is(err, errComplete) {
			return nil
		}
		return err
	}
	worker.Widen(int(in.Fd()), 4*pipeSize)
	o.connect(v)
	if o.engine.Halt.Total, err = o.countFor(in); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	o.engine.Start, o.engine.Began = starter(ctx, o, v), rec.begin
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

// connect has the engine speak with the user's voice.
func (o *options) connect(v *voice) {
	e := &o.engine
	e.Word, e.Warn, e.Retrying, e.RSS = inWords, v.warn, v.retrying, worker.TreeRSS
	e.Linger, e.Patience = v.nameLingering, patience
	e.Failure = func(err *engine.ItemError) { v.item(err, o.reproduce(err)) }
	aside := worker.NewStderr(v)
	e.Aside = func(slot int, p []byte) { o.shower(aside, slot)(withEnd(p)) }
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
	if e := out.finish(err == nil || o.accepted && statusOf(err) == statusItems); e != nil && err == nil {
		err = e
	}
	err = w.left(o.waysOn(err, out), by, o, out)
	if status := statusOf(err); status == statusOK || status == statusItems { // of an empty input, or of a run that is taken up
		w.records.begin()
	}
	if e := w.finish(statusOf(err)); e != nil && err == nil {
		err = e
	}
	return err
}

// sizeOf is how many bytes there are to be read from in; 0 where that is not known.
func sizeOf(in *os.File) int64 {
	info, err := in.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	at, err := in.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return info.Size() - at
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
		worker.Widen(int(out.file.Fd()), 4*pipeSize)
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

// starter returns the function that starts the worker of a slot. When ctx is done, nothing is run any more that should follow one.
func starter(ctx context.Context, o *options, v *voice) engine.Start {
	size := pipeSize
	if o.jobs > manyJobs {
		size = 0
	}
	local := worker.NewLocal(size)
	stderr := worker.NewStderr(v)
	return func(slot int, settle time.Duration, cancelled func() bool) (engine.Worker, error) {
		show := o.shower(stderr, slot)
		command := o.commandFor(slot)
		if o.exit != "" {
			command.After = &worker.After{Argv: worker.ExitCode(o.exit), Limit: o.engine.ExitTimeout, Hurry: ctx.Done()}
		}
		w, err := worker.Start(local, command, show)
		if err != nil {
			return nil, &engine.InitError{Slot: slot, Err: err}
		}
		switch {
		case o.ready != nil:
			done := o.wonder(slot, w, fmt.Sprintf("it has not printed a line that matches --ready '%v'", o.ready))
			err = w.AwaitReady(o.ready, o.engine.InitTimeout, show, cancelled)
			done()
		case o.program == nil && o.speech == nil && settle > 0:
			err = w.AwaitIdle(settle, cancelled)
		}
		if err != nil {
			return nil, o.failedStart(slot, w, err)
		}
		return o.greet(slot, w, show, cancelled)
	}
}

// endPatience is how long a worker whose output has ended may take to exit.
const endPatience = time.Second

func (o *options) failedStart(slot int, w *worker.Worker, err error) error {
	var patience time.Duration
	if errors.Is(err, worker.ErrEnded) {
		patience = endPatience
	}
	exit := w.Finish(patience, nil)
	if exit.Left != 0 {
		o.engine.Warn(engine.LeftBehind(slot, w.Pid(), exit))
	}
	if errors.Is(err, worker.ErrStopped) {
		return err
	}
	direct := o.program != nil && o.program.Interpreter == ""
	return &engine.InitError{Slot: slot, Pid: w.Pid(), Err: err, Exit: &exit, Direct: direct, Words: w.LastWords()}
}

// commandFor returns what to run for a slot: its number in arguments and environment, the init code around it.
func (o *options) commandFor(slot int) worker.Command {
	n := strconv.Itoa(slot)
	argv := make([]string, len(o.command))
	for i, arg := range o.command {
		argv[i] = strings.ReplaceAll(arg, "{%}", n)
	}
	var extra []string
	if o.program != nil {
		argv, extra = o.program.Command(slot, o.nonce)
	}
	if o.init != "" {
		argv = worker.WithInit(argv, o.init)
	}
	env := append(append(os.Environ(), extra...), "STOKE_SLOT="+n, "STOKE_JOBS="+strconv.Itoa(o.jobs), "PARALLEL_JOBSLOT="+n)
	env = append(env, threads(o.jobs, cpus(), inEnvironment)...)
	if o.slotVar != "" {
		env = append(env, o.slotVar+"="+strconv.Itoa(slot-1))
	}
	return worker.Command{Argv: argv, Env: env}
}
