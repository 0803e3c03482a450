package wire

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestByName(t *testing.T) {
	for name, want := range map[string]Framing{"lines": Lines, "nul": NUL, "netstring": Netstring} {
		p, err := ByName(name)
		if p.Framing != want || err != nil || !slices.Contains(Names, name) {
			t.Errorf("ByName(%q) = %v, %v; Names %q", name, p.Framing, err, Names)
		}
	}
	if _, err := ByName("json"); err == nil || !strings.Contains(err.Error(), "lines, nul, netstring") {
		t.Errorf("the error for an unknown name does not list the known ones: %v", err)
	}
}

func TestVerbatim(t *testing.T) {
	tests := []struct {
		name    string
		framing Framing
		delim   string
		want    bool
	}{
		{"lines to a worker that reads lines", Lines, "\n", true},
		{"NUL items to a worker that reads lines", Lines, "\x00", false},
		{"a delimiter that only begins with a newline", Lines, "\n\n", false},
		{"NUL items to a worker that reads NUL items", NUL, "\x00", true},
		{"lines to a worker that reads NUL items", NUL, "\n", false},
		{"an escaped line", Escaped, "\n", true},
		{"an escaped line from items that end in NUL", Escaped, "\x00", false},
		{"nothing is a netstring as it is", Netstring, "\n", false},
		{"not even if it ends in a comma", Netstring, ",", false},
	}
	for _, tt := range tests {
		if got := tt.framing.Verbatim([]byte("a"+tt.delim), []byte(tt.delim)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestEncode(t *testing.T) {
	tests := []struct {
		name       string
		framing    Framing
		item, want string
		refused    string // what the error must name
	}{
		{"a line gets its newline", Lines, "foo", "foo\n", ""},
		{"a blank line is an item", Lines, "", "\n", ""},
		{"CR is kept", Lines, "foo\r", "foo\r\n", ""},
		{"a NUL byte in a line is fine", Lines, "a\x00b", "a\x00b\n", ""},
		{"invalid UTF-8 is left alone", Lines, "\xff\xfe", "\xff\xfe\n", ""},
		{"a newline in a line is refused", Lines, "a\nb", "", "a newline"},
		{"a NUL item gets its NUL", NUL, "foo", "foo\x00", ""},
		{"an empty NUL item", NUL, "", "\x00", ""},
		{"a newline in a NUL item is fine", NUL, "a\nb", "a\nb\x00", ""},
		{"a NUL byte in a NUL item is refused", NUL, "a\x00b", "", "a NUL byte"},
		{"a netstring", Netstring, "hello", "5:hello,", ""},
		{"the empty netstring", Netstring, "", "0:,", ""},
		{"a netstring of two digits", Netstring, "0123456789", "10:0123456789,", ""},
		{"a netstring that holds everything", Netstring, "a\n\x00,1:", "6:a\n\x00,1:,", ""},
	}
	for _, tt := range tests {
		got, err := tt.framing.Encode([]byte("before|"), []byte(tt.item))
		if string(got) != "before|"+tt.want {
			t.Errorf("%s: got %q, want %q behind what was there", tt.name, got, tt.want)
		}
		switch {
		case (err != nil) != (tt.refused != ""):
			t.Errorf("%s: error %v", tt.name, err)
		case err != nil && (!strings.Contains(err.Error(), tt.refused) || !strings.Contains(err.Error(), "the framing ")):
			t.Errorf("%s: the error %q names neither %q nor the flag", tt.name, err, tt.refused)
		}
	}
}

func TestScan(t *testing.T) {
	tests := []struct {
		name    string
		framing Framing
		p       string
		most    int
		n, end  int
	}{
		{"nothing", Lines, "", 9, 0, 0},
		{"half a line", Lines, "foo", 9, 0, 0},
		{"one line", Lines, "foo\n", 9, 1, 4},
		{"blank lines count", Lines, "\n\n\n", 9, 3, 3},
		{"a whole line and a half", Lines, "foo\nba", 9, 1, 4},
		{"no more than asked for", Lines, "a\nb\nc\n", 2, 2, 4},
		{"exactly one", Lines, "a\nb\nc\n", 1, 1, 2},
		{"a newline does not end a NUL answer", NUL, "a\nb\x00c\n", 9, 1, 4},
		{"NUL answers, no more than asked for", NUL, "\x00\x00\x00", 2, 2, 2},
		{"no netstring", Netstring, "", 9, 0, 0},
		{"a netstring without its payload", Netstring, "5:", 9, 0, 0},
		{"a netstring without its comma yet", Netstring, "5:hello", 9, 0, 0},
		{"a whole netstring", Netstring, "5:hello,", 9, 1, 8},
		{"empty netstrings", Netstring, "0:,0:,", 9, 2, 6},
		{"a whole netstring and a half", Netstring, "1:a,3:b", 9, 1, 4},
		{"a netstring and half a length", Netstring, "1:a,12", 9, 1, 4},
		{"netstrings, no more than asked for", Netstring, "1:a,1:b,1:c,", 2, 2, 8},
		{"garbage behind what is asked for is not looked at", Netstring, "1:a,garbage", 1, 1, 4},
		{"a netstring that holds netstrings is one", Netstring, "8:1:a,1:b,,", 9, 1, 11},
		{"a length of fifteen digits is only large", Netstring, "999999999999999:x", 9, 0, 0},
	}
	for _, tt := range tests {
		n, end, err := tt.framing.Decoder().Scan([]byte(tt.p), tt.most)
		if n != tt.n || end != tt.end || err != nil {
			t.Errorf("%s: Scan(%q, %d) = %d, %d, %v, want %d, %d", tt.name, tt.p, tt.most, n, end, err, tt.n, tt.end)
		}
	}
}

func TestGarbageIsNoNetstring(t *testing.T) {
	tests := []struct{ name, p string }{
		{"a line of text", "hello\n"},
		{"a length that begins with zero", "05:hello,"},
		{"two zeros", "00:,"},
		{"no length", ":hello,"},
		{"a negative length", "-1:,"},
		{"a sign", "+5:hello,"},
		{"space before the length", " 5:hello,"},
		{"space behind the length", "5 :hello,"},
		{"hexadecimal", "0x5:hello,"},
		{"digits and no colon", "1234567890123456"},
		{"a length that no memory holds", "9999999999999999:x,"},
		{"a length that no integer holds", strings.Repeat("9", 40) + ":x,"},
		{"another byte instead of the comma", "5:hello;"},
		{"a payload longer than it says", "3:hello,"},
		{"a newline behind the comma", "\n5:hello,"},
	}
	for _, tt := range tests {
		n, end, err := Netstring.Decoder().Scan([]byte(tt.p), 9)
		if err == nil || n != 0 || end != 0 {
			t.Errorf("%s: Scan(%q) = %d, %d, %v, want an error", tt.name, tt.p, n, end, err)
		} else if !strings.Contains(err.Error(), "netstring") || len(err.Error()) > 400 {
			t.Errorf("%s: the error says %.500q", tt.name, err)
		}
		// What came before it is whole all the same, and may be used.
		n, end, err = Netstring.Decoder().Scan([]byte("1:a,"+tt.p), 9)
		if err == nil || n != 1 || end != 4 {
			t.Errorf("%s, behind a netstring: %d, %d, %v, want 1, 4 and an error", tt.name, n, end, err)
		}
	}
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name            string
		framing         Framing
		p, answer, rest string
	}{
		{"the first of two lines", Lines, "a\nb\n", "a", "b\n"},
		{"the last line", Lines, "b\n", "b", ""},
		{"a blank line", Lines, "\nb", "", "b"},
		{"a NUL answer", NUL, "a\nb\x00c", "a\nb", "c"},
		{"a netstring", Netstring, "3:a,b,1:c,", "a,b", "1:c,"},
		{"the empty netstring", Netstring, "0:,", "", ""},
	}
	for _, tt := range tests {
		answer, rest := tt.framing.Decoder().Split([]byte(tt.p))
		if string(answer) != tt.answer || string(rest) != tt.rest {
			t.Errorf("%s: Split(%q) = %q, %q, want %q, %q", tt.name, tt.p, answer, rest, tt.answer, tt.rest)
		}
	}
}

// An answer too large to keep is read past in whatever pieces it arrives, and what follows it is found again.
func TestSkip(t *testing.T) {
	tests := []struct {
		name         string
		framing      Framing
		large, after string
		begun        int // how much has been seen when the skipping begins
	}{
		{"a line", Lines, "xxxxxxxxxx\n", "a\n", 4},
		{"a line, to a decoder that has seen nothing of it", Lines, "xxxxxxxxxx\n", "a\n", 0},
		{"a NUL answer with newlines", NUL, "xxx\nxxx\nxx\x00", "a\x00", 4},
		{"a netstring with commas", Netstring, "10:xx,xx,xx,,,", "1:a,", 4},
		{"a netstring that lacks only its comma", Netstring, "10:xxxxxxxxxx,", "1:a,", 13},
	}
	for _, tt := range tests {
		for step := 1; step <= len(tt.large)+1; step++ {
			d := tt.framing.Decoder()
			if n, _, err := d.Scan([]byte(tt.large[:tt.begun]), 9); n != 0 || err != nil {
				t.Fatalf("%s: Scan of the beginning = %d, %v", tt.name, n, err)
			}
			rest := skip(t, d, []byte(tt.large+tt.after), tt.begun, step)
			n, end, err := d.Scan(rest, 9)
			if string(rest) != tt.after || n != 1 || end != len(tt.after) || err != nil {
				t.Errorf("%s, %d bytes a piece: left %q, Scan = %d, %d, %v", tt.name, step, rest, n, end, err)
			}
		}
	}
}

// skip presents p to Skip, first begun bytes of it if not 0, then step at a time, and returns what follows the answer.
func skip(t *testing.T, d Decoder, p []byte, begun, step int) (rest []byte) {
	t.Helper()
	size := begun
	for {
		if size == 0 {
			size = step
		}
		piece := p[:min(size, len(p))]
		n, done := d.Skip(piece)
		if done {
			return p[n:]
		}
		if n != len(piece) || len(piece) == 0 {
			t.Fatalf("Skip(%q) = %d, false: it must take all until the end of the answer", piece, n)
		}
		p, size = p[n:], 0
	}
}

func TestLast(t *testing.T) {
	tests := []struct {
		name    string
		framing Framing
		p       string
		want    bool
	}{
		{"a line without its newline", Lines, "foo", true},
		{"nothing is no line", Lines, "", false},
		{"a NUL answer without its NUL", NUL, "foo", true},
		{"nothing is no NUL answer", NUL, "", false},
		{"a netstring without its comma is broken", Netstring, "3:foo", false},
		{"nothing is no netstring", Netstring, "", false},
	}
	for _, tt := range tests {
		if got := tt.framing.Decoder().Last([]byte(tt.p)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestEnding(t *testing.T) {
	tests := []struct {
		name    string
		framing Framing
		end     byte
		ok      bool
	}{
		{"lines end in a newline", Lines, '\n', true},
		{"NUL answers end in NUL", NUL, 0, true},
		{"netstrings must be taken apart", Netstring, 0, false},
	}
	for _, tt := range tests {
		if end, ok := tt.framing.Decoder().Ending(); end != tt.end || ok != tt.ok {
			t.Errorf("%s: %q, %v", tt.name, end, ok)
		}
	}
}

// A giant answer that arrives in pieces is not searched again from its start with each: that would be quadratic.
func TestGiantAnswerIsSearchedOnce(t *testing.T) {
	d := Lines.Decoder()
	p := append(bytes.Repeat([]byte("x"), 1000), '\n')
	for i := range 1000 {
		if n, end, _ := d.Scan(p[:i], 9); n != 0 || end != 0 {
			t.Fatalf("Scan of %d bytes = %d, %d", i, n, end)
		}
	}
	p[10] = '\n' // cheating shows that this part is not looked at
	if n, end, _ := d.Scan(p, 9); n != 1 || end != len(p) {
		t.Errorf("Scan = %d, %d, want the one end at %d", n, end, len(p))
	}
	if n, end, _ := d.Scan(p, 1); n != 1 || end != 11 {
		t.Errorf("Scan of what follows = %d, %d: it must begin at the start again", n, end)
	}
}
