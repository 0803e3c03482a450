package worker

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// bound is far longer than anything here takes: it is only reached where a test fails, so that it does not hang.
const bound = 20 * time.Second

// local starts all processes of these tests, as it does in a run.
var local = NewLocal(0)

// live is a worker that is ended with its test, if the test does not do it.
type live struct {
	*Worker
	t      *testing.T
	exit   *Exit
	stderr *lines
}

// start launches argv. What it writes to stderr is in the stderr of what is returned.
func start(t *testing.T, argv ...string) *live {
	t.Helper()
	stderr := new(lines)
	w, err := Start(local, Command{Argv: argv, Env: os.Environ()}, stderr.add)
	if err != nil {
		t.Fatal(err)
	}
	l := &live{Worker: w, t: t, stderr: stderr}
	t.Cleanup(func() { l.finish(0, nil) })
	return l
}

// sh launches a shell that runs script.
func sh(t *testing.T, script string) *live {
	t.Helper()
	return start(t, "sh", "-c", script)
}

// finish ends the worker, once.
func (l *live) finish(patience time.Duration, hurry <-chan struct{}) Exit {
	if l.exit == nil {
		exit := l.Finish(patience, hurry)
		l.exit = &exit
	}
	return *l.exit
}

func (l *live) send(text string) {
	l.t.Helper()
	if err := l.Send([]byte(text)); err != nil {
		l.t.Fatal(err)
	}
}

// read exchanges until n bytes of output have come and returns them.
func (l *live) read(n int) string {
	l.t.Helper()
	var got []byte
	buf := make([]byte, 64<<10)
	for deadline := time.Now().Add(bound); len(got) < n; {
		k, err := l.Exchange(buf[:min(n-len(got), len(buf))], time.Second)
		got = append(got, buf[:k]...)
		if err != nil || time.Now().After(deadline) {
			l.t.Fatalf("%d of %d bytes, %.80q, then: %v", len(got), n, got, err)
		}
	}
	return string(got)
}

// expect reads want, and nothing else.
func (l *live) expect(want string) {
	l.t.Helper()
	if got := l.read(len(want)); got != want {
		l.t.Fatalf("it wrote %q, want %q", got, want)
	}
}

// rest exchanges until the end of the output and returns what came.
func (l *live) rest() string {
	l.t.Helper()
	defer time.AfterFunc(bound, l.Ring).Stop()
	var got []byte
	buf := make([]byte, 64<<10)
	for deadline := time.Now().Add(bound); ; {
		k, err := l.Exchange(buf, -1)
		got = append(got, buf[:k]...)
		if err == io.EOF {
			return string(got)
		}
		if err != nil || time.Now().After(deadline) {
			l.t.Fatalf("after %.80q: %v", got, err)
		}
	}
}

// lines collects what a worker's stderr is shown, and whether it came in whole lines.
type lines struct {
	mu     sync.Mutex
	text   strings.Builder
	broken bool
}

func (l *lines) add(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	l.broken = l.broken || len(p) > 0 && p[len(p)-1] != '\n'
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// eventually waits, within bounds, until what holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(bound); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, bound)
		}
	}
}

func TestExchangeEchoes(t *testing.T) {
	w := start(t, "cat")
	for _, text := range []string{"a\n", "\n", "no newline", "\x00\xff\n"} {
		w.send(text)
		w.expect(text)
	}
	if got := w.Written(); got != 16 {
		t.Errorf("%d bytes written, want 16", got)
	}
	if n, err := w.Exchange(make([]byte, 9), 0); n != 0 || err != nil {
		t.Errorf("with nothing to read: %d, %v", n, err)
	}
}

func TestWatch(t *testing.T) {
	w := start(t, "cat")
	buf := make([]byte, 9)
	if n, err := w.Watch(buf, time.Millisecond); n != 0 || err != nil {
		t.Errorf("with nothing to read: %d, %v", n, err)
	}
	w.send("a\n")
	if n, err := w.Watch(buf, bound); string(buf[:n]) != "a\n" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
	w.CloseInput()
	if n, err := w.Watch(buf, bound); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// What is read does not depend on the size of the buffer that it is read into.
func TestExchangeIntoASmallBuffer(t *testing.T) {
	w := start(t, "cat")
	w.send("hello")
	var got []byte
	for buf := make([]byte, 2); len(got) < 5; {
		n, err := w.Exchange(buf, bound)
		if err != nil || n == 0 {
			t.Fatalf("after %q: %d, %v", got, n, err)
		}
		got = append(got, buf[:n]...)
	}
	if string(got) != "hello" {
		t.Errorf("%q", got)
	}
}

// cat stops reading when its stdout is full: only who writes and reads at once gets more through it than pipes hold.
func TestExchangeWritesAndReadsAtOnce(t *testing.T) {
	w := start(t, "cat")
	sent := strings.Repeat("0123456789abcdef", 256<<10) // 4 MiB
	half := len(sent) / 2
	w.send(sent[:half])
	w.send(sent[half:])
	if got := w.Written(); got >= int64(len(sent)) {
		t.Fatalf("%d bytes written at once: the test needs more than the pipes hold", got)
	}
	if got := w.read(len(sent)); got != sent {
		t.Error("what came back differs from what was sent")
	}
	if got := w.Written(); got != int64(len(sent)) {
		t.Errorf("%d bytes written, want %d", got, len(sent))
	}
	w.CloseInput()
	if got := w.rest(); got != "" {
		t.Errorf("then it wrote %.80q", got)
	}
}

func TestEndOfOutput(t *testing.T) {
	tests := []struct{ name, script, input, output string }{
		{"it ends by itself", "echo bye", "", "bye\n"},
		{"it writes nothing", "exit 3", "", ""},
		{"it answers at the end of its input", "sed s/a/b/", "a\na\n", "b\nb\n"},
		{"the last answer lacks its newline", "printf %s \"$(cat)\"", "a\n", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sh(t, tt.script)
			w.send(tt.input)
			w.CloseInput()
			if got := w.rest(); got != tt.output {
				t.Errorf("it wrote %q, want %q", got, tt.output)
			}
			if n, err := w.Exchange(make([]byte, 9), -1); n != 0 || err != io.EOF {
				t.Errorf("behind the end: %d, %v", n, err)
			}
		})
	}
}

// Whoever waits for a worker notices that it has ended, even if a child of its keeps its stdout open in silence.
func TestEndWithAChildThatHoldsTheOutput(t *testing.T) {
	w := sh(t, "echo first; sleep 1000 & exit 3")
	if got := w.rest(); got != "first\n" {
		t.Errorf("it wrote %q", got)
	}
	if exit := w.finish(bound, nil); exit != (Exit{Code: 3}) {
		t.Errorf("it ended with %+v", exit)
	}
}

// What children write after the worker has ended is output all the same, until they have been silent for a second.
func TestChildrenWriteOn(t *testing.T) {
	w := sh(t, "exec 3<&0; (read x; echo $x) <&3 & exit 0")
	eventually(t, "its end", func() bool { return w.gone(0, nil) })
	w.send("late\n")
	if got := w.rest(); got != "late\n" {
		t.Errorf("they wrote %q", got)
	}
}

// To close its stdin is a worker's right. What is sent then is lost, in silence; its answers will tell.
func TestWorkerThatClosesItsInput(t *testing.T) {
	w := sh(t, "exec 0<&-; echo closed; sleep 1000")
	w.expect("closed\n")
	if n, err := w.Exchange(make([]byte, 9), 0); n != 0 || err != nil || !w.Deaf() {
		t.Errorf("%d, %v; that is not known although nothing was sent", n, err)
	}
	for range 2 {
		w.send("lost\n")
	}
	if got := w.Written(); got != 0 {
		t.Errorf("%d bytes written", got)
	}
	if n, known := w.Read(); n != 0 || known != (runtime.GOOS == "linux") {
		t.Errorf("it has read %d bytes, known: %v", n, known)
	}
	if n, err := w.Exchange(make([]byte, 9), 0); n != 0 || err != nil {
		t.Errorf("then: %d, %v", n, err)
	}
}

func TestSendAfterCloseInput(t *testing.T) {
	w := start(t, "cat")
	w.send("a\n")
	w.CloseInput()
	w.CloseInput()
	w.send("b\n")
	if got := w.rest(); got != "a\n" {
		t.Errorf("it wrote %q", got)
	}
}

// A ring is heard by the Exchange that comes next, and by that one only, however often it was rung.
func TestRingBeforeExchange(t *testing.T) {
	w := start(t, "cat")
	for range 100000 { // more than a pipe holds
		w.Ring()
	}
	if n, err := w.Exchange(make([]byte, 9), -1); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	w.send("a\n")
	w.expect("a\n")
}

func TestRingFromManyGoroutines(t *testing.T) {
	w := start(t, "cat")
	var ringing sync.WaitGroup
	for range 8 {
		ringing.Go(func() {
			for range 100 {
				w.Ring()
			}
		})
	}
	for range 100 {
		w.send("a\n")
		w.expect("a\n")
	}
	ringing.Wait()
	w.finish(0, nil)
	w.Ring() // too late, but allowed at any time
}

// script writes an executable file.
func script(t *testing.T, text string, mode os.FileMode) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "worker")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLaunchError(t *testing.T) {
	tests := []struct {
		name, command string
		notFound      bool
		says          string
	}{
		{"a name that PATH does not know", "no-such-command-anywhere", true, "no-such-command-anywhere: command not found"},
		{"a path where nothing is", "/no/such/command", true, "/no/such/command: command not found"},
		{"a file that is not executable", script(t, "#!/bin/sh\n", 0o600), false, "permission denied"},
		{"a script without #!", script(t, "echo hello\n", 0o700), false, "neither a program nor a script that begins with #!"},
		{"an empty file", script(t, "", 0o700), false, "neither a program nor a script"},
		{"a script whose interpreter is missing", script(t, "#!/no/such/interpreter\n", 0o700), false, "cannot be executed: no such file"},
	}
	for _, tt := range tests {
		w, err := Start(local, Command{Argv: []string{tt.command}, Env: os.Environ()}, new(lines).add)
		if err == nil {
			t.Errorf("%s: started", tt.name)
			w.Finish(0, nil)
			continue
		}
		var launch *LaunchError
		if !errors.As(err, &launch) || launch.NotFound != tt.notFound || launch.Name != tt.command {
			t.Errorf("%s: %#v", tt.name, err)
		}
		if !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: the error says %q, want %q", tt.name, err, tt.says)
		}
	}
}

func TestCommand(t *testing.T) {
	dir := t.TempDir()
	w, err := Start(local, Command{
		Argv: []string{"sh", "-c", `pwd -P; echo "$A,$#,$1,$2"; env | grep -c ^HOME=`, "sh", "two words", ""},
		Env:  []string{"A=from the environment", "PATH=" + os.Getenv("PATH")},
		Dir:  dir,
	}, new(lines).add)
	if err != nil {
		t.Fatal(err)
	}
	l := &live{Worker: w, t: t}
	defer l.finish(0, nil)
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := l.rest(), real+"\nfrom the environment,2,two words,\n0\n"; got != want {
		t.Errorf("it wrote %q, want %q", got, want)
	}
}
