// Package sizing decides how much work to keep with one worker, from how long its items have been taking.
//
// In go observations: so many items took so long. Out comes a window: how many items the worker may have in hand at
// once. The rule is a few milliseconds of work: an item of 10 ms or more travels alone, so that nobody hoards what
// another worker could do, and microsecond items travel in thousands, so that the round trip costs nothing. There is
// no chunk size for a user to guess.
//
// The package is pure policy: no clock, no lock, no I/O. A Policy belongs to one goroutine.
package sizing

import "time"

const (
	// work is what a worker that answers promptly is kept supplied with: far more than a round trip (about 50 µs),
	// and less than a person or the end of a run would notice.
	work = 8 * time.Millisecond
	// bufferedWork is the same for a worker that was seen to hold answers back in a buffer of its own. It goes idle
	// unseen, so each refill costs it a pause of up to a millisecond; larger helpings make that rare.
	bufferedWork = 32 * time.Millisecond
	// alone is the duration from which items go one by one.
	alone = 10 * time.Millisecond
	// growth bounds how far one observation may raise the window: the first items of a worker are often untypical.
	growth = 4
	// maxWindow keeps the arithmetic sane; bytes bound a batch long before it.
	maxWindow = 1 << 20
)

// Policy is the running estimate for one worker. The zero value is ready to use and allows one item.
type Policy struct {
	items    float64 // observed, older observations halved with each new one
	spent    float64 // nanoseconds they took, decayed likewise
	window   int
	buffered bool
}

// Observe records that n items took d together. Observations without items say nothing and are ignored.
func (p *Policy) Observe(n int, d time.Duration) {
	if n <= 0 {
		return
	}
	p.items = p.items/2 + float64(n)
	p.spent = p.spent/2 + float64(max(d, 1))
	p.window = min(p.target(), p.Window()*growth)
}

// Grow widens the window without an observation, when it cannot be told whether the worker is at work, and nothing
// moves until it has more.
func (p *Policy) Grow() { p.window = min(p.Window()*growth, maxWindow) }

// Buffered records that the worker holds answers back until a buffer of its own is full.
func (p *Policy) Buffered() { p.buffered = true }

// Window is the number of items the worker may have in hand, unanswered; at least 1.
func (p *Policy) Window() int { return max(p.window, 1) }

// PerItem is the estimated duration of one item; 0 before the first observation.
func (p *Policy) PerItem() time.Duration {
	if p.items == 0 {
		return 0
	}
	return time.Duration(p.spent / p.items)
}

func (p *Policy) target() int {
	per := p.spent / p.items
	if per >= float64(alone) {
		return 1
	}
	supply := work
	if p.buffered {
		supply = bufferedWork
	}
	return int(min(max(float64(supply)/per, 1), maxWindow))
}

// Due reports whether it is time to warm up the successor of a worker that may be given left more items: when it will
// be done with them before the successor, which takes warmUp, could be warm with certainty. Before anything is known of
// its items (perItem is 0), that is when none are left.
func Due(left int64, perItem, warmUp time.Duration) bool {
	return left <= 0 || perItem > 0 && time.Duration(left)*perItem <= 2*warmUp
}
