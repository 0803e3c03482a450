package engine

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"stoke/pkg/cut"
	"stoke/pkg/event"
	"stoke/pkg/queue"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// fakeWorker is a Worker without a process: it answers each line it is sent with answer(line), after taking delay for
// it on a clock of its own goroutine. With hold it keeps answers back until its input is closed, and is then Idle.
type fakeWorker struct {
	answer  func(line string) string
	codec   *wire.Codec
	hold    bool
	block   int // keeps answers back until they are more than that many bytes
	verdict worker.Verdict

	mu      sync.Mutex
	wake    chan struct{}
	out     []byte
	written int64
	closed  bool
	ended   bool
	exit    worker.Exit
}

func newFake(answer func(string) string) *fakeWorker {
	protocol := wire.Plain(wire.Lines)
	return &fakeWorker{answer: answer, codec: protocol.Codec(1 << 20), wake: make(chan struct{}, 1), verdict: worker.Busy}
}

func echo(line string) string { return line + "\n" }

func (f *fakeWorker) Codec() *wire.Codec { return f.codec }

func (f *fakeWorker) Pid() int { return 4711 }

func (f *fakeWorker) Ring() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *fakeWorker) Send(p []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.written += int64(len(p))
	for line := range bytes.Lines(p) {
		f.out = append(f.out, f.answer(strings.TrimSuffix(string(line), "\n"))...)
	}
	return nil
}

func (f *fakeWorker) Written() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.written
}

func (f *fakeWorker) Read() (int64, bool) { return f.Written(), true }

func (f *fakeWorker) TakeBack() (taken, alive bool) { return false, true }

func (f *fakeWorker) Silent() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.out) == 0
}

func (f *fakeWorker) Exchange(buf []byte, timeout time.Duration) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case len(f.out) > f.block && !f.hold || len(f.out) > 0 && f.closed:
		n := copy(buf, f.out)
		f.out = f.out[:copy(f.out, f.out[n:])]
		return n, nil
	case f.closed || f.ended:
		return 0, io.EOF
	}
	f.mu.Unlock()
	defer f.mu.Lock()
	var limit <-chan time.Time
	if timeout >= 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		limit = t.C
	}
	select {
	case <-f.wake:
	case <-limit:
	}
	return 0, nil
}

func (f *fakeWorker) Watch(buf []byte, d time.Duration) (int, error) { return f.Exchange(buf, d) }

func (f *fakeWorker) Nap(time.Duration)    {}
func (f *fakeWorker) LastWords() string    { return "last words" }
func (f *fakeWorker) Idle() worker.Verdict { return f.verdict }

func (f *fakeWorker) Deaf() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

func (f *fakeWorker) CloseInput() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
}

func (f *fakeWorker) Finish(time.Duration, <-chan struct{}) worker.Exit {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	return f.exit
}

// trial is a run in memory, with what came out of it.
type trial struct {
	Options
	out, failed bytes.Buffer
	failures    []string
	warnings    []string
	mu          sync.Mutex
	started     int
}

// newTrial prepares a run with workers that make returns, in order of their start.
func newTrial(make func(start int) Worker) *trial {
	t := new(trial)
	t.Options = Options{
		Workers: Workers{Jobs: 2, Protocol: wire.Plain(wire.Lines), Start: func(int, time.Duration, func() bool) (Worker, error) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.started++
			return make(t.started), nil
		}},
		Items:   Items{Delimiter: cut.Delimiter("\n"), MaxItem: 1 << 20},
		Answers: Answers{Format: Format{End: '\n'}, Buffer: 8 << 20, Sink: queue.NewPlain(&t.out), Writable: func() bool { return true }},
		Tell:    t.tell,
	}
	return t
}

// tell keeps what is said, of failed items and besides.
func (t *trial) tell(e event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case *event.Failed:
		t.failures = append(t.failures, ErrorOf(e).Error())
	case *event.Warned:
		t.warnings = append(t.warnings, e.Text)
	case *event.Noted:
		t.warnings = append(t.warnings, e.Text)
	}
}

func (t *trial) run(tb testing.TB, input string) (Summary, error) {
	tb.Helper()
	return New(t.Options).Run(context.Background(), strings.NewReader(input))
}
