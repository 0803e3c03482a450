package lang

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkTalks has conversations that only one language has; the others are in conformance_test.go.
func checkTalks(t *testing.T, lang string, talks map[string]talk) {
	for name, tt := range talks {
		t.Run(name, func(t *testing.T) { t.Parallel(); tt.check(t, lang) })
	}
}

func TestPythonAnswers(t *testing.T) {
	checkTalks(t, "python", map[string]talk{
		"an expression, indented":     {p: Program{Code: "\n   (int(item)\n     + 1)\n"}, want: []string{"2", "3"}},
		"an expression and a comment": {p: Program{Code: "item # it"}, want: []string{"1", "2"}},
		"a comprehension sees all":    {p: Program{Init: "k = 2", Code: "[int(item) * k + x for x in range(2)]"}, want: []string{"[2,3]", "[4,5]"}},
		"init, several lines": {p: Program{Init: "\n  import math\n  def f(x):\n    return math.factorial(int(x))\n",
			Code: "f(item)"}, want: []string{"1", "2"}},
		"values as JSON": {p: Program{Code: "eval(item)"},
			items: []string{"True", "{'a': (1, 2.5)}", "1.0", "10**30", "-0.0", "[]", "''", "False", "0"},
			want:  []string{"true", `{"a":[1,2.5]}`, "1.0", "1" + strings.Repeat("0", 30), "-0.0", "[]", "", "false", "0"}},
		"a number with more digits than python writes": {p: Program{Code: "eval(item)"},
			items: []string{"1", "10**5000", "2", "'a\\nb'"}, want: []string{"1", "!ValueError: ", "2", "a\nb"}},
		"values that are not JSON": {p: Program{Code: "eval(item)"}, items: []string{"object()", "{1, 2}", "lambda: 0", "1"},
			want: []string{"!TypeError: CODE gives object, which is neither text nor JSON", "!TypeError: CODE gives set, which is neither text nor JSON",
				"!TypeError: CODE gives function, which is neither text nor JSON", "1"}},
		"other kinds of bytes":    {p: Program{Code: "bytearray(b'\\xff\\n') if seq == 1 else memoryview(b'ab')"}, want: []string{"\xff\n", "ab"}},
		"text that no byte means": {p: Program{Code: `chr(0xd800) if item == "2" else "ü\n"`}, items: []string{"1", "2", "3"}, want: []string{"ü\n", "!UnicodeEncodeError: ", "ü\n"}},
		"a text of a kind":        {p: Program{Init: "import enum\nclass E(str, enum.Enum):\n  A = 'x'", Code: "E.A"}, items: []string{"1"}, want: []string{"x"}},
		"exceptions with notes":   {p: Program{Code: "e = ValueError('a\\nb'); e.__notes__ = ['note']; raise e"}, items: []string{"1"}, want: []string{"!ValueError: a\nb"}},
		"the runner's names are not seen": {p: Program{Code: "sorted(n for n in globals() if n[0] != '_')"}, items: []string{"1"},
			want: []string{`["slot"]`}},
	})
}

// What is printed is an answer, or goes to stderr.
func TestPythonPrints(t *testing.T) {
	checkTalks(t, "python", map[string]talk{
		"bytes": {p: Program{Code: "import sys; sys.stdout.buffer.write(b'\\xff\\n\\n')"}, items: []string{"1"}, want: []string{"\xff\n"}},
		"lines of bytes, in init too": {p: Program{Init: "import sys; sys.stdout.buffer.writelines([b'up\\n'])",
			Code: "sys.stdout.buffer.writelines([b'a\\n', item.encode(), b'\\n'])"}, want: []string{"a\n1", "a\n2"}, stderr: []string{"up\n"}},
		"from the second item on": {p: Program{Code: "print('so', item) if item == '2' else item"}, want: []string{"1", "so 2"}},
		"to a stdout of the user's": {p: Program{Init: "import io, sys; sys.stdout = io.TextIOWrapper(sys.stdout.buffer)", Code: "print(item)"},
			want: []string{"1", "2"}},
		"to none that counts": {p: Program{Init: "import os, sys; sys.stdout = open(os.devnull, 'w')", Code: "print(item)"}, want: []string{"", ""}},
		"init keeps stdout":   {p: Program{Init: "from sys import stdout", Code: "stdout.write(item); return None"}, want: []string{"1", "2"}},
		"it is a stdout":      {p: Program{Code: "import sys; [sys.stdout.fileno(), sys.stdout.writable(), sys.stdout.isatty()]"}, items: []string{"1"}, want: []string{"[1,true,false]"}},
		"by a thread":         {p: Program{Code: "import threading; t = threading.Thread(target=print, args=(item,)); t.start(); t.join(); None"}, want: []string{"1", "2"}},
		"native writes": {p: Program{Init: "import os; os.write(1, b'up\\n')", Code: "os.write(1, b'native ' + item.encode()); return item"},
			want: []string{"1", "2"}, stderr: []string{"up\n", "native 1", "native 2"}},
		"a child that is given stdout": {p: Program{Init: "import sys, subprocess", Code: "subprocess.run(['echo', 'run'], stdout=sys.stdout); None"},
			items: []string{"1"}, want: []string{""}, stderr: []string{"run\n"}},
		"a forked child": {p: Program{Init: "import multiprocessing", Code: "p = multiprocessing.get_context('fork').Process(target=print, args=('child', item)); p.start(); p.join()"},
			want: []string{"", ""}, stderr: []string{"child 1\n", "child 2\n"}},
		"a pool of processes": {p: Program{Init: "import multiprocessing\ndef f(x): return x * 2\npool = multiprocessing.get_context('fork').Pool(2)",
			Code: "pool.map(f, [int(item)])", Exit: "pool.close(); pool.join()"}, want: []string{"[2]", "[4]"}},
		"asks": {p: Program{Code: "input('what' + '? ')"}, items: []string{"1"}, want: []string{"!EOFError: EOF when reading a line"}, stderr: []string{"what? "}},
	})
}

func TestPythonEnds(t *testing.T) {
	checkTalks(t, "python", map[string]talk{
		"exit code raises": {p: Program{Code: "item", Exit: "1/0"}, want: []string{"1", "2"},
			stderr: []string{`File "--exit", line 1`, "ZeroDivisionError: "}, status: 1},
		"exit of a module":    {p: Program{Code: "item", Exit: "os:getcwd"}, want: []string{"1", "2"}},
		"sys.exit with words": {p: Program{Code: "raise SystemExit('enough')"}, stderr: []string{"enough"}, status: 1},
		"sys.exit in exit":    {p: Program{Code: "item", Exit: "import sys; sys.exit(4)"}, want: []string{"1", "2"}, status: 4},
		"os._exit":            {p: Program{Code: "import os; os._exit(9)"}, status: 9},
		"atexit":              {p: Program{Init: "import atexit; atexit.register(print, 'bye')", Code: "item"}, want: []string{"1", "2"}, stderr: []string{"bye"}},
		"init raises": {p: Program{Init: "a = 1\nopen('/nosuch/file')", Code: "1"}, status: 1,
			stderr: []string{"open('/nosuch/file')\n", "FileNotFoundError: "}},
	})
}

func TestPythonFaults(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "broken.py", "a = 1\nb = 1 +* 2\n")
	write(t, dir, "needy.py", "import nosuch\n")
	write(t, dir, "empty.py", "")
	broken := filepath.Join(dir, "broken.py") + ", line 2: SyntaxError: |b = 1 +* 2"
	checkFaults(t, "python", dir, map[string][4]string{
		"known only later":     {"x = 1\nbreak", "", "", "CODE, line 2: SyntaxError: 'break' outside loop|break"},
		"NUL":                  {"'\x00'", "", "", "CODE"},
		"no such module":       {"nosuch:f", "", "", "CODE: ModuleNotFoundError: No module named 'nosuch'|nosuch:f"},
		"no such function":     {"os.path:nosuch", "", "", "CODE: posixpath has no 'nosuch'|os.path:nosuch"},
		"no function":          {"os.path:sep", "", "", "CODE: sep is not a function|os.path:sep"},
		"a path":               {"./empty:f", "", "", "CODE: no module named './empty': python's modules are named with dots|./empty:f"},
		"nothing in a file":    {"empty:f", "", "", "CODE: empty has no 'f'|empty:f"},
		"broken module":        {"broken:f", "", "", "CODE, " + broken},
		"needy module":         {"needy:f", "", "", "CODE: ModuleNotFoundError: No module named 'nosuch'|needy:f"},
		"init's module":        {"1", "nosuch:f", "", "--init: ModuleNotFoundError: No module named 'nosuch'|nosuch:f"},
		"init imports broken":  {"1", "import broken", "", "--init, " + broken},
		"exit's module":        {"1", "", "nosuch:f", "--exit: ModuleNotFoundError: No module named 'nosuch'|nosuch:f"},
		"init imports in deep": {"1", "import needy", "", "--init, line 1: ModuleNotFoundError: No module named 'nosuch'|import needy"},
	})
}

// checkFaults checks what is said of texts that name files of a directory: CODE, init, exit, and what is said.
func checkFaults(t *testing.T, lang, dir string, rows map[string][4]string) {
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkFault(t, dir, Program{Lang: lang, Code: row[0], Init: row[1], Exit: row[2]}, row[3])
		})
	}
}

// The functions of init and CODE are those of one module, that is imported once.
func TestPythonModules(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "json.py", "raise Exception('this json is not meant for the runner')\n")
	write(t, dir, "models.py", `
import functools, os
print("imported")
scale = None
def load(a, b=0):
    global scale
    scale = a + b
def predict(item):
    return int(item) * scale
class Model:
    @staticmethod
    def double(item): return item * 2
async def slowly(item):
    return [item, scale]
async def prepare(a, b):
    load(a, b)
async def add(n, item):
    return int(item) + n
class Adder:
    async def __call__(self, item): return int(item) + 7
    async def add(self, item): return int(item) + 8
adder = Adder()
add5 = functools.partial(functools.partial(add), 5)
`)
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "sub"), "inner.py", "def f(item): return item\n")
	checkModules(t, "python", dir, map[string][4]string{ // CODE, init, and the answers
		"both":              {"models:predict", "models:load", "11", "22"},
		"inside a class":    {"models:Model.double", "", "11", "22"},
		"init is a text":    {"models:predict", "import models; models.load(a)", "5", "10"},
		"async":             {"models:slowly", "models:prepare", `["1",11]`, `["2",11]`},
		"async, in part":    {"models:add5", "", "6", "7"},
		"async, an object":  {"models:adder", "", "8", "9"},
		"async, a method":   {"models:adder.add", "", "9", "10"},
		"CODE uses it":      {"import models; return models.scale + b", "models:load", "17", "17"},
		"init finds module": {"inner:f", "import sys; sys.path.insert(0, 'sub')", "1", "2"},
		"of the library":    {"os.path:basename", "", "1", "2"},
	})
}

// checkModules has conversations in a directory of modules, one of which says that it is imported.
func checkModules(t *testing.T, lang, dir string, rows map[string][4]string) {
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := Program{Lang: lang, Code: row[0], Init: row[1], Args: []Arg{{"a", "5", true}, {"b", "6", true}}}
			r := run(t, dir, &p, "1", "2")
			tt := talk{want: row[2:]}
			if strings.Contains(r.stderr, "imported\n") {
				tt.stderr = []string{"imported\n"} // once
			}
			tt.judge(t, r)
		})
	}
}

// CODE that waits.
func TestPythonWaits(t *testing.T) {
	const imports = "import asyncio\n"
	checkTalks(t, "python", map[string]talk{
		"in an expression":        {p: Program{Init: "async def f(x): return x", Code: "(await f(item)) + 'x'", Concurrency: 3}, want: []string{"1x", "2x"}},
		"prints beside an answer": {p: Program{Code: "print('so', item); await __import__('asyncio').sleep(0); return item", Concurrency: 5}, items: []string{"1"}, want: []string{"1"}, stderr: []string{"so 1\n"}},
		"no common exception": {p: Program{Init: imports, Code: "await asyncio.sleep(0)\nif item == '1': raise GeneratorExit\nreturn item"},
			want: []string{"!GeneratorExit", "2"}},
		"cancelled":          {p: Program{Init: imports, Code: "await asyncio.sleep(0); raise asyncio.CancelledError()"}, items: []string{"1"}, want: []string{"!CancelledError"}},
		"init and exit wait": {p: Program{Init: imports + "await asyncio.sleep(0); print('up')", Code: "item", Exit: "await asyncio.sleep(0); print('down')"}, want: []string{"1", "2"}, stderr: []string{"up\n", "down\n"}},
		"init has the loop": {p: Program{Init: imports + "loop = asyncio.get_running_loop()",
			Code: "await asyncio.sleep(0); return loop is asyncio.get_running_loop()", Concurrency: 2}, items: []string{"1"}, want: []string{"true"}},
		"plain CODE runs its own":  {p: Program{Init: imports + "async def f(x): return x", Code: "asyncio.run(f(item))"}, want: []string{"1", "2"}},
		"a coroutine, not awaited": {p: Program{Init: "async def f(x): return x", Code: "f(item)"}, items: []string{"1"}, want: []string{"!TypeError: CODE gives a coroutine: write await"}},
	})
}
