package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mostLinks is how many symbolic links are followed, as the kernel does.
const mostLinks = 40

// Place is what a name stands for now: a file, or where one will be made.
type Place struct {
	Path string      // symbolic links followed
	Info os.FileInfo // nil: there is nothing yet

	dir os.FileInfo // where there is nothing: its directory, if that is there
}

// Find returns the place of a name. It follows symbolic links as opening it does, to where there is nothing too: a file made
// there is what the name will stand for.
func Find(name string) (Place, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return Place{Path: name, Info: info}, nil // /dev/stdout and the like lead to no name
	case err == nil:
		if real, err := filepath.EvalSymlinks(name); err == nil {
			name = real
		}
		return Place{Path: name, Info: info}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return Place{Path: name}, err
	}
	for range mostLinks {
		target, err := os.Readlink(name)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = dirOf(name) + target
		}
		name = target
	}
	return placeIn(name), nil
}

// Beside returns the place of another name in the directory of p, which is never a link.
func (p Place) Beside(suffix string) Place {
	name := p.Path + suffix
	if info, err := os.Lstat(name); err == nil {
		return Place{Path: name, Info: info}
	}
	return placeIn(name)
}

// Of returns the place of an open file.
func Of(f *os.File) Place {
	info, err := f.Stat()
	if err != nil {
		return Place{Path: f.Name()}
	}
	return Place{Path: f.Name(), Info: info}
}

// placeIn is where there is nothing yet.
func placeIn(name string) Place {
	p := Place{Path: name}
	if dir, err := os.Stat(dirOf(name) + "."); err == nil {
		p.dir = dir
	}
	return p
}

// dirOf is all of name up to its last element. It is not cleaned: a/.. need not be here if a is a link.
func dirOf(name string) string { return name[:strings.LastIndexByte(name, filepath.Separator)+1] }

// Same reports whether p and q are one file, or will be.
func (p Place) Same(q Place) bool {
	switch {
	case p.Info != nil && q.Info != nil:
		return os.SameFile(p.Info, q.Info)
	case p.dir != nil && q.dir != nil:
		return os.SameFile(p.dir, q.dir) && filepath.Base(p.Path) == filepath.Base(q.Path)
	}
	return false
}

// Regular reports whether there is a regular file, or will be one.
func (p Place) Regular() bool { return p.Info == nil || p.Info.Mode().IsRegular() }
