// Package cut finds where delimited records end in contiguous bytes, at the speed of bytes.Count.
//
// Items in the input and answers on a worker's stdout are both such records; this is the one place that counts them.
// Nothing is copied or allocated. All functions are pure and safe for concurrent use.
package cut

import "bytes"

// Delimiter is the byte string that ends a record. It is not empty.
type Delimiter []byte

// LastEnd returns the offset just behind the last delimiter in p that ends at or after from, or -1. No record begins
// inside p[:from] other than the one at its start.
func (d Delimiter) LastEnd(p []byte, from int) int {
	if len(d) == 1 {
		if i := bytes.LastIndexByte(p[from:], d[0]); i >= 0 {
			return from + i + 1
		}
		return -1
	}
	// Searching from the left, because the delimiter may overlap itself: "aa" ends the record "b" in "baaa", not "ba".
	end := -1
	for {
		i := bytes.Index(p[from:], d)
		if i < 0 {
			return end
		}
		from += i + len(d)
		end = from
	}
}

// Last returns the last record of an input, p, which lacks its delimiter; empty if there is none. The newline that ends a
// text is no part of it, as in `echo a,b`, unless records end in NUL: these may hold any bytes.
func (d Delimiter) Last(p []byte) []byte {
	if string(d) == "\n" || string(d) == "\x00" {
		return p
	}
	return bytes.TrimSuffix(p, []byte("\n"))
}

// First returns how many whole records p starts with, at most most of them, and where the last of them ends.
func (d Delimiter) First(p []byte, most int) (n, end int) {
	if len(d) == 1 {
		return Byte(p, d[0], most)
	}
	for n < most {
		i := bytes.Index(p[end:], d)
		if i < 0 {
			break
		}
		end += i + len(d)
		n++
	}
	return n, end
}

// Byte counts the records ended by delim at the start of p, up to most of them, and tells where the last one ends.
// It runs at the speed of bytes.Count: to find the one to stop at, it halves what is left.
func Byte(p []byte, delim byte, most int) (n, end int) {
	if most == 1 {
		i := bytes.IndexByte(p, delim)
		if i < 0 {
			return 0, 0
		}
		return 1, i + 1
	}
	if n = bytes.Count(p, []byte{delim}); n <= most {
		return n, bytes.LastIndexByte(p, delim) + 1
	}
	rest := p
	for n = 0; n < most; {
		half := len(rest) / 2
		if c := bytes.Count(rest[:half], []byte{delim}); n+c < most {
			n += c
			end += half
			rest = rest[half:]
		} else {
			rest = rest[:half]
		}
		if len(rest) <= 64 {
			for n < most {
				i := bytes.IndexByte(p[end:], delim)
				end += i + 1
				n++
			}
		}
	}
	return n, end
}

// Split takes the first of n records off p and returns it without its delimiter. The last record of a run is all that
// is left: it may itself end the way a delimiter that overlaps itself begins.
func (d Delimiter) Split(p []byte, n int) (record, rest []byte) {
	end := len(p)
	if n > 1 {
		end = bytes.Index(p, d) + len(d)
	}
	return p[:end-len(d)], p[end:]
}
