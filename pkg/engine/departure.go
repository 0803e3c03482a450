package engine

import (
	"fmt"
	"sync"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/worker"
)

// Departures. A worker whose input has ended, and which has answered everything, may take as long as it takes to end: it may
// have to save what it has learnt. Its end counts all the same, whenever it comes: in the middle of the run, where it
// was replaced, as well.

// departure is the end of one worker that is waited for.
type departure struct {
	slot, pid int
	since     time.Time
	told      bool // the user has been told that it is waited for
}

// timeLeft is how much of limit is left; limited is false without a limit.
func (d *departure) timeLeft(limit time.Duration) (left time.Duration, limited bool) {
	if limit == 0 {
		return -1, false
	}
	return max(0, limit-time.Since(d.since)), true
}

// departures are all those of a run. Safe for concurrent use.
type departures struct {
	patience time.Duration
	tell     event.Tell

	mu      sync.Mutex
	waiting map[*departure]bool
	remind  *time.Timer
	failed  []End
}

// begin notes that the end of a worker is waited for.
func (ds *departures) begin(slot, pid int) *departure {
	d := &departure{slot: slot, pid: pid, since: time.Now()}
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.waiting == nil {
		ds.waiting = make(map[*departure]bool)
	}
	ds.waiting[d] = true
	if ds.remind == nil {
		ds.remind = time.AfterFunc(ds.patience, ds.tellLong)
	}
	return d
}

// end notes that it is waited for no more.
func (ds *departures) end(d *departure) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	delete(ds.waiting, d)
	if len(ds.waiting) == 0 && ds.remind != nil {
		ds.remind.Stop()
		ds.remind = nil
	}
}

// tellLong tells of those that have been waited for long enough, each once, and sees to the others.
func (ds *departures) tellLong() {
	if long := ds.due(); len(long) > 0 {
		ds.tell(&event.Lingering{Workers: long})
	}
}

func (ds *departures) due() (long []event.Lingerer) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.remind == nil {
		return nil
	}
	ds.remind = nil
	next := time.Duration(-1)
	for d := range ds.waiting {
		if d.told {
			continue
		}
		waited := time.Since(d.since)
		if waited < ds.patience/2 {
			if left := ds.patience - waited; next < 0 || left < next {
				next = left
			}
			continue
		}
		d.told = true
		long = append(long, event.Lingerer{Slot: d.slot, Pid: d.pid, For: waited})
	}
	if next >= 0 {
		ds.remind = time.AfterFunc(next, ds.tellLong)
	}
	return long
}

// fail notes that workers have failed at their end.
func (ds *departures) fail(e End) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	for i := range ds.failed {
		if same := &ds.failed[i]; same.After == e.After && same.what() == e.what() {
			e.N += same.N
			*same = e
			return
		}
	}
	ds.failed = append(ds.failed, e)
}

// verdict says how workers have failed at their ends; nil if none has.
func (ds *departures) verdict() error {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if len(ds.failed) == 0 {
		return nil
	}
	return &EndError{Ends: ds.failed}
}

// End is how workers ended that had answered everything, and failed then.
type End struct {
	N         int // workers that ended so
	Slot, Pid int // the last of them
	Exit      worker.Exit
	Deaf      bool   // it had closed its standard input, and did not end
	After     bool   // it is what was run when the worker had ended
	Words     string // the end of its stderr
}

// what is the same for workers that ended in the same way.
func (e *End) what() string {
	switch {
	case e.Exit.Forced && e.Deaf:
		return "closed standard input, did not end, and had to be killed"
	case e.Exit.Forced:
		return "did not end in time, and had to be killed"
	}
	return "ended with " + e.Exit.String()
}

func (e *End) String() string {
	switch {
	case e.After && e.N > 1:
		return fmt.Sprintf("the exit code of %d workers %s, the last of them worker %d (pid %d)", e.N, e.what(), e.Slot, e.Pid)
	case e.After:
		return fmt.Sprintf("the exit code of worker %d (pid %d) %s", e.Slot, e.Pid, e.what())
	case e.N > 1:
		return fmt.Sprintf("%d workers %s after their answers, the last of them worker %d (pid %d)", e.N, e.what(), e.Slot, e.Pid)
	}
	return fmt.Sprintf("worker %d (pid %d) %s after its answers", e.Slot, e.Pid, e.what())
}

// EndError says that workers failed after their last answers: what they were to leave behind may be missing.
type EndError struct {
	Ends []End
	Hint string // what may help, if anything is known
}

func (e *EndError) Error() string {
	text := e.Ends[0].String()
	for _, end := range e.Ends[1:] {
		text += "; " + end.String()
	}
	return text
}
