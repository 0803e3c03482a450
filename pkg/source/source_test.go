package source

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"stoke/pkg/cut"
)

// waiting is a Source whose Take blocks until there is something, as an engine would make it.
type waiting struct {
	*Source
	ready chan struct{}
}

func open(in io.Reader, delim string, maxItem int64) waiting {
	ready := make(chan struct{}, 1)
	announce := func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	}
	return waiting{New(in, []byte(delim), maxItem, new(Pool), announce), ready}
}

func (w waiting) take(most, maxBytes int) (Batch, State) {
	for {
		b, state := w.Take(most, maxBytes)
		if state != Empty {
			return b, state
		}
		<-w.ready
	}
}

// all takes everything in batches of at most most items, and returns the items, a refused one as its size.
func (w waiting) all(t *testing.T, most, maxBytes int, delim string) (items []string, refused []int64) {
	t.Helper()
	next, total := int64(1), int64(-1)
	for {
		if n, known := w.Total(); known {
			total = n
		}
		b, state := w.take(most, maxBytes)
		if state == End {
			if n, known := w.Total(); known != (w.Err() == nil) || known && (n != next-1 || total >= 0 && n != total) {
				t.Errorf("%d items in all, %v; said to be %d before, and %d were taken", n, known, total, next-1)
			}
			return items, refused
		}
		if b.First != next {
			t.Fatalf("batch begins at item %d, want %d", b.First, next)
		}
		next += int64(b.N)
		if b.Refused > 0 {
			items, refused = append(items, "REFUSED"), append(refused, b.Refused)
			continue
		}
		got := strings.SplitAfter(string(b.Items), delim)
		got = got[:len(got)-1]
		if len(got) != b.N || b.N < 1 || b.N > most {
			t.Fatalf("batch of %d items says %d, at most %d asked for", len(got), b.N, most)
		}
		for _, item := range got {
			items = append(items, strings.TrimSuffix(item, delim))
		}
	}
}

func TestItems(t *testing.T) {
	long := strings.Repeat("x", 3*Slab)
	tests := []struct {
		name, input, delim string
		want               []string
	}{
		{"empty input", "", "\n", nil},
		{"one line", "a\n", "\n", []string{"a"}},
		{"a last line without newline counts", "a\nb", "\n", []string{"a", "b"}},
		{"blank lines are items", "\n\na\n\n", "\n", []string{"", "", "a", ""}},
		{"CR is kept", "a\r\nb\r\n", "\n", []string{"a\r", "b\r"}},
		{"NUL", "a\x00b\nc\x00", "\x00", []string{"a", "b\nc"}},
		{"a string", "a--b-c--", "--", []string{"a", "b-c"}},
		{"a string that overlaps itself", "baaaXaa", "aa", []string{"b", "aX"}},
		{"the newline of a text ends its last item", "a,b,c\n", ",", []string{"a", "b", "c"}},
		{"and only that", "a,\n,b\n\n", ",", []string{"a", "\n", "b\n"}},
		{"and is no item itself", "a,b,\n", ",", []string{"a", "b"}},
		{"records that end in NUL keep it", "a\x00b\n", "\x00", []string{"a", "b\n"}},
		{"an item larger than a buffer", "a\n" + long + "\nb\n", "\n", []string{"a", long, "b"}},
		{"invalid UTF-8", "\xff\xfe\n\x80\n", "\n", []string{"\xff\xfe", "\x80"}},
	}
	readers := map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader,
		"halves": iotest.HalfReader, "data with error": iotest.DataErrReader,
	}
	for _, tt := range tests {
		for how, wrap := range readers {
			for _, most := range []int{1, 2, 1000} {
				src := open(wrap(strings.NewReader(tt.input)), tt.delim, 1<<30)
				got, _ := src.all(t, most, Slab, tt.delim)
				if strings.Join(got, "|") != strings.Join(tt.want, "|") || len(got) != len(tt.want) {
					t.Errorf("%s, %s, %d at a time: got %.80q, want %.80q", tt.name, how, most, got, tt.want)
				}
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for _, size := range []int{11, 100, Slab, 5 * Slab} {
		input := "ok\n" + strings.Repeat("x", size) + "\nlast\n" + strings.Repeat("y", size)
		src := open(strings.NewReader(input), "\n", 10)
		items, refused := src.all(t, 1000, Slab, "\n")
		if strings.Join(items, ",") != "ok,REFUSED,last,REFUSED" {
			t.Errorf("size %d: items %.80q", size, items)
		}
		for _, r := range refused {
			if r != int64(size) {
				t.Errorf("size %d: reported as %d", size, r)
			}
		}
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	src := open(io.MultiReader(strings.NewReader("a\nb\nhal"), iotest.ErrReader(broken)), "\n", 100)
	items, _ := src.all(t, 10, Slab, "\n")
	if strings.Join(items, ",") != "a,b" {
		t.Errorf("items %q, want the whole ones before the error", items)
	}
	if !errors.Is(src.Err(), broken) {
		t.Errorf("error %v, want %v", src.Err(), broken)
	}
}

// An item is to be had as soon as it has arrived, however long the next one takes.
func TestLazy(t *testing.T) {
	r, w := io.Pipe()
	src := open(r, "\n", 100)
	for _, item := range []string{"a\n", "b\n", "c\n"} {
		if _, err := io.WriteString(w, item); err != nil {
			t.Fatal(err)
		}
		if b, state := src.take(1000, Slab); state != Took || string(b.Items) != item {
			t.Fatalf("after writing %q: %q, state %v", item, b.Items, state)
		}
	}
	w.Close()
	if _, state := src.take(1, 1); state != End {
		t.Fatalf("state %v, want End", state)
	}
}

// An endless input is read no further than the limit while nobody takes.
func TestReadAheadIsBounded(t *testing.T) {
	endless := &counting{}
	src := open(endless, "\n", 100)
	for src.full() {
		<-src.ready
	}
	if endless.n > readAhead+2*Slab {
		t.Errorf("%d bytes read ahead", endless.n)
	}
	src.Close()
}

func (w waiting) full() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ahead < readAhead
}

type counting struct{ n int }

func (c *counting) Read(p []byte) (int, error) {
	c.n += len(p)
	return copy(p, bytes.Repeat([]byte("y\n"), len(p)/2+1)), nil
}

// FuzzItems holds the source against strings.Split, for any input, delimiter, limit and pattern of reads and takes.
func FuzzItems(f *testing.F) {
	f.Add([]byte("a\nbb\n\nccc"), []byte("\n"), int64(2), uint8(3), uint16(2), uint16(9))
	f.Add([]byte("aaXaaaXXa"), []byte("aa"), int64(1), uint8(1), uint16(1), uint16(1))
	f.Fuzz(func(t *testing.T, input, delim []byte, maxItem int64, step uint8, most, maxBytes uint16) {
		if len(delim) == 0 || len(delim) > 8 {
			return
		}
		maxItem = max(maxItem, 1)
		src := open(&stepReader{input, int(step) + 1}, string(delim), maxItem)
		var want []string
		pieces := strings.Split(string(input), string(delim))
		if pieces[len(pieces)-1] == "" {
			pieces = pieces[:len(pieces)-1]
		}
		if last := len(pieces) - 1; last >= 0 && !bytes.HasSuffix(input, delim) {
			if pieces[last] = string(cut.Delimiter(delim).Last([]byte(pieces[last]))); pieces[last] == "" {
				pieces = pieces[:last]
			}
		}
		for _, p := range pieces {
			if int64(len(p)) > maxItem {
				p = "REFUSED"
			}
			want = append(want, p)
		}
		got, _ := src.items(int(most)+1, int(maxBytes)+1)
		if len(got) != len(want) || strings.Join(got, "|") != strings.Join(want, "|") {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// items is all without its checks of the batch's form, which strings.SplitAfter gets wrong where delimiters overlap.
func (w waiting) items(most, maxBytes int) (items []string, n int) {
	for {
		b, state := w.take(most, maxBytes)
		if state == End {
			return items, n
		}
		n += b.N
		if b.Refused > 0 {
			items = append(items, "REFUSED")
			continue
		}
		rest := b.Items
		for i := range b.N {
			var item []byte
			item, rest = w.delim.Split(rest, b.N-i)
			items = append(items, string(item))
		}
	}
}

type stepReader struct {
	rest []byte
	step int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:min(r.step, len(r.rest))])
	r.rest = r.rest[n:]
	return n, nil
}

func TestCount(t *testing.T) {
	long := strings.Repeat("x", 3*Slab)
	for _, tt := range []struct {
		in, delim string
		want      int64
	}{
		{"", "\n", 0}, {"\n", "\n", 1}, {"a\nb", "\n", 2}, {"a\nb\n", "\n", 2}, {long, "\n", 1}, {long + "\n" + long + "\nx\n", "\n", 3},
		{"a--b--c", "--", 3}, {strings.Repeat("ab--", Slab), "--", Slab}, {"a-", "--", 1}, {"a,b\n", ",", 2}, {"a,b,\n", ",", 2}, {"a\x00\n", "\x00", 2},
	} {
		if len(tt.in) < 1000 {
			if got, err := Count(iotest.OneByteReader(strings.NewReader(tt.in)), cut.Delimiter(tt.delim)); got != tt.want || err != nil {
				t.Errorf("Count(%.20q, %q) a byte at a time = %d, %v; want %d", tt.in, tt.delim, got, err, tt.want)
			}
		}
		if got, err := Count(strings.NewReader(tt.in), cut.Delimiter(tt.delim)); got != tt.want || err != nil {
			t.Errorf("Count(%.20q, %q) = %d, %v; want %d", tt.in, tt.delim, got, err, tt.want)
		}
	}
}
