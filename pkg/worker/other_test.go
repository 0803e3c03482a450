//go:build !linux

package worker

import "syscall"

// alive reports whether a process is there. One that nobody has reaped yet counts.
func alive(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
