package engine

import "time"

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
		at := r.at.Load()
		switch {
		case at == away:
			continue
		case at == warming:
			s.Warming++
			r.wake() // it may have begun since it was last looked at
		case at > 0 && (s.Waiting == 0 || at < s.Waiting):
			s.Waiting, s.Slot, s.For, s.Item = at, r.slot, time.Duration(time.Now().UnixNano()-r.since.Load()), ""
			if slow := r.slow.Load(); slow != nil && slow.seq == at {
				s.Item = slow.text
			} else if s.For > awhile {
				r.wake() // to have it known the next time
			}
		}
		s.Workers++
	}
	if items, before, bytes := e.dispatch.taken(); items > 0 {
		s.BytesDone = int64(float64(bytes) * float64(before+s.Answered+s.Failed) / float64(items))
	}
	return s
}

// Cold reports whether no worker has begun to read yet.
func (e *Engine) Cold() bool {
	for _, r := range e.runners {
		if at := r.at.Load(); at != away && at != warming {
			return false
		}
	}
	return e.answered.Load() == 0 && e.failed.Load() == 0
}

// slowItem is one that a worker has had for a while.
type slowItem struct {
	seq  int64
	text string
}

// awhile is from when on a person may want to know which item it is.
const awhile = time.Second

func (e *Engine) summary() Summary {
	return Summary{Answered: e.answered.Load(), Failed: e.failed.Load(), Retried: e.retried.Load()}
}

// What a runner is at, where that is no item.
const (
	idling  = 0  // its worker has answered everything
	away    = -1 // it has no worker
	warming = -2
)

// show makes known which item the worker is at.
func (c *conversation) show() {
	if c.replaced {
		return
	}
	at := int64(idling)
	if !c.warm {
		at = warming
	} else if c.inflight.oldest() != nil {
		at = c.inflight.oldest().seq()
	}
	if slow := c.r.slow.Load(); at > 0 && time.Since(c.inflight.busySince) > awhile && (slow == nil || slow.seq != at) {
		const most = 200
		item := c.inflight.oldest().item(c.e.o.Delimiter)
		c.r.slow.Store(&slowItem{at, string(item[:min(len(item), most)])})
	}
	c.r.at.Store(at)
	c.r.since.Store(c.inflight.busySince.UnixNano())
}
