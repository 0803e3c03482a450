package wire

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// hello is the ready of a worker that takes text; hello64 of one that takes base64.
const (
	hello   = `{"jsonrpc":"2.0","method":"ready"}` + "\n"
	hello64 = `{"jsonrpc":"2.0","method":"ready","params":{"encoding":"base64","concurrency":8}}` + "\n"
)

// asked returns the state of a worker that has said greeting and was sent requests of these ids.
func asked(t testing.TB, greeting string, maxItem int, ids ...int64) *RPC {
	t.Helper()
	r := NewRPC(maxItem)
	if dst, err := r.Translate(nil, []byte(greeting)); err != nil || len(dst) > 0 {
		t.Fatalf("%q: %q, %v", greeting, dst, err)
	}
	for _, id := range ids {
		if _, err := r.AppendRequest(nil, id, nil, id, 1); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// response is the line with which a worker answers a request.
func response(id int64, result string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":%s}`+"\n", id, result)
}

func TestAppendRequest(t *testing.T) {
	tests := []struct{ name, greeting, item, want, refused string }{
		{"text", hello, "foo", `{"jsonrpc":"2.0","id":17,"method":"map","params":{"item":"foo","seq":42,"attempt":2}}`, ""},
		{"what must be escaped", hello, "a\"b\\\n<&>\x01é", `{"jsonrpc":"2.0","id":17,"method":"map","params":{"item":"a\"b\\\n<&>\u0001é","seq":42,"attempt":2}}`, ""},
		{"what is no text", hello, "a\xff", "", `"encoding":"base64"`},
		{"base64", hello64, "a\xff\n", `{"jsonrpc":"2.0","id":17,"method":"map","params":{"item":"Yf8K","seq":42,"attempt":2}}`, ""},
		{"nothing in base64", hello64, "", `{"jsonrpc":"2.0","id":17,"method":"map","params":{"item":"","seq":42,"attempt":2}}`, ""},
	}
	for _, tt := range tests {
		r := asked(t, tt.greeting, 99)
		got, err := r.AppendRequest([]byte("before|"), 17, []byte(tt.item), 42, 2)
		if tt.refused != "" {
			if err == nil || !strings.Contains(err.Error(), tt.refused) || string(got) != "before|" || r.find(17) != nil {
				t.Errorf("%s: %q, %v", tt.name, got, err)
			}
			continue
		}
		if string(got) != "before|"+tt.want+"\n" || err != nil || r.find(17) == nil {
			t.Errorf("%s: %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	if got := new(RPC).AppendCancel([]byte("before|"), 17); string(got) != `before|{"jsonrpc":"2.0","method":"cancel","params":{"id":17}}`+"\n" {
		t.Errorf("cancel is %s", got)
	}
}

func TestReady(t *testing.T) {
	tests := []struct {
		name, params string
		concurrency  int
		base64       bool
		fault        string
	}{
		{"none", ``, 1, false, ""},
		{"null", `,"params":null`, 1, false, ""},
		{"an empty object", `,"params":{}`, 1, false, ""},
		{"concurrency", `,"params":{"concurrency":64}`, 64, false, ""},
		{"utf8", `,"params":{"encoding":"utf8"}`, 1, false, ""},
		{"both", `,"params":{"encoding":"base64","concurrency":2}`, 2, true, ""},
		{"an id that is null", `,"id":null`, 1, false, ""},
		{"no concurrency", `,"params":{"concurrency":0}`, 0, false, "whole number from 1 on"},
		{"half a concurrency", `,"params":{"concurrency":1.5}`, 0, false, "whole number from 1 on"},
		{"a concurrency in words", `,"params":{"concurrency":"8"}`, 0, false, "whole number from 1 on"},
		{"latin1", `,"params":{"encoding":"latin1"}`, 0, false, "neither utf8 nor base64"},
		{"a list", `,"params":[8,"utf8"]`, 0, false, "no object"},
		{"a param that is misspelt", `,"params":{"encodng":"base64"}`, 0, false, `unknown param "encodng"`},
		{"an id", `,"id":1`, 0, false, "a request"},
	}
	for _, tt := range tests {
		r := NewRPC(99)
		dst, err := r.Translate(nil, []byte("starting...\n"))
		if is, _ := r.Ready(); is || err != nil || string(r.Aside()) != "starting...\n" {
			t.Fatalf("%s: ready before it has said so", tt.name)
		}
		line := `{"jsonrpc":"2.0","method":"ready"` + tt.params + `}`
		dst, err = r.Translate(dst, []byte(line+"\n"))
		is, n := r.Ready()
		switch {
		case tt.fault != "":
			if err == nil || !strings.Contains(err.Error(), tt.fault) || !strings.Contains(err.Error(), line) || is {
				t.Errorf("%s: %v, ready %v", tt.name, err, is)
			}
		case err != nil || !is || n != tt.concurrency || r.base64 != tt.base64 || len(dst) > 0:
			t.Errorf("%s: %v, ready %v, %d, base64 %v, %q", tt.name, err, is, n, r.base64, dst)
		}
	}
}

func TestResponses(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct {
		name, greeting, raw string
		lines               []string
		aside               string
	}{
		{"a string", hello, `{"jsonrpc":"2.0","id":1,"result":"foo"}`, []string{"foo"}, ""},
		{"an empty string", hello, `{"jsonrpc":"2.0","id":1,"result":""}`, []string{""}, ""},
		{"as python spaces it", hello, `{"jsonrpc": "2.0", "id": 1, "result": "foo"}`, []string{"foo"}, ""},
		{"in another order, with CR", hello, ` { "result" : "foo" , "id":1,"jsonrpc":"2.0" } ` + "\r", []string{"foo"}, ""},
		{"escapes", hello, `{"jsonrpc":"2.0","id":1,"result":"a\"b\\\/\n\u00e4\ud83d\ude00"}`, []string{`a"b\\/\nä😀`}, ""},
		{"what looks like a failure", hello, `{"jsonrpc":"2.0","id":1,"result":"\\!no"}`, []string{`\\!no`}, ""},
		{"with more members", hello, `{"jsonrpc":"2.0","id":1,"result":"foo","took":5}`, []string{"foo"}, ""},
		{"an error that is null", hello, `{"jsonrpc":"2.0","id":1,"result":"foo","error":null}`, []string{"foo"}, ""},
		{"a number as it stands", hello, `{"jsonrpc":"2.0","id":1,"result":1.50e+010}`, []string{"1.50e+010"}, ""},
		{"a number above 2^64", hello, `{"jsonrpc":"2.0","id":1,"result":123456789012345678901234567890}`, []string{"123456789012345678901234567890"}, ""},
		{"an object in its order", hello, `{"jsonrpc":"2.0","id":1,"result":{ "b": 1, "a": [ 1.0, "x y\n" ] }}`, []string{`{"b":1,"a":[1.0,"x y\\n"]}`}, ""},
		{"null", hello, `{"jsonrpc":"2.0","id":1,"result":null}`, []string{"null"}, ""},
		{"false", hello, `{"jsonrpc":"2.0","id":1,"result": false }`, []string{"false"}, ""},
		{"HTML", hello, `{"jsonrpc":"2.0","id":1,"result":["<&>"]}`, []string{`["<&>"]`}, ""},
		{"base64", hello64, `{"jsonrpc":"2.0","id":1,"result":"Yf8K"}`, []string{"a\xff" + `\n`}, ""},
		{"base64 with slashes escaped", hello64, `{"jsonrpc":"2.0","id":1,"result":"\/\/\/\/"}`, []string{"\xff\xff\xff"}, ""},
		{"other JSON is not in base64", hello64, `{"jsonrpc":"2.0","id":1,"result":["Yf8K"]}`, []string{`["Yf8K"]`}, ""},
		{"half a surrogate pair", hello, `{"jsonrpc":"2.0","id":1,"result":"\ud83d"}`, []string{`\!the result is not UTF-8; "encoding":"base64" in ready would let it be`}, ""},
		{"no UTF-8", hello, `{"jsonrpc":"2.0","id":1,"result":"` + "\xff" + `"}`, []string{`\!the result is not UTF-8; "encoding":"base64" in ready would let it be`}, ""},
		{"an error", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no such\nfoo"}}`, []string{`\!no such\nfoo`}, ""},
		{"a result that is null beside it", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"},"result":null}`, []string{`\!no`}, ""},
		{"an error with data", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no","data":"17"}}`, []string{`\!no: 17`}, ""},
		{"with other data", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no","data":{ "a": 1 }}}`, []string{`\!no: {"a":1}`}, ""},
		{"with long data", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no","data":"` + long + `"}}`, []string{`\!no`}, long + "\n"},
		{"with a traceback", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no","data":"a\nb\n"}}`, []string{`\!no`}, "a\nb\n"},
		{"an error without words", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":7}}`, []string{`\!error 7`}, ""},
		{"an error whose message is an object", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":7,"message":{ "a":1}}}`, []string{`\!{"a":1}`}, ""},
		{"a code of a library", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}`, []string{`\!no`}, ""},
		{"a broken worker", hello, `{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"lost","data":"db"}}`, []string{`\*lost: db`}, ""},
		{"junk before and behind", hello, "hi\n[INFO] \"jsonrpc\"\n" + `{"jsonrpc":"2.0","id":1,"result":"foo"}` + "\n\n{'jsonrpc'}", []string{"foo"},
			"hi\n[INFO] \"jsonrpc\"\n\n{'jsonrpc'}\n"},
		{"JSON that is not JSON-RPC", hello, "{\"level\":\"info\",\"id\":1}\nnull\n17\n[1]\n{\"id\":2,\"result\":1}\n", nil,
			"{\"level\":\"info\",\"id\":1}\nnull\n17\n[1]\n{\"id\":2,\"result\":1}\n"},
		{"another version", hello, `{"jsonrpc":"1.0","method":"log"}`, nil, `{"jsonrpc":"1.0","method":"log"}` + "\n"},
		{"another notification", hello, `{"jsonrpc":"2.0","method":"log","params":["hi"]}`, nil, `{"jsonrpc":"2.0","method":"log","params":["hi"]}` + "\n"},
	}
	for _, tt := range tests {
		start := func() Translator { return asked(t, tt.greeting, 1<<20, 1) }
		raw := strings.TrimSuffix(tt.raw, "\n") + "\n"
		everyWay(t, tt.name, start, raw).check(t, tt.name, tt.lines, tt.aside, "")
	}
}

func TestFaults(t *testing.T) {
	tests := []struct{ name, raw, fault string }{
		{"a second response", response(1, `"a"`) + response(1, `"a"`), "a second response for id 1: "},
		{"a second response before its turn", response(2, `"a"`) + response(2, `"b"`), "a second response for id 2: "},
		{"a response nobody asked for", response(9, `"a"`), "a response for id 9, which no request had: "},
		{"an error nobody asked for", `{"jsonrpc":"2.0","id":9,"error":{"code":1,"message":"no"}}` + "\n", "a response for id 9, which no request had: "},
		{"no id", `{"jsonrpc":"2.0","result":"a"}` + "\n", "a response without an id: "},
		{"an id that is null", `{"jsonrpc":"2.0","id":null,"result":"a"}` + "\n", "a response without an id: "},
		{"an error without an id", `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}` + "\n", "an error without the id of a request: "},
		{"an id in quotes", `{"jsonrpc":"2.0","id":"1","result":"a"}` + "\n", "not the number that the request had: "},
		{"half an id", `{"jsonrpc":"2.0","id":1.5,"result":"a"}` + "\n", "not the number that the request had: "},
		{"result and error", `{"jsonrpc":"2.0","id":1,"result":"a","error":{"code":1,"message":"no"}}` + "\n", "both result and error: "},
		{"neither", `{"jsonrpc":"2.0","id":1}` + "\n", "neither result nor error: "},
		{"an error of null", `{"jsonrpc":"2.0","id":1,"error":null}` + "\n", "neither result nor error: "},
		{"an error that is a string", `{"jsonrpc":"2.0","id":1,"error":"no"}` + "\n", "without a code that is a whole number: "},
		{"an error without a code", `{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}` + "\n", "without a code that is a whole number: "},
		{"method not found", `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}` + "\n",
			"a request refused with `Method not found` (-32601): "},
		{"invalid params", `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}` + "\n", "(-32602): "},
		{"invalid request", `{"jsonrpc":"2.0","id":1,"error":{"code":-32600}}` + "\n", "`error -32600` (-32600): "},
		{"parse error", `{"jsonrpc":"2.0","id":1,"error":{"code":-32700,"message":"no"}}` + "\n", "(-32700): "},
		{"no version", `{"id":1,"result":"a"}` + "\n", `a response without "jsonrpc":"2.0": `},
		{"an error without a version", `{"id":1,"error":{"code":1}}` + "\n", `a response without "jsonrpc":"2.0": `},
		{"a batch", "[" + strings.TrimSpace(response(1, `"a"`)) + "]\n", "a batch, "},
		{"a message of many lines", "{\n  \"jsonrpc\": \"2.0\",\n", "a message of many lines"},
		{"a message that is cut off", `{"jsonrpc":"2.0","id":1,"result":"a` + "\n", "a message that is not JSON ("},
		{"not a number", response(1, "NaN"), "a message that is not JSON ("},
		{"an escape of C", response(1, `"\x41"`), "a message that is not JSON ("},
		{"two messages in a line", strings.TrimSpace(response(1, `"a"`)) + response(2, `"b"`), "a message that is not JSON ("},
		{"a request", `{"jsonrpc":"2.0","id":1,"method":"get"}` + "\n", "a request, where stoke answers none"},
		{"a second ready", hello, "a second ready: "},
	}
	for _, tt := range tests {
		out := everyWay(t, tt.name, func() Translator { return asked(t, hello, 1<<20, 1, 2) }, tt.raw)
		out.check(t, tt.name, out.lines, out.aside, tt.fault)
		lines := strings.Split(tt.raw, "\n")
		if !strings.Contains(out.fault, lines[len(lines)-2]) {
			t.Errorf("%s: the line is not shown: %s", tt.name, out.fault)
		}
	}
	for name, raw := range map[string]string{
		`a response before ready: `:           response(1, `"a"`),
		`a ready without "jsonrpc":"2.0": `:   `{"method":"ready"}` + "\n",
		"a request, where stoke answers none": `{"jsonrpc":"2.0","id":1,"method":"initialize"}` + "\n",
	} {
		everyWay(t, name, func() Translator { return NewRPC(99) }, raw).check(t, name, nil, "", name)
	}
	everyWay(t, "not base64", func() Translator { return asked(t, hello64, 99, 1) }, response(1, `"a b"`)).
		check(t, "not base64", nil, "", "not the base64 that ready promised")
	everyWay(t, "long", func() Translator { return asked(t, hello, 1<<20, 1) }, response(9, `"`+strings.Repeat("x", 1000)+`"`)).
		check(t, "long", nil, "", "xxx`...")
}

// The lines of good responses that come before a fault are passed on.
func TestLinesBeforeAFault(t *testing.T) {
	raw := response(1, `"a"`) + response(3, `"c"`) + response(2, `"b"`) + response(9, `"x"`) + response(4, `"d"`)
	out := everyWay(t, "a fault", func() Translator { return asked(t, hello, 99, 1, 2, 3, 4) }, raw)
	out.check(t, "a fault", []string{"a", "b", "c"}, "", "a response for id 9")
}

func TestRPCTooLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("its messages are large")
	}
	x := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	next := response(2, `"b"`)
	large := `\>response of %d bytes`
	size := func(s string) string { return fmt.Sprintf(large, len(s)-1) }
	late := func(n int) string { return `{"jsonrpc":"2.0","result":` + x(n) + `,"id":1}` + "\n" }
	tests := []struct {
		name, greeting, raw string
		ids                 []int64
		lines               []string
		aside, fault        string
	}{
		{"just as large as may be", hello, response(1, x(50)) + next, []int64{1, 2}, []string{strings.Trim(x(50), `"`), "b"}, "", ""},
		{"one byte more", hello, response(1, x(51)) + next, []int64{1, 2}, []string{`\>answer of 51 bytes`, "b"}, "", ""},
		{"measured when decoded", hello, response(1, `"`+strings.Repeat(`\u0041`, 50)+`"`), []int64{1}, []string{strings.Repeat("A", 50)}, "", ""},
		{"in base64", hello64, response(1, `"`+strings.Repeat("AAAA", 17)+`"`), []int64{1}, []string{`\>answer of 51 bytes`}, "", ""},
		{"other JSON", hello, response(1, "["+x(48)+"]"), []int64{1}, []string{`\>answer of 52 bytes`}, "", ""},
		{"too large to hold", hello, response(1, x(9000)) + next, []int64{1, 2}, []string{size(response(1, x(9000))), "b"}, "", ""},
		{"out of turn", hello, response(2, x(9000)) + response(1, `"a"`), []int64{1, 2}, []string{"a", size(response(2, x(9000)))}, "", ""},
		{"the id comes late, but only one can be meant", hello, late(9000), []int64{1}, []string{size(late(9000))}, "", ""},
		{"the id comes late", hello, late(9000), []int64{1, 2}, nil, "", "a line of more than 4246 bytes, which begins `{\"jsonrpc\""},
		{"the id comes behind a list", hello, `{"a":[1],"id":1,"result":` + x(9000) + "}\n", []int64{1, 2}, nil, "", "a line of more than 4246 bytes"},
		{"for nobody", hello, response(9, x(9000)), []int64{1}, nil, "", "a response for id 9, which no request had: `response of"},
		{"that never ends", hello, strings.TrimSuffix(response(1, x(9000)), "\n"), []int64{1}, nil, "", "in the middle of an answer, which is too large"},
		{"a long line that is no message", hello, strings.Repeat("y", 100<<10) + "\n" + response(1, `"a"`), []int64{1}, []string{"a"}, strings.Repeat("y", 100<<10) + "\n", ""},
		{"that never ends either", hello, strings.Repeat("y", 100<<10), nil, nil, strings.Repeat("y", 100<<10) + "\n", ""},
	}
	for _, tt := range tests {
		start := func() Translator { return asked(t, tt.greeting, 50, tt.ids...) }
		same(t, start, tt.raw, []byte{255, 3, 90})
		same(t, start, tt.raw, nil).check(t, tt.name, tt.lines, tt.aside, tt.fault)
	}
	r := asked(t, hello, 50, 1)
	for i, piece := range []string{`{"jsonrpc":"2.0","id":1,"result":"`, strings.Repeat("x", 60<<10), strings.Repeat("y", 60<<10)} {
		if _, err := r.Translate(nil, []byte(piece)); err != nil || i > 0 && len(r.Held()) > 0 {
			t.Errorf("%d bytes are held behind piece %d, %v", len(r.Held()), i, err)
		}
	}
}

func TestRPCEnd(t *testing.T) {
	tests := []struct {
		name, raw    string
		lines        []string
		aside, fault string
	}{
		{"nothing", "", nil, "", ""},
		{"a response that lacks its newline", strings.TrimSpace(response(1, `"a"`)), []string{"a"}, "", ""},
		{"half a response", `{"jsonrpc":"2.0","id":1,"resu`, nil, `{"jsonrpc":"2.0","id":1,"resu` + "\n", "in the middle of an answer: `{"},
		{"junk", "bye", nil, "bye\n", ""},
		{"a response that still waits for its turn", response(2, `"b"`), nil, "", ""},
	}
	for _, tt := range tests {
		start := func() Translator { return asked(t, hello, 99, 1, 2) }
		everyWay(t, tt.name, start, tt.raw).check(t, tt.name, tt.lines, tt.aside, tt.fault)
	}
}

// Whatever the order of responses, lines come in the order of requests; and they come as early as they can.
func TestOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 150 {
		n := 1 + rnd.IntN(700)
		ids := make([]int64, n)
		for i := range ids {
			ids[i] = int64(i) + 5
		}
		if round%3 == 0 { // ids that do not count up
			for i := range ids {
				ids[i] *= 3
			}
			rnd.Shuffle(n, func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		}
		r := asked(t, hello, 99)
		var got, want []string
		sent, answered, open := 0, map[int64]bool{}, []int64(nil)
		for len(got) < n {
			for ask := rnd.IntN(20); sent < n && (ask > 0 || len(open) == 0); ask-- {
				if _, err := r.AppendRequest(nil, ids[sent], nil, 1, 1); err != nil {
					t.Fatal(err)
				}
				open = append(open, ids[sent])
				want = append(want, strconv.FormatInt(ids[sent], 10))
				sent++
			}
			i := rnd.IntN(min(len(open), 1+round))
			id := open[i]
			open = slices.Delete(open, i, i+1)
			answered[id] = true
			dst, err := r.Translate(nil, []byte(response(id, fmt.Sprintf("%d", id))))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.Fields(string(dst))...)
			if len(got) < sent && answered[ids[len(got)]] {
				t.Fatalf("the line for %d is held back", ids[len(got)])
			}
		}
		if !slices.Equal(got, want) || len(r.Held()) != 0 || len(r.queue) != 0 {
			t.Fatalf("%q, want %q; %d held", got, want, len(r.Held()))
		}
	}
}

// A worker that is never idle does not make the queue grow.
func TestQueueStaysShort(t *testing.T) {
	r := asked(t, hello, 99, 0, 1, 2)
	for id := range int64(100000) {
		if _, err := r.AppendRequest(nil, id+3, nil, 1, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Translate(nil, []byte(response(id, `""`))); err != nil {
			t.Fatal(err)
		}
	}
	if cap(r.queue) > 4*remembered {
		t.Errorf("the queue has room for %d", cap(r.queue))
	}
}

// FuzzRPC: whatever a worker prints, nothing panics, and it is the same in whatever pieces it comes.
func FuzzRPC(f *testing.F) {
	f.Add(hello+response(2, `"b"`)+"junk\n"+response(1, `"\u00e4\n"`), []byte{3, 0, 9}, uint8(9))
	f.Add(hello64+response(1, `"Yf8K"`)+response(2, `[1, 2]`)+response(3, `null`), []byte{20}, uint8(0))
	f.Add(hello+`{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"x","data":{}}}`+"\n[]\n{", []byte{}, uint8(99))
	f.Add(strings.Replace(response(1, `"`+strings.Repeat("x", 5000)+`"`), "{", hello+"{", 1), []byte{90, 2}, uint8(1))
	f.Fuzz(func(t *testing.T, raw string, pieces []byte, maxItem uint8) {
		for _, greeting := range []string{"", hello} {
			same(t, func() Translator { return asked(t, greeting, int(maxItem), 1, 2, 3) }, raw, pieces)
		}
	})
}

// FuzzPlainResponse: the quick way to read a response finds what the JSON package does, or leaves it to that.
func FuzzPlainResponse(f *testing.F) {
	for _, s := range []string{response(1, `"a\n\ud83d"`), `{ "result":"x", "id" : 0 , "jsonrpc":"2.0"} `, `{"jsonrpc":"2.0","id":,"result":"x"}`,
		`{"jsonrpc":"2.0","id":1,"id":2,"result":"x"}`, `{"jsonrpc":"2.0","id":01,"result":"x"}`, `{"jsonrpc":"2.0","id":1,"result":"x",}`,
		`{"jsonrpc":"2.0","id":1e3,"result":"x"}`, `{"jsonrpc":"2.0","id":-1,"result":"x"}`, `{,"jsonrpc":"2.0","id":1,"result":"x"}`,
		`{"jsonrpc":"2.0","id":9999999999999999999,"result":"x"}`, `{"jsonrpc":"2.0","id":1,"result":"\x"}`, `{"jsonrpc":"2.0","id":1,"result":"a"}}`,
		`{"jsonrpc":"2.0","id":1,"result":-1.5e9}`, `{"jsonrpc":"2.0","id":1,"result":01}`, `{"jsonrpc":"2.0","id":1,"result":NaN}`,
		`{"jsonrpc":"2.0","id":1,"result":}`, `{"jsonrpc":"2.0","id":1,"result":true}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		id, value, ok := plainResponse(line)
		if !ok {
			return
		}
		var m struct {
			JSONRPC string          `json:"jsonrpc"`
			ID      *int64          `json:"id"`
			Result  json.RawMessage `json:"result"`
		}
		err := json.Unmarshal(line, &m)
		if value[0] == '"' {
			if _, _, ok := appendText(nil, value[1:len(value)-1]); !ok {
				if err == nil {
					t.Fatalf("%s has a bad escape", line)
				}
				return
			}
		}
		if err != nil || m.JSONRPC != "2.0" || m.ID == nil || *m.ID != id || string(m.Result) != string(value) {
			t.Fatalf("%s is read as id %d, %s, want %+v, %v", line, id, value, m, err)
		}
	})
}

// The quick way is taken for what workers usually print.
func TestPlainResponse(t *testing.T) {
	for _, value := range []string{`"a\"b"`, `""`, "12", "-1.5e+10", "true", "null"} {
		for _, shape := range []string{`{"jsonrpc":"2.0","id":17,"result":%s}`, `{"jsonrpc": "2.0", "id": 17, "result": %s}`,
			`{"result":%s,"id":17,"jsonrpc":"2.0"}` + "\r"} {
			line := fmt.Sprintf(shape, value)
			if id, got, ok := plainResponse([]byte(line)); id != 17 || string(got) != value || !ok {
				t.Errorf("%s: %d, %q, %v", line, id, got, ok)
			}
		}
	}
}

func BenchmarkRPC(b *testing.B) {
	for name, result := range map[string]string{"string": `"some answer of a usual size"`, "escaped": `"some answer\nof two lines"`, "number": "12345", "list": "[1, 2]"} {
		b.Run(name, func(b *testing.B) {
			r := asked(b, hello, 1<<20)
			var request, dst, line []byte
			var id int64
			for b.Loop() {
				id++
				request, _ = r.AppendRequest(request[:0], id, []byte("some item"), id, 1)
				line = append(strconv.AppendInt(append(line[:0], `{"jsonrpc": "2.0", "id": `...), id, 10), `, "result": `...)
				line = append(append(line, result...), "}\n"...)
				var err error
				if dst, err = r.Translate(dst[:0], line); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
