package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stoke/pkg/cut"
	"stoke/pkg/source"
	"stoke/pkg/wire"
)

// inHand is what a worker has in hand that was sent these batches of items, each item a letter, one after another.
func inHand(batches ...string) *inflight {
	f := new(inflight)
	first := int64(1)
	for _, letters := range batches {
		b := &batch{Batch: itemsOf(letters, first)}
		f.send(b, len(b.Items), time.Now())
		first += int64(b.N)
	}
	return f
}

func itemsOf(letters string, first int64) source.Batch {
	return source.Batch{Items: []byte(strings.Join(strings.Split(letters, ""), "\n") + "\n"), N: len(letters), First: first}
}

var newline = cut.Delimiter("\n")

func scanLines(_ *batch, p []byte, most int) (n, end int) {
	n, end, _ = wire.Lines.Decoder().Scan(p, most)
	return n, end
}

// splitOff is what dispatch.split does, without a dispatch.
func splitOff(b *batch, n int) *batch {
	at := b.offset(n, newline)
	rest := &batch{Batch: source.Batch{Items: slices.Clone(b.Items[at:]), N: b.N - n, First: b.First + int64(n)}}
	b.Items, b.N = b.Items[:at], n
	return rest
}

// letters are the items of batches that are not done.
func letters(batches ...*batch) string {
	var names []string
	for _, b := range batches {
		if b != nil {
			names = append(names, strings.ReplaceAll(string(b.Items[b.offset(b.done, newline):]), "\n", ""))
		}
	}
	return strings.Join(names, " ")
}

func TestInflightCounts(t *testing.T) {
	for _, tt := range []struct {
		what            string
		answered        int64
		consumed, guess bool
		doubted         bool
		pending, owed   int
	}{
		{what: "all of it", pending: 5, owed: 5},
		{what: "some is answered", answered: 2, pending: 3, owed: 3},
		{what: "the worker waits for more", answered: 2, consumed: true, pending: 0, owed: 3},
		{what: "it is guessed to", answered: 2, consumed: true, guess: true, pending: 0, owed: 3},
		{what: "it was guessed to, and wrote something", answered: 2, consumed: true, guess: true, doubted: true, pending: 3, owed: 3},
		{what: "it was seen to, and wrote something", answered: 2, consumed: true, doubted: true, pending: 0, owed: 3},
		{what: "all is answered", answered: 5},
	} {
		f := inHand("abc", "de")
		f.answer(int(tt.answered))
		now := time.Now()
		if tt.consumed {
			how := seen
			if tt.guess {
				how = guessed
			}
			f.consume(now, how)
		}
		if tt.doubted {
			f.doubt()
		}
		if f.pending != tt.pending || f.owed != tt.owed {
			t.Errorf("%s: %d pending, %d owed; want %d, %d", tt.what, f.pending, f.owed, tt.pending, tt.owed)
		}
		if tt.consumed && !f.busySince.Equal(now) {
			t.Errorf("%s: what comes next is said to have begun at another time", tt.what)
		}
	}
}

func TestInflightCompany(t *testing.T) {
	f := inHand("a")
	if f.company != anything {
		t.Error("an item that need not be alone wants no company")
	}
	f.company = nothingYet
	b := &batch{Batch: itemsOf("b", 2), alone: true}
	if f.send(b, len(b.Items), time.Now()); f.company != none {
		t.Error("an item that must be alone has company")
	}
	if f.bytes != 4 || b.end != 4 || b.sent != 1 {
		t.Errorf("%d bytes sent, the second batch ends at %d with %d items", f.bytes, b.end, b.sent)
	}
}

func TestInflightReached(t *testing.T) {
	for _, tt := range []struct {
		read int64
		want int
	}{{0, 0}, {1, 1}, {2, 1}, {3, 2}, {6, 3}, {7, 4}, {10, 5}} {
		f := inHand("abc", "de")
		if got := f.reached(tt.read, scanLines); got != tt.want {
			t.Errorf("%d bytes read: it has begun with %d, want %d", tt.read, got, tt.want)
		}
	}
	f := inHand("abc", "de")
	f.oldest().done = 2
	f.answer(2)
	if got := f.reached(7, scanLines); got != 2 {
		t.Errorf("of those not answered it has begun with %d, want 2", got)
	}
}

func TestInflightTakeUnanswered(t *testing.T) {
	for _, tt := range []struct {
		done, n     int
		first, rest string
	}{
		{0, 0, "", "abc de"}, {0, 1, "a", "bc de"}, {0, 3, "abc", "de"}, {0, 4, "abc d", "e"}, {0, 5, "abc de", ""},
		{2, 1, "c", "de"}, {2, 2, "c d", "e"}, {2, 3, "c de", ""},
	} {
		f := inHand("abc", "de")
		f.oldest().done = tt.done
		first, rest := f.takeUnanswered(tt.n, newline, new(source.Pool), splitOff)
		if letters(first...) != tt.first || letters(rest...) != tt.rest || f.oldest() != nil {
			t.Errorf("%d done, first %d: %q and %q, want %q and %q; left is %v", tt.done, tt.n, letters(first...), letters(rest...), tt.first, tt.rest, f.oldest())
		}
		for _, b := range append(first, rest...) {
			if want := int64(b.Items[0]-'a') + 1; b.First != want || b.done != 0 {
				t.Errorf("%q is item %d, want %d; %d are done", letters(b), b.First, want, b.done)
			}
		}
	}
}

func TestInflightTakeNext(t *testing.T) {
	for _, tt := range []struct {
		batch                string
		done                 int
		item, before, behind string
	}{
		{"a", 0, "a", "", ""}, {"abc", 0, "a", "", "bc"}, {"abc", 1, "b", "a", "c"}, {"abc", 2, "c", "ab", ""},
	} {
		f := inHand(tt.batch, "yz")
		f.oldest().done = tt.done
		f.answer(tt.done)
		item, before, behind := f.takeNext(newline, new(source.Pool), scanLines, splitOff)
		if before != nil {
			before.done = 0 // to see what it has
		}
		if letters(item) != tt.item || letters(before) != tt.before || letters(behind) != tt.behind {
			t.Errorf("%q, %d done: %q, before %q, behind %q", tt.batch, tt.done, letters(item), letters(before), letters(behind))
		}
		if left := strings.TrimSpace(tt.behind + " yz"); letters(f.batches...) != left {
			t.Errorf("%q, %d done: %q is left in flight, want %q", tt.batch, tt.done, letters(f.batches...), left)
		}
		if read := f.bytes; f.owed != f.reached(read, scanLines) {
			t.Errorf("%q, %d done: %d are owed, %d were reached when all is read", tt.batch, tt.done, f.owed, f.reached(read, scanLines))
		}
	}
}

// What is behind an item that was refused or that travels in another form keeps its form and its refusals.
func TestInflightTakeNextKeepsTheRest(t *testing.T) {
	f := inHand("abcd")
	b := f.oldest()
	b.wire, b.ends, b.sent = []byte("<A><B><D>"), []int{3, 6, 9}, 3
	b.refusal = []refusal{{2, nil}}
	f.sent, f.owed, f.pending, f.bytes, b.end = 3, 3, 3, 9, 9
	b.done = 1
	f.answer(1)
	scan := func(b *batch, _ []byte, most int) (n, end int) { return most, b.ends[most-1] }
	item, before, behind := f.takeNext(newline, new(source.Pool), scan, splitOff)
	if letters(item) != "b" || item.wire != nil || before == nil || before.N != 1 {
		t.Errorf("item %q as %q, before it %+v", letters(item), item.wire, before)
	}
	if letters(behind) != "cd" || string(behind.wire) != "<D>" || !slices.Equal(behind.ends, []int{3}) || behind.sent != 1 || behind.owed() != 1 {
		t.Errorf("behind it %q as %q, ends %v, %d sent, %d owed", letters(behind), behind.wire, behind.ends, behind.sent, behind.owed())
	}
	if len(behind.refusal) != 1 || behind.refusal[0].index != 0 {
		t.Errorf("refusals behind it: %+v", behind.refusal)
	}
}
