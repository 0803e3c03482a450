package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Command says what to run.
type Command struct {
	Argv []string // program and arguments
	Env  []string // the whole environment, KEY=VALUE
	Dir  string   // working directory; "" is stoke's own

	After *After // what is run, with the same environment, when it has ended; or nil
}

// After says what is to be run once a process has ended.
type After struct {
	Argv  []string
	Limit time.Duration   // it is killed after that; 0: it may take as long as it takes
	Hurry <-chan struct{} // when that is closed, it is killed or not begun
}

// Process is a running process with its stdio. The file descriptors are our ends; whoever holds the Process closes them.
type Process struct {
	*os.Process
	In, Out int // non-blocking
	Err     *os.File
}

// Launcher starts processes. It is the one seam through which workers come into being. Safe for concurrent use.
type Launcher interface {
	// Launch starts cmd. An error is a *LaunchError where cmd itself is at fault.
	Launch(cmd Command) (*Process, error)
}

// LaunchError says that a command cannot be run.
type LaunchError struct {
	Name     string
	NotFound bool // otherwise it was found, but cannot be executed
	Err      error
}

func (e *LaunchError) Error() string {
	switch {
	case e.NotFound:
		return fmt.Sprintf("%s: command not found", e.Name)
	case errors.Is(e.Err, syscall.ENOEXEC):
		return fmt.Sprintf("%s: cannot be executed: it is neither a program nor a script that begins with #!", e.Name)
	}
	return fmt.Sprintf("%s: cannot be executed: %v", e.Name, e.Err)
}

func (e *LaunchError) Unwrap() error { return e.Err }

// Local launches on this machine.
type Local struct {
	pipeSize int
	requests chan request
}

type request struct {
	cmd   Command
	reply chan<- reply
}

type reply struct {
	process *Process
	err     error
}

// NewLocal returns a launcher whose pipes hold pipeSize bytes, where the system grants it.
//
// All its processes are children of one thread that lives as long as the program, because the signal that Linux sends
// them when their parent dies is bound to the parent's thread.
func NewLocal(pipeSize int) *Local {
	inheritedFiles()
	adopt()
	l := &Local{pipeSize: pipeSize, requests: make(chan request)}
	go func() {
		runtime.LockOSThread()
		for r := range l.requests {
			p, err := l.launch(r.cmd)
			r.reply <- reply{p, err}
		}
	}()
	return l
}

// Launch implements Launcher.
func (l *Local) Launch(cmd Command) (*Process, error) {
	answer := make(chan reply, 1)
	l.requests <- request{cmd, answer}
	r := <-answer
	return r.process, r.err
}

func (l *Local) launch(cmd Command) (_ *Process, err error) {
	path, err := exec.LookPath(cmd.Argv[0])
	if err != nil && !errors.Is(err, exec.ErrDot) { // whoever has . in PATH wants it, here as in a shell
		var e *exec.Error
		if errors.As(err, &e) {
			err = e.Err
		}
		return nil, &LaunchError{cmd.Argv[0], errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist), err}
	}
	var ends pipes
	defer func() { ends.closeAfter(err) }()
	p := new(Process)
	files, err := ends.stdio(p, l.pipeSize)
	if err != nil {
		return nil, err
	}
	p.Process, err = workers.launch(cmd.Env, func(env []string) (*os.Process, error) {
		return os.StartProcess(path, cmd.Argv, &os.ProcAttr{
			Dir: cmd.Dir, Env: env, Files: files, Sys: attributes(),
		})
	})
	if err != nil {
		p.Err.Close()
		return nil, startError(cmd.Argv[0], err)
	}
	return p, nil
}

// startError tells a fault of the command from one of the system, such as too many processes.
func startError(name string, err error) error {
	for _, ours := range []error{syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, ours) {
			return err
		}
	}
	var e *os.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	return &LaunchError{name, false, err}
}

// pipes are the pipe ends made for one process: theirs are closed once it has started, ours if it did not.
type pipes struct {
	theirs []*os.File
	ours   []int
}

// stdio makes the three pipes of a process: our ends go to p, and what it is to have as stdin, stdout and stderr is returned.
func (ends *pipes) stdio(p *Process, size int) ([]*os.File, error) {
	in, fd, err := ends.pipe(true, size)
	if err != nil {
		return nil, err
	}
	p.In = fd
	out, fd, err := ends.pipe(false, size)
	if err != nil {
		return nil, err
	}
	p.Out = fd
	ours, stderr, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.Err = ours
	ends.theirs = append(ends.theirs, stderr)
	return []*os.File{in, out, stderr}, nil
}

// pipe makes a pipe for a process to read from or to write to. Our end does not block; theirs does, as programs expect.
func (ends *pipes) pipe(reads bool, size int) (theirs *os.File, ours int, err error) {
	r, w, err := closeOnExecPipe()
	if err != nil {
		return nil, -1, fmt.Errorf("pipe: %w", err)
	}
	child := r
	ours = w
	if !reads {
		child, ours = w, r
	}
	Widen(ours, size)
	theirs = os.NewFile(uintptr(child), "|")
	ends.theirs = append(ends.theirs, theirs)
	ends.ours = append(ends.ours, ours)
	return theirs, ours, unix.SetNonblock(ours, true)
}

func (ends *pipes) closeAfter(err error) {
	for _, f := range ends.theirs {
		f.Close()
	}
	if err == nil {
		return
	}
	for _, fd := range ends.ours {
		unix.Close(fd)
	}
}
