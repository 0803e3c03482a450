package journal

import (
	"io"
	"os"
	"syscall"
	"time"

	"stoke/pkg/output"
)

// FS is what the journal needs of a file system. Names are paths as for package os, and so are flags and errors: what
// does not exist is fs.ErrNotExist.
type FS interface {
	OpenFile(name string, flag int, perm os.FileMode) (File, error)
	Rename(from, to string) error
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
	// Lock takes an exclusive lock that lasts until Close, without waiting: ErrBusy if another open file has it.
	Lock() error
}

// Info is what is known of a file besides its content.
type Info struct {
	Size    int64 // bytes
	ModTime time.Time
	ID      [2]uint64 // device and inode: two names with the same ID are the same file
}

// ErrBusy is returned by File.Lock if somebody else holds the lock.
var ErrBusy = output.ErrBusy

// private is the mode of a journal: it holds COMMAND and items. It gets wider where OUT is.
const private = 0o600

// Disk is the real file system.
type Disk struct {
	Target   *output.Target // OUT: the mode and the owner of files are its; nil: those of new files
	Patience time.Duration  // how long to try again for a lock
}

type diskFile struct {
	*os.File
	patience time.Duration
}

// OpenFile opens a file of ours, which is made exclusively and never reached through a link; or any for reading.
func (d Disk) OpenFile(name string, flag int, perm os.FileMode) (f File, err error) {
	opened := (*os.File)(nil)
	if flag&os.O_RDWR == 0 {
		opened, err = os.OpenFile(name, flag, perm)
	} else {
		opened, err = d.target().Open(name, flag, perm == private)
	}
	if err != nil {
		return nil, err
	}
	return diskFile{opened, d.Patience}, nil
}

func (d Disk) target() *output.Target {
	if d.Target != nil {
		return d.Target
	}
	return new(output.Target)
}

// Rename is os.Rename. What becomes OUT gets the mode that OUT has.
func (d Disk) Rename(from, to string) error {
	if d.Target == nil || to != d.Target.Path {
		return os.Rename(from, to)
	}
	f, err := d.Target.Open(from, 0, false)
	if err != nil {
		return err
	}
	defer f.Close()
	return d.Target.Settle(f, from)
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

func (f diskFile) Lock() error { return output.Lock(f.File, f.patience) }
