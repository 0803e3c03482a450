package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"stoke/pkg/journal"
)

// answers is where answers go. A file appears only when it is complete: it grows beside its place, under the name
// OUT.part, and takes its name at the end in one step. A device or a fifo is written to directly.
type answers struct {
	file    *os.File
	final   string           // the name it is to get; "" if it has it
	journal *journal.Journal // keeps the output, in place of file; or nil
	stop    func()           // ends its being synced
}

// openOutput opens the output named name; "" is standard output.
func openOutput(name string) (*answers, error) {
	if name == "" {
		return &answers{file: os.Stdout}, nil
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &answers{file: f}, named("--output", err)
	}
	f, err := openPart(name)
	return &answers{file: f, final: name}, named("--output", err)
}

// openPart opens the file in which OUT grows, and locks it against another run, which would mix its answers with ours. A run
// with a journal locks that as well.
func openPart(out string) (*os.File, error) {
	for {
		f, err := os.OpenFile(out+".part", os.O_WRONLY|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := journal.Lock(f); errors.Is(err, journal.ErrBusy) {
			f.Close()
			return nil, &journal.LockedError{Path: out}
		} else if err != nil && !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.ENOLCK) && !errors.Is(err, unix.ENOSYS) {
			f.Close() // some network file systems have no locks
			return nil, err
		}
		ours, err := f.Stat()
		named, nameErr := os.Stat(f.Name())
		if err == nil && nameErr == nil && os.SameFile(ours, named) {
			return f, f.Truncate(0)
		}
		f.Close() // its last owner has given it its name between our opening and locking it
		if err != nil {
			return nil, err
		}
	}
}

// finish makes the file durable and gives it its name if the run was complete; otherwise it keeps the other.
func (o *answers) finish(complete bool) error {
	if o.journal != nil {
		return o.conclude(complete)
	}
	if o.final == "" {
		if o.file == os.Stdout {
			return nil
		}
		return named("--output", o.file.Close())
	}
	if !complete {
		o.file.Close()
		return nil
	}
	if err := o.file.Sync(); err != nil {
		o.file.Close()
		return named("--output", err)
	}
	if err := os.Rename(o.file.Name(), o.final); err != nil { // before the lock goes
		o.file.Close()
		return named("--output", err)
	}
	if err := o.file.Close(); err != nil {
		return named("--output", err)
	}
	return named("--output", syncDir(filepath.Dir(o.final)))
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// errClosed says that stoke was started without a standard input.
var errClosed = errors.New("standard input is closed, so there are no items to read; if none are meant, say </dev/null (open it for reading only)")

// openedAtStart tells whether f, one of the three standard files, was open when this program was started. The runtime of Go puts
// /dev/null, open for reading and writing, where one was not. Whoever means an empty input opens /dev/null for reading.
func openedAtStart(f *os.File) error {
	info, err := f.Stat()
	null, nullErr := os.Stat(os.DevNull)
	if err != nil || nullErr != nil || !os.SameFile(info, null) {
		return nil
	}
	mode, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err == nil && mode&unix.O_ACCMODE == unix.O_RDWR {
		return errClosed
	}
	return nil
}

// openInput opens the input named name; "" and "-" are standard input.
func openInput(name string) (*os.File, error) {
	if name == "" || name == "-" {
		return os.Stdin, openedAtStart(os.Stdin)
	}
	f, err := os.Open(name)
	return f, named("--arg-file", err)
}

// openFailed opens the file for failed items; nil if none is wanted.
func openFailed(name string) (io.Writer, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, named("--failed", err)
	}
	return f, nil
}

// named says which flag an error is about.
func named(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", flag, err)
}
