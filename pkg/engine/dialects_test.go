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
	end     string                     // ends what the worker reads for each item
	prepare func(o *Options)           // says so to the engine
	item    func(record string) string // takes the item out of what was read up to an end; "": it is none
	answer  func(record, text string) []byte
	failure func(record, text string) []byte // nil: workers cannot say that an item failed
	broken  func(record, text string) []byte // likewise, that they are broken
	speech  func(concurrency int) (wire.Translator, []byte)
}

func plainAnswer(end byte) func(string, string) []byte {
	return func(_, text string) []byte { return append([]byte(text), end) }
}

func same(record string) string { return record }

// dialects are all that workers speak. The first is the one of most trials.
var dialects = []dialect{
	{name: "lines", end: "\n", prepare: func(*Options) {}, item: same, answer: plainAnswer('\n')},
	{name: "nul", end: "\x00", prepare: func(o *Options) { o.Framing = wire.NUL }, item: same, answer: plainAnswer(0)},
	{
		name: "escaped lines, numbered", end: "\n",
		prepare: func(o *Options) { o.Framing, o.Escaped, o.Numbered, o.StartsWarm = wire.Escaped, true, true, true },
		item: func(record string) string {
			if strings.HasPrefix(record, `\#`) {
				return ""
			}
			return record
		},
		answer:  func(_, text string) []byte { return wire.AppendReply(nil, wire.Answered, []byte(text)) },
		failure: func(_, text string) []byte { return wire.AppendReply(nil, wire.Failed, []byte(text)) },
		broken:  func(_, text string) []byte { return wire.AppendReply(nil, wire.Broken, []byte(text)) },
	},
	{
		name: "a template", end: "\n.\n",
		prepare: func(o *Options) {
			template, _ := wire.NewTemplate([]byte("{}\n.\n"))
			o.Framing, o.Escaped, o.LinesPerItem = template, true, template.Lines()
		},
		item: same,
		answer: func(_, text string) []byte {
			return append([]byte(text), "\nEND\n"...)
		},
		speech: func(int) (wire.Translator, []byte) {
			until, _ := wire.NewUntil([]byte("END"), 1<<20)
			return until, nil
		},
	},
	{
		name: "JSON-RPC", end: "\n",
		prepare: func(o *Options) { o.Framing, o.Escaped, o.StartsWarm = wire.Escaped, true, true },
		item:    func(record string) string { return rpcRequest(record).Params.Item },
		answer: func(record, text string) []byte {
			return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":%q}`+"\n", rpcRequest(record).ID, text)
		},
		failure: rpcError(1), broken: rpcError(-32603),
		speech: func(concurrency int) (wire.Translator, []byte) {
			rpc := wire.NewRPC(1 << 20)
			early, _ := rpc.Translate(nil, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"ready","params":{"concurrency":%d}}`+"\n", concurrency))
			return rpc, early
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

// spoken is a faulty worker whose output must be translated.
type spoken struct {
	*faulty
	translator wire.Translator
	early      []byte
}

func (s *spoken) Speech() (wire.Translator, []byte) { return s.translator, s.early }

// newSpeaker returns a worker that speaks the dialect of its world.
func newSpeaker(w *world, seed uint64) Worker {
	f := newFaulty(w, seed)
	if w.speaks.speech == nil {
		return f
	}
	translator, early := w.speaks.speech(w.concurrency)
	return &spoken{f, translator, early}
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
