package lang

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNodeAnswers(t *testing.T) {
	checkTalks(t, "node", map[string]talk{
		"an expression, indented":     {p: Program{Code: "\n   Number(item)\n     + 1\n"}, want: []string{"2", "3"}},
		"an expression and a comment": {p: Program{Code: "item // it"}, want: []string{"1", "2"}},
		"an object":                   {p: Program{Code: "{item, seq}"}, items: []string{"a"}, want: []string{`{"item":"a","seq":1}`}},
		"an expression changes state": {p: Program{Init: "let n = 0; const f = () => n", Code: "(n += 2, f())"}, want: []string{"2", "4"}},
		"arguments in the place of node's own": {p: Program{Code: "item === '3' ? null.x : item === '2' ? [Buffer, JSON, process, require] : Buffer + Object",
			Args: []Arg{{"Buffer", "a", false}, {"JSON", "b", false}, {"process", "c", false}, {"require", "d", false}, {"Object", "e", false},
				{"Promise", "f", false}, {"RegExp", "g", false}, {"String", "h", false}, {"Error", "i", false}, {"TypeError", "j", false}}},
			items: []string{"1", "2", "3", "4"}, want: []string{"ae", `["a","b","c","d"]`,
				"!TypeError: Cannot read properties of null (reading 'x')", "ae"}, stderr: []string{"CODE:1\n"}},
		"values as JSON": {p: Program{Code: "eval(`(${item})`)"},
			items: []string{"true", "1e21", "10n**30n", "null", "[]", "''", "0.1", "new Date(0)", "new String('x')"},
			want:  []string{"true", "1e+21", "1" + strings.Repeat("0", 30), "null", "[]", "", "0.1", `"1970-01-01T00:00:00.000Z"`, `"x"`}},
		"numbers": {p: Program{Code: "Number(item)"},
			items: []string{"0", "9", "10", "2147483647", "2147483648", "9007199254740991", "-1", "-0", "0.25", "1e300"},
			want:  []string{"0", "9", "10", "2147483647", "2147483648", "9007199254740991", "-1", "0", "0.25", "1e+300"}},
		"strings about the length that is copied": {p: Program{Code: "item + '|' + '\\n'.repeat(seq % 2)"},
			items: []string{strings.Repeat("a", 61), strings.Repeat("b", 62), strings.Repeat("c", 63), strings.Repeat("ü", 62)},
			want:  []string{strings.Repeat("a", 61) + "|\n", strings.Repeat("b", 62) + "|", strings.Repeat("c", 63) + "|\n", strings.Repeat("ü", 62) + "|"}},
		"values that are not JSON": {p: Program{Code: "eval(`(${item})`)"}, items: []string{"() => 1", "NaN", "-1/0", "Symbol()", "[1n]", "1"},
			want: []string{"!TypeError: CODE gives a function, which is neither text nor JSON", "!TypeError: CODE gives NaN, which is not JSON",
				"!TypeError: CODE gives -Infinity, which is not JSON", "!TypeError: CODE gives a symbol", "!TypeError: ", "1"}},
		"other bytes": {p: Program{Code: "Uint8Array.of(255, 10)"}, items: []string{"1"}, want: []string{"\xff\n"}},
		"no call of require": {p: Program{Code: "item /* require('nosuch') */ + \"require('nosuch')\"[0] // require('nosuch')"},
			want: []string{"1r", "2r"}},
		"words and null are thrown": {p: Program{Code: "throw item === '1' ? 'words' : null"}, want: []string{"!words", "!null"}},
		"what has no words is thrown": {p: Program{Code: "const e = Error(); e.message = Symbol(); throw item === '1' ? e : Object.create(null)"},
			want: []string{"!CODE throws what has no words", "!CODE throws what has no words"}},
		"the runner's names are not seen": {p: Program{Code: "[typeof setup, typeof texts, typeof answer, typeof slot]"},
			items: []string{"1"}, want: []string{`["undefined","undefined","undefined","number"]`}},
	})
}

func TestNodePrints(t *testing.T) {
	const pause = "await new Promise(r => setTimeout(r, 50))"
	checkTalks(t, "node", map[string]talk{
		"writes": {p: Program{Code: "process.stdout.write(item, 'utf8', () => 0); process.stdout.write(Buffer.of(255, 10, 10))"}, items: []string{"1"}, want: []string{"1\xff\n"}},
		"when it has been answered": {p: Program{Code: "void setTimeout(() => console.log('late', item))", Exit: pause}, want: []string{"", ""},
			stderr: []string{"late 1\n", "late 2\n"}},
		"so do several": {p: Program{Concurrency: 2, Code: "setTimeout(() => console.log('late', item)); return await item", Exit: pause}, want: []string{"1", "2"},
			stderr: []string{"late 1\n", "late 2\n"}},
		"errors": {p: Program{Code: "console.error('bad'); return item"}, want: []string{"1", "2"}, stderr: []string{"bad\n", "bad\n"}},
		"native writes": {p: Program{Init: "const fs = require('fs'); fs.writeSync(1, 'up\\n')", Code: "fs.writeSync(1, 'native ' + item); return item"},
			want: []string{"1", "2"}, stderr: []string{"up\n", "native 1", "native 2"}},
		"waiting, one at a time": {p: Program{Code: "console.log('a', item); await new Promise(setImmediate); console.log('b', item)"}, want: []string{"a 1\nb 1", "a 2\nb 2"}},
	})
}

func TestNodeEnds(t *testing.T) {
	checkTalks(t, "node", map[string]talk{
		"exit code waits":       {p: Program{Code: "item", Exit: "await new Promise(setImmediate); console.log('down')"}, want: []string{"1", "2"}, stderr: []string{"down\n"}},
		"exit code throws":      {p: Program{Code: "item", Exit: "throw Error('no')"}, want: []string{"1", "2"}, stderr: []string{"--exit:1\n", "Error: no\n"}, status: 1},
		"exit of a package":     {p: Program{Code: "item", Exit: "process:cwd"}, want: []string{"1", "2"}},
		"a timer holds nobody":  {p: Program{Init: "setInterval(() => 0, 1e9)", Code: "item"}, want: []string{"1", "2"}},
		"a clock of the user's": {p: Program{Init: "Date.now = () => { throw Error('no clock') }", Code: "item"}, want: []string{"1", "2"}},
		"waits for nothing":     {p: Program{Code: "item === '2' ? new Promise(() => 0) : item"}, want: []string{"1"}, stderr: []string{"awaited that never comes"}, status: 1},
		"an exception elsewhere": {p: Program{Init: "const t = require('timers')",
			Code: "item === '2' ? new Promise(() => t.setTimeout(() => { throw Error('la' + 'te') })) : item"}, want: []string{"1"}, stderr: []string{"late"}, status: 1},
		"init parses no JSON":          {p: Program{Init: "let a = 1\nJSON.parse('{')", Code: "1"}, status: 1, stderr: []string{"--init:2\n", "SyntaxError: "}},
		"init parses none when waited": {p: Program{Init: "let a = 1\nawait null; JSON.parse('{')", Code: "1"}, status: 1, stderr: []string{"--init:2\n", "SyntaxError: "}},
	})
}

func TestNodeFaults(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "broken.js", "const a = 1\nconst b = ;\n")
	write(t, dir, "needy.js", "require('nosuch')\n")
	write(t, dir, "empty.js", "")
	broken := filepath.Join(dir, "broken.js") + ":2: SyntaxError: "
	checkFaults(t, "node", dir, map[string][4]string{
		"no such package":      {"nosuch:f", "", "", "CODE, line 1: Error: Cannot find module 'nosuch'|nosuch:f"},
		"no such file":         {"./nosuch:f", "", "", "CODE, line 1: Error: Cannot find module './nosuch'|./nosuch:f"},
		"no such function":     {"path:posix.nosuch", "", "", "CODE: path has no posix.nosuch|path:posix.nosuch"},
		"no function":          {"path:sep", "", "", "CODE: sep is not a function|path:sep"},
		"nothing in a file":    {"empty:f", "", "", "CODE: empty has no f|empty:f"},
		"broken file":          {"broken:f", "", "", "CODE, line 1: " + broken + "|broken:f"},
		"needy file":           {"needy:f", "", "", "CODE, line 1: Error: Cannot find module 'nosuch'|needy:f"},
		"init's package":       {"1", "nosuch:f", "", "--init, line 1: Error: Cannot find module 'nosuch'|nosuch:f"},
		"init requires broken": {"1", "\nrequire('./broken')", "", "--init, line 2: " + broken + "|require('./broken')"},
	})
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
	checkModules(t, "node", dir, map[string][4]string{
		"both":           {"./models.js:predict", "./models:load", "11", "22"},
		"without ./":     {"models:predict", "models:load", "11", "22"},
		"inside a class": {"models:Model.double", "", "2", "4"},
		"async":          {"models:slowly", "models:prepare", `["1",11]`, `["2",11]`},
		"CODE uses it":   {"require('./models').predict(item) + b", "models:load", "17", "28"},
		"a package":      {"@us/pack:f", "", "packed 1", "packed 2"},
		"ES module":      {"./modern.mjs:deep.f", "./modern.mjs:count", "11", "21"},
		"import()":       {"m.count()", "const m = await import('./modern.mjs')", "1", "2"},
		"CODE imports":   {"(await import('./modern.mjs')).count()", "", "1", "2"},
		"of node's own":  {"path:posix.basename", "", "1", "2"},
	})
}

// CODE that waits, or gives a promise.
func TestNodeWaits(t *testing.T) {
	items := []string{"1", "2", "3", "4", "5"}
	checkTalks(t, "node", map[string]talk{
		"a promise is enough": {p: Program{Init: "let n = 0, open; const gate = new Promise((resolve) => (open = resolve));",
			Code: "(++n === 5 && open(), gate.then(() => item))", Concurrency: 5}, items: items, want: items},
		"await in init as well": {p: Program{Init: "let n = await 3; const f = async (x) => x + n", Code: "n++; return await f(item)", Exit: "console.log('n', n)"},
			items: []string{"a", "b"}, want: []string{"a4", "b5"}, stderr: []string{"n 5\n"}},
		"init's helper waits": {p: Program{Init: "let n = 3; async function f(x) { return await x + n }", Code: "n++; return f(item)", Concurrency: 1},
			items: []string{"a", "b"}, want: []string{"a4", "b5"}},
		"await in parentheses":     {p: Program{Init: "const n = await (Promise.resolve(3))", Code: "await (Promise.resolve(n))"}, items: []string{"1"}, want: []string{"3"}},
		"some wait and some don't": {p: Program{Code: "item % 2 ? new Promise((r) => setImmediate(r, item)) : item", Concurrency: 3}, items: items, want: items},
		"prints beside an answer":  {p: Program{Code: "console.log('so', item); await null; return item", Concurrency: 5}, items: items[:1], want: items[:1], stderr: []string{"so 1\n"}},
	})
}
