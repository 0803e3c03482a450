package wire

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// translated is all that comes out of a Translator.
type translated struct {
	lines []string // without their newlines
	aside string
	fault string // the words of the first error
}

// translate passes raw through tr in pieces of the sizes that size returns, then ends it unless it was at fault.
func translate(t *testing.T, tr Translator, raw string, size func() int) (out translated) {
	t.Helper()
	var dst []byte
	var err error
	for len(raw) > 0 && err == nil {
		n := min(size(), len(raw))
		piece := []byte(raw[:n])
		raw = raw[n:]
		dst, err = tr.Translate(dst, piece)
		for i := range piece { // what is kept must be copied
			piece[i] = '?'
		}
		out.aside += string(tr.Aside())
	}
	if err == nil {
		dst, err = tr.End(dst)
		out.aside += string(tr.Aside())
	}
	if err != nil {
		out.fault = err.Error()
	}
	if len(dst) > 0 {
		if dst[len(dst)-1] != '\n' {
			t.Fatalf("the output %q is not of whole lines", dst)
		}
		out.lines = strings.Split(string(dst[:len(dst)-1]), "\n")
	}
	for _, line := range out.lines {
		if _, _, err := Reply([]byte(line)); err != nil {
			t.Fatalf("%q is no escaped line: %v", line, err)
		}
	}
	return out
}

// everyWay translates raw in pieces of 1, 2, 3, ... bytes and at once, which must make no difference.
func everyWay(t *testing.T, name string, start func() Translator, raw string) translated {
	t.Helper()
	whole := translate(t, start(), raw, func() int { return len(raw) })
	for n := 1; n < min(len(raw), 40); n++ {
		got := translate(t, start(), raw, func() int { return n })
		if !slices.Equal(got.lines, whole.lines) || got.aside != whole.aside || got.fault != whole.fault {
			t.Errorf("%s, %d bytes a piece: %+q, at once: %+q", name, n, got, whole)
		}
	}
	return whole
}

// check compares what came out with what should have. fault is a part of the words.
func (out translated) check(t *testing.T, name string, lines []string, aside, fault string) {
	t.Helper()
	if !slices.Equal(out.lines, lines) {
		t.Errorf("%s: the lines %q, want %q", name, out.lines, lines)
	}
	if out.aside != aside {
		t.Errorf("%s: aside %q, want %q", name, out.aside, aside)
	}
	if (out.fault == "") != (fault == "") || !strings.Contains(out.fault, fault) || len(out.fault) > 600 {
		t.Errorf("%s: the fault %q, want %q", name, out.fault, fault)
	}
}

// A giant answer in small pieces must not be searched, or copied, from its start with each.
func TestGiantAnswerInPieces(t *testing.T) {
	const size, piece = 64 << 20, 16 << 10
	text := strings.Repeat("x", piece)
	rpc := NewRPC(size)
	if _, err := rpc.Translate(nil, []byte(`{"jsonrpc":"2.0","method":"ready"}`+"\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := rpc.AppendRequest(nil, 1, nil, 1, 1); err != nil {
		t.Fatal(err)
	}
	marked := NewMarked("N", size)
	if _, err := marked.Translate(nil, []byte("\x1eN ready\n")); err != nil {
		t.Fatal(err)
	}
	until, _ := NewUntil([]byte("END"), size)
	for name, tt := range map[string]struct {
		tr         Translator
		head, tail string
	}{
		"rpc":    {rpc, `{"jsonrpc":"2.0","id":1,"result":"`, "\"}\n"},
		"marked": {marked, "", "\x1eN 0\n"},
		"until":  {until, "", "\nEND\n"},
	} {
		dst, err := tt.tr.Translate(nil, []byte(tt.head))
		for range size / piece {
			if err == nil {
				dst, err = tt.tr.Translate(dst, []byte(text))
			}
		}
		if err != nil || len(dst) > 0 || len(tt.tr.Held()) != len(tt.head)+size {
			t.Fatalf("%s: %d bytes, %v, %d held", name, len(dst), err, len(tt.tr.Held()))
		}
		if dst, err = tt.tr.Translate(dst, []byte(tt.tail)); err != nil || len(dst) != size+1 || len(tt.tr.Held()) != 0 {
			t.Errorf("%s: %d bytes, %v, %d held", name, len(dst), err, len(tt.tr.Held()))
		}
	}
}

func TestUnfinishedError(t *testing.T) {
	until, _ := NewUntil([]byte("END"), 99)
	if _, err := until.Translate(nil, []byte("foo")); err != nil {
		t.Fatal(err)
	}
	_, err := until.End(nil)
	if unfinished, ok := errors.AsType[*UnfinishedError](err); !ok || unfinished.Rest != "`foo`" {
		t.Errorf("%v", err)
	}
}
