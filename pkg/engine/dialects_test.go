package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"stoke/pkg/wire"
)

// dialect is what the workers of one trial speak.
type dialect struct {
	name    string
	end     string // ends what the worker reads for each item
	speaks  wire.Protocol
	item    func(record string) string // takes the item out of what was read up to an end; "": it is none
	answer  func(record, text string) []byte
	failure func(record, text string) []byte // nil: workers cannot say that an item failed
	broken  func(record, text string) []byte // likewise, that they are broken
	greets  func(concurrency int) string     // nil: not at all
}

func plainAnswer(end byte) func(string, string) []byte {
	return func(_, text string) []byte { return append([]byte(text), end) }
}

func same(record string) string { return record }

// dialects are all that workers speak. The first is the one of most trials.
var dialects = []dialect{
	{name: "lines", end: "\n", speaks: wire.Plain(wire.Lines), item: same, answer: plainAnswer('\n')},
	{name: "nul", end: "\x00", speaks: wire.Plain(wire.NUL), item: same, answer: plainAnswer(0)},
	{
		name: "escaped lines, numbered", end: "\n",
		speaks: wire.Program(0),
		item: func(record string) string {
			if strings.HasPrefix(record, `\#`) {
				return ""
			}
			return record
		},
		answer:  func(_, text string) []byte { return wire.AppendReply(nil, wire.Answered, []byte(text)) },
		failure: func(_, text string) []byte { return wire.AppendReply(nil, wire.Failed, []byte(text)) },
		broken:  func(_, text string) []byte { return wire.AppendReply(nil, wire.Broken, []byte(text)) },
		greets:  func(int) string { return "\\ready\n" },
	},
	{
		name: "a template", end: "\n.\n",
		speaks: driven("{}\n.\n", "END"),
		item:   same,
		answer: func(_, text string) []byte {
			return append([]byte(text), "\nEND\n"...)
		},
	},
	{
		name: "JSON-RPC", end: "\n",
		speaks: wire.JSONRPC(false, 0),
		item:   func(record string) string { return rpcRequest(record).Params.Item },
		answer: func(record, text string) []byte {
			return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":%q}`+"\n", rpcRequest(record).ID, text)
		},
		failure: rpcError(1), broken: rpcError(-32603),
		greets: func(concurrency int) string {
			return fmt.Sprintf(`{"jsonrpc":"2.0","method":"ready","params":{"concurrency":%d}}`+"\n", concurrency)
		},
	},
}

// request is a message of JSON-RPC to a worker.
type request struct {
	ID     int64
	Method string
	Params struct {
		ID   int64 // of the request to be given up
		Item string
	}
}

func rpcRequest(record string) (r request) {
	if err := json.Unmarshal([]byte(record), &r); err != nil {
		panic(err)
	}
	return r
}

func rpcError(code int) func(record, text string) []byte {
	return func(record, text string) []byte {
		return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"error":{"code":%d,"message":%q}}`+"\n", rpcRequest(record).ID, code, text)
	}
}

// driven is the protocol of a program that is sent template and prints line behind each answer.
func driven(template, line string) wire.Protocol {
	t, err := wire.NewTemplate([]byte(template))
	if err != nil {
		panic(err)
	}
	p, err := wire.UntilLine(t, []byte(line))
	if err != nil {
		panic(err)
	}
	return p
}

// codec returns the side of a worker that has said that it is ready.
func (d *dialect) codec(concurrency int) *wire.Codec {
	c := d.speaks.Codec(1 << 20)
	if d.greets != nil {
		if _, err := c.Greet([]byte(d.greets(concurrency))); err != nil || !c.Ready() {
			panic(err)
		}
	}
	return c
}

// givenUp takes a cancel notification for the request that f hangs at out of what it may read, and reports whether
// there was one.
func (f *faulty) givenUp() bool {
	if f.world.speaks.name != "JSON-RPC" || !f.world.listens {
		return false
	}
	for line := range bytes.Lines(f.in) {
		if r := rpcRequest(string(line)); r.Method == "cancel" && len(f.lines) > 0 && r.Params.ID == rpcRequest(f.lines[0]).ID {
			return true
		}
	}
	return false
}
