package progress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// on returns a Progress that draws on the screen.
func on(s *screen) *Progress { return New(s, Options{Width: s.columns}) }

// middle is a run that is well under way.
var middle = Snapshot{Elapsed: 72 * time.Second, Answered: 1232, Failed: 2, Retried: 3, Done: 420, Bytes: 1000, Workers: 4}

// stalled is the same, held up by one item.
var stalled = func() Snapshot {
	s := middle
	s.Waiting = Waiting{Seq: 17, Item: "some/path/to/a file.png", Slot: 3, For: 12 * time.Second}
	return s
}()

// underWay brings a Progress to where middle is.
func underWay(p *Progress) {
	p.Update(Snapshot{Elapsed: time.Second, Workers: 4, Warming: 4, Bytes: 1000})
	p.Update(Snapshot{Elapsed: 2 * time.Second, Workers: 4, Warming: 4, Bytes: 1000})
	p.Update(middle)
}

func TestBar(t *testing.T) {
	unknown, replaced, soon, all := middle, middle, stalled, middle
	unknown.Bytes, unknown.Done = 0, 0
	replaced.Warming = 1
	soon.Waiting.For = Stall - 1
	all.Done = all.Bytes
	for _, tt := range []struct {
		name     string
		width    int
		snapshot Snapshot
		want     string
	}{
		{"wide", 200, middle, "  42% [===========>..................] 1,234 done, 2 failed, 3 retried, 17.6/s, 1:12, ETA 1:36"},
		{"80 columns", 80, middle, "  42% [===>......] 1,234 done, 2 failed, 3 retried, 17.6/s, 1:12, ETA 1:36"},
		{"50 columns", 50, middle, "  42% 1,234 done, 2 failed, 17.6/s, ETA 1:36"},
		{"20 columns", 20, middle, "42% 1,234, 2 failed"},
		{"10 columns", 10, middle, "42% 1,234"},
		{"6 columns", 6, middle, "1,234"},
		{"1 column", 1, middle, ""},
		{"stalled, wide", 200, stalled, "  42% [===========>..................] 1,234 done, 2 failed, 3 retried, 17.6/s, 1:12, ETA 1:36, " +
			`waiting for item 17 "some/path/to/a file.png" (worker 3, 12 s)`},
		{"stalled, 80 columns", 80, stalled, `  42% 1,234, 2 failed, waiting for item 17 "some/path/..." (worker 3, 12 s)`},
		{"stalled, 20 columns", 20, stalled, "42% 1,234, 2 failed"},
		{"held up, but not for long", 80, soon, "  42% [===>......] 1,234 done, 2 failed, 3 retried, 17.6/s, 1:12, ETA 1:36"},
		{"unknown total", 80, unknown, ` \ 1,234 done, 2 failed, 3 retried, 17.6/s, 1:12`},
		{"one worker is replaced", 120, replaced,
			"  42% [===========>..................] 1,234 done, 2 failed, 3 retried, 17.6/s, 1:12, ETA 1:36, warming up 1 worker"},
		{"everything is done", 80, all, " 100% [==========] 1,234 done, 2 failed, 3 retried, 17.6/s, 1:12, ETA 0:00"},
	} {
		s := newScreen(t, tt.width)
		p := on(s)
		underWay(p)
		p.Update(tt.snapshot)
		if got := s.text(); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestBarAtTheBeginning(t *testing.T) {
	for _, tt := range []struct {
		name     string
		snapshot Snapshot
		want     string
	}{
		{"no worker yet", Snapshot{}, " | 0 done, 0/s, 0:00"},
		{"warming up", Snapshot{Elapsed: 3 * time.Second, Workers: 4, Warming: 4}, " | 0:03, warming up 4 workers"},
		{"warming up, known total", Snapshot{Elapsed: 3 * time.Second, Workers: 1, Warming: 1, Bytes: 10},
			"   0% [..............................] 0:03, warming up 1 worker"},
		{"the first is warm", Snapshot{Elapsed: 3 * time.Second, Workers: 4, Warming: 3}, " | 0 done, 0/s, 0:03, warming up 3 workers"},
		{"resumed", Snapshot{Elapsed: time.Second, Workers: 4, Warming: 4, Answered: 500, Items: 1000},
			"  50% [==============>...............] 500/1,000 done, 0/s, 0:01, warming up 4 workers"},
	} {
		s := newScreen(t, 100)
		on(s).Update(tt.snapshot)
		if got := s.text(); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// What is drawn first already knows a rate, if the run was observed before.
func TestFirstLineKnowsTheRate(t *testing.T) {
	s := newScreen(t, 100)
	p := on(s)
	p.Observe(Snapshot{Workers: 1, Items: 100})
	p.Update(Snapshot{Elapsed: 2 * time.Second, Workers: 1, Answered: 50, Items: 100})
	if got, want := s.text(), "  50% [==============>...............] 50/100 done, 25.0/s, 0:02, ETA 0:02"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Where the bar would be in the way there is but a line about a warm-up that takes a while, until the first worker is warm.
func TestWarmUp(t *testing.T) {
	s := newScreen(t, 80)
	p := New(s, Options{Width: s.columns, WarmUp: true})
	p.Update(Snapshot{Elapsed: time.Second})
	if got := s.text(); got != "" {
		t.Errorf("without a worker: %q", got)
	}
	p.Update(Snapshot{Elapsed: 2 * time.Second, Workers: 2, Warming: 2, Bytes: 100})
	if got, want := s.text(), "warming up 2 workers, 0:02"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	fmt.Fprintln(p, "loading")
	if got, want := s.text(), "loading\nwarming up 2 workers, 0:02"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.Finish(true)
	p.Update(Snapshot{Elapsed: 3 * time.Second, Workers: 2, Warming: 2})
	if got, want := s.text(), "loading"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPercentages(t *testing.T) {
	for done := range int64(101) {
		for _, width := range []int{80, 13} {
			s := newScreen(t, width)
			on(s).Update(Snapshot{Elapsed: time.Second, Answered: done, Items: 100, Workers: 1})
			if want := fmt.Sprintf("%d%%", done); !strings.HasPrefix(strings.TrimSpace(s.text()), want) {
				t.Errorf("%d of 100: %q, want %s", done, s.text(), want)
			}
		}
	}
}

func TestSpinnerTurns(t *testing.T) {
	s := newScreen(t, 40)
	p := on(s)
	var got string
	for range 5 {
		p.Update(Snapshot{})
		got += s.text()[1:2]
		fmt.Fprintln(p, "a message does not turn it")
		s.rows, s.y = s.rows[len(s.rows)-1:], 0
		got += s.text()[1:2]
	}
	if want := `||//--\\||`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Messages scroll by above the bar, each of them whole and once, whatever the width.
func TestMessagesScrollAboveTheBar(t *testing.T) {
	for _, width := range []int{20, 80, 200} {
		s := newScreen(t, width)
		p := on(s)
		fmt.Fprintln(p, "before there is a bar")
		underWay(p)
		fmt.Fprint(p, "[1] one\n[1] two\n")
		p.Update(stalled)
		fmt.Fprintln(p, "stoke: error")
		fmt.Fprintln(p, strings.Repeat("x", width)) // as long as the row
		fmt.Fprintln(p, "\x1b[31mred")
		fmt.Fprintln(p)
		p.Update(middle)
		fmt.Fprintln(p, "last")
		above, last := s.lines()
		want := []string{"before there is a bar", "[1] one", "[1] two", "stoke: error", strings.Repeat("x", width), "red", "", "last"}
		if width == 20 {
			want = slices.Replace(want, 0, 1, "before there is a ba", "r")
		}
		if !slices.Equal(above, want) {
			t.Errorf("%d columns: got %q, want %q", width, above, want)
		}
		if !strings.Contains(last, "42% ") {
			t.Errorf("%d columns: the bar is %q", width, last)
		}
		for _, line := range s.seen[2:] {
			if line == "" {
				t.Errorf("%d columns: there was a moment without a bar: %q", width, s.seen)
			}
		}
	}
}

func TestColorOfAMessageDoesNotReachTheBar(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, Options{})
	p.Update(middle)
	fmt.Fprint(p, "plain\n")
	if strings.Contains(out.String(), uncolored) {
		t.Errorf("%q", out.String())
	}
	fmt.Fprint(p, "\x1b[31mred\n")
	if !strings.Contains(out.String(), "red\n"+uncolored+"\r") {
		t.Errorf("%q", out.String())
	}
}

// What is written is not touched, and where a line has no end, the bar waits for it.
func TestLinesWithoutAnEnd(t *testing.T) {
	s := newScreen(t, 60)
	p := on(s)
	underWay(p)
	fmt.Fprint(p, "first half,")
	if got := s.text(); got != "first half," {
		t.Errorf("got %q", got)
	}
	p.Update(middle)
	if got := s.text(); got != "first half," {
		t.Errorf("after an update: %q", got)
	}
	fmt.Fprint(p, " second half\n")
	above, last := s.lines()
	if !slices.Equal(above, []string{"first half, second half"}) || !strings.Contains(last, "42%") {
		t.Errorf("got %q", s.text())
	}
	fmt.Fprint(p, "no end")
	p.Finish(true)
	if got := s.text(); got != "first half, second half\nno end" {
		t.Errorf("at the end: %q", got)
	}
}

// failing is a writer that fails.
type failing struct{ err error }

func (w failing) Write(p []byte) (int, error) { return min(len(p), 3), w.err }

func TestWriteReportsErrors(t *testing.T) {
	gone := errors.New("gone")
	p := New(failing{gone}, Options{})
	if n, err := p.Write([]byte("message\n")); n != 3 || !errors.Is(err, gone) {
		t.Errorf("without a bar: %d, %v", n, err)
	}
	p.Update(middle)
	if n, err := p.Write([]byte("message\n")); n != 0 || !errors.Is(err, gone) {
		t.Errorf("behind a bar: %d, %v", n, err)
	}
	if n, err := p.Write(nil); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
}

func TestFinish(t *testing.T) {
	final := stalled
	final.Done, final.Warming, final.Elapsed = 1000, 1, 102*time.Second
	for _, tt := range []struct {
		name string
		keep bool
		want string
	}{
		{"kept", true, "message\n 100% [====================] 1,234 done, 2 failed, 3 retried, 12.3/s, 1:42\nafter\nmore"},
		{"cleared", false, "message\nafter\nmore"},
	} {
		s := newScreen(t, 80)
		p := on(s)
		underWay(p)
		fmt.Fprintln(p, "message")
		p.Update(final)
		p.Finish(tt.keep)
		p.Finish(!tt.keep)
		p.Update(middle)
		fmt.Fprint(p, "after\nmore")
		if got := s.text(); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
	s := newScreen(t, 80)
	p := on(s)
	p.Finish(true)
	if s.text() != "" {
		t.Errorf("without an update there is %q", s.text())
	}
}

// A resized terminal has no remains of the bar, and the messages are all there.
func TestResize(t *testing.T) {
	for _, reflow := range []bool{true, false} {
		s := newScreen(t, 100)
		p := on(s)
		underWay(p)
		want := []string{}
		random := rand.New(rand.NewPCG(5, 6))
		for i := range 200 {
			p.Update(stalled)
			s.resize(12+random.IntN(120), reflow)
			if i%3 == 0 {
				p.Update(stalled)
			}
			want = append(want, fmt.Sprintf("message %d", i))
			fmt.Fprintln(p, want[i])
		}
		above, last := s.lines()
		if !slices.Equal(above, want) {
			t.Fatalf("reflow %v: got %q", reflow, above)
		}
		if !strings.Contains(last, "1,234") {
			t.Errorf("the bar is %q", last)
		}
	}
}

func TestDumbTerminal(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, Options{Kind: Plain, Width: func() int { return 20 }})
	for tenths := range 251 {
		if tenths == 120 {
			fmt.Fprintln(p, "message")
		}
		s := stalled
		s.Elapsed = time.Duration(tenths) * 100 * time.Millisecond
		p.Update(s)
	}
	fmt.Fprint(p, "mess")
	p.Update(Snapshot{Elapsed: time.Minute})
	fmt.Fprintln(p, "age")
	p.Finish(true)
	want := `stoke: 42% 1,234 done, 2 failed, 3 retried, 0/s, 0:10, waiting for item 17 "some/path/to/a file.png" (worker 3, 12 s)
message
stoke: 42% 1,234 done, 2 failed, 3 retried, 0/s, 0:20, waiting for item 17 "some/path/to/a file.png" (worker 3, 12 s)
message
stoke: 0 done, 0/s, 1:00
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestShortRunOnADumbTerminalIsSilent(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, Options{Kind: Plain})
	p.Update(Snapshot{Elapsed: 9 * time.Second})
	p.Finish(true)
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}

func TestNothingIsDrawnInTheBackground(t *testing.T) {
	s := newScreen(t, 60)
	background := false
	p := New(s, Options{Width: s.columns, Background: func() bool { return background }})
	underWay(p)
	fmt.Fprint(s, "\n") // the person stops it
	background = true
	fmt.Fprint(s, "prompt$ ")
	p.Update(middle)
	_, last := s.lines()
	if last != "prompt$" {
		t.Errorf("got %q", s.text())
	}
	fmt.Fprint(p, "message\n")
	fmt.Fprint(s, "prompt$ fg\n")
	background = false
	p.Update(middle)
	above, last := s.lines()
	if !slices.Equal(above[1:], []string{"prompt$ message", "prompt$ fg"}) || !strings.Contains(last, "42%") {
		t.Errorf("got %q", s.text())
	}
	background = true
	p.Update(middle)
	before := s.text()
	p.Finish(true)
	if s.text() != before {
		t.Errorf("at the end: %q", s.text())
	}
}

// Whatever the item, the bar is one row, and holds nothing that moves the cursor.
func checkItem(t *testing.T, item string, width int) {
	t.Helper()
	s := newScreen(t, width)
	p := on(s)
	snapshot := stalled
	snapshot.Waiting.Item = item
	p.Update(snapshot)
	line := p.view.compose(width-1, false)
	if n := columnsOf(line); n > width-1 {
		t.Errorf("%q in %d columns: %q takes %d", item, width, line, n)
	}
	s.wrap = true
	fmt.Fprint(s, "\r"+line) // as if the terminal knew nothing of lines that are cut
	if len(s.rows) != 1 {
		t.Errorf("%q in %d columns takes %d rows: %q", item, width, len(s.rows), s.text())
	}
}

func FuzzItem(f *testing.F) {
	for _, item := range []string{"", "plain", "tab\tnl\ncr\resc\x1b[2Jbel\x07", "日本語のとても長いファイル名.png", "\xff\xfe\x80", "e\u0301\u0301", "👨‍👩‍👧‍👦 family",
		"\u202eevil", "🇩🇪🇫🇷", "☺️☺️☺️", strings.Repeat("\u0301", 1000), strings.Repeat("日", 500), `"quoted" \ back`} {
		for _, width := range []uint8{1, 5, 20, 60, 80, 200} {
			f.Add(item, width)
		}
	}
	f.Fuzz(func(t *testing.T, item string, width uint8) { checkItem(t, item, max(int(width), 1)) })
}

func TestEveryWidth(t *testing.T) {
	for width := 1; width < 250; width++ {
		for _, item := range []string{"日本語のとても長いファイル名.png", "tab\t\x1b"} {
			checkItem(t, item, width)
		}
	}
}

// Many goroutines write while one updates; nothing is torn or lost. The race detector watches.
func TestConcurrentWriters(t *testing.T) {
	s := newScreen(t, 80)
	p := on(s)
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for k := range 100 {
				fmt.Fprintf(p, "writer %d line %d\n", i, k)
			}
		})
	}
	for i := range 100 {
		now := stalled
		now.Elapsed += time.Duration(i) * time.Second
		p.Update(now)
	}
	writers.Wait()
	p.Update(middle)
	above, last := s.lines()
	if len(above) != 400 || !strings.Contains(last, "42%") {
		t.Errorf("%d lines above %q", len(above), last)
	}
	next := [4]int{}
	for _, line := range above {
		var i, k int
		if n, err := fmt.Sscanf(line, "writer %d line %d", &i, &k); n != 2 || err != nil || k != next[i] {
			t.Fatalf("got %q, after line %d of each: %v", line, next, err)
		}
		next[i]++
	}
}

// A worker that floods its stderr does not pay for the composition of the bar.
func TestMessagesCostNoMemory(t *testing.T) {
	asked := 0
	p := New(io.Discard, Options{Width: func() int { asked++; return 80 }})
	p.Update(middle)
	line := []byte("a line\n")
	if n := testing.AllocsPerRun(100, func() { _, _ = p.Write(line) }); n > 0 {
		t.Errorf("a message costs %v allocations", n)
	}
	if asked < 100 {
		t.Errorf("the width was asked for %d times only: a resize would go unnoticed", asked)
	}
}
