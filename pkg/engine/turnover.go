package engine

import (
	"time"

	"stoke/pkg/sizing"
)

// sizeEvery is the pause between two looks at a worker's memory.
const sizeEvery = time.Second

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
