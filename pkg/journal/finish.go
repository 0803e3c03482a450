package journal

import (
	"errors"
	"path/filepath"
)

// Sync makes all that was recorded so far outlive a power cut. Writing goes on meanwhile. It is to be called about once
// a second, and before Close; it does nothing if there is nothing new.
func (j *Journal) Sync() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	written, end, err := j.written, j.end, j.err
	file, part := j.file, j.part // they change only with syncing held
	idle := end == j.synced || j.complete != nil
	j.mu.Unlock()
	if err != nil || idle {
		return err
	}
	if written != j.checked {
		err := part.Sync() // before the checkpoint says so
		if end, err = j.checkpoint(written, err); err != nil {
			return err
		}
	}
	if err := file.Sync(); err != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		return j.fail(j.name(), err)
	}
	j.synced, j.checked = end, written
	return nil
}

// checkpoint records that OUT.part was synced up to what written says. It returns the end of the journal.
func (j *Journal) checkpoint(written Sum, err error) (end int64, _ error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		return 0, j.fail(j.partName(), err)
	}
	if j.err != nil {
		return 0, j.err
	}
	j.buf = appendCheckpoint(j.buf[:0], written)
	err = j.append(j.buf)
	return j.end, err
}

// Complete makes OUT of OUT.part, atomically and durably, once all items are written. The journal becomes a small record
// of that, for the next Resume. Only Close may follow, or Reopen.
func (j *Journal) Complete() error {
	if err := j.Sync(); err != nil {
		return err
	}
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	if !j.whole() {
		return &PieceError{j.next, 1, "not finished or not placed, though the run is said to be complete"}
	}
	if err := j.partInPlace(); err != nil {
		return err
	}
	// The journal must know before the name changes: else a crash in between would leave neither OUT.part nor a hint.
	c, err := j.announce()
	if err != nil {
		return err
	}
	if err := j.fs.Rename(j.partName(), j.out); err != nil {
		return j.fail(j.out, err)
	}
	if err := j.fs.SyncDir(filepath.Dir(j.out)); err != nil {
		return j.fail(j.out, err)
	}
	_ = j.part.Close() // synced; nothing can be lost
	j.part, j.complete = nil, c
	j.shrink()
	return j.err
}

// partInPlace makes sure that it is OUT.part which will get the name of OUT.
func (j *Journal) partInPlace() error {
	ours, err := j.part.Stat()
	if err != nil {
		return j.fail(j.partName(), err)
	}
	named, err := j.fs.Stat(j.partName())
	if err == nil && named.ID != ours.ID {
		err = errors.New("it was replaced by another file during the run")
	}
	if err != nil {
		return j.fail(j.partName(), err)
	}
	return nil
}

// announce records that OUT.part is complete.
func (j *Journal) announce() (*Completed, error) {
	if err := j.part.Sync(); err != nil {
		return nil, j.fail(j.partName(), err)
	}
	info, err := j.part.Stat()
	if err != nil {
		return nil, j.fail(j.partName(), err)
	}
	_, input := j.prefix()
	c := &Completed{Items: j.items, Failed: j.failed, Input: input, Out: j.written, ModTime: info.ModTime}
	j.buf = appendComplete(j.buf[:0], c)
	if err := j.append(j.buf); err != nil {
		return nil, err
	}
	if err := j.file.Sync(); err != nil {
		return nil, j.fail(j.name(), err)
	}
	return c, nil
}

// Close gives up the lock and the files. What was not synced is left to the system; a later Resume goes on from there.
func (j *Journal) Close() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == ErrClosed {
		return nil
	}
	var err error
	if j.part != nil {
		err = j.part.Close()
	}
	if failed := j.file.Close(); err == nil {
		err = failed
	}
	j.err = ErrClosed
	return err
}
