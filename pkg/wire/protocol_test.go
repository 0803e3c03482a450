package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// drive returns the protocol of a program that is sent template and, if line is not "", prints that behind each answer, or else
// a prompt.
func drive(t *testing.T, template, line string) Protocol {
	t.Helper()
	var p Protocol
	parsed, err := NewTemplate([]byte(template))
	if err == nil && line != "" {
		p, err = UntilLine(parsed, []byte(line))
	} else if err == nil {
		p, err = UntilPrompt(parsed, "^> ")
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rows are all protocols.
func rows(t *testing.T) map[string]Protocol {
	return map[string]Protocol{
		"lines": Plain(Lines), "nul": Plain(NUL), "netstring": Plain(Netstring), "program": Program(0), "shell": Shell("N"), "JSON-RPC": JSONRPC(false, 0),
		"template": drive(t, "{}\n.\n", "END"), "prompt": drive(t, "{}", ""),
	}
}

// The table of what workers speak.
func TestProtocols(t *testing.T) {
	const table = `
             promise  listens  asks  greets  bound  replies  grouped  numbered  lockstep  lines  ready
  lines      yes      -        -     -       -      -        -        -         -         0      yes
  nul        yes      -        -     -       -      -        -        -         -         0      yes
  netstring  yes      -        -     -       -      -        -        -         -         0      yes
  program    -        -        -     yes     yes    yes      yes      yes       -         0      -
  shell      -        yes      -     yes     yes    yes      -        yes       -         0      -
  JSON-RPC   yes      yes      yes   yes     yes    yes      -        -         -         0      -
  template   yes      yes      -     -       -      yes      -        -         -         2      yes
  prompt     yes      yes      -     yes     yes    yes      -        -         yes       1      -`
	all := rows(t)
	lines := strings.Split(table, "\n")[2:]
	if len(lines) != len(all) {
		t.Errorf("%d rows in the table, %d protocols", len(lines), len(all))
	}
	word := func(is bool) string {
		if is {
			return "yes"
		}
		return "-"
	}
	for _, line := range lines {
		name := strings.Fields(line)[0]
		p := all[name]
		c := p.Codec(99)
		row := fmt.Sprintln(name, word(p.Promise != NoPromise), word(c.Listens()), word(c.Asks()), word(p.Greets), word(p.Bound), word(p.Replies), word(p.Grouped),
			word(p.Numbered), word(p.Lockstep), p.Lines, word(c.Ready()))
		if got, want := strings.Fields(row), strings.Fields(line); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCodecGreet(t *testing.T) {
	tests := []struct {
		protocol, out, rest string
		ready, mute         bool
		width               int
		heard, fault        string
	}{
		{"lines", "hi\n", "hi\n", true, false, 1, "", ""},
		{"template", "", "", true, false, 1, "", ""},
		{"program", "\\rea", "\\rea", false, false, 1, "", ""},
		{"program", "\\ready\nhi\n", "hi\n", true, false, 1, "", ""},
		{"program", "\\ready mute\n", "", true, true, 1, "", ""},
		{"program", "\\?no\\nname\n", "", false, false, 1, "", "no\nname"},
		{"program", "\\?no \\q\n", "", false, false, 1, "", "an unknown escape"},
		{"program", "Python 3\n", "Python 3\n", false, false, 1, "", `prints "Python 3"`},
		{"shell", "\x1eN ready\n", "", true, false, 1, "", ""},
		{"shell", "\x1eN ready\nhi\x1eN 0\n", "", true, false, 1, "hi\n", ""},
		{"prompt", "hi\n> ", "", true, false, 1, "", ""},
		{"JSON-RPC", `{"jsonrpc":"2.0","method":"ready","params":{"concurrency":7}}` + "\n", "", true, false, 7, "", ""},
		{"JSON-RPC", `{"jsonrpc":"2.0","method":"ready","id":1}` + "\n", "", false, false, 1, "", "a request"},
	}
	for _, tt := range tests {
		p := rows(t)[tt.protocol]
		c := p.Codec(99)
		rest, err := c.Greet([]byte(tt.out))
		if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s, %q: error %v, want %q", tt.protocol, tt.out, err, tt.fault)
		}
		if string(rest) != tt.rest || c.Ready() != tt.ready || c.Mute() != tt.mute || c.Width() != tt.width || string(c.Heard()) != tt.heard || c.Heard() != nil {
			t.Errorf("%s, %q: %q is left, %+v", tt.protocol, tt.out, rest, c)
		}
	}
	p := JSONRPC(true, 3)
	c := p.Codec(99)
	if _, err := c.Greet([]byte(hello64)); err != nil || c.Width() != 3 {
		t.Errorf("width %d, which was to be 3 whatever the worker says; %v", c.Width(), err)
	}
	if got, _ := c.Encode(nil, nil, 1, 1); len(got) == 0 {
		t.Error("no request")
	}
	if got, err := c.Hear(nil, []byte(response(1, "17"))); string(got) != `\=17`+"\n" || err != nil {
		t.Errorf("a result that is a number: %q, %v", got, err)
	}
}

// What a worker is sent: numbers are told when they do not follow, requests count those that were sent.
func TestCodecSends(t *testing.T) {
	p := Program(1)
	c := p.Codec(99)
	for _, tt := range []struct {
		first int64
		n     int
		want  string
	}{{1, 3, ""}, {4, 1, ""}, {9, 2, `\#9` + "\n"}, {11, 1, ""}, {4, 1, `\#4` + "\n"}} {
		if got := c.Announce(nil, tt.first, tt.n); string(got) != tt.want {
			t.Errorf("before item %d: %q, want %q", tt.first, got, tt.want)
		}
	}
	plain := Plain(Lines)
	if got := plain.Codec(99).Announce(nil, 7, 1); len(got) > 0 {
		t.Errorf("a worker of lines is told %q", got)
	}
	rpc := JSONRPC(false, 0)
	c = rpc.Codec(99)
	if _, err := c.Greet([]byte(hello)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Encode(nil, []byte("\xff"), 1, 1); err == nil {
		t.Error("JSON carries what is not UTF-8")
	}
	got, err := c.Encode(nil, []byte("a"), 5, 2)
	if want := `{"jsonrpc":"2.0","id":1,"method":"map","params":{"item":"a","seq":5,"attempt":2}}` + "\n"; string(got) != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if got := c.Cancel(nil, 1); !strings.Contains(string(got), `"id":1`) {
		t.Errorf("to give it up: %q", got)
	}
	if c.Verbatim([]byte("a\n"), []byte("\n")) || !plain.Codec(99).Verbatim([]byte("a\n"), []byte("\n")) {
		t.Error("requests are sent as they are, or lines are not")
	}
}

// What a worker writes: what passes through Hear, and what needs not.
func TestCodecHears(t *testing.T) {
	p := drive(t, "{}", "END")
	c := p.Codec(99)
	got, err := c.Hear(nil, []byte("a\nb\nEND\nhalf"))
	if string(got) != `a\nb`+"\n" || err != nil || string(c.Held()) != "half" {
		t.Errorf("%q, %v, %q is held", got, err, c.Held())
	}
	if _, err := c.End(nil); !errors.As(err, new(*UnfinishedError)) || string(c.Aside()) != "half\n" {
		t.Errorf("at the end %v", err)
	}
	plain := Plain(Lines)
	c = plain.Codec(99)
	if got, err := c.End(nil); got != nil || err != nil || c.Aside() != nil || c.Held() != nil {
		t.Errorf("lines hold %q, %v", got, err)
	}
}

func TestScanSent(t *testing.T) {
	for _, tt := range []struct {
		template, sent string
		most, n, end   int
	}{
		{"{}", "a\nb\nc", 9, 2, 4}, {"{}", "a\nb\nc\n", 1, 1, 2}, {"{}\n.\n", "a\n.\nb\n", 9, 1, 4}, {"{}\n.\n", "a\n.\nb\n.\n", 1, 1, 4}, {"{}\n.\n", "a\n", 9, 0, 0},
	} {
		p := drive(t, tt.template, "END")
		if n, end := p.ScanSent([]byte(tt.sent), tt.most); n != tt.n || end != tt.end {
			t.Errorf("%q: %d of %q, to %d", tt.template, n, tt.sent, end)
		}
		if p.Uneven([]byte("a\n"), []byte("\n")) || p.Uneven([]byte("a\x00"), []byte{0}) || !p.Uneven([]byte("a\nb\x00"), []byte{0}) {
			t.Errorf("%q: uneven, or not", tt.template)
		}
	}
}

func TestFailure(t *testing.T) {
	p, rpc := Program(0), JSONRPC(false, 0)
	for _, tt := range []struct {
		p       *Protocol
		message string
		want    Failure
	}{
		{&p, "KeyError: 'x'", Failure{Message: "KeyError: 'x'"}},
		{&p, "KeyError: 'x'\x1eline 1\nline 2", Failure{Message: "KeyError: 'x'", Words: "line 1\nline 2"}},
		{&p, "not JSON: expected a value", Failure{Message: "expected a value", NotJSON: true}},
		{&rpc, "not JSON: a\x1eb", Failure{Message: "not JSON: a\x1eb"}},
	} {
		if got := tt.p.Failure(tt.message); got != tt.want {
			t.Errorf("%q: %+v", tt.message, got)
		}
	}
}

func TestNoProtocol(t *testing.T) {
	template, _ := NewTemplate([]byte("{}"))
	if _, err := UntilLine(template, []byte("a\nb")); err == nil {
		t.Error("a line with a newline in it ends answers")
	}
	if _, err := UntilPrompt(template, "("); err == nil {
		t.Error("a prompt that is no expression")
	}
}
