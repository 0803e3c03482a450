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
	"fmt"
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
func Local(jobs int) worker.Launcher { return worker.NewLocal(pipeSize(jobs)) }

// pipeSize is what the pipes of that many workers are widened to, in bytes; 0: they are not.
func pipeSize(jobs int) int {
	if jobs > manyJobs {
		return 0
	}
	return PipeSize
}

// Tell says whom to tell what, from any goroutine.
type Tell struct {
	Show  func(slot int) func(lines []byte) // returns what shows lines of that worker, whole ones at a time
	Slow  func(Slow)                        // told of a worker that has not been warm for a while
	After time.Duration                     // that while
	Mute  func()                            // told once that CODE can give no answer
	Left  func(text string)                 // told of processes that outlive a worker

	Shared func(threads, sockets int)           // told once of a process that cannot be forked well after its preload code
	Again  func(err error, pause time.Duration) // told of preload code that failed, and is tried again after that
	Ended  func(pid int, how worker.Exit)       // told of a process that was forked and has ended by itself; another one is started
}

// Preload stands for the slot of the process that runs the preload code, which has none.
const Preload = 0

// PreloadError says that the preload code did not come to its end.
type PreloadError struct {
	Pid  int
	Err  error
	Exit worker.Exit
}

func (e *PreloadError) Error() string {
	switch {
	case errors.Is(e.Err, worker.ErrSlow):
		return fmt.Sprintf("the preload code (pid %d) was not done in time", e.Pid)
	case errors.Is(e.Err, worker.ErrEnded):
		return fmt.Sprintf("the preload code (pid %d) failed (%v)", e.Pid, e.Exit)
	}
	return fmt.Sprintf("the preload code (pid %d) failed: %v", e.Pid, e.Err)
}

func (e *PreloadError) Unwrap() error { return e.Err }

// Starter starts the workers of a run.
type Starter struct {
	spec  *Spec
	on    worker.Launcher
	tell  Tell
	hurry <-chan struct{} // closed when nothing is to be run any more that should follow a worker
	mute  sync.Once
	forks *forks // makes the workers; nil: they are started
}

// New returns a Starter of workers on a machine. When ctx is done, their exit code is not run any more.
func New(ctx context.Context, spec *Spec, on worker.Launcher, tell Tell) *Starter {
	s := &Starter{spec: spec, on: on, tell: tell, hurry: ctx.Done()}
	if spec.Program != nil && spec.Program.Preload != "" {
		s.forks = newForks(ctx, s)
	}
	return s
}

// Close ends what workers were forks of. It is called when no more are started.
func (s *Starter) Close() {
	if s.forks != nil {
		s.forks.close()
	}
}

// Start starts the worker of a slot: it is an engine.Start.
func (s *Starter) Start(slot int, settle time.Duration, cancelled func() bool) (engine.Worker, error) {
	command := s.spec.Command(slot)
	if s.spec.Exit != "" {
		command.After = &worker.After{Argv: worker.ExitCode(s.spec.Exit), Limit: s.spec.ExitTimeout, Hurry: s.hurry}
	}
	on := s.on
	if s.forks != nil {
		var err error
		if on, err = s.forks.await(slot, cancelled); err != nil {
			return nil, err
		}
	}
	show := s.tell.Show(slot)
	w, err := worker.Start(on, command, show)
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

// patienceFor is how long a worker may take to end that did not get warm.
func patienceFor(err error) time.Duration {
	if errors.Is(err, worker.ErrEnded) {
		return endPatience
	}
	return 0
}

// failed ends a worker that did not get warm, and says why.
func (s *Starter) failed(slot int, w *worker.Worker, err error) error {
	exit := w.Finish(patienceFor(err), nil)
	if exit.Left != 0 {
		s.tell.Left((&engine.LeftError{Slot: slot, Pid: w.Pid(), Left: exit.Left}).Error())
	}
	if errors.Is(err, worker.ErrStopped) {
		return err
	}
	direct := s.spec.Program != nil && s.spec.Program.Interpreter == ""
	return &engine.InitError{Slot: slot, Pid: w.Pid(), Err: err, Exit: &exit, Direct: direct, Words: w.LastWords()}
}
