package worker

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

func closeOnExecPipe() (r, w int, err error) {
	var p [2]int
	err = unix.Pipe2(p[:], unix.O_CLOEXEC)
	return p[0], p[1], err
}

// Widen asks for a larger pipe. A refusal only costs speed.
func Widen(fd, size int) {
	if size > 0 {
		_, _ = unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size)
	}
}

// awaitExit blocks until p has ended, and leaves it to be reaped: its process id stays ours until then.
func awaitExit(p *os.Process) *os.ProcessState {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return nil
		}
	}
}

// poll waits for events with the resolution of the clock; d < 0 waits without limit.
func poll(fds []unix.PollFd, d time.Duration) error {
	var limit *unix.Timespec
	if d >= 0 {
		ts := unix.NsecToTimespec(int64(d))
		limit = &ts
	}
	_, err := unix.Ppoll(fds, limit, nil)
	if err == unix.EINTR {
		return nil
	}
	return err
}

// nap sleeps for d, to the microsecond: the runtime's own timers may take a millisecond for 50 µs.
func nap(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&ts, nil)
}
