package engine

import (
	"stoke/pkg/cut"
	"stoke/pkg/journal"
)

// piece describes the next n items of b that are finished, of which each ends in d, with a failure if it is one that failed.
func (b *batch) piece(n int, failure *journal.Failure, d cut.Delimiter) *journal.Piece {
	p := &journal.Piece{First: b.First + int64(b.told), N: n}
	if b.Refused > 0 {
		p.Input = InputSum(b.Batch)
	} else {
		_, end := d.First(b.Items[b.toldEnd:], n)
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
