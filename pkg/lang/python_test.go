package lang

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// talk is one conversation with python or node, whole: all items are sent at once.
type talk struct {
	p      Program
	items  []string
	want   []string // answers; of those that are failures only the beginning
	stderr []string // is found on stderr, in this order
	silent bool     // nothing at all is on stderr
	status int
}

func (tt *talk) check(t *testing.T, lang string) {
	t.Helper()
	p := tt.p
	p.Lang = lang
	if tt.items == nil {
		tt.items = []string{"1", "2"}
	}
	answers, stderr, status := run(t, &p, tt.items...)
	if !slices.EqualFunc(answers, tt.want, sameAnswer) {
		t.Errorf("answers %.300q, want %.300q", answers, tt.want)
	}
	if status != tt.status {
		t.Errorf("exit status %d, want %d; stderr: %s", status, tt.status, stderr)
	}
	if tt.silent && stderr != "" {
		t.Errorf("on stderr: %s", stderr)
	}
	rest := stderr
	for _, piece := range tt.stderr {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			t.Errorf("no %q where it should be on stderr: %s", piece, stderr)
		}
		rest = after
	}
}

// sameAnswer compares failures by their beginning only: the words differ from one version of a language to the next.
func sameAnswer(got, want string) bool {
	return got == want || strings.HasPrefix(want, failed) && strings.HasPrefix(got, want)
}

func TestPythonAnswers(t *testing.T) {
	every := allBytes()
	big := strings.Repeat("0123456789abcde\n", 1<<16)
	for name, tt := range map[string]talk{
		"an expression":               {p: Program{Code: "int(item) + 1"}, want: []string{"2", "3"}},
		"an expression, indented":     {p: Program{Code: "\n   (int(item)\n     + 1)\n"}, want: []string{"2", "3"}},
		"an expression and a comment": {p: Program{Code: "item # it"}, want: []string{"1", "2"}},
		"seq and slot": {p: Program{Code: "f'{item} {seq} {slot}'"}, items: []string{"a", "b"},
			want: []string{"a 1 3", "b 2 3"}},
		"a body": {p: Program{Code: "\n\tx = int(item)\n\tif x > 1:\n\t\treturn 'many'\n\treturn x\n"},
			want: []string{"1", "many"}},
		"a body, state is a number": {p: Program{Init: "n = 0", Code: "global n; n += 1; return n"}, want: []string{"1", "2"}},
		"a body, state is a set": {p: Program{Init: "seen = set()", Code: "seen.add(item); return len(seen)"},
			items: []string{"a", "b", "a"}, want: []string{"1", "2", "2"}},
		"a comprehension sees all": {p: Program{Init: "k = 2", Code: "[int(item) * k + x for x in range(2)]"},
			want: []string{"[2,3]", "[4,5]"}},
		"a function of a module": {p: Program{Code: "os.path:basename"}, items: []string{"a/b"}, want: []string{"b"}},
		"init, several lines": {p: Program{Init: "\n  import math\n  def f(x):\n    return math.factorial(int(x))\n",
			Code: "f(item)"}, want: []string{"1", "2"}},
		"arguments": {p: Program{Init: "c = a + str(b['x'])", Code: "[a, b, c]",
			Args: []Arg{{"a", "5", false}, {"b", `{"x": [null]}`, true}}},
			items: []string{"1"}, want: []string{`["5",{"x":[null]},"5[None]"]`}},
		"values as JSON": {p: Program{Code: "eval(item)"},
			items: []string{"True", "[None, 'ü\\n']", "{'a': (1, 2.5)}", "1.0", "10**30", "-0.0", "[]", "''", "False", "0"},
			want:  []string{"true", `[null,"ü\n"]`, `{"a":[1,2.5]}`, "1.0", "1" + strings.Repeat("0", 30), "-0.0", "[]", "", "false", "0"}},
		"a number with more digits than python writes": {p: Program{Code: "eval(item)"},
			items: []string{"1", "10**5000", "2"}, want: []string{"1", failed + "ValueError: ", "2"}},
		"numbers beside text": {p: Program{Code: "eval(item)"}, items: []string{"1", "'a\\nb'", "2", "'ü'"},
			want: []string{"1", "a\nb", "2", "ü"}},
		"values that are not JSON": {p: Program{Code: "eval(item)"},
			items: []string{"object()", "float('nan')", "{1, 2}", "lambda: 0", "1"},
			want: []string{failed + "TypeError: CODE gives object, which is neither text nor JSON",
				failed + "ValueError: ",
				failed + "TypeError: CODE gives set, which is neither text nor JSON",
				failed + "TypeError: CODE gives function, which is neither text nor JSON", "1"}},
		"text that is not UTF-8": {p: Program{Code: "item"}, items: []string{every, "\xff\xfe", "é\xe9"},
			want: []string{every, "\xff\xfe", "é\xe9"}},
		"bytes": {p: Program{Code: "item[::-1][::-1]", ItemType: "bytes"}, items: []string{every, ""},
			want: []string{every, ""}},
		"bytes are bytes": {p: Program{Code: "[type(item).__name__, item[0]]", ItemType: "bytes"},
			items: []string{"\xff"}, want: []string{`["bytes",255]`}},
		"other kinds of bytes": {p: Program{Code: "bytearray(b'\\xff\\n') if seq == 1 else memoryview(b'ab')"},
			want: []string{"\xff\n", "ab"}},
		"text that no byte means": {p: Program{Code: `chr(0xd800) if item == "2" else "ü\n"`}, items: []string{"1", "2", "3"},
			want: []string{"ü\n", failed + "UnicodeEncodeError: ", "ü\n"}},
		"JSON items": {p: Program{Code: "item['a']", ItemType: "json"}, items: []string{`{"a":[1]}`, `{"a":`, `{"a":"x"}`},
			want: []string{"[1]", failed + "not JSON: ", "x"}},
		"backslashes and newlines": {p: Program{Code: "item + '|' + str(len(item))"},
			items: []string{"a\nb", `a\nb`, `\`, `\\`, "\n", "\\\n", "", `\#7`, `\!x`, `\ready`},
			want:  []string{"a\nb|3", `a\nb|4`, `\|1`, `\\|2`, "\n|1", "\\\n|2", "|0", `\#7|3`, `\!x|3`, `\ready|6`}},
		"a carriage return stays": {p: Program{Code: "item"}, items: []string{"a\r", "\r", "\x0b\x1c\u2028"},
			want: []string{"a\r", "\r", "\x0b\x1c\u2028"}},
		"a large item": {p: Program{Code: "item + '!'"}, items: []string{big, "x", big},
			want: []string{big + "!", "x!", big + "!"}},
		"a text of a kind": {p: Program{Init: "import enum\nclass E(str, enum.Enum):\n  A = 'x'", Code: "E.A"},
			items: []string{"1"}, want: []string{"x"}},
		"a large answer": {p: Program{Code: "'ab' * (1 << 20)"}, items: []string{"1"},
			want: []string{strings.Repeat("ab", 1<<20)}},
		"no items": {p: Program{Code: "item"}, items: []string{}},
	} {
		tt.silent = !strings.Contains(strings.Join(tt.want, ""), failed)
		t.Run(name, func(t *testing.T) { t.Parallel(); tt.check(t, "python") })
	}
}

// What is printed is an answer, or goes to stderr; what CODE reads is not the items.
func TestPythonPrints(t *testing.T) {
	for name, tt := range map[string]talk{
		"prints only": {p: Program{Code: "print(item, 'x'); print('y')"}, want: []string{"1 x\ny", "2 x\ny"},
			silent: true},
		"prints as an expression": {p: Program{Code: "print(item)"}, want: []string{"1", "2"}, silent: true},
		"writes bytes": {p: Program{Code: "import sys; sys.stdout.buffer.write(b'\\xff\\n\\n')"}, items: []string{"1"},
			want: []string{"\xff\n"}, silent: true},
		"writes lines of bytes, in init too": {p: Program{Init: "import sys; sys.stdout.buffer.writelines([b'up\\n'])",
			Code: "sys.stdout.buffer.writelines([b'a\\n', item.encode(), b'\\n'])"},
			want: []string{"a\n1", "a\n2"}, stderr: []string{"up\n"}},
		"prints from the second item on": {p: Program{Code: "print('so', item) if item == '2' else item"},
			want: []string{"1", "so 2"}, silent: true},
		"neither": {p: Program{Code: "pass"}, want: []string{"", ""}, silent: true},
		"prints and returns": {p: Program{Code: "print('so', item); return 'a'"}, want: []string{"a", "a"},
			stderr: []string{"so 1\n", "so 2\n"}},
		"a stdout of the user's": {p: Program{Init: "import io, sys; sys.stdout = io.TextIOWrapper(sys.stdout.buffer)", Code: "print(item)"},
			want: []string{"1", "2"}, silent: true},
		"none that counts": {p: Program{Init: "import os, sys; sys.stdout = open(os.devnull, 'w')", Code: "print(item)"},
			want: []string{"", ""}, silent: true},
		"a forked child prints": {p: Program{Init: "import multiprocessing", Code: "p = multiprocessing.get_context('fork').Process(target=print, args=('child', item)); p.start(); p.join()"},
			want: []string{"", ""}, stderr: []string{"child 1\n", "child 2\n"}},
		"prints and raises": {p: Program{Code: "print('so', item); return 1 // (int(item) - 1)"},
			want:   []string{failed + "ZeroDivisionError: ", "1"},
			stderr: []string{"so 1\n"}},
		"init and exit print": {p: Program{Init: "print('up')", Code: "item", Exit: "print('down')"}, want: []string{"1", "2"},
			stderr: []string{"up\n", "down\n"}},
		"init keeps stdout": {p: Program{Init: "from sys import stdout", Code: "stdout.write(item); return None"},
			want: []string{"1", "2"}, silent: true},
		"native writes": {p: Program{Init: "import os; os.write(1, b'up\\n')",
			Code: "os.write(1, b'native ' + item.encode()); return item"},
			want: []string{"1", "2"}, stderr: []string{"up\n", "native 1", "native 2"}},
		"a child writes": {p: Program{Init: "import os, sys, subprocess; os.system('echo up')",
			Code: "os.system('echo child'); subprocess.run(['echo', 'run'], stdout=sys.stdout); None"},
			items: []string{"1"}, want: []string{""}, stderr: []string{"up\n", "child\nrun\n"}},
		"reads stdin": {p: Program{Init: "import sys, os",
			Code: "[sys.stdin.read(), os.read(0, 9).decode(), os.popen('cat').read()]"},
			want: []string{`["","",""]`, `["","",""]`}},
		"a fork that goes on": {p: Program{Init: "import os, sys",
			Code: "if item == '2' and os.fork() == 0: sys.exit()\nreturn item"}, items: []string{"1", "2", "3"},
			want: []string{"1", "2", "3"}, silent: true},
		"a fork that stays": {p: Program{Init: "import os",
			Code: "if item == '2' and os.fork() == 0: print('child'); return 'child'\nreturn item"},
			items: []string{"1", "2", "3"}, want: []string{"1", "2", "3"}, stderr: []string{"child"}},
		"a pool of processes": {p: Program{Init: "import multiprocessing\ndef f(x): return x * 2\npool = multiprocessing.get_context('fork').Pool(2)",
			Code: "pool.map(f, [int(item)])", Exit: "pool.close(); pool.join()"}, want: []string{"[2]", "[4]"}, silent: true},
		"asks": {p: Program{Code: "input('what? ')"}, items: []string{"1"},
			want: []string{failed + "EOFError: EOF when reading a line"}, stderr: []string{"what? "}},
		"the orders stay private": {p: Program{Init: "import os",
			Code: "[os.popen('env').read().count('STOKE_LANG'), 'STOKE_LANG_SETUP' in os.environ]"}, items: []string{"1"},
			want: []string{"[0,false]"}},
		"the runner's names as well": {p: Program{Code: "sorted(n for n in globals() if n[0] != '_')"}, items: []string{"1"},
			want: []string{`["slot"]`}},
		"nothing private is passed on": {p: Program{Init: "import os",
			Code: "os.popen('ls /proc/self/fd 2>/dev/null | wc -l').read().strip() in '034'"}, items: []string{"1"},
			want: []string{"true"}},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); tt.check(t, "python") })
	}
}

// An exception fails its item alone; its traceback shows the user's lines and none of the runner's.
func TestPythonRaises(t *testing.T) {
	t.Parallel()
	p := &Program{Lang: "python", Init: "def f(x):\n    return 10 // int(x)\n", Code: "x = item\nreturn f(x)"}
	answers, stderr, status := run(t, p, "1", "0", "x", "5")
	want := []string{"10", failed + "ZeroDivisionError: ",
		failed + "ValueError: ", "2"}
	if !slices.EqualFunc(answers, want, sameAnswer) || status != 0 {
		t.Errorf("%q and status %d, want %q", answers, status, want)
	}
	for _, piece := range []string{`File "CODE", line 2, in CODE`, "return f(x)", `File "--init", line 2, in f`, "return 10 // int(x)"} {
		if strings.Count(stderr, piece) != 2 {
			t.Errorf("%q is not twice in the tracebacks: %s", piece, stderr)
		}
	}
	if strings.Contains(stderr, "<string>") || strings.Contains(stderr, "failure") {
		t.Errorf("the runner's own frames are shown: %s", stderr)
	}
}

func TestPythonEnds(t *testing.T) {
	for name, tt := range map[string]talk{
		"exit code runs last": {p: Program{Init: "n = 0", Code: "global n; n += 1", Exit: "print('seen', n)"},
			want: []string{"", ""}, stderr: []string{"seen 2\n"}},
		"exit code raises": {p: Program{Code: "item", Exit: "1/0"}, want: []string{"1", "2"},
			stderr: []string{`File "--exit", line 1`, "ZeroDivisionError"}, status: 1},
		"exit of a module": {p: Program{Code: "item", Exit: "os:getcwd"}, want: []string{"1", "2"}, silent: true},
		"sys.exit in CODE": {p: Program{Code: "import sys; sys.exit(7) if item == '2' else None; return item"},
			items: []string{"1", "2", "3"}, want: []string{"1"}, status: 7},
		"sys.exit with words": {p: Program{Code: "raise SystemExit('enough')"}, stderr: []string{"enough"}, status: 1},
		"sys.exit in exit":    {p: Program{Code: "item", Exit: "import sys; sys.exit(4)"}, want: []string{"1", "2"}, status: 4},
		"os._exit":            {p: Program{Code: "import os; os._exit(9)"}, status: 9},
		"a signal":            {p: Program{Code: "import os; os.kill(os.getpid(), 9)"}, status: -1},
		"atexit": {p: Program{Init: "import atexit; atexit.register(print, 'bye')", Code: "item"},
			want: []string{"1", "2"}, stderr: []string{"bye"}},
		"sys.exit while async": {p: Program{Code: "await __import__('asyncio').sleep(0); import sys; sys.exit(7) if item == '2' else None; return item"}, items: []string{"1", "2", "3"}, want: []string{"1"}, status: 7},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); tt.check(t, "python") })
	}
}

// What would fail at every start is found before any item, and shown where it is.
func TestPythonFaults(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "broken.py", "a = 1\nb = 1 +* 2\n")
	write(t, dir, "needy.py", "import nosuch\n")
	write(t, dir, "empty.py", "")
	for name, tt := range map[string]struct {
		p    Program
		want []string // lines
	}{
		"CODE, parentheses": {Program{Code: "int(item]"}, []string{"CODE, line 1: SyntaxError: ", "  int(item]"}},
		"CODE, second line": {Program{Code: "x = 1\nreturn x +* 2"},
			[]string{"CODE, line 2: SyntaxError: ", "  return x +* 2"}},
		"CODE, tab in front": {Program{Code: "if 1:\n\treturn x +* 2"},
			[]string{"CODE, line 2: SyntaxError: ", "  \treturn x +* 2"}},
		"CODE, known only later": {Program{Code: "x = 1\nbreak"},
			[]string{"CODE, line 2: SyntaxError: 'break' outside loop", "  break"}},
		"CODE, NUL": {Program{Code: "'\x00'"}, []string{"CODE"}},
		"init": {Program{Init: "a = 1\nfor", Code: "1"},
			[]string{"--init, line 2: SyntaxError: ", "  for"}},
		"exit": {Program{Exit: "a b", Code: "1"}, []string{"--exit, line 1: SyntaxError: ", "  a b"}},
		"no such module": {Program{Code: "nosuch:f"},
			[]string{"CODE: ModuleNotFoundError: No module named 'nosuch'", "  nosuch:f"}},
		"no such function": {Program{Code: "os.path:nosuch"},
			[]string{"CODE: posixpath has no 'nosuch'", "  os.path:nosuch"}},
		"no function": {Program{Code: "os.path:sep"},
			[]string{"CODE: sep is not a function", "  os.path:sep"}},
		"a path":                {Program{Code: "./empty:f"}, []string{"CODE: ", "  ./empty:f"}},
		"no function in a file": {Program{Code: "empty:f"}, []string{"CODE: empty has no 'f'", "  empty:f"}},
		"broken module": {Program{Code: "broken:f"},
			[]string{"CODE, " + filepath.Join(dir, "broken.py") + ", line 2: SyntaxError: ", "  b = 1 +* 2"}},
		"needy module": {Program{Code: "needy:f"},
			[]string{"CODE: ModuleNotFoundError: No module named 'nosuch'", "  needy:f"}},
		"init imports": {Program{Init: "import os\nif 1:\n  import nosuch", Code: "1"},
			[]string{"--init, line 3: ModuleNotFoundError: No module named 'nosuch'", "    import nosuch"}},
		"init's module": {Program{Init: "nosuch:f", Code: "1"},
			[]string{"--init: ModuleNotFoundError: No module named 'nosuch'", "  nosuch:f"}},
		"init imports broken": {Program{Init: "import broken", Code: "1"},
			[]string{"--init, " + filepath.Join(dir, "broken.py") + ", line 2: SyntaxError: ", "  b = 1 +* 2"}},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); checkFault(t, "python", dir, tt.p, tt.want) })
	}
}

// checkFault checks what a worker says of a text that is at fault, line by line: each begins with what is wanted.
func checkFault(t *testing.T, lang, dir string, p Program, want []string) {
	t.Helper()
	p.Lang = lang
	lines := strings.Split(start(t, dir, &p).fault(), "\n")
	for i, line := range want {
		if i >= len(lines) || !strings.HasPrefix(lines[i], line) {
			t.Fatalf("%q, want %q", lines, want)
		}
	}
	if len(lines) > 2 {
		t.Errorf("%q, want two lines", lines)
	}
}

// Faults are found before anything runs; other exceptions of init end the worker without blaming the text.
func TestPythonInitFails(t *testing.T) {
	t.Parallel()
	p := &Program{Lang: "python", Init: "print('ran')", Code: "(", Exit: "1"}
	s := start(t, "", p)
	if s.fault(); s.errors.String() != "" {
		t.Errorf("init ran before CODE was compiled: %s", s.errors.String())
	}
	s = start(t, "", &Program{Lang: "python", Init: "a = 1\nopen('/nosuch/file')", Code: "1"})
	answers, stderr, status := s.end()
	if len(answers) > 0 || status != 1 || !strings.Contains(stderr, "open('/nosuch/file')") || !strings.Contains(stderr, "FileNotFoundError") {
		t.Errorf("%q, status %d, stderr: %s", answers, status, stderr)
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
	args := []Arg{{"a", "5", true}, {"b", "6", true}}
	for name, tt := range map[string]struct {
		p    Program
		want []string
	}{
		"both":           {Program{Init: "models:load", Code: "models:predict", Args: args}, []string{"11", "22"}},
		"inside a class": {Program{Code: "models:Model.double"}, []string{"11", "22"}},
		"init is a text": {Program{Init: "import models; models.load(**{'a': a})", Code: "models:predict", Args: args},
			[]string{"5", "10"}},
		"async": {Program{Init: "models:prepare", Code: "models:slowly",
			Args: args}, []string{`["1",11]`, `["2",11]`}},
		"async, in part":   {Program{Code: "models:add5"}, []string{"6", "7"}},
		"async, an object": {Program{Code: "models:adder"}, []string{"8", "9"}},
		"async, a method":  {Program{Code: "models:adder.add"}, []string{"9", "10"}},
		"CODE uses it": {Program{Init: "models:load", Code: "import models; return models.scale + b", Args: args},
			[]string{"17", "17"}},
		"init finds module": {Program{Init: "import sys; sys.path.insert(0, 'sub')", Code: "inner:f"}, []string{"1", "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.p.Lang = "python"
			s := start(t, dir, &tt.p).ready().send("1", "2")
			answers, stderr, status := s.end()
			if !slices.Equal(answers, tt.want) || status != 0 || strings.Count(stderr, "imported") > 1 {
				t.Errorf("%q, want %q; status %d, stderr: %s", answers, tt.want, status, stderr)
			}
		})
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// CODE that waits has several items at work, no more than it may, and answers in order.
func TestPythonConcurrency(t *testing.T) {
	const imports = "import asyncio; e = asyncio.Event(); n = 0; most = 0\n"
	items := []string{"1", "2", "3", "4", "5"}
	for name, tt := range map[string]talk{
		"all wait for each other": {p: Program{Init: imports,
			Code: "global n; n += 1; e.set() if n == 5 else 0; await e.wait(); return item", Concurrency: 5}, want: items},
		"the last is first": {p: Program{Init: imports + "done = {str(i): asyncio.Event() for i in range(1, 7)}; done['6'].set(); order = []",
			Code:        "await done[str(int(item) + 1)].wait(); order.append(item); done[item].set(); return ''.join(order)",
			Concurrency: 5},
			want: []string{"54321", "5432", "543", "54", "5"}},
		"no more than it may": {p: Program{Init: imports,
			Code: "global n, most; n += 1; most = max(n, most); await asyncio.sleep(0.001); n -= 1; return item",
			Exit: "print('most', most)", Concurrency: 2}, want: items, stderr: []string{"most 2\n"}},
		"one at a time": {p: Program{Init: imports,
			Code: "global n, most; n += 1; most = max(n, most); await asyncio.sleep(0.001); n -= 1; return item",
			Exit: "print('most', most)"}, want: items, stderr: []string{"most 1\n"}},
		"an expression": {p: Program{Init: imports + "async def f(x): return x", Code: "(await f(item)) + 'x'",
			Concurrency: 3}, items: []string{"1"}, want: []string{"1x"}},
		"await without a pause": {p: Program{Init: "async def f(x): return x", Code: "await f(item)", Concurrency: 2},
			want: items},
		"each has its own prints": {p: Program{Init: imports, Code: "print('a', item); await asyncio.sleep(0); print('b', item)",
			Concurrency: 5}, items: []string{"1", "2"}, want: []string{"a 1\nb 1", "a 2\nb 2"}, silent: true},
		"prints beside an answer": {p: Program{Code: "print('so', item); await __import__('asyncio').sleep(0); return item",
			Concurrency: 5}, want: items, stderr: []string{"so 1\n"}},
		"exceptions": {p: Program{Init: imports, Code: "await asyncio.sleep(0); return 1 // (int(item) - 1)",
			Concurrency: 5}, items: []string{"1", "2"}, want: []string{failed + "ZeroDivisionError: ", "1"},
			stderr: []string{`File "CODE", line 1`}},
		"exceptions with notes": {p: Program{Code: "e = ValueError('a\\nb'); e.__notes__ = ['note']; raise e"},
			items: []string{"1"}, want: []string{failed + "ValueError: a\nb"}},
		"no common exception": {p: Program{Init: imports, Code: "await asyncio.sleep(0)\nif item == '1': raise GeneratorExit\nreturn item"},
			items: []string{"1", "2"}, want: []string{failed + "GeneratorExit", "2"}},
		"cancelled": {p: Program{Init: imports, Code: "await asyncio.sleep(0); raise asyncio.CancelledError()"},
			items: []string{"1"}, want: []string{failed + "CancelledError"}},
		"JSON items": {p: Program{Init: imports, Code: "await asyncio.sleep(0); return item[0]", ItemType: "json",
			Concurrency: 2}, items: []string{"[1]", "{", "[3]"}, want: []string{"1", failed + "not JSON: ", "3"}},
		"init and exit wait": {p: Program{Init: imports + "await asyncio.sleep(0); print('up')", Code: "item",
			Exit: "await asyncio.sleep(0); print('down')"}, want: items, stderr: []string{"up\n", "down\n"}},
		"init has the loop": {p: Program{Init: "import asyncio; loop = asyncio.get_running_loop()",
			Code: "await asyncio.sleep(0); return loop is asyncio.get_running_loop()", Concurrency: 2}, items: []string{"1"},
			want: []string{"true"}},
		"plain CODE runs its own": {p: Program{Init: imports + "async def f(x): return x", Code: "asyncio.run(f(item))"},
			want: items},
		"a coroutine, not awaited": {p: Program{Init: "async def f(x): return x", Code: "f(item)"}, items: []string{"1"},
			want: []string{failed + "TypeError: CODE gives a coroutine: write await"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.items == nil {
				tt.items = items
			}
			tt.check(t, "python")
		})
	}
}

// checkGate: an answer that is ready does not wait for the next item, which is at work until a gate is opened.
func checkGate(t *testing.T, p *Program, gate string) {
	t.Helper()
	if err := syscall.Mkfifo(gate, 0o666); err != nil {
		t.Skip(err)
	}
	s := start(t, "", p).ready().send("1", "2")
	if got := s.answer(); got != "1" {
		t.Errorf("%q, want the first answer", got)
	}
	file, err := os.OpenFile(gate, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	if answers, stderr, status := s.end(); !slices.Equal(answers, []string{"2"}) || status != 0 {
		t.Errorf("%q, status %d, stderr: %s", answers, status, stderr)
	}
}

func TestPythonAnswersBeforeTheNextItem(t *testing.T) {
	t.Parallel()
	gate := filepath.Join(t.TempDir(), "gate")
	checkGate(t, &Program{Lang: "python", Init: "import time",
		Code: "open(gate).read() if item == '2' else time.sleep(0.005); return item",
		Args: []Arg{{"gate", gate, false}}}, gate)
}

// An answered item is written while a later one waits, and an item that comes later still is worked on.
func TestPythonAnswersWhileOthersWait(t *testing.T) {
	t.Parallel()
	s := start(t, "", &Program{Lang: "python", Concurrency: 3, Init: "import asyncio; e = asyncio.Event()",
		Code: "if item == 'go': e.set()\nelif item == 'wait': await e.wait()\nreturn item"}).ready()
	checkWhileOthersWait(t, s)
}

func checkWhileOthersWait(t *testing.T, s *session) {
	t.Helper()
	for _, step := range []struct{ send, want []string }{
		{[]string{"a", "wait"}, []string{"a"}}, {[]string{"b", "go"}, []string{"wait", "b", "go"}}, {[]string{"c"},
			[]string{"c"}},
	} {
		s.send(step.send...)
		for _, want := range step.want {
			if got := s.answer(); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
	if answers, stderr, status := s.end(); len(answers) > 0 || status != 0 {
		t.Errorf("%q, status %d, stderr: %s", answers, status, stderr)
	}
}

func TestPythonCounts(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"seq", "await __import__('asyncio').sleep(0); return seq"} {
		checkCounts(t, &Program{Lang: "python", Code: code})
	}
}

// checkCounts checks numbers that are set, in pieces that arrive one by one, where CODE gives seq.
func checkCounts(t *testing.T, p *Program) {
	t.Helper()
	s := start(t, "", p).ready().raw("a\n\\#1").raw("00\nb").raw("\nc\n\\#7\n").raw("\\#8\nd\\n\\").raw("\\e\nf\n")
	if answers, _, status := s.end(); !slices.Equal(answers, []string{"1", "100", "101", "8", "9"}) || status != 0 {
		t.Errorf("%q, status %d", answers, status)
	}
}
