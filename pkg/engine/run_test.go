package engine

import (
	"errors"
	"strings"
	"testing"

	"stoke/pkg/wire"
)

// With one start at a time, each worker of a run still comes to its turn.
func TestInitJobs(t *testing.T) {
	tr := newTrial(func(int) Worker { return newFake(echo) })
	tr.Jobs, tr.InitJobs, tr.Lockstep = 4, 1, true
	if sum, err := tr.run(t, numbered(100)); err != nil || sum.Answered != 100 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// A worker that has grown too large is replaced, once for each time that it is looked at.
func TestRecycleRSS(t *testing.T) {
	tr := newTrial(func(int) Worker { return newFake(echo) })
	tr.Jobs, tr.RecycleRSS, tr.Lockstep = 1, 1<<20, true
	tr.RSS = func(int) (int64, bool) { return 1 << 30, true }
	if sum, err := tr.run(t, numbered(1000)); err != nil || sum.Answered != 1000 {
		t.Errorf("%+v, %v", sum, err)
	}
	if tr.started < 2 {
		t.Errorf("%d workers were started", tr.started)
	}
}

func TestHaltNow(t *testing.T) {
	tr := newTrial(func(int) Worker { return newFake(echo) })
	tr.Jobs, tr.MaxItem = 1, 4
	tr.Halt = Halt{Now: true, Count: 1}
	if _, err := tr.run(t, "a\nmuch too large\nb\n"); !errors.Is(err, ErrHalted) {
		t.Errorf("error %v, want %v", err, ErrHalted)
	}
}

// What workers that reply say that is no reply, or too large a one.
func TestReplies(t *testing.T) {
	for _, tt := range []struct{ what, line, fault, failure string }{
		{"a reply", "ok\n", "", ""},
		{"an unknown one", `\?` + "\n", "broke its protocol", ""},
		{"an answer that is too large", strings.Repeat("x", 100) + `\n` + "\n", "", "above the limit"},
	} {
		protocol := wire.Program(0)
		tr := newTrial(func(int) Worker {
			f := newFake(func(line string) string {
				if strings.HasPrefix(line, `\`) {
					return ""
				}
				return tt.line
			})
			f.codec = protocol.Codec(64)
			return f
		})
		tr.Jobs, tr.Protocol, tr.MaxItem = 1, protocol, 64
		_, err := tr.run(t, "a\n")
		if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: error %v, want %q", tt.what, err, tt.fault)
		}
		if failures := strings.Join(tr.failures, "\n"); (failures == "") != (tt.failure == "") || !strings.Contains(failures, tt.failure) {
			t.Errorf("%s: failures %q, want %q", tt.what, failures, tt.failure)
		}
	}
}
