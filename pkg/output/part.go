package output

import (
	"os"
	"path/filepath"
	"time"
)

// Part is OUT.part, the file in which OUT grows, locked against another run, which would mix its answers with ours.
type Part struct {
	*os.File
	target Target
}

// Grow opens OUT.part, with what an earlier run has left in it. A *LockedError says that another run has it.
func (t *Target) Grow(patience time.Duration) (*Part, error) {
	f, err := t.OpenLocked(t.Path+".part", os.O_CREATE, false, patience)
	if err != nil {
		return nil, err
	}
	return &Part{f, *t}, nil
}

// Finish makes OUT of OUT.part, durably. The lock lasts until it has its name.
func (p *Part) Finish() error {
	err := p.Sync()
	if err == nil {
		err = p.target.Settle(p.File, p.Name())
	}
	if closed := p.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return SyncDir(filepath.Dir(p.target.Path))
}
