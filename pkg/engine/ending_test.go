package engine

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"stoke/pkg/worker"
)

// A worker that has code to run at its end gets the chance to also when the run is stopped, unless it is killed.
func TestLeaveWhenStopped(t *testing.T) {
	stop := errors.New("stop")
	for _, killed := range []bool{false, true} {
		answered := make(chan struct{})
		f := newFake(func(line string) string {
			close(answered)
			return line + "\n"
		})
		f.exit = worker.Exit{Code: 3}
		tr := newTrial(func(int) Worker { return f })
		tr.Jobs, tr.Exits = 1, true
		e := New(tr.Options)
		ctx, kill := context.WithCancelCause(context.Background())
		r, w := io.Pipe()
		go io.WriteString(w, "a\n")
		go func() {
			<-answered
			if killed {
				kill(stop)
			} else {
				e.Stop(stop)
			}
		}()
		_, err := e.Run(ctx, r)
		w.Close()
		kill(nil)
		if !errors.Is(err, stop) {
			t.Errorf("killed %v: error %v", killed, err)
		}
		if told := strings.Contains(strings.Join(tr.warnings, "\n"), "exit status 3"); told == killed {
			t.Errorf("killed %v: warnings %q", killed, tr.warnings)
		}
	}
}

// A worker that closed its stdin and lives on is ended, when it has had its time and nothing that it had read is left.
func TestIsOverdue(t *testing.T) {
	tr := newTrial(nil)
	tr.Patience = time.Minute
	e := New(tr.Options)
	c := withOneItem(t, e, newFake(func(string) string { return "" }), false)
	long := time.Now().Add(-time.Hour)
	c.inflight.busySince = long
	if c.isOverdue() {
		t.Error("one whose stdin is open is overdue")
	}
	c.stdin.lose(long)
	if c.isOverdue() {
		t.Error("one that is at an item is overdue")
	}
	c.inflight.answer(1)
	if !c.isOverdue() {
		t.Error("one that has nothing left to do is not overdue")
	}
	c.stdin.lose(time.Now())
	if c.isOverdue() {
		t.Error("it has not had its time")
	}
}

func TestIsLate(t *testing.T) {
	tr := newTrial(nil)
	tr.ExitTimeout = time.Minute
	c := newConversation(New(tr.Options).runners[0], newFake(echo), false, new(loan))
	if c.isLate() {
		t.Error("one that does not depart is late")
	}
	c.depart()
	if c.isLate() {
		t.Error("it is late at once")
	}
	if c.departure.since = time.Now().Add(-time.Hour); !c.isLate() {
		t.Error("it is not late after an hour")
	}
}

// What a lost worker never did says how its start failed.
func TestNeverWorked(t *testing.T) {
	tr := newTrial(nil)
	tr.Timeout = time.Second
	for _, tt := range []struct {
		what  string
		facts loss
		lost  lostWorker
		want  error
	}{
		{"it ended before it read", loss{past: neverBegan}, lostWorker{cause: &DiedError{}}, worker.ErrEnded},
		{"it was ready and read nothing", loss{past: hasRead}, lostWorker{cause: &DiedError{}}, ErrDeaf},
		{"nor in the time it had", loss{past: hasRead}, lostWorker{cause: &TimeoutError{}}, ErrDeaf},
		{"it read, and answered nothing", loss{past: hasRead}, lostWorker{cause: &DiedError{}, read: 1}, ErrMute},
	} {
		c := newConversation(New(tr.Options).runners[0], newFake(echo), false, new(loan))
		tt.lost.peer, tt.facts.read = c.peer, tt.lost.read
		if err := tt.lost.neverWorked(tt.facts); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	c := newConversation(New(tr.Options).runners[0], newFake(echo), false, new(loan))
	c.stdin.lose(time.Now())
	l := lostWorker{peer: c.peer, cause: &DiedError{}, exit: worker.Exit{Forced: true}}
	if err := l.neverWorked(loss{past: hasRead}); err != ErrShut {
		t.Errorf("it closed its stdin: %v, want %v", err, ErrShut)
	}
}

// A worker that fails at its end fails the run, and so does what is run then.
func TestFailureAtTheEnd(t *testing.T) {
	for _, tt := range []struct {
		exit worker.Exit
		want string
	}{
		{worker.Exit{Code: 3}, "ended with exit status 3"},
		{worker.Exit{After: &worker.Exit{Code: 4}}, "the exit code of worker 1 (pid 4711) ended with exit status 4"},
	} {
		tr := newTrial(func(int) Worker {
			f := newFake(echo)
			f.exit = tt.exit
			return f
		})
		tr.Jobs = 1
		if _, err := tr.run(t, "a\n"); err == nil || !strings.Contains(err.Error(), tt.want) || tr.out.String() != "a\n" {
			t.Errorf("error %v, want %s; output %q", err, tt.want, tr.out.String())
		}
	}
}
