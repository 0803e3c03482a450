package engine

import "testing"

func TestHabits(t *testing.T) {
	for _, tt := range []struct {
		what                   string
		of                     *habits
		shown                  []buffering
		all, each, forthcoming bool
	}{
		{what: "nothing is known"},
		{what: "a worker answered all it had", shown: []buffering{prompt}, all: true},
		{what: "one answered an item with others in hand", shown: []buffering{perItem}, all: true, each: true},
		{what: "it only grows", shown: []buffering{perItem, prompt}, all: true, each: true},
		{what: "one keeps answers back", shown: []buffering{prompt, buffered}},
		{what: "what others do says nothing then", shown: []buffering{buffered, perItem}},
		{what: "who is obliged to answers all", of: &habits{obliged: true}, all: true, forthcoming: true},
		{what: "unless one is seen not to", of: &habits{obliged: true}, shown: []buffering{buffered}, forthcoming: true},
		{what: "in groups it cannot be told which item they are at", of: &habits{grouped: true}, shown: []buffering{perItem}, all: true},
		{what: "answers with an end of their own are sure to come, if they do", of: &habits{escaped: true}, shown: []buffering{prompt}, all: true, forthcoming: true},
		{what: "if nothing is known they are not", of: &habits{escaped: true}},
	} {
		h := tt.of
		if h == nil {
			h = new(habits)
		}
		for _, b := range tt.shown {
			h.show(b)
		}
		if h.answersAll() != tt.all || h.answersEach() != tt.each || h.forthcoming() != tt.forthcoming {
			t.Errorf("%s: all %v, each %v, forthcoming %v", tt.what, h.answersAll(), h.answersEach(), h.forthcoming())
		}
	}
}

// aReader has read so many bytes, and has nothing in its pipe if it is silent.
type aReader struct {
	read   int64
	silent bool
}

func (r aReader) Read() (int64, bool) { return r.read, true }
func (r aReader) Silent() bool        { return r.silent }

func TestFlushes(t *testing.T) {
	const large = smallWrite
	type write struct {
		read     int64 // by then, as seen before it
		silent   bool
		n, items int // bytes, and items that they answer
	}
	for _, tt := range []struct {
		what        string
		writes      []write
		want        buffering
		volunteered bool
	}{
		{"one answer after another, with all items read", []write{{6, true, 2, 1}, {6, true, 2, 1}}, perItem, true},
		{"one answer is no proof: it may be the last", []write{{6, true, 2, 1}}, unknown, false},
		{"all answers at once", []write{{6, true, 4, 2}, {6, true, 2, 1}}, perItem, true},
		{"as much as a full buffer was forced", []write{{6, true, large, 1}, {6, true, large, 1}}, unknown, false},
		{"with something left in its pipe it cannot be told", []write{{6, false, 2, 1}, {6, false, 2, 1}}, unknown, true},
		{"the next item was not read by then", []write{{2, true, 2, 1}, {2, true, 2, 1}}, unknown, true},
	} {
		var h habits
		f := flushes{habits: &h}
		in := inHand("abc")
		for _, w := range tt.writes {
			f.before(aReader{w.read, w.silent})
			in.oldest().done += w.items
			in.answer(w.items)
			f.after(w.n, true, true, in.oldest(), scanLines)
		}
		if h.known() != tt.want || h.volunteered.Load() != tt.volunteered {
			t.Errorf("%s: %v, volunteered %v; want %v, %v", tt.what, h.known(), h.volunteered.Load(), tt.want, tt.volunteered)
		}
	}
}

func TestFlushesLooksNoMore(t *testing.T) {
	var h habits
	f := flushes{habits: &h}
	for range 2 * enoughLooks {
		f.before(aReader{})
	}
	if f.looks != enoughLooks {
		t.Errorf("%d looks, want %d", f.looks, enoughLooks)
	}
	f = flushes{habits: &h}
	h.show(perItem)
	if f.before(aReader{}); f.looks != 0 {
		t.Error("a look at a worker of which all is known")
	}
}

func TestFlushesPrompt(t *testing.T) {
	var h habits
	f := flushes{habits: &h}
	if f.answered(); !f.prompt || h.known() != prompt {
		t.Error("it has answered all it had")
	}
	if f.kept(); f.prompt || h.known() != buffered {
		t.Error("it keeps answers back")
	}
	if f.answered(); !f.prompt || h.answersAll() {
		t.Error("one worker is prompt again, and others keep answers back")
	}
}
