package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// traceEvent is one event as a viewer reads it.
type traceEvent struct {
	Phase string         `json:"ph"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	Name  string         `json:"name"`
	Scope string         `json:"s"`
	Start float64        `json:"ts"`
	Dur   float64        `json:"dur"`
	Args  map[string]any `json:"args"`
}

// readTrace parses a trace, strictly.
func readTrace(t *testing.T, text []byte) (events []traceEvent) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&events); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if rest := bytes.TrimSpace(text[d.InputOffset():]); len(rest) > 0 {
		t.Fatalf("more behind the end: %q", rest)
	}
	return events
}

func traced(t *testing.T, title string, tell func(told)) []traceEvent {
	t.Helper()
	var out bytes.Buffer
	trace := NewTrace(&out, epoch, title)
	tell(trace.Tell)
	if err := trace.Close(); err != nil {
		t.Fatal(err)
	}
	return readTrace(t, out.Bytes())
}

// line writes an event for comparison: phase, row, name, and when; metadata with what they name.
func (e traceEvent) line() string {
	switch e.Phase {
	case "M":
		return fmt.Sprintf("M %d %s %v%v", e.TID, e.Name, e.Args["name"], e.Args["sort_index"])
	case "i":
		return fmt.Sprintf("i %d %s %.0f", e.TID, e.Name, e.Start)
	}
	return fmt.Sprintf("%s %d %s %.0f+%.0f", e.Phase, e.TID, e.Name, e.Start, e.Dur)
}

func TestTraceOfARun(t *testing.T) {
	events := traced(t, "sort -n", example)
	var lines []string
	for _, e := range events {
		if e.PID != 1 {
			t.Errorf("%s belongs to pid %d", e.line(), e.PID)
		}
		if e.Phase == "i" && e.Scope != "t" {
			t.Errorf("the mark %s has scope %q", e.line(), e.Scope)
		}
		if e.Name != "thread_sort_index" {
			lines = append(lines, strings.ReplaceAll(e.line(), "<nil>", ""))
		}
	}
	want := []string{
		"M 0 process_name sort -n",
		"M 1 thread_name worker 1",
		"X 1 init 0+1000000",
		"M 2 thread_name worker 2",
		"X 2 init 0+3000000",
		"X 1 items 1-100 1000000+4000000",
		"X 2 item 101 3000000+2000000",
		"i 2 retry 6000000",
		"i 2 death 6000000",
		"X 2 init 6000000+2000000",
		"X 2 item 102 failed 8000000+1000000",
		"i 2 death 9000000",
		"X 1 items 103-104 6000000+200000",
		"i 1 end 10000000",
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	for _, e := range events {
		if e.Name == "item 102 failed" && (e.Args["item"] != "bad\titem" || e.Args["signal"] != 9.0 || e.Args["attempts"] != 2.0) {
			t.Errorf("arguments of the failed item: %v", e.Args)
		}
		if e.Name == "items 1-100" && (e.Args["items"] != 100.0 || e.Args["sent"] != 200.0 || e.Args["received"] != 300.0) {
			t.Errorf("arguments of the batch: %v", e.Args)
		}
	}
}

func TestTraceWithoutEventsIsValid(t *testing.T) {
	if events := traced(t, "x", func(told) {}); len(events) != 1 || events[0].Name != "process_name" {
		t.Errorf("got %v", events)
	}
}

func TestTraceKeepsAnyText(t *testing.T) {
	long := strings.Repeat("é", 500)
	for in, want := range map[string]string{
		"plain": "plain", `q"uote\`: `q"uote\`, "tab\tnewline\n": "tab\tnewline\n", "nul\x00esc\x1b": "nul\x00esc\x1b", "\xff\xfe": "\uFFFD",
		"<&>\u2028": "<&>\u2028", "a\xffb": "a\uFFFDb", "日本": "日本", long: long[:longText] + "...", "x" + long: ("x" + long)[:longText-1] + "...",
	} {
		events := traced(t, in, func(r told) { r.Failed(1, 1, in, 1, 0, 0, epoch, 1, in) })
		last := events[len(events)-1]
		if last.Args["item"] != want || last.Args["why"] != want {
			t.Errorf("%.20q: got %q, want %q", in, last.Args, want)
		}
		if len(in) < longText && events[0].Args["name"] != want {
			t.Errorf("%q: title %q, want %q", in, events[0].Args["name"], want)
		}
	}
}

func TestTraceTimes(t *testing.T) {
	events := traced(t, "x", func(r told) {
		r.Done(1, 1, 1, at(1234567), 7*time.Nanosecond, 0, 0)
		r.Done(1, 2, 1, at(-time.Hour), -time.Second, 0, 0)
		r.Done(1, 3, 1, at(100*time.Hour), 1_000_050, 0, 0)
	})
	var got []string
	for _, e := range events {
		if e.Phase == "X" {
			got = append(got, fmt.Sprintf("%.3f+%.3f", e.Start, e.Dur))
		}
	}
	if want := "1234.567+0.007 0.000+0.000 360000000000.000+1000.050"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A worker with several items at a time has spans that overlap. A row must not.
func TestSpansInOneRowDoNotOverlap(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	events := traced(t, "x", func(r told) {
		for i := range 2000 { // told in the order in which they end
			took := time.Duration(random.IntN(5000)) * time.Microsecond
			r.Done(1+i%2, int64(i+1), 1, at(time.Duration(i)*time.Millisecond-took+time.Second), took, 0, 0)
		}
	})
	rows, named := map[int]float64{}, map[int]bool{}
	for _, e := range events {
		if e.Phase == "M" && e.Name == "thread_name" {
			named[e.TID] = true
		}
		if e.Phase != "X" {
			continue
		}
		if e.Start+.0005 < rows[e.TID] {
			t.Fatalf("%s begins before %.3f, when the one before it ended", e.line(), rows[e.TID])
		}
		if !named[e.TID] {
			t.Fatalf("row %d has no name", e.TID)
		}
		rows[e.TID] = e.Start + e.Dur
	}
	if len(rows) < 4 || len(rows) > 12 {
		t.Errorf("%d rows for two workers with up to 3 items at a time", len(rows))
	}
}

func TestTraceBoundsItsRows(t *testing.T) {
	events := traced(t, "x", func(r told) {
		for i := range 2 * lanes {
			r.Done(3, int64(i+1), 1, epoch, time.Second, 0, 0)
		}
	})
	rows := map[int]bool{}
	for _, e := range events {
		rows[e.TID] = rows[e.TID] || e.Phase == "X"
	}
	delete(rows, 0)
	if len(rows) != lanes {
		t.Errorf("%d rows, want %d", len(rows), lanes)
	}
}

func TestWorkerThatDiesInItsInit(t *testing.T) {
	events := traced(t, "x", func(r told) {
		r.Started(2, 9, at(time.Second))
		r.Ended(2, 9, at(3*time.Second), "exit status 1", false)
		r.Started(2, 10, at(4*time.Second)) // still warming up at the end
	})
	var got []string
	for _, e := range events {
		if e.Phase != "M" {
			got = append(got, e.line())
		}
	}
	if want := "X 2 init 1000000+2000000, i 2 death 3000000"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// brokenWriter fails.
type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestErrorsOfTheWriterComeOut(t *testing.T) {
	full := errors.New("disk full")
	trace := NewTrace(brokenWriter{full}, epoch, "x")
	if err := trace.Flush(); !errors.Is(err, full) {
		t.Errorf("Flush of a trace: %v", err)
	}
	if err := trace.Close(); !errors.Is(err, full) {
		t.Errorf("Close of a trace: %v", err)
	}
	log := newJoblog(brokenWriter{full}, "x", true)
	if err := log.Flush(); !errors.Is(err, full) {
		t.Errorf("Flush of a job log: %v", err)
	}
	if err := log.Close(); !errors.Is(err, full) {
		t.Errorf("Close of a job log: %v", err)
	}
}

func FuzzTraceText(f *testing.F) {
	f.Add("item", "why")
	f.Add("\"\\\x00\xff\u2028", strings.Repeat("日", 200))
	f.Fuzz(func(t *testing.T, item, why string) {
		events := traced(t, item, func(r told) {
			r.Failed(1, 1, item, 1, 1, 1, epoch, 1, why)
			r.Retried(1, 1, epoch, why)
			r.Ended(1, 1, epoch, item, false)
		})
		if len(events) != 6 {
			t.Errorf("%d events", len(events))
		}
	})
}
