package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// ready and ok are what a shell with the nonce N prints when it is warm, and behind an answer.
const ready, ok = "\x1eN ready\n", "\x1eN 0\n"

func TestMarked(t *testing.T) {
	tests := []struct {
		name, raw    string
		lines        []string
		aside, fault string
	}{
		{"nothing", "", nil, "", ""},
		{"a shell that dies warming up", "reading...\n", nil, "reading...\n", ""},
		{"what init prints goes to stderr", "hello" + ready, nil, "hello", ""},
		{"an answer", ready + "foo\n" + ok, []string{"foo"}, "", ""},
		{"one without a newline", ready + "foo" + ok, []string{"foo"}, "", ""},
		{"no output is an empty answer", ready + ok, []string{""}, "", ""},
		{"a blank line too", ready + "\n" + ok, []string{""}, "", ""},
		{"only one newline is taken off", ready + "foo\n\n" + ok, []string{`foo\n`}, "", ""},
		{"three answers", ready + "a\n" + ok + "b\n" + ok + "c\n" + ok, []string{"a", "b", "c"}, "", ""},
		{"an answer of many lines", ready + "a\nb\\\n" + ok, []string{`a\nb\\`}, "", ""},
		{"binary answers", ready + "\x00\xff\r\n" + ok, []string{"\x00\xff\r"}, "", ""},
		{"a failure", ready + "\x1eN 1\n", []string{`\!exit status 1`}, "", ""},
		{"what a failed item printed goes to stderr", ready + "oops" + "\x1eN 127\n" + "b" + ok, []string{`\!exit status 127`, "b"}, "oops\n", ""},
		{"RS in an answer", ready + "\x1e\x1eN\x1eN\n" + ok, []string{"\x1e\x1eN\x1eN"}, "", ""},
		{"the marker of another", ready + "\x1eM 0\n" + ok, []string{"\x1eM 0"}, "", ""},
		{"RS before the marker", ready + "\x1e" + ok, []string{"\x1e"}, "", ""},
		{"words after the last answer", ready + ok + "bye", []string{""}, "bye\n", ""},
		{"half a marker at the end", ready + ok + "\x1eN", []string{""}, "\x1eN\n", ""},
		{"a marker that lacks its newline", ready + "\x1eN 0", nil, "\x1eN 0\n", ""},
		{"a fault in the code", "hello\n\x1eN ?line 1: syntax error\n  near )\x1eN\n", nil, "hello\n", "line 1: syntax error\n  near )"},
		{"a fault without its end", "\x1eN ?line 1", nil, "\x1eN ?line 1\n", ""},
		{"an answer before it is ready", ok, nil, "", "a marker that ends in `0`"},
		{"ready twice", ready + ready, nil, "", "a marker that ends in `ready`"},
		{"a status that is no number", ready + "a\n" + ok + "\x1eN x\nfoo", []string{"a"}, "", "a marker that ends in `x`"},
		{"a negative status", ready + "\x1eN -1\n", nil, "", "`-1`"},
		{"no status", ready + "\x1eN \n", nil, "", "``"},
		{"a status that does not end", ready + "\x1eN 1234567890\n", nil, "", "`1234567`"},
		{"a fault in the code after it is ready", ready + "\x1eN ?foo\x1eN\n", nil, "", "`?foo\x1eN`"},
	}
	for _, tt := range tests {
		out := everyWay(t, tt.name, func() Translator { return NewMarked("N", 1<<20) }, tt.raw)
		if strings.Contains(tt.fault, "\x1e") {
			tt.fault = fmt.Sprintf("%q", strings.Trim(tt.fault, "`"))
		}
		out.check(t, tt.name, tt.lines, tt.aside, tt.fault)
	}
}

func TestMarkedTooLarge(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name, raw string
		lines     []string
		aside     string
	}{
		{"just as large as may be", ready + x(50) + ok + x(50) + "\n" + ok, []string{x(50), x(50)}, ""},
		{"one byte more", ready + x(51) + ok + "a" + ok, []string{`\>answer of 51 bytes`, "a"}, ""},
		{"one byte more and a newline", ready + x(51) + "\n" + ok + "a" + ok, []string{`\>answer of 51 bytes`, "a"}, ""},
		{"two newlines, one of them too many", ready + x(50) + "\n\n" + ok, []string{`\>answer of 51 bytes`}, ""},
		{"much more", ready + x(1000) + ok + "a" + ok, []string{`\>answer of 1000 bytes`, "a"}, ""},
		{"failed, too large to show", ready + x(1000) + "\x1eN 3\n", []string{`\!exit status 3`}, ""},
		{"failed, not too large to show", ready + x(50) + "\n\x1eN 3\n", []string{`\!exit status 3`}, x(50) + "\n"},
		{"cut short and too large", ready + x(1000), nil, ""},
		{"init may print more", x(1000) + ready, nil, x(1000)},
	}
	for _, tt := range tests {
		out := everyWay(t, tt.name, func() Translator { return NewMarked("N", 50) }, tt.raw)
		out.check(t, tt.name, tt.lines, tt.aside, "")
	}
	m := NewMarked("N", 50)
	if _, err := m.Translate(nil, []byte(ready)); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if _, err := m.Translate(nil, []byte(x(10))); err != nil || len(m.Held()) > 100 {
			t.Fatalf("%d bytes are held, %v", len(m.Held()), err)
		}
	}
}

func TestMarkedCodeError(t *testing.T) {
	m := NewMarked("N", 99)
	_, err := m.Translate(nil, []byte("\x1eN ?no such file\x1eN\n"))
	if e, is := errors.AsType[*CodeError](err); !is || e.Text != "no such file" {
		t.Errorf("%v is no CodeError", err)
	}
	endless := "\x1eN ?" + strings.Repeat("x", 3*longestText)
	for name, raw := range map[string]string{"without end": endless, "with an end": endless + "\x1eN\n"} {
		_, err := NewMarked("N", 99).Translate(nil, []byte(raw))
		if e, is := errors.AsType[*CodeError](err); !is || len(e.Text) != shownText+3 {
			t.Errorf("a text %s: %.60v", name, err)
		}
	}
}

func TestMarkedReady(t *testing.T) {
	m := NewMarked("N", 99)
	for i, piece := range []string{"hello", "\x1eN re", "ady", "\n"} {
		if is, _ := m.Ready(); is {
			t.Errorf("ready before piece %d", i)
		}
		if _, err := m.Translate(nil, []byte(piece)); err != nil {
			t.Fatal(err)
		}
		if got := string(m.Aside()); i == 0 && got != "hello" {
			t.Errorf("what init printed is kept: aside %q", got)
		}
	}
	if is, n := m.Ready(); !is || n != 1 {
		t.Errorf("Ready() = %v, %d", is, n)
	}
}

// FuzzMarked: what a shell prints is found again, and garbage is the same garbage, in whatever pieces it comes.
func FuzzMarked(f *testing.F) {
	f.Add("warming up\n", "a|b\n||c\n\n|\x1eN|\x1e", []byte{0, 3, 1}, uint8(5))
	f.Add("", "|||", []byte{}, uint8(200))
	f.Add("\x1eN ready\n", "x\x1eN 0\n\x1eN 1\ny\x1eN ?", []byte{7}, uint8(3))
	f.Add("\x1eN ?foo\x1eN\n", "", []byte{2}, uint8(3))
	f.Add("\x1eN ready\n", "x\x1en 0OOOOOOO\x1eN ?", []byte{7}, uint8(3)) // too large, and cut short behind it
	f.Fuzz(func(t *testing.T, init, text string, pieces []byte, maxItem uint8) {
		start := func() Translator { return NewMarked("N", int(maxItem)) }
		same(t, start, init+text, pieces)
		if strings.Contains(init+text, "\x1eN ") || strings.HasSuffix(init, "\x1e") || strings.HasSuffix(init, "\x1eN") {
			return
		}
		raw, want := init+ready, []string(nil)
		for _, answer := range strings.Split(text, "|") {
			raw += answer + ok
			want = append(want, string(expect(strings.TrimSuffix(answer, "\n"), int(maxItem))))
		}
		same(t, start, raw, pieces).check(t, "answers", want, init, "")
	})
}
