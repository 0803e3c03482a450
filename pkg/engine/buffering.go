package engine

import "sync/atomic"

// buffering is how COMMAND buffers its output, so far as workers of the run have shown. It only grows.
type buffering int32

const (
	unknown  buffering = iota
	prompt             // a worker answered all it had without being given more
	perItem            // one answered an item with others in hand
	buffered           // one was seen to keep answers back: what others did before says nothing then
)

// habits are what is known of how workers of a run write their answers. Safe for concurrent use.
type habits struct {
	obliged bool // what they speak obliges them to answer without being given more
	escaped bool // each of their answers has an end of its own
	grouped bool // they answer in groups

	level       atomic.Int32 // a buffering
	volunteered atomic.Bool  // one wrote so little, and went on, that no full buffer can have forced it to: it flushes
}

// show says that a worker has shown that.
func (h *habits) show(b buffering) {
	for {
		known := h.level.Load()
		if int32(b) <= known || h.level.CompareAndSwap(known, int32(b)) {
			return
		}
	}
}

func (h *habits) known() buffering { return buffering(h.level.Load()) }

// answersAll reports whether workers answer all they have without being given more, so far as is known.
func (h *habits) answersAll() bool {
	b := h.known()
	return b != buffered && (h.obliged || b != unknown)
}

// answersEach reports whether workers write each answer before they turn to the next item.
func (h *habits) answersEach() bool { return h.known() == perItem && !h.grouped }

// forthcoming reports whether workers are sure to answer without being given more: they must, or each of their answers has
// an end of its own and they were seen to. One that does not has lost an item, and the time limit must help.
func (h *habits) forthcoming() bool { return h.obliged || h.escaped && h.answersAll() }

const (
	// smallWrite is fewer bytes than a full buffer of any standard I/O library: such a write was not forced.
	smallWrite = 512
	// enoughLooks is after how many in vain a worker is taken for one that does not flush.
	enoughLooks = 100
)

// flushes is what one worker shows of how it buffers its output.
type flushes struct {
	habits *habits
	prompt bool  // it has answered everything it had, since it was last seen to keep answers back
	little bool  // its last output was small, and not due to the end of its input
	early  bool  // its last output was small and left an answer to an item that it had read for later
	read   int64 // bytes it had read when nothing of its output was left to be collected
	looks  int   // how often that was looked at
}

// reads is the worker as flushes looks at it.
type reads interface {
	Read() (n int64, known bool)
	Silent() bool
}

// before, where more than one answer is owed, notes how far the worker has read when nothing of what it has written is left to be collected. If its next
// output is small, and ends before an answer to an item that it had read by then, and yet there is more after that, it
// flushes each answer. (What comes last may have been flushed because the worker ended.)
func (f *flushes) before(w reads) {
	if f.looks == enoughLooks || f.habits.known() >= perItem {
		return
	}
	f.looks++
	if read, known := w.Read(); known && w.Silent() {
		f.read = read
	}
}

// after draws that conclusion from n bytes of new output. clean says that all of it was answers, open that more items may come;
// oldest is what the worker has yet to answer, nil for nothing.
func (f *flushes) after(n int, clean, open bool, oldest *batch, scan scanner) {
	if f.little {
		f.habits.volunteered.Store(true)
	}
	f.little = n < smallWrite && clean && open
	if oldest == nil || f.habits.known() >= perItem {
		return
	}
	if f.early {
		f.habits.show(perItem)
	}
	if n >= smallWrite || !clean || f.read == 0 {
		return
	}
	out := oldest.onWire()
	answered := oldest.sent - oldest.owed()
	_, next := scan(oldest, out, answered+1)
	f.early = oldest.end-int64(len(out)-next) <= f.read
}

// answered notes that the worker has answered all it had, without having been given more.
func (f *flushes) answered() {
	f.prompt = true
	f.habits.show(prompt)
}

// kept notes that it was seen to keep answers back.
func (f *flushes) kept() {
	f.prompt = false
	f.habits.show(buffered)
}
