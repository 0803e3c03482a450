package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stoke/pkg/queue"
	"stoke/pkg/source"
	"stoke/pkg/worker"
)

func numbered(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

func TestAnswersInOrder(t *testing.T) {
	for _, jobs := range []int{1, 2, 8} {
		for _, items := range []int{0, 1, 3, 1000, 50_000} {
			tr := newTrial(func(int) Worker { return newFake(echo) })
			tr.Jobs = jobs
			sum, err := tr.run(t, numbered(items))
			if err != nil || sum.Answered != int64(items) || tr.out.String() != numbered(items) {
				t.Errorf("%d jobs, %d items: %d answered, %d bytes out, error %v", jobs, items, sum.Answered, tr.out.Len(), err)
			}
			if tr.started > min(jobs, items) {
				t.Errorf("%d jobs, %d items: %d workers started", jobs, items, tr.started)
			}
		}
	}
}

// A worker that holds all answers back until the end of its input is fed on, whatever it takes.
func TestHeldAnswers(t *testing.T) {
	tr := newTrial(func(int) Worker {
		f := newFake(echo)
		f.hold, f.verdict = true, worker.Idle
		return f
	})
	if _, err := tr.run(t, numbered(3000)); err != nil || tr.out.String() != numbered(3000) {
		t.Errorf("error %v, output %.40q", err, tr.out.String())
	}
}

// The same where nothing can be seen of the worker, with FeedAhead.
func TestFeedAhead(t *testing.T) {
	tr := newTrial(func(int) Worker {
		f := newFake(echo)
		f.hold, f.verdict = true, worker.Unknown
		return f
	})
	tr.FeedAhead = true
	if _, err := tr.run(t, numbered(300)); err != nil || tr.out.String() != numbered(300) {
		t.Errorf("error %v, output %.40q", err, tr.out.String())
	}
}

func TestBrokenProtocol(t *testing.T) {
	tests := []struct {
		name   string
		answer func(string) string
		want   string
	}{
		{"two lines for one item", func(s string) string { return s + "\n" + s + "\n" }, `printed what no item asked for: "1\n"`},
		{"nothing for one item", func(s string) string {
			if s == "5" {
				return ""
			}
			return s + "\n"
		}, "ended with 8 of 9 items answered"},
	}
	for _, tt := range tests {
		tr := newTrial(func(int) Worker {
			f := newFake(tt.answer)
			f.verdict = worker.Idle
			return f
		})
		tr.Jobs = 1
		_, err := tr.run(t, numbered(9))
		var fault *ProtocolError
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) || fault.Slot != 1 || fault.Pid != 4711 {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// But only if the worker was seen to have gone through its items: it may as well have left in the middle of an answer.
func TestLastAnswerMayLackItsEnd(t *testing.T) {
	for _, tt := range []struct {
		verdict worker.Verdict
		want    string
	}{{worker.Idle, "1\n2\n3\n"}, {worker.Busy, "1\n2\n"}} {
		tr := newTrial(func(int) Worker {
			f := newFake(func(s string) string {
				return strings.TrimSuffix(s+"\n", "3\n") + strings.Repeat("3", strings.Count(s, "3"))
			})
			f.verdict = tt.verdict
			return f
		})
		tr.Jobs = 1
		synctest.Test(t, func(t *testing.T) {
			_, err := tr.run(t, numbered(3))
			var broken *ProtocolError
			if tr.out.String() != tt.want || errors.As(err, &broken) != (tt.verdict == worker.Busy) {
				t.Errorf("a worker seen to be %v: error %v, output %q", tt.verdict, err, tr.out.String())
			}
		})
	}
}

func TestFailedItems(t *testing.T) {
	long := strings.Repeat("x", 20)
	tests := []struct {
		on   OnError
		want string
		err  error
	}{
		{Fill, "a\n-\nb\n", nil},
		{Skip, "a\nb\n", nil},
		{Stop, "", ErrStopped},
	}
	for _, tt := range tests {
		tr := newTrial(func(int) Worker { return newFake(echo) })
		tr.Jobs, tr.MaxItem = 1, 10
		tr.Format.OnError, tr.Format.Fill = tt.on, "-"
		sum, err := tr.run(t, "a\n"+long+"\nb\n")
		if !errors.Is(err, tt.err) || sum.Failed != 1 || len(tr.failures) != 1 || !strings.Contains(tr.failures[0], "item 2") {
			t.Errorf("%v: %+v, error %v, reported %q", tt.on, sum, err, tr.failures)
		}
		if tt.err == nil && tr.out.String() != tt.want {
			t.Errorf("%v: output %q, want %q", tt.on, tr.out.String(), tt.want)
		}
	}
}

// An answer above the limit fails its item alone; those around it, in the same read, are not touched.
func TestLargeAnswers(t *testing.T) {
	for _, size := range []int{11, 3 << 20} {
		tr := newTrial(func(int) Worker {
			return newFake(func(s string) string {
				if s == "2" {
					return strings.Repeat("x", size) + "\n"
				}
				return s + "\n"
			})
		})
		tr.Jobs, tr.MaxItem, tr.Failed = 1, 10, &tr.failed
		_, err := tr.run(t, numbered(4))
		if err != nil || tr.out.String() != "1\n\n3\n4\n" || tr.failed.String() != "2\n" {
			t.Errorf("%d bytes: error %v, output %.60q, failed %q", size, err, tr.out.String(), tr.failed.String())
		}
		if want := fmt.Sprintf("its answer is %d bytes", size); len(tr.failures) != 1 || !strings.Contains(tr.failures[0], want) {
			t.Errorf("reported %q, want %q", tr.failures, want)
		}
	}
}

func TestRecycleAfter(t *testing.T) {
	for _, limit := range []int64{1, 3, 100} {
		var given []*int
		tr := newTrial(func(int) Worker {
			n := new(int)
			given = append(given, n)
			return newFake(func(s string) string { *n++; return s + "\n" })
		})
		tr.RecycleNum = limit
		if _, err := tr.run(t, numbered(250)); err != nil || tr.out.String() != numbered(250) {
			t.Errorf("after %d: error %v", limit, err)
		}
		for i, n := range given {
			if int64(*n) > limit {
				t.Errorf("after %d: worker %d was given %d items", limit, i+1, *n)
			}
		}
	}
}

func TestStartsThatFail(t *testing.T) {
	broken := &InitError{Slot: 1, Pid: 1, Err: worker.ErrEnded, Exit: &worker.Exit{Code: 1}}
	missing := &InitError{Slot: 1, Err: &worker.LaunchError{Name: "x", NotFound: true}}
	tests := []struct {
		name         string
		err          error
		works        int // the start that works
		wantStarts   int
		wantFinished bool
	}{
		{"it works the third time", broken, 3, 3, true},
		{"it never works", broken, 99, 3, false},
		{"there is no such command", missing, 99, 1, false},
	}
	for _, tt := range tests {
		tr := newTrial(nil)
		tr.Jobs, tr.Starts.Retries = 1, 2
		tr.Start = func(int, time.Duration, func() bool) (Worker, error) {
			if tr.started++; tr.started < tt.works {
				return nil, tt.err
			}
			return newFake(echo), nil
		}
		_, err := tr.run(t, "a\n")
		if tr.started != tt.wantStarts || (err == nil) != tt.wantFinished || err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%s: %d starts, error %v", tt.name, tr.started, err)
		}
	}
}

// The pause between looks at a worker grows while it warms up, and must not stay so: that made runs take seconds more.
func TestPauseAfterSlowWarmUp(t *testing.T) {
	e := New(newTrial(nil).Options)
	f := newFake(echo)
	f.verdict = worker.Busy
	c := newConversation(e.runners[0], f, true, new(loan))
	for range 30 {
		if err := c.warming(); err != nil {
			t.Fatal(err)
		}
	}
	if c.probe > warmProbe {
		t.Errorf("pause of %v while warming up, want at most %v", c.probe, warmProbe)
	}
	if c.becameWarm(); c.probe != soonProbe {
		t.Errorf("pause of %v when warm, want %v", c.probe, soonProbe)
	}
}

func TestCancel(t *testing.T) {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(context.Background())
	tr := newTrial(func(int) Worker {
		time.AfterFunc(time.Millisecond, func() { cancel(stop) })
		return newFake(func(string) string { return "" }) // never answers
	})
	r, w := io.Pipe()
	defer w.Close()
	go io.WriteString(w, "a\nb\n")
	if _, err := New(tr.Options).Run(ctx, r); !errors.Is(err, stop) {
		t.Errorf("error %v, want %v", err, stop)
	}
}

// Drain answers what was taken and takes no more, although the input goes on.
func TestDrain(t *testing.T) {
	var e *Engine
	tr := newTrial(func(int) Worker {
		return newFake(func(s string) string {
			if s == "3" {
				e.Drain()
			}
			return s + "\n"
		})
	})
	tr.Jobs, tr.Lockstep = 1, true
	e = New(tr.Options)
	r, w := io.Pipe()
	defer w.Close()
	go io.WriteString(w, "1\n2\n3\n4\n5\n")
	if _, err := e.Run(context.Background(), r); err != nil || tr.out.String() != "1\n2\n3\n" {
		t.Errorf("error %v, output %q", err, tr.out.String())
	}
}

func TestReadAndWriteErrors(t *testing.T) {
	broken := errors.New("broken")
	tr := newTrial(func(int) Worker { return newFake(echo) })
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, "1\n2\n")
		w.CloseWithError(broken)
	}()
	_, err := New(tr.Options).Run(context.Background(), r)
	var read *ReadError
	if !errors.As(err, &read) || tr.out.String() != "1\n2\n" {
		t.Errorf("read: error %v, output %q", err, tr.out.String())
	}

	tr = newTrial(func(int) Worker { return newFake(echo) })
	tr.Sink = queue.NewPlain(failing{broken})
	var write *queue.WriteError
	if _, err := tr.run(t, numbered(9)); !errors.As(err, &write) || !errors.Is(err, broken) {
		t.Errorf("write: error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A successor's time to settle follows from the first worker's warm-up, not from the settling of the worker before it:
// that doubled with each recycling, to minutes.
func TestTimeToSettleDoesNotGrow(t *testing.T) {
	var longest time.Duration
	tr := newTrial(nil)
	tr.Start = func(_ int, settle time.Duration, _ func() bool) (Worker, error) {
		time.Sleep(settle) // like a program that cannot be seen to be warm
		longest = max(longest, settle)
		return newFake(echo), nil
	}
	tr.Jobs, tr.RecycleNum = 1, 1
	if _, err := tr.run(t, numbered(4)); err != nil {
		t.Fatal(err)
	}
	if longest > 2*settled {
		t.Errorf("a successor was given %v to settle", longest)
	}
}

// withOneItem returns a conversation with w, which was sent an item.
func withOneItem(t *testing.T, e *Engine, w Worker, alone bool) *conversation {
	t.Helper()
	c := newConversation(e.runners[0], w, false, new(loan))
	b := e.dispatch.batches.make(source.Batch{Items: []byte("a\n"), N: 1, First: 1}, e.queue.Push())
	b.alone = alone
	if err := c.send(b); err != nil {
		t.Fatal(err)
	}
	return c
}

// The end of the input, noticed while an item is in work, must not shorten the time that item is said to have taken.
func TestHangingUpIsNoNewBeginning(t *testing.T) {
	e := New(newTrial(nil).Options)
	f := newFake(echo)
	c := newConversation(e.runners[0], f, false, new(loan))
	began := time.Now().Add(-time.Minute)
	c.inflight.busySince, c.stdin.state = began, ending
	c.hangUp()
	if c.stdin.state != closed || !c.inflight.busySince.Equal(began) {
		t.Errorf("input %v, work began %v later than it did", c.stdin.state, c.inflight.busySince.Sub(began))
	}
}

// A worker that runs is at work. Under load, one that keeps its answers in a buffer was shown the end of its input while
// it ran; when an item then made it leave, that was taken for the end that it had been shown, and the whole run failed.
func TestHangingUpOnOneThatRuns(t *testing.T) {
	for _, tt := range []struct {
		verdict worker.Verdict
		want    inputState
	}{{worker.Busy, ending}, {worker.Asleep, closed}} {
		e := New(newTrial(nil).Options)
		f := newFake(func(string) string { return "" })
		f.verdict = tt.verdict
		c := withOneItem(t, e, f, false)
		c.warm, c.stdin.state, c.inflight.busySince = true, ending, time.Now().Add(-time.Second)
		if c.hangUp(); c.stdin.state != tt.want {
			t.Errorf("a worker seen to be %v, silent for a second: input %v, want %v", tt.verdict, c.stdin.state, tt.want)
		}
	}
}

// unreadWorker is one that has not begun to read.
type unreadWorker struct{ *fakeWorker }

func (unreadWorker) Read() (int64, bool) { return 0, true }

// A successor that was given its time to settle, and still loads when it gets its first item, must not be said to have
// been at that item all the while.
func TestLoadingSuccessorDoesNotTimeOut(t *testing.T) {
	tr := newTrial(nil)
	tr.Timeout = time.Second
	e := New(tr.Options)
	for _, tt := range []struct {
		verdict worker.Verdict
		want    bool
	}{{worker.Busy, false}, {worker.Idle, true}} {
		f := newFake(echo)
		f.verdict = tt.verdict
		c := withOneItem(t, e, unreadWorker{f}, false)
		c.inflight.busySince = time.Now().Add(-time.Hour)
		if got := c.expired(); got != tt.want {
			t.Errorf("a successor seen to be %v, an hour after it was sent an item: timed out %v, want %v", tt.verdict, got, tt.want)
		}
	}
}

// A worker that begins between the look whether it has begun and the look whether it waits for more was given more on the same
// loan, of which one was left for ever: a run of block-buffered workers did not end.
func TestHeldWorkerIsWarm(t *testing.T) {
	e := New(newTrial(nil).Options)
	f := newFake(func(string) string { return "" })
	f.verdict = worker.Busy
	l := new(loan)
	e.dispatch.intake.source = source.New(strings.NewReader(""), e.o.Delimiter, e.o.MaxItem, &e.pool, func() {})
	defer e.dispatch.intake.source.Close()
	c := newConversation(e.runners[0], f, true, l)
	b := e.dispatch.batches.make(source.Batch{Items: []byte("a\n"), N: 1, First: 1}, e.queue.Push())
	e.dispatch.loans.lend(l, b)
	if err := c.begin(); err != nil || c.warm {
		t.Fatalf("warm %v before it has read, error %v", c.warm, err)
	}
	if c.feedOn(feedOn, time.Millisecond); !c.warm || c.loan != nil || len(e.dispatch.loans.list) != 0 {
		t.Errorf("warm %v, %d loans", c.warm, len(e.dispatch.loans.list))
	}
}
