package lang

// The test driver of python and node: it starts an interpreter with its runner and talks to it as stoke does.

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testSlot = 3
	// hung is when a session is given up, so that a mistake fails a test and does not stop it for ever.
	hung = 2 * time.Minute
)

var (
	escaper   = strings.NewReplacer("\\", "\\\\", "\n", "\\n")
	unescaper = strings.NewReplacer("\\\\", "\\", "\\n", "\n")
)

// failed stands in front of an answer that is none, but what CODE raised.
const failed = "FAILED: "

// session is one running interpreter.
type session struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors lockedBuffer // its stderr
	where  string       // what errors said besides
}

// lockedBuffer is read while it is filled.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestMain puts python itself in the place of a wrapper that looks for it: some take longer than all that python does here.
func TestMain(m *testing.M) {
	if path, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output(); err == nil {
		os.Setenv("PATH", filepath.Dir(string(path))+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	os.Exit(m.Run())
}

// notShort skips a test of a language whose interpreter takes long to start: with -short it has to answer only once, in
// TestEveryLanguageAnswers.
func notShort(t *testing.T, lang string) {
	t.Helper()
	if testing.Short() && (lang == "python" || lang == "node" || lang == "ruby") {
		t.Skip("it starts an interpreter that takes long")
	}
}

// need skips the test if there is no such program here; where all must be there it fails.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v: where CI is set, all interpreters must be there", err)
		}
		t.Skip(err)
	}
}

// start starts the interpreter of p in a directory; an empty one is this package's.
func start(t *testing.T, dir string, p *Program) *session {
	t.Helper()
	notShort(t, p.Lang)
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	argv, env := p.Command(testSlot, "")
	need(t, argv[0])
	s := &session{t: t, cmd: exec.CommandContext(t.Context(), argv[0], argv[1:]...)}
	s.cmd.Dir, s.cmd.Env, s.cmd.Stderr = dir, append(os.Environ(), env...), &s.errors
	s.cmd.WaitDelay = 10 * time.Second // for a grandchild that keeps stderr open
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReaderSize(out, 1<<16)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watch := time.AfterFunc(hung, func() { _ = s.cmd.Process.Kill() })
	t.Cleanup(func() {
		watch.Stop()
		_ = s.cmd.Process.Kill()
	})
	return s
}

// ready waits until items may come.
func (s *session) ready() *session {
	s.t.Helper()
	if line, err := s.out.ReadString('\n'); line != "\\ready\n" && line != "\\ready mute\n" {
		s.t.Fatalf("%q, %v, where it should be ready; stderr: %s", line, err, s.stop())
	}
	return s
}

// send sends items without waiting for their answers.
func (s *session) send(items ...string) *session {
	s.t.Helper()
	var lines strings.Builder
	for _, item := range items {
		lines.WriteString(escaper.Replace(item) + "\n")
	}
	return s.raw(lines.String())
}

// raw sends lines as they are.
func (s *session) raw(lines string) *session {
	s.t.Helper()
	if _, err := io.WriteString(s.in, lines); err != nil {
		s.t.Fatalf("%v; stderr: %s", err, s.stop())
	}
	return s
}

// answer waits for the next answer. A failure begins with failed; its traceback is kept in where.
func (s *session) answer() string {
	s.t.Helper()
	text, err := s.next()
	if err != nil {
		s.t.Fatalf("after %q: %v; stderr: %s", text, err, s.stop())
	}
	return text
}

// next is answer where there may be none.
func (s *session) next() (string, error) {
	line, err := s.out.ReadString('\n')
	line = strings.TrimSuffix(line, "\n")
	if text, raised := strings.CutPrefix(line, "\\!"); raised {
		text, where, told := strings.Cut(unescaper.Replace(text), "\x1e")
		if told {
			s.where += text + "\n" + where
		}
		return failed + text, err
	}
	return unescaper.Replace(line), err
}

// fault waits for the worker to find the user's text at fault, and gives what it says about it.
func (s *session) fault() string {
	s.t.Helper()
	all, err := io.ReadAll(s.out)
	if err != nil {
		s.t.Fatal(err)
	}
	text, found := strings.CutPrefix(string(all), "\\?")
	text, ended := strings.CutSuffix(text, "\n")
	if status := s.wait(); status != AtFault || !found || !ended {
		s.t.Fatalf("%q and status %d, want a fault and status %d; stderr: %s", all, status, AtFault, s.errors.String())
	}
	return unescaper.Replace(text)
}

// end closes the worker's input. It gives the answers that are left, what stderr holds, and the exit status; -1 is a signal.
func (s *session) end() (answers []string, stderr string, status int) {
	s.t.Helper()
	if err := s.in.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		s.t.Fatal(err)
	}
	return s.rest()
}

// rest is end for a worker whose input somebody else closes.
func (s *session) rest() (answers []string, stderr string, status int) {
	s.t.Helper()
	for {
		text, err := s.next()
		if err != nil && text == "" {
			break
		}
		answers = append(answers, text)
		if err != nil {
			s.t.Errorf("the last answer is cut short: %q: %v", text, err)
			break
		}
	}
	status = s.wait()
	return answers, s.errors.String() + s.where, status
}

func (s *session) wait() int {
	s.t.Helper()
	var exit *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return s.cmd.ProcessState.ExitCode()
}

// stop ends the worker and gives what stderr holds: for messages.
func (s *session) stop() string {
	_ = s.in.Close()
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	return s.errors.String()
}

// run starts p, sends all items at once and ends it.
func run(t *testing.T, p *Program, items ...string) (answers []string, stderr string, status int) {
	t.Helper()
	s := start(t, "", p).ready()
	go func() {
		// The worker may leave early.
		for _, item := range items {
			if _, err := io.WriteString(s.in, escaper.Replace(item)+"\n"); err != nil {
				break
			}
		}
		_ = s.in.Close()
	}()
	return s.rest()
}

// allBytes holds the bytes 0x01 to 0xff.
func allBytes() string {
	all := make([]byte, 255)
	for i := range all {
		all[i] = byte(i + 1)
	}
	return string(all)
}
