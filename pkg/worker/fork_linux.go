package worker

import (
	"fmt"
	"os"
)

// Fork is what a process that forks workers is asked for.
type Fork struct {
	In, Out, Err int      // descriptors of this process that the worker is to open, through /proc, as its stdio
	Env          []string // the worker's environment, KEY=VALUE
}

// Forks is a launcher whose processes come into being as forks of another one, which ask has do so. The new process must be
// an orphan, which comes to this process as a subreaper, and lead a session of its own; ask returns its id once it has opened
// its stdio. The command of a Launch is what the other process runs anyway: only its environment is used. Linux only.
type Forks struct {
	size int
	ask  func(Fork) (pid int, err error)
}

// NewForks returns such a launcher, whose pipes hold pipeSize bytes, where the system grants it.
func NewForks(pipeSize int, ask func(Fork) (pid int, err error)) *Forks {
	adopt()
	return &Forks{pipeSize, ask}
}

// Launch implements Launcher.
func (l *Forks) Launch(cmd Command) (_ *Process, err error) {
	var ends pipes
	defer func() { ends.closeAfter(err) }()
	p := new(Process)
	files, err := ends.stdio(p, l.size)
	if err != nil {
		return nil, err
	}
	p.Process, err = workers.adopt(cmd.Env, func(env []string) (int, error) {
		return l.ask(Fork{int(files[0].Fd()), int(files[1].Fd()), int(files[2].Fd()), env})
	})
	if err != nil {
		p.Err.Close()
		return nil, err
	}
	return p, nil
}

// Gone reports whether a process has ended.
func Gone(pid int) bool {
	p, ok := look(pid)
	return !ok || p.dead
}

// adopt has another process fork one of ours, and takes it up. Nobody takes that one for an orphan: none is reaped meanwhile.
// The roster is not held, since it may take its time.
func (r *roster) adopt(env []string, fork func(env []string) (pid int, err error)) (*os.Process, error) {
	r.mu.Lock()
	r.forking++
	mark := r.newMark()
	r.mu.Unlock()
	pid, err := fork(append(env[:len(env):len(env)], mark))
	r.mu.Lock()
	r.forking--
	if err == nil {
		r.launched[pid] = mark
	}
	r.mu.Unlock()
	r.reapOrphans()
	if err != nil {
		return nil, err
	}
	if p, ok := look(pid); !ok || p.parent != os.Getpid() {
		r.reaped(pid)
		return nil, fmt.Errorf("process %d, which was to be a worker, is no child of this one", pid)
	}
	return os.FindProcess(pid)
}
