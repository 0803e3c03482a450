package report

// A trace is a JSON array of events, one a line, as timeline viewers for "Chrome trace events" read it. Each has a phase
// ph: X is a span from ts for dur, i an instant, M metadata. Times are in microseconds since the run began. Every row of
// the picture is a tid: the worker's slot. Where spans of one slot overlap, because a worker has several items at a time
// or its successor warms up beside it, the slot has further rows, its lanes: spans in one row must not overlap.

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"stoke/pkg/event"
)

const (
	// lanes is how many rows a slot may have. Beyond that spans do overlap.
	lanes = 256
	// longText is how much of an item or a reason a trace shows, in bytes.
	longText = 256
)

// Trace writes a trace as the run goes on, through a buffer.
type Trace struct {
	began time.Time

	mu      sync.Mutex
	out     *bufio.Writer
	line    []byte // the event being written, reused
	first   bool
	slots   map[int][]time.Time // for each lane of a slot, when its last span ended
	warming map[process]time.Time
}

// NewTrace begins a trace on w of a run that began at that time. The title names the run, for example its command.
// Errors of w are kept and returned by Flush and Close.
func NewTrace(w io.Writer, began time.Time, title string) *Trace {
	t := &Trace{began: began, out: bufio.NewWriterSize(w, 64<<10), first: true,
		slots: map[int][]time.Time{}, warming: map[process]time.Time{}}
	t.metadata("process_name", 0, `"name":`+quoted(title))
	return t
}

// Close completes the trace: what was written is valid JSON from then on. It does not close the writer below. It is
// called once, after the last event.
func (t *Trace) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.out.WriteString("\n]\n")
	return t.out.Flush()
}

// Flush writes what is in the buffer. Viewers read a trace without its end, too.
func (t *Trace) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Flush()
}

// Tell is told what happens.
func (t *Trace) Tell(e event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case *event.Started:
		t.warming[process{e.Slot, e.Pid}] = e.At
	case *event.Warm:
		t.warm(e.Slot, e.Pid, e.Took, "warm")
	case *event.Done:
		t.done(e)
	case *event.Failed:
		t.failed(e)
	case *event.Retried:
		t.mark(e.Slot, e.At, "retry")
		t.number("item", e.Seq, true)
		t.text("why", e.Why)
		t.endArgs()
	case *event.Ended:
		t.ended(e)
	}
}

// warm draws how long a worker warmed up, if that is not drawn, and how that ended.
func (t *Trace) warm(slot, pid int, took time.Duration, how string) {
	at, ok := t.warming[process{slot, pid}]
	if !ok {
		return
	}
	delete(t.warming, process{slot, pid})
	t.span(slot, at, took, "init")
	t.number("pid", int64(pid), true)
	t.text("end", how)
	t.endArgs()
}

func (t *Trace) done(e *event.Done) {
	t.span(e.Slot, e.Began, e.Took, itemNames(e.First, e.N))
	t.number("items", int64(e.N), true)
	t.number("sent", e.Sent, false)
	t.number("received", e.Received, false)
	t.endArgs()
}

func (t *Trace) failed(e *event.Failed) {
	t.span(e.Slot, e.Began, e.Took, itemNames(e.Seq, 1)+" failed")
	t.number("attempts", int64(e.Attempts), true)
	t.number("exitval", int64(e.ExitVal), false)
	t.number("signal", int64(e.Signal), false)
	t.text("item", string(e.Item))
	t.text("why", e.Why.Error())
	t.endArgs()
}

func (t *Trace) ended(e *event.Ended) {
	t.warm(e.Slot, e.Pid, e.At.Sub(t.warming[process{e.Slot, e.Pid}]), e.How)
	name := "death"
	if e.Healthy {
		name = "end"
	}
	t.mark(e.Slot, e.At, name)
	t.number("pid", int64(e.Pid), true)
	t.text("how", e.How)
	t.endArgs()
}

// span begins a complete event and its arguments; the caller goes on to add them and to end them.
func (t *Trace) span(slot int, began time.Time, took time.Duration, name string) {
	took = max(took, 0)
	lane := t.lane(slot, began, began.Add(took))
	t.event('X', tid(slot, lane), name)
	t.line = append(t.line, `,"ts":`...)
	t.micros(began.Sub(t.began))
	t.line = append(t.line, `,"dur":`...)
	t.micros(took)
	t.line = append(t.line, `,"args":{`...)
}

// mark begins an instant event in the first row of a slot, and its arguments.
func (t *Trace) mark(slot int, at time.Time, name string) {
	t.lane(slot, at, time.Time{})
	t.event('i', tid(slot, 0), name)
	t.line = append(t.line, `,"s":"t","ts":`...)
	t.micros(at.Sub(t.began))
	t.line = append(t.line, `,"args":{`...)
}

// lane finds a row of the slot that is free from began on and takes it until end. Rows that are new are named.
func (t *Trace) lane(slot int, began, end time.Time) int {
	ends := t.slots[slot]
	lane := 0
	for lane < len(ends) && ends[lane].After(began) && !end.IsZero() {
		lane++
	}
	if lane == lanes {
		return lane - 1
	}
	if lane == len(ends) {
		t.slots[slot] = append(ends, time.Time{})
		t.name(slot, lane)
	}
	if !end.IsZero() {
		t.slots[slot][lane] = end
	}
	return lane
}

// name gives a row its name and its place among the others.
func (t *Trace) name(slot, lane int) {
	name := "no worker"
	if slot > 0 {
		name = "worker " + strconv.Itoa(slot)
	}
	if lane > 0 {
		name += " (" + strconv.Itoa(lane+1) + ")"
	}
	t.metadata("thread_name", tid(slot, lane), `"name":`+quoted(name))
	t.metadata("thread_sort_index", tid(slot, lane), `"sort_index":`+strconv.Itoa(slot*lanes+lane))
}

// tid numbers the rows: the first row of a slot has the number of the slot.
func tid(slot, lane int) int { return lane<<20 + slot }

func (t *Trace) metadata(name string, tid int, args string) {
	t.event('M', tid, name)
	t.line = append(append(append(t.line, `,"args":{`...), args...), '}', '}')
	t.write()
}

// event begins an event. The name is one of ours and needs no quoting.
func (t *Trace) event(phase byte, tid int, name string) {
	t.line = append(t.line[:0], ",\n"...)
	if t.first {
		t.line, t.first = append(t.line[:0], "[\n"...), false
	}
	t.line = append(t.line, `{"ph":"`...)
	t.line = append(t.line, phase)
	t.line = append(t.line, `","pid":1,"tid":`...)
	t.line = strconv.AppendInt(t.line, int64(tid), 10)
	t.line = append(t.line, `,"name":"`...)
	t.line = append(t.line, name...)
	t.line = append(t.line, '"')
}

func (t *Trace) number(key string, n int64, first bool) {
	if !first {
		t.line = append(t.line, ',')
	}
	t.line = append(append(append(t.line, '"'), key...), `":`...)
	t.line = strconv.AppendInt(t.line, n, 10)
}

// text adds an argument, never the first one, and shortens it if it is very long.
func (t *Trace) text(key, value string) {
	if len(value) > longText {
		end := longText
		for end > longText-utf8.UTFMax && !utf8.RuneStart(value[end]) {
			end--
		}
		value = value[:end] + "..."
	}
	t.line = append(append(append(t.line, `,"`...), key...), `":`...)
	t.line = append(t.line, quoted(value)...)
}

func (t *Trace) endArgs() {
	t.line = append(t.line, "}}"...)
	t.write()
}

func (t *Trace) write() { _, _ = t.out.Write(t.line) } // bufio keeps the error for Flush

// micros appends d in microseconds, to the nanosecond. What was before the beginning is shown at the beginning.
func (t *Trace) micros(d time.Duration) {
	d = max(d, 0)
	t.line = strconv.AppendInt(t.line, int64(d/1000), 10)
	t.line = append(t.line, '.', '0'+byte(d/100%10), '0'+byte(d/10%10), '0'+byte(d%10))
}

// quoted is s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func quoted(s string) string {
	b, err := json.Marshal(strings.ToValidUTF8(s, "\uFFFD"))
	if err != nil { // a string can always be marshalled
		return `""`
	}
	return string(b)
}

// itemNames names a run of items as messages do.
func itemNames(first int64, n int) string {
	if n == 1 {
		return "item " + strconv.FormatInt(first, 10)
	}
	return "items " + strconv.FormatInt(first, 10) + "-" + strconv.FormatInt(first+int64(n)-1, 10)
}
