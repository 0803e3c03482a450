//go:build !linux

package worker

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func closeOnExecPipe() (r, w int, err error) {
	var p [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err = unix.Pipe(p[:]); err == nil {
		unix.CloseOnExec(p[0])
		unix.CloseOnExec(p[1])
	}
	return p[0], p[1], err
}

// Widen does nothing here.
func Widen(int, int) {}

// awaitExit blocks until p has ended. There is no portable way to leave it unreaped.
func awaitExit(p *os.Process) *os.ProcessState {
	state, _ := p.Wait()
	return state
}

// poll waits for events; d < 0 waits without limit, a part of a millisecond counts as one.
func poll(fds []unix.PollFd, d time.Duration) error {
	limit := -1
	if d >= 0 {
		limit = int((d + time.Millisecond - 1) / time.Millisecond)
	}
	_, err := unix.Poll(fds, limit)
	if err == unix.EINTR {
		return nil
	}
	return err
}

func nap(d time.Duration) { time.Sleep(d) }

// unread is the number of bytes in the pipe behind fd that its reader has not taken; -1 where that cannot be known.
func unread(int) int { return -1 }

func inheritedFiles() []string { return nil }

type pipeNames struct{}

func pipesOf(*Process) pipeNames { return pipeNames{} }

// idle cannot look into processes here.
func idle(int, pipeNames) Verdict { return Unknown }

func sleepsElsewhere(int, pipeNames) bool { return false }

// TreeRSS cannot look into processes here.
func TreeRSS(int) (int64, bool) { return 0, false }

// TreePrivate cannot look into processes here.
func TreePrivate(int) (int64, bool) { return 0, false }
