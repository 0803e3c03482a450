package cmd

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"stoke/pkg/engine"
)

// What is waited for when nobody reads the answers any more: who reads only what it needs often leaves in the very moment in
// which the last answer is written, and the input ends.
const (
	settling = 50 * time.Millisecond  // for an answer that was written to be accounted for
	missing  = 500 * time.Millisecond // for the end of the input
)

// watchReader calls gone when nobody reads the pipe or socket f any more while answers are still to come, even if we are not
// writing just then: a run whose answers nobody will see ends at once, however long the next one takes. If all of
// them are written, nobody has missed any. For anything else it does nothing.
func watchReader(f *os.File, outlook func() engine.Outlook, gone func()) {
	info, err := f.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
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
				missed(outlook, gone)
			}
			return
		}
	}()
}

// missed calls gone if there are answers that nobody will read.
func missed(outlook func() engine.Outlook, gone func()) {
	const look = 2 * time.Millisecond
	patience := map[engine.Outlook]time.Duration{engine.ItemsInHand: settling, engine.ItemsMayCome: missing}
	for began := time.Now(); time.Since(began) < patience[outlook()]; {
		time.Sleep(look)
	}
	if outlook() != engine.AllAnswered {
		gone()
	}
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
