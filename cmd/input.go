package cmd

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"stoke/pkg/engine"
	"stoke/pkg/source"
)

// openInput opens the input named name; "" and "-" are standard input.
func openInput(name string) (*os.File, error) {
	if name == "" || name == "-" {
		return os.Stdin, openedAtStart(os.Stdin)
	}
	f, err := os.Open(name)
	return f, named("--arg-file", err)
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

// rereadable reports whether what is read from in can be read once more.
func rereadable(in *os.File) bool {
	_, err := in.Seek(0, io.SeekCurrent)
	return err == nil
}

// sizeOf is how many bytes there are to be read from in; 0 where that is not known.
func sizeOf(in *os.File) int64 {
	info, err := in.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	at, err := in.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return info.Size() - at
}

// countFor counts the items of in where --halt needs to know: a share of all of them was asked for, and in is a file.
func countFor(p *plan, in *os.File) (n int64, err error) {
	info, err := in.Stat()
	if p.engine.Halt.Share == 0 || err != nil || !info.Mode().IsRegular() {
		if p.engine.Halt.Share > 0 && p.engine.Halt.Of == engine.Finished {
			return 0, usagef("--halt: a share of all items that are done can only be told of an input file").withHint("give a number, or the input with --arg-file")
		}
		return 0, nil
	}
	start, err := in.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, named("--arg-file", err)
	}
	if n, err = source.Count(in, p.delimiter); err != nil {
		return 0, named("--arg-file", err)
	}
	_, err = in.Seek(start, io.SeekStart)
	return n, named("--arg-file", err)
}
