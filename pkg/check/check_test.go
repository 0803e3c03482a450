package check

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// TestMain lets 16 tests run at once where -parallel does not say how many: they wait, most of them for workers to be silent.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		flag.Set("test.parallel", "16")
	}
	os.Exit(m.Run())
}

// long is a limit that no worker here is to reach, short one that some are to.
const long, short = time.Minute, 500 * time.Millisecond

// local starts all processes of these tests, as it does in a run.
var local = worker.NewLocal(0)

// pids are the processes that a test has started.
type pids struct {
	mu   sync.Mutex
	list []int
}

// options are those for a worker with that command line and ten items, and with limits that it is not to reach.
func options(argv ...string) (Options, *pids) {
	started := new(pids)
	env := append(os.Environ(), "PYTHONUNBUFFERED=", "LC_ALL=C")
	start := func() (*worker.Worker, error) {
		w, err := worker.Start(local, worker.Command{Argv: argv, Env: env}, func([]byte) {})
		if err == nil {
			started.mu.Lock()
			defer started.mu.Unlock()
			started.list = append(started.list, w.Pid())
		}
		return w, err
	}
	var items [][]byte
	for i := range 10 {
		items = append(items, fmt.Append(nil, i+1))
	}
	return Options{Start: start, Framing: wire.Lines, Items: items, InitTimeout: long, Timeout: long, Names: called}, started
}

func sh(script string) []string { return []string{"sh", "-c", script} }

// run tries a worker out and makes sure that none of its processes is left.
func run(t *testing.T, o Options, started *pids) Report {
	t.Helper()
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	started.gone(t)
	return r
}

func (p *pids) gone(t *testing.T) {
	t.Helper()
	for _, pid := range p.list {
		if process, err := os.FindProcess(pid); err == nil && process.Signal(syscall.Signal(0)) == nil {
			t.Errorf("process %d was left behind", pid)
		}
	}
}

// expect demands that a report has findings, and says nothing of others.
func expect(t *testing.T, r Report, willDo bool, want, not []string) {
	t.Helper()
	got := text(r)
	if r.WillDo() != willDo {
		t.Errorf("will do: %v, want %v, in\n%s", r.WillDo(), willDo, got)
	}
	for _, part := range want {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
	for _, part := range not {
		if strings.Contains(got, part) {
			t.Errorf("%q in\n%s", part, got)
		}
	}
}

// seesIdle skips a test where it cannot be seen that a worker waits: see TestBlind for what is expected there.
func seesIdle(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/self/syscall"); err != nil {
		t.Skip("this system does not show what a worker does")
	}
}

// The worker is one that everybody has, or a shell's script.
func TestRealWorkers(t *testing.T) {
	t.Parallel()
	seesIdle(t)
	tests := []struct {
		name   string
		argv   []string
		willDo bool
		want   []string
		not    []string
	}{
		{"cat", []string{"cat"}, true, []string{"ok: starts: warm after", "ok: answers each item once (10 of 10)", "ok: flushes", "ok: gives each item the same",
			"ok: exits", "SIGTERM", "ok: takes"}, []string{"fault", "buffer"}},
		{"tr buffers", []string{"tr", "a-z", "A-Z"}, true, []string{"ok: answers each item once", "note: keeps answers in a buffer", "ok: gives each item the same"}, []string{"fault"}},
		{"a pipeline", sh("cat | rev"), true, []string{"ok: answers each item once"}, []string{"fault"}},
		{"a last line without its end", sh(`x=$(cat; echo .); x=${x%??}; printf %s "$x"`), true, []string{"note: does not end the last line"}, nil},
		{"grep drops", []string{"grep", "-v", "3"}, false, []string{"fault: gives 9 answers for 10 items\n"}, []string{"buffer"}},
		{"a loop drops", sh(`while read -r x; do [ "$x" = 3 ] || echo "$x"; done`), false, []string{"fault: gives 9 answers for 10 items: the first without one is item 3"}, nil},
		{"sed doubles", []string{"sed", "p"}, false, []string{"fault: gives 20 answers for 10 items"}, nil},
		{"a loop doubles", sh(`while read -r x; do echo "$x"; echo; done`), false, []string{"fault: gives 20 answers for 10 items; item 1 got 2"}, nil},
		{"no newline", sh(`while read -r x; do printf %s "$x"; done`), false, []string{`leaves "12345678910" without an end`}, nil},
		{"a banner", sh("echo hi; exec cat"), false, []string{"fault: prints \"hi\\n\" before its first item\n--ready '^hi$'", "ok: answers each item once"}, nil},
		{"a prompt", sh("printf '> '; exec cat"), false, []string{"this looks like a prompt"}, nil},
		{"tac", []string{"tac"}, false, []string{"fault: answers only when it has read everything"}, []string{"buffer"}},
		{"sort", []string{"sort"}, false, []string{"fault: answers only when it has read everything"}, nil},
		{"wc", []string{"wc", "-l"}, false, []string{"fault: gives 1 answer for 10 items, and only at the end of its input"}, nil},
		{"nl", []string{"nl"}, true, []string{"note: gives an item another answer"}, []string{"fault"}},
		{"a counter that flushes", sh(`while read -r x; do i=$((i + 1)); echo "$i"; done`), true, []string{"note: gives an item another answer", "ok: flushes"}, nil},
		{"its process id", sh(`while read -r x; do echo "$$"; done`), true, []string{"note: gives other answers to the same items"}, nil},
		{"a shell that ignores SIGTERM", sh(`trap "" TERM; while read -r x; do echo "$x"; done`), true, []string{"note: ignores SIGTERM"}, nil},
		{"true", []string{"true"}, false, []string{"fault: ends before it has read an item: exit status 0"}, nil},
		{"false", []string{"false"}, false, []string{"fault: ends before it has read an item: exit status 1"}, nil},
		{"ends late without reading", sh("sleep 1; echo no >&2; exit 3"), false, []string{"fault: ends before it has read an item: exit status 3", "stderr:\nno\n"}, nil},
		{"reads a file instead", []string{"echo", "x"}, false, []string{`exit status 0; it printed "x\n"`}, nil},
		{"a missing command", []string{"no-such-command"}, false, []string{"fault: does not start: no-such-command: command not found"}, nil},
		{"a missing command in a shell", sh("no-such-command"), false, []string{"exit status 127", "check the name and PATH"}, nil},
		{"not a program", []string{"/dev/null"}, false, []string{"fault: does not start: /dev/null: cannot be executed"}, nil},
		{"prints without end", []string{"yes"}, false, []string{"no end of it"}, nil},
		{"prints without end when asked", sh("read -r x; exec yes"), false, []string{"fault: gives more than"}, nil},
		{"dies on an item", sh(`while read -r x; do [ "$x" = 3 ] && { echo bad >&2; exit 4; }; echo "$x"; done`), false, []string{"fault: dies on item 3: exit status 4", "bad"}, nil},
		{"takes three items", []string{"head", "-n", "3"}, false, []string{"fault: ends by itself"}, nil},
		{"takes one item", sh(`read -r x; echo "$x"`), false, []string{"fault: ends by itself after 1 item with 1 answer"}, nil},
		{"exits with a status", sh("cat; exit 3"), false, []string{"fault: ends with exit status 3"}, nil},
		{"reads chunks", sh(`while x=$(dd bs=4096 count=1 2>/dev/null) && [ -n "$x" ]; do echo $x; done`), false, []string{"when these come all at once"}, nil},
		{"starts once", sh(`mkdir "$0" && exec cat`), false, []string{"fault: starts once, but not again"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.name == "starts once" {
				tt.argv = append(tt.argv, t.TempDir()+"/lock")
			}
			o, started := options(tt.argv...)
			expect(t, run(t, o, started), tt.willDo, tt.want, tt.not)
		})
	}
}

// These are told only by a limit: it is short, so that little else can be expected of a busy machine.
func TestLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		argv   []string
		change func(*Options)
		want   string
	}{
		{"never reads", []string{"sleep", "600"}, func(o *Options) { o.InitTimeout = short }, "fault: does not begin to read within 500ms"},
		{"closes its stdin", sh("exec <&-; exec sleep 600"), func(o *Options) { o.InitTimeout = short }, "fault: closes its standard input"},
		{"reads and is silent", sh("read -r x; exec sleep 600"), func(o *Options) { o.Timeout = short }, "it had read one and was still silent after 500ms"},
		{"swallows everything", sh("cat >/dev/null; exec sleep 600"), func(o *Options) { o.Timeout = short }, "fault: gives no answer for 10 items, even 500ms after the end"},
		{"does not exit", sh("cat; exec sleep 600"), func(o *Options) { o.Timeout = 2 * time.Second }, "note: does not exit within 2s of the end of its input"},
		{"is never ready", sh("echo nearly; exec cat"), func(o *Options) { o.Ready, o.InitTimeout = regexp.MustCompile("up"), short },
			"fault: prints no line within 500ms that matches --ready 'up'"},
		{"gives a giant answer", sh("read -r x; tr -d '\\n' </dev/zero"), func(o *Options) { o.MaxAnswer = 1 << 20 }, "fault: gives an answer of more than 1048576 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, started := options(tt.argv...)
			tt.change(&o)
			r := run(t, o, started)
			if !strings.Contains(text(r), tt.want) {
				t.Errorf("no %q in\n%s", tt.want, text(r))
			}
		})
	}
}

// Where a host does not show what a worker does, less is said, and nothing that is wrong.
func TestBlind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		argv   []string
		change func(*Options)
		willDo bool
		want   []string
	}{
		{"cat", []string{"cat"}, nil, true, []string{"ok: starts; when it is warm cannot be seen", "ok: answers each item once", "ok: flushes"}},
		{"a banner", sh("echo hi; exec cat"), nil, false, []string{`fault: prints "hi\n" before its first item`}},
		{"a buffer", []string{"tr", "a-z", "A-Z"}, func(o *Options) { o.Timeout = 2 * time.Second }, false,
			[]string{"ok: answers each item once (3 of 3)", "fault: does not answer an item within 2s; whether it waits for more cannot be seen", "--feed-ahead"}},
		{"a buffer that is known", []string{"tr", "a-z", "A-Z"}, func(o *Options) { o.Timeout, o.FeedAhead = 2*time.Second, true }, true,
			[]string{"with --feed-ahead it gets more all the same"}},
		{"ends at once", []string{"false"}, nil, false, []string{"fault: ends before it has read an item"}},
		{"ends late without reading", sh("sleep 2; exit 3"), nil, false, []string{"fault: ends before it has read an item"}},
		{"dies on an item", sh(`while read -r x; do [ "$x" = 3 ] && exit 4; echo "$x"; done`), nil, false, []string{"fault: dies on item 3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, started := options(tt.argv...)
			if o.blind = true; tt.change != nil {
				tt.change(&o)
			}
			expect(t, run(t, o, started), tt.willDo, tt.want, []string{"buffer:"})
		})
	}
}

func TestReadyReadsPastABanner(t *testing.T) {
	t.Parallel()
	var shown strings.Builder
	o, started := options(sh("echo loading; echo up; exec cat")...)
	o.Ready = regexp.MustCompile("^up$")
	o.Show = func(lines []byte) { shown.Write(lines) }
	expect(t, run(t, o, started), true, []string{"ok: starts: ready after", "ok: prints nothing before its first item"}, []string{"fault"})
	if !strings.HasPrefix(shown.String(), "loading\nup\n") {
		t.Errorf("shown: %q", shown.String())
	}
}

func TestFramings(t *testing.T) {
	t.Parallel()
	o, started := options("cat")
	o.Framing = wire.Netstring
	o.Items = [][]byte{[]byte("a\nb"), {}, []byte("c")}
	expect(t, run(t, o, started), true, []string{"ok: answers each item once (3 of 3)"}, nil)

	o.Framing = wire.Lines
	expect(t, run(t, o, started), false, []string{"fault: 1 of 3 items cannot be sent: it contains a newline", "ok: answers each item once (2 of 2)"}, nil)

	o.Items = o.Items[:1]
	expect(t, run(t, o, started), false, []string{"fault: 1 of 1 item cannot be sent"}, []string{"starts"})

	o, started = options(sh("echo hi; exec cat")...)
	o.Framing = wire.Netstring
	expect(t, run(t, o, started), false, []string{`fault: prints "hi\n" before its first item`}, nil)
}

// A worker of an interpreter's runtime never sleeps in read, or has other threads that do.
func TestRuntimes(t *testing.T) {
	t.Parallel()
	seesIdle(t)
	for name, argv := range map[string][]string{
		"node":    {"node", "-e", "require('readline').createInterface({input: process.stdin}).on('line', l => console.log(l))"},
		"python3": {"python3", "-c", "import sys\nfor line in sys.stdin: print(line.strip())"},
		"perl":    {"perl", "-ne", "print"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(name); err != nil {
				t.Skipf("%s is not installed", name)
			}
			o, started := options(argv...)
			expect(t, run(t, o, started), true, []string{"ok: answers each item once (10 of 10)", "ok: gives each item the same"}, []string{"fault"})
		})
	}
}

// Slow items are tried only as many as it takes.
func TestSlowItems(t *testing.T) {
	t.Parallel()
	o, started := options(sh(`while read -r x; do sleep 0.2; echo "$x"; done`)...)
	o.budget = time.Second
	for range 90 {
		o.Items = append(o.Items, []byte("x"))
	}
	expect(t, run(t, o, started), true, []string{"note: takes long: only the first ", " of 100 items were tried", "ok: takes about"}, nil)
}

// A check that is called off ends soon, and leaves nothing behind either.
func TestCancel(t *testing.T) {
	cause := errors.New("called off")
	ctx, cancel := context.WithCancelCause(t.Context())
	o, started := options(sh("read -r x; echo got it >&2; exec sleep 600")...)
	start := o.Start
	o.Start = func() (*worker.Worker, error) {
		cancel(cause)
		return start()
	}
	if _, err := Run(ctx, o); err != cause {
		t.Errorf("error %v, want %v", err, cause)
	}
	started.gone(t)
}

// Findings are told as soon as they are made: the first ones when only one worker was started.
func TestFindingsAreToldAtOnce(t *testing.T) {
	o, started := options("cat")
	var early, all int
	o.Found = func(Finding) {
		all++
		if len(started.list) == 1 {
			early++
		}
	}
	r := run(t, o, started)
	if all != len(r.Findings) || early < 3 || early == all {
		t.Errorf("%d of %d findings were told after the first trial, and the report has %d", early, all, len(r.Findings))
	}
}
