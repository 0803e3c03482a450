package output

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// FixedError says that a file can be written to, but not be replaced by another.
type FixedError struct{ Path, Why string }

func (e *FixedError) Error() string { return e.Path + " cannot be replaced: " + e.Why }

// Replaceable finds out whether another file could take the target's name, before there is one.
func (t *Target) Replaceable() error {
	if t.Info == nil || !t.Info.Mode().IsRegular() {
		return nil
	}
	if mounted(t.Path) {
		return &FixedError{t.Path, "it is mounted there"}
	}
	err := unix.Rmdir(t.Path) // asks first whether the name may be removed, and then finds that it is no directory
	if !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		return nil
	}
	if dir, err := os.Stat(dirOf(t.Path) + "."); err == nil && dir.Mode()&os.ModeSticky != 0 {
		return &FixedError{t.Path, "it belongs to another user, and so does its directory, which is sticky"}
	}
	return &FixedError{t.Path, "it may not be removed from its directory"}
}
