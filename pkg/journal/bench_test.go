package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// piece returns one of 1000 items of 10 bytes each, in and out.
func piece(first int64, out []byte) Piece {
	return Piece{First: first, N: 1000, Input: SumOf(out), Out: out}
}

// BenchmarkWrite tells what the journal adds to an item: a record for each 1000, and output that is written anyway.
func BenchmarkWrite(b *testing.B) {
	out := bytes.Repeat([]byte("123456789\n"), 1000)
	b.Run("output without a journal", func(b *testing.B) {
		f, err := Disk{}.Lock(filepath.Join(b.TempDir(), "out"), os.O_CREATE, 0o666)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		b.SetBytes(int64(len(out)))
		for off := int64(0); b.Loop(); off += int64(len(out)) {
			if _, err := f.WriteAt(out, off); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, held := range []bool{false, true} {
		name := map[bool]string{false: "in turn", true: "every other one held"}[held]
		b.Run(name, func(b *testing.B) {
			j := create(b, Disk{}, filepath.Join(b.TempDir(), "out"), Identity{})
			defer j.Close()
			b.SetBytes(int64(len(out)))
			first := int64(1)
			for i := 0; b.Loop(); i++ {
				if held && i%2 == 0 {
					h, err := j.Hold(piece(first+1000, out))
					if err == nil {
						err = j.Write(piece(first, out))
					}
					if err == nil {
						err = j.Place(h)
					}
					if err != nil {
						b.Fatal(err)
					}
					first += 2000
				} else if !held {
					if err := j.Write(piece(first, out)); err != nil {
						b.Fatal(err)
					}
					first += 1000
				}
			}
		})
	}
}

// BenchmarkResume goes on behind 100,000 pieces of 100 items.
func BenchmarkResume(b *testing.B) {
	out := bytes.Repeat([]byte("123456789\n"), 100)
	for _, checked := range []bool{true, false} {
		name := map[bool]string{true: "checked", false: "no checkpoint"}[checked]
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "out")
			j := create(b, Disk{}, path, Identity{})
			for i := range int64(100_000) {
				if err := j.Write(Piece{First: i*100 + 1, N: 100, Input: SumOf(out), Out: out}); err != nil {
					b.Fatal(err)
				}
			}
			if checked {
				must(b, j.Sync())
			}
			must(b, j.Close())
			for b.Loop() {
				j, st, err := Resume(Disk{}, path, Identity{})
				if err != nil || st.Next != 10_000_001 {
					b.Fatal(st, err)
				}
				j.Close()
			}
		})
	}
}
