package worker

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// unread is the number of bytes in the pipe behind fd that its reader has not taken; -1 where that cannot be known.
func unread(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err != nil {
		return -1
	}
	return n
}

// pipeNames are the worker's three pipes as /proc/PID/fd shows them.
type pipeNames struct{ in, out, err string }

func pipesOf(p *Process) (names pipeNames) {
	names.in, names.out = pipeName(p.In), pipeName(p.Out)
	if c, err := p.Err.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { names.err = pipeName(int(fd)) })
	}
	return names
}

func pipeName(fd int) string {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return ""
	}
	return fmt.Sprintf("pipe:[%d]", st.Ino)
}

// idle tells whether the process pid and all its descendants sleep until more arrives on its stdin. Every thread must
// sleep in read on a pipe, or wait for a child or, without a time limit, for another thread; and one at least must read
// from that very pipe. A thread that computes is at work. One that sleeps for a time or polls may be, or wait for more
// in that way; where another thread of its process reads, it may also be kept by a runtime, as in Go and Java. A process
// that has no way to add to the worker's output is not looked at.
//
// See proc(5) for /proc/PID/syscall: the number of the system call a thread sleeps in, then its arguments, in hex.
func idle(pid int, own pipeNames) Verdict {
	if !visible() {
		return Unknown
	}
	var reads, waits []int // processes with a thread that reads from the pipe, and with one that is only Quiet
	verdict := eachThread(pid, func(pid, tid int) Verdict {
		v, ours := asleep(pid, tid, own.in)
		if ours {
			reads = append(reads, pid)
		}
		if (v == Busy || v == Quiet) && bystander(pid, own) {
			return Idle
		}
		if v == Quiet {
			waits = append(waits, pid)
		}
		return v
	})
	if verdict == Unknown || verdict == Busy {
		return verdict
	}
	if len(reads) == 0 || slices.ContainsFunc(waits, func(pid int) bool { return !slices.Contains(reads, pid) }) {
		return Asleep
	}
	return verdict
}

// visible reports whether this system shows what threads sleep in.
var visible = sync.OnceValue(func() bool {
	_, err := os.Stat("/proc/self/syscall")
	return err == nil
})

// bystander reports whether a process cannot have a part in answers: it is dead, or holds none of the worker's pipes but
// stderr, and no pipe or socket of its own making either. An init may leave such a process behind.
func bystander(pid int, own pipeNames) bool {
	held, err := openFiles(pid)
	if err != nil {
		return false
	}
	for _, target := range held {
		if target == own.err || slices.Contains(inheritedFiles(), target) {
			continue
		}
		if strings.HasPrefix(target, "pipe:[") || strings.HasPrefix(target, "socket:[") {
			return false
		}
	}
	return true
}

// inheritedFiles are the files that stoke had open when it was first asked, before it started any worker: workers have those
// that were not closed on exec, too.
var inheritedFiles = sync.OnceValue(func() []string {
	held, _ := openFiles(os.Getpid())
	return held
})

// openFiles lists what the file descriptors of a process refer to.
func openFiles(pid int) (targets []string, err error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	fds, err := os.ReadDir(dir)
	for _, fd := range fds {
		if target, err := os.Readlink(dir + "/" + fd.Name()); err == nil {
			targets = append(targets, target)
		}
	}
	return targets, err
}

// asleep judges one thread, and tells whether it reads from pipe.
func asleep(pid, tid int, pipe string) (v Verdict, ours bool) {
	call, f, err := systemCall(pid, tid)
	if err != nil {
		return gone(err), false
	}
	switch {
	case call == unix.SYS_READ || call == unix.SYS_READV:
		fd, _ := strconv.ParseUint(string(bytes.TrimPrefix(f[1], []byte("0x"))), 16, 31)
		target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
		if err != nil {
			return gone(err), false
		}
		if strings.HasPrefix(target, "pipe:[") { // another one than ours is from another part of this pipeline
			return Idle, target == pipe
		}
	case call == unix.SYS_WAIT4 || call == unix.SYS_WAITID, call == unix.SYS_FUTEX && string(f[4]) == "0x0":
		return Idle, false
	case call == unix.SYS_FUTEX, slices.Contains(naps, call), isPoll(call):
		return Quiet, false
	}
	return Busy, false
}

// systemCall returns the number of the system call that a thread sleeps in, and the fields of proc(5) with its arguments.
// It is -1 for one that runs.
func systemCall(pid, tid int) (call int, fields [][]byte, err error) {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", pid, tid))
	if err != nil {
		return -1, nil, err
	}
	if fields = bytes.Fields(line); len(fields) < 5 {
		return -1, fields, nil // "running"
	}
	call, _ = strconv.Atoi(string(fields[0]))
	return call, fields, nil
}

// naps and polls are the system calls in which a runtime's own threads sleep: for a time, or until one of several files,
// of which stdin may be one, has something.
var (
	naps  = []int{unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_RT_SIGTIMEDWAIT}
	polls = []int{unix.SYS_EPOLL_PWAIT, unix.SYS_PPOLL, unix.SYS_PSELECT6}
)

func isPoll(call int) bool { return slices.Contains(polls, call) || slices.Contains(olderPolls, call) }

// sleepsElsewhere reports whether all threads of pid and its descendants are seen to sleep, none of them where more on its
// stdin would wake it up.
func sleepsElsewhere(pid int, own pipeNames) bool {
	if idle(pid, own) != Asleep {
		return false
	}
	return eachThread(pid, func(pid, tid int) Verdict {
		if call, _, err := systemCall(pid, tid); err != nil || isPoll(call) {
			return Busy
		}
		return Idle
	}) == Idle
}

// gone interprets an error from /proc: a thread that has just ended waits for nothing.
func gone(err error) Verdict {
	if os.IsPermission(err) {
		return Unknown
	}
	return Busy
}

// eachThread asks f about every thread of pid and of its descendants, until one is neither Idle nor Quiet.
func eachThread(pid int, f func(pid, tid int) Verdict) Verdict {
	all := Idle
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return gone(err)
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			continue
		}
		if v := f(pid, tid); v == Quiet {
			all = Quiet
		} else if v != Idle {
			return v
		}
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, tid))
		if err != nil && !os.IsNotExist(err) {
			return gone(err)
		}
		for _, child := range bytes.Fields(children) {
			id, _ := strconv.Atoi(string(child))
			if v := eachThread(id, f); v == Quiet {
				all = Quiet
			} else if v != Idle {
				return v
			}
		}
	}
	return all
}

// TreeRSS is the memory in bytes that pid and its descendants hold, pages they share counted for each of them.
// It is false where that cannot be known.
func TreeRSS(pid int) (total int64, ok bool) {
	page := int64(os.Getpagesize())
	return eachSize(pid, func(pid int) (bytes int64) {
		statm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if f := strings.Fields(string(statm)); len(f) > 1 {
			bytes = number(f[1]) * page
		}
		return bytes
	})
}

// TreePrivate is the memory in bytes that pid and its descendants hold for themselves: pages that they share with the process
// that forked them are not counted. It is false where that cannot be known. See proc(5) for smaps_rollup.
func TreePrivate(pid int) (total int64, ok bool) {
	return eachSize(pid, func(pid int) (bytes int64) {
		rollup, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		for line := range strings.Lines(string(rollup)) {
			if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[0], "Private_") {
				bytes += number(f[1]) << 10
			}
		}
		return bytes
	})
}

// eachSize adds up the sizes of pid and its descendants.
func eachSize(pid int, size func(pid int) int64) (total int64, ok bool) {
	v := eachThread(pid, func(pid, tid int) Verdict {
		if tid == pid {
			total += size(pid)
		}
		return Idle
	})
	return total, v == Idle
}

func number(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}
