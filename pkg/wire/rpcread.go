package wire

// What an RPC makes of the lines that its worker prints. The protocol is described in rpc.go.

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

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
		if !ok && len(r.queue)-r.head == 1 {
			id, ok = r.queue[r.head].id, true // there is no other that it can be for
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

// headID finds the id at the start of a message of which p is the head: what stands before it must be short.
func headID(p []byte) (id int64, ok bool) {
	d := json.NewDecoder(bytes.NewReader(p))
	d.UseNumber()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return 0, false
	}
	for {
		key, err := d.Token()
		if err != nil {
			return 0, false
		}
		value, err := d.Token()
		if _, nested := value.(json.Delim); err != nil || nested {
			return 0, false
		}
		if key == "id" {
			number, _ := value.(json.Number)
			id, err := number.Int64()
			return id, err == nil
		}
	}
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
		return dst, r.other(line, err)
	}
	if string(m["jsonrpc"]) != `"2.0"` {
		return dst, r.foreign(m, line)
	}
	if _, call := m["method"]; call {
		return dst, r.notified(m, line)
	}
	return r.response(dst, m, line)
}

// other takes a line that is no JSON object, for which err is the reason.
func (r *RPC) other(line []byte, err error) error {
	start := bytes.TrimLeft(line, " \t")
	named := bytes.Contains(line, []byte(`"jsonrpc"`))
	switch {
	case named && bytes.HasPrefix(start, []byte("{")):
		return fmt.Errorf("a message that is not JSON (%w): %s", err, quote(line))
	case named && bytes.HasPrefix(start, []byte(`"jsonrpc"`)):
		return fmt.Errorf("a message of many lines, where each must be one: %s", quote(line))
	case named && bytes.HasPrefix(start, []byte("[")) && json.Valid(line):
		return fmt.Errorf("a batch, where each message must have a line of its own: %s", quote(line))
	}
	r.aside = append(append(r.aside, line...), '\n')
	return nil
}

// foreign takes a JSON object that does not say it is of JSON-RPC 2.0, but may be meant to.
func (r *RPC) foreign(m map[string]json.RawMessage, line []byte) error {
	id, err := strconv.ParseInt(string(m["id"]), 10, 64)
	_, result := m["result"]
	_, failed := m["error"]
	if err == nil && (result || failed) && r.find(id) != nil {
		return fmt.Errorf(`a response without "jsonrpc":"2.0": %s`, quote(line))
	}
	if string(m["method"]) == `"ready"` && !r.ready {
		return fmt.Errorf(`a ready without "jsonrpc":"2.0": %s`, quote(line))
	}
	r.aside = append(append(r.aside, line...), '\n')
	return nil
}

// notified takes what the worker says of its own accord.
func (r *RPC) notified(m map[string]json.RawMessage, line []byte) error {
	if present(m["id"]) {
		return fmt.Errorf("a request, where stoke answers none; a notification has no id: %s", quote(line))
	}
	if string(m["method"]) != `"ready"` {
		r.aside = append(append(r.aside, line...), '\n')
		return nil
	}
	if r.ready {
		return fmt.Errorf("a second ready: %s", quote(line))
	}
	if err := r.begin(m["params"]); err != nil {
		return fmt.Errorf("%w: %s", err, quote(line))
	}
	r.ready = true
	return nil
}

// begin takes the params of ready.
func (r *RPC) begin(params json.RawMessage) error {
	if !present(params) {
		return nil
	}
	m, err := fields(params)
	if err != nil {
		return errors.New("a ready whose params are no object")
	}
	for name, value := range m {
		switch name {
		case "concurrency":
			n, err := strconv.ParseInt(string(value), 10, 32)
			if err != nil || n < 1 {
				return errors.New("a ready whose concurrency is no whole number from 1 on")
			}
			r.concurrency = int(n)
		case "encoding":
			r.base64 = string(value) == `"base64"`
			if !r.base64 && string(value) != `"utf8"` {
				return errors.New("a ready whose encoding is neither utf8 nor base64")
			}
		default:
			return fmt.Errorf("a ready with the unknown param %.60q", name)
		}
	}
	return nil
}

// response takes a response of any shape.
func (r *RPC) response(dst []byte, m map[string]json.RawMessage, line []byte) ([]byte, error) {
	if !r.ready {
		return dst, fmt.Errorf("a response before ready: %s", quote(line))
	}
	id, err := strconv.ParseInt(string(m["id"]), 10, 64)
	_, answered := m["result"]
	failed := present(m["error"])
	switch {
	case !present(m["id"]) && failed:
		return dst, fmt.Errorf("an error without the id of a request: %s", quote(line))
	case !present(m["id"]):
		return dst, fmt.Errorf("a response without an id: %s", quote(line))
	case err != nil:
		return dst, fmt.Errorf("a response whose id is not the number that the request had: %s", quote(line))
	case failed && present(m["result"]):
		return dst, fmt.Errorf("a response with both result and error: %s", quote(line))
	case failed:
		return r.failure(dst, id, m["error"], line)
	case !answered:
		return dst, fmt.Errorf("a response with neither result nor error: %s", quote(line))
	}
	if result := m["result"]; result[0] != '"' {
		r.text = compact(r.text[:0], result)
		return r.settle(dst, id, r.json(), r.text, line)
	}
	var text bool
	inside := m["result"][1 : len(m["result"])-1]
	r.text, text, _ = appendText(r.text[:0], inside)
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
