package launch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"stoke/pkg/engine"
	"stoke/pkg/lang"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// forked is a starter of forks of a python process that has run preload, and what it has told.
type forked struct {
	*Starter
	heard heard
	ended chan worker.Exit
	again chan error
}

func newForked(t *testing.T, preload, code string) *forked {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip(err)
	}
	f := &forked{ended: make(chan worker.Exit, 9), again: make(chan error, 9)}
	spec := &Spec{Jobs: 2, CPUs: 2, InitRetries: 1, MaxItem: 1 << 20, Protocol: wire.Program(1), Program: &lang.Program{Lang: "python", Code: code, Preload: preload}}
	tell := f.heard.tell(time.Hour)
	tell.Ended = func(_ int, how worker.Exit) { f.ended <- how }
	tell.Again = func(err error, _ time.Duration) { f.again <- err }
	tell.Shared = func(threads, sockets int) { t.Errorf("%d threads and %d sockets", threads, sockets) }
	f.Starter = New(context.Background(), spec, Local(2), tell)
	t.Cleanup(f.Close)
	return f
}

// worker starts one, which the test is to finish.
func (f *forked) worker(t *testing.T, slot int) engine.Worker {
	t.Helper()
	w, err := f.Start(slot, 0, never)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ask gives a worker an item and returns its answer.
func ask(t *testing.T, w engine.Worker, item string) string {
	t.Helper()
	if err := w.Send([]byte(item + "\n")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<12)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		n, err := w.Exchange(buf, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return strings.TrimSuffix(string(buf[:n]), "\n")
		}
	}
	t.Fatal("no answer")
	return ""
}

// A fork is a child of this process, leads a session of its own, dies with this process, and sees what the preload code left.
func TestForkIsAWorker(t *testing.T) {
	f := newForked(t, "import ctypes, os; n = 6", `
death = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(death), 0, 0, 0)
return "%d %d %d %d %s %d" % (os.getppid(), os.getsid(0), os.getpgid(0), death.value, os.environ["STOKE_SLOT"], n * int(item))`)
	w := f.worker(t, 2)
	if got, want := ask(t, w, "7"), fmt.Sprintf("%d %d %d %d 2 42", os.Getpid(), w.Pid(), w.Pid(), unix.SIGKILL); got != want {
		t.Errorf("parent, session, group, death signal, slot, answer: %s, want %s", got, want)
	}
	w.CloseInput()
	if exit := w.Finish(time.Minute, nil); !exit.Ok() {
		t.Errorf("it ended with %v", exit)
	}
}

// No fork holds a pipe of another one, else that would not see the end of its input.
func TestForksHoldNoPipesOfOthers(t *testing.T) {
	anyway := make(map[string]bool) // what this program was started with
	pipes := func(pid int) map[string]bool {
		set := make(map[string]bool)
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, link := range links {
			if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, "pipe:") && !anyway[to] {
				set[to] = true
			}
		}
		return set
	}
	anyway = pipes(os.Getpid())
	f := newForked(t, "pass", "item")
	one, two := f.worker(t, 1), f.worker(t, 2)
	defer one.Finish(0, nil)
	defer two.Finish(0, nil)
	of := pipes(one.Pid())
	if len(of) != 3 {
		t.Errorf("a worker holds %d pipes: %v", len(of), of)
	}
	for pipe := range pipes(two.Pid()) {
		if of[pipe] {
			t.Errorf("both hold %s", pipe)
		}
	}
}

// The process that is forked may end: its workers live on, and it is started again when another worker is needed.
func TestForksOutliveTheirParent(t *testing.T) {
	f := newForked(t, "import os; parent = os.getpid()", "parent")
	old := f.worker(t, 1)
	defer old.Finish(0, nil)
	first := ask(t, old, "1")
	var pid int
	fmt.Sscan(first, &pid)
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); !worker.Gone(pid) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	anew := f.worker(t, 2)
	defer anew.Finish(0, nil)
	if second := ask(t, anew, "1"); second == first {
		t.Error("it was forked by a dead process")
	}
	if got := ask(t, old, "2"); got != first {
		t.Errorf("the old one answers %q", got)
	}
	if how := <-f.ended; how.Signal != unix.SIGKILL {
		t.Errorf("it ended: %v", how)
	}
}

// Preload code that fails is tried again, once for all workers that wait for it, and the error then holds for all of them.
func TestPreloadFails(t *testing.T) {
	f := newForked(t, "1/0", "item")
	var starts sync.WaitGroup
	for slot := range 4 {
		starts.Go(func() {
			_, err := f.Start(slot+1, 0, never)
			start, is := err.(*engine.InitError)
			if !is || !start.Everywhere || !start.Common() || start.Slot != slot+1 || !strings.Contains(start.Words, "ZeroDivisionError") {
				t.Errorf("slot %d: %v", slot+1, err)
			}
		})
	}
	starts.Wait()
	if len(f.again) != 1 {
		t.Errorf("it was tried again %d times", len(f.again))
	}
}

// A start that nobody needs any more does not wait for the preload code, nor does the end of the run.
func TestPreloadIsNotNeeded(t *testing.T) {
	f := newForked(t, "import time; time.sleep(1000)", "item")
	if _, err := f.Start(1, 0, func() bool { return true }); err != worker.ErrStopped {
		t.Errorf("%v, want %v", err, worker.ErrStopped)
	}
	f.Close()
	if _, err := f.Start(1, 0, never); err == nil {
		t.Error("a worker was started after the end")
	}
}
