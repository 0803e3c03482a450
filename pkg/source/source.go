package source

import (
	"bytes"
	"io"
	"sync"

	"stoke/pkg/cut"
)

// readAhead is how many bytes of whole items the pump keeps ready; it waits while there are more.
const readAhead = 4 * Slab

// prefix is how much of a refused item is kept, for messages.
const prefix = 64

// Batch is a run of consecutive items.
type Batch struct {
	Items   []byte // each item with its delimiter; the buffer belongs to the holder of the batch, and to the Pool in the end
	N       int    // number of items; the last one is all that follows N-1 delimiters, less its own
	First   int64  // number of the first item, from 1
	Refused int64  // not 0: the size of one item above the limit; Items is then only its beginning, without delimiter
}

// State says what Take found.
type State int

const (
	Took  State = iota // a batch
	Empty              // nothing now; the ready callback announces more
	End                // nothing any more
)

// chunk is a stretch of input in memory. Only the last one is still read into.
type chunk struct {
	buf     []byte
	taken   int   // buf[taken:whole] are whole items to be taken
	whole   int   // buf[whole:len(buf)] is the beginning of an item
	lone    bool  // the whole items are one, the last of the input
	refused int64 // not 0: this chunk stands for one item of that size
}

// Source is a stream of items. Its methods are safe for concurrent use.
type Source struct {
	in      io.Reader
	delim   cut.Delimiter
	maxItem int64 // bytes, without the delimiter
	pool    *Pool
	ready   func()

	mu      sync.Mutex
	room    sync.Cond // the pump waits here while enough is read ahead
	chunks  []*chunk
	next    int64 // number of the next item to be taken
	gone    int64 // bytes of those before, less refused ones
	ahead   int   // bytes of whole items in chunks, and 1 for each refused one
	ended   bool  // the input is at its end, or failed
	err     error // why it failed
	closed  bool
	refused int64 // not 0: bytes so far of an item above the limit that is being read past
	total   int64 // how many items there are in all, once that is known
}

// New starts to read items that end in delim (not empty) from in. An item above maxItem bytes is refused. ready is
// called, from the pump's goroutine, whenever there may be something new to take, an end or an error included.
func New(in io.Reader, delim []byte, maxItem int64, pool *Pool, ready func()) *Source {
	s := &Source{in: in, delim: delim, maxItem: maxItem, pool: pool, ready: ready, next: 1}
	s.room.L = &s.mu
	s.chunks = []*chunk{{buf: pool.Get(Slab)}}
	go s.pump()
	return s
}

// Close makes the pump stop at its next step; a read that is under way is left behind.
func (s *Source) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.room.Signal()
}

// Err returns the error that ended the input, nil at a regular end.
func (s *Source) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Next is the number of the item that Take will begin with.
func (s *Source) Next() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

// Taken is how many items have been taken, and how many bytes these have.
func (s *Source) Taken() (items, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next - 1, s.gone
}

// Total is how many items there are in all, those taken included; false as long as the end of the input has not been read.
func (s *Source) Total() (n int64, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended || s.err != nil {
		return 0, false
	}
	if s.total == 0 {
		s.total = s.next - 1
		for _, c := range s.chunks {
			left := c.buf[min(c.taken, c.whole):c.whole]
			n, _ := s.delim.First(left, len(left))
			if c.refused > 0 || c.lone && len(left) > 0 {
				n = 1
			}
			s.total += int64(n)
		}
	}
	return s.total, true
}

// More reports whether Take would find something now.
func (s *Source) More() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ahead > 0
}

// Over reports whether all items have been taken.
func (s *Source) Over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended && s.ahead == 0
}

// Take removes the next items, at most most of them and, unless it is a single one, at most maxBytes bytes of them.
// It never blocks.
func (s *Source) Take(most, maxBytes int) (Batch, State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		c := s.chunks[0]
		if c.refused > 0 {
			if s.refused > 0 && len(s.chunks) == 2 { // its size is not known yet
				return Batch{}, Empty
			}
			s.chunks = s.chunks[1:]
			s.ahead--
			return s.number(Batch{Items: c.buf, N: 1, Refused: c.refused}), Took
		}
		if c.taken < c.whole {
			return s.number(s.takeFrom(c, most, maxBytes)), Took
		}
		if len(s.chunks) > 1 {
			s.pool.Put(c.buf)
			s.chunks = s.chunks[1:]
			continue
		}
		if s.ended {
			return Batch{}, End
		}
		return Batch{}, Empty
	}
}

func (s *Source) number(b Batch) Batch {
	b.First = s.next
	s.next += int64(b.N)
	return b
}

func (s *Source) takeFrom(c *chunk, most, maxBytes int) Batch {
	region := c.buf[c.taken:c.whole]
	n, end := s.delim.First(region[:min(len(region), maxBytes)], most)
	if n == 0 { // not even one item within maxBytes
		n, end = s.delim.First(region, 1)
	}
	if c.lone {
		n, end = 1, len(region)
	}
	var refused int64
	if int64(end) > s.maxItem {
		n, end, refused = s.sift(region[:end], n)
	}
	c.taken += end
	s.ahead -= end
	s.gone += int64(end)
	if s.ahead < readAhead {
		s.room.Signal()
	}
	if refused > 0 {
		return Batch{Items: append(s.pool.Get(prefix), region[:min(prefix, refused)]...), N: 1, Refused: refused}
	}
	if s.last() != c && end == len(c.buf) && end > cap(c.buf)/4 { // all of it: hand over the buffer itself
		s.chunks = s.chunks[1:]
		return Batch{Items: c.buf, N: n}
	}
	return Batch{Items: append(s.pool.Get(end), region[:end]...), N: n}
}

// sift looks for an item above the limit among the count items of p. It returns the items before it, or, if the first
// one is above the limit, that one and its size.
func (s *Source) sift(p []byte, count int) (n, end int, refused int64) {
	for ; n < count; n++ {
		item, _ := s.delim.Split(p[end:], count-n)
		if size := len(item) + len(s.delim); int64(len(item)) <= s.maxItem {
			end += size
		} else if n == 0 {
			return 1, size, int64(len(item))
		} else {
			break
		}
	}
	return n, end, 0
}

func (s *Source) last() *chunk { return s.chunks[len(s.chunks)-1] }

// pump reads until the end of the input, an error or Close.
func (s *Source) pump() {
	for {
		c := s.await()
		if c == nil {
			return
		}
		old := len(c.buf)
		n, err := s.in.Read(c.buf[old:cap(c.buf)])
		s.mu.Lock()
		s.took(c, c.buf[:old+n])
		if err != nil {
			s.end(err)
		}
		ended := s.ended
		s.mu.Unlock()
		s.ready()
		if ended {
			return
		}
	}
}

// await returns the chunk to read into, once less than enough is read ahead; nil after Close.
func (s *Source) await() *chunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.ahead >= readAhead && !s.closed {
		s.room.Wait()
	}
	if s.closed {
		return nil
	}
	c := s.last()
	if c.taken == len(c.buf) { // all taken, no item begun: start over at the front
		c.buf, c.taken, c.whole = c.buf[:0], 0, 0
	}
	return c
}

// took accounts for what was read into c: buf is the chunk's new content.
func (s *Source) took(c *chunk, buf []byte) {
	if s.refused > 0 {
		s.readPast(c, buf)
		return
	}
	old := len(c.buf)
	c.buf = buf
	from := max(c.whole, old-len(s.delim)+1)
	if end := s.delim.LastEnd(buf, from); end > c.whole {
		s.ahead += end - c.whole
		c.whole = end
	}
	if begun := int64(len(buf) - c.whole); begun > s.maxItem+int64(len(s.delim)) {
		s.refused = begun
		s.chunks = append(s.chunks,
			&chunk{buf: append(s.pool.Get(prefix), buf[c.whole:c.whole+int(min(prefix, begun))]...), refused: begun},
			&chunk{buf: append(s.pool.Get(Slab), buf[len(buf)-len(s.delim)+1:]...)})
		c.buf = buf[:c.whole]
		return
	}
	if cap(buf)-len(buf) < Slab/64 || cap(buf) > Slab && c.whole > 0 { // full, or grown for an item that is now whole
		s.roll(c)
	}
}

// roll opens a new chunk, with room for more of the item that c ends in the middle of, and moves that beginning there.
func (s *Source) roll(c *chunk) {
	begun := c.buf[c.whole:]
	size := max(Slab, 2*len(begun))
	s.chunks = append(s.chunks, &chunk{buf: append(s.pool.Get(size), begun...)})
	c.buf = c.buf[:c.whole]
}

// readPast goes on with an item above the limit. The last chunk holds only as much of it as a delimiter cut in two
// may need; the chunk before stands for the item, and is not taken before its size is known.
func (s *Source) readPast(c *chunk, buf []byte) {
	read := int64(len(buf) - len(c.buf))
	i := bytes.Index(buf, s.delim)
	if i < 0 {
		s.refused += read
		tail := len(s.delim) - 1
		c.buf = buf[:copy(buf, buf[len(buf)-min(tail, len(buf)):])]
		return
	}
	behind := buf[i+len(s.delim):]
	s.settle(s.refused + read - int64(len(behind)+len(s.delim)))
	c.buf = c.buf[:0]
	s.took(c, c.buf[:copy(buf, behind)])
}

// settle fixes the size of the refused item, now that it has been read past.
func (s *Source) settle(size int64) {
	s.chunks[len(s.chunks)-2].refused = size
	s.refused = 0
	s.ahead++
}

// end notes the end of the input. What was read of a last item without delimiter becomes an item.
func (s *Source) end(err error) {
	s.ended = true
	if err != io.EOF {
		s.err = err
	}
	c := s.last()
	begun := s.delim.Last(c.buf[c.whole:])
	switch {
	case s.refused > 0:
		s.settle(s.refused)
		c.buf = c.buf[:0]
	case len(begun) > 0 && s.err == nil:
		// In a chunk of its own: an item that ends like a delimiter begins would be cut in the wrong place.
		c.buf = c.buf[:c.whole+len(begun)]
		s.roll(c)
		c = s.last()
		c.buf = append(c.buf, s.delim...)
		c.whole, c.lone = len(c.buf), true
		s.ahead += c.whole
	}
}
