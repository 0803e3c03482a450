package cmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"stoke/pkg/check"
	"stoke/pkg/cut"
	"stoke/pkg/launch"
	"stoke/pkg/wire"
)

func TestGather(t *testing.T) {
	hundred := strings.Repeat("x\n", mostSamples)
	tests := []struct {
		name, delimiter, in string
		want                []string
	}{
		{"nothing", "\n", "", nil},
		{"lines", "\n", "a\n\nb\n", []string{"a", "", "b"}},
		{"a last line without its end", "\n", "a\nb", []string{"a", "b"}},
		{"a delimiter of two bytes", ", ", "a,b, c", []string{"a,b", "c"}},
		{"a delimiter that overlaps itself", "aa", "baaa", []string{"b", "a"}},
		{"a hundred", "\n", hundred, strings.Split(strings.TrimSuffix(hundred, "\n"), "\n")},
		{"more than a hundred", "\n", hundred + "y\nz", strings.Split(strings.TrimSuffix(hundred, "\n"), "\n")},
	}
	for _, tt := range tests {
		for how, in := range map[string]io.Reader{
			"at once": strings.NewReader(tt.in), "by the byte": iotest.OneByteReader(strings.NewReader(tt.in)),
			"its end with the data": iotest.DataErrReader(strings.NewReader(tt.in)),
		} {
			got, err := gather(t.Context(), in, cut.Delimiter(tt.delimiter))
			if err != nil {
				t.Errorf("%s, %s: %v", tt.name, how, err)
			}
			if !equalItems(got, tt.want) {
				t.Errorf("%s, %s: %q, want %q", tt.name, how, got, tt.want)
			}
		}
	}
}

func equalItems(got [][]byte, want []string) bool {
	same := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		same = same && string(got[i]) == want[i]
	}
	return same
}

// Input that stays open is not waited for, and an item that has not come whole is not used.
func TestGatherDoesNotWait(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	go func() { _, _ = io.WriteString(w, "a\nb\nhal") }()
	got, err := gather(t.Context(), r, cut.Delimiter("\n"))
	if err != nil || !equalItems(got, []string{"a", "b"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestGatherFails(t *testing.T) {
	want := errors.New("bad disk")
	if _, err := gather(t.Context(), iotest.ErrReader(want), cut.Delimiter("\n")); err != want {
		t.Errorf("error %v, want %v", err, want)
	}
}

func TestSamples(t *testing.T) {
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "in")
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	long := file(strings.Repeat("a\n", 200))
	two := file("a\nb")
	for _, tt := range []struct {
		name, file, whence string
		want, status       int
	}{
		{"a file", two, "2 from " + two, 2, 0},
		{"a long file", long, "the first 100 of " + long, 100, 0},
		{"an empty file", file(""), "1 to 10, made up", 10, 0},
		{"a device", os.DevNull, "1 to 10, made up", 10, 0},
		{"no such file", "no/such", "", 0, 1},
		{"a directory", t.TempDir(), "", 0, 1},
	} {
		items, whence, err := samples(t.Context(), &plan{argFile: tt.file, delimiter: []byte("\n")})
		if len(items) != tt.want || !strings.HasPrefix(whence, tt.whence) || statusOf(err) != tt.status {
			t.Errorf("%s: %d items, %q, %v", tt.name, len(items), whence, err)
		}
	}
}

// printed is what --check prints of a report.
func printed(t *testing.T, r check.Report) string {
	t.Helper()
	var out bytes.Buffer
	p := &printer{to: &out}
	for _, f := range r.Findings {
		p.found(f)
	}
	if err := p.conclude(); err != nil {
		t.Error(err)
	}
	return out.String()
}

func TestPrintedFindings(t *testing.T) {
	r := check.Report{Findings: []check.Finding{
		{Level: check.OK, Text: "starts: warm after 31ms"},
		{Level: check.Note, Text: "keeps answers in a buffer"},
		{Level: check.Fault, Text: "dies on item 3: exit status 1; it last wrote to stderr:\nTraceback\nKeyError", Remedy: "catch the error"},
	}}
	want := `ok       starts: warm after 31ms
note     keeps answers in a buffer
fault    dies on item 3: exit status 1; it last wrote to stderr:
             Traceback
             KeyError
         fix: catch the error
result:  it will not do, with these items
`
	if got := printed(t, r); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	r.Findings = r.Findings[:2]
	if got := printed(t, r); !strings.HasSuffix(got, "\nresult:  it will do, with these items\n") {
		t.Errorf("got\n%s", got)
	}
}

// What helps where COMMAND is known to drop items, or to give several answers.
func TestOneEach(t *testing.T) {
	for _, tt := range []struct {
		command []string
		want    string
	}{
		{[]string{"grep", "-v", "a b"}, `stoke awk '!/a b/ { print; next } { print "" }' | grep .`},
		{[]string{"/bin/grep", "x"}, `stoke awk '/x/ { print; next } { print "" }' | grep .`},
		{[]string{"jq", "select(.a)"}, `jq -c '[select(.a)]'`}, {[]string{"jq", "-c", ".[]"}, `jq -c '[.[]]'`},
		{[]string{"jq", "."}, `jq -c .; where`}, {[]string{"jq", "-rc", "."}, `gives nothing: jq -rc '[.]'`},
		{[]string{"grep", "-io", "x"}, ""}, {[]string{"sed", "2d"}, ""}, {[]string{"jq"}, ""},
	} {
		if got := oneEach(tt.command); !strings.Contains(got, tt.want) || (tt.want == "") != (got == "") {
			t.Errorf("%q: %q, want %q in it", tt.command, got, tt.want)
		}
	}
}

// disown ends what starting a worker has begun in this process: it adopted orphans, and reaped children of other sessions.
// Transcripts that need a terminal start such, and wait for them themselves.
var disown = func() {}

// The status says whether the worker will do, and where it does not start the same as a run would.
func TestCheckStatus(t *testing.T) {
	t.Cleanup(disown)
	local := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(local, []byte("no program\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		p       plan
		want    int
		problem string // part of the error
	}{
		{"a good worker", plan{worker: launch.Spec{Argv: []string{"cat"}}}, 0, ""},
		{"notes are no faults", plan{worker: launch.Spec{Argv: []string{"nl"}}}, 0, ""},
		{"a banner", plan{worker: launch.Spec{Argv: []string{"sh", "-c", "echo hi; exec cat"}}}, 1, "it has a fault"},
		{"no worker", plan{worker: launch.Spec{Argv: []string{"false"}}}, 125, "exit status 1"},
		{"not executable", plan{worker: launch.Spec{Argv: []string{local}}}, 126, "cannot be executed"},
		{"not found", plan{worker: launch.Spec{Argv: []string{"no-such-command"}}}, 127, "command not found"},
		{"not found behind an init", plan{worker: launch.Spec{Argv: []string{"no-such-command"}, Init: "true"}}, 127, "exit status 127"},
		{"its init fails", plan{worker: launch.Spec{Argv: []string{"cat"}, Init: "exit 3"}}, 125, ""},
		{"its init is used", plan{worker: launch.Spec{Argv: []string{"sh", "-c", `[ "$A" = b ] && exec cat`}, Init: "export A=b"}}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stderr bytes.Buffer
			o := tt.p
			o.worker.Protocol, o.worker.Jobs = wire.Plain(wire.Lines), 1
			o.engine.FeedAhead = true // so that nl will do where buffers cannot be seen
			report, err := check.Run(t.Context(), checkOptions(&o, newVoice(&stderr), [][]byte{[]byte("a"), []byte("b"), []byte("c")}))
			if err != nil {
				t.Fatal(err)
			}
			err = checkError(report)
			if statusOf(err) != tt.want {
				t.Errorf("status %d, want %d: %v\n%s", statusOf(err), tt.want, err, printed(t, report))
			}
			if tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)) {
				t.Errorf("error %v, want %q", err, tt.problem)
			}
			if (err == nil) != strings.Contains(printed(t, report), "it will do") {
				t.Errorf("%v does not go with\n%s", err, printed(t, report))
			}
		})
	}
}

// What the worker writes to stderr is passed on.
func TestCheckShowsStderr(t *testing.T) {
	t.Cleanup(disown)
	var stderr bytes.Buffer
	p := plan{worker: launch.Spec{Argv: []string{"sh", "-c", "echo loading >&2; exec cat"}, Jobs: 2, Protocol: wire.Plain(wire.Lines)}}
	report, err := check.Run(t.Context(), checkOptions(&p, newVoice(&stderr), [][]byte{[]byte("a")}))
	if err != nil || !report.WillDo() || !strings.HasPrefix(stderr.String(), "loading\n") {
		t.Errorf("%v, %q\n%s", err, stderr.String(), printed(t, report))
	}
}

// A signal ends the check, with its status.
func TestCancelOnSignal(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	defer cancelOnSignal(ctx, cancel)()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if err := context.Cause(ctx); statusOf(err) != 143 {
		t.Errorf("%v has status %d, want 143", err, statusOf(err))
	}
}
