package cmd

import (
	"errors"
	"fmt"
	"testing"

	"stoke/pkg/engine"
)

func TestRepeats(t *testing.T) {
	var r repeats
	told := 0
	fail := func(item string, err error) {
		if r.add(&engine.ItemError{Item: []byte(item), Err: err}) {
			told++
		}
	}
	for i := range 20 {
		item := fmt.Sprint("x", i)
		fail(item, &engine.ReportedError{Slot: i, Message: "ValueError: '" + item + "' is no number", Words: "Traceback"})
		fail(item, &engine.DiedError{Slot: i, Pid: i})
	}
	if told != 2*mostAlike {
		t.Errorf("%d were told, want the first %d of each kind", told, mostAlike)
	}
	lines := r.rest()
	if len(lines) != 2 || lines[0] != "ValueError: '...' is no number: ... and 15 more like it" {
		t.Errorf("the rest is %q", lines)
	}
	told = 0
	for i := range 2 * mostKinds {
		fail("x", errors.New(fmt.Sprint("kind ", i)))
	}
	if told != 2*mostKinds || len(r.kinds) > mostKinds {
		t.Errorf("of %d kinds %d were told and %d are remembered, want all and %d", 2*mostKinds, told, len(r.kinds), mostKinds)
	}
}
