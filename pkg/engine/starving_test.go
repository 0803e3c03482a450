package engine

import (
	"strings"
	"testing"
	"time"

	"stoke/pkg/worker"
)

// A worker that holds its answers back on a stream that goes on is told of after a while, once; not while it is given more,
// nor at the end of the input.
func TestStarving(t *testing.T) {
	tr := newTrial(nil)
	e := New(tr.Options)
	w := newFake(func(string) string { return "" })
	w.verdict = worker.Idle
	c := withOneItem(t, e, w, false)
	c.warm = true
	look := func(since time.Duration) int {
		c.inflight.owingSince = time.Now().Add(-since)
		if err := c.attend(); err != nil {
			t.Fatal(err)
		}
		return len(tr.warnings)
	}
	if look(time.Hour); len(tr.warnings) > 0 {
		t.Errorf("one that was not seen to hold anything back: %q", tr.warnings)
	}
	c.feedOn(feedOn, time.Second)
	if n := look(0); n > 0 {
		t.Errorf("at once: %q", tr.warnings)
	}
	if in := c.nextLook(); in <= 0 || in > starving {
		t.Errorf("it is looked at in %v, want %v", in, starving)
	}
	for range 2 {
		if n := look(starving); n != 1 || !strings.Contains(tr.warnings[0], "keeps its answers in a buffer") {
			t.Errorf("after a while, once: %q", tr.warnings)
		}
	}
	if in := c.nextLook(); in >= 0 {
		t.Errorf("it is looked at again in %v", in)
	}
}
