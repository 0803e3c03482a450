package worker

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// lastWords is how much of the end of a worker's stderr is kept for messages, in bytes.
	lastWords = 4 << 10
	// longLine is how much of a line without an end is held back before it is shown all the same, in bytes.
	longLine = 64 << 10
)

// stderr drains one worker's standard error, whatever happens, and passes it on in whole lines.
type stderr struct {
	from *os.File
	show func([]byte) // gets whole lines; safe for concurrent use
	done chan struct{}

	mu   sync.Mutex
	tail []byte
}

func drain(from *os.File, show func([]byte)) *stderr {
	s := &stderr{from: from, show: show, done: make(chan struct{})}
	go s.run()
	return s
}

func (s *stderr) run() {
	defer close(s.done)
	buf := make([]byte, 0, 8<<10)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := s.from.Read(buf[len(buf):cap(buf)])
		if errors.Is(err, os.ErrDeadlineExceeded) && s.more() { // we were held up, not the worker
			_ = s.from.SetReadDeadline(time.Now().Add(stderrPatience))
			err = nil
		}
		s.remember(buf[len(buf) : len(buf)+n])
		buf = buf[:len(buf)+n]
		end := bytes.LastIndexByte(buf, '\n') + 1
		if err != nil || end == 0 && len(buf) >= longLine {
			if len(buf) > end {
				buf = append(buf, '\n')
			}
			end = len(buf)
		}
		if end > 0 {
			s.show(buf[:end])
			buf = buf[:copy(buf, buf[end:])]
		}
		if err != nil {
			return
		}
	}
}

// more reports whether there is something to be read.
func (s *stderr) more() (yes bool) {
	if c, err := s.from.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { yes = unread(int(fd)) > 0 })
	}
	return yes
}

func (s *stderr) remember(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail = append(s.tail, p...)
	if len(s.tail) > 2*lastWords {
		s.tail = s.tail[:copy(s.tail, s.tail[len(s.tail)-lastWords:])]
	}
}

// words returns the end of what was written so far.
func (s *stderr) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(bytes.TrimSpace(s.tail[max(0, len(s.tail)-lastWords):]))
}

// finish waits for the end of stderr, but not long: a grandchild may hold it open for ever.
func (s *stderr) finish(patience time.Duration) {
	_ = s.from.SetReadDeadline(time.Now().Add(patience))
	<-s.done
	s.from.Close()
}

// Stderr writes the stderr of many workers to one place, whole lines at a time. Safe for concurrent use.
type Stderr struct {
	mu  sync.Mutex
	to  io.Writer
	buf []byte
}

// NewStderr returns a Stderr that writes to w.
func NewStderr(w io.Writer) *Stderr { return &Stderr{to: w} }

// Lines writes whole lines, each preceded by prefix, in one write. Errors are ignored: there is nobody left to tell.
func (s *Stderr) Lines(prefix string, lines []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if prefix == "" {
		_, _ = s.to.Write(lines)
		return
	}
	s.buf = s.buf[:0]
	for line := range bytes.Lines(lines) {
		s.buf = append(append(s.buf, prefix...), line...)
	}
	_, _ = s.to.Write(s.buf)
}
