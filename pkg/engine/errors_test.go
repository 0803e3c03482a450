package engine

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// What the errors of a run say, without whoever words them further.
func TestMessages(t *testing.T) {
	three := worker.Exit{Code: 3}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&ItemError{Seq: 3, Item: []byte("a\tb"), Err: errors.New("why")}, `item 3 "a\tb": why`},
		{&ItemError{Seq: 3, Item: []byte("x"), Partial: true, Err: &TooLargeError{"it is", 9, 5}}, `item 3 "x"...: it is 9 bytes, above the limit (5 bytes)`},
		{&ItemError{Seq: 3, Item: []byte("{"), Err: &NotJSONError{"no end"}}, `item 3 "{" is not JSON: no end`},
		{&ItemError{Seq: 3, Item: []byte(strings.Repeat("x", 61)), Err: io.EOF}, `item 3 "` + strings.Repeat("x", 60) + `"...: EOF`},
		{&ReadError{io.ErrUnexpectedEOF}, "cannot read items: unexpected EOF"},
		{&ProtocolError{Slot: 1, Pid: 2, Problem: "printed too much"}, "worker 1 (pid 2) printed too much"},
		{&DiedError{Slot: 1, Pid: 2, Exit: three}, "worker 1 (pid 2) died: exit status 3"},
		{&DiedError{Slot: 1, Pid: 2, Exit: worker.Exit{Forced: true}}, "worker 1 (pid 2) closed its standard output and was killed"},
		{&ReportedError{Slot: 1, Message: "no such key"}, "worker 1: no such key"},
		{&TimeoutError{Slot: 1, Pid: 2, Limit: time.Second}, "worker 1 (pid 2) timed out on it after 1s and was killed"},
		{&TimeoutError{Slot: 1, Pid: 2, Limit: time.Second, Said: "stopped"}, "worker 1 (pid 2) timed out on it after 1s and gave it up: stopped"},
		{&DeafError{time.Minute}, "it was ready, but never read an item in 1m0s"},
		{&InitError{Slot: 1, Err: syscall.EMFILE}, "worker 1 could not be started: too many open files"},
		{&InitError{Slot: 1, Pid: 2, Err: worker.ErrEnded, Exit: &three}, "worker 1 (pid 2) failed to start: " + worker.ErrEnded.Error() + " (exit status 3)"},
		{&InitError{Slot: 1, Pid: 2, Err: worker.ErrSlow, Exit: &three}, "worker 1 (pid 2) failed to start: " + worker.ErrSlow.Error()},
		{&InitError{Slot: 1, Pid: 2, Err: &wire.CodeError{Text: "line 1: bad"}}, "line 1: bad"},
		{&LeftError{Slot: 1, Pid: 2, Left: 3}, "worker 1 (pid 2): process 3 could not be killed and is left: it is another user's, or stuck in the kernel"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%T says %q, want %q", tt.err, got, tt.want)
		}
	}
}

// Whoever words an error finds in it what happened.
func TestErrorsHoldWhatHappened(t *testing.T) {
	for _, tt := range []struct{ err, holds error }{
		{&ItemError{Err: ErrMute}, ErrMute}, {&ReadError{io.EOF}, io.EOF}, {&DeafError{}, ErrDeaf}, {&InitError{Err: ErrShut}, ErrShut},
	} {
		if !errors.Is(tt.err, tt.holds) {
			t.Errorf("%T does not hold %v", tt.err, tt.holds)
		}
	}
}

func TestWhetherAnotherStartHelps(t *testing.T) {
	for _, tt := range []struct {
		name          string
		err           InitError
		final, common bool
	}{
		{"it ended", InitError{Err: worker.ErrEnded, Exit: &worker.Exit{Code: 1}}, false, false},
		{"no such program", InitError{Err: &worker.LaunchError{}}, true, true},
		{"CODE is wrong", InitError{Err: &wire.CodeError{}}, true, true},
		{"a shell found no program", InitError{Err: worker.ErrEnded, Exit: &worker.Exit{Code: 127}}, true, true},
		{"the program itself says 127", InitError{Err: worker.ErrEnded, Direct: true, Exit: &worker.Exit{Code: 127}}, false, false},
		{"too many files", InitError{Err: syscall.ENFILE}, true, false},
	} {
		if got := tt.err.Final(); got != tt.final {
			t.Errorf("%s: final %v", tt.name, got)
		}
		if got := tt.err.Common(); got != tt.common {
			t.Errorf("%s: common %v", tt.name, got)
		}
	}
}
