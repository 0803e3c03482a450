package worker

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// grace is how long a worker has between SIGTERM and SIGKILL.
	grace = 250 * time.Millisecond
	// stderrPatience is how long the end of stderr is waited for once the process has ended.
	stderrPatience = 100 * time.Millisecond
)

// Exit is how a process ended.
type Exit struct {
	Code   int            // exit status, or -1
	Signal syscall.Signal // what killed it, or 0
	Forced bool           // it did not end by itself in time, and was killed by stoke
	Left   int            // the process that could not be killed, of it and what descends from it; or 0
	After  *Exit          // how that ended which was run afterwards, if anything was
	Words  string         // the end of its stderr, of what was run afterwards
}

// Ok reports whether the process ended by itself with status 0.
func (e Exit) Ok() bool { return e.Code == 0 && !e.Forced }

// Starved reports whether the process was killed as the system kills what needs more memory than there is: by a SIGKILL that
// stoke did not send, or so was the program that a shell ran in it.
func (e Exit) Starved() bool {
	return !e.Forced && (e.Signal == syscall.SIGKILL || e.Code == 128+int(syscall.SIGKILL))
}

func (e Exit) String() string {
	switch {
	case e.Left != 0 && e.Code < 0 && e.Signal == 0:
		return "it could not be killed"
	case e.Signal == syscall.SIGKILL && !e.Forced:
		return "signal: killed (out of memory?)"
	case e.Signal != 0:
		return fmt.Sprintf("signal: %v", e.Signal)
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// reap waits for the process to end, tells, and takes it off the process table once its group has been dealt with.
func (w *Worker) reap() {
	state := awaitExit(w.process.Process)
	close(w.died)
	w.Ring()
	<-w.swept
	if state == nil {
		state, _ = w.process.Wait()
	}
	workers.reaped(w.Pid())
	w.reaped <- exitOf(state)
}

func exitOf(state *os.ProcessState) Exit {
	if state == nil {
		return Exit{Code: -1}
	}
	status, ok := state.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return Exit{Code: -1, Signal: status.Signal()}
	}
	return Exit{Code: state.ExitCode()}
}

// Finish closes the worker's stdin, gives it patience to end by itself (negative: without limit), or until hurry is closed, and then ends it with all
// that descends from it. It returns when the process is gone, or cannot be killed, and all it held is released; the Worker is
// of no more use.
func (w *Worker) Finish(patience time.Duration, hurry <-chan struct{}) Exit {
	w.CloseInput()
	exit := Exit{Code: -1, Forced: !w.gone(patience, hurry)}
	if exit.Forced {
		exit.Left = w.kill()
	} else {
		_ = unix.Kill(-w.Pid(), syscall.SIGKILL) // the leader is still to be reaped, so that its id is nobody else's
	}
	close(w.swept)
	if w.gone(0, nil) {
		how := <-w.reaped
		exit.Code, exit.Signal = how.Code, how.Signal
	}
	w.stderr.finish(stderrPatience)
	w.bell.close()
	unix.Close(w.out)
	if w.after != nil {
		exit.After = w.after()
	}
	return exit
}

// kill ends the worker with all that descends from it: first they are told to, and those that do not listen are killed. It
// returns a process that could not be killed, or 0.
func (w *Worker) kill() (left int) {
	t := newTree(w.Pid())
	t.signal(syscall.SIGTERM)
	w.gone(grace, nil)
	left = t.kill(stubborn)
	if left == 0 && !w.gone(stubborn, nil) {
		left = w.Pid()
	}
	return left
}

func (w *Worker) gone(patience time.Duration, hurry <-chan struct{}) bool {
	select {
	case <-w.died:
		return true
	default:
	}
	var over <-chan time.Time
	if patience >= 0 {
		t := time.NewTimer(patience)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-w.died:
		return true
	case <-hurry:
	case <-over:
	}
	return false
}
