package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"stoke/pkg/human"
)

const (
	// fewestFiles is how many file descriptors the Go runtime and a single worker cannot do without.
	fewestFiles = 12
	// manyProcesses is a limit under which nobody has to count.
	manyProcesses = 4096
	// ownThreads and eachWorker are what a run needs about, of what the system counts as processes: the runtime's threads,
	// a worker and the threads that wait for it.
	ownThreads, eachWorker = 10, 3
)

// limitError says that the system would not let the run have what it needs. The Go runtime does not survive that: it ends
// the program where it stands, and workers with it that were not told.
type limitError struct{ what, hint string }

func (e *limitError) Error() string { return e.what }

// enoughFiles checks the limit of open files.
func enoughFiles() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur >= fewestFiles {
		return nil
	}
	return &limitError{fmt.Sprintf("this process may have %d open files, and needs at least %d", limit.Cur, fewestFiles), "raise ulimit -n"}
}

// enoughSpace checks the limit of address space, of which the Go runtime reserves much and uses little.
func enoughSpace() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &limit); err != nil {
		return nil
	}
	return spaceIn(limit.Cur)
}

// spaceIn says whether so many bytes of address space are enough.
func spaceIn(limit uint64) error {
	if limit >>= 10; limit < fewestSpace {
		return &limitError{fmt.Sprintf("this process may have %d KiB of address space (ulimit -v), and needs at least %d", limit, fewestSpace),
			"raise ulimit -v" + spaceHint + "; to limit the workers alone, say --init 'ulimit -v N'"}
	}
	return nil
}

const (
	// ownFiles and filesEach are how many file descriptors a run needs about: for input, output, logs and the runtime, and
	// for each worker, of which one may be about to replace another.
	ownFiles, filesEach = 16, 8
)

// jobsFor is how many workers the limit of open files has room for, at most jobs and at least one.
func jobsFor(jobs int, limit uint64) int {
	return max(1, min(jobs, int(min(limit, 1<<30)-min(limit, ownFiles))/filesEach))
}

// fewerJobs bounds the number of workers by the limit of open files, and says what to warn of, if anything.
func fewerJobs(jobs int) (fewer int, warning string) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return jobs, ""
	}
	fewer = jobsFor(jobs, limit.Cur)
	if fewer < jobs {
		warning = fmt.Sprintf("--jobs %d: this process may have %d open files, which is enough for %s; raise ulimit -n", jobs, limit.Cur, human.Plural(fewer, "worker"))
	}
	return fewer, warning
}

// enoughProcesses checks the limit of processes, which those of the user share, where it is a low one.
func enoughProcesses(jobs int) error {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NPROC, &limit)
	if err != nil || limit.Cur > manyProcesses || os.Geteuid() == 0 {
		return nil
	}
	return roomFor(jobs, int(limit.Cur)-userThreads(uint32(os.Geteuid())))
}

// roomFor says whether so many more processes and threads are enough.
func roomFor(jobs, left int) error {
	what, hint := "a run", "raise ulimit -u"
	if jobs > 1 {
		what, hint = fmt.Sprintf("--jobs %d", jobs), "give --jobs fewer, or raise ulimit -u"
	}
	if need := ownThreads + eachWorker*jobs; need > left {
		return &limitError{fmt.Sprintf("%s needs about %d processes and threads, and this user may have %d more", what, need, max(left, 0)), hint}
	}
	return nil
}

// userThreads counts the threads of a user; none where /proc does not show them.
func userThreads(uid uint32) (n int) {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range processes {
		info, err := os.Stat(dir)
		if err != nil {
			continue
		}
		if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Uid == uid {
			threads, _ := os.ReadDir(filepath.Join(dir, "task"))
			n += len(threads)
		}
	}
	return n
}
