// Package source cuts a stream of bytes into batches of items, never waiting for more than one item.
//
// In comes an io.Reader and a delimiter; out go batches: runs of consecutive items in one contiguous piece of memory,
// each item followed by the delimiter, numbered from 1. One goroutine of the package's own (the pump) reads, because a
// read of standard input cannot be interrupted: when the run ends early it is left behind, blocked. Whoever wants items
// calls Take, which never blocks; the pump calls back when there is something to take.
//
// A batch owns its buffer. Large batches are handed over in the very buffer they were read into, small ones are copied
// out; the caller gives buffers back to the pool, so that a long run allocates nothing.
//
// Bytes are never changed. The one addition is a delimiter after a last item that came without. An item larger than
// the limit is not kept in memory: it is read past, counted, and reported in its place as a refused batch.
package source
