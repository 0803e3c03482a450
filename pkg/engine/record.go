package engine

import "stoke/pkg/journal"

// piece describes the next n items of b that are finished, with a failure if it is one that failed; nil if nothing is recorded.
func (e *Engine) piece(b *batch, n int, failure *journal.Failure) *journal.Piece {
	if !e.o.Sink.Durable() {
		return nil
	}
	p := &journal.Piece{First: b.First + int64(b.told), N: n}
	if b.Refused > 0 {
		p.Input = InputSum(b.Batch)
	} else {
		_, end := e.o.Delimiter.First(b.Items[b.toldEnd:], n)
		if b.told+n == b.N {
			end = len(b.Items) - b.toldEnd
		}
		p.Input = journal.SumOf(b.Items[b.toldEnd : b.toldEnd+end])
		b.toldEnd += end
	}
	b.told += n
	if failure != nil {
		failure.Input = p.Input
		p.Failed = []journal.Failure{*failure}
	}
	return p
}
