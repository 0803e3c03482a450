package worker

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
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
	}{
		{"nothing", nil, ""},
		{"a line", []string{"a\n"}, "a\n"},
		{"a line in pieces", []string{"a", "b", "c\n"}, "abc\n"},
		{"blank lines", []string{"\n\n"}, "\n\n"},
		{"a last line without its end gets one", []string{"a\nb"}, "a\nb\n"},
		{"any bytes", []string{"\x00\xff\r\n"}, "\x00\xff\r\n"},
	}
	for _, tt := range tests {
		shown, _ := drained(t, tt.pieces...)
		if got := strings.Join(shown, ""); got != tt.want {
			t.Errorf("%s: shown %q, want %q", tt.name, got, tt.want)
		}
		for _, p := range shown {
			if !strings.HasSuffix(p, "\n") {
				t.Errorf("%s: %q was shown before it was a line", tt.name, p)
			}
		}
	}
}

// A line without end is not kept in memory for ever: it is shown in large parts, and nothing of it is lost.
func TestEndlessLine(t *testing.T) {
	shown, _ := drained(t, strings.Repeat("x", 10*longLine))
	if got := strings.Count(strings.Join(shown, ""), "x"); got != 10*longLine {
		t.Errorf("%d bytes shown, want %d", got, 10*longLine)
	}
	for _, p := range shown {
		if len(p) > 2*longLine || !strings.HasSuffix(p, "\n") {
			t.Errorf("a part of %d bytes was shown", len(p))
		}
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

func TestStderrPrefix(t *testing.T) {
	tests := []struct{ name, prefix, lines, want string }{
		{"one worker needs no prefix", "", "a\nb\n", "a\nb\n"},
		{"each line gets it", "[3] ", "a\nb\n", "[3] a\n[3] b\n"},
		{"blank lines, too", "[3] ", "\n\n", "[3] \n[3] \n"},
	}
	for _, tt := range tests {
		var to writes
		NewStderr(&to).Lines(tt.prefix, []byte(tt.lines))
		if !slices.Equal(to, writes{tt.want}) {
			t.Errorf("%s: %q, want %q in one write", tt.name, to, tt.want)
		}
	}
}

// Lines of workers that write at the same time are never mixed.
func TestStderrOfManyWorkers(t *testing.T) {
	const workers, count = 4, 2000
	var to writes
	all := NewStderr(&to)
	var running []*live
	for slot := range workers {
		w, err := Start(local, Command{Argv: []string{"sh", "-c", fmt.Sprintf("yes 'worker %d' | head -n %d >&2", slot, count)}, Env: os.Environ()},
			func(p []byte) { all.Lines(fmt.Sprintf("[%d] ", slot), p) })
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
