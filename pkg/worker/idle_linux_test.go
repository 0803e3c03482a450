package worker

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stat returns the name and the state (R, S, D, T, Z...) of a process; see proc(5).
func stat(pid int) (name, state string) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", ""
	}
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	return string(text[open+1 : end]), string(text[end+2 : end+3])
}

// alive reports whether a process is there that has not ended. One that nobody has reaped yet has ended.
func alive(pid int) bool {
	_, state := stat(pid)
	return syscall.Kill(pid, 0) != syscall.ESRCH && state != "Z" && state != "X" && state != ""
}

func (l *live) becomesIdle() {
	l.t.Helper()
	eventually(l.t, "sleeps in read", func() bool { return l.Idle() == Idle })
}

// stays looks often at a worker of which it is certain that the verdict on it will not change.
func (l *live) stays(want Verdict, why string) {
	l.t.Helper()
	for range 200 {
		if v := l.Idle(); v != want {
			l.t.Fatalf("%s: verdict %d, want %d", why, v, want)
		}
	}
}

func TestIdle(t *testing.T) {
	tests := []struct {
		name, script, input, output string
	}{
		{"before its first item", "exec cat", "", ""},
		{"when it has answered", "exec cat", "a\n", "a\n"},
		{"when it holds its answer back in a buffer", "exec tr a b", "a\n", ""},
		{"when it is a shell that reads", "while read x; do echo $x; done", "a\n", "a\n"},
		{"when a child of it reads", "cat; exit", "a\n", "a\n"},
		{"when it is a pipeline", "tr a b | sed s/x/y/", "", ""},
		{"when it is a pipeline that holds its answers back", "tr a b | sed s/x/y/", "a\n", ""},
		{"when it is a pipeline that has answered", "sed -u s/a/b/ | cat", "a\n", "b\n"},
		{"when its stderr was noisy", "echo noise >&2; exec cat", "a\n", "a\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sh(t, tt.script)
			w.send(tt.input)
			w.expect(tt.output)
			w.becomesIdle()
			if n, known := w.Read(); n != int64(len(tt.input)) || !known {
				t.Errorf("it is idle and has read %d of %d bytes, known: %v", n, len(tt.input), known)
			}
		})
	}
}

// Idle is sticky: nothing wakes a worker that sleeps in read but more input.
func TestIdleUntilThereIsMore(t *testing.T) {
	w := start(t, "cat")
	for range 50 {
		w.becomesIdle()
		for range 20 {
			if v := w.Idle(); v != Idle {
				t.Fatalf("%v without any input", v)
			}
		}
		w.send("a\n")
		w.expect("a\n")
	}
}

func TestNotIdle(t *testing.T) {
	tests := []struct {
		name, script, seen string
		want               Verdict
	}{
		{"it sleeps", "exec sleep 1000", "sleep S", Asleep},
		{"it computes", "while :; do :; done", "sh R", Busy},
		{"it reads from something else", "f=$(mktemp -u); mkfifo $f; exec 3<>$f; rm $f; exec cat <&3", "cat S", Busy},
		{"it reads from another pipe than its stdin", "sleep 1000 | cat", "sh S", Asleep},
		{"it reads from a pipe that nobody writes to", ": | sh -c 'exec 4>/dev/fd/0; cat'", "sh S", Asleep},
		{"it waits for a child at work", "sleep 1000; cat", "sh S", Asleep},
		{"it is a pipeline whose end is at work", "cat | (sleep 1000; cat)", "sh S", Asleep},
		{"it reads, and a child of it sleeps for a time", "sleep 1000 & exec cat", "cat S", Asleep},
		{"it reads, and a child of it computes", "(while :; do :; done) & exec cat", "cat S", Busy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sh(t, tt.script)
			eventually(t, tt.seen, func() bool {
				v := w.Idle()
				if v != Busy && v != Asleep {
					t.Fatalf("starting: verdict %d", v)
				}
				name, state := stat(w.Pid())
				return name+" "+state == tt.seen && v == tt.want
			})
			w.stays(tt.want, "started")
		})
	}
}

// goReader makes the test binary a worker that reads and never answers: a Go program.
const goReader = "STOKE_TEST_READER"

// Beside the thread that reads, runtimes such as Go's keep threads that sleep for a time. These may be at work, or not.
func TestQuiet(t *testing.T) {
	if os.Getenv(goReader) != "" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	t.Setenv(goReader, "1")
	w := start(t, os.Args[0], "-test.run=^TestQuiet$")
	w.send("a\n")
	eventually(t, "one thread reads and one sleeps", func() bool { return w.Idle() == Quiet })
	if n, known := w.Read(); n != 2 || !known {
		t.Errorf("it is quiet and has read %d bytes, known: %v", n, known)
	}
	w.stop()
	w.send("b\n")
	w.stays(Busy, "stopped, with an item before it")
}

func TestBusyWithUnreadInput(t *testing.T) {
	w := start(t, "cat")
	w.becomesIdle()
	w.stop()
	w.send("a\n")
	w.stays(Busy, "stopped, with an item before it")
	if n, known := w.Read(); n != 0 || !known {
		t.Errorf("stopped, it has read %d bytes, known: %v", n, known)
	}
	w.cont()
	w.expect("a\n")
	w.becomesIdle()
}

func TestBusyWithUnreadOutput(t *testing.T) {
	w := start(t, "cat")
	w.becomesIdle()
	w.send("a\n")
	eventually(t, "its answer", func() bool { _, state := stat(w.Pid()); return state == "S" && unread(w.out) == 2 })
	w.stays(Busy, "with an answer to be read")
	w.expect("a\n")
	w.becomesIdle()
}

// Input that the pipe has no room for is still to be read.
func TestBusyWithQueuedInput(t *testing.T) {
	w := start(t, "cat")
	w.becomesIdle()
	w.stop()
	w.send(strings.Repeat("x", 1<<20))
	if got := w.Written(); got >= 1<<20 {
		t.Fatalf("a pipe took %d bytes", got)
	}
	w.stays(Busy, "stopped, with more before it than a pipe holds")
}

// Output that came with the ready line is still to be read, though no pipe holds it.
func TestBusyWithLeftover(t *testing.T) {
	w := sh(t, `printf 'READY\nleft\n'; exec cat`)
	if err := w.AwaitReady(ready, bound, new(lines).add, never); err != nil {
		t.Fatal(err)
	}
	eventually(t, "sleeps in read", func() bool { return idle(w.Pid(), w.own) == Idle })
	w.stays(Busy, "with output from its warm-up to be read")
	w.expect("left\n")
	w.becomesIdle()
}

func TestBusyWithoutInput(t *testing.T) {
	w := start(t, "cat")
	w.becomesIdle()
	w.CloseInput()
	w.stays(Busy, "at the end of its input")
	w.rest()
	w.stays(Busy, "ended")
}

func (l *live) stop() {
	l.t.Helper()
	_ = syscall.Kill(-l.Pid(), syscall.SIGSTOP)
	eventually(l.t, "stopped", func() bool { _, state := stat(l.Pid()); return state == "T" })
}

func (l *live) cont() { _ = syscall.Kill(-l.Pid(), syscall.SIGCONT) }

// Ring wakes an Exchange that sleeps: the thread it sleeps on is seen in poll before the bell is rung.
func TestRingWakesExchange(t *testing.T) {
	w := start(t, "cat")
	for range 20 {
		var rung atomic.Bool
		tid, woken := make(chan int), make(chan struct{})
		go func() {
			defer close(woken)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			tid <- unix.Gettid()
			for !rung.Load() { // a signal may wake it, too
				if n, err := w.Exchange(make([]byte, 9), -1); n > 0 || err != nil {
					t.Errorf("it read %d bytes, %v", n, err)
				}
			}
		}()
		path := fmt.Sprintf("/proc/self/task/%d/syscall", <-tid)
		asleep := fmt.Sprintf("%d ", unix.SYS_PPOLL)
		eventually(t, "Exchange sleeps", func() bool {
			call, err := os.ReadFile(path)
			return err == nil && strings.HasPrefix(string(call), asleep)
		})
		rung.Store(true)
		w.Ring()
		select {
		case <-woken:
		case <-time.After(bound):
			t.Fatal("nothing wakes it")
		}
		w.bell.hear() // it may have been woken before it was rung
	}
}

func TestTreeRSS(t *testing.T) {
	one := start(t, "cat")
	one.becomesIdle()
	alone, ok := TreeRSS(one.Pid())
	if !ok || alone < int64(os.Getpagesize()) {
		t.Fatalf("cat holds %d bytes, known: %v", alone, ok)
	}
	tree := sh(t, "cat | cat | cat")
	tree.becomesIdle()
	if all, ok := TreeRSS(tree.Pid()); !ok || all < 2*alone {
		t.Errorf("a shell and three cats hold %d bytes, one cat %d; known: %v", all, alone, ok)
	}
	one.finish(0, nil)
	if rss, ok := TreeRSS(one.Pid()); ok && rss > 0 {
		t.Errorf("what has ended holds %d bytes", rss)
	}
}

// Neither a dead child nor one that an init left behind keeps a worker from being Idle: both made it Busy for ever.
func TestIdleBesideBystanders(t *testing.T) {
	for _, init := range []string{"true &", "sleep 100 >&2 </dev/null &"} {
		w := sh(t, init+" exec cat")
		w.becomesIdle()
	}
}
