package wire

// The protocols `lines` and `nul`.
//
// stoke writes each item followed by one byte, newline or NUL. The worker writes one answer for each item, in the same
// order, followed by that same byte. Neither may contain it. At the end stoke closes the worker's stdin; the worker
// writes what answers it still owes and exits. The end of the very last answer may be missing then.

import (
	"bytes"

	"stoke/pkg/cut"
)

var (
	// Lines delimits by newline: any program that answers each line with a line.
	Lines Framing = delimited{'\n', "a newline", "lines"}
	// NUL delimits by a zero byte: items and answers may contain newlines.
	NUL Framing = delimited{0, "a NUL byte", "nul"}
)

type delimited struct {
	end        byte
	word, name string // for messages
}

func (f delimited) Verbatim(_, delim []byte) bool { return len(delim) == 1 && delim[0] == f.end }

func (f delimited) Encode(dst, item []byte) ([]byte, error) {
	if bytes.IndexByte(item, f.end) >= 0 {
		return dst, &UnfitError{Holds: f.word, Framing: f.name}
	}
	return append(append(dst, item...), f.end), nil
}

func (f delimited) Decoder() Decoder { return &delimitedDecoder{end: f.end} }

type delimitedDecoder struct {
	end     byte
	scanned int // bytes at the start of the next p that are known to hold no end: a giant answer is searched only once
	// bytes of the answer that is being skipped, and of the one that was
	skipping, skipped int64
}

func (d *delimitedDecoder) Scan(p []byte, most int) (n, end int, err error) {
	n, end = cut.Byte(p[d.scanned:], d.end, most)
	if n == 0 {
		d.scanned = len(p)
		return 0, 0, nil
	}
	end += d.scanned
	d.scanned = 0
	return n, end, nil
}

func (d *delimitedDecoder) Split(p []byte) (answer, rest []byte) {
	i := bytes.IndexByte(p, d.end)
	return p[:i], p[i+1:]
}

func (d *delimitedDecoder) Skip(p []byte) (n int, done bool) {
	d.scanned = 0
	if i := bytes.IndexByte(p, d.end); i >= 0 {
		d.skipped, d.skipping = d.skipping+int64(i), 0
		return i + 1, true
	}
	d.skipping += int64(len(p))
	return len(p), false
}

func (d *delimitedDecoder) Skipped() int64 { return d.skipped }

func (d *delimitedDecoder) Last(p []byte) bool { return len(p) > 0 }

func (d *delimitedDecoder) Ending() (byte, bool) { return d.end, true }
