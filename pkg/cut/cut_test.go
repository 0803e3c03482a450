package cut

import (
	"math/rand"
	"testing"
)

func TestByte(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 2000 {
		p := make([]byte, rng.Intn(400))
		for i := range p {
			p[i] = "\nab"[rng.Intn(3)]
		}
		most := 1 + rng.Intn(60)
		wantN, wantEnd := 0, 0
		for i, c := range p {
			if c == '\n' && wantN < most {
				wantN, wantEnd = wantN+1, i+1
			}
		}
		if n, end := Byte(p, '\n', most); n != wantN || end != wantEnd {
			t.Fatalf("Byte(%q, %d) = %d, %d, want %d, %d", p, most, n, end, wantN, wantEnd)
		}
	}
}

func TestDelimiterThatOverlapsItself(t *testing.T) {
	d := Delimiter("aa")
	if got := d.LastEnd([]byte("baaa"), 0); got != 3 {
		t.Errorf("LastEnd = %d, want 3", got)
	}
	if n, end := d.First([]byte("baaacaa"), 9); n != 2 || end != 7 {
		t.Errorf("First = %d, %d, want 2, 7", n, end)
	}
	if got, rest := d.Split([]byte("Xaaa"), 1); string(got) != "Xa" || len(rest) != 0 {
		t.Errorf("Split of a single record = %q, %q", got, rest)
	}
}
