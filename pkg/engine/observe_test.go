package engine

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/worker"
)

// A worker that leaves a process behind is warned of, and said to have ended.
func TestTellEnded(t *testing.T) {
	var got []string
	tr := teller{words: func(err error) error { return err }, tell: func(e event.Event) {
		switch e := e.(type) {
		case *event.Warned:
			got = append(got, e.Text)
		case *event.Ended:
			got = append(got, e.How)
		}
	}}
	tr.tellEnded(3, newFake(echo), worker.Exit{Code: 1}, false)
	tr.tellEnded(3, newFake(echo), worker.Exit{Left: 9}, true)
	if len(got) != 3 || got[0] != "exit status 1" || got[1] != (&LeftError{Slot: 3, Pid: 4711, Left: 9}).Error() {
		t.Errorf("told %q", got)
	}
}

// What a job log says of a failed item is what a process for it alone would have ended with: never that it was a success.
func TestStatusOfFailedItems(t *testing.T) {
	for _, tt := range []struct {
		err             error
		exitval, signal int
	}{
		{&DiedError{Exit: worker.Exit{Code: 3}}, 3, 0}, {&DiedError{Exit: worker.Exit{Signal: syscall.SIGKILL}}, 0, 9}, {&DiedError{}, 1, 0},
		{&TimeoutError{Limit: time.Second}, -1, 15}, {&ReportedError{}, 1, 0}, {errors.New("what else"), 1, 0},
	} {
		var got event.Failed
		tr := teller{tell: func(e event.Event) { got = *e.(*event.Failed) }}
		if tr.tellFailed(&event.Failed{Why: tt.err}, time.Now()); got.ExitVal != tt.exitval || got.Signal != tt.signal || tr.failed.Load() != 1 {
			t.Errorf("%v: %+v", tt.err, got)
		}
	}
}
