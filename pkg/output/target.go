package output

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Target is a file that is to be replaced in one step. The zero value is one that nothing is known of.
type Target struct{ Place }

// TargetOf returns the target with that name, as it is now. What leads to a file that was removed and is still open, as names in
// /proc do, is no place for another file.
func TargetOf(name string) (Target, error) {
	place, err := Find(name)
	if err == nil && place.Info != nil && place.Regular() {
		if link, lerr := os.Lstat(place.Path); lerr == nil && link.Mode()&os.ModeSymlink != 0 {
			err = &FixedError{name, "it leads to a file that has no name any more"}
		}
	}
	return Target{place}, err
}

// UnsafeError says that a file is not one that this user has made there.
type UnsafeError struct{ Path, Why string }

func (e *UnsafeError) Error() string { return e.Path + " " + e.Why }

// opened is called between opening a file and locking it. Tests replace it.
var opened = func() {}

// OpenLocked is open, with a lock on the file that lasts until it is closed, and that is tried to get for so long. A *LockedError says
// that another process has it. What has got another name between opening and locking, as OUT.part gets that of OUT, is let go, and the
// file that has the name now is taken.
func (t *Target) OpenLocked(name string, flag int, private bool, patience time.Duration) (*os.File, error) {
	for {
		f, err := t.open(name, flag, private)
		if err != nil {
			return nil, err
		}
		opened()
		err = lock(f, patience)
		ours, statErr := f.Stat()
		if named, nameErr := os.Lstat(name); err == nil && statErr == nil && nameErr == nil && os.SameFile(ours, named) {
			return f, nil
		}
		f.Close()
		switch {
		case errors.Is(err, ErrBusy):
			return nil, locked(t.Path, err)
		case cmp.Or(err, statErr) != nil:
			return nil, cmp.Or(err, statErr)
		}
	}
}

// open opens a file beside the target for reading and writing. With os.O_CREATE it is made where there is none, for us alone or with
// the mode and the owner that the target has; private keeps others out where there is no target yet. One that is there must be
// ours: a regular file of this user or of the target's owner, with one name. A link is never followed.
func (t *Target) open(name string, flag int, private bool) (*os.File, error) {
	for {
		f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
		made := false
		if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
			f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, t.firstMode(private))
			if errors.Is(err, fs.ErrExist) {
				continue // made by somebody else, between the two
			}
			made = true
		}
		if errors.Is(err, syscall.ELOOP) {
			return nil, &UnsafeError{name, "is a symbolic link, and is not followed"}
		}
		if err != nil {
			return nil, err
		}
		if err = t.accept(f, made, private); err != nil {
			f.Close()
			return nil, err
		}
		return f, nil
	}
}

// firstMode is that of a new file: what is to be seen by others is so when it belongs to whom it is to belong.
func (t *Target) firstMode(private bool) os.FileMode {
	if private || t.Info != nil {
		return 0o600
	}
	return 0o666
}

// accept refuses a file that is not ours, and gives it the mode and the owner that it should have.
func (t *Target) accept(f *os.File, made, private bool) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	stat, known := info.Sys().(*syscall.Stat_t)
	switch {
	case made || !known:
	case !info.Mode().IsRegular():
		return &UnsafeError{f.Name(), "is no regular file"}
	case stat.Nlink > 1:
		return &UnsafeError{f.Name(), "has another name, too (a hard link), and is not written to"}
	case !t.owned(stat.Uid, f.Name()):
		return &UnsafeError{f.Name(), fmt.Sprintf("belongs to another user (%d), and is not taken over", stat.Uid)}
	}
	switch {
	case t.Info != nil:
		return t.liken(f, 0o600)
	case private && info.Mode().Perm()&0o077 != 0:
		return f.Chmod(0o600)
	}
	return nil
}

// owned reports whether a file of that user is one that we may have made: it is ours, or the target is that user's, too. On a
// file system that gives files an owner of its own choice a new file tells.
func (t *Target) owned(uid uint32, name string) bool {
	if int(uid) == os.Geteuid() {
		return true
	}
	if t.Info != nil {
		if stat, ok := t.Info.Sys().(*syscall.Stat_t); ok && stat.Uid == uid {
			return true
		}
	}
	probe, err := hidden(name, 0o600)
	if err != nil {
		return false
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	info, err := probe.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == uid
}

// liken gives f the owner, the group and the mode of the target, and the mode more as well. Where its group cannot be had, another
// may do no more than everybody.
func (t *Target) liken(f *os.File, more os.FileMode) error {
	want, ok := t.Info.Sys().(*syscall.Stat_t)
	info, err := f.Stat()
	if err != nil || !ok {
		return err
	}
	mode := t.Info.Mode().Perm() | more
	if have, ok := info.Sys().(*syscall.Stat_t); ok && (have.Uid != want.Uid || have.Gid != want.Gid) {
		uid, gid := int(want.Uid), int(want.Gid)
		if f.Chown(uid, gid) != nil && have.Gid != want.Gid && f.Chown(-1, gid) != nil {
			mode &^= 0o070 &^ (mode & 0o007 << 3)
		}
	}
	if info.Mode().Perm() == mode {
		return nil
	}
	if err := f.Chmod(mode); err != nil && info.Mode().Perm()&^mode != 0 {
		return err // a file system without modes of its own is forgiven, so long as nobody may do more than with the target
	}
	return nil
}

// Settle gives the file with that name, which is complete, the target's mode and its name. It must still be the file that f is.
func (t *Target) Settle(f *os.File, name string) error {
	ours, err := f.Stat()
	if err != nil {
		return err
	}
	if named, err := os.Lstat(name); err != nil || !os.SameFile(ours, named) {
		return &UnsafeError{name, "was replaced by another file during the run"}
	}
	if t.Info != nil {
		if err := t.liken(f, 0); err != nil {
			return err
		}
	}
	return os.Rename(name, t.Path)
}

// hidden makes a new file beside name. Its own name is hidden and has another ending, so that nothing that collects files by their
// endings reads it.
func hidden(name string, mode os.FileMode) (*os.File, error) {
	for tries := 0; ; tries++ {
		path := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%08x", filepath.Base(name), rand.Uint32()))
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if err == nil || !errors.Is(err, fs.ErrExist) || tries == 100 {
			return f, err
		}
	}
}

// Replace puts a file with that content in the place of name, in one step. A symbolic link stays, and what it points to is
// replaced. What is no file, a device or a fifo, is written to.
func Replace(name string, content []byte) error {
	t, err := TargetOf(name)
	if err != nil {
		return err
	}
	if !t.Regular() {
		return os.WriteFile(t.Path, content, 0)
	}
	temp, err := hidden(t.Path, t.firstMode(false))
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
	if err == nil {
		err = t.Settle(temp, temp.Name())
	}
	if err != nil {
		_ = os.Remove(temp.Name())
	}
	return errors.Join(err, temp.Close())
}

// SyncDir makes the names in a directory durable, where that can be done: one that may not be read cannot be synced, and some file
// systems do not know how to.
func SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer d.Close()
	err = d.Sync()
	for _, cannot := range []error{unix.EINVAL, unix.EACCES, unix.EPERM, unix.EROFS, unix.EBADF, errors.ErrUnsupported} {
		if errors.Is(err, cannot) {
			return nil
		}
	}
	return err
}
