package engine

import (
	"io"
	"sync"

	"stoke/pkg/worker"
)

// suspicion is what a worker leaves that had gone through all its items and then ended with another status than 0, with too few
// answers. It may have died on an item, as one that reads several at a time does. Or it drops items that it cannot work on, as jq
// does, and its answers are shifted. Its last items are tried apart, and one that fails is the test: a program that
// goes on behind it drops items. Safe for concurrent use.
type suspicion struct {
	mu     sync.Mutex
	good   []byte // an item that was answered
	fault  error  // what to end the run with if it was no death; nil: nothing is suspected
	proven bool   // it was one
}

// largestGood bounds what is kept of an item that was answered, in bytes.
const largestGood = 64 << 10

func (s *suspicion) answered(item []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.good == nil && len(item) <= largestGood {
		s.good = append([]byte{}, item...)
	}
}

// raise begins to suspect, if there is something to test with.
func (s *suspicion) raise(fault error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.good == nil {
		return false
	}
	if !s.proven && s.fault == nil {
		s.fault = fault
	}
	return true
}

// raised reports whether there was ever something to suspect: from then on every end is taken for a death, to be tested.
func (s *suspicion) raised() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proven || s.fault != nil
}

// pending is what the run must end with unless a test shows that it was a death.
func (s *suspicion) pending() (good []byte, fault error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.good, s.fault
}

func (s *suspicion) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.proven = nil, true
}

// answersTo gives a fresh worker these items and nothing else, and returns how many it answers, and how it ends.
func (e *Engine) answersTo(slot int, items ...[]byte) (n int, exit worker.Exit, err error) {
	var in, out []byte
	for _, item := range items {
		if in, err = e.o.Protocol.Framing.Encode(in, item); err != nil {
			return 0, exit, err
		}
	}
	w, err := e.launch(slot, 0, e.cancelled)
	if err != nil {
		return 0, exit, err
	}
	if !e.o.Protocol.Greets {
		defer e.warmedUp()
	}
	e.employ(w)
	defer e.dismiss(w)
	buf := make([]byte, 64<<10)
	err = w.Send(in)
	for err == nil && !e.cancelled() {
		if w.Written() == int64(len(in)) {
			w.CloseInput()
		}
		var got int
		got, err = w.Exchange(buf, e.o.Patience)
		out = append(out, buf[:got]...)
	}
	exit = w.Finish(e.o.Patience, e.killed)
	if err != io.EOF {
		return 0, exit, err
	}
	n, _, err = e.o.Protocol.Framing.Decoder().Scan(out, len(items)+1)
	return n, exit, err
}
