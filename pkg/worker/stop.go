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
}

// Ok reports whether the process ended by itself with status 0.
func (e Exit) Ok() bool { return e.Code == 0 && !e.Forced }

func (e Exit) String() string {
	switch {
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

// Finish closes the worker's stdin, gives it patience to end by itself, or until hurry is closed, and then ends it and
// its whole process group. It returns when the process is gone and all it held is released; the Worker is of no more use.
func (w *Worker) Finish(patience time.Duration, hurry <-chan struct{}) Exit {
	w.CloseInput()
	forced := !w.gone(patience, hurry)
	if forced {
		w.signal(syscall.SIGTERM)
		if !w.gone(grace, nil) {
			w.signal(syscall.SIGKILL)
			<-w.died
		}
	}
	// The leader is still to be reaped, so that its group's id cannot have passed to anybody else.
	w.signal(syscall.SIGKILL)
	close(w.swept)
	exit := <-w.reaped
	exit.Forced = forced
	w.stderr.finish(stderrPatience)
	w.bell.close()
	unix.Close(w.out)
	return exit
}

func (w *Worker) signal(s syscall.Signal) { _ = unix.Kill(-w.Pid(), s) }

func (w *Worker) gone(patience time.Duration, hurry <-chan struct{}) bool {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-w.died:
		return true
	default:
	}
	select {
	case <-w.died:
		return true
	case <-hurry:
	case <-t.C:
	}
	return false
}
