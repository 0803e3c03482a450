package engine

import (
	"time"

	"stoke/pkg/source"
	"stoke/pkg/wire"
)

const (
	// smallRead is a read of few bytes: if more answers are due, the worker writes them one by one.
	smallRead = 16 << 10
	// shortRest and longRest bound the pauses that let such answers gather. Without them a worker that flushes each
	// line wakes this process for each line, and both slow down to half their speed.
	shortRest = 50 * time.Microsecond
	longRest  = time.Millisecond
)

// A worker may write that many bytes, or that many times the limit of an answer if it is more, without an end before its answer is
// taken to have none.
const (
	endlessBytes = 64 << 20
	endlessTimes = 16
)

// slack is what may come with an answer besides its bytes, such as a length: more than the limit by this is too large
// without doubt.
const slack = 32

// reader holds the output of one worker until it is known what of it are whole answers.
type reader struct {
	codec    *wire.Codec
	pool     *source.Pool
	limit    int64  // bytes of an answer
	escaped  bool   // answers are escaped, which may double them
	buf      []byte // output that is not taken yet
	raw      []byte // where output is read that must be translated
	skipping bool   // an answer above the limit is being read past
	unended  int64  // bytes that came since the last whole answer
	rest     time.Duration
}

// open prepares to read, with what came with the greeting.
func (r *reader) open() {
	r.buf = r.pool.Get(source.Slab)
	if r.codec.Listens() {
		r.buf = append(r.buf, r.codec.Heard()...)
		r.raw = r.pool.Get(source.Slab)
	}
}

func (r *reader) close() {
	r.pool.Put(r.buf)
	r.pool.Put(r.raw)
}

// room returns where output is to be read: the free part of the buffer, larger than before if an answer has filled it, or, for what must
// be translated, another.
func (r *reader) room() []byte {
	if r.raw != nil {
		return r.raw[:cap(r.raw)]
	}
	if len(r.buf) == cap(r.buf) {
		old := r.buf
		r.buf = append(r.pool.Get(2*cap(old)), old...)
		r.pool.Put(old)
	}
	return r.buf[len(r.buf):cap(r.buf)]
}

// add takes n bytes that were read into room, translated if need be. An error is a breach of the protocol.
func (r *reader) add(n int) (err error) {
	r.unended += int64(n)
	if r.raw == nil {
		r.buf = r.buf[:len(r.buf)+n]
		return nil
	}
	r.buf, err = r.codec.Hear(r.buf, r.raw[:n])
	return err
}

// addEnd takes the end of the output, and returns how much that adds.
func (r *reader) addEnd() (n int, err error) {
	before := len(r.buf)
	r.buf, err = r.codec.End(r.buf)
	return len(r.buf) - before, err
}

// addEnding ends an answer that lacks only its end, if that is all there is, and reports whether it is.
func (r *reader) addEnding() bool {
	end, ok := r.codec.Ending()
	if !ok || r.skipping || !r.codec.Last(r.buf) {
		return false
	}
	r.buf = append(r.buf, end)
	return true
}

// keep keeps p, the end of the buffer, and forgets what came before.
func (r *reader) keep(p []byte) {
	if len(p) < len(r.buf) { // else nothing was taken, and it may be long
		r.buf = r.buf[:copy(r.buf, p)]
	}
}

// detach returns a copy of the first answers in the buffer, which end where rest begins, or, if they are nearly all of it, the buffer
// itself; more is rest then, in the next one.
func (r *reader) detach(answers, rest []byte) (own, more []byte) {
	size := len(answers)
	if size >= source.Slab/2 && len(rest) < size/8 && len(r.buf) == size+len(rest) {
		r.buf = append(r.pool.Get(source.Slab), rest...)
		return answers, r.buf
	}
	return append(r.pool.Get(size), answers...), rest
}

// isOverlong reports whether the buffer holds the beginning of an answer that is too large to be kept.
func (r *reader) isOverlong() bool {
	most := r.limit + slack
	if r.escaped {
		most *= 2
	}
	return int64(len(r.buf)) > most
}

// isEndless reports whether the worker is taken to write for ever.
func (r *reader) isEndless() bool { return r.unended > max(endlessBytes, endlessTimes*r.limit) }

// skip begins to read past an answer that is too large to be kept.
func (r *reader) skip() {
	r.codec.Skip(r.buf)
	r.skipping = true
	r.buf = r.buf[:0]
	if cap(r.buf) > source.Slab {
		r.buf = r.pool.Get(source.Slab)
	}
}

// skipOn goes on with that and returns what follows the answer.
func (r *reader) skipOn(p []byte) (rest []byte) {
	n, done := r.codec.Skip(p)
	r.skipping = !done
	return p[n:]
}

// pause is how long to let output gather after a read of only n bytes, if more answers are due and the worker has enough to do
// meanwhile: pending items, each of which takes perItem. It never waits when one answer is awaited.
func (r *reader) pause(n, pending int, perItem time.Duration) time.Duration {
	work := time.Duration(pending) * perItem
	switch {
	case n >= smallRead:
		r.rest = max(r.rest/2, shortRest)
		return 0
	case pending < 2 || work < 2*shortRest:
		r.rest = shortRest
		return 0
	}
	now := min(r.rest, work/2)
	r.rest = min(2*max(r.rest, shortRest), longRest)
	return now
}
