package journal

import "io"

// log is the file of a journal, locked. Records are appended to it, or all of it is replaced.
type log struct {
	file       File
	base       int64 // where its records begin
	end        int64
	generation int // of the file: offsets hold within one
}

// walker goes through the pieces in OUT.part.
type walker struct {
	main, back scanner // back reads the records of held pieces where they are placed
	off        int64
}

// walk begins at the first record.
func (l *log) walk() *walker {
	s := scanner{f: l.file, size: l.end, off: l.base, trusting: true}
	back := s
	back.ahead = 4 << 10
	return &walker{main: s, back: back}
}

// next returns the next piece and where its output begins; io.EOF at the end. The entry is valid until the next call.
func (w *walker) next() (e entry, off int64, err error) {
	for {
		rec, err := w.main.next()
		if err != nil {
			return e, 0, err
		}
		if rec.kind == isPlaced {
			if e, err = w.held((&fields{rest: rec.payload}).int()); err != nil {
				return e, 0, err
			}
		} else if e = rec.entry; rec.kind != isWritten {
			continue
		}
		off = w.off
		w.off += e.out.Len
		return e, off, nil
	}
}

// held returns the held piece whose record is at that offset.
func (w *walker) held(at int64) (entry, error) {
	w.back.off = at
	rec, err := w.back.next()
	return rec.entry, err
}

// pieces calls f for each piece in OUT.part, with where its output begins, until there is an error.
func (w *walker) pieces(f func(e entry, off int64) error) error {
	for {
		e, off, err := w.next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = f(e, off)
		}
		if err != nil {
			return err
		}
	}
}
