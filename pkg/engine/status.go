package engine

import (
	"sync/atomic"
	"time"

	"stoke/pkg/cut"
)

// Status is how far a run has come.
type Status struct {
	Summary
	Workers int   // alive
	Warming int   // of those, not warm yet
	Waiting int64 // number of the first item that is not answered; 0 if no worker has any
	Slot    int   // of the worker that has it
	For     time.Duration
	Item    string // that item, or its beginning; "" if the worker has had it for less than a second

	Items     int64 // how many there are, those of an earlier run included; 0 as long as that is not known
	BytesDone int64 // of the input, of items that are done, about
}

// Status may be asked at any time, from any goroutine.
func (e *Engine) Status() Status {
	s := Status{Summary: e.summary(), Items: e.dispatch.total()}
	for _, r := range e.runners {
		s.add(r)
	}
	if items, before, bytes := e.dispatch.taken(); items > 0 {
		s.BytesDone = int64(float64(bytes) * float64(before+s.Answered+s.Failed) / float64(items))
	}
	return s
}

// add adds what r is at, which it is to look at again where it may know more.
func (s *Status) add(r *runner) {
	at := r.doing.at.Load()
	switch {
	case at == away:
		return
	case at == warming:
		s.Warming++
		r.wake() // it may have begun since it was last looked at
	case at > 0 && (s.Waiting == 0 || at < s.Waiting):
		s.Waiting, s.Slot, s.For, s.Item = at, r.slot, time.Duration(time.Now().UnixNano()-r.doing.since.Load()), ""
		if slow := r.doing.slow.Load(); slow != nil && slow.seq == at {
			s.Item = slow.text
		} else if s.For > awhile {
			r.wake() // to have it known the next time
		}
	}
	s.Workers++
}

// Cold reports whether no worker has begun to read yet.
func (e *Engine) Cold() bool {
	for _, r := range e.runners {
		if at := r.doing.at.Load(); at != away && at != warming {
			return false
		}
	}
	return e.answered.Load() == 0 && e.failed.Load() == 0
}

func (e *Engine) summary() Summary {
	return Summary{Answered: e.answered.Load(), Failed: e.failed.Load(), Retried: e.retried.Load()}
}

// doing is what a runner is at, for all to see.
type doing struct {
	at    atomic.Int64 // the item its worker is at, or one of those below
	since atomic.Int64 // when it began with it, in nanoseconds
	slow  atomic.Pointer[slowItem]
}

// What a runner is at, where that is no item.
const (
	idling  = 0  // its worker has answered everything
	away    = -1 // it has no worker
	warming = -2
)

// slowItem is one that a worker has had for a while.
type slowItem struct {
	seq  int64
	text string
}

// awhile is from when on a person may want to know which item it is.
const awhile = time.Second

// show makes known which item the worker is at.
func (d *doing) show(in *inflight, warm bool, delim cut.Delimiter) {
	at, oldest := int64(idling), in.oldest()
	if !warm {
		at = warming
	} else if oldest != nil {
		at = oldest.seq()
	}
	if slow := d.slow.Load(); at > 0 && time.Since(in.busySince) > awhile && (slow == nil || slow.seq != at) {
		const most = 200
		item := oldest.item(delim)
		d.slow.Store(&slowItem{at, string(item[:min(len(item), most)])})
	}
	d.at.Store(at)
	d.since.Store(in.busySince.UnixNano())
}
