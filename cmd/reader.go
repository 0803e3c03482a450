package cmd

import (
	"os"

	"golang.org/x/sys/unix"
)

// watchReader calls gone when nobody reads the pipe f any more, even if we are not writing just then: a run whose
// answers nobody will see ends at once, however long the next one takes. For anything but a pipe it does nothing.
func watchReader(f *os.File, gone func()) {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return
	}
	fd := int32(f.Fd())
	go func() {
		for {
			set := []unix.PollFd{{Fd: fd}}
			n, err := unix.Poll(set, -1)
			if err == unix.EINTR {
				continue
			}
			if err == nil && n > 0 && set[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
				gone()
			}
			return
		}
	}()
}

// writable returns a function that tells whether f takes a page without blocking. A file and /dev/null always do.
func writable(f *os.File) func() bool {
	info, err := f.Stat()
	null, nullErr := os.Stat(os.DevNull)
	if err == nil && (info.Mode().IsRegular() || nullErr == nil && os.SameFile(info, null)) {
		return func() bool { return true }
	}
	fd := int32(f.Fd())
	return func() bool {
		set := []unix.PollFd{{Fd: fd, Events: unix.POLLOUT}}
		n, err := unix.Poll(set, 0)
		return err == nil && n > 0 && set[0].Revents&unix.POLLOUT != 0
	}
}
