package engine

import (
	"time"
)

// encode returns the items of b as the worker is to read them, and notes those that cannot be sent. It returns nil if
// they travel as they are.
func (p *peer) encode(b *batch) []byte {
	o := &p.e.o
	if p.codec.Verbatim(b.Items, o.Delimiter) {
		return nil
	}
	dst := p.e.pool.Get(len(b.Items))
	rest := b.Items
	uneven := o.Protocol.Uneven(rest, o.Delimiter)
	for i := range b.N {
		var item []byte
		var err error
		item, rest = o.Delimiter.Split(rest, b.N-i)
		if dst, err = p.codec.Encode(dst, item, b.First+int64(i), b.tries+1); err != nil {
			b.refusal = append(b.refusal, refusal{i, err})
		} else if uneven {
			b.ends = append(b.ends, len(dst))
		}
	}
	return dst
}

// announce tells the worker what it must know before it is sent b.
func (p *peer) announce(b *batch) error {
	line := p.codec.Announce(nil, b.First, b.N)
	if len(line) == 0 {
		return nil
	}
	p.inflight.bytes += int64(len(line))
	return p.w.Send(line)
}

// cancel tells a worker that answers requests to give up the item it is at, once. Such a worker may live on.
func (p *peer) cancel() bool {
	if !p.codec.Asks() || p.inflight.isCancelled() || p.stdin.isOver() {
		return false
	}
	line := p.codec.Cancel(nil, p.inflight.cancel(time.Now()))
	p.inflight.bytes += int64(len(line))
	return p.w.Send(line) == nil
}
