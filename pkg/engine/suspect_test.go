package engine

import (
	"errors"
	"strings"
	"testing"

	"stoke/pkg/worker"
)

func TestSuspicion(t *testing.T) {
	fault, other := errors.New("fault"), errors.New("other")
	var s suspicion
	if s.raise(fault) || s.raised() {
		t.Error("something is suspected that cannot be tested")
	}
	s.answered(make([]byte, largestGood+1))
	s.answered([]byte("good"))
	s.answered([]byte("better"))
	if !s.raise(fault) || !s.raised() || !s.raise(other) {
		t.Error("nothing is suspected that can be tested")
	}
	if good, got := s.unresolved(); string(good) != "good" || got != fault {
		t.Errorf("good item %q, %v; want the first that is not too large, and the first fault", good, got)
	}
	s.clear()
	if _, got := s.unresolved(); got != nil || !s.raised() || !s.raise(other) {
		t.Error("what was a death is still no proof")
	}
	if _, got := s.unresolved(); got != nil {
		t.Errorf("it was a death, and %v is suspected", got)
	}
}

// A program that goes on behind the guilty item, or that is not well without it, drops items.
func TestGuiltyItemIsTested(t *testing.T) {
	fault := errors.New("answers are shifted")
	dies := func(line string) string { return "" }
	for _, tt := range []struct {
		what       string
		both, good func(string) string
		exits      [2]int // statuses
		tries      int
		want       error
	}{
		{"it dies on it, and answers the good one", dies, echo, [2]int{1, 0}, 1, nil},
		{"it goes on behind it", func(line string) string { return strings.TrimPrefix(line, "guilty") + "\n" }, echo, [2]int{1, 0}, 1, fault},
		{"it leaves in peace", dies, echo, [2]int{0, 0}, 1, fault},
		{"it does not answer the good one either", dies, dies, [2]int{1, 0}, 1, fault},
		{"it fails in the end all the same", dies, echo, [2]int{1, 1}, 1, fault},
		{"the item is tried again first", dies, dies, [2]int{1, 1}, 0, nil},
	} {
		tr := newTrial(func(start int) Worker {
			f := newFake([]func(string) string{tt.both, tt.good}[start-1])
			f.exit = worker.Exit{Code: tt.exits[start-1]}
			return f
		})
		tr.Retries.Died = 1
		e := New(tr.Options)
		e.suspect.answered([]byte("good"))
		e.suspect.raise(fault)
		c := withOneItem(t, e, newFake(dies), false)
		c.inflight.oldest().Items, c.inflight.oldest().tries = []byte("guilty\n"), tt.tries
		l := lostWorker{peer: c.peer, cause: &DiedError{}}
		if err := l.test(); err != tt.want {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
		if _, left := e.suspect.unresolved(); tt.tries > 0 && left != tt.want {
			t.Errorf("%s: suspected is %v, want %v", tt.what, left, tt.want)
		}
	}
}
