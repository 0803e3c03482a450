package engine

import (
	"time"
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
