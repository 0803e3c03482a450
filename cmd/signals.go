package cmd

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/worker"
)

const (
	// repeat is how soon a second signal is still part of the first: timeout(1) sends its own to us and to our group.
	repeat = 100 * time.Millisecond
	// draining is how long a run may take to end after a signal before a word is said about it, or it is ended.
	draining = time.Second
	// leaving is how long it may take after the second one, and lastKill how long its workers then may.
	leaving  = time.Second
	lastKill = 500 * time.Millisecond
)

// interruption is the signal that a run is told to end by.
type interruption struct {
	signal syscall.Signal
	done   int64 // items that were done when it came
	cut    bool  // another one ended what was in flight
}

// handleSignals makes the first signal drain the run and the second end it. It returns what is known of it, if any has come.
// A signal that was ignored when we started, as under nohup, stays ignored.
func handleSignals(e *engine.Engine, v *voice, cancel context.CancelCauseFunc) (first func() *interruption) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // an error of write is enough
	signals := make(chan os.Signal, 2)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	var seen atomic.Pointer[interruption]
	go func() {
		s := <-signals
		ending := e.Outlook() == engine.AllAnswered
		sum := e.Status().Summary
		told := interruption{signal: s.(syscall.Signal), done: sum.Answered + sum.Failed}
		seen.Store(&told)
		go e.Drain() // it may have to wait for somebody who writes what nobody reads
		ignore(signals, repeat)
		// By now it has been seen whether a worker had begun. If not, nothing is in flight, and a warm-up may take long.
		if e.Cold() {
			cancel(&signalled{signal: s.(syscall.Signal)})
			s = <-signals
		} else {
			s = second(signals, s, ending, v)
			again := told
			again.cut = !ending
			seen.Store(&again)
			cancel(&signalled{signal: s.(syscall.Signal)})
		}
		select {
		case <-signals:
		case <-time.After(leaving):
		}
		leave(s.(syscall.Signal))
	}()
	return seen.Load
}

// second waits for the signal that ends the run at once, after the first. If the run was ending, so that nothing but the end of its
// workers was waited for, one signal is enough.
func second(signals <-chan os.Signal, first os.Signal, ending bool, v *voice) os.Signal {
	over := time.After(draining)
	for {
		select {
		case s := <-signals:
			return s
		case <-over:
			if ending {
				return first
			}
			v.warn(first.String() + ": what is in flight is finished first; a second signal ends it at once")
		}
	}
}

// ignore lets signals pass for a while.
func ignore(signals <-chan os.Signal, d time.Duration) {
	for over := time.After(d); ; {
		select {
		case <-signals:
		case <-over:
			return
		}
	}
}

// leave ends this process although the run has not ended: who reads its output or its messages does not, and to wait for that
// reader is all that is left to do.
func leave(s syscall.Signal) {
	worker.KillAll(lastKill)
	dieOf(s)
	os.Exit(statusSignal + int(s))
}

// reportOnSignal makes SIGUSR1 print how far the run has come, until done is called.
func reportOnSignal(tell func()) (done func()) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for range asked {
			tell()
		}
	}()
	return func() {
		signal.Stop(asked)
		close(asked)
	}
}

// deadly is how long a signal that was sent to this process may take to end it.
const deadly = time.Second

// dieOf ends this process by the signal that ended its run: only so does the shell know that a loop around it is to end,
// and a service manager that it was stopped. It returns where the signal does nothing, as it does in the first process of a container.
func dieOf(s syscall.Signal) {
	signal.Reset(s)
	if syscall.Kill(os.Getpid(), s) == nil {
		time.Sleep(deadly)
	}
}
