package wire

import (
	"fmt"
	"strings"
	"testing"
)

// prompted translates output that comes in pieces of so many bytes.
func prompted(t *testing.T, regex string, lines, maxItem int, output string, piece int) (got, aside string, err error) {
	t.Helper()
	prompt, err := CompilePrompt(regex)
	if err != nil {
		t.Fatal(err)
	}
	m := NewPrompt(prompt, lines, maxItem)
	var dst []byte
	for len(output) > 0 {
		n := min(piece, len(output))
		if dst, err = m.Translate(dst, []byte(output[:n])); err != nil {
			t.Fatal(err)
		}
		output = output[n:]
	}
	dst, err = m.End(dst)
	return string(dst), string(m.Aside()), err
}

func TestPrompt(t *testing.T) {
	const line = `^> `
	tests := []struct {
		name, regex  string
		lines        int
		output, want string
		aside        string
		unfinished   bool
	}{
		{"an answer each", line, 1, "> 2\n> 4\n> ", "2\n4\n", "", false},
		{"a banner, and the newline of who leaves", line, 1, "Welcome\nto\n> 2\n> \n", "2\n", "Welcome\nto\n", false},
		{"empty answers", line, 1, "> > > a\n> ", "\n\na\n", "", false},
		{"several lines", line, 1, "> a\n\nb\n\n> ", `a\n\nb\n` + "\n", "", false},
		{"two prompts an answer", line, 2, "> > a\n> b\n> c\n> > ", "a\nb\\nc\n", "", false},
		{"a prompt in the middle of a line is none", line, 1, "> a > b\n> ", "a > b\n", "", false},
		{"unless it may be", `> `, 1, "> a> b\n> ", "a\nb\n", "", false},
		{"one that says that more is to come", `^(> |\.\.\. )`, 2, "> ... 3\n> ", "3\n", "", false},
		{"the end in the middle", line, 1, "> a\n> b\nc", "a\n", "b\nc\n", true},
		{"no prompt at all", line, 1, "a\nb", "", "a\nb\n", true},
	}
	for _, tt := range tests {
		for piece := 1; piece <= len(tt.output); piece++ {
			got, aside, err := prompted(t, tt.regex, tt.lines, 1<<20, tt.output, piece)
			if got != tt.want || aside != tt.aside || (err != nil) != tt.unfinished {
				t.Errorf("%s, in pieces of %d: %q, aside %q, %v", tt.name, piece, got, aside, err)
			}
		}
	}
}

// An answer that is too large fails, whether it has lines or none, and is not kept.
func TestPromptTooLarge(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", 50000), strings.Repeat("xxxxxxxxx\n", 5000)} {
		for _, lines := range []int{1, 2} {
			for _, piece := range []int{100, 7000, 1 << 20} {
				more := strings.Repeat("> ", lines-1)
				got, _, err := prompted(t, "^> ", lines, 1000, "> "+text+"\n"+more+"> "+"small\n"+more+"> ", piece)
				size := len(text)
				if want := fmt.Sprintf("\\>answer of %d bytes\nsmall\n", size); err != nil || !closeTo(got, want) {
					t.Errorf("%d prompts, pieces of %d: %.100q, %v, want %q", lines, piece, got, err, want)
				}
			}
		}
	}
}

// closeTo compares two texts up to a newline more or less that is counted.
func closeTo(got, want string) bool {
	return strings.HasPrefix(got, `\>answer of 5`) == strings.HasPrefix(want, `\>answer of 5`) && strings.HasSuffix(got, " bytes\nsmall\n")
}

func TestCompilePrompt(t *testing.T) {
	for _, bad := range []string{"", "a*", "(", "^"} {
		if _, err := CompilePrompt(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// However its output is cut into pieces, it means the same, as far as no prompt is the beginning of another.
func FuzzPrompt(f *testing.F) {
	f.Add("> a\n> b\n> ", 3, 1)
	f.Add("x\n> a\n> > \n\n> ", 1, 2)
	f.Fuzz(func(t *testing.T, output string, piece, lines int) {
		piece, lines = max(1, piece%100), 1+max(0, lines)%3
		whole, asideWhole, errWhole := prompted(t, "^> ", lines, 1<<20, output, len(output)+1)
		got, aside, err := prompted(t, "^> ", lines, 1<<20, output, piece)
		if got != whole || (err == nil) != (errWhole == nil) || strings.Count(aside, "") != strings.Count(asideWhole, "") {
			t.Errorf("%q in pieces of %d: %q and %q, want %q and %q", output, piece, got, aside, whole, asideWhole)
		}
	})
}
