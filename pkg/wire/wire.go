// Package wire is what travels on a worker's stdio: how items go in and how answers are told apart coming out.
//
// A Framing turns items into the bytes a worker reads. Its Decoder, one per worker, finds whole answers in the bytes
// the worker wrote. Both work on contiguous runs of records in the caller's memory, never copy what they need not, and
// know nothing of processes, order or time. Each protocol has a file of its own, which opens with its description.
package wire

import "fmt"

// Framing is one way to delimit items and answers. A Framing is stateless and safe for concurrent use.
type Framing interface {
	// Verbatim reports whether items, of which each ends in delim, travel as they are, with no need for Encode.
	Verbatim(items, delim []byte) bool
	// Encode appends item to dst as the worker is to read it. An error means that this framing cannot carry the item.
	Encode(dst, item []byte) ([]byte, error)
	// Decoder returns a decoder for the output of one worker.
	Decoder() Decoder
}

// Decoder splits the output of one worker into answers. It belongs to one goroutine.
type Decoder interface {
	// Scan returns how many whole answers p starts with, at most most, and where the last of them ends. p begins where
	// the last answer that the caller consumed ended; what was not consumed must be presented again, with more behind it.
	Scan(p []byte, most int) (n, end int, err error)
	// Split takes the first answer, which Scan has found whole, off p.
	Split(p []byte) (answer, rest []byte)
	// Skip consumes from p as much as there is of an answer whose end Scan has not found, and reports whether its end
	// was reached. Until it was, the caller presents all output to Skip. At first p must hold more than any length that
	// precedes an answer: 32 bytes are enough.
	Skip(p []byte) (n int, done bool)
	// Skipped is the size in bytes of the answer that Skip has last reached the end of.
	Skipped() int64
	// Last reports whether p, the rest of a worker's output, may pass for one more answer that lacks only its end.
	Last(p []byte) bool
	// Ending returns the byte that ends each answer; false if answers must be taken apart with Split.
	Ending() (byte, bool)
}

// UnfitError says that a framing cannot carry an item.
type UnfitError struct {
	Holds   string // what the item contains, such as "a newline"
	Framing string // one of Names
}

func (e *UnfitError) Error() string {
	return fmt.Sprintf("it contains %s, which the framing %s cannot carry", e.Holds, e.Framing)
}

// quote quotes p for a message: readable if it is text, and never much of it.
func quote(p []byte) string {
	const most = 160
	if len(p) > most {
		return fmt.Sprintf("%#q...", p[:most])
	}
	return fmt.Sprintf("%#q", p)
}
