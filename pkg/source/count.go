package source

import (
	"io"

	"stoke/pkg/cut"
)

// Count reads in to its end and returns the number of items in it, that is, of delimiters, and one more if something
// follows the last of them. Items above a limit count too.
func Count(in io.Reader, delim cut.Delimiter) (n int64, err error) {
	buf := make([]byte, 0, Slab)
	for err == nil {
		var m int
		m, err = in.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+m]
		whole, end := delim.First(buf, len(buf))
		n += int64(whole)
		if rest := buf[end:]; whole == 0 && len(buf) == cap(buf) { // an item without an end in sight
			rest = rest[len(rest)-len(delim):]
			buf = buf[:copy(buf, rest)]
		} else {
			buf = buf[:copy(buf, rest)]
		}
	}
	if len(delim.Last(buf)) > 0 {
		n++
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}
