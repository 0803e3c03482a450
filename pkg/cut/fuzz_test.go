package cut

import (
	"bytes"
	"testing"
)

// FuzzDelimiter holds the delimiter against bytes.Index, one record after the other.
func FuzzDelimiter(f *testing.F) {
	f.Add([]byte("a\nb\n\nc"), []byte("\n"), uint8(9))
	f.Add([]byte("baaaXaa"), []byte("aa"), uint8(1))
	f.Add(bytes.Repeat([]byte("ab\n"), 99), []byte("\n"), uint8(70))
	f.Fuzz(func(t *testing.T, p, delim []byte, most uint8) {
		if len(delim) == 0 {
			return
		}
		d := Delimiter(delim)
		ends := []int{0} // ends[n] is where the nth record ends
		for {
			last := ends[len(ends)-1]
			i := bytes.Index(p[last:], delim)
			if i < 0 {
				break
			}
			ends = append(ends, last+i+len(delim))
		}
		want := min(int(most), len(ends)-1)
		n, end := d.First(p, int(most))
		if n != want || end != ends[want] {
			t.Fatalf("First(%q, %d) = %d, %d, want %d, %d", p, most, n, end, want, ends[want])
		}
		lastEnd := ends[len(ends)-1]
		if lastEnd == 0 {
			lastEnd = -1
		}
		if got := d.LastEnd(p, 0); got != lastEnd {
			t.Fatalf("LastEnd(%q, 0) = %d, want %d", p, got, lastEnd)
		}
		rest := p[:end]
		for i := range n {
			var record []byte
			record, rest = d.Split(rest, n-i)
			if whole := p[ends[i] : ends[i+1]-len(delim)]; !bytes.Equal(record, whole) {
				t.Fatalf("record %d of %q is %q, want %q", i+1, p, record, whole)
			}
		}
		if len(rest) > 0 {
			t.Fatalf("%d records leave %q", n, rest)
		}
	})
}
