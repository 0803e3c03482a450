package worker

import (
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// lingering is how long a process that has ended may leave its stdout open, in other processes' hands, in silence.
const lingering = time.Second

// Verdict says whether a worker waits for more input.
type Verdict int

const (
	Busy    Verdict = iota // it is at work, or has not read all it was sent
	Idle                   // it has read all it was sent and sleeps until there is more
	Quiet                  // one thread does; others sleep for a time, or poll: at work, or only kept by their runtime
	Asleep                 // all sleep or poll, none in read of its stdin: for what cannot be seen
	Unknown                // this host cannot tell
)

// Worker is a running worker. See the package comment for who may call what.
type Worker struct {
	process *Process
	after   func() *Exit // runs what is to be run when it has ended; nil: nothing
	in, out int          // our ends of its pipes; -1 once closed
	own     pipeNames
	bell    bell
	stderr  *stderr
	died    chan struct{} // closed when the process has ended
	swept   chan struct{} // closed when its group has been killed and it may be reaped
	reaped  chan Exit     // gets how it ended

	queue   [][]byte // accepted by Send, not yet written in full
	written int64    // bytes that went into the pipe
	refused bool     // it has closed its stdin, of which it had read took bytes
	took    int64
	early   []byte    // output from the warm-up that belongs to answers
	ended   bool      // the process is known to have ended
	heard   time.Time // when that was noticed, or output came since
	polled  [3]unix.PollFd
}

// Start launches cmd. show gets whole lines of its stderr, from another goroutine.
func Start(l Launcher, cmd Command, show func(lines []byte)) (*Worker, error) {
	w := &Worker{died: make(chan struct{}), swept: make(chan struct{}), reaped: make(chan Exit, 1)}
	if err := w.bell.open(); err != nil {
		return nil, err
	}
	p, err := l.Launch(cmd)
	if err != nil {
		w.bell.close()
		return nil, err
	}
	w.process, w.in, w.out = p, p.In, p.Out
	w.own = pipesOf(p)
	w.stderr = drain(p.Err, show)
	if cmd.After != nil {
		w.after = func() *Exit { return afterwards(l, cmd, show) }
	}
	go w.reap()
	return w, nil
}

// afterwards runs what is to be run when cmd has ended, and says how that ended; nil if it was not begun. It reads nothing, and
// what it prints goes to stderr.
func afterwards(l Launcher, cmd Command, show func(lines []byte)) *Exit {
	select {
	case <-cmd.After.Hurry:
		return nil
	default:
	}
	w, err := Start(l, Command{Argv: cmd.After.Argv, Env: cmd.Env, Dir: cmd.Dir}, show)
	if err != nil {
		show([]byte(err.Error() + "\n"))
		return &Exit{Code: -1}
	}
	limit := time.Duration(-1)
	if cmd.After.Limit > 0 {
		limit = cmd.After.Limit
	}
	exit := w.Finish(limit, cmd.After.Hurry)
	exit.Words = w.LastWords()
	return &exit
}

// Pid is the process id.
func (w *Worker) Pid() int { return w.process.Pid }

// Ring makes an Exchange return that is under way or comes next. Any goroutine may call it, at any time.
func (w *Worker) Ring() { w.bell.ring() }

// Nap sleeps for a short while, so that output can gather.
func (w *Worker) Nap(d time.Duration) { nap(d) }

// LastWords is the end of what the worker has written to stderr.
func (w *Worker) LastWords() string { return w.stderr.words() }

// Send writes p to the worker's stdin, as far as it takes it now; Exchange writes the rest. p is borrowed until Written
// has counted it. After CloseInput, or once the worker has closed its stdin, it is lost.
func (w *Worker) Send(p []byte) error {
	if w.in < 0 {
		return nil
	}
	w.queue = append(w.queue, p)
	return w.flush()
}

// Written is the number of bytes that have gone into the worker's stdin.
func (w *Worker) Written() int64 { return w.written }

// Read is the number of bytes that the worker has read from its stdin, in all if it has closed it; false where the host
// cannot tell, and after CloseInput.
func (w *Worker) Read() (n int64, known bool) {
	if w.in < 0 {
		return w.took, w.refused
	}
	left := unread(w.in)
	return w.written - int64(left), left >= 0
}

// Silent reports whether nothing that the worker has written is left to be read.
func (w *Worker) Silent() bool { return len(w.early) == 0 && unread(w.out) == 0 }

// Deaf reports whether the worker's stdin is closed, by CloseInput or by the worker itself.
func (w *Worker) Deaf() bool { return w.in < 0 }

// CloseInput ends the worker's stdin. What Send has queued must have been written, or is lost.
func (w *Worker) CloseInput() {
	if w.in >= 0 {
		unix.Close(w.in)
		w.in = -1
		w.queue = nil
	}
}

// Idle looks whether the worker has read all it was sent, has nothing for us to read, and sleeps until there is more.
func (w *Worker) Idle() Verdict {
	if w.in < 0 || len(w.queue) > 0 || len(w.early) > 0 {
		return Busy
	}
	if unread(w.in) > 0 {
		return Busy
	}
	// The pipes are looked at again after the threads: a worker that slept then, with both empty now, sleeps still.
	v := idle(w.Pid(), w.own)
	if (v == Idle || v == Quiet) && unread(w.out) > 0 {
		return Busy
	}
	return v
}

// Exchange writes what is queued as far as the worker takes it, and reads what it has written into buf. It returns
// when something was read, when Ring was called, after the timeout (negative: none), or for no reason. At the end of the worker's
// output, or once the process has ended and nobody writes for it any more, the error is io.EOF.
func (w *Worker) Exchange(buf []byte, timeout time.Duration) (int, error) {
	if len(w.early) > 0 {
		n := copy(buf, w.early)
		w.early = w.early[n:]
		return n, nil
	}
	if err := w.flush(); err != nil {
		return 0, err
	}
	left, ended := w.lingers()
	if ended && (timeout < 0 || timeout > left) {
		timeout = left
	}
	fds := w.pollSet()
	if err := poll(fds, timeout); err != nil {
		return 0, err
	}
	switch ready := fds[2].Revents; {
	case ready == 0:
	case ready&unix.POLLERR != 0:
		w.refuse()
	default:
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	if fds[1].Revents != 0 {
		w.bell.hear()
	}
	if fds[0].Revents != 0 {
		w.heard = time.Now()
		return w.read(buf)
	}
	if ended && left == 0 {
		return 0, io.EOF
	}
	return 0, nil
}

// lingers reports whether the process has ended, and for how long its output may stay silent before it counts as ended,
// too, although other processes hold it open.
func (w *Worker) lingers() (left time.Duration, ended bool) {
	select {
	case <-w.died:
	default:
		return 0, false
	}
	if !w.ended {
		w.ended, w.heard = true, time.Now()
	}
	return max(0, lingering-time.Since(w.heard)), true
}

// Watch reads like Exchange, for at most d, but stays awake meanwhile. Where the answer is about to come and a CPU is
// free, that is cheaper than to be woken up.
func (w *Worker) Watch(buf []byte, d time.Duration) (n int, err error) {
	if len(w.early) > 0 {
		return 0, nil // Exchange has it
	}
	for began := time.Now(); n == 0 && err == nil && time.Since(began) < d; {
		n, err = w.read(buf)
	}
	return n, err
}

func (w *Worker) pollSet() []unix.PollFd {
	w.polled = [3]unix.PollFd{
		{Fd: int32(w.out), Events: unix.POLLIN},
		{Fd: int32(w.bell.r), Events: unix.POLLIN},
		{Fd: int32(w.in)}, // always: an error there is the end of its reader
	}
	if len(w.queue) > 0 {
		w.polled[2].Events = unix.POLLOUT
	}
	return w.polled[:]
}

func (w *Worker) read(buf []byte) (int, error) {
	for {
		n, err := unix.Read(w.out, buf)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, nil
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// refuse notes that the worker has closed its stdin.
func (w *Worker) refuse() {
	took, known := w.Read()
	w.CloseInput()
	w.took, w.refused = took, known
}

// flush writes until the queue is empty or the pipe is full. A worker that has closed its stdin gets no more; whether
// that is a fault will show in what it answers.
func (w *Worker) flush() error {
	for len(w.queue) > 0 {
		n, err := unix.Write(w.in, w.queue[0])
		if n > 0 {
			w.written += int64(n)
			w.queue[0] = w.queue[0][n:]
		}
		switch {
		case err == unix.EAGAIN:
			return nil
		case err == unix.EPIPE:
			w.refuse()
			return nil
		case err != nil && err != unix.EINTR:
			return err
		}
		if len(w.queue[0]) == 0 {
			w.queue = w.queue[:copy(w.queue, w.queue[1:])]
		}
	}
	return nil
}
