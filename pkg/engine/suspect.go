package engine

import (
	"sync"
)

// suspicion is what a worker leaves that had gone through all its items and then ended with another status than 0, with too few
// answers. It may have died on an item, as one that reads several at a time does. Or it drops items that it cannot work on, as jq
// does, and its answers are shifted. Its last items are tried apart, and one that fails is the test: a program that
// goes on behind it drops items. Safe for concurrent use.
type suspicion struct {
	mu       sync.Mutex
	good     []byte // an item that was answered
	unproven error  // what to end the run with if it was no death; nil: nothing is suspected
	proven   bool   // it was one
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
	if !s.proven && s.unproven == nil {
		s.unproven = fault
	}
	return true
}

// raised reports whether there was ever something to suspect: from then on every end is taken for a death, to be tested.
func (s *suspicion) raised() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proven || s.unproven != nil
}

// unresolved is what the run must end with unless a test shows that it was a death.
func (s *suspicion) unresolved() (good []byte, fault error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.good, s.unproven
}

func (s *suspicion) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unproven, s.proven = nil, true
}
