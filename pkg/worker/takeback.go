package worker

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// TakeBack takes all that was sent out of the worker's stdin again. taken is false if the worker has begun to read it: then
// it keeps it. Where a pipe cannot be opened from its other side, the worker is ended for that, and not alive any more.
func (w *Worker) TakeBack() (taken, alive bool) {
	if w.in < 0 {
		return false, true
	}
	fd, err := reopen(w.in)
	if err != nil {
		return w.endUnread(), false
	}
	defer unix.Close(fd)
	got := make([]byte, w.written)
	n, err := unix.Read(fd, got) // one read gets all there is, or the worker could read in between
	for err == unix.EINTR {
		n, err = unix.Read(fd, got)
	}
	got = got[:max(n, 0)]
	if int64(len(got)) == w.written {
		w.written, w.queue = 0, nil
		return true, true
	}
	if len(got) > 0 { // it reads what was before this, and is to find this behind it
		w.written -= int64(len(got))
		w.queue = append([][]byte{got}, w.queue...)
	}
	return false, true
}

// reopen opens a pipe, of which fd is the end that is written to, for reading.
func reopen(fd int) (int, error) {
	return unix.Open(fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
}

// endUnread kills the worker, and reports whether it had read nothing.
func (w *Worker) endUnread() bool {
	w.kill()
	read, known := w.Read()
	return known && read == 0
}
