package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// jsonOf is the JSON string that encoding/json makes of s.
func jsonOf(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestAppendJSON(t *testing.T) {
	all := make([]rune, 0, 0x3000)
	for r := rune(0); r < 0x3000; r++ {
		all = append(all, r)
	}
	for _, s := range []string{"", "foo", `a"b\c/d`, "<&>", "\u2028\u2029\u2027", "日本語 😀", "\u00e2\u20ac", string(all)} {
		if got := string(appendJSON([]byte("x"), []byte(s))); got != "x"+jsonOf(t, s) {
			t.Errorf("%q is written %s", s, got)
		}
	}
}

func TestAppendText(t *testing.T) {
	tests := []struct {
		name, inside, want string
		text, ok           bool
	}{
		{"nothing", ``, "", true, true},
		{"plain", `foo`, "foo", true, true},
		{"every escape of a letter", `\"\\\/\b\f\n\r\t`, "\"\\/\b\f\n\r\t", true, true},
		{"by number", `\u0041\u00e4\u20AC`, "Aä€", true, true},
		{"NUL", `\u0000`, "\x00", true, true},
		{"a surrogate pair", `\ud83d\ude00`, "😀", true, true},
		{"the first half of one", `a\ud83db`, "a\ufffdb", false, true},
		{"the second half of one", `\ude00`, "\ufffd", false, true},
		{"halves in the wrong order", `\ude00\ud83d`, "\ufffd\ufffd", false, true},
		{"half of one before a letter", `\ud83d\u0041`, "\ufffdA", false, true},
		{"the replacement character itself", `\ufffd` + "\ufffd", "\ufffd\ufffd", true, true},
		{"bytes that are no UTF-8", "a\xff\xfeb", "a\ufffd\ufffdb", false, true},
		{"such bytes and an escape", "\\n\xff", "\n\ufffd", false, true},
		{"an escape of C", `\x41`, "", false, false},
		{"a lone backslash", `\`, "", false, false},
		{"too few digits", `\u004`, "", false, false},
		{"no digits", `\u00g0`, "", false, false},
		{"a sign", `\u+041`, "", false, false},
	}
	for _, tt := range tests {
		got, text, ok := appendText([]byte("x"), []byte(tt.inside))
		if ok != tt.ok || ok && (text != tt.text || string(got) != "x"+tt.want) {
			t.Errorf("%s: %q, %v, %v, want %q, %v, %v", tt.name, got, text, ok, tt.want, tt.text, tt.ok)
		}
	}
}

// FuzzJSON: strings are written and read as encoding/json does it.
func FuzzJSON(f *testing.F) {
	f.Add([]byte("foo\n\"\u2028\xe2"), []byte(`\ud83d\ude00\n`))
	f.Add([]byte("\x7f\x00"), []byte("\\ud83d\xff\\"))
	f.Fuzz(func(t *testing.T, p, inside []byte) {
		if utf8.Valid(p) {
			if got, want := string(appendJSON(nil, p)), jsonOf(t, string(p)); got != want {
				t.Fatalf("%q is written %s, want %s", p, got, want)
			}
		}
		quoted := append(append([]byte{'"'}, inside...), '"')
		var want string
		valid := json.Unmarshal(quoted, &want) == nil
		end, closed := stringEnd(quoted[1:])
		if valid && (!closed || end != len(inside)) {
			t.Fatalf("the end of %s is found at %d, %v", quoted, end, closed)
		}
		if !closed || end != len(inside) {
			return
		}
		got, text, ok := appendText(nil, inside)
		if ok != valid || ok && string(got) != want {
			t.Fatalf("%s is %q, %v, want %q, %v", quoted, got, ok, want, valid)
		}
		if text && !strings.Contains(string(inside), "\ufffd") && !strings.Contains(strings.ToLower(string(inside)), `\ufffd`) &&
			strings.Contains(want, "\ufffd") {
			t.Fatalf("%s is taken for text, but became %q", quoted, want)
		}
	})
}
