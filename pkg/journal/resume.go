package journal

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"stoke/pkg/output"
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

// Create starts a run afresh, whatever there is in OUT.part and OUT.stoke. OUT itself stays until Complete.
// Errors: *LockedError, or of the file system.
func Create(fsys FS, out string, id Identity) (*Journal, error) {
	j, err := open(fsys, out, &id)
	if err != nil {
		return nil, err
	}
	if _, err := j.fresh(NoJournal); err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

// Resume goes on with the run whose files lie beside out, or starts one afresh: State tells. If State.Completed is
// set, nothing is to be done, unless the input is another one (Restart) or failed items are to be tried again (Reopen).
// Errors: *LockedError, *VersionError, *MismatchError, *TouchedError, *MissingError, *ChangedError, *DamagedError, or of
// the file system. An error of these types means that nothing was changed.
func Resume(fsys FS, out string, id Identity) (*Journal, *State, error) {
	j, err := open(fsys, out, &id)
	if err != nil {
		return nil, nil, err
	}
	st, err := j.resume()
	if err == nil {
		err = j.tidy()
	}
	if err != nil {
		j.Close()
		return nil, nil, err
	}
	return j, st, nil
}

// open locks the journal.
func open(fsys FS, out string, id *Identity) (*Journal, error) {
	j := &Journal{fs: fsys, out: out, facts: id.facts(), ledger: newLedger(id.Unordered)}
	for range 10 {
		f, err := fsys.OpenFile(j.name(), os.O_RDWR|os.O_CREATE, private)
		if err != nil {
			return nil, err
		}
		err = f.Lock()
		mine, statErr := f.Stat()
		named, nameErr := fsys.Stat(j.name())
		if err == nil && statErr == nil && nameErr == nil && mine.ID == named.ID {
			j.file = f
			return j, nil
		}
		f.Close()
		if err != nil {
			return nil, output.Locked(out, err)
		}
	} // its holder has replaced the file between our opening and locking it
	return nil, &LockedError{Path: out}
}

// openPart opens OUT.part and locks it against a run without a journal.
func (j *Journal) openPart(flag int) error {
	if j.part != nil {
		return nil
	}
	for range 10 {
		part, err := j.fs.OpenFile(j.partName(), os.O_RDWR|flag, 0o666)
		if err != nil {
			return err
		}
		err = part.Lock()
		mine, statErr := part.Stat()
		named, nameErr := j.fs.Stat(j.partName())
		if err == nil && statErr == nil && nameErr == nil && mine.ID == named.ID {
			j.part = part
			return nil
		}
		part.Close()
		if err != nil {
			return output.Locked(j.out, err)
		}
	} // its holder has made OUT of it between our opening and locking it
	return &LockedError{Path: j.out}
}

// fresh empties both files and writes a header. A journal that has no whole header therefore belongs to a run that did
// not begin, provided that OUT.part is empty.
func (j *Journal) fresh(why Reason) (*State, error) {
	if err := empty(j.file); err != nil {
		return nil, err
	}
	if err := j.openPart(os.O_CREATE); err != nil {
		return nil, err
	}
	if err := empty(j.part); err != nil {
		return nil, err
	}
	j.ledger, j.written, j.checked, j.complete, j.end = newLedger(j.unordered), Sum{}, Sum{}, nil, 0
	if err := j.append(appendHeader(nil, j.facts)); err != nil {
		return nil, err
	}
	if err := j.file.Sync(); err != nil {
		return nil, err
	}
	j.base, j.synced = j.end, j.end
	j.generation++
	return &State{Fresh: why, Next: 1}, j.fs.SyncDir(filepath.Dir(j.out))
}

func empty(f File) error {
	info, err := f.Stat()
	if err != nil || info.Size == 0 {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	return f.Sync()
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
	if j.part != nil {
		j.part.Close()
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
	r, err := read(j.file, j.base, info.Size, unordered(facts))
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

// header reads what the journal begins with.
func (j *Journal) header(size int64) ([]Fact, error) {
	line := make([]byte, min(size, 40))
	if _, err := j.file.ReadAt(line, 0); err != nil && err != io.EOF {
		return nil, err
	}
	line, _, ended := bytes.Cut(line, []byte("\n"))
	digits, ours := bytes.CutPrefix(line, []byte(magic))
	version, err := strconv.Atoi(string(digits))
	if !ended || !ours || err != nil || version < 1 {
		return nil, errBad
	}
	if version > Version {
		return nil, &VersionError{j.name(), version}
	}
	s := scanner{f: j.file, size: size, off: int64(len(line)) + 1}
	rec, err := s.next()
	if err == io.EOF || err == nil && rec.kind != isIdentity {
		err = errBad
	}
	if err != nil {
		return nil, err
	}
	j.base = rec.end
	return decodeFacts(rec.payload)
}

// unordered reports whether these are the facts of a run in which nothing has a turn.
func unordered(facts []Fact) bool {
	return len(facts) > 0 && facts[0] == (&Identity{Unordered: true}).facts()[0]
}

// finished deals with a run that was announced to be complete. It returns nothing if OUT.part was not renamed after all.
func (j *Journal) finished(r *replay, differs []Difference) (*State, error) {
	info, outErr := j.fs.Stat(j.out)
	_, partErr := j.fs.Stat(j.partName())
	removed := errors.Is(outErr, fs.ErrNotExist)
	if outErr != nil && !removed {
		return nil, outErr
	}
	same := !removed && info.Size == r.complete.Out.Len
	if same && !info.ModTime.Equal(r.complete.ModTime) {
		sum, err := j.sumOut(info.Size)
		if err != nil {
			return nil, err
		}
		same = sum == r.complete.Out
	}
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
	return st, j.fs.SyncDir(filepath.Dir(j.out)) // a killed process may not have come to that
}

// sumOut reads the first n bytes of OUT.
func (j *Journal) sumOut(n int64) (Sum, error) {
	f, err := j.fs.OpenFile(j.out, os.O_RDONLY, 0)
	if err != nil {
		return Sum{}, err
	}
	defer f.Close()
	return sumAt(f, 0, n)
}

// goOn verifies OUT.part, cuts off what cannot be trusted, and takes over from there.
func (j *Journal) goOn(r *replay, size int64) (*State, error) {
	err := j.openPart(0)
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
		if r, err = read(j.file, j.base, cut, r.unordered); err != nil {
			return nil, err
		}
	}
	// A killed process may have given the journal its name and not come to making that durable: the one before must not come back.
	if err := j.fs.SyncDir(filepath.Dir(j.out)); err != nil {
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
