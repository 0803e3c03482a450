package engine

import (
	"testing"
	"time"
)

func TestStdin(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		what string
		do   func(*stdin)
		want inputState
	}{
		{"nothing", func(*stdin) {}, open},
		{"no more items", func(s *stdin) { s.end(noMoreItems) }, ending},
		{"what has come to its end does not end for another reason", func(s *stdin) { s.end(successor); s.end(lostOne); s.reopen() }, ending},
		{"no more items, and then one came back", func(s *stdin) { s.end(noMoreItems); s.reopen() }, open},
		{"the item that must be alone came back", func(s *stdin) { s.end(mustBeAlone); s.reopen() }, open},
		{"room was made", func(s *stdin) { s.end(makingRoom); s.reopen() }, open},
		{"the item that was lost came back", func(s *stdin) { s.end(lostOne); s.reopen() }, open},
		{"its successor has come", func(s *stdin) { s.end(successor); s.reopen() }, ending},
		{"it is closed for good", func(s *stdin) { s.end(noMoreItems); s.close(now, false); s.reopen() }, closed},
		{"what is closed is not ended", func(s *stdin) { s.close(now, true); s.end(lostOne) }, closed},
		{"the worker has closed it", func(s *stdin) { s.lose(now); s.end(noMoreItems); s.reopen() }, lost},
		{"the worker has closed it, and it is closed here", func(s *stdin) { s.lose(now); s.close(now, false) }, closed},
	} {
		var s stdin
		tt.do(&s)
		if s.state != tt.want {
			t.Errorf("%s: %v, want %v", tt.what, s.state, tt.want)
		}
		if over := s.isOver(); over != (tt.want == closed || tt.want == lost) {
			t.Errorf("%s: over %v", tt.what, over)
		}
	}
}

func TestStdinIsLost(t *testing.T) {
	now := time.Now()
	var s stdin
	if s.isLost(now, 0) {
		t.Error("an open one is lost")
	}
	s.lose(now)
	if s.isLost(now, time.Second) || !s.isLost(now.Add(time.Second), time.Second) {
		t.Error("one that is lost has not been for a second at once, and has after a second")
	}
	if s.close(now, false); s.isLost(now.Add(time.Hour), 0) {
		t.Error("one that was closed here is lost")
	}
}
