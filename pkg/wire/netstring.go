package wire

// The protocol `netstring`, after D. J. Bernstein's <https://cr.yp.to/proto/netstrings.txt>.
//
// Each item and each answer is its length in bytes in decimal without leading zeros, a colon, that many bytes of any
// value, and a comma: "5:hello,". The empty string is "0:,". Nothing stands between one and the next.

import (
	"bytes"
	"fmt"
	"strconv"
)

// Netstring delimits by length: items and answers may hold any byte.
var Netstring Framing = netstring{}

// maxDigits bounds the length prefix: a petabyte is no answer but garbage.
const maxDigits = 15

type netstring struct{}

func (netstring) Verbatim(_, _ []byte) bool { return false }

func (netstring) Encode(dst, item []byte) ([]byte, error) {
	dst = append(strconv.AppendInt(dst, int64(len(item)), 10), ':')
	return append(append(dst, item...), ','), nil
}

func (netstring) Decoder() Decoder { return new(netstringDecoder) }

type netstringDecoder struct {
	skip int // bytes still to be skipped of an answer that Skip has begun, its comma included
	size int // of that answer
}

// header reads the length at the start of p: the payload is p[from:from+size], once there is that much.
// from is 0 while the header is not complete.
func header(p []byte) (from, size int, err error) {
	i := bytes.IndexByte(p[:min(len(p), maxDigits+1)], ':')
	digits := p[:min(len(p), maxDigits)]
	if i >= 0 {
		digits = p[:i]
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, 0, fmt.Errorf("%.60q is not a netstring", p)
		}
	}
	switch {
	case i == 0 || i > 1 && p[0] == '0' || i < 0 && len(p) > maxDigits:
		return 0, 0, fmt.Errorf("%.60q is not a netstring", p)
	case i < 0:
		return 0, 0, nil
	}
	size, err = strconv.Atoi(string(digits))
	return i + 1, size, err
}

func (d *netstringDecoder) Scan(p []byte, most int) (n, end int, err error) {
	for n < most {
		from, size, err := header(p[end:])
		if err != nil {
			return n, end, err
		}
		last := end + from + size
		if from == 0 || last >= len(p) {
			break
		}
		if p[last] != ',' {
			return n, end, fmt.Errorf("%.60q is a netstring without its comma", p[end:])
		}
		end = last + 1
		n++
	}
	return n, end, nil
}

func (d *netstringDecoder) Split(p []byte) (answer, rest []byte) {
	from, size, _ := header(p)
	return p[from : from+size], p[from+size+1:]
}

func (d *netstringDecoder) Skip(p []byte) (n int, done bool) {
	if d.skip == 0 {
		from, size, _ := header(p)
		d.skip, d.size = from+size+1, size
	}
	n = min(d.skip, len(p))
	d.skip -= n
	return n, d.skip == 0
}

func (d *netstringDecoder) Skipped() int64 { return int64(d.size) }

func (d *netstringDecoder) Last([]byte) bool { return false }

func (d *netstringDecoder) Ending() (byte, bool) { return 0, false }
