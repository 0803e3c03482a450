package engine

import (
	"time"

	"stoke/pkg/sizing"
)

// sizeEvery is the pause between two looks at a worker's memory.
const sizeEvery = time.Second

// turnover is when a worker is to be replaced.
type turnover struct {
	retiring bool
	allotted int64     // items after which it is
	sized    time.Time // when its memory was last looked at
}

// retire begins to look for a successor when the worker has done its share, and more if there is none. One that has not
// even begun is not replaced.
func (c *conversation) retire() {
	o := &c.e.o
	if !c.warm {
		if _, known := c.w.Read(); known {
			return
		}
	}
	if o.RecycleNum > 0 && sizing.Due(c.turnover.allotted-c.inflight.sent, c.size.PerItem(), c.r.initFor) {
		if c.e.dispatch.over() {
			c.stdin.end(noMoreItems)
			return
		}
		if c.r.prepare(); c.inflight.sent >= c.turnover.allotted && c.r.goesOn() {
			c.turnover.allotted += o.RecycleNum
		}
		c.turnover.retiring = c.inflight.sent >= c.turnover.allotted
	}
	if o.RecycleRSS > 0 && !c.turnover.retiring && time.Since(c.turnover.sized) >= sizeEvery {
		c.turnover.sized = time.Now()
		rss, ok := o.RSS(c.w.Pid())
		c.turnover.retiring = ok && rss > o.RecycleRSS
	}
	if c.turnover.retiring {
		c.r.prepare()
	}
}
