package wire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	tests := []struct{ name, text, item, want string }{
		{"the item alone", "{}", "1+1", "1+1\n"},
		{"a newline is there already", "{}\n", "1+1", "1+1\n"},
		{"a blank line at the end", "{}\n\n", "1+1", "1+1\n\n"},
		{"lines around it", "a\n{}\nb", "foo", "a\nfoo\nb\n"},
		{"twice", "{}={}", "x", "x=x\n"},
		{"side by side", "{}{}", "ab", "abab\n"},
		{"in braces", "puts [expr {{}}]", "1+1", "puts [expr {1+1}]\n"},
		{"an item of braces is not filled again", "{} {}", "{}", "{} {}\n"},
		{"an empty item", "<{}>", "", "<>\n"},
		{"any bytes", "\xff{}\x00", "\x00\r", "\xff\x00\r\x00\n"},
	}
	for _, tt := range tests {
		text := []byte(tt.text)
		template, err := NewTemplate(text)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		clear(text) // it is the caller's
		var f Framing = template
		got, err := f.Encode([]byte("before|"), []byte(tt.item))
		if string(got) != "before|"+tt.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
		got, err = f.Encode([]byte("before|"), []byte("a\nb"))
		if err != nil || strings.Count(string(got), "a\nb") != strings.Count(tt.text, "{}") {
			t.Errorf("%s: an item of two lines: %q, %v", tt.name, got, err)
		}
		got, err = (&Template{parts: template.parts, oneLine: true}).Encode([]byte("before|"), []byte("a\nb"))
		if err == nil || !strings.Contains(err.Error(), "newline") || string(got) != "before|" {
			t.Errorf("%s: an item of two lines that must be one: %q, %v", tt.name, got, err)
		}
		if f.Verbatim([]byte("a\n"), []byte("\n")) {
			t.Errorf("%s: items travel as they are", tt.name)
		}
		if end, lines := f.Decoder().Ending(); end != '\n' || !lines {
			t.Errorf("%s: answers end in %q, %v, not as escaped lines", tt.name, end, lines)
		}
	}
	for _, text := range []string{"", "foo\n", "{ }"} {
		if _, err := NewTemplate([]byte(text)); err == nil || !strings.Contains(err.Error(), "no {}") {
			t.Errorf("the template %q: %v", text, err)
		}
	}
}

func TestUntil(t *testing.T) {
	tests := []struct {
		name, line, raw string
		lines           []string
		aside, fault    string
	}{
		{"nothing", "END", "", nil, "", ""},
		{"an answer", "END", "foo\nEND\n", []string{"foo"}, "", ""},
		{"no answer is an empty one", "END", "END\nEND\n", []string{"", ""}, "", ""},
		{"a blank line too", "END", "\nEND\n", []string{""}, "", ""},
		{"many lines", "END", "a\n\nb\nEND\nc\nEND\n", []string{`a\n\nb`, "c"}, "", ""},
		{"only one newline is taken off", "END", "a\n\nEND\n", []string{`a\n`}, "", ""},
		{"a line that begins with it", "END", "ENDING\nEND\n", []string{"ENDING"}, "", ""},
		{"a line that ends with it", "END", "THE END\nEND\n", []string{"THE END"}, "", ""},
		{"a line with a space behind it", "END", "END \nEND\n", []string{"END "}, "", ""},
		{"a line that lacks a letter", "END", "EN\nEND\n", []string{"EN"}, "", ""},
		{"it comes without a newline before it", "END", "fooEND\nEND\n", []string{"fooEND"}, "", ""},
		{"a backslash is escaped", "END", "a\\n\nEND\n", []string{`a\\n`}, "", ""},
		{"a server that ends lines in CR LF", "END", "a\r\nb\r\nEND\r\nEND\r\n", []string{"a\r" + `\nb`, ""}, "", ""},
		{"CR in an answer stays", "END", "a\r\nEND\n", []string{"a\r"}, "", ""},
		{"a line with two CR is another", "END", "END\r\r\nEND\n", []string{"END\r\r"}, "", ""},
		{"the line has its CR", "END\r", "END\nEND\r\n", []string{"END"}, "", ""},
		{"a blank line ends each answer", "", "a\nb\n\nc\n\n", []string{`a\nb`, "c"}, "", ""},
		{"two blank lines are two answers", "", "\n\n", []string{"", ""}, "", ""},
		{"the last newline is missing", "END", "a\nEND\nb\nEND", []string{"a", "b"}, "", ""},
		{"words after the last answer", "END", "a\nEND\nbye\n", []string{"a"}, "bye\n", "in the middle of an answer: \"bye\\n\""},
		{"cut short", "END", "a\nEND\nb\nEN", []string{"a"}, "b\nEN\n", "in the middle of an answer"},
		{"any line", "{ready}\x04\xff", "a\n{ready}\x04\xff\n", []string{"a"}, "", ""},
	}
	for _, tt := range tests {
		start := func() Translator {
			line := []byte(tt.line)
			u, err := NewUntil(line, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			clear(line) // it is the caller's
			return u
		}
		everyWay(t, tt.name, start, tt.raw).check(t, tt.name, tt.lines, tt.aside, tt.fault)
	}
	if _, err := NewUntil([]byte("END\n"), 99); err == nil || !strings.Contains(err.Error(), "newline") {
		t.Errorf("a line of two lines: %v", err)
	}
	u, _ := NewUntil([]byte("END"), 99)
	if is, n := u.Ready(); !is || n != 1 {
		t.Errorf("Ready() = %v, %d", is, n)
	}
}

func TestUntilTooLarge(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	short := strings.Repeat("x\n", 500)
	tests := []struct {
		name, line, raw string
		lines           []string
		fault           string
	}{
		{"just as large as may be", "END", x(50) + "\nEND\na\nEND\n", []string{x(50), "a"}, ""},
		{"one byte more", "END", x(51) + "\nEND\na\nEND\n", []string{`\>answer of 51 bytes`, "a"}, ""},
		{"one long line", "END", x(1000) + "\nEND\na\nEND\n", []string{`\>answer of 1000 bytes`, "a"}, ""},
		{"one that ends like the line", "END", x(1000) + "END\nEND\na\nEND\n", []string{`\>answer of 1003 bytes`, "a"}, ""},
		{"many short lines", "END", short + "END\na\nEND\n", []string{`\>answer of 999 bytes`, "a"}, ""},
		{"with carriage returns", "END", short + "x\r\nEND\r\na\nEND\n", []string{`\>answer of 1001 bytes`, "a"}, ""},
		{"until a blank line", "", short + "\na\n\n", []string{`\>answer of 999 bytes`, "a"}, ""},
		{"the line is longer than an answer may be", x(60), short + x(60) + "\na\n" + x(60) + "\n",
			[]string{`\>answer of 999 bytes`, "a"}, ""},
		{"cut short", "END", short, nil, "too large already"},
		{"the last newline is missing", "END", short + "END", []string{`\>answer of 999 bytes`}, ""},
	}
	for _, tt := range tests {
		start := func() Translator {
			u, _ := NewUntil([]byte(tt.line), 50)
			return u
		}
		everyWay(t, tt.name, start, tt.raw).check(t, tt.name, tt.lines, "", tt.fault)
	}
	for name, piece := range map[string]string{"one line": "xxxxx", "many": "x\n", "lines like the last": "EN\n"} {
		u, _ := NewUntil([]byte("END"), 50)
		for range 1000 {
			if _, err := u.Translate(nil, []byte(piece)); err != nil || len(u.Held()) > 100 {
				t.Fatalf("%s: %d bytes are held, %v", name, len(u.Held()), err)
			}
		}
	}
}

// FuzzUntil: answers are found again, and any output is the same, in whatever pieces it comes.
func FuzzUntil(f *testing.F) {
	f.Add("END", "a|b\nc||\n\n|EN", []byte{0, 3, 1}, uint8(4))
	f.Add("", "a|b\n\nc||\r", []byte{1}, uint8(0))
	f.Add("\r", "\r\n\r\n\r|\r\r\n\r", []byte{0}, uint8(9))
	f.Add("x", "xxxxxxxxxxxxxxxxxxxx\nx\r|x\n", []byte{2, 0}, uint8(3))
	f.Fuzz(func(t *testing.T, line, text string, pieces []byte, maxItem uint8) {
		line = strings.ReplaceAll(line, "\n", "")
		start := func() Translator {
			u, err := NewUntil([]byte(line), int(maxItem))
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		same(t, start, text, pieces)
		raw, want := "", []string(nil)
		for _, answer := range strings.Split(text, "|") {
			lines := strings.Split(answer, "\n")
			if slices.Contains(lines, line) || slices.Contains(lines, line+"\r") {
				continue
			}
			raw += answer + "\n" + line + "\n"
			want = append(want, string(expect(answer, int(maxItem))))
		}
		same(t, start, raw, pieces).check(t, "answers", want, "", "")
	})
}

// expect is the line for an answer.
func expect(answer string, maxItem int) []byte {
	line := appendAnswer(nil, []byte(answer), 0, maxItem)
	return bytes.TrimSuffix(line, []byte("\n"))
}

// same translates raw at once and in pieces, which must make no difference.
func same(t *testing.T, start func() Translator, raw string, pieces []byte) translated {
	t.Helper()
	whole := translate(t, start(), raw, func() int { return len(raw) })
	got := translate(t, start(), raw, cycle(pieces))
	if !slices.Equal(got.lines, whole.lines) || got.aside != whole.aside || got.fault != whole.fault {
		t.Fatalf("in pieces: %.2000s, at once: %.2000s", fmt.Sprintf("%+q", got), fmt.Sprintf("%+q", whole))
	}
	return whole
}
