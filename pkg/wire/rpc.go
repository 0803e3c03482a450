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
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// RPC speaks to one worker: it makes the requests and, as a Translator, reads the responses. A caller that sends and
// receives from two goroutines holds one lock around both.
type RPC struct {
	// MarkJSON makes a result that is not a string a line of the kind JSON. To be set before anything else.
	MarkJSON bool

	output
	order
	ready       bool
	concurrency int
	base64      bool

	scanned int   // bytes of held that hold no newline
	long    long  // what is done with the line that is too long to be held
	longID  int64 // the id in it
	size    int64 // how much of it was passed over
	text    []byte
	decoded []byte
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

// NewRPC returns the state of one worker, whose answers may have maxItem bytes.
func NewRPC(maxItem int) *RPC { return &RPC{order: order{maxItem: maxItem}, concurrency: 1} }

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
	r.sent(id)
	return append(dst, "}}\n"...), nil
}

// AppendCancel implements Requester. The response is due all the same, unless the worker is done away with.
func (*RPC) AppendCancel(dst []byte, id int64) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","method":"cancel","params":{"id":`...)
	return append(strconv.AppendInt(dst, id, 10), "}}\n"...)
}

// long says what is done with the rest of a line that is too long to be held.
type long uint8

const (
	notLong  long = iota
	toStderr      // it is no message
	tooLarge      // it is the response for longID
)

const (
	// longestOther is how much in bytes is held of a line that does not begin like a message.
	longestOther = 64 << 10
	// longestHead is how much of a message that is too large is searched for its id.
	longestHead = 4 << 10
	// shortData is how long the data of an error may be in bytes to be part of the message.
	shortData = 200
)

// longestMessage is how much in bytes is held of one message. JSON may take three times the size of a text: that is how
// letters that are not ASCII are often written.
func (r *RPC) longestMessage() int { return 3*r.maxItem + longestHead }

// Translate implements Translator.
func (r *RPC) Translate(dst, raw []byte) (out []byte, err error) {
	p := r.join(raw)
	for {
		i := bytes.IndexByte(p[r.scanned:], '\n')
		if i < 0 {
			break
		}
		i += r.scanned
		r.scanned = 0
		if dst, err = r.line(dst, p[:i]); err != nil {
			return dst, err
		}
		p = p[i+1:]
	}
	if p, err = r.outgrown(p); err != nil {
		return dst, err
	}
	r.scanned = len(p)
	r.hold(p)
	return dst, nil
}

// line takes a whole line, or the end of one that is too long.
func (r *RPC) line(dst, p []byte) ([]byte, error) {
	p, err := r.outgrown(p)
	if err != nil {
		return dst, err
	}
	how := r.long
	r.long = notLong
	switch how {
	case toStderr:
		r.aside = append(r.aside, '\n')
		return dst, nil
	case tooLarge:
		text := fmt.Appendf(nil, "response of %d bytes", r.size)
		return r.settle(dst, r.longID, TooLarge, text, text)
	}
	return r.message(dst, p)
}

// outgrown returns what must be held of p, the line so far: all of it unless it has become too long.
func (r *RPC) outgrown(p []byte) (rest []byte, err error) {
	message := bytes.HasPrefix(bytes.TrimLeft(p[:min(len(p), longestOther)], " \t"), []byte("{"))
	switch {
	case r.long != notLong:
	case !message && len(p) > longestOther:
		r.long = toStderr
	case message && len(p) > r.longestMessage():
		id, ok := headID(p[:min(len(p), longestHead)])
		if !ok {
			id, ok = r.only() // there is no other that it can be for
		}
		if !ok {
			return nil, fmt.Errorf("a line of more than %d bytes, which begins %s", r.longestMessage(), quote(p))
		}
		r.long, r.longID, r.size = tooLarge, id, 0
	}
	switch r.long {
	case toStderr:
		r.aside = append(r.aside, p...)
	case tooLarge:
		r.size += int64(len(p))
	default:
		return p, nil
	}
	return nil, nil
}

// End implements Translator. The last message may lack its newline. What is owed is for the caller to know.
func (r *RPC) End(dst []byte) ([]byte, error) {
	p := r.held
	switch {
	case r.long == toStderr:
		r.aside = append(r.aside, '\n')
		return dst, nil
	case r.long == tooLarge:
		return dst, r.unfinished(nil, r.size)
	case len(p) == 0:
		return dst, nil
	case bytes.HasPrefix(bytes.TrimSpace(p), []byte("{")) && !json.Valid(p):
		return dst, r.unfinished(p, 0)
	}
	r.held = nil
	return r.line(dst, p)
}

// message takes one line.
func (r *RPC) message(dst, line []byte) ([]byte, error) {
	if id, value, ok := plainResponse(line); ok && r.ready {
		if value[0] != '"' {
			return r.settle(dst, id, r.json(), value, line)
		}
		var text bool
		if r.text, text, ok = appendText(r.text[:0], value[1:len(value)-1]); ok {
			return r.answer(dst, id, r.text, text, line)
		}
	}
	m, err := fields(line)
	if m == nil {
		return dst, r.unlessFault(line, meant(line, err))
	}
	if string(m["jsonrpc"]) != `"2.0"` {
		return dst, r.foreign(m, line)
	}
	if _, call := m["method"]; call {
		return dst, r.notified(m, line)
	}
	return r.response(dst, m, line)
}

// foreign takes a JSON object that does not say it is of JSON-RPC 2.0, but may be meant to.
func (r *RPC) foreign(m map[string]json.RawMessage, line []byte) error {
	id, err := strconv.ParseInt(string(m["id"]), 10, 64)
	_, result := m["result"]
	_, failed := m["error"]
	switch {
	case err == nil && (result || failed) && r.find(id) != nil:
		err = fmt.Errorf(`a response without "jsonrpc":"2.0": %s`, quote(line))
	case string(m["method"]) == `"ready"` && !r.ready:
		err = fmt.Errorf(`a ready without "jsonrpc":"2.0": %s`, quote(line))
	default:
		err = nil
	}
	return r.unlessFault(line, err)
}

// unlessFault puts a line that is no message aside, unless err says that it was meant to be one.
func (r *RPC) unlessFault(line []byte, err error) error {
	if err == nil {
		r.aside = append(append(r.aside, line...), '\n')
	}
	return err
}

// notified takes what the worker says of its own accord.
func (r *RPC) notified(m map[string]json.RawMessage, line []byte) error {
	if present(m["id"]) {
		return fmt.Errorf("a request, where stoke answers none; a notification has no id: %s", quote(line))
	}
	if string(m["method"]) != `"ready"` {
		return r.unlessFault(line, nil)
	}
	if r.ready {
		return fmt.Errorf("a second ready: %s", quote(line))
	}
	var err error
	if r.concurrency, r.base64, err = readyParams(m["params"]); err != nil {
		return fmt.Errorf("%w: %s", err, quote(line))
	}
	r.ready = true
	return nil
}

// response takes a response of any shape.
func (r *RPC) response(dst []byte, m map[string]json.RawMessage, line []byte) ([]byte, error) {
	if !r.ready {
		return dst, fmt.Errorf("a response before ready: %s", quote(line))
	}
	id, err := responseID(m)
	if err != nil {
		return dst, fmt.Errorf("%w: %s", err, quote(line))
	}
	if failure := m["error"]; present(failure) {
		return r.failure(dst, id, failure, line)
	}
	result := m["result"]
	if result[0] != '"' {
		r.text = compact(r.text[:0], result)
		return r.settle(dst, id, r.json(), r.text, line)
	}
	var text bool
	r.text, text, _ = appendText(r.text[:0], result[1:len(result)-1])
	return r.answer(dst, id, r.text, text, line)
}

// answer takes a result that is a string.
func (r *RPC) answer(dst []byte, id int64, result []byte, text bool, line []byte) ([]byte, error) {
	if r.base64 {
		var err error
		if r.decoded, err = base64.StdEncoding.AppendDecode(r.decoded[:0], result); err != nil {
			return dst, fmt.Errorf("a result that is not the base64 that ready promised: %s", quote(line))
		}
		return r.settle(dst, id, Answered, r.decoded, line)
	}
	if !text {
		return r.settle(dst, id, Failed, []byte(`the result is not UTF-8; "encoding":"base64" in ready would let it be`), line)
	}
	return r.settle(dst, id, Answered, result, line)
}

// failure takes a response that is an error.
func (r *RPC) failure(dst []byte, id int64, value json.RawMessage, line []byte) ([]byte, error) {
	m, _ := fields(value)
	code, err := strconv.ParseInt(string(m["code"]), 10, 64)
	if err != nil {
		return dst, fmt.Errorf("an error without a code that is a whole number: %s", quote(line))
	}
	text := fmt.Appendf(nil, "error %d", code)
	if message := textOf(m["message"]); len(message) > 0 {
		text = message
	}
	switch code {
	case -32700, -32600, -32601, -32602:
		return dst, fmt.Errorf("a request refused with %s (%d): %s", quote(text), code, quote(line))
	}
	if present(m["data"]) {
		if data := textOf(m["data"]); len(data) <= shortData && bytes.IndexByte(data, '\n') < 0 {
			text = append(append(text, ": "...), data...)
		} else {
			r.putAside(data)
		}
	}
	kind := Failed
	if code == -32603 {
		kind = Broken
	}
	return r.settle(dst, id, kind, text, line)
}

// json is the kind of a result that is not a string.
func (r *RPC) json() Kind {
	if r.MarkJSON {
		return JSON
	}
	return Answered
}
