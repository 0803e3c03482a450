package journal

import (
	"errors"
	"io/fs"
)

// Reason says why a run starts afresh.
type Reason int

const (
	Continues   Reason = iota // it does not
	NoJournal                 // there was none
	NothingDone               // nothing was finished that could be kept
	OutRemoved                // the run was complete, and OUT is gone
	OtherRun                  // another run was complete: State.Differs, or Restart
)

// State is what Resume has found. It belongs to the caller.
type State struct {
	Fresh   Reason
	Differs []Difference // with OtherRun: from the run that was complete; with Continues: what Revise is to be called for

	Next          int64   // all items before it are in OUT.part, and not this one
	Input         Sum     // of the items before Next
	Done          []Range // all that is done, held pieces included: sorted, disjoint, not adjacent
	Held          []Held  // by First; none if unordered
	Items, Failed int64   // done, and how many of them failed
	Out           Sum     // of OUT.part
	Completed     *Completed

	// What a crash has cost, in bytes: the end of the journal and of OUT.part that could not be trusted.
	LostJournal, LostOut int64
}

// Resume goes on with the run whose files lie beside out, or starts one afresh: State tells. If State.Completed is
// set, nothing is to be done, unless the input is another one (Restart) or failed items are to be tried again (Reopen).
// Errors: *LockedError, *VersionError, *MismatchError, *TouchedError, *MissingError, *ChangedError, *DamagedError, or of
// the file system. An error of these types means that nothing was changed.
func Resume(fsys FS, out string, id Identity) (*Journal, *State, error) {
	j := &Journal{files: files{fs: fsys, out: out}, facts: id.facts(), ledger: newLedger(id.Unordered)}
	if err := j.lockLog(); err != nil {
		return nil, nil, err
	}
	st, err := j.resume()
	if err == nil {
		err = j.tidy()
	}
	if err != nil {
		j.giveUp()
		return nil, nil, err
	}
	return j, st, nil
}

// giveUp closes the files, and removes the journal if nothing is in it.
func (j *Journal) giveUp() {
	if info, err := j.file.Stat(); err == nil && info.Size == 0 {
		_ = j.fs.Remove(j.name())
	}
	j.Close()
}

// fresh begins a run, whatever there was. OUT itself stays until Complete.
func (j *Journal) fresh(why Reason) (*State, error) {
	if err := j.clear(); err != nil {
		return nil, err
	}
	j.ledger, j.written, j.checked, j.complete = newLedger(j.unordered), Sum{}, Sum{}, nil
	if err := j.append(appendHeader(nil, j.facts)); err != nil {
		return nil, err
	}
	if err := j.file.Sync(); err != nil {
		return nil, err
	}
	j.base, j.synced = j.end, j.end
	j.generation++
	return &State{Fresh: why, Next: 1}, j.syncDir()
}

// Restart gives up what there is and starts afresh, still locked. It is for a complete run whose input has changed.
func (j *Journal) Restart() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	_, err := j.fresh(OtherRun)
	if err != nil {
		return j.fail("starting afresh", err)
	}
	return nil
}

func (j *Journal) resume() (*State, error) {
	info, err := j.file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size == 0 {
		return j.fresh(NoJournal)
	}
	facts, err := j.header(info.Size)
	if err == errBad {
		if part, err := j.fs.Stat(j.partName()); errors.Is(err, fs.ErrNotExist) || err == nil && part.Size == 0 {
			return j.fresh(NothingDone)
		}
		err = &DamagedError{j.name(), "it does not begin as a journal does"}
	}
	if err != nil {
		return nil, err
	}
	differs := differences(facts, j.facts)
	r, err := j.replay(info.Size, unordered(facts))
	if err != nil {
		return nil, err
	}
	if r.complete != nil {
		if st, err := j.finished(r, differs); st != nil || err != nil {
			return st, err
		}
	}
	if len(r.done) == 0 {
		return j.fresh(NothingDone)
	}
	if len(differs) > 0 && !revisable(differs) {
		return nil, &MismatchError{j.name(), differs}
	}
	st, err := j.goOn(r, info.Size)
	if st != nil {
		st.Differs = differs
	}
	return st, err
}

// unordered reports whether these are the facts of a run in which nothing has a turn.
func unordered(facts []Fact) bool {
	return len(facts) > 0 && facts[0] == (&Identity{Unordered: true}).facts()[0]
}

// finished deals with a run that was announced to be complete. It returns nothing if OUT.part was not renamed after all.
func (j *Journal) finished(r *replay, differs []Difference) (*State, error) {
	same, removed, err := j.unchanged(r.complete)
	if err != nil {
		return nil, err
	}
	_, partErr := j.fs.Stat(j.partName())
	switch {
	case !same && partErr == nil:
		return nil, nil
	case len(differs) > 0 && !revisable(differs):
		st, err := j.fresh(OtherRun)
		if st != nil {
			st.Differs = differs
		}
		return st, err
	case removed:
		return j.fresh(OutRemoved)
	case !same:
		return nil, &ChangedError{j.out}
	}
	j.adopt(r, nil, r.complete.Out)
	j.complete = r.complete
	st := j.state(nil)
	st.Differs = differs
	return st, j.syncDir() // a killed process may not have come to that
}

// goOn verifies OUT.part, cuts off what cannot be trusted, and takes over from there.
func (j *Journal) goOn(r *replay, size int64) (*State, error) {
	err := j.lockPart(0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{j.partName()}
	}
	if err != nil {
		return nil, err
	}
	part := j.part
	info, err := part.Stat()
	if err != nil {
		return nil, err
	}
	intact, cut, err := r.verify(part, j.partName())
	if err != nil {
		return nil, err
	}
	if cut >= 0 {
		if r, err = j.replay(cut, r.unordered); err != nil {
			return nil, err
		}
	}
	// A killed process may have given the journal its name and not come to making that durable: the one before must not come back.
	if err := j.syncDir(); err != nil {
		return nil, err
	}
	lostOut, lostJournal := info.Size-intact.Len, size-r.end
	j.adopt(r, part, intact)
	if lostOut > 0 || lostJournal > 0 || r.checked != intact {
		if err := j.mend(); err != nil {
			return nil, err
		}
	}
	st, err := j.settle(r)
	if err == nil {
		st.LostOut, st.LostJournal = lostOut, lostJournal
	}
	return st, err
}

// adopt takes over what a journal says.
func (j *Journal) adopt(r *replay, part File, written Sum) {
	j.ledger, j.part, j.written, j.checked, j.end = r.ledger, part, written, written, r.end
	j.synced = -1 // what a killed process has written need not be on the disk
	j.generation++
}

// mend cuts both files to what is trusted and makes that durable: nothing stale may come back after the next crash.
func (j *Journal) mend() error {
	if err := j.part.Truncate(j.written.Len); err != nil {
		return err
	}
	if err := j.part.Sync(); err != nil {
		return err
	}
	if err := j.file.Truncate(j.end); err != nil {
		return err
	}
	if err := j.append(appendCheckpoint(nil, j.written)); err != nil {
		return err
	}
	j.synced = j.end
	return j.file.Sync()
}

// settle returns the state after r, with held pieces placed at once if they have no turn.
func (j *Journal) settle(r *replay) (*State, error) {
	if !j.unordered {
		return j.state(r), nil
	}
	if err := j.place(r.pieces(j.generation)); err != nil {
		return nil, err
	}
	return j.state(nil), nil
}

// tidy removes what a crash while the journal was being replaced has left.
func (j *Journal) tidy() error {
	if j.complete != nil && j.holds {
		j.shrink()
		return j.err
	}
	if _, err := j.fs.Stat(j.newName()); err != nil {
		return nil
	}
	return j.fs.Remove(j.newName())
}

func (j *Journal) state(r *replay) *State {
	st := &State{Done: append([]Range(nil), j.done...), Items: j.items, Failed: j.failed, Out: j.written, Completed: j.complete}
	st.Next, st.Input = j.prefix()
	if r != nil {
		st.Held = r.pieces(j.generation)
	}
	return st
}
