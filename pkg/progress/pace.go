package progress

import "time"

// window is how far back the rate looks, at least, and at most twice as far.
const window = 10 * time.Second

// pace follows how fast the run goes, over the last while: long enough to be steady and short enough to be true. The
// zero value is ready to use. What was finished before the first snapshot, by an earlier run, does not count.
type pace struct {
	begun      bool
	old, young mark
	now        mark
	first      mark // where the run got going
}

// mark is how far the run was at one time.
type mark struct {
	at    time.Duration
	items int64
	part  float64 // of the whole run, 0 to 1, as far as it is known
}

func (p *pace) observe(s Snapshot) {
	p.now = mark{s.Elapsed, s.Answered + s.Failed, s.part()}
	if !p.begun || p.now.items == p.first.items && s.Warming >= s.Workers { // nobody works yet: the clock does not run
		p.begun, p.first, p.old, p.young = true, p.now, p.now, p.now
		return
	}
	if p.now.at-p.young.at >= max(window, p.now.at/4) {
		p.old, p.young = p.young, p.now
	}
}

// perSecond is the number of items a second, lately.
func (p *pace) perSecond() float64 { return since(p.old, p.now) }

// average is the number of items a second since the run got going.
func (p *pace) average() float64 { return since(p.first, p.now) }

func since(from, to mark) float64 {
	if to.at <= from.at {
		return 0
	}
	return float64(to.items-from.items) / (to.at - from.at).Seconds()
}

// left is how long the rest will take at the present pace; false if there is no telling.
func (p *pace) left() (time.Duration, bool) {
	grown := p.now.part - p.old.part
	if p.now.part <= 0 || grown <= 0 || p.now.at <= p.old.at {
		return 0, false
	}
	seconds := (1 - p.now.part) / grown * (p.now.at - p.old.at).Seconds()
	if seconds > (1000 * 24 * time.Hour).Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}
