package worker

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// reapEvery is the least time between two looks for orphans that have ended: there may be one an item.
const reapEvery = 50 * time.Millisecond

// adopt makes this program a subreaper and reaps the orphans that come to it from then on, as they do to process 1 of a
// container anyway. Without /proc, in which they are found, it is none.
var adopt = sync.OnceFunc(func() {
	if _, ok := look(os.Getpid()); !ok {
		return
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	go func() {
		for range ended {
			time.Sleep(reapEvery)
			workers.reapOrphans()
		}
	}()
})

// reapOrphans takes dead children off the process table that were not launched. Those in our own session are not orphans of a
// worker, each of which has a session of its own: somebody else has started them, and waits for them.
func (r *roster) reapOrphans() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.forking > 0 {
		return
	}
	self, _ := look(os.Getpid())
	for _, pid := range children() {
		if p, ok := look(pid); ok && p.dead && p.parent == self.pid && p.session != self.session && r.launched[pid] == "" {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
		}
	}
}

// children lists our own children.
func children() (pids []int) {
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		list, err := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		if os.IsNotExist(err) && task.Name() == strconv.Itoa(os.Getpid()) { // a kernel that has no such list
			for pid := range processes() {
				pids = append(pids, pid)
			}
			return pids
		}
		for _, text := range bytes.Fields(list) {
			pid, _ := strconv.Atoi(string(text))
			pids = append(pids, pid)
		}
	}
	return pids
}

// look looks a process up.
func look(pid int) (p process, ok bool) {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return p, false
	}
	f := bytes.Fields(line[bytes.LastIndexByte(line, ')')+1:]) // its name may hold anything
	if len(f) < 4 {
		return p, false
	}
	p.pid, p.dead = pid, f[0][0] == 'Z' || f[0][0] == 'X'
	p.parent, _ = strconv.Atoi(string(f[1]))
	p.session, _ = strconv.Atoi(string(f[3]))
	return p, true
}

// processes is the whole process table, by id.
func processes() map[int]process {
	table := make(map[int]process)
	names, _ := os.ReadDir("/proc")
	for _, name := range names {
		if pid, err := strconv.Atoi(name.Name()); err == nil {
			if p, ok := look(pid); ok {
				table[pid] = p
			}
		}
	}
	return table
}

// look returns the members that live.
func (t *tree) look() (alive []int) {
	return t.grow(processes(), os.Getpid(), func(pid int, marks []string) bool {
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		return err == nil && hasMark(string(environ), marks)
	})
}
