package wire

import (
	"bytes"
	"testing"
)

// reader presents a worker's output to a Decoder as a conversation does: in pieces, and what was not consumed again.
type reader struct {
	t    *testing.T
	d    Decoder
	most func() int // how many answers to ask for next

	held    []byte   // read, not consumed
	answers []string // found so far
}

// read presents one more piece. It returns the error of Scan.
func (r *reader) read(piece []byte) error {
	r.held = append(r.held, piece...)
	for {
		most := r.most()
		n, end, err := r.d.Scan(r.held, most)
		if n < 0 || n > most || end < 0 || end > len(r.held) || (n == 0) != (end == 0) {
			r.t.Fatalf("Scan(%q, %d) = %d, %d", r.held, most, n, end)
		}
		whole := r.held[:end]
		for range n {
			var answer []byte
			answer, whole = r.d.Split(whole)
			r.answers = append(r.answers, string(answer))
		}
		if len(whole) > 0 {
			r.t.Fatalf("%d answers leave %q of %q", n, whole, r.held[:end])
		}
		r.held = r.held[end:]
		if n == 0 || err != nil {
			return err
		}
	}
}

// cycle returns the bytes of steps in turn, plus one, for ever: sizes to cut something up by.
func cycle(steps []byte) func() int {
	i := 0
	return func() int {
		if len(steps) == 0 {
			return 1
		}
		i++
		return int(steps[i%len(steps)]) + 1
	}
}

// fuzzed are all framings, with the byte that items in it cannot hold, or -1.
var fuzzed = func() (all []fuzzedFraming) {
	for _, f := range framings {
		refused := -1
		for b := range 256 {
			if _, err := f.framing.Encode(nil, []byte{byte(b)}); err != nil {
				refused = b
			}
		}
		all = append(all, fuzzedFraming{f.framing, refused})
	}
	return all
}()

type fuzzedFraming struct {
	framing Framing
	refused int
}

// FuzzRoundTrip: what a worker like cat sends back is what it was sent, in whatever pieces it arrives.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("a|bb||c"), []byte{0}, []byte{8})
	f.Add([]byte("a\n|\x00,|5:hello,||||"), []byte{2, 0, 5}, []byte{0, 1})
	f.Add(bytes.Repeat([]byte("x|0123456789"), 30), []byte{63, 3}, []byte{6})
	f.Fuzz(func(t *testing.T, text, pieces, mosts []byte) {
		items := bytes.Split(text, []byte("|"))
		for _, fr := range fuzzed {
			r := &reader{t: t, d: fr.framing.Decoder(), most: cycle(mosts)}
			var sent []byte
			var want []string
			for _, item := range items {
				before := len(sent)
				var err error
				sent, err = fr.framing.Encode(sent, item)
				if refused := bytes.IndexByte(item, byte(fr.refused)) >= 0 && fr.refused >= 0; refused != (err != nil) {
					t.Fatalf("Encode(%q): %v", item, err)
				}
				if err == nil {
					want = append(want, string(item))
				} else if len(sent) != before {
					t.Fatalf("a refused item left %q behind", sent[before:])
				}
			}
			for size := cycle(pieces); len(sent) > 0; {
				n := min(size(), len(sent))
				if err := r.read(sent[:n]); err != nil {
					t.Fatal(err)
				}
				sent = sent[n:]
			}
			if len(r.held) > 0 || len(r.answers) != len(want) {
				t.Fatalf("%d answers to %d items, %q left", len(r.answers), len(want), r.held)
			}
			for i := range want {
				if r.answers[i] != want[i] {
					t.Fatalf("answer %d is %q, want %q", i+1, r.answers[i], want[i])
				}
			}
		}
	})
}

// FuzzGarbage: whatever a worker writes, Scan stays within it and finds the same answers however it is cut up.
func FuzzGarbage(f *testing.F) {
	for _, p := range []string{"", "5:hello,", "5:hello", "05:x,", "\x00\n\x00", "1:a,1:b,999999999999999:c", "1:a;", "99999999999999999999:"} {
		f.Add([]byte(p), []byte{0}, []byte{2})
	}
	f.Fuzz(func(t *testing.T, output, pieces, mosts []byte) {
		for _, fr := range fuzzed {
			whole := &reader{t: t, d: fr.framing.Decoder(), most: cycle(nil)}
			wantErr := whole.read(output)
			cut := &reader{t: t, d: fr.framing.Decoder(), most: cycle(mosts)}
			var err error
			for size, rest := cycle(pieces), output; err == nil && len(rest) > 0; {
				n := min(size(), len(rest))
				err = cut.read(rest[:n])
				rest = rest[n:]
			}
			if (err != nil) != (wantErr != nil) || len(cut.answers) != len(whole.answers) {
				t.Fatalf("in pieces: %q, %v; at once: %q, %v", cut.answers, err, whole.answers, wantErr)
			}
			for i := range whole.answers {
				if cut.answers[i] != whole.answers[i] {
					t.Fatalf("answer %d is %q in pieces, %q at once", i+1, cut.answers[i], whole.answers[i])
				}
			}
		}
	})
}

// FuzzSkip: after an answer was skipped, in whatever pieces, the next one is found.
func FuzzSkip(f *testing.F) {
	f.Add([]byte("xxxxxxxxxxxxxxxxxxxx"), []byte("next"), uint16(17), uint8(3))
	f.Add([]byte("1:a,1:b,,,,,,,,,,,,,,,"), []byte(""), uint16(30), uint8(0))
	f.Fuzz(func(t *testing.T, large, next []byte, begun uint16, step uint8) {
		for _, fr := range fuzzed {
			sent, err1 := fr.framing.Encode(nil, large)
			after, err2 := fr.framing.Encode(nil, next)
			// An answer is skipped when it has outgrown a limit, so that its length, where it has one, is known.
			from := min(maxDigits+1+int(begun), len(sent)-1)
			if err1 != nil || err2 != nil || from <= maxDigits {
				continue
			}
			d := fr.framing.Decoder()
			if n, _, err := d.Scan(sent[:from], 1); n != 0 || err != nil {
				t.Fatalf("Scan(%q) = %d, %v", sent[:from], n, err)
			}
			rest := skip(t, d, append(sent, after...), from, int(step)+1)
			if n, end, err := d.Scan(rest, 9); n != 1 || end != len(after) || err != nil || !bytes.Equal(rest, after) {
				t.Fatalf("left %q of which Scan = %d, %d, %v, want %q", rest, n, end, err, after)
			}
		}
	})
}
