package report

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestJoblog(t *testing.T) {
	var out bytes.Buffer
	j := newJoblog(&out, "python3 w.py", true)
	j.job(1, []byte("a b"), epoch.Add(1500*time.Microsecond), 1999*time.Microsecond, 4, 2, 0, 0)
	j.job(12, []byte("plain"), epoch.Add(-time.Second), 123456*time.Second, 0, 0, 3, 0)
	j.job(3, nil, epoch, -1, 1, 0, 0, 9)
	want := "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n" +
		"1\t:\t1772600767.002\t     0.001\t4\t2\t0\t0\tpython3 w.py 'a b'\n" +
		"12\t:\t1772600766.000\t123456.000\t0\t0\t3\t0\tpython3 w.py plain\n" +
		"3\t:\t1772600767.000\t     0.000\t1\t0\t0\t9\tpython3 w.py ''\n"
	if out.Len() != 0 {
		t.Errorf("written before Flush: %q", out.String())
	}
	if err := j.Close(); err != nil || out.String() != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, out.String(), want)
	}
}

func TestJoblogWithoutACommand(t *testing.T) {
	var out bytes.Buffer
	j := newJoblog(&out, "", true)
	j.job(1, []byte("x"), epoch, 1, 1, 1, 0, 0)
	if err := j.Flush(); err != nil || !strings.HasSuffix(out.String(), "\t0\t0\tx\n") {
		t.Errorf("got %v, %q", err, out.String())
	}
}

// words are items and how a job log shows them.
var words = []struct{ item, want string }{
	{"plain-_.+/1", "plain-_.+/1"}, {"", "''"}, {"a b", "'a b'"}, {"it's", `'it'"'"'s'`}, {"'", `"'"`}, {"''", `"'"''"'"`}, {"*", "'*'"},
	{`back\slash`, `'back\slash'`}, {"é", "'é'"}, {"$x`y`", "'$x`y`'"}, {"\xff", "'\xff'"}, {"a=b", "'a=b'"}, {"~", "'~'"},
	{"tab\there", `$'tab\there'`}, {"line\nbreak\r", `$'line\nbreak\r'`}, {"\x1b[31m'\\\x7f\x00" + "1", `$'\033[31m\'\\\177\0001'`},
}

func TestJoblogQuotes(t *testing.T) {
	for _, tt := range words {
		if got := string(appendShell([]byte("x "), []byte(tt.item))); got != "x "+tt.want {
			t.Errorf("%q: got %s, want x %s", tt.item, got, tt.want)
		}
	}
}

func TestShellsReadWhatJoblogQuotes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	for _, tt := range words {
		if strings.Contains(tt.item, "\x00") { // no shell can hold it
			continue
		}
		got, err := exec.Command(bash, "-c", "printf %s "+string(appendShell(nil, []byte(tt.item)))).Output()
		if err != nil || string(got) != tt.item {
			t.Errorf("%q: bash reads %q, %v", tt.item, got, err)
		}
	}
}

func FuzzJoblogRowIsOneRow(f *testing.F) {
	f.Add("cmd", []byte("item"))
	f.Add("a\nb\tc", []byte("a\nb\tc'\x00"))
	f.Fuzz(func(t *testing.T, command string, item []byte) {
		var out bytes.Buffer
		j := newJoblog(&out, command, true)
		j.job(1, item, epoch, 1, 2, 3, 0, 0)
		if err := j.Flush(); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		if strings.Count(text, "\n") != 2 || strings.Count(text, "\t") != 16 || strings.ContainsAny(text, "\x00\r") {
			t.Errorf("%q", text)
		}
	})
}

// started returns a path to a job log of four items, of which two failed.
func started(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	j, err := OpenJoblog(path, "echo", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Begin(); err != nil {
		t.Fatal(err)
	}
	j.job(1, []byte("a"), epoch, time.Second, 1, 1, 0, 0)
	j.job(4, []byte("d d"), epoch, time.Second, 1, 1, 0, 9)
	j.job(2, []byte("b"), epoch, time.Second, 1, 1, 3, 0)
	j.job(3, []byte("c"), epoch, 12*time.Second, 1, 1, 0, 0)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenJoblog(t *testing.T) {
	path := started(t)
	whole := read(t, path)
	more := "5\t:\t1772600767.000\t     0.000\t0\t0\t0\t0\techo x\n"
	for _, tt := range []struct {
		name, before string
		resume       bool
		want         string
	}{
		{"anew", whole, false, joblogHeader + more},
		{"go on", whole, true, whole + more},
		{"go on after a crash", whole + "5\t:\t17", true, whole + more},
		{"go on after a crash in a huge row", whole + strings.Repeat("x", 200_000), true, whole + more},
		{"go on with nothing", "", true, joblogHeader + more},
		{"go on with half a header", joblogHeader[:10], true, joblogHeader + more},
		{"go on with a header", joblogHeader, true, joblogHeader + more},
	} {
		if err := os.WriteFile(path, []byte(tt.before), 0o644); err != nil {
			t.Fatal(err)
		}
		j, err := OpenJoblog(path, "echo", tt.resume)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		j.job(5, []byte("x"), epoch, 0, 0, 0, 0, 0)
		if err := j.Begin(); err != nil {
			t.Error(err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		if got := read(t, path); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestResumedJoblogEndsWithAWholeRow(t *testing.T) {
	path := started(t)
	whole := read(t, path)
	for cut := range whole {
		want := whole[:strings.LastIndexByte(whole[:cut], '\n')+1]
		if want == "" {
			want = joblogHeader
		}
		if err := os.WriteFile(path, []byte(whole[:cut]), 0o644); err != nil {
			t.Fatal(err)
		}
		j, err := OpenJoblog(path, "echo", true)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Begin(); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil || read(t, path) != want {
			t.Errorf("cut at %d: %v, %q, want %q", cut, err, read(t, path), want)
		}
	}
}

func TestOpenJoblogRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("something else\nentirely\nand long enough to be one, or so it seems to me\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	if _, err := OpenJoblog(path, "x", true); err == nil || !strings.Contains(err.Error(), "not a job log") || read(t, path) != before {
		t.Errorf("got %v, and the file is %q", err, read(t, path))
	}
	if _, err := OpenJoblog(filepath.Join(path, "under"), "x", false); err == nil {
		t.Error("a path below a file was opened")
	}
}

// parallel runs GNU parallel, or skips the test.
func parallel(t *testing.T, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("parallel")
	if err != nil {
		t.Skip(err)
	}
	version, err := exec.Command(program, "--version").Output()
	if err != nil || !bytes.HasPrefix(version, []byte("GNU parallel")) {
		t.Skip("this parallel is another one")
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "PARALLEL_SHELL=/bin/sh")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("parallel %q: %v\n%s", args, err, stderr.String())
	}
	return string(out)
}

// What parallel itself makes of our job log: it skips the items that the log has, or those that succeeded.
func TestParallelReadsOurJoblog(t *testing.T) {
	if testing.Short() {
		t.Skip("parallel takes its time")
	}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"--resume skips all that were finished", []string{"--resume", "-k", "echo", ":::", "a", "b", "c", "d d", "e"}, "e\n"},
		{"--resume-failed runs what failed, too", []string{"--resume-failed", "-k", "echo", ":::", "a", "b", "c", "d d", "e"}, "b\nd d\ne\n"},
		{"--retry-failed runs the Command of what failed", []string{"--retry-failed", "-k"}, "b\nd d\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := started(t)
			if got := parallel(t, append([]string{"--joblog", path}, tt.args...)...); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Column by column, a row of ours has the form of parallel's, and the Command is the same to the byte.
func TestJoblogLooksLikeParallels(t *testing.T) {
	dir := t.TempDir()
	theirs, items := filepath.Join(dir, "theirs"), filepath.Join(dir, "items")
	var input, out bytes.Buffer
	ours := newJoblog(&out, "echo", true)
	for i, tt := range words {
		if strings.ContainsAny(tt.item, "\n\t\r\x00\x1b") { // where we differ on purpose
			continue
		}
		input.WriteString(tt.item + "\x00")
		ours.job(int64(i), []byte(tt.item), time.Now(), time.Millisecond, 0, 1, 0, 0)
	}
	if err := os.WriteFile(items, input.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	parallel(t, "-0", "-j1", "-a", items, "--joblog", theirs, "echo")
	if err := ours.Close(); err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(out.String(), "\n"), strings.Split(read(t, theirs), "\n")
	if len(got) != len(want) || len(got) < 10 || got[0] != want[0] {
		t.Fatalf("got\n%s\nwant\n%s", out.String(), read(t, theirs))
	}
	row := regexp.MustCompile(`^\d+\t:\t\d+\.\d{3}\t {5}\d\.\d{3}\t0\t\d+\t0\t0\t(.*)$`)
	for i := 1; i < len(got)-1; i++ {
		g, w := row.FindStringSubmatch(got[i]), row.FindStringSubmatch(want[i])
		if g == nil || w == nil || g[1] != w[1] {
			t.Errorf("ours:   %q\ntheirs: %q", got[i], want[i])
		}
	}
}
