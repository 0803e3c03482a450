package lang

// The test driver: it starts an interpreter with its runner, and talks to it as stoke does.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

const (
	testSlot = 3
	// nonce is the NONCE of the shells here.
	nonce = "0123456789abcdef"
	// hung is when a session is given up, so that a mistake fails a test and does not stop it for ever.
	hung = 2 * time.Minute
)

var (
	escaper   = strings.NewReplacer("\\", "\\\\", "\n", "\\n")
	unescaper = strings.NewReplacer("\\\\", "\\", "\\n", "\n")
)

// TestMain puts python itself in the place of a wrapper that looks for it: some take longer than all that python does here.
func TestMain(m *testing.M) {
	if os.Getenv(relayed) != "" {
		os.Exit(relay())
	}
	if path, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output(); err == nil {
		os.Setenv("PATH", filepath.Dir(string(path))+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	os.Exit(m.Run())
}

// session is one running interpreter.
type session struct {
	t      *testing.T
	marked bool
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr lockedBuffer
	where  string // what errors said behind their first part
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

// programs are the interpreters to be tried besides the usual one, by language.
var programs = map[string][]string{"sh": {"dash", "busybox"}}

// command is the interpreter of p with its runner. The test is skipped if it is not here; in CI that is an error.
func command(t *testing.T, p *Program) *exec.Cmd {
	t.Helper()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	argv, env := p.Command(testSlot, nonce)
	if _, err := exec.LookPath(argv[0]); err != nil {
		if os.Getenv("CI") != "" && p.Interpreter == "" {
			t.Fatalf("%v: where CI is set, all interpreters must be there", err)
		}
		t.Skip(err)
	}
	if argv[0] == "busybox" {
		argv = slices.Insert(argv, 1, "sh")
	}
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	if p.Preload != "" {
		viaRelay(cmd, p)
	}
	cmd.WaitDelay = 10 * time.Second // for a grandchild that keeps stderr open
	return cmd
}

// start starts the interpreter of p in a directory; an empty one is this package's. With -short an interpreter that takes
// long to start has to answer only once, in TestEveryLanguageAnswers.
func start(t *testing.T, dir string, p *Program) *session {
	t.Helper()
	if testing.Short() && !Marked(p.Lang) && p.Lang != "perl" {
		t.Skip("it starts an interpreter that takes long")
	}
	s := &session{t: t, marked: Marked(p.Lang), cmd: command(t, p)}
	s.cmd.Dir, s.cmd.Stderr = dir, &s.stderr
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
		_ = s.cmd.Wait()
	})
	return s
}

// ready waits until items may come.
func (s *session) ready() *session {
	s.t.Helper()
	if kind, text := s.next(); kind != "ready" {
		s.in.Close()
		err := s.cmd.Wait()
		s.t.Fatalf("the runner says %s%q, want that it is ready: %v, %s", kind, text, err, s.stderr.String())
	}
	return s
}

// send sends items without waiting for their answers. A runner that is gone does not take them, which is no error here.
func (s *session) send(items ...string) *session {
	for _, item := range items {
		line := escaper.Replace(item)
		if s.marked && !utf8.ValidString(item) {
			line = octal(line)
		}
		if _, err := io.WriteString(s.in, line+"\n"); err != nil {
			break
		}
	}
	return s
}

// octal writes bytes that are not ASCII as numbers: the protocol of shells does, where they are not UTF-8.
func octal(item string) string {
	var line strings.Builder
	for _, b := range []byte(item) {
		if b < utf8.RuneSelf {
			line.WriteByte(b)
		} else {
			fmt.Fprintf(&line, `\0%03o`, b)
		}
	}
	return line.String()
}

// raw sends lines as they are.
func (s *session) raw(lines string) *session {
	_, _ = io.WriteString(s.in, lines)
	return s
}

// kinds are what a line of the escaped protocol begins with that is no answer in text.
var kinds = map[string]string{"ready": `\ready`, "?": `\?`, "!": `\!`, "=": `\=`}

// next is what the runner says next, with what kind it is: an answer, "=" for one that is JSON, "ready", "?", "!" with the
// message or, in a shell, the status before the output; "end", with what is left, when it says no more.
func (s *session) next() (kind, text string) {
	s.t.Helper()
	if s.marked {
		return s.nextMarked()
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		return "end", line
	}
	line = strings.TrimSuffix(line, "\n")
	for kind, prefix := range kinds {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			text, where, told := strings.Cut(unescaper.Replace(rest), "\x1e")
			if told {
				s.where += text + "\n" + where
			}
			return kind, text
		}
	}
	return "", unescaper.Replace(line)
}

// nextMarked is next for the marked protocol. The newline at the end of an answer is taken away, as stoke does.
func (s *session) nextMarked() (kind, text string) {
	output, err := s.until("\x1e" + nonce + " ")
	if err != nil {
		return "end", output
	}
	if first, err := s.out.Peek(1); err == nil && first[0] == '?' && output == "" {
		fault, err := s.until("\x1e" + nonce + "\n")
		if err != nil {
			return "end", fault
		}
		return "?", fault[1:]
	}
	status, err := s.out.ReadString('\n')
	if err != nil {
		return "end", output + status
	}
	switch status = strings.TrimSuffix(status, "\n"); {
	case status == "0":
		return "", strings.TrimSuffix(output, "\n")
	case status == "ready" && output == "":
		return "ready", ""
	}
	if _, err := strconv.Atoi(status); err != nil {
		s.t.Fatalf("the runner says %q after %.100q", status, output)
	}
	return "!", status + " " + output
}

// until reads up to mark, which it drops.
func (s *session) until(mark string) (string, error) {
	var text []byte
	for {
		piece, err := s.out.ReadSlice(mark[len(mark)-1])
		text = append(text, piece...)
		if bytes.HasSuffix(text, []byte(mark)) {
			return string(text[:len(text)-len(mark)]), nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return string(text), err
		}
	}
}

// wants waits for answers.
func (s *session) wants(answers ...string) *session {
	s.t.Helper()
	for _, want := range answers {
		if kind, text := s.next(); kind+text != want {
			s.t.Fatalf("the runner says %s%q, want the answer %q; stderr: %s", kind, text, want, s.stderr.String())
		}
	}
	return s
}

// result is what is left of a session. A failure is "!" and its message; in a shell "!", the status, a space and the output.
type result struct {
	answers []string
	fault   string // what is wrong with the user's text
	stderr  string // and behind it what errors said besides
	status  int    // -1 is a signal
}

// end closes the worker's input, and gives what comes.
func (s *session) end() result {
	s.t.Helper()
	_ = s.in.Close()
	return s.rest()
}

// rest is end for a worker whose input somebody else closes.
func (s *session) rest() (r result) {
	s.t.Helper()
	for {
		kind, text := s.next()
		switch kind {
		case "ready":
			continue
		case "?":
			r.fault = text
			continue
		case "end":
			if text != "" {
				s.t.Errorf("left over: %q", text)
			}
			var exit *exec.ExitError
			if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
				s.t.Fatal(err)
			}
			r.stderr, r.status = s.stderr.String()+s.where, s.cmd.ProcessState.ExitCode()
			return r
		}
		r.answers = append(r.answers, kind+text)
	}
}

// run starts p, sends all items at once and ends it.
func run(t *testing.T, dir string, p *Program, items ...string) result {
	t.Helper()
	s := start(t, dir, p)
	go func() { // the worker may leave early, or answer before it has read all
		s.send(items...)
		_ = s.in.Close()
	}()
	return s.rest()
}

// talk is one conversation, whole.
type talk struct {
	p      Program
	items  []string // 1 and 2 if there are none
	want   []string // answers; of those that are failures only the beginning
	stderr []string // each is found on stderr, whole lines as often as they are named here; if there are none, stderr is empty
	status int
}

// check has the conversation with each interpreter of a language.
func (tt *talk) check(t *testing.T, lang string) {
	t.Helper()
	for _, interpreter := range append([]string{""}, programs[lang]...) {
		t.Run(lang+" "+interpreter, func(t *testing.T) {
			t.Parallel()
			p := tt.p
			p.Lang, p.Interpreter = lang, interpreter
			tt.judge(t, run(t, "", &p, tt.given()...))
		})
	}
	if slices.Contains(forking, lang) {
		t.Run(lang+" forked", func(t *testing.T) {
			t.Parallel()
			p := tt.p
			p.Lang, p.Preload = lang, "1"
			tt.judge(t, run(t, "", &p, tt.given()...))
		})
	}
}

func (tt *talk) given() []string {
	if tt.items == nil {
		return []string{"1", "2"}
	}
	return tt.items
}

func (tt *talk) judge(t *testing.T, r result) {
	t.Helper()
	if !slices.EqualFunc(r.answers, tt.want, sameAnswer) {
		t.Errorf("answers %.300q, want %.300q", r.answers, tt.want)
	}
	if r.status != tt.status || r.fault != "" {
		t.Errorf("exit status %d, want %d; fault %s; stderr: %s", r.status, tt.status, r.fault, r.stderr)
	}
	if len(tt.stderr) == 0 && r.stderr != "" && !slices.ContainsFunc(tt.want, failure) {
		t.Errorf("on stderr: %s", r.stderr)
	}
	for _, piece := range tt.stderr {
		others := slices.DeleteFunc(slices.Clone(tt.stderr), func(other string) bool { return other == piece })
		want, got := len(tt.stderr)-len(others), strings.Count(r.stderr, piece)
		if got < want || got > want && strings.HasSuffix(piece, "\n") {
			t.Errorf("%q is on stderr %d times, want %d: %s", piece, got, want, r.stderr)
		}
	}
}

func failure(answer string) bool { return strings.HasPrefix(answer, "!") }

// sameAnswer compares failures by their beginning only: the words differ from one version of a language to the next.
func sameAnswer(got, want string) bool {
	return got == want || failure(want) && strings.HasPrefix(got, want)
}

// checkFault checks what a worker says of a text that is at fault: a line with what is wrong, and the line it is in. Nothing
// of the text is run, and no item is taken.
func checkFault(t *testing.T, dir string, p Program, want string) {
	t.Helper()
	for _, interpreter := range append([]string{""}, programs[p.Lang]...) {
		t.Run(p.Lang+" "+interpreter, func(t *testing.T) {
			t.Parallel()
			p := p // others run at the same time
			p.Interpreter = interpreter
			r := run(t, dir, &p, "1")
			what, line, _ := strings.Cut(want, "|")
			if said, shown, _ := strings.Cut(r.fault, "\n"); !strings.HasPrefix(said, what) || strings.Trim(shown, " ") != line && line != "" {
				t.Errorf("%q, want %q", r.fault, want)
			}
			if r.status != AtFault || r.answers != nil {
				t.Errorf("status %d, answers %q, stderr %s", r.status, r.answers, r.stderr)
			}
		})
	}
}

// everyByte is every byte but NUL, which some programs cannot hold, in an order that is no valid UTF-8.
func everyByte() string {
	var b []byte
	for i := 255; i > 0; i-- {
		b = append(b, byte(i))
	}
	return string(b)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
