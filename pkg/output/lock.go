package output

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// Patience is how long to try again for a lock. A child of a process that was just killed has it until it runs its program.
	Patience = 2 * time.Second
	// lockAgain is how often that is tried.
	lockAgain = 20 * time.Millisecond
)

// ErrBusy says that somebody else holds a lock.
var ErrBusy = errors.New("locked by another process")

// BusyError is ErrBusy, with the process that holds the lock.
type BusyError struct{ Pid int }

func (e *BusyError) Error() string        { return fmt.Sprintf("%v (pid %d)", ErrBusy, e.Pid) }
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// LockedError says that another process works on the same OUT.
type LockedError struct {
	Path string
	Pid  int // of that process; 0 if it is not known
}

func (e *LockedError) Error() string {
	if e.Pid > 0 {
		return fmt.Sprintf("%s is in use by another stoke (pid %d)", e.Path, e.Pid)
	}
	return e.Path + " is in use by another stoke"
}

// locked says of an ErrBusy that it is about OUT, and who has the lock.
func locked(out string, err error) error {
	locked := &LockedError{Path: out}
	if busy := new(BusyError); errors.As(err, &busy) {
		locked.Pid = busy.Pid
	}
	return locked
}

// lock takes an exclusive lock on f that lasts until f is closed. While another open file has it that is tried again for so long.
// ErrBusy, as a *BusyError where the holder is known, says that it was in vain. On a file system without locks there is none.
func lock(f *os.File, patience time.Duration) error {
	for until := time.Now().Add(patience); ; time.Sleep(lockAgain) {
		err := tryLock(f)
		switch {
		case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOLCK), errors.Is(err, unix.ENOSYS):
			return nil
		case err != unix.EWOULDBLOCK:
			return err
		case !time.Now().Before(until):
			if pid := holder(f); pid > 0 {
				return &BusyError{pid}
			}
			return ErrBusy
		}
	}
}

func tryLock(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		for failed = unix.EINTR; failed == unix.EINTR; {
			failed = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// holder is the process that holds the lock on f; 0 where the system does not tell, or where it is gone and a child has the lock.
func holder(f *os.File) int {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	table, err := os.ReadFile("/proc/locks") // 1: FLOCK  ADVISORY  WRITE 811 08:01:1234 0 EOF
	if err != nil || !ok {
		return 0
	}
	file := fmt.Sprintf("%02x:%02x:%d", unix.Major(uint64(stat.Dev)), unix.Minor(uint64(stat.Dev)), stat.Ino)
	for line := range bytes.Lines(table) {
		fields := strings.Fields(string(line))
		if len(fields) < 6 || fields[1] != "FLOCK" || fields[5] != file {
			continue
		}
		if pid, err := strconv.Atoi(fields[4]); err == nil && pid > 0 && unix.Kill(pid, 0) != unix.ESRCH {
			return pid
		}
	}
	return 0
}
