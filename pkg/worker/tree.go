package worker

// All that descends from a worker stays below stoke in the tree of processes. Where the system has it (Linux), stoke is a
// subreaper: a process whose parent has ended becomes a child of stoke, not of init, whatever group or session it has
// made for itself. This is the one place for what follows from that:
//
//   - A worker that stoke has to kill is killed with all that descends from it, until none is left.
//   - What a worker leaves behind that ends by itself lives on if it has left the worker's process group: such is a daemon.
//     The rest of the group is killed, as it always was.
//   - Orphans that end are reaped, by their ids and never by "any child", whose end somebody else may wait for.
//
// Who comes to stoke as an orphan belongs to the worker that it inherited markName from, or the session.

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// markName is the variable by which a worker's descendants are told from those of another. It does not begin with
// STOKE_, since what does is a flag.
const markName = "_STOKE_TREE"

// stubborn is how long killed processes may take to be gone before they are left alone: those may not be killed, or
// are stuck in the kernel.
const stubborn = 2 * time.Second

// roster knows the processes that were launched and not reaped yet, with their marks. It is held while one is launched, so
// that nobody takes that one for an orphan.
type roster struct {
	mu       sync.Mutex
	launched map[int]string
	count    int
	forking  int // processes that come into being as orphans just now
}

var workers = roster{launched: make(map[int]string)}

// launch starts a process with start, which gets the environment to give it.
func (r *roster) launch(env []string, start func(env []string) (*os.Process, error)) (*os.Process, error) {
	if env == nil {
		env = os.Environ()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	mark := r.newMark()
	p, err := start(append(env[:len(env):len(env)], mark))
	if err == nil {
		r.launched[p.Pid] = mark
	}
	return p, err
}

// newMark returns a variable that no other process has. The roster must be held.
func (r *roster) newMark() string {
	r.count++
	return fmt.Sprintf("%s=%d.%d", markName, os.Getpid(), r.count)
}

// reaped says that a process is off the process table.
func (r *roster) reaped(pid int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.launched, pid)
}

// marks returns the marks of all launched processes.
func (r *roster) marks() map[int]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[int]string, len(r.launched))
	for pid, mark := range r.launched {
		all[pid] = mark
	}
	return all
}

// process is a line of the process table.
type process struct {
	pid, parent, session int
	dead                 bool // not reaped yet
}

// tree is one or more launched processes with all that descend from them, so far as that is known: members are found by
// their parent, their session or their mark, and stay known when these are gone.
type tree struct {
	roots   []int
	marks   []string
	members map[int]bool // and the sessions that they have
	refused map[int]bool // may not be killed
	send    func(pid int, s syscall.Signal) error
}

func newTree(roots ...int) *tree {
	t := &tree{roots: roots, members: make(map[int]bool), refused: make(map[int]bool), send: unix.Kill}
	marks := workers.marks()
	for _, pid := range roots {
		t.members[pid] = true
		if mark := marks[pid]; mark != "" {
			t.marks = append(t.marks, mark)
		}
	}
	return t
}

// grow adds to the members whoever descends from them by the table of processes, and returns those that live.
func (t *tree) grow(table map[int]process, self int, marked func(pid int, marks []string) bool) (alive []int) {
	strangers := workers.marks()
	own := table[self].session
	for more := true; more; {
		more = false
		for pid, p := range table {
			if t.members[pid] || pid == self || !below(table, pid, self) {
				continue
			}
			orphan := p.parent == self && strangers[pid] == ""
			if t.members[p.parent] || p.session != own && t.members[p.session] || orphan && marked(pid, t.marks) {
				t.members[pid], more = true, true
			}
		}
	}
	for pid, p := range table {
		if t.members[pid] && !p.dead && below(table, pid, self) {
			alive = append(alive, pid)
		}
	}
	return alive
}

// below reports whether a process descends from self. An id that has passed to a process elsewhere does not.
func below(table map[int]process, pid, self int) bool {
	for range 1000 {
		p, ok := table[pid]
		if !ok {
			return false
		}
		if p.parent == self {
			return true
		}
		pid = p.parent
	}
	return false
}

// signal signals all members, and the groups of the roots, and returns who lives.
func (t *tree) signal(s syscall.Signal) (alive []int) {
	alive = t.look()
	for _, pid := range t.roots {
		_ = t.send(-pid, s)
	}
	for _, pid := range alive {
		if err := t.send(pid, s); err == unix.EPERM {
			t.refused[pid] = true
		}
	}
	return alive
}

// kill kills all members until none is left but those that may not be killed, or that do not die within a time. It
// returns one of these, or 0.
func (t *tree) kill(within time.Duration) (left int) {
	for end := time.Now().Add(within); ; nap(time.Millisecond) {
		left, waiting := 0, false
		for _, pid := range t.signal(syscall.SIGKILL) {
			left, waiting = pid, waiting || !t.refused[pid]
		}
		if !waiting || time.Now().After(end) {
			return left
		}
	}
}

// KillAll kills all workers with all that descend from them, and waits no longer than that for their end. It is for a
// program that is about to end without the run's doing so.
func KillAll(within time.Duration) {
	var roots []int
	for pid := range workers.marks() {
		roots = append(roots, pid)
	}
	newTree(roots...).kill(within)
}

// hasMark reports whether an environment, as the system shows it, has one of the marks.
func hasMark(environ string, marks []string) bool {
	for _, mark := range marks {
		if strings.HasPrefix(environ, mark+"\x00") || strings.Contains(environ, "\x00"+mark+"\x00") {
			return true
		}
	}
	return false
}
