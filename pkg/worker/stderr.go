package worker

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// lastWords is how much of the end of a worker's stderr is kept for messages, in bytes.
	lastWords = 4 << 10
	// longLine is how much of a line without an end is held back before it is shown all the same, in bytes.
	longLine = 64 << 10
	// longWait is how long it is: a question, or progress in dots.
	longWait = 500 * time.Millisecond
)

// stderr drains one worker's standard error, whatever happens, and passes it on in whole lines where they come soon. A line
// ends in a newline or, as one that is written over by the next does, in a carriage return.
type stderr struct {
	from *os.File
	show func([]byte) // gets whole lines and what is not one yet, and nil at the end; safe for concurrent use
	done chan struct{}

	mu     sync.Mutex
	tail   []byte
	ending time.Time // until when more is waited for; none: as long as it takes
}

func drain(from *os.File, show func([]byte)) *stderr {
	s := &stderr{from: from, show: show, done: make(chan struct{})}
	go s.run()
	return s
}

func (s *stderr) run() {
	defer close(s.done)
	defer s.show(nil)
	buf := make([]byte, 0, 8<<10)
	var held time.Time // since when the line at its end is held back
	last := -1         // bytes to be read yet, if the worker has ended
	for last != 0 {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		s.limit(held, last)
		room := buf[len(buf):cap(buf)]
		if last > 0 {
			room = room[:min(last, len(room))]
		}
		n, err := s.from.Read(room)
		late := errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case late && last < 0 && s.ended(): // what lies there now is the worker's; what comes later is of those it has left behind
			last = s.unread()
		case late && s.unread() > 0: // we were held up, not the worker
			held = time.Time{}
			continue
		case last > 0:
			last -= n
		}
		s.remember(room[:n])
		buf = buf[:len(buf)+n]
		end := wholeLines(buf)
		if err != nil && last <= 0 || last == 0 || end == 0 && len(buf) >= longLine {
			end = len(buf)
		}
		if end > 0 {
			s.show(buf[:end])
			buf = buf[:copy(buf, buf[end:])]
			held = time.Time{}
		}
		if len(buf) > 0 && held.IsZero() {
			held = time.Now()
		}
		if err != nil && !late {
			return
		}
	}
}

// wholeLines is where the last whole line of p ends. A carriage return at its very end may be half of a line's end.
func wholeLines(p []byte) int {
	return max(bytes.LastIndexByte(p, '\n'), bytes.LastIndexByte(p[:max(len(p)-1, 0)], '\r')) + 1
}

// limit sets how long the next read may take: what is held back is shown in time, and after the end of the worker only what
// is there is waited for.
func (s *stderr) limit(held time.Time, last int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	until := s.ending
	if last > 0 { // it is there
		until = time.Now().Add(stderrPatience)
	} else if due := held.Add(longWait); !held.IsZero() && (until.IsZero() || due.Before(until)) {
		until = due
	}
	_ = s.from.SetReadDeadline(until)
}

// ended reports whether the worker has ended and the time is over that is granted to its stderr.
func (s *stderr) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ending.IsZero() && !time.Now().Before(s.ending)
}

// unread is how many bytes there are to be read.
func (s *stderr) unread() (n int) {
	if c, err := s.from.SyscallConn(); err == nil {
		_ = c.Control(func(fd uintptr) { n = max(unread(int(fd)), 0) })
	}
	return n
}

func (s *stderr) remember(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail = append(s.tail, p...)
	if len(s.tail) > 2*lastWords {
		s.tail = s.tail[:copy(s.tail, s.tail[len(s.tail)-lastWords:])]
	}
}

// words returns the end of what was written so far, in lines that end in newlines.
func (s *stderr) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return lineEnds.Replace(string(bytes.TrimSpace(s.tail[max(0, len(s.tail)-lastWords):])))
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// finish waits for the end of stderr, but not long: a grandchild may hold it open for ever, and write to it as long.
func (s *stderr) finish(patience time.Duration) {
	s.mu.Lock()
	s.ending = time.Now().Add(patience)
	_ = s.from.SetReadDeadline(s.ending)
	s.mu.Unlock()
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

// Of returns what writes the stderr of one worker, each piece in one write. With a prefix there are others: each line is
// preceded by it, and one without an end gets one, so that they are not mixed. Without, all goes through as it is; only the very last
// line, which the empty piece says it was, gets its end. Errors are ignored: there is nobody left to tell.
func (s *Stderr) Of(prefix string) func(piece []byte) {
	whole := true
	return func(piece []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.buf = s.buf[:0]
		for line, rest := cutLine(piece); len(line) > 0; line, rest = cutLine(rest) {
			s.buf = append(append(s.buf, prefix...), line...)
		}
		if n := len(s.buf); n > 0 {
			whole = s.buf[n-1] == '\n' || s.buf[n-1] == '\r'
		}
		if !whole && (prefix != "" || len(piece) == 0) {
			s.buf, whole = append(s.buf, '\n'), true
		}
		if len(s.buf) > 0 {
			_, _ = s.to.Write(s.buf)
		}
	}
}

// cutLine takes the first line off p, or what there is of it.
func cutLine(p []byte) (line, rest []byte) {
	i := bytes.IndexAny(p, "\r\n") + 1
	switch {
	case i == 0:
		i = len(p)
	case p[i-1] == '\r' && i < len(p) && p[i] == '\n':
		i++
	}
	return p[:i], p[i:]
}
