package progress

import "time"

// Snapshot is the state of the run at one moment.
type Snapshot struct {
	Elapsed                   time.Duration // since the run began
	Answered, Failed, Retried int64         // items; those of an earlier run that is resumed included
	Items                     int64         // how many items there are, 0 if that is not known
	Done, Bytes               int64         // bytes of the input: of finished items, and of all, 0 if that is not known
	Workers, Warming          int           // worker processes, and those among them that are warming up
	Waiting                   Waiting
}

// Waiting is the item that everyone is waiting for. The zero value stands for none.
type Waiting struct {
	Seq  int64
	Item string // its bytes, or as many as there are at hand
	Slot int    // of the worker that has it, 0 if none has
	For  time.Duration
}

// part is how much of the run is done, from 0 to 1: by items if their number is known, otherwise by bytes; 0 if neither is.
func (s *Snapshot) part() float64 {
	done, total := s.Answered+s.Failed, s.Items
	if total <= 0 {
		done, total = s.Done, s.Bytes
	}
	if total <= 0 {
		return 0
	}
	return min(max(float64(done)/float64(total), 0), 1)
}
