package journal

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
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
var ErrBusy = errors.New("locked by another process")

// Disk is the real file system.
type Disk struct{}

type diskFile struct{ *os.File }

// OpenFile is os.OpenFile.
func (Disk) OpenFile(name string, flag int, perm os.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// Rename is os.Rename.
func (Disk) Rename(from, to string) error { return os.Rename(from, to) }

// Remove is os.Remove.
func (Disk) Remove(name string) error { return os.Remove(name) }

// SyncDir syncs the directory. File systems that cannot do that are taken not to need it.
func (Disk) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err = d.Sync(); errors.Is(err, unix.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// Stat is os.Stat.
func (Disk) Stat(name string) (Info, error) { return infoOf(os.Stat(name)) }

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

func (f diskFile) Lock() error { return Lock(f.File) }

// Lock takes an exclusive lock on f that lasts until f is closed, without waiting: ErrBusy if another open file has it.
func Lock(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		for failed = unix.EINTR; failed == unix.EINTR; {
			failed = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
		}
	})
	if failed == unix.EWOULDBLOCK {
		return ErrBusy
	}
	return errors.Join(err, failed)
}
