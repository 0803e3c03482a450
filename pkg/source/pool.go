package source

import "sync"

// Slab is the size in bytes of the largest pooled buffer, and the most that a batch of several items holds. 256 KiB
// is where two cats moved the most lines a second; smaller costs system calls, larger falls out of the cache.
const Slab = 256 << 10

// classes are the sizes of pooled buffers. Small batches get small buffers, so that a long queue of them stays small.
var classes = [...]int{256, 2 << 10, 16 << 10, Slab}

// keep bounds the memory that idle buffers may hold, in bytes for each class. The largest is what waiting answers are
// kept in: when their number falls and rises again, nothing must be allocated anew.
var keep = [len(classes)]int{1 << 20, 1 << 20, 4 << 20, 32 << 20}

// Pool lends byte buffers and takes them back. It is safe for concurrent use; the zero value is ready.
// Unlike sync.Pool it is not emptied by the garbage collector, so a steady run allocates nothing.
type Pool struct {
	mu   sync.Mutex
	free [len(classes)][][]byte
}

// Get returns an empty buffer with room for at least n bytes. The caller owns it until it calls Put.
func (p *Pool) Get(n int) []byte {
	for c, size := range classes {
		if n > size {
			continue
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		last := len(p.free[c]) - 1
		if last < 0 {
			return make([]byte, 0, size)
		}
		b := p.free[c][last]
		p.free[c] = p.free[c][:last]
		return b
	}
	return make([]byte, 0, n)
}

// Put takes back a buffer that Get returned. Buffers of other sizes are left to the garbage collector.
func (p *Pool) Put(b []byte) {
	for c, size := range classes {
		if cap(b) != size {
			continue
		}
		p.mu.Lock()
		if len(p.free[c]) < keep[c]/size {
			p.free[c] = append(p.free[c], b[:0])
		}
		p.mu.Unlock()
		return
	}
}
