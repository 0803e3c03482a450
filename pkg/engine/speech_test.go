package engine

import (
	"strings"
	"testing"
)

// A program that prompts never prints the line that ends an answer. It was said to keep its answers in a buffer.
func TestComplaintShowsWhatWasPrinted(t *testing.T) {
	tr := newTrial(nil)
	tr.Protocol = driven("{}", "END")
	f := newFake(echo)
	f.codec = tr.Protocol.Codec(100)
	c := newConversation(New(tr.Options).runners[0], f, false, new(loan))
	c.out.add(copy(c.out.room(), "> 2\n> END\n"))
	c.warnSilent(longSilence)
	if got := strings.Join(tr.warnings, "\n"); !strings.Contains(got, `but has printed "> 2\n> END\n"`) {
		t.Errorf("warnings: %s", got)
	}
}

// The last item of a run, tried again alone, may wait for the end of the input, too: that was kept from it for ever.
func TestEndOfInputForOneAlone(t *testing.T) {
	e := New(newTrial(nil).Options)
	e.habits.show(prompt)
	c := withOneItem(t, e, newFake(func(string) string { return "" }), true)
	e.Drain()
	if err := c.fill(); err != nil || c.stdin.state != ending {
		t.Errorf("input %v, want %v; error %v", c.stdin.state, ending, err)
	}
}
