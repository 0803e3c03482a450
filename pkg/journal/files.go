package journal

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// files are those of a run: OUT, OUT.part and the journal.
type files struct {
	fs   FS
	out  string // name of OUT
	part File   // OUT.part, locked; nil if the run is complete
	log
}

func (f *files) name() string     { return f.out + ".stoke" }
func (f *files) partName() string { return f.out + ".part" }

// newName is that of a journal which will replace the one there is.
func (f *files) newName() string { return f.out + ".stoke.new" }

// lockLog opens the journal, and makes an empty one where there is none.
func (f *files) lockLog() (err error) {
	f.file, err = f.fs.Lock(f.name(), os.O_CREATE, private)
	return err
}

// lockPart opens OUT.part, which also a run without a journal has locked. With os.O_CREATE it is made where there is none.
func (f *files) lockPart(flag int) (err error) {
	if f.part == nil {
		f.part, err = f.fs.Lock(f.partName(), flag, 0o666)
	}
	return err
}

// clear empties the journal and OUT.part, in that order, once both are ours. A journal that has no whole header therefore belongs to a
// run that did not begin, provided that OUT.part is empty.
func (f *files) clear() error {
	if err := f.lockPart(os.O_CREATE); err != nil {
		return err
	}
	for _, file := range []File{f.file, f.part} {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		if info.Size == 0 {
			continue
		}
		if err := file.Truncate(0); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
	}
	f.base, f.end = 0, 0
	return nil
}

// header reads what the journal begins with.
func (f *files) header(size int64) ([]Fact, error) {
	line := make([]byte, min(size, 40))
	if _, err := f.file.ReadAt(line, 0); err != nil && err != io.EOF {
		return nil, err
	}
	line, _, ended := bytes.Cut(line, []byte("\n"))
	digits, ours := bytes.CutPrefix(line, []byte(magic))
	version, err := strconv.Atoi(string(digits))
	if !ended || !ours || err != nil || version < 1 {
		return nil, errBad
	}
	if version > Version {
		return nil, &VersionError{f.name(), version, Version}
	}
	s := scanner{f: f.file, size: size, off: int64(len(line)) + 1}
	rec, err := s.next()
	if err == io.EOF || err == nil && rec.kind != isIdentity {
		err = errBad
	}
	if err != nil {
		return nil, err
	}
	f.base = rec.end
	return decodeFacts(rec.payload)
}

// replay reads the records up to end.
func (f *files) replay(end int64, unordered bool) (*replay, error) {
	return read(f.file, f.base, end, unordered)
}

// replace puts a journal in the place of the one there is: the facts, and what build writes. Until the new one has its name, any failure
// leaves the old one.
func (f *files) replace(facts []Fact, build func(w *rewriter) error) error {
	file, err := f.fs.Lock(f.newName(), os.O_CREATE, private) // before anybody can find it under its new name
	if err != nil {
		return err
	}
	w := newRewriter(file)
	header := appendHeader(nil, facts)
	for _, step := range []func() error{
		func() error { return file.Truncate(0) },
		func() error { return w.record(header) },
		func() error { return build(w) },
		w.Flush,
		file.Sync,
		func() error { return f.fs.Settle(file, f.newName(), f.name()) },
	} {
		if err := step(); err != nil {
			file.Close()
			_ = f.fs.Remove(f.newName())
			return err
		}
	}
	_ = f.file.Close() // replaced
	f.log = log{file, int64(len(header)), w.size, f.generation + 1}
	return nil
}

// openOut opens OUT, which must be what it was when the run was completed.
func (f *files) openOut(was Sum) (File, error) {
	out, err := f.fs.Open(f.out)
	if err != nil {
		return nil, err
	}
	info, err := out.Stat()
	if err == nil && info.Size == was.Len {
		var sum Sum
		if sum, err = sumAt(out, 0, info.Size); err == nil && sum == was {
			return out, nil
		}
	}
	if err == nil {
		err = &ChangedError{f.out}
	}
	out.Close()
	return nil, err
}

// unchanged reports whether OUT is what it was when the run was completed, and whether it is gone.
func (f *files) unchanged(c *Completed) (same, removed bool, err error) {
	info, err := f.fs.Stat(f.out)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, true, nil
		}
		return false, false, err
	}
	if info.Size != c.Out.Len || info.ModTime.Equal(c.ModTime) {
		return info.Size == c.Out.Len, false, nil
	}
	out, err := f.openOut(c.Out)
	if changed := new(ChangedError); errors.As(err, &changed) {
		return false, false, nil
	}
	if err == nil {
		out.Close()
	}
	return err == nil, false, err
}

// unnamed reports whether a run that was announced to be complete did not come to naming its output OUT.
func (f *files) unnamed(c *Completed) bool {
	part, err := f.fs.Stat(f.partName())
	return err == nil && part.Size == c.Out.Len && part.ModTime.Equal(c.ModTime)
}

// partInPlace makes sure that it is OUT.part which will get the name of OUT.
func (f *files) partInPlace() error {
	ours, err := f.part.Stat()
	if err != nil {
		return err
	}
	named, err := f.fs.Stat(f.partName())
	if err == nil && named.ID != ours.ID {
		err = errors.New("it was replaced by another file during the run")
	}
	return err
}

func (f *files) syncDir() error { return f.fs.SyncDir(filepath.Dir(f.out)) }

// close gives up the locks.
func (f *files) close() (err error) {
	if f.part != nil {
		err = f.part.Close()
	}
	return errors.Join(err, f.file.Close())
}
