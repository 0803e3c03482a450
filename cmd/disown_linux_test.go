package cmd

import (
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() {
	disown = func() {
		signal.Reset(syscall.SIGCHLD)
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	}
}
