package launch

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/lang"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// heard is what those who start workers have told.
type heard struct {
	mu    sync.Mutex
	shown strings.Builder
	muted int
	slow  chan Slow
}

func (h *heard) tell(after time.Duration) Tell {
	return Tell{
		Show: func(int) func([]byte) {
			return func(p []byte) {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.shown.Write(p)
			}
		},
		Slow:  func(s Slow) { h.slow <- s },
		After: after,
		Mute:  func() { h.muted++ },
		Left:  func(string) {},
	}
}

func start(spec *Spec, h *heard, after time.Duration, cancelled func() bool) (engine.Worker, error) {
	if spec.Jobs, spec.MaxItem = 1, 1<<20; spec.Program != nil {
		spec.Protocol = wire.Program(0)
	} else if spec.Protocol.Framing == nil {
		spec.Protocol = wire.Plain(wire.Lines)
	}
	return New(context.Background(), spec, Local(1), h.tell(after)).Start(1, 0, cancelled)
}

func never() bool { return false }

func TestStartsWarm(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spec  Spec
		shown string
		early string // what it has written for its first item already
	}{
		{"at once", Spec{Argv: []string{"cat"}}, "", ""},
		{"a line that matches", Spec{Argv: []string{"sh", "-c", "echo loading; echo ready; echo more; exec cat"}, Ready: regexp.MustCompile("^ready$")}, "loading\nready\n", "more\n"},
		{"code", Spec{Program: &lang.Program{Lang: "perl", Code: "1", Init: "sleep 0"}}, "", ""},
		{"its init code", Spec{Argv: []string{"sh", "-c", "echo $A; exec cat"}, Init: "A=b; export A; echo said", Ready: regexp.MustCompile("b")}, "b\n", ""},
	} {
		h := &heard{slow: make(chan Slow, 1)}
		w, err := start(&tt.spec, h, time.Hour, never)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if tt.early != "" {
			buf := make([]byte, 100)
			if n, err := w.Exchange(buf, time.Second); err != nil || string(buf[:n]) != tt.early {
				t.Errorf("%s: it has written %q, %v, want %q", tt.name, buf[:n], err, tt.early)
			}
		}
		w.Finish(0, nil)
		h.mu.Lock()
		if !strings.Contains(h.shown.String(), tt.shown) {
			t.Errorf("%s: shown %q, want %q", tt.name, h.shown.String(), tt.shown)
		}
		h.mu.Unlock()
	}
}

// That CODE can give no answer is told once in a run, not for each worker.
func TestMuteIsToldOnce(t *testing.T) {
	h := new(heard)
	s := New(context.Background(), &Spec{Argv: []string{"sh", "-c", `printf '%s\n' '\ready mute'; exec cat`}, Jobs: 1, Protocol: wire.Program(0), MaxItem: 99}, Local(1), h.tell(0))
	for range 2 {
		w, err := s.Start(1, 0, never)
		if err != nil {
			t.Fatal(err)
		}
		w.Finish(0, nil)
	}
	if h.muted != 1 {
		t.Errorf("told %d times that CODE is mute, want once", h.muted)
	}
}

func TestFailsToStart(t *testing.T) {
	ready := regexp.MustCompile("ready")
	for _, tt := range []struct {
		name string
		spec Spec
		want error
	}{
		{"it ends", Spec{Argv: []string{"true"}, Ready: ready}, worker.ErrEnded},
		{"it takes too long", Spec{Argv: []string{"cat"}, Ready: ready, InitTimeout: time.Millisecond}, worker.ErrSlow},
		{"it is not there", Spec{Argv: []string{"/nowhere/none"}}, new(worker.LaunchError)},
		{"it is no interpreter", Spec{Program: &lang.Program{Lang: "perl", Code: "1", Interpreter: "echo"}}, nil},
		{"it speaks no JSON-RPC", Spec{Argv: []string{"true"}, Protocol: wire.JSONRPC(false, 0)}, worker.ErrEnded},
	} {
		_, err := start(&tt.spec, &heard{slow: make(chan Slow, 1)}, time.Hour, never)
		var failed *engine.InitError
		if !errors.As(err, &failed) || failed.Slot != 1 {
			t.Errorf("%s: %v is no *InitError of slot 1", tt.name, err)
			continue
		}
		if launch, is := tt.want.(*worker.LaunchError); is {
			if !errors.As(err, &launch) {
				t.Errorf("%s: %v is no *LaunchError", tt.name, err)
			}
		} else if tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// A worker that is not warm for a while is told of, with what it has not done; a run that ends does not wait for it.
func TestSlowIsTold(t *testing.T) {
	for _, tt := range []struct {
		name string
		spec Spec
		line bool
	}{
		{"a line", Spec{Argv: []string{"cat"}, Ready: regexp.MustCompile("x")}, true},
		{"code", Spec{Program: &lang.Program{Lang: "perl", Code: "1", Init: "sleep 9"}}, false},
		{"a notification", Spec{Argv: []string{"cat"}, Protocol: wire.JSONRPC(false, 0)}, false},
	} {
		h := &heard{slow: make(chan Slow, 1)}
		told := make(chan Slow, 1)
		_, err := start(&tt.spec, h, time.Millisecond, func() bool {
			select {
			case s := <-h.slow:
				told <- s
				return true
			default:
				return false
			}
		})
		if !errors.Is(err, worker.ErrStopped) {
			t.Errorf("%s: %v, want %v", tt.name, err, worker.ErrStopped)
			continue
		}
		if s := <-told; s.Slot != 1 || s.Pid == 0 || s.For != time.Millisecond || s.Line != tt.line {
			t.Errorf("%s: told %+v", tt.name, s)
		}
	}
}
