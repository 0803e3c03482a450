package worker

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// drained writes pieces to a pipe in turn and returns what was shown, once there was an end.
func drained(t *testing.T, pieces ...string) (shown []string, words string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := drain(r, func(p []byte) { shown = append(shown, string(p)) })
	for _, piece := range pieces {
		if _, err := w.WriteString(piece); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	s.finish(bound)
	return shown, s.words()
}

func TestStderrIsShownInWholeLines(t *testing.T) {
	tests := []struct {
		name   string
		pieces []string
		want   string
		shared string // where others write there, too
	}{
		{"nothing", nil, "", ""},
		{"a line", []string{"a\n"}, "a\n", "[1] a\n"},
		{"a line in pieces", []string{"a", "b", "c\n"}, "abc\n", "[1] abc\n"},
		{"blank lines", []string{"\n\n"}, "\n\n", "[1] \n[1] \n"},
		{"a last line without its end gets one", []string{"a\nb"}, "a\nb\n", "[1] a\n[1] b\n"},
		{"any bytes", []string{"\x00\xff\r\n"}, "\x00\xff\r\n", "[1] \x00\xff\r\n"},
		{"lines that are written over", []string{"10%\r", "20%\rdone\n"}, "10%\r20%\rdone\n", "[1] 10%\r[1] 20%\r[1] done\n"},
		{"an end in two pieces", []string{"a\r", "\nb\n"}, "a\r\nb\n", "[1] a\r\n[1] b\n"},
		{"a carriage return at the end", []string{"a\r"}, "a\r", "[1] a\r"},
	}
	for _, tt := range tests {
		for prefix, want := range map[string]string{"": tt.want, "[1] ": tt.shared} {
			var to writes
			of := NewStderr(&to).Of(prefix)
			shown, _ := drained(t, tt.pieces...)
			for _, piece := range shown {
				of([]byte(piece))
			}
			if got := strings.Join(to, ""); got != want {
				t.Errorf("%s: shown %q, want %q", tt.name, got, want)
			}
		}
	}
}

// A line without end is not kept in memory for ever: it is shown in large parts, and nothing of it is lost. Only among others it
// is cut.
func TestEndlessLine(t *testing.T) {
	text := strings.Repeat("x", 10*longLine)
	shown, _ := drained(t, text)
	var alone, among writes
	one, other := NewStderr(&alone).Of(""), NewStderr(&among).Of("[1] ")
	for _, p := range shown {
		if len(p) > 2*longLine {
			t.Errorf("a part of %d bytes was shown", len(p))
		}
		one([]byte(p))
		other([]byte(p))
	}
	if got := strings.Join(alone, ""); got != text+"\n" {
		t.Errorf("%d bytes shown, with %d ends", len(got), strings.Count(got, "\n"))
	}
	for line := range strings.Lines(strings.Join(among, "")) {
		if !strings.HasPrefix(line, "[1] x") || !strings.HasSuffix(line, "x\n") {
			t.Errorf("among others: %.20q", line)
		}
	}
}

// A question is seen before it is answered, and what its writer adds is seen behind it.
func TestUnfinishedLineIsShown(t *testing.T) {
	w := sh(t, "printf 'how? ' >&2; read x; echo so >&2; echo; cat")
	eventually(t, "the question", func() bool { return w.stderr.String() == "how? " })
	w.send("answer\n")
	w.expect("\n")
	eventually(t, "the rest of the line", func() bool { return w.stderr.String() == "how? so\n" })
}

// Who lives on with a worker's stderr and floods it does not keep us.
func TestFloodedStderr(t *testing.T) {
	w := sh(t, "setsid sh -c 'while :; do echo flood; done' >&2 & echo $!; exit 0")
	flooder := w.number()
	defer syscall.Kill(flooder, syscall.SIGKILL)
	eventually(t, "a session of its own", func() bool { pgid, err := syscall.Getpgid(flooder); return err == nil && pgid == flooder })
	began := time.Now()
	w.finish(bound, nil)
	if took := time.Since(began); took > bound {
		t.Errorf("after %v", took)
	}
}

// A progress bar is seen while it grows, if it grows large, not only in the end.
func TestEndlessLineIsShownWhileItsWriterLives(t *testing.T) {
	w := sh(t, "head -c 100000 /dev/zero | tr '\\0' x >&2; cat")
	eventually(t, "the line", func() bool { return strings.Count(w.stderr.String(), "x") >= longLine })
	w.send("alive\n")
	w.expect("alive\n")
}

func TestLastWords(t *testing.T) {
	tests := []struct {
		name   string
		pieces []string
		want   string
	}{
		{"none", nil, ""},
		{"space around them does not count", []string{"\n  why \n\n"}, "why"},
		{"a line without its end counts", []string{"a\nb"}, "a\nb"},
		{"each end is a newline", []string{"10%\r20%\r\nb"}, "10%\n20%\nb"},
		{"of much only the end is kept", []string{strings.Repeat("noise\n", 5000), "why\n"},
			strings.Repeat("noise\n", 5000)[6*5000-(lastWords-len("why\n")):] + "why"},
	}
	for _, tt := range tests {
		if _, got := drained(t, tt.pieces...); got != strings.TrimSpace(tt.want) || len(got) > lastWords {
			t.Errorf("%s: %d bytes, %.80q, want %d, %.80q", tt.name, len(got), got, len(tt.want), tt.want)
		}
	}
}

// A worker is never stopped by a full stderr, and its last words are those it died with.
func TestStderrIsAlwaysDrained(t *testing.T) {
	w := sh(t, "yes noise | head -c 6000000 >&2; echo done; echo oops >&2; exit 1")
	if got := w.rest(); got != "done\n" {
		t.Errorf("it wrote %q", got)
	}
	w.finish(bound, nil)
	if got := w.stderr.String(); len(got) != 6000000+len("oops\n") || w.stderr.broken {
		t.Errorf("%d bytes shown, in whole lines: %v", len(got), !w.stderr.broken)
	}
	if got := w.LastWords(); len(got) > lastWords || !strings.HasSuffix(got, "noise\noops") {
		t.Errorf("last words of %d bytes, %q", len(got), got[max(0, len(got)-80):])
	}
}

// writes remembers each write.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

// Lines of workers that write at the same time are never mixed.
func TestStderrOfManyWorkers(t *testing.T) {
	const workers, count = 4, 2000
	var to writes
	all := NewStderr(&to)
	var running []*live
	for slot := range workers {
		w, err := Start(local, Command{Argv: []string{"sh", "-c", fmt.Sprintf("yes 'worker %d' | head -n %d >&2", slot, count)}, Env: os.Environ()},
			all.Of(fmt.Sprintf("[%d] ", slot)))
		if err != nil {
			t.Fatal(err)
		}
		running = append(running, &live{Worker: w, t: t})
	}
	for _, w := range running {
		w.rest()
		w.finish(bound, nil)
	}
	got := map[string]int{}
	for line := range strings.Lines(strings.Join(to, "")) {
		got[line]++
	}
	for slot := range workers {
		if line := fmt.Sprintf("[%d] worker %d\n", slot, slot); got[line] != count {
			t.Errorf("%q came %d times, want %d", line, got[line], count)
		}
	}
	if len(got) != workers {
		t.Errorf("%d different lines, want %d", len(got), workers)
	}
}
