package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"stoke/pkg/journal"
	"stoke/pkg/output"
)

// answers is where answers go. A file appears only when it is complete: it grows beside its place, under the name
// OUT.part, and takes its name at the end in one step. A device or a fifo is written to directly.
type answers struct {
	file     *os.File
	part     *output.Part     // file, if it is to get another name
	outdated string           // a journal that tells of the OUT which it replaces; or ""
	journal  *journal.Journal // keeps the answers, in place of file; or nil
	stop     func()           // ends its being synced
	early    bool             // --halt has stopped the run, and what is not done stays so
	input    *os.File         // a copy of the input, which could be read only once; or nil
}

// openOutput opens the output named name; "" is standard output.
func openOutput(name string) (*answers, error) {
	if name == "" {
		return &answers{file: os.Stdout}, nil
	}
	target, err := targetOf(name)
	if err != nil {
		return nil, err
	}
	if !target.Regular() {
		f, err := os.OpenFile(target.Path, os.O_WRONLY, 0)
		return &answers{file: f}, named("--output", err)
	}
	left, unfinished := leftBy(target)
	if unfinished != nil && target.Beside(".part").Info == nil {
		return nil, named("--output", unfinished)
	}
	part, err := target.Grow(output.Patience) // that another run is at it is the better reason
	if err == nil {
		if err = unfinished; err == nil {
			err = part.Truncate(0)
		}
		if err != nil {
			part.Close()
		}
	}
	if err != nil {
		return nil, named("--output", err)
	}
	return &answers{file: part.File, part: part, outdated: left}, nil
}

// leftBy returns the journal of a complete run on OUT, which will tell of another OUT when this run is complete; "" if there is none. One
// of a run that is not complete is an error: its work would be lost.
func leftBy(target output.Target) (name string, err error) {
	name = target.Path + ".stoke"
	left, err := journal.Look(journal.Disk{}, target.Path)
	if damaged := new(journal.DamagedError); errors.As(err, &damaged) {
		if part := target.Beside(".part"); part.Info == nil || part.Info.Size() == 0 {
			return "", nil // a file of somebody else, and nothing to lose
		}
		return "", fmt.Errorf("%w, and what is in %s.part may be work that is done; remove both to begin anew", err, target.Path)
	}
	if err != nil || left == nil {
		return "", err
	}
	if !left.Complete && left.Items > 0 {
		return "", fmt.Errorf("%s: %s done; --resume goes on; remove %s to begin anew", target.Path, countItems(left.Items, " is", " are"), name)
	}
	return name, nil
}

// targetOf finds OUT. One that could not be replaced in the end is found out now, before any work is done for it.
func targetOf(name string) (output.Target, error) {
	target, err := output.TargetOf(name)
	if err == nil {
		err = target.Replaceable()
	}
	return target, named("--output", err)
}

// grows reports whether OUT grows in another file, OUT.part.
func (o *answers) grows() bool { return o.part != nil || o.journal != nil }

// finish makes the file durable and gives it its name if the run was complete; otherwise it keeps the other.
func (o *answers) finish(complete bool) error {
	switch {
	case o.journal != nil:
		return o.conclude(complete)
	case o.part != nil && complete:
		err := o.part.Finish()
		if err == nil && o.outdated != "" {
			_ = os.Remove(o.outdated) // else it will say that OUT was changed, which is true
		}
		return named("--output", err)
	case o.part != nil:
		o.file.Close()
	case o.file != os.Stdout:
		return named("--output", o.file.Close())
	}
	return nil
}

// waysOn adds to an error of failed items, if they were not accepted and keep OUT away, what can be done now.
func waysOn(p *plan, err error, out *answers) error {
	if statusOf(err) != statusItems || p.accepted || !out.grows() {
		return err
	}
	hint := "the answers are in " + p.output + ".part; "
	if p.resume {
		return &notAccepted{err, hint + "--retry-failed tries the failed items again, --on-error fill or skip accepts them as they are"}
	}
	return &notAccepted{err, hint + "--on-error fill or skip accepts items that fail, --resume keeps what is done for another try"}
}

// restoreFailed writes the items that had failed before to the file for failed items.
func (o *answers) restoreFailed(to io.Writer) error {
	if o.journal == nil || to == nil {
		return nil
	}
	for item, err := range o.journal.FailedItems() {
		if err == nil {
			_, err = to.Write(item.Item)
		}
		if err != nil {
			return named("--failed", err)
		}
	}
	return nil
}
