package engine

import (
	"errors"
	"slices"

	"stoke/pkg/source"
)

// An item whose worker the system has killed may have needed more memory than there was beside what the other workers
// needed for theirs. Before it fails it is tried in calm: alone in its worker, while all other workers are at rest, with
// nothing in hand. While such an item waits, nobody takes anything; when all is answered it is taken, and when it
// is done, all go on.
type calm struct {
	reigns bool // an item is being tried so
}

// hush says what r is to do because of an item that is to be tried in calm: to take it, to make room, or to wait.
// It is false if there is none.
func (d *dispatch) hush(r *runner, idle bool) (b *batch, state source.State, ok bool) {
	calm := func(b *batch) bool { return b.calm }
	i := slices.IndexFunc(d.returned, calm)
	if i >= 0 && !d.calm.reigns && len(d.loans) > 0 {
		d.callIn()
		i = slices.IndexFunc(d.returned, calm)
	}
	switch {
	case i < 0 && !d.calm.reigns:
		return nil, 0, false
	case i >= 0 && d.out == 0:
		d.calm.reigns = true
		return d.takeBack(i), source.Took, true
	case idle:
		d.waiting[r.slot-1] = r
		return nil, source.Empty, true
	}
	return nil, makeRoom, true
}

// rested goes on when nothing is in hand any more: with an item that waits for that, or, when it is done, with all.
func (d *dispatch) rested() {
	if d.out > 0 {
		return
	}
	if d.calm.reigns {
		d.calm.reigns = false
		d.wakeAllLocked()
	} else if len(d.returned) > 0 {
		d.wakeOne()
	}
}

// starved reports whether a worker may have been killed for want of memory.
func starved(cause error) bool {
	var died *DiedError
	return errors.As(cause, &died) && died.Exit.Starved()
}
