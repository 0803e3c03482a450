package journal

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// Left is what a run has left beside OUT.
type Left struct {
	Items, Failed int64 // done
	Complete      bool  // OUT is that run's
}

// Look tells what the run whose files lie beside out has done, without taking anything over. It is nil if no journal is there, or one of a
// run that did not begin. A *DamagedError says that what is there is no journal that can be read. A link is followed: nothing is written.
func Look(fsys FS, out string) (*Left, error) {
	j := &files{fs: fsys, out: out}
	f, err := fsys.Open(j.name())
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENAMETOOLONG) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	j.file = f
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size == 0 {
		return nil, nil
	}
	facts, err := j.header(info.Size)
	if err == errBad {
		err = &DamagedError{j.name(), "it does not begin as a journal does"}
	}
	if err != nil {
		return nil, err
	}
	r, err := j.replay(info.Size, unordered(facts))
	if err != nil {
		return nil, err
	}
	return &Left{Items: r.items, Failed: r.failed, Complete: r.complete != nil && !j.unnamed(r.complete)}, nil
}
