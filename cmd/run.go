package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/worker"
)

const (
	// pipeSize is what the pipes to and from workers are widened to, in bytes; manyJobs workers share what an ordinary
	// user may have in all, so that more of them get the system's default.
	pipeSize = 256 << 10
	manyJobs = 64
)

// run does what o says and returns what kept it from being a success.
func run(o *options, v *voice) error {
	in, err := openInput(o.argFile)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := openOutput(o.output)
	if err != nil {
		return err
	}
	if o.engine.Failed, err = openFailed(o.failed); err != nil {
		return err
	}
	worker.Widen(int(in.Fd()), 4*pipeSize)
	worker.Widen(int(out.file.Fd()), 4*pipeSize)

	o.engine.Out, o.engine.Writable = out.file, writable(out.file)
	o.engine.Failure, o.engine.Warn, o.engine.RSS = v.item, v.warn, worker.TreeRSS
	o.engine.Start = starter(o, v)
	e := engine.New(o.engine)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	stopped := handleSignals(e, cancel)
	watchReader(out.file, func() {
		cancel(&engine.WriteError{What: "answers", Err: &os.PathError{Op: "write", Path: out.file.Name(), Err: syscall.EPIPE}})
	})

	sum, err := e.Run(ctx, in)
	err = verdict(sum, err, stopped())
	if e := out.finish(err == nil || o.accepted && statusOf(err) == statusItems); e != nil && err == nil {
		return e
	}
	return err
}

// verdict ranks what became of a run: its own failure, a signal, failed items.
func verdict(sum engine.Summary, err error, stopped os.Signal) error {
	switch s, ok := stopped.(syscall.Signal); {
	case err != nil:
		return err
	case ok:
		return &signalled{s}
	case sum.Failed > 0:
		return &itemsFailed{sum.Failed}
	}
	return nil
}

// repeat is how soon a second signal is still part of the first: timeout(1) sends its own to us and to our group.
const repeat = 100 * time.Millisecond

// handleSignals makes the first signal drain the run and the second end it. It returns which one came first, if any.
// A signal that was ignored when we started, as under nohup, stays ignored.
func handleSignals(e *engine.Engine, cancel context.CancelCauseFunc) (first func() os.Signal) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // an error of write is enough
	signals := make(chan os.Signal, 2)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	drained := make(chan os.Signal, 1)
	go func() {
		s := <-signals
		first := time.Now()
		drained <- s
		e.Drain()
		for time.Since(first) < repeat {
			s = <-signals
		}
		cancel(&signalled{s.(syscall.Signal)})
	}()
	return func() os.Signal {
		select {
		case s := <-drained:
			return s
		default:
			return nil
		}
	}
}

// starter returns the function that starts the worker of a slot.
func starter(o *options, v *voice) engine.Start {
	size := pipeSize
	if o.jobs > manyJobs {
		size = 0
	}
	local := worker.NewLocal(size)
	stderr := worker.NewStderr(v)
	return func(slot int, settle time.Duration, cancelled func() bool) (engine.Worker, error) {
		prefix := ""
		if o.jobs > 1 {
			prefix = fmt.Sprintf("[%d] ", slot)
		}
		show := func(lines []byte) { stderr.Lines(prefix, lines) }
		w, err := worker.Start(local, o.commandFor(slot), show)
		if err != nil {
			return nil, &engine.InitError{Slot: slot, Err: err}
		}
		switch {
		case o.ready != nil:
			err = w.AwaitReady(o.ready, o.engine.InitTimeout, show, cancelled)
		case settle > 0:
			err = w.AwaitIdle(settle, cancelled)
		}
		if err != nil {
			return nil, failedStart(slot, w, err)
		}
		return w, nil
	}
}

// endPatience is how long a worker whose output has ended may take to exit.
const endPatience = time.Second

func failedStart(slot int, w *worker.Worker, err error) error {
	var patience time.Duration
	if errors.Is(err, worker.ErrEnded) {
		patience = endPatience
	}
	exit := w.Finish(patience, nil)
	if errors.Is(err, worker.ErrStopped) {
		return err
	}
	return &engine.InitError{Slot: slot, Pid: w.Pid(), Err: err, Exit: &exit, Words: w.LastWords()}
}

// commandFor returns what to run for a slot: its number in arguments and environment, the init code around it.
func (o *options) commandFor(slot int) worker.Command {
	n := strconv.Itoa(slot)
	argv := make([]string, len(o.command))
	for i, arg := range o.command {
		argv[i] = strings.ReplaceAll(arg, "{%}", n)
	}
	if o.init != "" {
		argv = worker.WithInit(argv, o.init)
	}
	env := append(os.Environ(), "STOKE_SLOT="+n, "STOKE_JOBS="+strconv.Itoa(o.jobs), "PARALLEL_JOBSLOT="+n)
	if o.slotVar != "" {
		env = append(env, o.slotVar+"="+strconv.Itoa(slot-1))
	}
	return worker.Command{Argv: argv, Env: env}
}
