package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"stoke/pkg/engine"
	"stoke/pkg/worker"
)

// CanFork reports whether workers can be forks of one process on this system.
const CanFork = true

const (
	// forkPatience is how long a fork may take. A large process takes some 10 ms for each GiB.
	forkPatience = 30 * time.Second
	// lookAgain is the pause between two looks whether a start that waits for the preload code is still needed.
	lookAgain = 20 * time.Millisecond
)

// forks has one process run the preload code, and fork the workers of a run. The process is started when the first worker is,
// and again when it is needed and has ended; workers do not depend on it. Safe for concurrent use.
type forks struct {
	starter *Starter
	argv    []string
	env     []string
	over    context.Context // when it is done, none is to be started any more
	end     func()          // ends it

	mu     sync.Mutex
	parent *parent // nil: none was started
}

// parent is a process that forks workers. What it reads and writes is described in python_fork.py of package lang.
type parent struct {
	ready chan struct{}  // closed when it has run the preload code, or no try did
	w     *worker.Worker // then, unless err is set
	err   *engine.InitError

	mu      sync.Mutex // held while it is asked
	asked   int
	born    int    // the process that is becoming a worker; or 0
	replies []byte // read, and not taken
	looked  bool   // whether it can be forked safely was looked at
}

// newForks returns what makes a starter's workers, where these are forks.
func newForks(ctx context.Context, s *Starter) *forks {
	argv, extra := s.spec.Program.Forker()
	over, end := context.WithCancel(ctx)
	return &forks{starter: s, argv: argv, env: s.spec.environment(extra), over: over, end: end}
}

// await waits until there is a process to fork, for a worker of that slot, or until cancelled says that none is needed.
func (f *forks) await(slot int, cancelled func() bool) (worker.Launcher, error) {
	p := f.start()
	if p == nil {
		return nil, worker.ErrStopped
	}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		select {
		case <-p.ready:
			if p.err != nil {
				err := *p.err
				err.Slot = slot
				return nil, &err
			}
			return worker.NewForks(pipeSize(f.starter.spec.Jobs), func(fork worker.Fork) (int, error) { return f.fork(p, fork) }), nil
		case <-again.C:
			if cancelled() {
				return nil, worker.ErrStopped
			}
		}
	}
}

// start returns the process, which it has started if there is none; nil when none is to be started any more.
func (f *forks) start() *parent {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.isOver() {
		return nil
	}
	if p := f.parent; p != nil {
		select {
		case <-p.ready:
			if p.err != nil || !worker.Gone(p.w.Pid()) {
				return p
			}
			f.starter.tell.Ended(p.w.Pid(), p.finish())
		default:
			return p
		}
	}
	f.parent = &parent{ready: make(chan struct{})}
	go f.warm(f.parent)
	return f.parent
}

// warm starts the process and waits until it has run the preload code. It tries as often as a worker is tried to be started:
// what comes of it then holds for all.
func (f *forks) warm(p *parent) {
	defer close(p.ready)
	for failed := 1; ; failed++ {
		w, err := f.run()
		if err == nil {
			p.w = w
			return
		}
		if failed > f.starter.spec.InitRetries || err.Final() || f.isOver() {
			err.Everywhere = true
			p.err = err
			return
		}
		pause := engine.PauseAfter(int64(failed))
		f.starter.tell.Again(err.Err, pause)
		select {
		case <-time.After(pause):
		case <-f.over.Done():
		}
	}
}

// run starts the process and waits until it has run the preload code.
func (f *forks) run() (*worker.Worker, *engine.InitError) {
	s := f.starter
	show := s.tell.Show(Preload)
	w, err := worker.Start(s.on, worker.Command{Argv: f.argv, Env: f.env}, show)
	if err != nil {
		return nil, &engine.InitError{Err: err}
	}
	err = s.greet(Preload, &employee{w, s.spec.Protocol.Codec(s.spec.MaxItem)}, show, f.isOver)
	if err == nil {
		return w, nil
	}
	exit := w.Finish(patienceFor(err), nil)
	return nil, &engine.InitError{Err: &PreloadError{Pid: w.Pid(), Err: err, Exit: exit}, Words: w.LastWords()}
}

// finish ends the process, which is ready, and says how it ended.
func (p *parent) finish() worker.Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.w.Finish(0, nil)
}

func (f *forks) isOver() bool { return f.over.Err() != nil }

// close ends the process: no more workers are started.
func (f *forks) close() {
	f.end()
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.parent; p != nil {
		if <-p.ready; p.err == nil {
			p.finish()
		}
	}
}

// request is what the process is asked for.
type request struct {
	ID    int               `json:"id"`
	Stoke int               `json:"stoke"`
	In    int               `json:"in"`
	Out   int               `json:"out"`
	Err   int               `json:"err"`
	Prctl int               `json:"prctl"` // the number of that system call, for who has no library to call
	Env   map[string]string `json:"env"`
}

// fork has p fork a worker.
func (f *forks) fork(p *parent, fork worker.Fork) (pid int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	p.born = 0
	own := make(map[string]string) // what differs from the environment of p
	for _, variable := range fork.Env {
		if name, value, _ := strings.Cut(variable, "="); !slices.Contains(f.env, variable) {
			own[name] = value
		}
	}
	line, err := json.Marshal(request{p.asked, os.Getpid(), fork.In, fork.Out, fork.Err, unix.SYS_PRCTL, own})
	if err != nil {
		return 0, err
	}
	if err := p.w.Send(append(line, '\n')); err != nil {
		return 0, err
	}
	for limit := time.Now().Add(forkPatience); ; {
		if pid, err, done := p.reply(); done {
			f.look(p)
			return pid, err
		}
		gone := p.born != 0 && worker.Gone(p.born) // then it has said all that it will
		buf := make([]byte, 4<<10)
		n, err := p.w.Exchange(buf, lookAgain)
		p.replies = append(p.replies, buf[:n]...)
		switch {
		case gone && n == 0:
			return 0, errors.New("it died as soon as it was forked")
		case err == io.EOF:
			return 0, errors.New("the process that has run the preload code has ended")
		case err != nil:
			return 0, err
		case time.Now().After(limit):
			return 0, fmt.Errorf("the process that has run the preload code did not fork in %v", forkPatience)
		}
	}
}

// reply takes the reply to the last request out of what was read, if it is there. A worker that was forked for one that was
// given up is killed.
func (p *parent) reply() (pid int, err error, done bool) {
	for {
		line, rest, whole := bytes.Cut(p.replies, newline)
		if !whole {
			return 0, nil, false
		}
		p.replies = rest
		word, text, _ := strings.Cut(string(line), " ")
		id, text, _ := strings.Cut(text, " ")
		pid, _ = strconv.Atoi(text)
		asked := id == strconv.Itoa(p.asked)
		switch {
		case word == "forked" && asked:
			return pid, nil, true
		case word == "forked":
			_ = unix.Kill(pid, unix.SIGKILL)
		case word == "born" && asked:
			p.born = pid
		case word == "failed" && asked:
			return 0, fmt.Errorf("it could not be forked: %s", text), true
		}
	}
}

// look looks once, after the first fork, for what a fork does not share well: threads, of which it has none, and connections,
// which it would use together with its siblings. Threads that see to it themselves are gone by then.
func (f *forks) look(p *parent) {
	if p.looked {
		return
	}
	p.looked = true
	dir := fmt.Sprintf("/proc/%d/", p.w.Pid())
	tasks, _ := os.ReadDir(dir + "task")
	files, _ := os.ReadDir(dir + "fd")
	sockets := 0
	for _, file := range files {
		if to, err := os.Readlink(dir + "fd/" + file.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	if len(tasks) > 1 || sockets > 0 {
		f.starter.tell.Shared(max(len(tasks)-1, 0), sockets)
	}
}
