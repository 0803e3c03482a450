package worker

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestFinish(t *testing.T) {
	const leave, stay = "cat", "sleep 1000"
	tests := []struct {
		name, script string
		patience     time.Duration
		want         Exit
		ok           bool
	}{
		{"it leaves at the end of its input", leave, bound, Exit{}, true},
		{"it leaves with a status", "cat; exit 7", bound, Exit{Code: 7}, false},
		{"it was killed", "kill -9 $$", bound, Exit{Code: -1, Signal: syscall.SIGKILL}, false},
		{"it crashed", "ulimit -c 0; kill -SEGV $$", bound, Exit{Code: -1, Signal: syscall.SIGSEGV}, false},
		{"it stays", stay, 0, Exit{Code: -1, Signal: syscall.SIGTERM, Forced: true}, false},
		{"it leaves only when it is told to", "trap 'exit 0' TERM; echo; while :; do sleep 0.01; done", 0, Exit{Forced: true}, false},
		{"it will not be told", "trap '' TERM; echo; sleep 1000", 0, Exit{Code: -1, Signal: syscall.SIGKILL, Forced: true}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sh(t, tt.script)
			if strings.HasPrefix(tt.script, "trap") {
				w.expect("\n") // the trap is set
			}
			exit := w.finish(tt.patience, nil)
			if exit != tt.want || exit.Ok() != tt.ok {
				t.Errorf("it ended with %+v, want %+v", exit, tt.want)
			}
		})
	}
}

// A run that ends at once does not wait for those that take their time.
func TestFinishInAHurry(t *testing.T) {
	w := sh(t, "sleep 1000")
	hurry := make(chan struct{})
	close(hurry)
	began := time.Now()
	if exit := w.finish(time.Hour, hurry); !exit.Forced {
		t.Errorf("it ended with %+v", exit)
	}
	if took := time.Since(began); took > bound {
		t.Errorf("after %v", took)
	}
}

// Neither a worker nor its children outlive Finish, even if none of them listens.
func TestFinishKillsChildren(t *testing.T) {
	tests := []struct {
		name, script string
		patience     time.Duration
	}{
		{"all ignore SIGTERM", "trap '' TERM; sleep 1000 & echo $!; wait", 0},
		{"a child of a child", "trap '' TERM; sh -c 'sleep 1000 & echo $!; wait' & wait", 0},
		{"the worker leaves by itself and its child stays", "sleep 1000 & echo $!; read x", bound},
		{"the worker died long ago", "sleep 1000 & echo $!; exit 1", bound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sh(t, tt.script)
			child := w.number()
			if !alive(child) {
				t.Fatalf("the child %d is not there", child)
			}
			w.finish(tt.patience, nil)
			if alive(w.Pid()) {
				t.Errorf("the worker %d is still there", w.Pid())
			}
			eventually(t, "the end of its child", func() bool { return !alive(child) })
		})
	}
}

// A worker that ends by itself may leave a child behind that has left its group, and what it holds open is not waited for.
func TestFinishDoesNotWaitForStrangers(t *testing.T) {
	w := sh(t, "setsid sleep 1000 & echo $!; read x")
	stranger := w.number()
	defer syscall.Kill(stranger, syscall.SIGKILL)
	eventually(t, "a session of its own", func() bool {
		pgid, err := syscall.Getpgid(stranger)
		return err == nil && pgid == stranger
	})
	began := time.Now()
	if exit := w.finish(bound, nil); exit.Forced {
		t.Errorf("it ended with %+v", exit)
	}
	if took := time.Since(began); took > bound {
		t.Errorf("after %v", took)
	}
	if !alive(stranger) {
		t.Error("the stranger did not live to hold anything open")
	}
}

// number reads a line with a number.
func (l *live) number() int {
	l.t.Helper()
	var text string
	for !strings.HasSuffix(text, "\n") {
		text += l.read(1)
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

func TestExitString(t *testing.T) {
	tests := []struct {
		exit Exit
		want string
	}{
		{Exit{}, "exit status 0"},
		{Exit{Code: 3}, "exit status 3"},
		{Exit{Code: -1, Signal: syscall.SIGKILL}, "signal: killed (out of memory?)"},
		{Exit{Code: -1, Signal: syscall.SIGKILL, Forced: true}, "signal: killed"},
		{Exit{Code: -1, Signal: syscall.SIGSEGV}, "signal: segmentation fault"},
		{Exit{Code: -1, Forced: true, Left: 4711}, "it could not be killed"},
	}
	for _, tt := range tests {
		if got := tt.exit.String(); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.exit, got, tt.want)
		}
	}
}
