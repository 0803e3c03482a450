package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// fence is a block of code in a page of the manual.
type fence struct {
	language, info string
	line           int
	before, text   string // before: the paragraph above
}

// pages are what people read: the chapters, and the README.
func pages(t *testing.T) (files []string) {
	t.Helper()
	files, err := filepath.Glob("../pkg/manual/chapters/*.md")
	if err != nil || len(files) < 10 {
		t.Fatalf("found only %q: %v", files, err)
	}
	return append(files, "../README.md")
}

func fences(t *testing.T, file string) (all []fence) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	inside, paragraph, blank := false, "", false
	for i, line := range strings.Split(string(source), "\n") {
		info, edge := strings.CutPrefix(line, "```")
		switch {
		case edge && !inside:
			language, rest, _ := strings.Cut(info, " ")
			all = append(all, fence{language: language, info: rest, line: i + 1, before: paragraph})
			inside = true
		case edge:
			inside = false
		case inside:
			all[len(all)-1].text += line + "\n"
		case line == "":
			blank = true
		case blank:
			paragraph, blank = line, false
		default:
			paragraph += " " + line
		}
	}
	return all
}

// The examples of the manual and the README are run, all of a page in one directory. A block that names a file behind
// its language is that file. In a console block each command is run, and what it prints is compared: "..." stands for
// any lines or any part of a line, process ids and times are taken as equal. "console needs PROG" says what must be
// installed. Blocks of sh are not run, but must be shell. What a page needs besides is made by testdata/examples/PAGE.sh.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, file := range pages(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && name != "quick-start" {
				t.Skip("with -short, one page will do")
			}
			dir := t.TempDir()
			if script, err := filepath.Abs("../testdata/examples/" + name + ".sh"); err != nil {
				t.Fatal(err)
			} else if _, err := os.Stat(script); err == nil {
				if out, errs := shell(t, dir, ". "+script); errs != "" {
					t.Fatalf("%s printed %s%s", script, out, errs)
				}
			}
			all := fences(t, file)
			for _, f := range all {
				if named := f.info != "" && f.language != "console"; named {
					if !strings.Contains(f.before, "`"+f.info+"`") {
						t.Errorf("%s:%d: what stands before the block does not name %s", file, f.line, f.info)
					}
					if err := os.WriteFile(filepath.Join(dir, f.info), []byte(f.text), 0o755); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, f := range all {
				tryFence(t, dir, file, f)
			}
		})
	}
}

func tryFence(t *testing.T, dir, file string, f fence) {
	switch {
	case f.language == "sh":
		if out, err := exec.Command("bash", "-n", "-c", f.text).CombinedOutput(); err != nil {
			t.Errorf("%s:%d: no shell: %s", file, f.line, out)
		}
	case f.language == "console" && installed(t, strings.Fields(strings.TrimPrefix(f.info, "needs"))):
		for _, c := range commands(f) {
			out, errs := shell(t, dir, c.command)
			if diff := differs(c.prints, lines(out), lines(errs)); diff != "" {
				t.Errorf("%s:%d: %s\n%s\n--- printed\n%s%s", file, c.line, c.command, diff, out, errs)
			}
		}
	}
}

// installed reports whether all programs are there. In CI they must be.
func installed(t *testing.T, programs []string) bool {
	for _, program := range programs {
		if module, ok := strings.CutPrefix(program, "python3-"); ok {
			if exec.Command("/usr/bin/python3", "-c", "import "+module).Run() == nil {
				continue
			}
		} else if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Errorf("%s is not installed, and in CI no test may be skipped", program)
		}
		return false
	}
	return true
}

type command struct {
	command string
	prints  []string
	line    int
}

// commands takes a console block apart: "$ " begins a command, which goes on in lines that begin with "> ",
// and while its lines end in a backslash.
func commands(f fence) (all []command) {
	open := false
	for i, line := range lines(f.text) {
		typed, begins := strings.CutPrefix(line, "$ ")
		more, goesOn := strings.CutPrefix(line, "> ")
		switch {
		case goesOn && len(all) > 0 && all[len(all)-1].prints == nil:
			all[len(all)-1].command += "\n" + more
		case begins:
			all = append(all, command{command: typed, line: f.line + i + 1})
		case open:
			all[len(all)-1].command += "\n" + line
		case len(all) > 0:
			last := &all[len(all)-1]
			last.prints = append(last.prints, line)
		}
		open = (begins || open) && strings.HasSuffix(line, `\`)
	}
	return all
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// shell runs a command in bash and returns what it prints.
func shell(t *testing.T, dir, command string) (out, errs string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-c", command)
	c.Dir = dir
	c.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return strings.HasPrefix(kv, "STOKE_") || strings.HasPrefix(kv, "PYTHONUNBUFFERED=")
	}), "HOME="+dir, "LC_ALL=C.UTF-8", "GORACE=atexit_sleep_ms=0", "TIMEFORMAT=%1R s", "PATH="+systemFirst())
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr, c.WaitDelay = &stdout, &stderr, time.Second
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Errorf("%s: %v", command, err)
	}
	return stdout.String(), stderr.String()
}

// systemFirst is a PATH on which the system's own programs come before any others, but behind the stoke that is tested:
// Debian's python3 has Debian's modules.
func systemFirst() string {
	ours, others, _ := strings.Cut(os.Getenv("PATH"), string(filepath.ListSeparator))
	return strings.Join([]string{ours, "/usr/bin", "/bin", others}, string(filepath.ListSeparator))
}

// volatile is what differs from run to run.
var volatile = regexp.MustCompile(`\(pid \d+\)|\b\d+(\.\d+)?(/s| ?(ns|µs|ms|s|MiB|KiB)\b)`)

func same(want, got string) bool {
	want, got = volatile.ReplaceAllString(want, "~"), volatile.ReplaceAllString(got, "~")
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), regexp.QuoteMeta("..."), ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(got)
}

// differs says what is wrong with what a command printed. Lines of standard error may stand anywhere among the others,
// which keep their order.
func differs(want, out, errs []string) string {
	left := slices.Clone(errs)
	var answers []string
	for _, line := range want {
		at := slices.IndexFunc(left, func(got string) bool { return line != "..." && same(line, got) })
		if at < 0 {
			answers = append(answers, line)
			continue
		}
		left = slices.Delete(left, at, at+1)
	}
	if len(left) > 0 && !slices.Contains(want, "...") {
		return "not in the page, on standard error: " + left[0]
	}
	if !match(answers, out) {
		return "want\n" + strings.Join(want, "\n")
	}
	return ""
}

// match compares lines; "..." stands for any number of them.
func match(want, got []string) bool {
	switch {
	case len(want) == 0:
		return len(got) == 0
	case want[0] == "...":
		return match(want[1:], got) || len(got) > 0 && match(want, got[1:])
	}
	return len(got) > 0 && same(want[0], got[0]) && match(want[1:], got[1:])
}

// The comparison is tried itself: one that took anything would never fail.
func TestDiffers(t *testing.T) {
	for _, tt := range []struct {
		name            string
		want, out, errs string
		differs         bool
	}{
		{"equal", "a\nb", "a\nb", "", false},
		{"another order", "a\nb", "b\na", "", true},
		{"errors among answers", "a\nstoke: note\nb", "a\nb", "stoke: note", false},
		{"an error that is not shown", "a", "a", "stoke: error", true},
		{"an error that was not printed", "a\nstoke: error", "a", "", true},
		{"times and pids", "(pid 8) 2.5 s 7 MiB", "(pid 901) 11.25 s 10 MiB", "", false},
		{"other numbers", "8 items", "9 items", "", true},
		{"lines left out", "a\n...\nz", "a\nb\nc\nz", "", false},
		{"lines left out, another end", "a\n...\nz", "a\nb", "", true},
		{"the rest of a line", "stoke: error: no...", "stoke: error: no COMMAND", "", false},
		{"a part of a line", "note: ... items are done", "note: 16 items are done", "", false},
		{"a part of a line, another end", "note: ... items are done", "note: 16 items failed", "", true},
		{"a line too many", "a", "a\nb", "", true},
	} {
		if got := differs(lines(tt.want), lines(tt.out), lines(tt.errs)); (got != "") != tt.differs {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}
