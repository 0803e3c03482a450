package engine

import (
	"sync/atomic"
	"time"

	"stoke/pkg/cut"
)

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
