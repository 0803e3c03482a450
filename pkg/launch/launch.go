// Package launch starts the workers of a run: it says what a worker is, starts it, waits until it is warm, and takes its greeting.
//
// A Spec is what the plan of a run says of its workers. A Starter makes warm workers of it, one a slot, for the engine, which knows
// nothing of how they came into being. Whatever starts workers in another way has its place here: one that sends a command line to
// another machine or into a container changes what Spec.Command returns, one that forks them is another worker.Launcher.
// Nobody is spoken to from here: what there is to tell goes to Tell, as data.
package launch

import (
	"context"
	"errors"
	"sync"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/worker"
)

const (
	// PipeSize is what the pipes to and from workers are widened to, in bytes; manyJobs workers share what an ordinary
	// user may have in all, so that more of them get the system's default.
	PipeSize = 256 << 10
	manyJobs = 64
	// endPatience is how long a worker whose output has ended may take to exit.
	endPatience = time.Second
)

// Local returns what starts processes on this machine, for so many workers.
func Local(jobs int) worker.Launcher {
	if jobs > manyJobs {
		return worker.NewLocal(0)
	}
	return worker.NewLocal(PipeSize)
}

// Tell says whom to tell what, from any goroutine.
type Tell struct {
	Show  func(slot int) func(lines []byte) // returns what shows lines of that worker, whole ones at a time
	Slow  func(Slow)                        // told of a worker that has not been warm for a while
	After time.Duration                     // that while
	Mute  func()                            // told once that CODE can give no answer
	Left  func(text string)                 // told of processes that outlive a worker
}

// Starter starts the workers of a run.
type Starter struct {
	spec  *Spec
	on    worker.Launcher
	tell  Tell
	hurry <-chan struct{} // closed when nothing is to be run any more that should follow a worker
	mute  sync.Once
}

// New returns a Starter of workers on a machine. When ctx is done, their exit code is not run any more.
func New(ctx context.Context, spec *Spec, on worker.Launcher, tell Tell) *Starter {
	return &Starter{spec: spec, on: on, tell: tell, hurry: ctx.Done()}
}

// Start starts the worker of a slot: it is an engine.Start.
func (s *Starter) Start(slot int, settle time.Duration, cancelled func() bool) (engine.Worker, error) {
	command := s.spec.Command(slot)
	if s.spec.Exit != "" {
		command.After = &worker.After{Argv: worker.ExitCode(s.spec.Exit), Limit: s.spec.ExitTimeout, Hurry: s.hurry}
	}
	show := s.tell.Show(slot)
	w, err := worker.Start(s.on, command, show)
	if err != nil {
		return nil, &engine.InitError{Slot: slot, Err: err}
	}
	warm, err := s.warm(slot, w, settle, show, cancelled)
	if err != nil {
		return nil, s.failed(slot, w, err)
	}
	return warm, nil
}

// warm waits until a worker may be sent items.
func (s *Starter) warm(slot int, w *worker.Worker, settle time.Duration, show func([]byte), cancelled func() bool) (_ engine.Worker, err error) {
	warm := &employee{w, s.spec.Protocol.Codec(s.spec.MaxItem)}
	switch {
	case s.spec.Ready != nil:
		done := s.wonder(slot, w, true)
		err = w.AwaitReady(s.spec.Ready, s.spec.InitTimeout, show, cancelled)
		done()
	case !s.spec.Protocol.Replies && settle > 0:
		err = w.AwaitIdle(settle, cancelled)
	}
	if err != nil {
		return nil, err
	}
	return warm, s.greet(slot, warm, show, cancelled)
}

// failed ends a worker that did not get warm, and says why.
func (s *Starter) failed(slot int, w *worker.Worker, err error) error {
	var patience time.Duration
	if errors.Is(err, worker.ErrEnded) {
		patience = endPatience
	}
	exit := w.Finish(patience, nil)
	if exit.Left != 0 {
		s.tell.Left((&engine.LeftError{Slot: slot, Pid: w.Pid(), Left: exit.Left}).Error())
	}
	if errors.Is(err, worker.ErrStopped) {
		return err
	}
	direct := s.spec.Program != nil && s.spec.Program.Interpreter == ""
	return &engine.InitError{Slot: slot, Pid: w.Pid(), Err: err, Exit: &exit, Direct: direct, Words: w.LastWords()}
}
