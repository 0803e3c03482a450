package cmd

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/event"
	"stoke/pkg/journal"
)

// endsNote is the name of the note in a journal that says how workers failed at their end: what they were to leave behind may be
// missing, though all items are done.
const endsNote = "ends"

// earlierEnds says that workers failed at their end in an earlier run, whose items this one has not done again; nil if none did.
func earlierEnds(p *plan, j *journal.Journal, accepted bool) error {
	what := ""
	if j != nil {
		what = j.Noted(endsNote)
	}
	switch err := errors.New("in an earlier run, " + what); {
	case what == "":
		return nil
	case accepted:
		return acceptedEnds{err}
	default:
		return &notAccepted{err, "the answers are in " + p.output + ".part; --on-error fill or skip accepts it; remove " + p.output + ".stoke to begin anew"}
	}
}

// weighEnds ranks an error of the run that is the failure of workers at their end: whoever accepts failed items accepts it, and a
// signal outranks it; then it is only told of.
func weighEnds(p *plan, err error, stopped *interruption, out *answers, v *voice) error {
	var ends *engine.EndError
	if !errors.As(err, &ends) {
		if err == nil && stopped == nil {
			err = earlierEnds(p, out.journal, p.accepted)
		}
		return err
	}
	out.note(endsNote, err.Error())
	ends.Hint = endHint(p, ends)
	if out.grows() && !p.accepted {
		ends.Hint = "the answers are in " + p.output + ".part; " + ends.Hint
	}
	if stopped != nil {
		v.report(err)
		return nil
	}
	if p.accepted {
		return acceptedEnds{ends}
	}
	return err
}

// endHint says what to do about workers that failed at their end.
func endHint(p *plan, e *engine.EndError) string {
	accept := "; --on-error fill or skip accepts it"
	if p.accepted {
		accept = ""
	}
	switch exit := e.Ends[0].Exit; {
	case e.Ends[0].After && exit.Forced:
		return "raise --exit-timeout, or find out what the exit code is waiting for" + accept
	case e.Ends[0].After:
		return strings.TrimPrefix(accept, "; ")
	case exit.Forced && e.Ends[0].Deaf:
		return "a worker reads its standard input to the end, then exits: ssh -n and </dev/null keep it from that" + accept
	case exit.Forced:
		return "raise --exit-timeout, or find out what the worker is waiting for" + accept
	case p.worker.Program == nil:
		return "if it always ends like that, and that is no fault: sh -c 'COMMAND || true'" + accept
	}
	return strings.TrimPrefix(accept, "; ")
}

// nameLingering says which workers are waited for that have nothing left to do.
func (v *voice) nameLingering(leavers []event.Lingerer) {
	names := make([]string, len(leavers))
	longest := time.Duration(0)
	for i, l := range leavers {
		names[i] = fmt.Sprintf("worker %d (pid %d)", l.Slot, l.Pid)
		longest = max(longest, l.For)
	}
	v.note(fmt.Sprintf("waiting for %s to end: nothing has been left to do for %v; a signal ends the wait, --exit-timeout bounds it",
		strings.Join(names, ", "), longest.Round(100*time.Millisecond)))
}
