package lang

// A small partner for the runners of perl, ruby, bash and sh: it starts one, feeds it items, and takes its answers apart.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// warmNonce is the NONCE of the shells here.
const warmNonce = "0123456789abcdef"

// warmSetup is what a runner is given. Its JSON is what those of perl and ruby find in their environment.
type warmSetup struct {
	Code string   `json:"code"`
	Init string   `json:"init"`
	Exit string   `json:"exit"`
	Args [][2]any `json:"args"`
	Type string   `json:"item_type"`
	Slot int      `json:"slot"`
}

// command is the interpreter with its runner. Dash and busybox are further programs to be sh, where they are installed.
func (s warmSetup) command(t *testing.T, lang string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath(lang)
	if err != nil {
		if os.Getenv("CI") != "" && lang != "dash" && lang != "busybox" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	if s.Type == "" {
		s.Type = "text"
	}
	if s.Slot == 0 {
		s.Slot = 3
	}
	l := find(lang)
	if l == nil {
		l = find("sh")
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), runnerName+"="+l.runner)
	if lang == "busybox" {
		cmd.Args = append(cmd.Args, "sh")
	}
	cmd.Args = append(append(cmd.Args, l.boot...), "stoke", "worker", strconv.Itoa(s.Slot))
	if !warmMarked(lang) {
		setup, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, setupName+"="+string(setup))
		return cmd
	}
	p := Program{Init: s.Init, Code: s.Code, Exit: s.Exit}
	for _, arg := range s.Args {
		p.Args = append(p.Args, Arg{Name: fmt.Sprint(arg[0]), Value: fmt.Sprint(arg[1])})
	}
	cmd.Env = append(cmd.Env, setupName+"="+p.assignments(s.Slot, warmNonce))
	return cmd
}

// warmMarked says whether a language speaks the marked protocol.
func warmMarked(lang string) bool { return lang != "perl" && lang != "ruby" }

// warmSession is a conversation with a runner.
type warmSession struct {
	t      *testing.T
	marked bool
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *bytes.Buffer // complete once the runner has ended
	where  string        // what errors said besides
}

// startWarm starts a runner, which is killed at the end of the test if it has not ended.
func startWarm(t *testing.T, lang string, setup warmSetup) *warmSession {
	t.Helper()
	notShort(t, lang)
	s := &warmSession{t: t, marked: warmMarked(lang), cmd: setup.command(t, lang), stderr: new(bytes.Buffer)}
	s.cmd.Stderr = s.stderr
	s.cmd.WaitDelay = 10 * time.Second
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
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	return s
}

var (
	warmEscaper   = strings.NewReplacer("\\", "\\\\", "\n", "\\n")
	warmUnescaper = strings.NewReplacer("\\\\", "\\", "\\n", "\n")
)

// send sends items. A runner that is gone does not take them, which is no error here.
func (s *warmSession) send(items ...string) {
	var text strings.Builder
	for _, item := range items {
		warmEscaper.WriteString(&text, item)
		text.WriteByte('\n')
	}
	io.WriteString(s.in, text.String())
}

// next is what the runner says next, with what kind it is: an answer, "ready", "?", "!" with the message or, in a shell,
// the status before the output; "end", with what is left, when it says no more.
func (s *warmSession) next() (kind, text string) {
	s.t.Helper()
	if s.marked {
		return s.nextMarked()
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		return "end", line
	}
	line = strings.TrimSuffix(line, "\n")
	for kind, prefix := range map[string]string{"ready": `\ready`, "?": `\?`, "!": `\!`} {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			text, where, told := strings.Cut(warmUnescaper.Replace(rest), "\x1e")
			if told {
				s.where += text + "\n" + where
			}
			return kind, text
		}
	}
	return "", warmUnescaper.Replace(line)
}

// nextMarked is next for the marked protocol.
func (s *warmSession) nextMarked() (kind, text string) {
	output, err := s.until("\x1e" + warmNonce + " ")
	if err != nil {
		return "end", output
	}
	if first, err := s.out.Peek(1); err == nil && first[0] == '?' && output == "" {
		fault, err := s.until("\x1e" + warmNonce + "\n")
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
		return "", output
	case status == "ready" && output == "":
		return "ready", ""
	}
	if _, err := strconv.Atoi(status); err != nil {
		s.t.Fatalf("the runner says %q after %.100q", status, output)
	}
	return "!", status + " " + output
}

// until reads up to mark, which it drops.
func (s *warmSession) until(mark string) (string, error) {
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

// answer is the next answer, which must be one.
func (s *warmSession) answer() string {
	s.t.Helper()
	kind, text := s.next()
	if kind != "" {
		s.t.Fatalf("the runner says %s%q, want an answer", kind, text)
	}
	return text
}

// ready awaits that items may be sent.
func (s *warmSession) ready() {
	s.t.Helper()
	if kind, text := s.next(); kind != "ready" {
		s.in.Close()
		err := s.cmd.Wait()
		s.t.Fatalf("the runner says %s%q, want that it is ready: %v, %s", kind, text, err, s.stderr)
	}
}

// end waits for the runner to end. It gives the status; what the runner still says must be nothing.
func (s *warmSession) end() int {
	s.t.Helper()
	s.in.Close()
	if kind, text := s.next(); kind != "end" || text != "" {
		s.t.Errorf("at the end the runner says %s%q", kind, text)
	}
	if err := s.cmd.Wait(); err != nil && s.cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return s.cmd.ProcessState.ExitCode()
}

// warmResult is what a whole run gives.
type warmResult struct {
	answers []string // a failure is "!" and its message; in a shell "!", the status, a space and the output
	fault   string   // what is wrong with the user's text
	stderr  string   // and behind it what errors said besides
	status  int
}

// warmRun feeds all items to a runner.
func warmRun(t *testing.T, lang string, setup warmSetup, items ...string) (r warmResult) {
	t.Helper()
	s := startWarm(t, lang, setup)
	go func() {
		s.send(items...)
		s.in.Close()
	}()
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
				t.Errorf("left over: %q", text)
			}
			r.status = s.end()
			r.stderr = s.stderr.String() + s.where
			return r
		}
		r.answers = append(r.answers, kind+text)
	}
}

// warmCase is one run with what comes of it.
type warmCase struct {
	name   string
	setup  warmSetup
	items  []string
	want   []string
	stderr []string // pieces of what is on stderr, in order; nothing may be there if this is nil
	status int
}

// check runs the case.
func (c warmCase) check(t *testing.T, lang string) {
	t.Helper()
	r := warmRun(t, lang, c.setup, c.items...)
	if fmt.Sprintf("%q", r.answers) != fmt.Sprintf("%q", c.want) {
		t.Errorf("answers %q, want %q", r.answers, c.want)
	}
	if r.fault != "" {
		t.Errorf("fault %s", r.fault)
	}
	if r.status != c.status {
		t.Errorf("status %d, want %d", r.status, c.status)
	}
	if c.stderr == nil && r.stderr != "" {
		t.Errorf("on stderr: %s", r.stderr)
	}
	rest := r.stderr
	for _, piece := range c.stderr {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			t.Errorf("on stderr is no %q in %q", piece, r.stderr)
		}
		rest = after
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

// warmFault is a user's text that no other try would mend, and pieces of what must be said about it.
type warmFault struct {
	name  string
	setup warmSetup
	want  []string
}

// check runs a runner that must refuse: nothing of the user's text is run, and no item taken.
func (f warmFault) check(t *testing.T, lang string) {
	t.Helper()
	r := warmRun(t, lang, f.setup, "1")
	if r.status != 120 || r.answers != nil || r.stderr != "" {
		t.Errorf("status %d, answers %q, on stderr %q", r.status, r.answers, r.stderr)
	}
	rest := r.fault
	for _, piece := range f.want {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			t.Errorf("no %q in its place in\n%s", piece, r.fault)
		}
		rest = after
	}
}

// checkPrompt checks that slow items are answered one by one: an answer is there while the next item is still worked on.
// Code must sleep for some milliseconds on "nap", and wait for the file to exist on any other item.
func checkPrompt(t *testing.T, lang, code string) {
	t.Helper()
	path := t.TempDir() + "/go"
	s := startWarm(t, lang, warmSetup{Code: code, Args: [][2]any{{"path", path}}})
	s.ready()
	s.send("nap", "wait", "nap")
	s.answer()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.answer()
	s.answer()
	if status := s.end(); status != 0 {
		t.Errorf("status %d: %s", status, s.stderr)
	}
}

// checkNumbers checks that items count on from the number that the partner gives. Code must answer ITEM:SEQ.
func checkNumbers(t *testing.T, lang, code string) {
	t.Helper()
	s := startWarm(t, lang, warmSetup{Code: code})
	s.ready()
	go io.WriteString(s.in, "a\n\\#42\nb\nc\n\\#7\nd\\\\\n")
	for _, want := range []string{"a:1", "b:42", "c:43", `d\:7`} {
		if got := s.answer(); got != want {
			t.Errorf("answer %q, want %q", got, want)
		}
	}
	if status := s.end(); status != 0 || s.stderr.Len() > 0 {
		t.Errorf("status %d: %s", status, s.stderr)
	}
}

// checkBadJSON checks that an item that is not JSON fails alone. Code must answer the item.
func checkBadJSON(t *testing.T, lang, code string) {
	t.Helper()
	for _, bad := range []string{"[", "x", "", "\"\xff\"", "1 2"} {
		r := warmRun(t, lang, warmSetup{Code: code, Type: "json"}, "1", bad, "2")
		if len(r.answers) != 3 || r.answers[0] != "1" || !strings.HasPrefix(r.answers[1], "!") || r.answers[2] != "2" {
			t.Errorf("%q: answers %q", bad, r.answers)
		}
	}
}
