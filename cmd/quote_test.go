package cmd

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"stoke/pkg/engine"
	"stoke/pkg/launch"
	"stoke/pkg/wire"
)

func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"words", "no such file: größe, 日本　語, 👍", "no such file: größe, 日本　語, 👍"},
		{"a second message", "no\nstoke: error: forged", `no\nstoke: error: forged`},
		{"a terminal's title", "\x1b]0;title\a", `\x1b]0;title\a`},
		{"carriage return, tab, NUL, delete", "\r\t\x00\x7f", `\r\t\x00\x7f`},
		{"controls of one byte in Latin-1", "\u0085\u009b", `\u0085\u009b`},
		{"marks of direction", "a\u202eb\u2066c\u200f", `a\u202eb\u2066c\u200f`},
		{"line separators", "a\u2028b\u2029", `a\u2028b\u2029`},
		{"bytes that are no UTF-8", "a\xff\xe2\x80", `a\xff\xe2\x80`},
		{"an item that is escaped already", `item 1 "a\nb"`, `item 1 "a\nb"`},
	} {
		if got := printable(tt.text, ""); got != tt.want {
			t.Errorf("%s: %q became %s, want %s", tt.name, tt.text, got, tt.want)
		}
	}
	if got := printable("\ta\tb\n", "\t"); got != "\ta\tb\\n" {
		t.Errorf("%q", got)
	}
}

func TestTyped(t *testing.T) {
	for _, tt := range []struct {
		name  string
		words []string
		want  string
	}{
		{"plain words", []string{"jq", "-c", ".a"}, "jq -c .a"},
		{"words with a meaning to a shell", []string{"awk", "{print $1}", "", "it's"}, `awk '{print $1}' '' 'it'\''s'`},
		{"the path of a command in zsh", []string{"cat", "=ls"}, `cat '=ls'`},
		{"lines", []string{"sh", "-c", "a\n\tb 100%"}, `sh -c "$(printf 'a\n\011b 100%%')"`},
		{"a terminal's title", []string{"cat", "\x1b]0;\a"}, `cat "$(printf '\033]0;\007')"`},
		{"a mark of direction", []string{"cat", "\u202e"}, `cat "$(printf '\342\200\256')"`},
		{"what a shell would drop", []string{"cat", "a\n"}, ""},
		{"an assignment", []string{"a=b", "a=b"}, `'a=b' a=b`},
		{"a job", []string{"%1", "%1"}, `'%1' %1`},
		{"a keyword", []string{"if", "if"}, `'if' if`},
		{"a secret", []string{"stoke", "--arg", "token=…"}, `stoke --arg token=…`},
		{"no secret", []string{"cat", "a b…"}, `cat 'a b…'`},
	} {
		got, ok := typed(tt.words)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q is typed %s, want %s", tt.name, tt.words, got, tt.want)
		}
	}
}

// A keyword where a command begins is a syntax error: 2, not 127.
func TestKeywordsAreQuoted(t *testing.T) {
	for _, shell := range []string{"dash", "bash", "zsh"} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		for _, word := range strings.Fields(keywords) {
			command, _ := typed([]string{word, "a"})
			err := exec.Command(shell, "-c", command).Run()
			if exit, is := err.(*exec.ExitError); !is || exit.ExitCode() != 127 {
				t.Errorf("%s: %s: %v, want 127", shell, command, err)
			}
		}
	}
}

// FuzzHint: what is typed to see the failure of an item again is one line of what can be shown, and a shell makes of it the
// very bytes and words.
func FuzzHint(f *testing.F) {
	for _, seed := range [][2]string{
		{"-x", "=ls"}, {"--", "-"}, {"100%", `a\b`}, {"\x011", "\x00"}, {"a\x1b]0;title\a", "\u202e"}, {"it's", "a\nb"}, {"\xff1", "…"},
		{"%s%n", "$(reboot)"}, {"日本", "~"}, {"", ""}, {"\\0", "`id`"},
	} {
		f.Add([]byte(seed[0]), seed[1], seed[1])
	}
	shell, err := exec.LookPath("dash")
	if err != nil {
		f.Skip(err)
	}
	f.Fuzz(func(t *testing.T, item []byte, one, two string) {
		if strings.Contains(one+two, "\x00") || strings.Contains(one, "{%}") || strings.Contains(two, "{%}") || bytes.ContainsRune(item, '\n') || len(item) > mostQuoted || len(one)+len(two) > 1<<16 {
			return // no argument, the slot, no line, or too long
		}
		p := &plan{worker: launch.Spec{Argv: []string{"show", one, two}, Protocol: wire.Plain(wire.Lines)}}
		hint := reproduce(p, &engine.ItemError{Slot: 1, Item: item})
		if printable(hint, "") != hint {
			t.Fatalf("%q", hint)
		}
		command, typed := strings.CutPrefix(hint, "to see it again: ")
		if !typed {
			if strings.HasSuffix(one, "\n") || strings.HasSuffix(two, "\n") {
				return
			}
			t.Fatal(hint)
		}
		got, err := exec.Command(shell, "-c", `show() { printf '%s\0' "$@"; cat; }; `+command).CombinedOutput()
		if want := one + "\x00" + two + "\x00" + string(item) + "\n"; err != nil || string(got) != want {
			t.Errorf("%s\ngives %q, %v, want %q", hint, got, err, want)
		}
	})
}
