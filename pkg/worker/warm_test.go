package worker

import (
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

var ready = regexp.MustCompile(`^READY$`)

func never() bool { return false }

func TestAwaitReady(t *testing.T) {
	tests := []struct{ name, script, shown, left string }{
		{"at once", "echo READY; cat", "READY\n", ""},
		{"behind a banner", "echo loading; echo; echo READY; cat", "loading\n\nREADY\n", ""},
		{"a line that only holds the word is not it", "echo NOT READY; echo READY; cat", "NOT READY\nREADY\n", ""},
		{"CR is no part of the line", `printf 'READY\r\n'; cat`, "READY\r\n", ""},
		{"in two pieces", "printf RE; printf 'ADY\n'; cat", "READY\n", ""},
		{"an answer right behind it", `printf 'READY\nfirst\n'; cat`, "READY\n", "first\n"},
		{"half an answer right behind it", `printf 'READY\nfir'; printf 'st\n'; cat`, "READY\n", "first\n"},
		{"a second ready line is an answer", `printf 'READY\nREADY\n'; cat`, "READY\n", "READY\n"},
		{"behind a banner larger than a pipe", "yes banner | head -n 20000; echo READY; cat", strings.Repeat("banner\n", 20000) + "READY\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sh(t, tt.script)
			var shown lines
			if err := w.AwaitReady(ready, bound, shown.add, never); err != nil {
				t.Fatal(err)
			}
			if got := shown.String(); got != tt.shown {
				t.Errorf("shown %.80q, want %.80q", got, tt.shown)
			}
			w.send("item\n")
			w.expect(tt.left + "item\n")
		})
	}
}

// What came behind the ready line is delivered however small the reader's buffer is.
func TestLeftoverInPieces(t *testing.T) {
	w := sh(t, `printf 'READY\nfirst\n'; cat`)
	if err := w.AwaitReady(ready, bound, new(lines).add, never); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the leftover", func() bool {
		buf := make([]byte, 1)
		n, err := w.Exchange(buf, 0)
		return n == 1 && err == nil && buf[0] == 'f'
	})
	for _, want := range "irst\n" {
		w.expect(string(want))
	}
}

func TestAwaitReadyFails(t *testing.T) {
	tests := []struct {
		name, script string
		timeout      time.Duration
		cancelled    func() bool
		want         error
	}{
		{"it says nothing", "sleep 1000", 10 * time.Millisecond, never, ErrSlow},
		{"it says the wrong things without end", "yes", 10 * time.Millisecond, never, ErrSlow},
		{"it closes its stdin and is silent", "exec 0<&-; sleep 1000", 10 * time.Millisecond, never, ErrSlow},
		{"it ends", "echo loading; exit 3", bound, never, ErrEnded},
		{"it ends, and there is no limit", "exit 3", 0, never, ErrEnded},
		{"it closes its stdout", "exec >&-; sleep 1000", 0, never, ErrEnded},
		{"the run ends", "sleep 1000", 0, func() bool { return true }, ErrStopped},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sh(t, tt.script)
			if err := w.AwaitReady(ready, tt.timeout, new(lines).add, tt.cancelled); err != tt.want {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// A warm-up that has been going on for long is given up when the run ends.
func TestAwaitReadyIsCancelledByRing(t *testing.T) {
	w := sh(t, "sleep 1000")
	asked := make(chan struct{})
	go func() {
		<-asked
		w.Ring()
	}()
	times := 0
	err := w.AwaitReady(ready, 0, new(lines).add, func() bool {
		if times++; times == 1 {
			close(asked)
		}
		return times > 1
	})
	if err != ErrStopped {
		t.Errorf("%v, want %v", err, ErrStopped)
	}
}

func TestAwaitIdle(t *testing.T) {
	t.Run("a worker that reads", func(t *testing.T) {
		w := start(t, "cat")
		if err := w.AwaitIdle(bound, never); err != nil {
			t.Fatal(err)
		}
		w.send("a\n")
		w.expect("a\n")
	})
	t.Run("a worker that writes before it reads", func(t *testing.T) {
		w := sh(t, "echo banner; sleep 1000")
		if err := w.AwaitIdle(bound, never); err != nil {
			t.Fatal(err)
		}
		w.expect("banner\n")
	})
	t.Run("a worker that ends", func(t *testing.T) {
		w := sh(t, "exit 3")
		if err := w.AwaitIdle(bound, never); err != ErrEnded {
			t.Errorf("%v, want %v", err, ErrEnded)
		}
	})
	t.Run("a worker that sleeps elsewhere for longer", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("it cannot be seen here")
		}
		w, asked := sh(t, "exec sleep 1000"), 0
		if err := w.AwaitIdle(50*time.Millisecond, func() bool { asked++; return asked > 100 }); err != ErrStopped {
			t.Errorf("%v, want %v", err, ErrStopped)
		}
	})
	t.Run("a worker that polls for more", func(t *testing.T) {
		if _, err := exec.LookPath("perl"); err != nil {
			t.Skip(err)
		}
		w := start(t, "perl", "-e", `vec($set, 0, 1) = 1; select $set, undef, undef, undef; print while <STDIN>`)
		if err := w.AwaitIdle(50*time.Millisecond, never); err != nil {
			t.Fatal(err)
		}
		w.send("a\n")
	})
	t.Run("a run that ends", func(t *testing.T) {
		w := sh(t, "sleep 1000")
		if err := w.AwaitIdle(bound, func() bool { return true }); err != ErrStopped {
			t.Errorf("%v, want %v", err, ErrStopped)
		}
	})
}

// What init code does to its shell carries over to the command, and nothing else of it does.
func TestWithInit(t *testing.T) {
	tests := []struct {
		name, init string
		argv       []string
		output     string
	}{
		{"cd", "cd /", []string{"pwd"}, "/\n"},
		{"export", "export A='x  y'", []string{"sh", "-c", `echo "$A"`}, "x  y\n"},
		{"ulimit", "ulimit -c 0", []string{"sh", "-c", "ulimit -c"}, "0\n"},
		{"umask", "umask 027", []string{"sh", "-c", "umask"}, "0027\n"},
		{"several lines, the last a comment", "A=1\nexport A # that was it", []string{"sh", "-c", "echo $A"}, "1\n"},
		{"what it prints is no answer", "echo loading", []string{"cat"}, "item\n"},
		{"it cannot eat items", "cat; read x; true", []string{"cat"}, "item\n"},
		{"nothing", "", []string{"cat"}, "item\n"},
		{"a failure it has dealt with", "false || true", []string{"cat"}, "item\n"},
		{"arguments arrive as they are", "true", []string{"printf", "%s|", "a b", "", "$HOME", "'", `"`, "*"}, "a b||$HOME|'|\"|*|"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, WithInit(tt.argv, tt.init)...)
			w.send("item\n")
			w.CloseInput()
			if got := w.rest(); got != tt.output {
				t.Errorf("it wrote %q, want %q; its stderr: %s", got, tt.output, w.stderr)
			}
			if exit := w.finish(bound, nil); !exit.Ok() {
				t.Errorf("it ended with %v; its stderr: %s", exit, w.stderr)
			}
		})
	}
}

func TestWithInitPrintsToStderr(t *testing.T) {
	w := start(t, WithInit([]string{"cat"}, "echo out; echo err >&2")...)
	w.CloseInput()
	w.rest()
	w.finish(bound, nil)
	if got := w.stderr.String(); got != "out\nerr\n" {
		t.Errorf("%q", got)
	}
}

// The command takes the place of the shell: there is no process between it and the signals meant for it.
func TestWithInitLeavesNoShell(t *testing.T) {
	w := start(t, WithInit([]string{"cat"}, "echo $$ >&2")...)
	w.send("a\n")
	w.expect("a\n")
	w.CloseInput()
	if exit := w.finish(bound, nil); exit != (Exit{}) {
		t.Errorf("%+v", exit)
	}
	if got := strings.TrimSpace(w.stderr.String()); got != strconv.Itoa(w.Pid()) {
		t.Errorf("the shell was process %s, the worker is %d", got, w.Pid())
	}
}

func TestWithInitFails(t *testing.T) {
	tests := []struct {
		name, init string
		argv       []string
		code       int
		says       string
	}{
		{"init code with a status", "(exit 7)", []string{"cat"}, 125, "--init failed with status 7"},
		{"init code whose last command was not found", "/no/such/command", []string{"cat"}, 125, "--init failed with status 127"},
		{"init code that says more", "echo model missing; false", []string{"cat"}, 125, "model missing"},
		{"init code that exits", "echo leaving; exit 9", []string{"cat"}, 9, "leaving"},
		{"a command that is not found", "true", []string{"/no/such/command"}, 127, "/no/such/command"},
		{"a command that cannot be run", "true", []string{"/"}, 126, "/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, WithInit(tt.argv, tt.init)...)
			w.rest()
			if exit := w.finish(bound, nil); exit != (Exit{Code: tt.code}) {
				t.Errorf("it ended with %v, want status %d", exit, tt.code)
			}
			if got := w.LastWords(); !strings.Contains(got, tt.says) {
				t.Errorf("it said %q, want %q", got, tt.says)
			}
		})
	}
}

// A worker that prints without end, and no newline, takes no more memory for it.
func TestReadyLineWithoutEnd(t *testing.T) {
	w, err := Start(NewLocal(0), Command{Argv: []string{"sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo; echo ready; cat"}, Env: []string{"PATH=/usr/bin:/bin"}}, func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Finish(0, nil)
	longest := 0
	show := func(p []byte) { longest = max(longest, len(p)) }
	if err := w.AwaitReady(regexp.MustCompile("^ready$"), 10*time.Second, show, never); err != nil {
		t.Fatal(err)
	}
	if longest > 2*longLine {
		t.Errorf("%d bytes were kept", longest)
	}
}
