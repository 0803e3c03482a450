package engine

import "os"

// spill is a file without a name for output that waits behind a straggler. It is made when it is first needed, and the
// system removes it whatever becomes of the program. It is used like a log: written at the end, read anywhere, and
// emptied when nothing in it is wanted any more. The queue's lock guards it, except for reading.
type spill struct {
	file *os.File
	end  int64 // where to write next
	live int64 // bytes written and not yet done with
	err  error // why it cannot be used
}

// write appends p and returns where it lies; false if that failed, then and from then on.
func (s *spill) write(p []byte) (off int64, ok bool) {
	if s.err == nil && s.file == nil {
		s.file, s.err = unnamed()
	}
	if s.err != nil {
		return 0, false
	}
	if _, err := s.file.WriteAt(p, s.end); err != nil {
		s.err = err
		return 0, false
	}
	off = s.end
	s.end += int64(len(p))
	s.live += int64(len(p))
	return off, true
}

// done says that n bytes have been read back for the last time.
func (s *spill) done(n int) {
	s.live -= int64(n)
	if s.live == 0 && s.file != nil {
		s.end = 0
		_ = s.file.Truncate(0) // else the space is used again all the same
	}
}

func (s *spill) close() {
	if s.file != nil {
		s.file.Close()
	}
}

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
