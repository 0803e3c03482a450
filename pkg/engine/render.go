package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"
)

// OnError says what a failed item prints.
type OnError int

const (
	Fill OnError = iota // a fixed text
	Skip                // nothing
	Stop                // nothing, and the run ends
)

// Format says how answers are printed. The zero value prints them as they are, ended by NUL.
type Format struct {
	End     byte // ends each answer
	Tag     bool // ITEM<TAB>ANSWER
	JSON    bool // one object a line
	Items   bool // with JSON: items are JSON, and embedded as that where they are
	OnError OnError
	Fill    string // what a failed item prints with OnError Fill
}

// plain reports whether answers are printed as they are, without their items.
func (f *Format) plain() bool { return !f.Tag && !f.JSON }

// result is one item and what became of it.
type result struct {
	seq      int64
	item     []byte
	partial  bool // item is only the beginning
	answer   []byte
	json     bool  // the answer came as JSON
	err      error // why it failed, or nil
	worker   int   // slot; 0 if no worker has seen it
	attempts int
	took     time.Duration
}

// object is a result as --json prints it.
type object struct {
	Seq          int64   `json:"seq"`
	Item         any     `json:"item,omitempty"` // a string, or JSON
	ItemBase64   *string `json:"item_base64,omitempty"`
	Truncated    bool    `json:"item_truncated,omitempty"` // the item is only the beginning
	Ok           bool    `json:"ok"`
	Answer       any     `json:"answer,omitempty"` // likewise
	AnswerBase64 *string `json:"answer_base64,omitempty"`
	Error        string  `json:"error,omitempty"`
	Worker       int     `json:"worker,omitempty"`
	Attempts     int     `json:"attempts"`
	Seconds      float64 `json:"seconds"`
}

// append appends what is printed for r to dst.
func (f *Format) append(dst []byte, r *result) []byte {
	if r.err != nil && f.OnError != Fill {
		return dst
	}
	if f.JSON {
		return f.appendJSON(dst, r)
	}
	answer := r.answer
	if r.err != nil {
		answer = []byte(f.Fill)
	}
	if f.Tag {
		dst = append(append(dst, r.item...), '\t')
		for f.End == '\n' { // each of its lines is to be found by its tag; where NUL ends answers, it is found as a whole
			line, rest, more := bytes.Cut(answer, []byte("\n"))
			if !more {
				break
			}
			dst = append(append(append(append(dst, line...), '\n'), r.item...), '\t')
			answer = rest
		}
	}
	return append(append(dst, answer...), f.End)
}

// Failed is what an item that has failed prints, where that does not say why: not with JSON.
func (f *Format) Failed(item []byte) []byte {
	if f.JSON {
		return nil
	}
	return f.append(nil, &result{item: item, err: errFailed})
}

var errFailed = errors.New("failed")

func (f *Format) appendJSON(dst []byte, r *result) []byte {
	o := object{Seq: r.seq, Truncated: r.partial, Ok: r.err == nil, Worker: r.worker, Attempts: r.attempts,
		Seconds: float64(r.took.Round(time.Microsecond)) / float64(time.Second)}
	o.Item, o.ItemBase64 = embedded(r.item, f.Items && !r.partial)
	if r.err != nil {
		o.Error = r.err.Error()
	} else {
		o.Answer, o.AnswerBase64 = embedded(r.answer, r.json)
	}
	buf := bytes.NewBuffer(dst)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(o) // cannot fail: strings, numbers and valid JSON
	dst = buf.Bytes()
	dst[len(dst)-1] = f.End
	return dst
}

// embedded returns p as JSON if it is to be that and is, else as a string, or in base64 if it is not UTF-8: encoding/json would
// put U+FFFD in its place.
func embedded(p []byte, asJSON bool) (plain any, encoded *string) {
	switch {
	case !utf8.Valid(p):
		s := base64.StdEncoding.EncodeToString(p)
		return nil, &s
	case asJSON && json.Valid(p):
		return json.RawMessage(p), nil
	}
	return string(p), nil
}
