package journal

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Left is what a run has left beside OUT.
type Left struct {
	Items, Failed int64 // done
	Complete      bool  // OUT is that run's
}

// Look tells what the run whose files lie beside out has done, without taking anything over. It is nil if no journal is there that
// can be read.
func Look(fsys FS, out string) (*Left, error) {
	j := &Journal{fs: fsys, out: out}
	f, err := fsys.OpenFile(j.name(), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENAMETOOLONG) {
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
	facts, err := j.header(info.Size)
	if newer := new(VersionError); errors.As(err, &newer) {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	r, err := read(f, j.base, info.Size, unordered(facts))
	if err != nil {
		return nil, err
	}
	return &Left{Items: r.items, Failed: r.failed, Complete: r.complete != nil && !j.unnamed(r.complete)}, nil
}

// unnamed reports whether a run that was announced to be complete did not come to naming its output OUT.
func (j *Journal) unnamed(c *Completed) bool {
	part, err := j.fs.Stat(j.partName())
	return err == nil && part.Size == c.Out.Len && part.ModTime.Equal(c.ModTime)
}
