package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"stoke/pkg/worker"
)

// In lockstep a worker that waits for more without an answer breaks its promise, and the run says so.
func TestKeptBackInLockstep(t *testing.T) {
	tr := newTrial(func(int) Worker {
		f := newFake(func(string) string { return "" })
		f.verdict = worker.Idle
		return f
	})
	tr.Jobs, tr.Lockstep = 1, true
	_, err := tr.run(t, "a\nb\n")
	if fault := (*ProtocolError)(nil); !errors.As(err, &fault) || !strings.Contains(err.Error(), `has read item 1 "a"`) || fault.Promise != Flushes {
		t.Errorf("error %v", err)
	}
}

// What is done about silence, to a worker that was sent an item an hour ago.
func TestAttend(t *testing.T) {
	for _, tt := range []struct {
		what    string
		verdict worker.Verdict
		prepare func(*conversation)
		warns   string
		pending int
	}{
		{"it waits for more", worker.Idle, func(*conversation) {}, "", 0},
		{"it seems to", worker.Quiet, func(*conversation) {}, "", 0},
		{"it cannot be seen", worker.Unknown, func(*conversation) {}, "has not answered for 1s", 0},
		{"it works", worker.Busy, func(*conversation) {}, "has not answered for 10s", 1},
		{"its input has ended", worker.Busy, func(c *conversation) { c.stdin.close(time.Now(), false) }, "has not answered for 10s", 1},
		{"another has answered", worker.Busy, func(c *conversation) { c.e.answered.Add(1) }, "", 1},
		{"it must be alone", worker.Idle, func(c *conversation) { c.inflight.company = none }, "", 0},
		{"room is made", worker.Idle, func(c *conversation) { c.inflight.company = nothingYet }, "", 0},
	} {
		tr := newTrial(nil)
		e := New(tr.Options)
		f := newFake(func(string) string { return "" })
		f.verdict = tt.verdict
		c := withOneItem(t, e, f, false)
		c.warm, c.inflight.busySince = true, time.Now().Add(-time.Hour)
		tt.prepare(c)
		if err := c.attend(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(tr.warnings, "\n"); (got == "") != (tt.warns == "") || !strings.Contains(got, tt.warns) {
			t.Errorf("%s: warnings %q, want %q", tt.what, got, tt.warns)
		}
		if c.inflight.pending != tt.pending {
			t.Errorf("%s: %d pending, want %d", tt.what, c.inflight.pending, tt.pending)
		}
		if ends := c.inflight.company != anything; ends != (c.stdin.state == ending) && tt.pending == 0 {
			t.Errorf("%s: its input is %v", tt.what, c.stdin.state)
		}
	}
}
