package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// longest is how long a run may take on a busy machine.
	longest = 4 * time.Minute
	// patience is how long processes may be left behind stoke where it was killed, and where it was not.
	patience, killedPatience = 2 * time.Second, 15 * time.Second
)

// result is what became of a run of stoke.
type result struct {
	status syscall.WaitStatus
	out    []byte // of standard output, or OUT
	stderr string
	hung   bool
	left   []process
}

// try does what is planned in a directory of its own, and says what is wrong with it.
func (p *plan) try(stoke, dir string) (problems []string) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return []string{err.Error()}
	}
	input := strings.Join(p.items, p.end())
	if len(p.items) > 0 {
		input += p.end()
	}
	if err := os.WriteFile(filepath.Join(dir, "in"), []byte(input), 0o644); err != nil {
		return []string{err.Error()}
	}
	m := p.misfortune
	for tried := 0; ; tried++ {
		r := p.once(stoke, dir, input, m)
		p.ends = append(p.ends, ending(r.status))
		problems = p.judge(r, dir, m)
		p.endedBadly = p.endedBadly || p.resume && ended.MatchString(r.stderr)
		for i, problem := range problems {
			problems[i] = fmt.Sprintf("run %d, %s: %s", tried+1, m.name, problem)
		}
		if len(problems) > 0 || !p.resume || tried > p.misfortune.again {
			return problems
		}
		if tried == p.misfortune.again {
			m = misfortune{name: "none"}
		}
	}
}

// ending is a status in words.
func ending(s syscall.WaitStatus) string {
	if s.Signaled() {
		return s.Signal().String()
	}
	return fmt.Sprintf("status %d", s.ExitStatus())
}

// once runs stoke once.
func (p *plan) once(stoke, dir, input string, m misfortune) *result {
	mark := fmt.Sprintf("%d-%s-%d", os.Getpid(), filepath.Base(dir), time.Now().UnixNano())
	cmd := exec.Command(stoke, append(append(p.words(), "--"), p.kind.command...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), variable+"="+mark, "GORACE=atexit_sleep_ms=0", "LC_ALL=C.UTF-8", "PYTHONUNBUFFERED=")
	out := new(bytes.Buffer)
	errorsTo, _ := os.Create(filepath.Join(dir, "stderr"))
	defer errorsTo.Close()
	cmd.Stderr = errorsTo // a file: a pipe would be held open by whoever is left behind
	reader, writer, err := os.Pipe()
	if err != nil {
		return &result{stderr: err.Error(), hung: true}
	}
	cmd.Stdout = writer
	if stdin := p.feed(input); stdin != nil {
		cmd.Stdin = stdin
		defer stdin.Close()
	}
	if err := cmd.Start(); err != nil {
		return &result{stderr: err.Error(), hung: true}
	}
	writer.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read(out, reader, m)
	}()
	r := new(result)
	r.hung = p.suffer(cmd, mark, m)
	r.status = cmd.ProcessState.Sys().(syscall.WaitStatus)
	wait := patience
	if m.killed || r.hung {
		wait = killedPatience
	}
	r.left = leftBehind(mark, wait)
	<-read
	text, _ := os.ReadFile(filepath.Join(dir, "stderr"))
	r.out, r.stderr = out.Bytes(), string(text)
	return r
}

// read takes answers, slowly perhaps, or only some.
func (p *plan) read(out *bytes.Buffer, from *os.File, m misfortune) {
	defer from.Close()
	if m.reads > 0 {
		_, _ = io.CopyN(out, from, int64(m.reads))
		return
	}
	for more := true; more; {
		n, err := io.CopyN(out, from, 1<<12)
		if more = err == nil; p.leisurely && n > 0 && out.Len() < 1<<18 {
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// feed returns what stoke reads: nothing where it reads a file, else a pipe.
func (p *plan) feed(input string) *os.File {
	if p.file {
		return nil
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil
	}
	go func() {
		defer writer.Close()
		for len(input) > 0 {
			n := len(input)
			if p.trickle {
				n = min(n, 1+len(input)/7)
				time.Sleep(20 * time.Millisecond)
			}
			if _, err := writer.WriteString(input[:n]); err != nil {
				return
			}
			input = input[n:]
		}
	}()
	return reader
}

// suffer does to a run what is to be done, waits for its end, and reports whether it did not end by itself.
func (p *plan) suffer(cmd *exec.Cmd, mark string, m misfortune) (hung bool) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for i := range p.moments {
			select {
			case <-ended:
				return
			case <-time.After(p.moments[i]):
			}
			if i < len(m.signals) {
				_ = cmd.Process.Signal(m.signals[i])
			}
			if len(m.workers) > 0 {
				strike(cmd.Process.Pid, mark, m.workers[i%len(m.workers)])
			}
		}
	}()
	select {
	case <-ended:
	case <-time.After(longest):
		hung = true
		_ = cmd.Process.Signal(syscall.SIGQUIT) // its goroutines, to stderr
		time.Sleep(time.Second)
		_ = cmd.Process.Kill()
		<-ended
	}
	<-stopped
	return hung
}

// strike sends a signal to a worker. One that is stopped goes on after a while.
func strike(stoke int, mark string, signal syscall.Signal) {
	var workers []process
	for _, p := range processes(mark) {
		if p.parent == stoke {
			workers = append(workers, p)
		}
	}
	if len(workers) == 0 {
		return
	}
	pid := workers[rand.Intn(len(workers))].pid
	_ = syscall.Kill(pid, signal)
	if signal == syscall.SIGSTOP {
		time.Sleep(150 * time.Millisecond)
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
}
