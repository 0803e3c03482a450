package queue

import (
	"fmt"
	"io"
	"os"
	"sync"

	"stoke/pkg/journal"
	"stoke/pkg/source"
)

// Plain is the Sink of a run whose output goes to out, and nowhere else. What has to wait is kept in a file without a name: it is
// made when it is first needed, and the system removes it whatever becomes of the program. It is used like a log: written at the end, read
// anywhere, and emptied when nothing in it is wanted any more.
type Plain struct {
	out io.Writer

	mu   sync.Mutex
	file *os.File // nil until it is needed
	end  int64    // where to write next
	live int64    // bytes kept and not yet placed
}

// NewPlain returns the Sink of out.
func NewPlain(out io.Writer) *Plain { return &Plain{out: out} }

// spilled is what Plain keeps: n bytes at off.
type spilled struct {
	off int64
	n   int
}

// Write writes p to out.
func (s *Plain) Write(p []byte, _ *journal.Piece) error {
	_, err := s.out.Write(p)
	return err
}

// Keep appends p to the file.
func (s *Plain) Keep(p []byte, _ *journal.Piece) (Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		f, err := unnamed()
		if err != nil {
			return nil, err
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(p, s.end); err != nil {
		return nil, err
	}
	kept := spilled{s.end, len(p)}
	s.end += int64(len(p))
	s.live += int64(len(p))
	return kept, nil
}

// Place copies what was kept to out.
func (s *Plain) Place(all []Kept) error {
	buf := make([]byte, source.Slab)
	for _, k := range all {
		kept := k.(spilled)
		for at, end := kept.off, kept.off+int64(kept.n); at < end; {
			p := buf[:min(end-at, int64(len(buf)))]
			if _, err := s.file.ReadAt(p, at); err != nil {
				return fmt.Errorf("temporary file: %w", err)
			}
			if _, err := s.out.Write(p); err != nil {
				return err
			}
			at += int64(len(p))
		}
		s.done(int64(kept.n))
	}
	return nil
}

// done says that n bytes have been read back for the last time.
func (s *Plain) done(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live -= n; s.live == 0 {
		s.end = 0
		_ = s.file.Truncate(0) // else the space is used again all the same
	}
}

// Failed is for runs that are resumed.
func (s *Plain) Failed(Kept) ([]byte, error) { return nil, nil }

// Durable is false: what was not written is lost with the run.
func (s *Plain) Durable() bool { return false }

func unnamed() (*os.File, error) {
	f, err := os.CreateTemp("", "stoke-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
