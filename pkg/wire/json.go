package wire

// Strings in JSON, as encoding/json writes and reads them but without reflection or allocation, and telling what it
// keeps silent about: text that is not text.

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// stops tells the bytes that end a run of plain ones in a JSON string: anything but 0.
var stops = func() (t [256]byte) {
	for c := range 0x20 {
		t[c] = 'c'
	}
	t['"'], t['\\'] = '"', '\\'
	return t
}()

// appendJSON appends p, which is UTF-8, to dst as a JSON string. U+2028 and U+2029 are escaped: some programs take them
// for the end of a line.
func appendJSON(dst, p []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(p); i++ {
		c := p[i]
		if stops[c] == 0 && c != 0xe2 {
			continue
		}
		if c == 0xe2 && (len(p) < i+3 || p[i+1] != 0x80 || p[i+2]&^1 != 0xa8) {
			continue
		}
		dst = append(dst, p[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case 0xe2:
			dst = append(append(dst, `\u202`...), hex[p[i+2]&0xf])
			from = i + 3
		default:
			dst = append(append(dst, `\u00`...), hex[c>>4], hex[c&0xf])
		}
	}
	return append(append(dst, p[from:]...), '"')
}

// stringEnd finds the quote that ends the JSON string whose inside p begins with. ok is false if there is no such string.
func stringEnd(p []byte) (end int, ok bool) {
	for i := 0; i < len(p); i++ {
		switch stops[p[i]] {
		case '"':
			return i, true
		case '\\':
			i++
		case 'c':
			return 0, false
		}
	}
	return 0, false
}

// appendText appends to dst what p, the inside of a JSON string, stands for. text is false if that is no text: bytes
// that are not UTF-8, or half of a surrogate pair. U+FFFD stands for those. ok is false if p has an escape that is none.
func appendText(dst, p []byte) (out []byte, text, ok bool) {
	if bytes.IndexByte(p, '\\') < 0 && utf8.Valid(p) {
		return append(dst, p...), true, true
	}
	text = true
	for len(p) > 0 {
		if p[0] == '\\' {
			r, size := escapedRune(p)
			if size == 0 {
				return dst, false, false
			}
			if r < 0 {
				r, text = utf8.RuneError, false
			}
			dst = utf8.AppendRune(dst, r)
			p = p[size:]
			continue
		}
		run := p[:indexFrom(p, 0, '\\')]
		p = p[len(run):]
		if utf8.Valid(run) {
			dst = append(dst, run...)
			continue
		}
		text = false
		for len(run) > 0 {
			r, size := utf8.DecodeRune(run)
			dst = utf8.AppendRune(dst, r)
			run = run[size:]
		}
	}
	return dst, text, true
}

// escapedRune reads the escape that p begins with. r is -1 for half of a surrogate pair; size is 0 if it is no escape.
func escapedRune(p []byte) (r rune, size int) {
	if len(p) < 2 {
		return 0, 0
	}
	const letters, stand = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if i := strings.IndexByte(letters, p[1]); i >= 0 {
		return rune(stand[i]), 2
	}
	r, ok := hexRune(p)
	switch {
	case !ok:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, 6
	}
	low, _ := hexRune(p[6:])
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return -1, 6
	}
	return r, 12
}

// hexRune reads the escape `\uXXXX` that p begins with.
func hexRune(p []byte) (r rune, ok bool) {
	if len(p) < 6 || p[0] != '\\' || p[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p[2:6]), 16, 16)
	return rune(n), err == nil
}

// fields returns the members of the JSON object that p is, as they stand; nil if it is anything else.
func fields(p []byte) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	err := json.Unmarshal(p, &m)
	return m, err
}

// present reports whether a member is there, and is not null.
func present(value json.RawMessage) bool { return len(value) > 0 && string(value) != "null" }

// textOf is what a value says to a person: a string without its quotes, nothing for null, else compact JSON.
func textOf(value json.RawMessage) []byte {
	if !present(value) {
		return nil
	}
	if value[0] == '"' {
		out, _, _ := appendText(nil, value[1:len(value)-1])
		return out
	}
	return compact(nil, value)
}

// compact appends value to dst without its insignificant space. Numbers and the order of members stay as they are.
func compact(dst []byte, value json.RawMessage) []byte {
	b := bytes.NewBuffer(dst)
	if err := json.Compact(b, value); err != nil {
		return append(dst, value...) // it is part of a message that was found to be JSON: this does not happen
	}
	return b.Bytes()
}
