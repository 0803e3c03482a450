package engine

import "sync/atomic"

// habits are what is known of how COMMAND writes its answers, from any worker of the run. Safe for concurrent use.
type habits struct {
	o *Options

	all  atomic.Bool // a worker answered all it had without being given more
	each atomic.Bool // one answered an item with others in hand
	held atomic.Bool // one was seen to keep answers back: the other two say nothing then

	volunteered atomic.Bool // one wrote so little, and went on, that no full buffer can have forced it to: it flushes
}

// obliged reports whether what workers speak obliges them to answer without being given more.
func (h *habits) obliged() bool { return h.o.Escaped && h.o.StartsWarm }

// answersAll reports whether workers answer all they have without being given more, so far as is known.
func (h *habits) answersAll() bool { return !h.held.Load() && (h.obliged() || h.all.Load()) }

// answersEach reports whether workers write each answer before they turn to the next item.
func (h *habits) answersEach() bool { return h.each.Load() && !h.held.Load() && !h.o.Grouped }

// forthcoming reports whether workers are sure to answer without being given more: they must, or each of their answers has
// an end of its own and they were seen to. One that does not has lost an item, and the time limit must help.
func (h *habits) forthcoming() bool { return h.obliged() || h.o.Escaped && h.answersAll() }

const (
	// smallWrite is fewer bytes than a full buffer of any standard I/O library: such a write was not forced.
	smallWrite = 512
	// enoughLooks is after how many in vain a worker is taken for one that does not flush.
	enoughLooks = 100
)

// regard notes how far the worker has read when nothing of what it has written is left to be collected. If its next
// output is small, and ends before an answer to an item that it had read by then, and yet there is more after that, it
// flushes each answer. (What comes last may have been flushed because the worker ended.)
func (c *conversation) regard() {
	if c.inflight.owed() < 2 || c.looks == enoughLooks || c.e.habits.each.Load() {
		return
	}
	c.looks++
	if read, known := c.w.Read(); known && c.w.Silent() {
		c.regarded = read
	}
}

// reveal draws that conclusion from n bytes of new output.
func (c *conversation) reveal(n int) {
	if c.flushed {
		c.e.habits.volunteered.Store(true)
	}
	c.flushed = n < smallWrite && len(c.buf) == 0 && c.stdin.state == open
	if c.e.habits.each.Load() || c.inflight.oldest() == nil {
		return
	}
	if c.revealed {
		c.e.habits.each.Store(true)
	}
	if n >= smallWrite || len(c.buf) > 0 || c.regarded == 0 {
		return
	}
	b := c.inflight.oldest()
	out := b.onWire()
	answered := b.sent - b.owed()
	_, next := c.e.scanSent(b, out, answered+1)
	c.revealed = b.end-int64(len(out)-next) <= c.regarded
}
