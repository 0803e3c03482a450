package wire

// What the messages of a worker of --rpc say, each by itself.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

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

// meant returns what is wrong with a line that is no JSON object, for which err is the reason; nil if it was not meant to be a
// message.
func meant(line []byte, err error) error {
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
	return nil
}

// readyParams reads the params of ready.
func readyParams(params json.RawMessage) (concurrency int, inBase64 bool, err error) {
	concurrency = 1
	if !present(params) {
		return concurrency, false, nil
	}
	m, err := fields(params)
	if err != nil {
		return 1, false, errors.New("a ready whose params are no object")
	}
	for name, value := range m {
		switch name {
		case "concurrency":
			n, err := strconv.ParseInt(string(value), 10, 32)
			if err != nil || n < 1 {
				return 1, false, errors.New("a ready whose concurrency is no whole number from 1 on")
			}
			concurrency = int(n)
		case "encoding":
			inBase64 = string(value) == `"base64"`
			if !inBase64 && string(value) != `"utf8"` {
				return 1, false, errors.New("a ready whose encoding is neither utf8 nor base64")
			}
		default:
			return 1, false, fmt.Errorf("a ready with the unknown param %.60q", name)
		}
	}
	return concurrency, inBase64, nil
}

// responseID returns the id of a response, which has either a result or an error.
func responseID(m map[string]json.RawMessage) (int64, error) {
	id, err := strconv.ParseInt(string(m["id"]), 10, 64)
	_, answered := m["result"]
	failed := present(m["error"])
	switch {
	case !present(m["id"]) && failed:
		err = errors.New("an error without the id of a request")
	case !present(m["id"]):
		err = errors.New("a response without an id")
	case err != nil:
		err = errors.New("a response whose id is not the number that the request had")
	case failed && present(m["result"]):
		err = errors.New("a response with both result and error")
	case !failed && !answered:
		err = errors.New("a response with neither result nor error")
	}
	return id, err
}
