package main

import (
	"strings"
)

// kind is a kind of worker: all of them answer <ITEM>, in capitals where upper is set.
type kind struct {
	name    string
	flags   []string // before COMMAND or CODE
	command []string
	program string // that must be there
	upper   bool   // it answers in capitals
	slow    bool   // it takes a few milliseconds an item
	bad     bool   // it reports an error for an item that begins with "bad"
	dies    bool   // it dies on an item that begins with "die"
	crowd   bool   // it takes --concurrency
	nul     bool   // items and answers end in NUL
	holds   bool   // it keeps answers in a buffer
}

const (
	pyFlushed = `import sys, os, time
for line in sys.stdin:
    if line.startswith("die"): os._exit(9)
    time.sleep(0.002)
    print("<" + line[:-1] + ">", flush=True)`
	pyBuffered = `import sys, os
for line in sys.stdin:
    if line.startswith("die"): os.kill(os.getpid(), 9)
    print("<" + line[:-1] + ">")`
	pyNetstring = `import sys
r, w = sys.stdin.buffer, sys.stdout.buffer
while True:
    n = b""
    while (c := r.read(1)) not in (b":", b""): n += c
    if not c: break
    item = r.read(int(n)); r.read(1)
    answer = b"<" + item + b">"
    w.write(b"%d:%s," % (len(answer), answer)); w.flush()`
	pyRPC = `import sys, json, threading, time
out = threading.Lock()
def say(**m):
    with out: print(json.dumps(dict(m, jsonrpc="2.0")), flush=True)
def answer(m):
    time.sleep(0.002 * (m["id"] % 3))
    item = m["params"]["item"]
    if item.startswith("bad"): say(id=m["id"], error={"code": 1, "message": "no: " + item})
    else: say(id=m["id"], result="<" + item + ">")
say(method="ready", params={"concurrency": 4})
workers = []
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") != "map": continue
    t = threading.Thread(target=answer, args=(m,)); t.start(); workers.append(t)
    workers = [t for t in workers if t.is_alive()]
for t in workers: t.join()`
	pyREPL = `import sys
for line in sys.stdin:
    print("<" + line[4:-1] + ">"); print("END"); sys.stdout.flush()`
	nodeFilter = `const rl = require("readline").createInterface({input: process.stdin});
rl.on("line", l => { if (l.startsWith("die")) process.exit(7); console.log("<" + l + ">"); });`
	shLoop = `while IFS= read -r i; do case $i in die*) kill -9 $$;; esac; printf '<%s>\n' "$i"; done`
)

// inLanguage is CODE for a worker of --lang.
func inLanguage(name, code string, more ...string) kind {
	return kind{name: "lang " + name, flags: append([]string{"--lang", name}, more...), command: []string{code}, bad: true, dies: true}
}

// kinds are all kinds of workers.
var kinds = []kind{
	{name: "python, flushed", command: []string{"python3", "-c", pyFlushed}, slow: true, dies: true},
	{name: "python, buffered", command: []string{"python3", "-c", pyBuffered}, dies: true, holds: true},
	{name: "node", command: []string{"node", "-e", nodeFilter}, program: "node", dies: true},
	{name: "sed", command: []string{"sed", "s/^/</; s/$/>/"}, holds: true},
	{name: "sed, flushed", command: []string{"sed", "-u", "s/^/</; s/$/>/"}},
	{name: "gawk", command: []string{"gawk", `{print "<" $0 ">"}`}, program: "gawk", holds: true},
	{name: "mawk", command: []string{"mawk", `{print "<" $0 ">"}`}, program: "mawk", holds: true},
	{name: "perl", command: []string{"perl", "-ne", `kill 9, $$ if /^die/; chomp; print "<$_>\n"`}, dies: true, holds: true},
	{name: "perl, flushed", command: []string{"perl", "-ne", `BEGIN { $| = 1 } exit 3 if /^die/; chomp; print "<$_>\n"`}, dies: true},
	{name: "jq", command: []string{"jq", "-Rr", `"<" + . + ">"`}, program: "jq", holds: true},
	{name: "sh", command: []string{"sh", "-c", shLoop}, dies: true},
	{name: "bash with --init", flags: []string{"--init", "x=1; cd /"}, command: []string{"bash", "-c", shLoop}, dies: true},
	{name: "pipeline", command: []string{"sh", "-c", "tr a-z A-Z | sed 's/^/</; s/$/>/'"}, upper: true, holds: true},
	{name: "pipeline, three buffers", command: []string{"sh", "-c", "sed 's/^/</' | cat | tr a-z A-Z | perl -pe 's/$/>/'"}, upper: true, holds: true},
	{name: "nul", flags: []string{"--framing", "nul", "-0", "-z"}, command: []string{"sed", "-z", "s/^/</; s/$/>/"}, nul: true, holds: true},
	{name: "netstring", flags: []string{"--framing", "netstring"}, command: []string{"python3", "-c", pyNetstring}},
	{name: "rpc", flags: []string{"--rpc"}, command: []string{"python3", "-c", pyRPC}, slow: true, bad: true, crowd: true},
	{name: "send", flags: []string{"--send", `put {}\n`, "--until", "END"}, command: []string{"python3", "-c", pyREPL}},
	inLanguage("python", `if item.startswith("bad"): raise ValueError("no\nstoke: error: forged")
if item.startswith("die"): os._exit(3)
return "<" + item + ">"`, "--init", "import os"),
	inLanguage("node", `if (item.startsWith("bad")) throw Error("no"); if (item.startsWith("die")) process.exit(3); return "<" + item + ">"`),
	inLanguage("perl", `die "no\n" if $item =~ /^bad/; kill 9, $$ if $item =~ /^die/; "<$item>"`),
	inLanguage("ruby", `raise "no" if item.start_with?("bad"); exit!(3) if item.start_with?("die"); "<#{item}>"`),
	inLanguage("bash", `case $item in bad*) return 4;; die*) kill -9 $$;; esac; printf '<%s>' "$item"`, "--arg", "unused=secret"),
	inLanguage("sh", `case $item in bad*) return 4;; die*) kill -9 $$;; esac; printf '<%s>' "$item"`),
	async("python", `await asyncio.sleep(0.002)
if item.startswith("bad"): raise ValueError("no")
return "<" + item + ">"`, "--init", "import asyncio"),
	async("node", `await new Promise(r => setTimeout(r, 2)); if (item.startsWith("bad")) throw Error("no"); return "<" + item + ">"`),
}

// async is CODE that waits.
func async(name, code string, more ...string) kind {
	k := inLanguage(name, code, more...)
	k.name, k.slow, k.crowd, k.dies = "async "+name, true, true, false
	return k
}

// answer is what a worker of this kind makes of an item that does not fail.
func (k *kind) answer(item string) string {
	if k.upper {
		item = strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' {
				r += 'A' - 'a'
			}
			return r
		}, item) // as tr does it
	}
	return "<" + item + ">"
}

// fails reports whether an item fails in a worker of this kind.
func (k *kind) fails(item string) bool {
	return k.bad && strings.HasPrefix(item, "bad") || k.dies && strings.HasPrefix(item, "die")
}
