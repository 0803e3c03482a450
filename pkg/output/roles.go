package output

import "os"

// Use is one use that a run makes of a file.
type Use struct {
	Name  string // for messages
	Place Place
	Kind  Kind
}

// Kind says what is done with a file.
type Kind int

const (
	Read      Kind = iota // it is read
	Written               // it is made or written to
	Inherited             // it is one of the standard streams, which whoever started us may have joined
)

// Conflict returns two uses of one file that cannot go together: one that is read and written, or one that is written in two
// ways. What is no file can be used in any way: a device, a socket; a fifo can only not be read and written.
func Conflict(uses []Use) (one, other *Use) {
	for i := range uses {
		for j := range uses[:i] {
			if a, b := &uses[j], &uses[i]; a.conflicts(b) {
				return a, b
			}
		}
	}
	return nil, nil
}

func (u *Use) conflicts(v *Use) bool {
	if u.Kind == v.Kind && u.Kind != Written || !u.Place.Same(v.Place) {
		return false
	}
	fifo := u.Place.Info != nil && u.Place.Info.Mode()&os.ModeNamedPipe != 0
	return u.Place.Regular() || fifo && (u.Kind == Read || v.Kind == Read)
}
