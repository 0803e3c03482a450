package journal

import (
	"bufio"
	"hash/crc32"
	"io"
)

// Sum is the length and the CRC-32C of a run of bytes. Sums of neighbours can be joined and split without the bytes.
// The zero value is the sum of no bytes.
type Sum struct {
	Len int64 // bytes
	CRC uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// SumOf returns the sum of p.
func SumOf(p []byte) Sum { return Sum{}.Add(p) }

// Add returns the sum of the bytes of s with p behind them.
func (s Sum) Add(p []byte) Sum {
	return Sum{s.Len + int64(len(p)), crc32.Update(s.CRC, castagnoli, p)}
}

// Then returns the sum of the bytes of s with those of t behind them. It takes about half a microsecond.
func (s Sum) Then(t Sum) Sum {
	return Sum{s.Len + t.Len, shift(s.CRC, t.Len) ^ t.CRC}
}

// After returns the sum of what follows head in the bytes of s, which begin with those of head.
func (s Sum) After(head Sum) Sum {
	n := s.Len - head.Len
	return Sum{n, s.CRC ^ shift(head.CRC, n)}
}

// powers[k] is x^(8·2^k) modulo the polynomial, bits reflected: multiplied with it, a CRC moves 2^k bytes up.
var powers = func() (powers [63]uint32) {
	powers[0] = 1 << 23 // x^8
	for k := 1; k < len(powers); k++ {
		powers[k] = multiply(powers[k-1], powers[k-1])
	}
	return powers
}()

// shift returns what the CRC of some bytes contributes to that of the same bytes with n more behind them.
func shift(crc uint32, n int64) uint32 {
	for k := 0; n > 0; k++ {
		if n&1 != 0 {
			crc = multiply(powers[k], crc)
		}
		n >>= 1
	}
	return crc
}

// multiply multiplies two polynomials over GF(2) modulo that of CRC-32C, bits reflected.
func multiply(a, b uint32) (product uint32) {
	for range 32 {
		product ^= b & -(a >> 31)
		a <<= 1
		b = b>>1 ^ crc32.Castagnoli&-(b&1)
	}
	return product
}

// chunk is how much is read or copied at once, in bytes.
const chunk = 256 << 10

// summer reads a file from some place on and sums it up.
type summer struct {
	in    *bufio.Reader
	total Sum // of all that was read
}

func newSummer(f io.ReaderAt, off int64) *summer {
	return &summer{in: bufio.NewReaderSize(io.NewSectionReader(f, off, 1<<62), chunk)}
}

// next reads n bytes and returns their sum. An end of file before that is io.ErrUnexpectedEOF.
func (s *summer) next(n int64) (sum Sum, err error) {
	for sum.Len < n {
		p, err := s.in.Peek(int(min(n-sum.Len, int64(max(s.in.Buffered(), 1)))))
		if err == io.EOF {
			return sum, io.ErrUnexpectedEOF
		}
		if err != nil {
			return sum, err
		}
		sum = sum.Add(p)
		s.total = s.total.Add(p)
		_, _ = s.in.Discard(len(p)) // cannot fail: it was peeked
	}
	return sum, nil
}

// sumAt returns the sum of n bytes of f at off.
func sumAt(f io.ReaderAt, off, n int64) (Sum, error) { return newSummer(f, off).next(n) }

// copyAt copies n bytes of f at off to w and returns their sum.
func copyAt(w io.Writer, f io.ReaderAt, off, n int64) (Sum, error) {
	hash := crc32.New(castagnoli)
	copied, err := io.Copy(w, io.TeeReader(io.NewSectionReader(f, off, n), hash))
	if err == nil && copied < n {
		err = io.ErrUnexpectedEOF
	}
	return Sum{copied, hash.Sum32()}, err
}
