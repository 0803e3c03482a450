package engine

import (
	"strings"
	"testing"

	"stoke/pkg/wire"
)

// talker is a fakeWorker whose output an Until translates.
type talker struct {
	*fakeWorker
	until *wire.Until
}

func (t talker) Speech() (wire.Translator, []byte) { return t.until, nil }

// A program that prompts never prints the line that ends an answer. It was said to keep its answers in a buffer.
func TestComplaintShowsWhatWasPrinted(t *testing.T) {
	until, err := wire.NewUntil([]byte("END"), 100)
	if err != nil {
		t.Fatal(err)
	}
	tr := newTrial(nil)
	if tr.Framing, err = wire.NewTemplate([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	e := New(tr.Options)
	c := newConversation(e.runners[0], talker{newFake(echo), until}, false, new(loan))
	c.hear(copy(c.raw[:cap(c.raw)], "> 2\n> END\n"))
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
