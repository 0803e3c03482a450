package journal

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// Version is the version of the journal's format that this package writes, and the newest that it reads.
const Version = 1

// magic precedes the version in the first line of a journal.
const magic = "stoke journal "

// The types of records.
const (
	isIdentity   = 'i'
	isWritten    = 'w'
	isHeld       = 'h'
	isPlaced     = 'p'
	isCheckpoint = 'k'
	isNote       = 'n'
	isComplete   = 'c'
)

// head is the size of what precedes a payload.
const head = 9

// checksum guards a record. Tests replace it to see that they would notice.
var checksum = func(p []byte) uint32 { return crc32.Checksum(p, castagnoli) }

// appendRecord appends a record whose payload is what fill appends.
func appendRecord(dst []byte, kind byte, fill func([]byte) []byte) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0, kind)
	dst = fill(dst)
	r := dst[start:]
	binary.LittleEndian.PutUint32(r[4:], uint32(len(r)-head))
	binary.LittleEndian.PutUint32(r, checksum(r[4:]))
	return dst
}

func appendInt(dst []byte, n int64) []byte { return binary.LittleEndian.AppendUint64(dst, uint64(n)) }

func appendSum(dst []byte, s Sum) []byte {
	return binary.LittleEndian.AppendUint32(appendInt(dst, s.Len), s.CRC)
}

func appendBytes(dst, p []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(p))), p...)
}

func appendEntry(dst []byte, kind byte, e *entry) []byte {
	return appendRecord(dst, kind, func(dst []byte) []byte {
		dst = appendInt(appendInt(dst, e.First), int64(e.N))
		dst = appendSum(appendSum(dst, e.Input), e.out)
		for _, f := range e.failed {
			dst = appendSum(appendSum(appendInt(dst, int64(f.Index)), f.Before), f.Input)
			dst = appendBytes(appendInt(appendInt(dst, int64(f.Off)), int64(f.Len)), f.Item)
		}
		return dst
	})
}

// fits reports whether e can be a record.
func (e *entry) fits() bool {
	size := int64(0)
	for i := range e.failed {
		size += 64 + int64(len(e.failed[i].Item))
	}
	return size < math.MaxInt32
}

func appendPlaced(dst []byte, at int64) []byte {
	return appendRecord(dst, isPlaced, func(dst []byte) []byte { return appendInt(dst, at) })
}

func appendCheckpoint(dst []byte, out Sum) []byte {
	return appendRecord(dst, isCheckpoint, func(dst []byte) []byte { return appendSum(dst, out) })
}

func appendComplete(dst []byte, c *Completed) []byte {
	return appendRecord(dst, isComplete, func(dst []byte) []byte {
		dst = appendInt(appendInt(dst, c.Items), c.Failed)
		return appendInt(appendSum(appendSum(dst, c.Input), c.Out), c.ModTime.UnixNano())
	})
}

// appendHeader appends what a journal begins with.
func appendHeader(dst []byte, facts []Fact) []byte {
	dst = fmt.Appendf(dst, "%s%d\n", magic, Version)
	return appendFacts(dst, isIdentity, facts)
}

func appendFacts(dst []byte, kind byte, facts []Fact) []byte {
	return appendRecord(dst, kind, func(dst []byte) []byte {
		for _, f := range facts {
			dst = appendBytes(appendBytes(dst, []byte(f.Name)), []byte(f.kept()))
		}
		return dst
	})
}

// Completed says what a complete run has done.
type Completed struct {
	Items, Failed int64
	Input         Sum       // of all items; in an unordered run too
	Out           Sum       // of OUT
	ModTime       time.Time // of OUT
}

// fields takes a payload apart. What is missing reads as zero, and bad tells.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) take(n int) []byte {
	if f.bad = f.bad || n > len(f.rest); f.bad {
		return make([]byte, min(n, 8))
	}
	p := f.rest[:n]
	f.rest = f.rest[n:]
	return p
}

func (f *fields) uint32() uint32 { return binary.LittleEndian.Uint32(f.take(4)) }
func (f *fields) int() int64     { return int64(binary.LittleEndian.Uint64(f.take(8))) }
func (f *fields) sum() Sum       { return Sum{f.int(), f.uint32()} }
func (f *fields) bytes() []byte  { return f.take(int(f.uint32())) }

// decodeEntry returns an entry that aliases p.
func decodeEntry(p []byte) (e entry, err error) {
	f := fields{rest: p}
	e.Range = Range{f.int(), int(f.int()), f.sum()}
	e.out = f.sum()
	for len(f.rest) > 0 && !f.bad {
		failed := Failure{Index: int(f.int()), Before: f.sum(), Input: f.sum(), Off: int(f.int()), Len: int(f.int())}
		failed.Item = f.bytes()
		e.failed = append(e.failed, failed)
	}
	if f.bad || e.nonsense() != "" {
		return e, errBad
	}
	return e, nil
}

func decodeComplete(p []byte) (*Completed, error) {
	f := fields{rest: p}
	c := &Completed{Items: f.int(), Failed: f.int(), Input: f.sum(), Out: f.sum(), ModTime: time.Unix(0, f.int())}
	if f.bad || len(f.rest) > 0 {
		return nil, errBad
	}
	return c, nil
}

func decodeFacts(p []byte) (facts []Fact, err error) {
	f := fields{rest: p}
	for len(f.rest) > 0 && !f.bad {
		facts = append(facts, Fact{Name: string(f.bytes()), Value: string(f.bytes())})
	}
	if f.bad {
		return nil, errBad
	}
	return facts, nil
}

// record is one as it was read. The payload belongs to the scanner, until its next call.
type record struct {
	kind    byte
	payload []byte
	entry   entry // of a written or held piece
	at, end int64 // where it begins, and where the next one does
	data    int64 // where the output of a held piece begins
}

// scanner reads records one after the other.
type scanner struct {
	f      io.ReaderAt
	size   int64 // of the file, or where to stop
	off    int64 // of the next record
	window []byte
	base   int64 // offset of the window

	ahead    int64 // how much to read at once; 0 for much
	trusting bool  // that the output of held pieces is whole
}

// look returns n bytes at off.
func (s *scanner) look(off, n int64) ([]byte, error) {
	if n > s.size-off {
		return nil, errBad
	}
	if off < s.base || off+n > s.base+int64(len(s.window)) {
		want := max(n, min(s.size-off, cmp.Or(s.ahead, chunk)))
		if int64(cap(s.window)) < want {
			s.window = make([]byte, want)
		}
		got, err := s.f.ReadAt(s.window[:want], off)
		s.window, s.base = s.window[:got], off
		if int64(got) < n && (err == nil || errors.Is(err, io.EOF)) {
			return nil, errBad
		}
		if int64(got) < n {
			return nil, err
		}
	}
	return s.window[off-s.base:][:n], nil
}

// next reads the next record. At the end it returns io.EOF, and errBad where the file is not whole: off is then where it
// should be cut. Any other error is one of reading.
func (s *scanner) next() (r record, err error) {
	if s.off == s.size {
		return r, io.EOF
	}
	p, err := s.look(s.off, head)
	if err != nil {
		return r, err
	}
	r.at, r.kind = s.off, p[8]
	sum, n := binary.LittleEndian.Uint32(p), int64(binary.LittleEndian.Uint32(p[4:]))
	if err = s.worthwhile(n, sum); err != nil {
		return r, err
	}
	if p, err = s.look(s.off+4, head-4+n); err != nil {
		return r, err
	}
	if checksum(p) != sum {
		return r, errBad
	}
	r.payload, r.end = p[head-4:], s.off+head+n
	if r.kind == isWritten || r.kind == isHeld {
		if r.entry, err = decodeEntry(r.payload); err != nil {
			return r, err
		}
	}
	if r.kind == isHeld {
		if err := s.output(&r); err != nil {
			return r, err
		}
	}
	s.off = r.end
	return r, nil
}

// worthwhile checks a large record before memory is taken for it: its length may be garbage.
func (s *scanner) worthwhile(n int64, sum uint32) error {
	if n <= chunk {
		return nil
	}
	if n > s.size-s.off-head {
		return errBad
	}
	if got, err := sumAt(s.f, s.off+4, head-4+n); err != nil || got.CRC != sum {
		return errors.Join(errBad, err)
	}
	return nil
}

// output checks the output behind the record of a held piece.
func (s *scanner) output(r *record) error {
	r.data = r.end
	if r.entry.out.Len > s.size-r.data {
		return errBad
	}
	r.end += r.entry.out.Len
	if s.trusting {
		return nil
	}
	sum := Sum{}
	if end := s.base + int64(len(s.window)); r.end <= end { // the usual little one has been read already
		sum = SumOf(s.window[r.data-s.base : r.end-s.base])
	} else {
		var err error
		if sum, err = sumAt(s.f, r.data, r.entry.out.Len); err != nil {
			return err
		}
	}
	if sum != r.entry.out {
		return errBad
	}
	return nil
}
