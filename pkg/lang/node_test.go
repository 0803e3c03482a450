package lang

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestNodeAnswers(t *testing.T) {
	every := allBytes()
	big := strings.Repeat("0123456789abcde\n", 1<<16)
	for name, tt := range map[string]talk{
		"an expression":               {p: Program{Code: "Number(item) + 1"}, want: []string{"2", "3"}},
		"an expression, indented":     {p: Program{Code: "\n   Number(item)\n     + 1\n"}, want: []string{"2", "3"}},
		"an expression and a comment": {p: Program{Code: "item // it"}, want: []string{"1", "2"}},
		"an object": {p: Program{Code: "{item, seq}"}, items: []string{"a"},
			want: []string{`{"item":"a","seq":1}`}},
		"seq and slot": {p: Program{Code: "`${item} ${seq} ${slot}`"}, items: []string{"a", "b"},
			want: []string{"a 1 3", "b 2 3"}},
		"a body": {p: Program{Code: "\n\tconst x = Number(item)\n\tif (x > 1) return 'many'\n\treturn x\n"},
			want: []string{"1", "many"}},
		"a body, state is a number": {p: Program{Init: "let n = 0", Code: "n += 1; return n"}, want: []string{"1", "2"}},
		"an expression changes state": {p: Program{Init: "let n = 0; const f = () => n", Code: "(n += 2, f())"},
			want: []string{"2", "4"}},
		"state is a set": {p: Program{Init: "const seen = new Set()", Code: "seen.add(item).size"},
			items: []string{"a", "b", "a"}, want: []string{"1", "2", "2"}},
		"a function of a package": {p: Program{Code: "path:posix.basename"}, items: []string{"a/b"}, want: []string{"b"}},
		"init requires":           {p: Program{Init: "const fs = require('fs'), os = require('os')\nfunction f(x) { return typeof fs.readFileSync + x }", Code: "f(item)"}, want: []string{"function1", "function2"}},
		"arguments": {p: Program{Init: "const c = a + b.x.length", Code: "[a, b, c]",
			Args: []Arg{{"a", "5", false}, {"b", `{"x": [null]}`, true}}},
			items: []string{"1"}, want: []string{`["5",{"x":[null]},"51"]`}},
		"arguments in the place of node's own": {p: Program{Code: "item === '3' ? null.x : item === '2' ? [Buffer, JSON, process, require] : Buffer + Object",
			Args: []Arg{{"Buffer", "a", false}, {"JSON", "b", false}, {"process", "c", false}, {"require", "d", false}, {"Object", "e", false},
				{"Promise", "f", false}, {"RegExp", "g", false}, {"String", "h", false}, {"Error", "i", false}, {"TypeError", "j", false}}},
			items: []string{"1", "2", "3", "4"}, want: []string{"ae", `["a","b","c","d"]`,
				failed + "TypeError: Cannot read properties of null (reading 'x')", "ae"}, stderr: []string{"CODE:1"}},
		"values as JSON": {p: Program{Code: "eval(`(${item})`)"},
			items: []string{"true", "[null, 'ü\\n']", "{a: [1, 2.5]}", "1e21", "10n**30n", "null", "[]", "''", "0.1", "new Date(0)", "new String('x')"},
			want: []string{"true", `[null,"ü\n"]`, `{"a":[1,2.5]}`, "1e+21", "1" + strings.Repeat("0", 30), "null", "[]", "", "0.1",
				`"1970-01-01T00:00:00.000Z"`, `"x"`}},
		"numbers": {p: Program{Code: "Number(item)"},
			items: []string{"0", "9", "10", "2147483647", "2147483648", "9007199254740991", "-1", "-0", "0.25", "1e300"},
			want:  []string{"0", "9", "10", "2147483647", "2147483648", "9007199254740991", "-1", "0", "0.25", "1e+300"}},
		"strings about the length that is copied": {p: Program{Code: "item + '|' + '\\n'.repeat(seq % 2)"},
			items: []string{strings.Repeat("a", 61), strings.Repeat("b", 62), strings.Repeat("c", 63), strings.Repeat("ü", 62)},
			want:  []string{strings.Repeat("a", 61) + "|\n", strings.Repeat("b", 62) + "|", strings.Repeat("c", 63) + "|\n", strings.Repeat("ü", 62) + "|"}},
		"values that are not JSON": {p: Program{Code: "eval(`(${item})`)"},
			items: []string{"() => 1", "NaN", "-1/0", "Symbol()", "[1n]", "1"},
			want: []string{failed + "TypeError: CODE gives a function, which is neither text nor JSON",
				failed + "TypeError: CODE gives NaN, which is not JSON",
				failed + "TypeError: CODE gives -Infinity, which is not JSON", failed + "TypeError: CODE gives a symbol",
				failed + "TypeError: ", "1"}},
		"text that is not UTF-8": {p: Program{Code: "item"},
			items: []string{"é", every, "\xff\xfe", "é\xe9\U0001f600\xf0\x9f\x98", "\ufffd"},
			want:  []string{"é", every, "\xff\xfe", "é\xe9\U0001f600\xf0\x9f\x98", "\ufffd"}},
		"bytes": {p: Program{Code: "item", ItemType: "bytes"}, items: []string{every, ""}, want: []string{every, ""}},
		"bytes are bytes": {p: Program{Code: "[Buffer.isBuffer(item), item[0], item.length]", ItemType: "bytes"},
			items: []string{"\xff\nü"}, want: []string{"[true,255,4]"}},
		"other bytes": {p: Program{Code: "Uint8Array.of(255, 10)"}, items: []string{"1"}, want: []string{"\xff\n"}},
		"JSON items": {p: Program{Code: "item.a", ItemType: "json"}, items: []string{`{"a":[1]}`, `{"a":`, `{"a":"x"}`},
			want: []string{"[1]", failed + "not JSON: ", "x"}},
		"backslashes and newlines": {p: Program{Code: "item + '|' + item.length"},
			items: []string{"a\nb", `a\nb`, `\`, `\\`, "\n", "\\\n", "", `\#7`, `\!x`, `\ready`},
			want:  []string{"a\nb|3", `a\nb|4`, `\|1`, `\\|2`, "\n|1", "\\\n|2", "|0", `\#7|3`, `\!x|3`, `\ready|6`}},
		"no call of require": {p: Program{Code: "item /* require('nosuch') */ + \"require('nosuch')\"[0] // require('nosuch')"},
			want: []string{"1r", "2r"}},
		"a carriage return stays": {p: Program{Code: "item"}, items: []string{"a\r", "\r", "\u2028"},
			want: []string{"a\r", "\r", "\u2028"}},
		"a large item": {p: Program{Code: "item + '!'"}, items: []string{big, "x", big},
			want: []string{big + "!", "x!", big + "!"}},
		"a large answer": {p: Program{Code: "'ab'.repeat(1 << 20)"}, items: []string{"1"},
			want: []string{strings.Repeat("ab", 1<<20)}},
		"no items": {p: Program{Code: "item"}, items: []string{}},
	} {
		tt.silent = !strings.Contains(strings.Join(tt.want, ""), failed)
		t.Run(name, func(t *testing.T) { t.Parallel(); tt.check(t, "node") })
	}
}

func TestNodePrints(t *testing.T) {
	for name, tt := range map[string]talk{
		"prints only": {p: Program{Code: "console.log(item, 'x'); console.log('y')"}, want: []string{"1 x\ny", "2 x\ny"},
			silent: true},
		"as an expression": {p: Program{Code: "console.log(item)"}, want: []string{"1", "2"}, silent: true},
		"writes":           {p: Program{Code: "process.stdout.write(item, 'utf8', () => 0); process.stdout.write(Buffer.of(255, 10, 10))"}, items: []string{"1"}, want: []string{"1\xff\n"}, silent: true},
		"neither":          {p: Program{Code: "void 0"}, want: []string{"", ""}, silent: true},
		"prints and returns": {p: Program{Code: "console.log('so', item); return 'a'"}, want: []string{"a", "a"},
			stderr: []string{"so 1\n", "so 2\n"}},
		"prints and throws": {p: Program{Code: "console.log('so', item); if (item === '1') throw Error('no'); return 1"},
			want: []string{failed + "Error: no", "1"}, stderr: []string{"so 1\n"}},
		"prints when it has been answered": {p: Program{Code: "void setTimeout(() => console.log('late', item))", Exit: "await new Promise(r => setTimeout(r, 50))"},
			want: []string{"", ""}, stderr: []string{"late 1\n", "late 2\n"}},
		"so do several": {p: Program{Concurrency: 2, Code: "setTimeout(() => console.log('late', item)); return await item", Exit: "await new Promise(r => setTimeout(r, 50))"},
			want: []string{"1", "2"}, stderr: []string{"late 1\n", "late 2\n"}},
		"init and exit print": {p: Program{Init: "console.log('up')", Code: "item", Exit: "console.log('down')"},
			want: []string{"1", "2"}, stderr: []string{"up\n", "down\n"}},
		"errors are printed": {p: Program{Code: "console.error('bad'); return item"}, want: []string{"1", "2"},
			stderr: []string{"bad\n", "bad\n"}},
		"native writes": {p: Program{Init: "const fs = require('fs'); fs.writeSync(1, 'up\\n')",
			Code: "fs.writeSync(1, 'native ' + item); return item"},
			want: []string{"1", "2"}, stderr: []string{"up\n", "native 1", "native 2"}},
		"a child writes": {p: Program{Init: "const { execSync } = require('child_process')",
			Code: "execSync('echo child', {stdio: 'inherit'}); return 1"},
			items: []string{"1"}, want: []string{"1"}, stderr: []string{"child\n"}},
		"reads stdin": {p: Program{Init: "const { execSync } = require('child_process')",
			Code: "[require('fs').readFileSync(0).length, execSync('cat', {stdio: [0, 'pipe', 2]}).length]"},
			want: []string{"[0,0]", "[0,0]"}},
		"the orders stay private": {p: Program{Code: "[String(require('child_process').execSync('env')).includes('STOKE_LANG'), 'STOKE_LANG_SETUP' in process.env]"}, items: []string{"1"}, want: []string{"[false,false]"}},
		"the runner's names as well": {p: Program{Code: "[typeof setup, typeof texts, typeof answers, typeof slot]"},
			items: []string{"1"}, want: []string{`["undefined","undefined","undefined","number"]`}},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); tt.check(t, "node") })
	}
}

// An exception fails its item alone; its stack shows the user's lines and none of the runner's.
func TestNodeThrows(t *testing.T) {
	p := &Program{Lang: "node", Init: "function f(x) {\n  if (x === '0') throw new RangeError('zero')\n  return x.a.b\n}",
		Code: "const x = item\n  return f(x)"}
	answers, stderr, status := run(t, p, "1", "0")
	want := []string{failed + "TypeError: Cannot read prop", failed + "RangeError: zero"}
	if !slices.EqualFunc(answers, want, sameAnswer) || status != 0 {
		t.Errorf("%q and status %d, want %q", answers, status, want)
	}
	for _, piece := range []string{"--init:3\n    return x.a.b\n    at", "at f (--init:3:14)", "CODE:2:10",
		"--init:2\n    if (x === '0') throw new RangeError('zero')\n    at", "at f (--init:2:24)"} {
		if !strings.Contains(stderr, piece) {
			t.Errorf("no %q in the stacks: %s", piece, stderr)
		}
	}
	if strings.Contains(stderr, "[eval]") || strings.Contains(stderr, "node:") {
		t.Errorf("the runner's own frames are shown: %s", stderr)
	}
	talk := talk{p: Program{Code: "throw item === '1' ? 'words' : null"}, want: []string{failed + "words", failed + "null"}}
	talk.check(t, "node")
	wordless := failed + "CODE throws what has no words"
	talk.p.Code, talk.want = "const e = Error(); e.message = Symbol(); throw item === '1' ? e : Object.create(null)", []string{wordless, wordless}
	talk.check(t, "node")
}

func TestNodeEnds(t *testing.T) {
	for name, tt := range map[string]talk{
		"exit code runs last": {p: Program{Init: "let n = 0", Code: "n += 1; return 'a'", Exit: "console.log('seen', n)"},
			want: []string{"a", "a"}, stderr: []string{"seen 2\n"}},
		"exit code waits": {p: Program{Code: "item", Exit: "await new Promise(setImmediate); console.log('down')"},
			want: []string{"1", "2"}, stderr: []string{"down\n"}},
		"exit code throws": {p: Program{Code: "item", Exit: "throw Error('no')"}, want: []string{"1", "2"},
			stderr: []string{"--exit:1", "Error: no"}, status: 1},
		"exit of a package": {p: Program{Code: "item", Exit: "process:cwd"}, want: []string{"1", "2"}, silent: true},
		"a timer holds nobody": {p: Program{Init: "setInterval(() => 0, 1e9)", Code: "item"}, want: []string{"1", "2"},
			silent: true},
		"a clock of the user's": {p: Program{Init: "Date.now = () => { throw Error('no clock') }", Code: "item"}, want: []string{"1", "2"},
			silent: true},
		"process.exit in CODE": {p: Program{Code: "if (item === '2') process.exit(7); return item"},
			items: []string{"1", "2", "3"}, want: []string{"1"}, status: 7},
		"process.exit, waiting": {p: Program{Code: "await null; if (item === '2') process.exit(7); return item"},
			items: []string{"1", "2", "3"}, want: []string{"1"}, status: 7},
		"process.abort": {p: Program{Code: "process.kill(process.pid, 'SIGKILL')"}, status: -1},
		"waits for nothing": {p: Program{Code: "item === '2' ? new Promise(() => 0) : item"}, want: []string{"1"},
			stderr: []string{"awaited that never comes"}, status: 1},
		"an exception elsewhere": {p: Program{Init: "const t = require('timers')",
			Code: "item === '2' ? new Promise(() => t.setTimeout(() => { throw Error('late') })) : item"}, want: []string{"1"},
			stderr: []string{"late"}, status: 1},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); tt.check(t, "node") })
	}
}

func TestNodeFaults(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "broken.js", "const a = 1\nconst b = ;\n")
	write(t, dir, "needy.js", "require('nosuch')\n")
	write(t, dir, "empty.js", "")
	for name, tt := range map[string]struct {
		p    Program
		want []string // lines
	}{
		"CODE, open parenthesis": {Program{Code: "Number(item"},
			[]string{"CODE, line 1: SyntaxError: missing )", "  Number(item"}},
		"CODE, never closed": {Program{Code: "if (item) {"},
			[]string{"CODE, line 1: SyntaxError: ", "  if (item) {"}},
		"CODE, second line": {Program{Code: "let x = 1\nreturn x +* 2"},
			[]string{"CODE, line 2: SyntaxError: ", "  return x +* 2"}},
		"CODE, tab in front": {Program{Code: "if (1)\n\treturn 1 1"},
			[]string{"CODE, line 2: SyntaxError: ", "  \treturn 1 1"}},
		"CODE that waits": {Program{Code: "await null; return 1 1"},
			[]string{"CODE, line 1: SyntaxError: ", "  await null; return 1 1"}},
		"init": {Program{Init: "let a = 1\nfor", Code: "1"},
			[]string{"--init, line 2: SyntaxError: ", "  for"}},
		"exit": {Program{Exit: "a b", Code: "1"}, []string{"--exit, line 1: SyntaxError: ", "  a b"}},
		"no such package": {Program{Code: "nosuch:f"},
			[]string{"CODE, line 1: Error: Cannot find module 'nosuch'", "  nosuch:f"}},
		"no such file": {Program{Code: "./nosuch:f"},
			[]string{"CODE, line 1: Error: Cannot find module './nosuch'", "  ./nosuch:f"}},
		"no such function": {Program{Code: "path:posix.nosuch"},
			[]string{"CODE: path has no posix.nosuch", "  path:posix.nosuch"}},
		"no function":           {Program{Code: "path:sep"}, []string{"CODE: sep is not a function", "  path:sep"}},
		"no function in a file": {Program{Code: "empty:f"}, []string{"CODE: empty has no f", "  empty:f"}},
		"broken file": {Program{Code: "broken:f"},
			[]string{"CODE, line 1: " + filepath.Join(dir, "broken.js") + ":2: SyntaxError: ", "  broken:f"}},
		"needy file": {Program{Code: "needy:f"},
			[]string{"CODE, line 1: Error: Cannot find module 'nosuch'", "  needy:f"}},
		"init requires": {Program{Init: "let a = 1\nif (1)\n  require('nosuch')", Code: "1"},
			[]string{"--init, line 3: Error: Cannot find module 'nosuch'", "    require('nosuch')"}},
		"init's package": {Program{Init: "nosuch:f", Code: "1"},
			[]string{"--init, line 1: Error: Cannot find module 'nosuch'", "  nosuch:f"}},
		"init requires broken": {Program{Init: "\nrequire('./broken')", Code: "1"},
			[]string{"--init, line 2: " + filepath.Join(dir, "broken.js") + ":2: SyntaxError: ", "  require('./broken')"}},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); checkFault(t, "node", dir, tt.p, tt.want) })
	}
}

func TestNodeInitFails(t *testing.T) {
	t.Parallel()
	s := start(t, "", &Program{Lang: "node", Init: "console.log('ran')", Code: "("})
	if s.fault(); s.errors.String() != "" {
		t.Errorf("init ran before CODE was compiled: %s", s.errors.String())
	}
	for _, init := range []string{"let a = 1\nJSON.parse('{')", "let a = 1\nawait null; JSON.parse('{')"} {
		answers, stderr, status := start(t, "", &Program{Lang: "node", Init: init, Code: "1"}).end()
		if len(answers) > 0 || status != 1 || !strings.Contains(stderr, "--init:2\n") || !strings.Contains(stderr, "SyntaxError") {
			t.Errorf("%q, status %d, stderr: %s", answers, status, stderr)
		}
	}
}

func TestNodeModules(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "models.js", `
console.log("imported")
let scale = null
exports.load = ({ a, b = 0 }) => { scale = a + b }
exports.predict = (item) => Number(item) * scale
exports.Model = class { static factor = 2; static double(item) { return item * this.factor } }
exports.slowly = async (item) => [item, scale]
exports.prepare = async (args) => exports.load(args)
`)
	write(t, dir, "modern.mjs", "let n = 0\nexport const count = () => ++n\nexport default { deep: { f: (item) => item + n } }\n")
	if err := os.MkdirAll(filepath.Join(dir, "node_modules", "@us", "pack"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "node_modules", "@us", "pack"), "index.js", "exports.f = (item) => 'packed ' + item\n")
	args := []Arg{{"a", "5", true}, {"b", "6", true}}
	for name, tt := range map[string]struct {
		p    Program
		want []string
	}{
		"both":           {Program{Init: "./models:load", Code: "./models.js:predict", Args: args}, []string{"11", "22"}},
		"without ./":     {Program{Init: "models:load", Code: "models:predict", Args: args}, []string{"11", "22"}},
		"inside a class": {Program{Code: "models:Model.double"}, []string{"2", "4"}},
		"async":          {Program{Init: "models:prepare", Code: "models:slowly", Args: args}, []string{`["1",11]`, `["2",11]`}},
		"CODE uses it": {Program{Init: "models:load", Code: "require('./models').predict(item) + b", Args: args},
			[]string{"17", "28"}},
		"a package":    {Program{Code: "@us/pack:f"}, []string{"packed 1", "packed 2"}},
		"ES module":    {Program{Init: "./modern.mjs:count", Code: "./modern.mjs:deep.f"}, []string{"11", "21"}},
		"import()":     {Program{Init: "const m = await import('./modern.mjs')", Code: "m.count()"}, []string{"1", "2"}},
		"CODE imports": {Program{Code: "(await import('./modern.mjs')).count()"}, []string{"1", "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.p.Lang = "node"
			answers, stderr, status := start(t, dir, &tt.p).ready().send("1", "2").end()
			if !slices.Equal(answers, tt.want) || status != 0 || strings.Contains(stderr, "Warning") {
				t.Errorf("%q, want %q; status %d, stderr: %s", answers, tt.want, status, stderr)
			}
		})
	}
}

// CODE that waits, or gives a promise, has several items at work, no more than it may, and answers in order.
func TestNodeConcurrency(t *testing.T) {
	const busy = "let n = 0, most = 0; const tick = () => new Promise(setImmediate);"
	const gate = "let n = 0, open; const gate = new Promise((resolve) => (open = resolve));"
	items := []string{"1", "2", "3", "4", "5"}
	for name, tt := range map[string]talk{
		"all wait for each other": {p: Program{Init: gate, Code: "if (++n === 5) open(); await gate; return item",
			Concurrency: 5}, want: items},
		"a promise is enough": {p: Program{Init: gate, Code: "(++n === 5 && open(), gate.then(() => item))", Concurrency: 5},
			want: items},
		"the last is first": {p: Program{Init: "const order = [], gates = [...'0123456'].map(() => { let open; const p = new Promise((r) => (open = r)); return { p, open } }); gates[6].open()",
			Code: "await gates[Number(item) + 1].p; order.push(item); gates[item].open(); return order.join('')", Concurrency: 5},
			want: []string{"54321", "5432", "543", "54", "5"}},
		"no more than it may": {p: Program{Init: busy, Code: "n++; most = Math.max(n, most); await tick(); n--; return item",
			Exit: "console.log('most', most)", Concurrency: 2},
			want: items, stderr: []string{"most 2\n"}},
		"one at a time": {p: Program{Init: busy, Code: "n++; most = Math.max(n, most); await tick(); n--; return item",
			Exit: "console.log('most', most)"},
			want: items, stderr: []string{"most 1\n"}},
		"await in init as well": {p: Program{Init: "let n = await 3; const f = async (x) => x + n",
			Code: "n++; return await f(item)", Exit: "console.log('n', n)"}, items: []string{"a", "b"},
			want: []string{"a4", "b5"}, stderr: []string{"n 5\n"}},
		"init's helper waits": {p: Program{Init: "let n = 3; async function f(x) { return await x + n }",
			Code: "n++; return f(item)", Concurrency: 1}, items: []string{"a", "b"}, want: []string{"a4", "b5"}},
		"await in parentheses": {p: Program{Init: "const n = await (Promise.resolve(3))", Code: "await (Promise.resolve(n))"},
			items: []string{"1"}, want: []string{"3"}},
		"some wait and some don't": {p: Program{Code: "item % 2 ? new Promise((r) => setImmediate(r, item)) : item",
			Concurrency: 3}, want: items},
		"each has its own prints": {p: Program{Code: "console.log('a', item); await new Promise(setImmediate); console.log('b', item)", Concurrency: 5}, items: []string{"1", "2"}, want: []string{"a 1\nb 1", "a 2\nb 2"}, silent: true},
		"prints, one at a time":   {p: Program{Code: "console.log('a', item); await new Promise(setImmediate); console.log('b', item)"}, items: []string{"1", "2"}, want: []string{"a 1\nb 1", "a 2\nb 2"}, silent: true},
		"prints beside an answer": {p: Program{Code: "console.log('so', item); await null; return item", Concurrency: 5},
			want: items, stderr: []string{"so 1\n"}},
		"exceptions": {p: Program{Code: "await null; if (item === '1') throw Error('no'); return item",
			Concurrency: 5}, items: []string{"1", "2"}, want: []string{failed + "Error: no", "2"}, stderr: []string{"CODE:1\n"}},
		"JSON items": {p: Program{Code: "await null; return item[0]", ItemType: "json", Concurrency: 2},
			items: []string{"[1]", "{", "[3]"}, want: []string{"1", failed + "not JSON: ", "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.items == nil {
				tt.items = items
			}
			tt.check(t, "node")
		})
	}
}

func TestNodeAnswersBeforeTheNextItem(t *testing.T) {
	t.Parallel()
	gate := filepath.Join(t.TempDir(), "gate")
	checkGate(t, &Program{Lang: "node",
		Code: "if (item === '2') fs.readFileSync(gate); else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5); return item",
		Init: "const fs = require('fs')", Args: []Arg{{"gate", gate, false}}}, gate)
}

func TestNodeAnswersWhileOthersWait(t *testing.T) {
	t.Parallel()
	s := start(t, "", &Program{Lang: "node", Concurrency: 3, Init: "let open; const gate = new Promise((r) => (open = r))",
		Code: "if (item === 'go') open(); else if (item === 'wait') await gate; return item"}).ready()
	checkWhileOthersWait(t, s)
}

func TestNodeCounts(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"seq", "await null; return seq"} {
		checkCounts(t, &Program{Lang: "node", Code: code})
	}
}

// Many quick items, then a slow one: the clock is asked less often then, but nothing is lost or out of order.
func TestNodeManyItems(t *testing.T) {
	t.Parallel()
	items := make([]string, 20_000)
	for i := range items {
		items[i] = strings.Repeat("x", i%7)
	}
	answers, stderr, status := run(t, &Program{Lang: "node", Code: "item"}, items...)
	if !slices.Equal(answers, items) || status != 0 {
		t.Errorf("%d answers, status %d, stderr: %s", len(answers), status, stderr)
	}
}
