package wire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	tests := []struct{ name, p, line string }{
		{"nothing", "", ""},
		{"plain text", "foo bar", "foo bar"},
		{"a newline", "a\nb", `a\nb`},
		{"only a newline", "\n", `\n`},
		{"many newlines", "\n\na\n", `\n\na\n`},
		{"a backslash", `a\b`, `a\\b`},
		{"a backslash and n are no newline", `a\nb`, `a\\nb`},
		{"both, in turn", "\\\n\\\n", `\\\n\\\n`},
		{"what looks like a failure", `\!no`, `\\!no`},
		{"NUL, CR and bytes that are no UTF-8", "\x00\r\xff", "\x00\r\xff"},
	}
	for _, tt := range tests {
		if got := AppendEscaped([]byte("before|"), []byte(tt.p)); string(got) != "before|"+tt.line {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.line)
		}
		line := []byte(tt.line)
		got, err := Unescape(line)
		if string(got) != tt.p || err != nil {
			t.Errorf("%s: back from that %q, %v, want %q", tt.name, got, err, tt.p)
		}
		if len(got) > 0 && &got[0] != &line[0] {
			t.Errorf("%s: not in place", tt.name)
		}
		got, err = Escaped.Encode([]byte("before|"), []byte(tt.p))
		if string(got) != "before|"+tt.line+"\n" || err != nil {
			t.Errorf("%s: Encode = %q, %v", tt.name, got, err)
		}
	}
	if n, end, err := Escaped.Decoder().Scan([]byte("a\\nb\nc\n"), 9); n != 2 || end != 7 || err != nil {
		t.Errorf("the decoder finds %d lines, %d bytes, %v", n, end, err)
	}
}

func TestReply(t *testing.T) {
	tests := []struct {
		name, line, p string
		kind          Kind
	}{
		{"an answer", `foo`, "foo", Answered},
		{"an empty one", ``, "", Answered},
		{"one of two lines", `a\nb`, "a\nb", Answered},
		{"one that begins like a failure", `\\!no`, `\!no`, Answered},
		{"a failure", `\!no such foo`, "no such foo", Failed},
		{"a failure of two lines", `\!no\nsuch \\ foo`, "no\nsuch \\ foo", Failed},
		{"a failure without a word", `\!`, "", Failed},
		{"a broken worker", `\*lost`, "lost", Broken},
		{"a message that begins like another", `\!\\*`, `\*`, Failed},
	}
	for _, tt := range tests {
		p, kind, err := Reply([]byte(tt.line))
		if string(p) != tt.p || kind != tt.kind || err != nil {
			t.Errorf("%s: %q, %v, %v, want %q, %v", tt.name, p, kind, err, tt.p, tt.kind)
		}
		if got := AppendReply(nil, tt.kind, []byte(tt.p)); string(got) != tt.line+"\n" {
			t.Errorf("%s, %v: written %q, want %q", tt.name, tt.kind, got, tt.line)
		}
	}
	if got := fmt.Sprint(Answered, Failed, Broken); got != "answered failed broken" {
		t.Errorf("the kinds are called %s", got)
	}
}

func TestBadReply(t *testing.T) {
	for name, line := range map[string]string{
		"a lone backslash":          `foo\`,
		"an escape of C":            `a\tb`,
		"the mark of a failure":     `a\!b`,
		"two marks":                 `\!\!no`,
		"a number is for a worker":  `\#17`,
		"a failure that is cut off": `\!no\`,
	} {
		p, _, err := Reply([]byte(line))
		if err == nil || p != nil {
			t.Errorf("%s: %q, %v, want an error", name, p, err)
		} else if !strings.Contains(err.Error(), `\`) && !strings.Contains(err.Error(), "backslash") {
			t.Errorf("%s: the error does not show it: %v", name, err)
		}
	}
}

// What a shell is sent: bash takes `\303` and a newline for one character, and would join two items.
func TestEscapedText(t *testing.T) {
	for _, tt := range []struct {
		name, item, line string
		plain            bool
	}{
		{"nothing special", "a b", "a b", true},
		{"UTF-8", "é\u2028", "é\u2028", true},
		{"half a character", "é\\\n\xc3", `\0303\0251\\\n\0303`, false},
		{"any byte", "\x80\xff\x7f", "\\0200\\0377\x7f", false},
		{"a backslash", `é\0303`, `é\\0303`, false},
		{"a newline", "a\nb", `a\nb`, true}, // which is two items to Verbatim
	} {
		line, err := EscapedText.Encode([]byte("before|"), []byte(tt.item))
		if string(line) != "before|"+tt.line+"\n" || err != nil {
			t.Errorf("%s: %q, %v, want %q", tt.name, line, err, tt.line)
		}
		if plain := EscapedText.Verbatim([]byte(tt.item+"\n"), []byte("\n")); plain != tt.plain {
			t.Errorf("%s: plain is %v", tt.name, plain)
		}
	}
	if line, err := EscapedText.Encode(nil, []byte("a\x00")); err == nil || len(line) > 0 {
		t.Errorf("a NUL byte: %q, %v", line, err)
	}
	nul := []byte("a\x00\n")
	if EscapedText.Verbatim(nul, []byte("\n")) || !Escaped.Verbatim(nul, []byte("\n")) {
		t.Error("a NUL byte is plain to a shell, or not to others")
	}
}

func TestAppendSeq(t *testing.T) {
	if got := AppendSeq([]byte("before|"), 1234567890123); string(got) != "before|\\#1234567890123\n" {
		t.Errorf("%q", got)
	}
}

// FuzzEscape: whatever an answer or a message holds, it arrives, and whatever a line holds, it means one thing at most.
func FuzzEscape(f *testing.F) {
	f.Add([]byte("a\n\\n\\!"))
	f.Add([]byte(`\*x\\n\n`))
	f.Fuzz(func(t *testing.T, p []byte) {
		for kind := Answered; kind <= Broken; kind++ {
			line := AppendReply(nil, kind, p)
			if bytes.IndexByte(line, '\n') != len(line)-1 {
				t.Fatalf("%q is not one line", line)
			}
			got, gotKind, err := Reply(line[:len(line)-1])
			if !bytes.Equal(got, p) || gotKind != kind || err != nil {
				t.Fatalf("%v %q came back as %v %q, %v", kind, p, gotKind, got, err)
			}
		}
		line, _, _ := bytes.Cut(p, []byte("\n"))
		meant, kind, err := Reply(bytes.Clone(line))
		if err != nil {
			return
		}
		if again := AppendReply(nil, kind, meant); !bytes.Equal(again[:len(again)-1], line) {
			t.Fatalf("%q means %v %q, which is written %q", line, kind, meant, again)
		}
	})
}

func BenchmarkAppendEscaped(b *testing.B) {
	for name, p := range map[string][]byte{"short": []byte("some answer"), "64KiB": bytes.Repeat([]byte("x"), 64<<10),
		"lines": bytes.Repeat([]byte("some answer\n"), 5000)} {
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, 0, 2*len(p))
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				AppendEscaped(dst, p)
			}
		})
	}
}
