package wire

// The protocol of --rpc: JSON-RPC 2.0, one message a line, in UTF-8.
//
// The worker begins with the notification `ready`. Its params may be left out, and so may each of them:
//
//	{"jsonrpc":"2.0","method":"ready","params":{"concurrency":8,"encoding":"base64"}}
//
// concurrency (default 1) is how many requests it works on at a time. With the encoding base64 (default utf8) the item
// and a result that is a string travel in base64, so that both may hold any byte. Then come requests:
//
//	{"jsonrpc":"2.0","id":17,"method":"map","params":{"item":"foo","seq":17,"attempt":1}}
//
// The worker sends exactly one response for each id, in any order:
//
//	{"jsonrpc":"2.0","id":17,"result":"bar"}
//	{"jsonrpc":"2.0","id":17,"error":{"code":1,"message":"no such foo"}}
//
// A result that is a string is the answer as it is; any other is the answer as it stands, without the spaces between.
// An error means that the item failed. With the code -32603 the worker is broken, and the item is to be tried elsewhere.
// With -32700, -32600, -32601 or -32602 it does not understand stoke, so that the run cannot go on. Short data of an
// error follow its message, long ones go to stderr.
//
// When stoke has lost its patience it may send the notification `cancel`, with the params {"id":17}. The worker may
// ignore it or give up; a response is due all the same. At the end of its input the worker exits.
//
// Lines that are not JSON-RPC go to stderr, and so do other notifications. Batches, requests to stoke, a message of many
// lines, and responses to what was not asked are faults: whoever sent them would wait for ever, or an answer is lost.

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// RPC speaks to one worker: it makes the requests and, as a Translator, reads the responses. A caller that sends and
// receives from two goroutines holds one lock around both.
type RPC struct {
	// MarkJSON makes a result that is not a string a line of the kind JSON. To be set before anything else.
	MarkJSON bool

	output
	maxItem     int
	ready       bool
	concurrency int
	base64      bool

	queue  []request // the requests that were sent and whose lines were not passed on, from head on, as they were sent
	head   int
	past   []int64 // the ids that last left the queue, in no order
	passed int     // how many have

	scanned int   // bytes of held that hold no newline
	long    long  // what is done with the line that is too long to be held
	longID  int64 // the id in it
	size    int64 // how much of it was passed over
	text    []byte
	decoded []byte
}

// request is one that was sent.
type request struct {
	id   int64
	line []byte // escaped; nil until there is a response
}

// EachRequest is the promise of a worker of --rpc.
const EachRequest Promise = "one response to each request, with its id, before it ends"

// JSONRPC is the protocol of workers that can be at width requests at a time, or as many as they say themselves if that is 0.
// With markJSON, a result that is not a string makes a reply of the kind JSON.
func JSONRPC(markJSON bool, width int) Protocol {
	return Protocol{Framing: Escaped, Replies: true, Greets: true, Bound: true, Width: width, Promise: EachRequest,
		Listen: func(maxItem int) (Translator, Requester) {
			r := NewRPC(maxItem)
			r.MarkJSON = markJSON
			return r, r
		}}
}

// remembered is how many ids are kept to tell a second response from one to a request that never was.
const remembered = 256

// NewRPC returns the state of one worker, whose answers may have maxItem bytes.
func NewRPC(maxItem int) *RPC { return &RPC{maxItem: maxItem, concurrency: 1} }

// Ready reports whether the worker has said that it is, and how many requests at a time it works on.
func (r *RPC) Ready() (ok bool, concurrency int) { return r.ready, r.concurrency }

// AppendRequest appends to dst the request for item, whose number is seq, from 1, in its attempt-th try, from 1. No
// request of that id may be without a response. It must not be called before Ready. An error means that JSON cannot
// carry item: nothing was appended, and no response is due.
func (r *RPC) AppendRequest(dst []byte, id int64, item []byte, seq int64, attempt int) ([]byte, error) {
	if !r.base64 && !utf8.Valid(item) {
		return dst, errors.New(`it is not UTF-8; a worker whose ready says "encoding":"base64" could be sent it`)
	}
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	dst = strconv.AppendInt(dst, id, 10)
	dst = append(dst, `,"method":"map","params":{"item":`...)
	if r.base64 {
		dst = append(base64.StdEncoding.AppendEncode(append(dst, '"'), item), '"')
	} else {
		dst = appendJSON(dst, item)
	}
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendInt(dst, seq, 10)
	dst = append(dst, `,"attempt":`...)
	dst = strconv.AppendInt(dst, int64(attempt), 10)
	if r.head > remembered && r.head > len(r.queue)/2 {
		r.queue = r.queue[:copy(r.queue, r.queue[r.head:])]
		r.head = 0
	}
	r.queue = append(r.queue, request{id: id})
	return append(dst, "}}\n"...), nil
}

// AppendCancel implements Requester. The response is due all the same, unless the worker is done away with.
func (*RPC) AppendCancel(dst []byte, id int64) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","method":"cancel","params":{"id":`...)
	return append(strconv.AppendInt(dst, id, 10), "}}\n"...)
}

// find returns the request of that id, or nil.
func (r *RPC) find(id int64) *request {
	sent := r.queue[r.head:]
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
func (r *RPC) settle(dst []byte, id int64, kind Kind, p, message []byte) ([]byte, error) {
	q := r.find(id)
	switch {
	case q == nil && slices.Contains(r.past, id), q != nil && q.line != nil:
		return dst, fmt.Errorf("a second response for id %d: %s", id, quote(message))
	case q == nil:
		return dst, fmt.Errorf("a response for id %d, which no request had: %s", id, quote(message))
	}
	if q == &r.queue[r.head] {
		dst = r.appendLine(dst, kind, p)
		r.pop()
		return r.flush(dst), nil
	}
	q.line = r.appendLine(nil, kind, p)
	return dst, nil
}

// json is the kind of a result that is not a string.
func (r *RPC) json() Kind {
	if r.MarkJSON {
		return JSON
	}
	return Answered
}

func (r *RPC) appendLine(dst []byte, kind Kind, p []byte) []byte {
	if kind == Answered {
		return appendAnswer(dst, p, 0, r.maxItem)
	}
	return AppendReply(dst, kind, p)
}

// flush appends the lines at the head of the queue.
func (r *RPC) flush(dst []byte) []byte {
	for r.head < len(r.queue) && r.queue[r.head].line != nil {
		dst = append(dst, r.queue[r.head].line...)
		r.pop()
	}
	return dst
}

// pop takes the head off the queue.
func (r *RPC) pop() {
	q := &r.queue[r.head]
	if len(r.past) < remembered {
		r.past = append(r.past, q.id)
	} else {
		r.past[r.passed%remembered] = q.id
	}
	r.passed++
	q.line = nil
	if r.head++; r.head == len(r.queue) {
		r.queue, r.head = r.queue[:0], 0
	}
}
