package journal

import (
	"errors"
	"fmt"
	"strings"

	"stoke/pkg/output"
)

// LockedError says that another process works on the same OUT.
type LockedError = output.LockedError

// VersionError says that a newer program wrote the journal.
type VersionError struct {
	Path           string
	Version, Known int // its format, and the newest that this program knows
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s was written by a newer stoke: it has format %d, and this one knows up to %d", e.Path, e.Version, e.Known)
}

// Difference is one value by which two runs differ. A value that one of them does not have is empty, as are private ones.
type Difference struct {
	Name, Then, Now    string
	Private, Revisable bool
}

func (d *Difference) String() string {
	if d.Private {
		return d.Name + " differs"
	}
	return fmt.Sprintf("%s was %.60q and is %.60q", d.Name, d.Then, d.Now)
}

// MismatchError says that the interrupted run was another one.
type MismatchError struct {
	Path    string
	Differs []Difference
}

func (e *MismatchError) Error() string {
	var differs []string
	for _, d := range e.Differs {
		differs = append(differs, d.String())
	}
	return fmt.Sprintf("%s belongs to another run: %s", e.Path, strings.Join(differs, "; "))
}

// TouchedError says that OUT.part is not what was written to it.
type TouchedError struct{ Path, Detail string }

func (e *TouchedError) Error() string { return e.Path + " was touched: " + e.Detail }

// MissingError says that OUT.part is gone, though the journal says that the run is not complete.
type MissingError struct{ Path string }

func (e *MissingError) Error() string { return e.Path + " is missing" }

// ChangedError says that OUT is not what it was when the run was completed.
type ChangedError struct{ Path string }

func (e *ChangedError) Error() string { return e.Path + " was changed since the run was completed" }

// DamagedError says that the journal cannot be used.
type DamagedError struct{ Path, Detail string }

func (e *DamagedError) Error() string { return e.Path + " is damaged: " + e.Detail }

// PieceError says that a call does not make sense: it has changed nothing, and the journal can be used on.
type PieceError struct {
	First  int64
	N      int
	Detail string
}

func (e *PieceError) Error() string {
	return fmt.Sprintf("items %d to %d: %s", e.First, e.First+int64(e.N)-1, e.Detail)
}

var (
	// ErrCompleted is returned by calls that add to a completed run.
	ErrCompleted = errors.New("the run is complete")
	// ErrClosed is returned by calls after Close.
	ErrClosed = errors.New("the journal is closed")
	// errBad ends the reading of a journal: from here on it is not whole, or makes no sense.
	errBad = errors.New("bad record")
)
