package output

import (
	"errors"
	"io/fs"
	"os"
	"sync"
)

// mostHeld is how much a Deferred holds before it begins of its own accord, in bytes.
const mostHeld = 1 << 20

// Deferred is a file that is to be written anew, and keeps what is in it until there is something to tell: what is written
// before Begin is held back. It is safe for concurrent use.
type Deferred struct {
	mu    sync.Mutex
	file  *os.File
	made  bool  // there was none before
	keep  int64 // bytes of what is in it that stay
	begun bool
	shut  bool
	held  []byte
	err   error // of Begin
}

// Defer opens the file of that name, and makes it if there is none, so that what keeps it from being written is found out
// now. Of what is in it, the first keep bytes are to stay for good.
func Defer(name string, keep int64) (*Deferred, error) {
	d := &Deferred{keep: keep}
	var err error
	d.file, err = os.OpenFile(name, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		d.made = true
		d.file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if errors.Is(err, fs.ErrExist) { // a link to where there is nothing yet, or made by somebody else just now
		d.made = false
		d.file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Write writes p, or holds it back.
func (d *Deferred) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.begun && d.err == nil {
		return d.file.Write(p)
	}
	if !d.begun {
		if d.held = append(d.held, p...); len(d.held) > mostHeld {
			d.begin()
		}
	}
	return len(p), d.err
}

// Begin removes what was in the file, and writes what was held back. An error comes again with the next Write, and with Close.
func (d *Deferred) Begin() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.begin()
	return d.err
}

func (d *Deferred) begin() {
	if d.begun {
		return
	}
	d.begun = true
	if info, err := d.file.Stat(); err == nil && info.Mode().IsRegular() {
		if d.err = d.file.Truncate(d.keep); d.err == nil {
			_, d.err = d.file.Seek(d.keep, 0)
		}
	}
	if d.err == nil && len(d.held) > 0 {
		_, d.err = d.file.Write(d.held)
	}
	d.held = nil
}

// Close closes the file, once. Without Begin it is as it was: also gone, if it was not there.
func (d *Deferred) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return nil
	}
	d.shut = true
	if !d.begun && d.made {
		ours, err := d.file.Stat()
		if named, e := os.Lstat(d.file.Name()); err == nil && e == nil && os.SameFile(ours, named) {
			_ = os.Remove(d.file.Name())
		}
	}
	return errors.Join(d.err, d.file.Close())
}

// CanReplace finds out whether Replace could do so, and leaves everything as it is.
func CanReplace(name string) error {
	t, err := TargetOf(name)
	if err == nil {
		err = t.Replaceable()
	}
	if err != nil || !t.Regular() {
		return err
	}
	temp, err := hidden(t.Path, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(os.Remove(temp.Name()), temp.Close())
}
