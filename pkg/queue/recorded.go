package queue

import "stoke/pkg/journal"

// Recorder keeps what is finished, output included; *journal.Journal is the real one, and says what each method does. Safe for
// concurrent use.
type Recorder interface {
	Write(journal.Piece) error
	Hold(journal.Piece) (journal.Held, error)
	Place(...journal.Held) error
	Failures(journal.Held) ([]journal.Failure, error)
}

// Recorded is the Sink of a run that can be resumed: all it prints goes to a record. Its Kept is a journal.Held.
type Recorded struct{ Recorder }

// Write records p, of the items that of says.
func (r Recorded) Write(p []byte, of *journal.Piece) error {
	of.Out = p
	return r.Recorder.Write(*of)
}

// Keep records p as what has to wait.
func (r Recorded) Keep(p []byte, of *journal.Piece) (Kept, error) {
	of.Out = p
	return r.Hold(*of)
}

// Place records that the turn of what was kept has come.
func (r Recorded) Place(all []Kept) error {
	held := make([]journal.Held, len(all))
	for i, k := range all {
		held[i] = k.(journal.Held)
	}
	return r.Recorder.Place(held...)
}

// Failed returns the failed items of what an earlier run has kept.
func (r Recorded) Failed(k Kept) (items []byte, err error) {
	failures, err := r.Failures(k.(journal.Held))
	for _, f := range failures {
		items = append(items, f.Item...)
	}
	return items, err
}

// Durable is true.
func (r Recorded) Durable() bool { return true }
