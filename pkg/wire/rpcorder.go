package wire

// The order of what was requested: responses come as they please, their lines are passed on as the requests were sent.

import (
	"fmt"
	"slices"
)

// order is that of the requests to one worker. It makes lines of the responses.
type order struct {
	maxItem int       // bytes of an answer
	queue   []request // those that were sent and whose lines were not passed on, from head on, as they were sent
	head    int
	past    []int64 // the ids that last left the queue, in no order
	passed  int     // how many have
}

// request is one that was sent.
type request struct {
	id    int64
	reply []byte // an escaped line; nil until there is a response
}

// remembered is how many ids are kept to tell a second response from one to a request that never was.
const remembered = 256

// sent notes a request.
func (o *order) sent(id int64) {
	if o.head > remembered && o.head > len(o.queue)/2 {
		o.queue = o.queue[:copy(o.queue, o.queue[o.head:])]
		o.head = 0
	}
	o.queue = append(o.queue, request{id: id})
}

// only returns the id of the request that is without a response, if there is one such request.
func (o *order) only() (id int64, ok bool) {
	if len(o.queue)-o.head != 1 {
		return 0, false
	}
	return o.queue[o.head].id, true
}

// find returns the request of that id, or nil.
func (o *order) find(id int64) *request {
	sent := o.queue[o.head:]
	if len(sent) == 0 {
		return nil
	}
	if i := id - sent[0].id; i >= 0 && i < int64(len(sent)) && sent[i].id == id { // ids mostly count up
		return &sent[i]
	}
	for i := range sent {
		if sent[i].id == id {
			return &sent[i]
		}
	}
	return nil
}

// settle takes what became of the request of that id, and appends the lines whose turn has come. message is quoted if
// there should not have been one.
func (o *order) settle(dst []byte, id int64, kind Kind, p, message []byte) ([]byte, error) {
	q := o.find(id)
	switch {
	case q == nil && slices.Contains(o.past, id), q != nil && q.reply != nil:
		return dst, fmt.Errorf("a second response for id %d: %s", id, quote(message))
	case q == nil:
		return dst, fmt.Errorf("a response for id %d, which no request had: %s", id, quote(message))
	}
	if q == &o.queue[o.head] {
		dst = o.appendLine(dst, kind, p)
		o.pop()
		return o.flush(dst), nil
	}
	q.reply = o.appendLine(nil, kind, p)
	return dst, nil
}

func (o *order) appendLine(dst []byte, kind Kind, p []byte) []byte {
	if kind == Answered {
		return appendAnswer(dst, p, 0, o.maxItem)
	}
	return AppendReply(dst, kind, p)
}

// flush appends the lines at the head of the queue.
func (o *order) flush(dst []byte) []byte {
	for o.head < len(o.queue) && o.queue[o.head].reply != nil {
		dst = append(dst, o.queue[o.head].reply...)
		o.pop()
	}
	return dst
}

// pop takes the head off the queue.
func (o *order) pop() {
	q := &o.queue[o.head]
	if len(o.past) < remembered {
		o.past = append(o.past, q.id)
	} else {
		o.past[o.passed%remembered] = q.id
	}
	o.passed++
	q.reply = nil
	if o.head++; o.head == len(o.queue) {
		o.queue, o.head = o.queue[:0], 0
	}
}
