package wire

// The quick way to read what most lines of a worker of --rpc are.

import (
	"bytes"
	"encoding/json"
)

// plainResponse reads a response whose result is a string, a number or a word, of a shape that is not unusual: this is
// most of what a worker prints, and faster by far than by the JSON package. value is the result as it stands; escapes
// in it were not looked at. ok is false for all else: it may be a response all the same.
func plainResponse(p []byte) (id int64, value []byte, ok bool) {
	const version, number, result = 1, 2, 4
	var has int
	i := space(p, 0)
	for more := byte('{'); i < len(p) && p[i] == more; more = ',' {
		i = space(p, i+1)
		rest := p[i:]
		var member int
		switch {
		case bytes.HasPrefix(rest, []byte(`"jsonrpc"`)):
			member, i = version, i+len(`"jsonrpc"`)
		case bytes.HasPrefix(rest, []byte(`"id"`)):
			member, i = number, i+len(`"id"`)
		case bytes.HasPrefix(rest, []byte(`"result"`)):
			member, i = result, i+len(`"result"`)
		default:
			return 0, nil, false
		}
		if i = space(p, i); i == len(p) || p[i] != ':' || has&member != 0 {
			return 0, nil, false
		}
		has |= member
		i = space(p, i+1)
		switch rest = p[i:]; {
		case member == version && bytes.HasPrefix(rest, []byte(`"2.0"`)):
			i += len(`"2.0"`)
		case member == number:
			var size int
			if id, size = digits(rest); size == 0 {
				return 0, nil, false
			}
			i += size
		case member == result && len(rest) > 0 && rest[0] == '"':
			end, closed := stringEnd(rest[1:])
			if !closed {
				return 0, nil, false
			}
			value = rest[:end+len(`""`)]
			i += len(value)
		case member == result:
			if value = word(rest); !json.Valid(value) {
				return 0, nil, false
			}
			i += len(value)
		default:
			return 0, nil, false
		}
		i = space(p, i)
	}
	ok = i < len(p) && p[i] == '}' && space(p, i+1) == len(p) && has == version|number|result
	return id, value, ok
}

// space returns where the space at p[i:] ends.
func space(p []byte, i int) int {
	for i < len(p) && (p[i] == ' ' || p[i] == '\t' || p[i] == '\r') {
		i++
	}
	return i
}

// word returns what p begins with that may be a number, true, false or null.
func word(p []byte) []byte {
	i := 0
	for i < len(p) && (p[i] == '-' || p[i] == '+' || p[i] == '.' || p[i]-'0' <= 9 || (p[i]|0x20)-'a' <= 25) {
		i++
	}
	return p[:i]
}

// digits reads the number that p begins with. size is 0 if it is none that a request has.
func digits(p []byte) (n int64, size int) {
	for size < len(p) && p[size]-'0' <= 9 {
		n = 10*n + int64(p[size]-'0')
		size++
	}
	if size > 18 || size > 1 && p[0] == '0' {
		return 0, 0
	}
	return n, size
}
