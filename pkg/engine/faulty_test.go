package engine

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"time"

	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// fakeBuffer is the size of the buffer of a worker that does not flush, in bytes: a small one, as these go.
const fakeBuffer = smallWrite

func faultyAnswer(item string) string { return item + strings.Repeat("!", 29-len(item)) }

// fault is what an item does to its worker.
type fault string

const (
	killed     fault = "killed by a signal"
	exits      fault = "exits with status 3"
	leaves     fault = "exits with status 0, its output flushed"
	leavesRaw  fault = "exits with status 0, its output lost"
	hangs      fault = "hangs"
	halfDies   fault = "writes half a line and is killed"
	halfHangs  fault = "writes half a line and hangs"
	closesOut  fault = "closes its stdout and lives on"
	reports    fault = "reports an error"
	breaks     fault = "declares itself broken"
	starves    fault = "is killed while other workers have something in hand"
	noFault    fault = ""
	everywhere       = 1 << 30 // times
)

var allFaults = []fault{killed, exits, leaves, leavesRaw, halfDies, closesOut, hangs, halfHangs, reports, breaks, starves}

// sight is what can be seen of a worker.
type sight int

const (
	clear  sight = iota
	dim          // other threads of it sleep for a time, so that it is only Quiet when it waits for more
	dark         // it hangs Asleep
	veiled       // what it has read, not what its threads do
	blind        // nothing
	sights       // how many there are
)

// writing is when a worker writes what it has to say.
type writing int

const (
	eachLine   writing = iota
	whenFull           // or when it ends
	whenIdle           // before it reads more
	bufferings         // how many there are
)

// world is what the workers of one trial have in common.
type world struct {
	mu       sync.Mutex
	faults   map[string]fault
	times    map[string]int   // how often they still strike
	deaths   map[string]int   // of workers that were at that item
	hands    map[*faulty]bool // who has something in hand
	alive    int
	murders  float64 // chance that a worker is killed at an item without its doing
	buffers  writing
	readsAll bool // workers read all there is, not a line at a time
	speaks   *dialect
	seen     sight

	concurrency int  // of those that say so
	listens     bool // they heed a cancel notification
}

// strike says what happens to a worker that is at item.
func (w *world) strike(item string, who *faulty) fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, rng := noFault, who.rng
	if starving := w.faults[item] == starves; w.times[item] > 0 && (!starving || w.othersBusy(who)) {
		w.times[item]--
		f = w.faults[item]
	} else if rng.Float64() < w.murders {
		f = killed
	}
	if f != noFault {
		w.deaths[item]++
	}
	return f
}

func (w *world) othersBusy(who *faulty) bool {
	for f := range w.hands {
		if f != who {
			return true
		}
	}
	return false
}

// note notes whether a worker has something in hand.
func (w *world) note(who *faulty, busy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.hands, who)
	if busy {
		w.hands[who] = true
	}
}

// faulty is a Worker without a process that has the faults of its world. It acts while its runner waits for it.
type faulty struct {
	world *world
	codec *wire.Codec
	rng   *rand.Rand
	bell  chan struct{}

	in      []byte   // in the pipe
	lines   []string // read, not worked on
	written int64
	eof     bool
	buf     []byte // in its own buffer
	out     []byte // in the pipe
	mute    bool   // its stdout is closed
	dead    bool
	gone    bool // nothing can be seen of it any more
	hung    bool
	exit    worker.Exit
	warmAt  time.Time // it reads nothing before
}

func newFaulty(w *world, seed uint64) *faulty {
	w.mu.Lock()
	w.alive++
	w.mu.Unlock()
	return &faulty{world: w, codec: w.speaks.codec(w.concurrency), rng: rand.New(rand.NewPCG(seed, 2)), bell: make(chan struct{}, 1)}
}

func (f *faulty) Codec() *wire.Codec { return f.codec }
func (f *faulty) Pid() int           { return 4711 }
func (f *faulty) Written() int64     { return f.written }
func (f *faulty) Read() (int64, bool) {
	return f.written - int64(len(f.in)), f.world.seen != blind && !f.gone
}
func (f *faulty) Silent() bool                                   { return len(f.out) == 0 }
func (f *faulty) Watch(buf []byte, d time.Duration) (int, error) { return f.Exchange(buf, 0) }
func (f *faulty) Nap(time.Duration)                              {}
func (f *faulty) CloseInput()                                    { f.eof = true }
func (f *faulty) Deaf() bool                                     { return f.eof }
func (f *faulty) LastWords() string                              { return "" }

func (f *faulty) TakeBack() (taken, alive bool) {
	if int64(len(f.in)) < f.written {
		return false, true
	}
	f.in, f.written = nil, 0
	f.world.note(f, false)
	f.dead = f.world.seen == veiled || f.rng.IntN(2) == 0
	return true, !f.dead
}

func (f *faulty) Ring() {
	select {
	case f.bell <- struct{}{}:
	default:
	}
}

func (f *faulty) Send(p []byte) error {
	f.in = append(f.in, p...)
	f.written += int64(len(p))
	f.world.note(f, true)
	return nil
}

func (f *faulty) Idle() worker.Verdict {
	switch busy := f.hung || f.dead || f.cold() || len(f.in) > 0 || len(f.lines) > 0 || len(f.out) > 0; {
	case f.world.seen >= veiled:
		return worker.Unknown
	case busy && f.hung && f.world.seen == dark:
		return worker.Asleep
	case busy:
		return worker.Busy
	case f.world.seen == dim:
		return worker.Quiet
	}
	return worker.Idle
}

func (f *faulty) Exchange(buf []byte, timeout time.Duration) (int, error) {
	defer func() { f.world.note(f, f.busy()) }()
	for n := f.rng.IntN(40); ; n-- {
		if len(f.lines) == 0 && len(f.in) == 0 && f.world.speaks.failure != nil && !f.hung && !f.dead {
			f.flush() // it is bound to, before it waits
		}
		switch {
		case len(f.out) > 0 && (f.dead || f.hung || f.mute || f.rng.IntN(4) == 0 || len(f.lines) == 0):
			n := copy(buf, f.out)
			f.out = f.out[:copy(f.out, f.out[n:])]
			return n, nil
		case f.dead || f.mute:
			return 0, io.EOF
		case f.cold():
			if left := time.Until(f.warmAt); timeout < 0 || left < timeout {
				timeout = left
			}
			f.await(timeout)
			return 0, nil
		case f.hung && f.givenUp():
			f.hung = false
			f.out = append(f.out, f.world.speaks.failure(f.lines[0], "given up")...)
			f.lines = f.lines[1:]
		case f.hung, len(f.lines) == 0 && len(f.in) == 0 && !f.eof:
			f.await(timeout)
			return 0, nil
		case n < 0:
			return 0, nil
		}
		f.step()
	}
}

func (f *faulty) cold() bool { return time.Now().Before(f.warmAt) }

// busy reports whether it has items or answers in hand.
func (f *faulty) busy() bool {
	for record := range bytes.SplitSeq(f.in, []byte(f.world.speaks.end)) {
		if len(record) > 0 && f.world.speaks.item(string(record)) != "" {
			return true
		}
	}
	return len(f.lines)+len(f.buf)+len(f.out) > 0
}

func (f *faulty) await(timeout time.Duration) {
	var limit <-chan time.Time
	if timeout >= 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		limit = t.C
	}
	select {
	case <-f.bell:
	case <-limit:
	}
}

// step reads, works on one item, or ends.
func (f *faulty) step() {
	if len(f.lines) == 0 {
		if f.world.buffers == whenIdle {
			f.flush()
		}
		if len(f.in) == 0 {
			f.flush()
			f.dead = true
			return
		}
		n := len(f.in)
		end := []byte(f.world.speaks.end)
		if !f.world.readsAll {
			n = bytes.Index(f.in, end) + len(end)
		}
		for record := range bytes.SplitSeq(bytes.TrimSuffix(f.in[:n], end), end) {
			if f.world.speaks.item(string(record)) != "" {
				f.lines = append(f.lines, string(record))
			}
		}
		f.in = f.in[:copy(f.in, f.in[n:])]
		return
	}
	record := f.lines[0]
	item := f.world.speaks.item(record)
	what := f.world.strike(item, f)
	f.suffer(what, item)
	if f.dead || f.hung || f.mute {
		return
	}
	f.lines = f.lines[1:]
	switch what {
	case reports:
		f.buf = append(f.buf, f.world.speaks.failure(record, "it cannot be done")...)
	case breaks:
		f.buf = append(f.buf, f.world.speaks.broken(record, "out of order")...)
	default:
		f.buf = append(f.buf, f.world.speaks.answer(record, faultyAnswer(item))...)
	}
	if f.world.buffers == eachLine {
		f.flush()
	}
	if f.world.buffers == whenFull && len(f.buf) >= fakeBuffer {
		f.out = append(f.out, f.buf[:fakeBuffer]...)
		f.buf = f.buf[fakeBuffer:]
	}
}

func (f *faulty) suffer(what fault, item string) {
	half := func() { f.out = append(f.out, item[:len(item)/2]...) }
	switch what {
	case killed, starves:
		f.die(worker.Exit{Code: -1, Signal: syscall.SIGKILL})
	case exits:
		f.flush()
		f.die(worker.Exit{Code: 3})
	case leaves:
		f.flush()
		f.die(worker.Exit{})
	case leavesRaw:
		f.die(worker.Exit{})
	case halfDies:
		f.flush()
		half()
		f.die(worker.Exit{Code: -1, Signal: syscall.SIGSEGV})
	case hangs:
		f.hung = true
	case halfHangs:
		f.flush()
		half()
		f.hung = true
	case closesOut:
		f.flush()
		f.mute = true
	}
}

func (f *faulty) die(exit worker.Exit) { f.dead, f.exit = true, exit }

func (f *faulty) flush() {
	f.out = append(f.out, f.buf...)
	f.buf = nil
}

func (f *faulty) Finish(time.Duration, <-chan struct{}) worker.Exit {
	f.world.note(f, false)
	f.world.mu.Lock()
	f.world.alive--
	f.world.mu.Unlock()
	f.gone = true
	if !f.dead && (f.hung || f.mute || f.cold()) {
		f.die(worker.Exit{Code: -1, Signal: syscall.SIGTERM, Forced: true})
	}
	return f.exit
}
