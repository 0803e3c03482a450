package event

import (
	"slices"
	"testing"
)

// Each gets each event, in order, and to tell costs no memory.
func TestAll(t *testing.T) {
	var got []int
	listen := func(which int) Tell {
		return func(e Event) {
			if d, ok := e.(*Done); ok {
				got = append(got[:which-1], which*d.N)
			}
		}
	}
	tell := All(listen(1), listen(2), listen(3))
	done := &Done{N: 10}
	tell(&Begun{})
	if tell(done); !slices.Equal(got, []int{10, 20, 30}) {
		t.Errorf("told %v", got)
	}
	if n := testing.AllocsPerRun(100, func() { tell(done) }); n != 0 {
		t.Errorf("%v allocations for an event", n)
	}
	All()(done)
}
