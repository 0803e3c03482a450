package engine

import (
	"stoke/pkg/cut"
	"stoke/pkg/source"
)

// batch is a run of consecutive items on its way. It belongs to the runner that took it, until it is closed; the fields
// of the queue belong to the queue.
type batch struct {
	source.Batch
	done    int // items answered or failed so far, from the first
	cursor  int // offset in Items of the first item not done; kept only where rendering needs items
	refusal []refusal
	wire    []byte // Items as the worker reads them, where that differs
	end     int64  // offset in all that was sent to the worker, just behind this batch

	queued
}

// refusal is an item that the framing cannot carry: it fails in its place without being sent.
type refusal struct {
	index int
	err   error
}

// seq is the number of the first item not done.
func (b *batch) seq() int64 { return b.First + int64(b.done) }

// owed is the number of answers that the worker has yet to give for this batch.
func (b *batch) owed() int { return b.N - b.done - len(b.refusal) }

// run is the number of items from the first not done that were sent without a refused one between.
func (b *batch) run() int {
	if len(b.refusal) > 0 {
		return b.refusal[0].index - b.done
	}
	return b.N - b.done
}

// item returns the first item not done, without its delimiter.
func (b *batch) item(d cut.Delimiter) []byte {
	if b.Refused > 0 {
		return b.Items
	}
	_, from := d.First(b.Items, b.done)
	if b.done == 0 {
		from = 0
	}
	item, _ := d.Split(b.Items[from:], b.N-b.done)
	return item
}
