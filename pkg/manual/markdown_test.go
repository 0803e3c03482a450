package manual

import (
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	blocks, err := parse("# Title\n\nA sentence\nover lines.\n\n- one\n  more\n- two\n1. three\n\n```sh x.sh\n  a | b\n\n```\n" +
		"| a | b |\n|---|---|\n| `x \\| y` | z |\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []block{
		{kind: heading, text: "Title"}, {kind: paragraph, text: "A sentence over lines."},
		{kind: bullet, mark: "-", text: "one more"}, {kind: bullet, mark: "-", text: "two"}, {kind: bullet, mark: "1.", text: "three"},
		{kind: code, info: "sh x.sh", lines: []string{"  a | b", ""}},
		{kind: table, rows: [][]string{{"a", "b"}, {"`x | y`", "z"}}},
	}
	same := func(a, b block) bool {
		return a.kind == b.kind && a.text == b.text && a.mark == b.mark && a.info == b.info && slices.Equal(a.lines, b.lines) &&
			slices.EqualFunc(a.rows, b.rows, slices.Equal)
	}
	if !slices.EqualFunc(blocks, want, same) {
		t.Errorf("got %+v\nwant %+v", blocks, want)
	}
	for _, wrong := range []string{"```sh\na\n", "    indented\n", "\ttabbed\n"} {
		if got, err := parse(wrong); err == nil {
			t.Errorf("%q became %+v", wrong, got)
		}
	}
}

func TestSpans(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"plain", "0:plain"},
		{"a `b c` **d** *e*.", "0:a |1:b c|0: |2:d|0: |3:e|0:."},
		{"see [workers](workers.md)", "0:see |0:workers"},
		{"[web](https://example.org)", "0:web (https://example.org)"},
		{"fill[=TEXT]", "0:fill|0:[|0:=TEXT]"},
		{"2 * 3 * 4", "0:2 |0:*|0: 3 |0:*|0: 4"},
		{"an `open", "0:an |0:`|0:open"},
		{"", ""},
	} {
		var got []string
		for _, sp := range spans(tt.text) {
			got = append(got, string(rune('0'+sp.style))+":"+sp.text)
		}
		if text := strings.Join(got, "|"); text != tt.want {
			t.Errorf("%q became %q, want %q", tt.text, text, tt.want)
		}
	}
}

func TestText(t *testing.T) {
	blocks, err := parse("A line of `some words` and (`code`), more.\n\n- an item that goes on\n\n```\na long line of code\n```\n| k | v |\n|---|---|\n| a | b c |\n")
	if err != nil {
		t.Fatal(err)
	}
	want := "A line of some words and\n(code), more.\n\n- an item that goes on\n\n    a long line of code\n\n  a            b c\n"
	if got := (Screen{Width: 30}).text(blocks); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := (Screen{Width: 30, Bold: true}).text(blocks); !strings.Contains(got, "\x1b[1msome\x1b[m \x1b[1mwords\x1b[m") {
		t.Errorf("code is not bold: %q", got)
	}
}

func TestRoff(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"--init-jobs K", `\-\-init\-jobs K`},
		{`\t 'a' "b" ^~` + "`", `\et \(aqa\(aq \(dqb\(dq \(ha\(ti\(ga`},
		{".venv\n.x\n'y", "\\&.venv\n\\&.x\n\\(aqy"},
		{"2 µs", `2 \[u00B5]s`},
		{"", ""},
	} {
		if got := roff(tt.text); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestFind(t *testing.T) {
	for topic, want := range map[string]string{
		"exit-status": "exit-status", "exit": "exit-status", "Exit status": "exit-status", "f": "failure", "": "", "nonsense": "",
	} {
		if c, known := Find(topic); c.Name != want || known != (want != "") {
			t.Errorf("%q is %q, %v, want %q", topic, c.Name, known, want)
		}
	}
}
