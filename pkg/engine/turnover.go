package engine

import (
	"time"

	"stoke/pkg/sizing"
)

// sizeEvery is the pause between two looks at a worker's memory.
const sizeEvery = time.Second

// turnover is when a worker is to be replaced.
type turnover struct {
	possible bool // workers of this run are replaced
	retiring bool
	allotted int64     // items after which it is
	sized    time.Time // when its memory was last looked at
}

// succession is how a worker gets a successor.
type succession interface {
	prepare()                         // begins to warm one up, if that is not done yet
	forgive() bool                    // forgets one that could not be started, if that is so
	successor() bool                  // whether there is one, and it is warm
	goesOn() bool                     // whether the worker is to be given more, although it has done its share
	due() (latest time.Time, ok bool) // until when it waits for the one that is being warmed up
	warmUp() time.Duration            // how long it takes to warm up
}

// retire begins to look for a successor when the worker has done its share, and more if there is none. One that has not
// even begun is not replaced.
func (p *peer) retire() {
	o := &p.e.o
	if !p.warm {
		if _, known := p.w.Read(); known {
			return
		}
	}
	if o.RecycleNum > 0 && sizing.Due(p.turnover.allotted-p.inflight.sent, p.size.PerItem(), p.owner.warmUp()) {
		if p.e.dispatch.over() {
			p.stdin.end(noMoreItems)
			return
		}
		if p.owner.prepare(); p.inflight.sent >= p.turnover.allotted && p.owner.goesOn() {
			p.turnover.allotted += o.RecycleNum
		}
		p.turnover.retiring = p.inflight.sent >= p.turnover.allotted
	}
	if o.RecycleRSS > 0 && !p.turnover.retiring && time.Since(p.turnover.sized) >= sizeEvery {
		p.turnover.sized = time.Now()
		rss, ok := o.RSS(p.w.Pid())
		p.turnover.retiring = ok && rss > o.RecycleRSS
	}
	if p.turnover.retiring {
		p.owner.prepare()
	}
}

// nextTurn is how long to wait before it is looked whether the worker is to be replaced, if nothing else happens; negative: for ever.
func (p *peer) nextTurn() time.Duration {
	t := &p.turnover
	if t.retiring && t.allotted > 0 && p.inflight.sent >= t.allotted {
		if latest, ok := p.owner.due(); ok {
			return max(time.Until(latest), warmProbe)
		}
	}
	if p.e.o.RecycleRSS > 0 {
		return sizeEvery
	}
	return -1
}

// isSucceeded sees to it that the worker has a successor when it is time, and reports whether that is warm.
func (p *peer) isSucceeded() bool {
	if p.owner.forgive() {
		p.turnover.retiring = false
	}
	p.retire()
	return p.turnover.retiring && p.owner.successor()
}
