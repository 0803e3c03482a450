package journal

import (
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"stoke/pkg/output"
)

// FS is what the journal needs of a file system. Names are paths as for package os, and so are flags and errors: what
// does not exist is fs.ErrNotExist.
type FS interface {
	// Open opens a file for reading.
	Open(name string) (File, error)
	// Lock opens a file of ours for reading and writing, with a lock on it that lasts until Close; with os.O_CREATE it makes one where
	// there is none. The name stands for that file then. A *LockedError says that somebody else has it.
	Lock(name string, flag int, perm os.FileMode) (File, error)
	// Settle gives f, which must still be what from stands for, the name to.
	Settle(f File, from, to string) error
	Remove(name string) error
	// SyncDir makes the names in the directory dir durable.
	SyncDir(dir string) error
	Stat(name string) (Info, error)
}

// File is an open file. Its methods may be called from several goroutines.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
	Stat() (Info, error)
}

// Info is what is known of a file besides its content.
type Info struct {
	Size    int64 // bytes
	ModTime time.Time
	ID      [2]uint64 // device and inode: two names with the same ID are the same file
}

// private is the mode of a journal: it holds COMMAND and items. It gets wider where OUT is.
const private = 0o600

// Disk is the real file system.
type Disk struct {
	Target   *output.Target // OUT: the mode and the owner of files are its; nil: those of new files
	Patience time.Duration  // how long to try again for a lock
}

type diskFile struct{ *os.File }

// Open is os.OpenFile, without waiting for whoever writes to a fifo.
func (Disk) Open(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// Lock opens a file that is made exclusively and never reached through a link.
func (d Disk) Lock(name string, flag int, perm os.FileMode) (File, error) {
	f, err := d.target(name).OpenLocked(name, flag, perm == private, d.Patience)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (d Disk) target(name string) *output.Target {
	if d.Target != nil {
		return d.Target
	}
	t := new(output.Target)
	t.Path = name
	return t
}

// Settle is os.Rename of a file that is known. What becomes OUT gets the mode that OUT has.
func (d Disk) Settle(f File, from, to string) error {
	ours, ok := f.(diskFile)
	if !ok {
		return &os.PathError{Op: "rename", Path: from, Err: os.ErrInvalid}
	}
	t := d.target(to)
	if to != t.Path { // a journal, which has the mode that it was made with
		t = Disk{}.target(to)
	}
	return t.Settle(ours.File, from)
}

// Remove is os.Remove.
func (Disk) Remove(name string) error { return os.Remove(name) }

// SyncDir syncs the directory. File systems that cannot do that are taken not to need it.
func (Disk) SyncDir(dir string) error { return output.SyncDir(dir) }

// Stat is os.Lstat: none of our files is a link.
func (Disk) Stat(name string) (Info, error) { return infoOf(os.Lstat(name)) }

func (f diskFile) Stat() (Info, error) { return infoOf(f.File.Stat()) }

func infoOf(i os.FileInfo, err error) (Info, error) {
	if err != nil {
		return Info{}, err
	}
	info := Info{Size: i.Size(), ModTime: i.ModTime()}
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		info.ID = [2]uint64{uint64(s.Dev), s.Ino}
	}
	return info, nil
}
