package lang

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// in says the same in each language: CODE, then --init and --exit where they matter. A language that does not have what a row
// promises is not in it. A new language gets a column here.
type in map[string][]string

// promises are what --lang promises in every language, a row each.
var promises = []struct {
	name string
	talk
	in in
}{
	{"an expression is the answer", talk{items: []string{"1", "41"}, want: []string{"2", "42"}}, in{
		"python": {`int(item) + 1`}, "node": {`Number(item) + 1`}, "perl": {`$item + 1`}, "ruby": {`item.to_i + 1`},
		"bash": {`echo $((item + 1))`}, "sh": {`echo $((item + 1))`}}},
	{"what return gives is the answer", talk{items: []string{"5", "99"}, want: []string{"small", "big"}}, in{
		"python": {"\n\tif int(item) > 9:\n\t\treturn 'big'\n\treturn 'small'\n"}, "node": {"\n\tif (item > 9) return 'big'\n\treturn 'small'\n"},
		"perl": {"for my $n (1..9) {\n return 'small' if $n == $item }\nreturn 'big'"}, "ruby": {"(1..9).each do |n|\n return 'small' if n == item.to_i\nend\nreturn 'big'"},
		"bash": {`(( item > 9 )) || { echo small; return; }; echo big`}, "sh": {`[ $item -gt 9 ] || { echo small; return; }; echo big`}}},
	{"the last expression of statements is the answer", talk{want: []string{"2", "4"}}, in{
		"python": {"x = int(item)\nx * 2"}, "node": {"const x = Number(item); x * 2"}, "perl": {`my $x = $item; $x * 2`}, "ruby": {"x = item.to_i\nx * 2"}}},
	{"seq and slot", talk{items: []string{"a", "b"}, want: []string{"a 1 3", "b 2 3"}}, in{
		"python": {`f'{item} {seq} {slot}'`}, "node": {"`${item} ${seq} ${slot}`"}, "perl": {`"$item $seq $slot"`}, "ruby": {`"#{item} #{seq} #{slot}"`},
		"bash": {`echo "$item $seq $slot"`}, "sh": {`echo "$1 $seq $slot"`}}},
	{"what init defines stays", talk{want: []string{"7", "11"}}, in{
		"python": {"global n; n += f(item); return n", "n = 5\ndef f(x): return 2 * int(x)"}, "node": {"n += f(item); return n", "let n = 5; function f(x) { return 2 * x }"},
		"perl": {`f($item); $n`, `my $n = 5; sub f { $n += 2 * $_[0] }`}, "ruby": {`n += f(item)`, "n = 5\ndef f(x) = 2 * x.to_i"},
		"bash": {`f $item; echo $n`, `n=5; f() { ((n += 2 * $1)); }`}, "sh": {`f $item; echo $n`, `n=5; f() { n=$((n + 2 * $1)); }`}}},
	{"arguments are text", talk{p: Program{Args: []Arg{{"a", "a'\"$\\é`\n#", false}}}, items: []string{""}, want: []string{"a'\"$\\é`\n#!"}}, in{
		"python": {`b + '!'`, `b = a`}, "node": {`b + '!'`, `const b = a`}, "perl": {`$b . '!'`, `$b = $a`}, "ruby": {`b + '!'`, `b = a`},
		"bash": {`printf '%s!\n' "$b"`, `b=$a`}, "sh": {`printf '%s!\n' "$b"`, `b=$a`}}},
	{"arguments are JSON", talk{p: Program{Args: []Arg{{"a", ` {"x": [1, "é", null]} `, true}, {"t", "true", true}}}, items: []string{""}, want: []string{`["é",true]`}}, in{
		"python": {`[a['x'][1], t]`}, "node": {`[a.x[1], t]`}, "perl": {`[$a->{x}[1], $t ? \1 : 0]`}, "ruby": {`[a['x'][1], t]`}}},
	{"for lack of a value what is printed is the answer", talk{items: []string{"a", "é\xff"}, want: []string{"a x\ny", "é\xff x\ny"}}, in{
		"python": {`print(item, 'x'); print('y')`}, "node": {`console.log(item, 'x'); console.log('y')`}, "perl": {`say "$item x"; printf STDOUT "%s\n", 'y'`},
		"ruby": {`puts "#{item} x"; $stdout.printf("%s\n", 'y')`}, "bash": {`echo "$item x"; sh -c 'echo y' | cat`}, "sh": {`echo "$item x"; (echo y)`}}},
	{"one newline is the end", talk{items: []string{"a"}, want: []string{"a\n"}}, in{
		"python": {`import sys; sys.stdout.write('a\n\n')`}, "node": {`process.stdout.write('a\n\n')`}, "perl": {`print "a\n\n"`}, "ruby": {`print "a\n\n"; nil`},
		"bash": {`printf 'a\n\n'`}, "sh": {`printf 'a\n\n'`}}},
	{"no value at all is an empty answer", talk{want: []string{"", ""}}, in{
		"python": {`pass`}, "node": {`void 0`}, "perl": {`# nothing`}, "ruby": {`nil`}, "bash": {`# nothing`}, "sh": {`# nothing`}}},
	{"what is printed beside a value goes to stderr", talk{want: []string{"a", "a"}, stderr: []string{"so 1\n", "so 2\n"}}, in{
		"python": {`print('so', item); return 'a'`}, "node": {`console.log('so', item); return 'a'`}, "perl": {`print "so $item\n"; return 'a'`}, "ruby": {`puts "so #{item}"; 'a'`}}},
	{"init runs once, exit at the end, and they print to stderr, as children do", talk{want: []string{"1", "2"}, stderr: []string{"up\n", "child 1\n", "child 2\n", "down\n"}}, in{
		"python": {`os.system('echo child ' + item); return item`, `import os; print('up')`, `print('down')`},
		"node":   {`sh('echo child ' + item, {stdio: 'inherit'}); return item`, `const sh = require('child_process').execSync; console.log('up')`, `console.log('down')`},
		"perl":   {`system "echo child $item"; $item`, `print "up\n"`, `print "down\n"`}, "ruby": {`system "echo child #{item}"; item`, `puts 'up'`, `puts 'down'`},
		"bash": {`sh -c 'echo child $0 >&2' $item; echo $item`, `echo up`, `echo down`}, "sh": {`sh -c 'echo child $0 >&2' $item; echo $item`, `echo up`, `echo down`}}},
	{"CODE reads no items, nor do its children", talk{want: []string{"<>1", "<>2"}}, in{
		"python": {`'<' + sys.stdin.read() + os.popen('cat').read() + '>' + item`, `import os, sys; sys.stdin.read()`},
		"node":   {`'<' + fs.readFileSync(0) + sh('cat', {stdio: [0, 'pipe', 2]}) + '>' + item`, `const fs = require('fs'), sh = require('child_process').execSync; fs.readFileSync(0)`},
		"perl":   {"'<' . (<STDIN> // '') . `cat` . '>' . $item", `<STDIN>`}, "ruby": {"\"<#{STDIN.read}#{gets}#{`cat`}>#{item}\"", `$stdin.gets`},
		"bash": {`printf '<'; cat; read x; echo "$x>$item"`, `cat`}, "sh": {`printf '<'; cat; read x; echo "$x>$item"`, `cat`}}},
	{"the orders and the descriptors stay private", talk{items: []string{"1"}, want: []string{""}}, in{
		"python": {`os.popen(look).read()`, `import os; look = """` + look + `"""`}, "node": {`String(require('child_process').execSync(look))`, "const look = String.raw`" + look + "`"},
		"perl": {"my $x = `$look`; $x", `my $look = q(` + look + `)`}, "ruby": {"`#{look}`", `look = %q(` + look + `)`}, "bash": {look}, "sh": {look}}},
	{"a failure fails its item alone", talk{items: []string{"3", "0", "4"}, want: []string{"4", "!", "3"}}, in{
		"python": {`12 // int(item)`}, "node": {`if (item === '0') throw Error('no'); return 12 / item`}, "perl": {`12 / $item`}, "ruby": {`12 / Integer(item)`},
		"bash": {`echo $((12 / item))`}, "sh": {`[ $item -gt 0 ] || return 3; echo $((12 / item))`}}},
	{"a failure shows what was printed before", talk{items: []string{"1"}, want: []string{"!"}, stderr: []string{"so\n"}}, in{
		"python": {`print('so'); 1/0`}, "node": {`console.log('so'); null.x`}, "perl": {`print "so\n"; die 'no'`}, "ruby": {`puts 'so'; raise 'no'`}}},
	{"any byte is text", talk{items: []string{everyByte(), "\xff\xfe", "é\xe9\U0001f600\xf0\x9f\x98", "\ufffd", "a\r", "\r", "\u2028\x0b\x1c", "\x1e" + nonce[1:]},
		want: []string{everyByte(), "\xff\xfe", "é\xe9\U0001f600\xf0\x9f\x98", "\ufffd", "a\r", "\r", "\u2028\x0b\x1c", "\x1e" + nonce[1:]}}, same},
	{"newlines, backslashes, and what looks like the protocol", talk{
		items: []string{"a\nb", `a\nb`, `\`, `\\`, "\n", "\\\n", "", `\#7`, `\!x`, `\ready`, `\101`, "b\n\\"}, want: []string{"a\nb", `a\nb`, `\`, `\\`, "\n", "\\\n", "", `\#7`, `\!x`, `\ready`, `\101`, "b\n\\"}}, same},
	{"a NUL byte", talk{items: []string{"\x00", "a\x00b"}, want: []string{"\x00", "a\x00b"}}, without(same, "bash", "sh")},
	{"a large item", talk{items: []string{large, "x", large}, want: []string{large, "x", large}}, same},
	{"many quick items", talk{items: many, want: many}, same},
	{"no items", talk{items: []string{}}, same},
	{"items are bytes", talk{p: Program{ItemType: "bytes"}, items: []string{"é\xff\n", everyByte()}, want: []string{"4é\xff\n", "255" + everyByte()}}, in{
		"python": {`str(len(item)).encode() + item`}, "node": {`Buffer.concat([Buffer.from(String(item.length)), item])`}, "perl": {`length($item) . $item`}, "ruby": {`item.length.to_s + item`}}},
	{"items are JSON, and what is not fails alone", talk{p: Program{ItemType: "json"},
		items: []string{`{"a":"é\n"}`, `{"a":[1,"é"]}`, `{"a":`, `x`, ``, `{"a":1} 2`, `{"a":null}`, `{"a":2.5}`},
		want:  []string{"é\n", `[1,"é"]`, "!not JSON: ", "!not JSON: ", "!not JSON: ", "!not JSON: ", "", "2.5"}}, in{
		"python": {`item['a']`}, "node": {`item.a === null ? undefined : item.a`}, "perl": {`$item->{a}`}, "ruby": {`item['a']`}}},
	{"JSON may hold half a character", talk{p: Program{ItemType: "json"}, items: []string{`["\ud800"]`}, want: []string{`["\ud800"]`}}, without(same, "bash", "sh", "perl", "ruby")},
	{"values are JSON", talk{items: []string{"ü\n"}, want: []string{`["ü\n",1.5,null,{"a":true}]`}}, in{
		"python": {`[item, 1.5, None, {'a': True}]`}, "node": {`[item, 1.5, null, {a: true}]`}, "perl": {`[$item, 1.5, undef, {a => \1}]`}, "ruby": {`[item, 1.5, nil, { a: true }]`}}},
	{"what is not JSON fails its item", talk{want: []string{"!", "b"}}, in{
		"python": {`object() if item == '1' else 'b'`}, "node": {`item === '1' ? () => 1 : 'b'`}, "perl": {`$item == 1 ? [sub {}] : 'b'`}, "ruby": {`item == '1' ? Object.new : 'b'`}}},
	{"no number is not JSON", talk{items: []string{"1"}, want: []string{"!"}}, in{
		"python": {`float('nan')`}, "node": {`NaN`}, "perl": {`[9**9**9]`}, "ruby": {`Float::NAN`}}},
	{"JSON is told from text", talk{p: Program{MarkJSON: true}, items: []string{"1", "2", "3"}, want: []string{"a", "=1", `=["\n"]`}}, in{
		"python": {`['a', 1, ['\n']][seq - 1]`}, "node": {`['a', 1, ['\n']][seq - 1]`}, "perl": {`$seq == 1 ? 'a' : $seq == 2 ? bless(\(my $x = 1), 'N') : ["\n"]`, `sub N::TO_JSON { 1 + 0 }`}, "ruby": {`['a', 1, ["\n"]][seq - 1]`}}},
	{"leaving at an item owes the answers before it", talk{items: []string{"1", "2", "3", "4"}, want: []string{"1", "2"}, status: 7}, in{
		"python": {`import sys; sys.exit(7) if item == '3' else None; return item`}, "node": {`if (item === '3') process.exit(7); return item`},
		"perl": {`exit 7 if $item == 3; $item`}, "ruby": {`exit 7 if item == '3'; item`}, "bash": {`((item != 3)) || exit 7; echo $item`}, "sh": {`[ $item != 3 ] || exit 7; echo $item`}}},
	{"a signal", talk{status: -1}, in{
		"python": {`import os; os.kill(os.getpid(), 9)`}, "node": {`process.kill(process.pid, 'SIGKILL')`}, "perl": {`kill 9, $$`}, "ruby": {`Process.kill(9, $$)`}, "bash": {`kill -9 $$`}, "sh": {`kill -9 $$`}}},
	{"init that fails ends the worker", talk{status: 1, stderr: []string{"not today"}}, in{
		"python": {`1`, "a = 1\nraise Exception('not ' 'today')"}, "node": {`1`, "let a = 1\nthrow Error('not ' + 'today')"}, "perl": {`1`, "my $a;\ndie 'not '. 'today'"},
		"ruby": {`1`, "a = 1\nraise 'not ' + 'today'"}, "bash": {`:`, `echo not today; (exit 4)`}, "sh": {`:`, `echo not today; (exit 4)`}}},
	{"init may end the worker", talk{status: 4}, in{
		"python": {`1`, `import sys; sys.exit(4)`}, "node": {`1`, `process.exit(4)`}, "perl": {`1`, `exit 4`}, "ruby": {`1`, `exit 4`}, "bash": {`:`, `exit 4`}, "sh": {`:`, `exit 4`}}},
	{"exit that fails is a failure", talk{want: []string{"1", "2"}, status: 1, stderr: []string{"--exit"}}, in{
		"python": {`item`, ``, `raise SystemError`}, "node": {`item`, ``, `throw 'the --exit'`}, "perl": {`$item`, ``, `die "late at --exit\n"`}, "ruby": {`item`, ``, `raise 'l'`},
		"bash": {`echo $item`, ``, `false`}, "sh": {`echo $item`, ``, `false`}}},
	{"a forked child has no part in it", talk{items: []string{"1", "2", "3"}, want: []string{"1", "2", "3"}}, in{
		"python": {"import os\nif item == '2': os.fork()\nreturn item"}, "perl": {`fork if $item == 2; $item`}, "ruby": {`fork if item == '2'; item`}}},
	{"what a forked child prints goes to stderr", talk{want: []string{"3", "3"}, stderr: []string{"child\n", "child\n"}}, in{
		"python": {"pid = os.fork()\nif pid == 0:\n  print('child', flush=True); os._exit(3)\nreturn os.waitpid(pid, 0)[1] >> 8", `import os`},
		"perl":   {`my $pid = fork; if (!$pid) { print "child\n"; exit 3 } waitpid $pid, 0; $? >> 8`}, "ruby": {`Process.wait(fork { puts 'child'; exit 3 }); $?.exitstatus`}}},
	{"several items wait for each other", talk{p: Program{Concurrency: 3}, items: []string{"a", "b", "c"}, want: []string{"a", "b", "c"}}, in{
		"python": {`global n; n += 1; e.set() if n == 3 else 0; await e.wait(); return item`, `import asyncio; e = asyncio.Event(); n = 0`},
		"node":   {`if (++n === 3) open(); await gate; return item`, `let n = 0, open; const gate = new Promise((r) => (open = r))`}}},
	{"answers keep the order of the items", talk{p: Program{Concurrency: 3}, items: []string{"1", "2", "3"}, want: []string{"321", "32", "3"}}, in{
		"python": {`await done[int(item) + 1].wait(); order.append(item); done[int(item)].set(); return ''.join(order)`,
			`import asyncio; done = [asyncio.Event() for i in range(5)]; done[4].set(); order = []`},
		"node": {`await gates[+item + 1].p; order.push(item); gates[item].open(); return order.join('')`,
			`const order = [], gates = [...'01234'].map(() => { let open; const p = new Promise((r) => (open = r)); return { p, open } }); gates[4].open()`}}},
	{"no more are at work than may be", talk{p: Program{Concurrency: 2}, items: many[:9], want: many[:9], stderr: []string{"most 2\n"}}, in{
		"python": {`global n, most; n += 1; most = max(n, most); await asyncio.sleep(0.001); n -= 1; return item`, `import asyncio; n = most = 0`, `print('most', most)`},
		"node":   {`n++; most = Math.max(n, most); await new Promise(setImmediate); n--; return item`, `let n = 0, most = 0`, `console.log('most', most)`}}},
	{"each of several has its own prints", talk{p: Program{Concurrency: 2}, want: []string{"a 1\nb 1", "a 2\nb 2"}}, in{
		"python": {`print('a', item); await asyncio.sleep(0); print('b', item)`, `import asyncio`},
		"node":   {`console.log('a', item); await new Promise(setImmediate); console.log('b', item)`}}},
	{"several fail alone, and leave alone", talk{p: Program{Concurrency: 2, ItemType: "json"}, items: []string{"[1]", "{", "[0]", "[4]", "[5]"}, want: []string{"1", "!not JSON: ", "!"}, status: 7}, in{
		"python": {`await asyncio.sleep(0); sys.exit(7) if item[0] == 4 else 0; return 1 // item[0]`, `import asyncio, sys`},
		"node":   {`await null; if (item[0] === 4) process.exit(7); if (!item[0]) throw Error('no'); return item[0]`}}},
}

// same gives each item back.
var same = in{"python": {`item`}, "node": {`item`}, "perl": {`$item`}, "ruby": {`item`}, "bash": {`printf '%s\n' "$item"`}, "sh": {`printf '%s\n' "$item"`}}

// look is how a child looks for what the runner has: nothing. What this test itself has inherited does not count.
var look = func() string {
	open := func(numbers string) string {
		return `sh -c "for n in ` + numbers + `; do ( : <&\$n ) 2>/dev/null && echo \$n; done; :"; :`
	}
	all := "5 6 7 8 9 10 11 12 30 31"
	inherited, _ := exec.Command("sh", "-c", open(all)).Output()
	for _, n := range strings.Fields(string(inherited)) {
		all = strings.ReplaceAll(" "+all+" ", " "+n+" ", " ")
	}
	return `env | grep STOKE_LANG_; ` + open(all)
}()

var large, many = strings.Repeat("0123456789abcde\n", 1<<15), func() (items []string) {
	for i := range 5000 {
		items = append(items, strings.Repeat("x", i%7)+fmt.Sprint(i))
	}
	return items
}()

func without(all in, langs ...string) in {
	rest := in{}
	for lang, text := range all {
		if !slices.Contains(langs, lang) {
			rest[lang] = text
		}
	}
	return rest
}

// program puts what is said in a language into p.
func (texts in) program(lang string, p Program) Program {
	text := append(slices.Clone(texts[lang]), "", "")
	p.Lang, p.Code, p.Init, p.Exit = lang, text[0], text[1], text[2]
	return p
}

func TestPromises(t *testing.T) {
	for _, row := range promises {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for lang := range row.in {
				tt := row.talk
				tt.p = row.in.program(lang, tt.p)
				tt.check(t, lang)
			}
		})
	}
}

// Every language is in the table, and what it does not promise is no accident: the rows that leave it out are counted.
func TestPromisesAreForEveryLanguage(t *testing.T) {
	without := map[string]int{"python": 0, "node": 2, "perl": 6, "ruby": 6, "bash": 19, "sh": 19}
	for _, lang := range Names() {
		n := 0
		for _, row := range promises {
			if row.in[lang] == nil {
				n++
			}
		}
		if want, known := without[lang]; !known || n != want {
			t.Errorf("%d of %d rows leave out %s, want %d", n, len(promises), lang, want)
		}
	}
}

// Every runner, started as Command says, answers: all that -short asks of those that take long to start.
func TestEveryLanguageAnswers(t *testing.T) {
	for lang := range promises[0].in {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := promises[0].in.program(lang, Program{})
			cmd := command(t, &p)
			cmd.Stdin = strings.NewReader("1\n2\n")
			want := "\\ready\n2\n3\n"
			if Marked(lang) {
				want = "\x1e" + nonce + " ready\n2\n\x1e" + nonce + " 0\n3\n\x1e" + nonce + " 0\n"
			}
			if out, err := cmd.Output(); err != nil || string(out) != want {
				t.Errorf("%q, %v, want %q", out, err, want)
			}
		})
	}
}

// What would fail at every start is found before anything runs, and shown with its line: each row says what is said, a bar,
// and the line. Init would say so if it ran.
func TestFaults(t *testing.T) {
	says := in{"python": {`print("ran")`}, "node": {`console.log("ran")`}, "perl": {`print STDERR "ran"`}, "ruby": {`STDERR.puts "ran"`}, "bash": {`echo ran`}, "sh": {`echo ran`}}
	for lang, rows := range map[string]in{ // CODE, init, exit, and what is said
		"python": {
			"in a line of CODE":  {"x = 1\nreturn x +* 2", "", "", "CODE, line 2: SyntaxError: |return x +* 2"},
			"at the end of CODE": {"if item:\n  (", "", "", "CODE, line 2: SyntaxError: |("},
			"in init":            {"1", "a = 1\nfor", "", "--init, line 2: SyntaxError: |for"},
			"in exit":            {"1", "", "a b", "--exit, line 1: SyntaxError: |a b"},
			"an import of init":  {"1", "import os\nif 1:\n  import nosuch", "", "--init, line 3: ModuleNotFoundError: No module named 'nosuch'|import nosuch"},
			"an import of CODE":  {"x = 1\nimport nosuch", "", "", "CODE, line 2: ModuleNotFoundError: No module named 'nosuch'|import nosuch"},
		},
		"node": {
			"in a line of CODE":  {"let x = 1\nreturn x +* 2", "", "", "CODE, line 2: SyntaxError: |return x +* 2"},
			"at the end of CODE": {"1;\nif (item) {", "", "", "CODE, line 2: SyntaxError: Unexpected end of input|if (item) {"},
			"in init":            {"1", "let a = 1\nfor", "", "--init, line 2: SyntaxError: |for"},
			"in exit":            {"1", "", "a b", "--exit, line 1: SyntaxError: |a b"},
			"an import of init":  {"1", "let a = 1\nif (1)\n  require('nosuch')", "", "--init, line 3: Error: Cannot find module 'nosuch'|require('nosuch')"},
			"an import of CODE":  {"let x = 1;\nrequire('nosuch')", "", "", "CODE, line 2: Error: Cannot find module 'nosuch'|require('nosuch')"},
			"CODE that waits":    {"await null; return 1 1", "", "", "CODE, line 1: SyntaxError: |await null; return 1 1"},
		},
		"perl": {
			"in a line of CODE":   {"my $x = 1;\nmy é $y;\nreturn $x;", "", "", "CODE: Unrecog"},
			"in an expression":    {`$item + ] 2`, "", "", "CODE: syntax error at CODE line 1, near \"+ ]\""},
			"at the end of CODE":  {"if ($item) {\n 1;\n", "", "", "CODE: Missing right curly"},
			"an unknown variable": {"1;\n$item + $itm", "use strict;", "", "CODE: Global symbol \"$itm\""},
			"in init":             {"1", "1;\nfoo(", "", "--init: syntax error"},
			"in exit":             {"1", "", "1 +", "--exit: syntax error"},
			"an import of init":   {"1", "1;\nuse No::Such;", "", "--init: Can't locate No/Such.pm"},
			"one at run time":     {"1", "require No::Such", "", "--init: Can't locate No/Such.pm"},
			"init that returns":   {"1", "return 5", "", "--init ends before its end"},
		},
		"ruby": {
			"in a line of CODE":  {"x = 'é'\ny = 'é' = 3\nreturn x", "1\n2\n", "", "CODE, line 2: |y = 'é' = 3"},
			"at the end of CODE": {"if item\n 1\n", "", "", "CODE, line 2: |1"},
			"in init":            {"1", "1\nfoo(]", "", "--init, line 2: |foo(]"},
			"in exit":            {"1", "", "1 + ]", "--exit, line 1: |1 + ]"},
			"an import of init":  {"1", "1\nrequire 'no/such'", "", "--init, line 2: cannot load such file -- no/such (LoadError)|require 'no/such'"},
		},
		"bash": shellFaults, "sh": shellFaults,
	} {
		for name, row := range rows {
			texts := slices.Clone(row[:3]) // languages may share the row
			if texts[1] == "" {
				texts[1] = says[lang][0]
			}
			p := in{lang: texts}.program(lang, Program{})
			t.Run(name, func(t *testing.T) { t.Parallel(); checkFault(t, "", p, row[3]) })
		}
	}
}

var shellFaults = in{
	"in a line of CODE":  {"if true; then\n  echo x\ndone", "", "", "CODE, line 3: syntax error|done"},
	"in CODE":            {`echo ) x`, "", "", "CODE, line 1: syntax error|echo ) x"},
	"at the end of CODE": {"{ echo x\n echo y\n", "", "", "CODE, line 2: syntax error|echo y"},
	"an open quote":      {`echo 'abc`, "", "", "CODE, line 1: |echo 'abc"},
	"a brace too many":   {`echo x; }; { echo y`, "", "", "CODE, line 1: |echo x; }; { echo y"},
	"an open document":   {"cat <<E\nx", "", "", "CODE: it has no end"},
	"in init":            {`:`, "echo ran\n;; x", "", "--init, line 2: syntax error|;; x"},
	"in exit":            {`:`, "", `fi`, "--exit, line 1: syntax error|fi"},
}

// Answers are there while the next item is worked on: each item waits until a file is there, or for 10 ms if it is a nap.
func TestAnswersDoNotWait(t *testing.T) {
	for lang, code := range map[string]string{
		"python": "import os, time\ntime.sleep(0.01)\nwhile item != 'nap' and not os.path.exists(path): time.sleep(0.01)\nreturn item",
		"node":   "const nap = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)\nnap()\nwhile (item !== 'nap' && !require('fs').existsSync(path)) nap()\nreturn item",
		"perl":   `use Time::HiRes 'sleep'; sleep 0.01; return $item if $item eq 'nap'; sleep 0.01 until -e $path; $item`,
		"ruby":   `sleep 0.01; next item if item == 'nap'; sleep 0.01 until File.exist?(path); item`,
		"bash":   `sleep 0.01; while [[ $item != nap && ! -e $path ]]; do sleep 0.01; done; echo $item`,
		"sh":     `sleep 0.01; [ $item = nap ] || while [ ! -e "$path" ]; do sleep 0.01; done; echo $item`,
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "go")
			s := start(t, "", &Program{Lang: lang, Code: code, Args: []Arg{{"path", path, false}}}).ready()
			s.send("nap", "wait", "nap").wants("nap")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if r := s.wants("wait", "nap").end(); r.status != 0 || r.stderr != "" {
				t.Errorf("%+v", r)
			}
		})
	}
}

// An answered item is written while a later one waits, and an item that comes later still is worked on.
func TestAnswersWhileOthersWait(t *testing.T) {
	for lang, texts := range map[string][]string{
		"python": {"if item == 'go': e.set()\nelif item == 'wait': await e.wait()\nreturn item", "import asyncio; e = asyncio.Event()"},
		"node":   {"if (item === 'go') open(); else if (item === 'wait') await gate; return item", "let open; const gate = new Promise((r) => (open = r))"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := in{lang: texts}.program(lang, Program{Concurrency: 3})
			r := start(t, "", &p).ready().send("a", "wait").wants("a").send("b", "go").wants("wait", "b", "go").send("c").wants("c").end()
			if r.status != 0 || r.answers != nil || r.stderr != "" {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Items count on from the number that is set, in whatever pieces they arrive.
func TestNumbers(t *testing.T) {
	for lang, codes := range map[string][]string{"python": {`f'{item}:{seq}'`, "await __import__('asyncio').sleep(0); return f'{item}:{seq}'"}, "node": {"`${item}:${seq}`", "await null; return `${item}:${seq}`"},
		"perl": {`"$item:$seq"`}, "ruby": {`"#{item}:#{seq}"`}, "bash": {`echo "$item:$seq"`}, "sh": {`printf %s "$item:$seq"`}} {
		for _, code := range codes {
			t.Run(lang, func(t *testing.T) {
				t.Parallel()
				s := start(t, "", &Program{Lang: lang, Code: code}).ready()
				r := s.raw("a\n\\#4").raw("2\nb").raw("\nc\n\\#7\n").raw("\\#8\nd\\n\\").raw("\\\nf\n").end()
				if want := []string{"a:1", "b:42", "c:43", "d\n\\:8", "f:9"}; !slices.Equal(r.answers, want) || r.status != 0 {
					t.Errorf("%+v, want %q", r, want)
				}
			})
		}
	}
}

// A failure names its place in the user's text, with the line, and no frame of the runner.
func TestFailuresShowTheUsersLines(t *testing.T) {
	for lang, tt := range map[string]struct {
		in    []string
		says  string
		shows []string
	}{
		"python": {[]string{"x = item\nreturn f(x)", "def f(x):\n    return 10 // int(x)\n"}, "!ZeroDivisionError: ",
			[]string{`File "CODE", line 2, in CODE`, "return f(x)", `File "--init", line 2, in f`, "return 10 // int(x)"}},
		"node": {[]string{"const x = item\n  return f(x)", "function f(x) {\n  throw new RangeError('zero')\n}"}, "!RangeError: zero",
			[]string{"--init:2\n    throw new RangeError('zero')\n    at", "at f (--init:2:9)", "CODE:2:10"}},
		"perl": {[]string{"my $x = 1;\nf($x)", "sub f {\n die 'no' }"}, "!no at --init line 2.", []string{"--init, line 2:  die 'no' }\n"}},
		"ruby": {[]string{"x = 1\nf x", "def f(x)\n raise IOError, 'no'\nend"}, "!IOError: no",
			[]string{"IOError: no\n    from --init:2:", " raise IOError, 'no'", "    from CODE:2:", "f x\n"}},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := in{lang: tt.in}.program(lang, Program{})
			r := run(t, "", &p, "0")
			if len(r.answers) != 1 || !strings.HasPrefix(r.answers[0], tt.says) {
				t.Errorf("%q, want %q", r.answers, tt.says)
			}
			for _, piece := range tt.shows {
				if !strings.Contains(r.stderr, piece) {
					t.Errorf("no %q in %s", piece, r.stderr)
				}
			}
			for _, ours := range []string{"<string>", "[eval]", "node:", "-e:", "-e line"} {
				if strings.Contains(r.stderr, ours) {
					t.Errorf("the runner's own frames are shown: %s", r.stderr)
				}
			}
		})
	}
}

// What a shell is given as a test may itself have inherited descriptors: they are counted from outside.
func TestShellsKeepTheirDescriptorsFromChildren(t *testing.T) {
	const count = `for n in {3..70}; do [ -e /dev/fd/$n ] && echo $n; done; :`
	inherited, err := exec.Command("bash", "-c", count).Output()
	if err != nil {
		t.Skip(err)
	}
	want := "init: " + strings.TrimSuffix(string(inherited), "\n") + "\n" + strings.TrimSuffix(string(inherited), "\n")
	tt := talk{p: Program{Init: "held=$(bash -c '" + count + "')", Code: "echo \"init: $held\"; bash -c '" + count + "'"}, want: []string{want, want}}
	if len(inherited) == 0 {
		tt.want = []string{"init: ", "init: "}
	}
	for _, lang := range []string{"bash", "sh"} {
		tt.check(t, lang)
	}
}
