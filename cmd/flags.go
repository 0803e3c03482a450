package cmd

import (
	"slices"

	"stoke/pkg/human"
	"stoke/pkg/lang"
	"stoke/pkg/wire"
)

// flagGroups are all flags. Whoever adds one adds its field to settings too.
var flagGroups = []struct {
	title    string
	settings []setting
}{
	{"Input", inputFlags}, {"Output", outputFlags}, {"Workers", workerFlags}, {"Code and protocols", slices.Concat(codeFlags, protocolFlags)},
	{"Failure", failureFlags}, {"Watching", watchFlags}, {"Other", otherFlags},
}

var inputFlags = []setting{
	{name: "arg-file", short: "a", kind: single, answers: composed, file: apart,
		help: "read items from `FILE`, not from standard input"},
	{name: "null", short: "0", kind: onOff, answers: composed,
		help: "items end in NUL, not in a newline"},
	{name: "delimiter", short: "d", answers: composed,
		help: "items end in `STR` (C escapes: \\t, \\0, \\x1e)"},
	{name: "max-item", value: "64M", answers: composed,
		help: "an item or an answer larger than `SIZE` fails"},
}

var outputFlags = []setting{
	{name: "output", short: "o", kind: single, answers: unshaped, file: apart,
		help: "write answers to `OUT`, which appears when the run is complete"},
	{name: "unordered", short: "u", kind: onOff, answers: composed,
		help: "print answers as they come, not in input order"},
	{name: "tag", kind: onOff, answers: shaped,
		help: "print the item and a tab before each answer"},
	{name: "json", kind: onOff, answers: shaped,
		help: "print one JSON object per line: seq, item, ok, answer or error, worker, attempts, seconds"},
	{name: "zero-terminated", short: "z", kind: onOff, answers: shaped,
		help: "answers end in NUL, not in a newline"},
	{name: "buffer", value: "64M", answers: unshaped,
		help: "keep up to `SIZE` of waiting answers in memory, the rest on disk"},
	{name: "resume", kind: onOff, answers: unshaped,
		help: "resume an interrupted run; needs --output"},
	{name: "retry-failed", kind: onOff, answers: unshaped,
		help: "with --resume, try the failed items again"},
}

var workerFlags = []setting{
	{name: "jobs", short: "j", value: "100%", answers: unshaped,
		help: "number of workers: `N`, or N%, +N, -N of the CPUs"},
	{name: "init", short: "i", kind: added, answers: composed,
		help: "run `CODE` once in each worker, before its first item: sh code before COMMAND, or code in LANG"},
	{name: "ready", answers: shaped, says: "warm when one prints a line that matches %s",
		help: "a worker is warm when it prints a line that matches `REGEX`"},
	{name: "init-timeout", answers: unshaped,
		help: "a worker must be warm within `D`, such as 30s or 5m (default: no limit)"},
	{name: "init-retries", kind: number, value: "2", answers: unshaped,
		help: "retry a failed start `N` times in a row"},
	{name: "init-jobs", kind: number, answers: unshaped,
		help: "start at most `K` workers at once (default: all)"},
	{name: "framing", value: "lines", words: wire.Names, answers: shaped,
		help: "delimiters on a worker's stdin and stdout: `KIND` is " + human.Or(wire.Names)},
	{name: "lockstep", kind: onOff, answers: unshaped, says: "one item in flight in each",
		help: "send each worker one item at a time; the worker must flush"},
	{name: "feed-ahead", kind: onOff, answers: unshaped,
		help: "send more items when a worker has read all it was sent, even if it may still be working"},
	{name: "recycle-after", kind: number64, answers: unshaped, says: "each replaced after %s items",
		help: "replace a worker after `N` items"},
	{name: "recycle-rss", answers: unshaped, says: "each replaced when it outgrows %s",
		help: "replace a worker when it and its children use more than `SIZE` of memory (Linux)"},
	{name: "slot-var", answers: unshaped,
		help: "set the variable `NAME` to the worker's slot, from 0, in its environment"},
	{name: "worker", kind: single, answers: shapedPrivately,
		help: "the COMMAND as one `STRING`, split into words as a shell would"},
	{name: "max-procs", short: "P", kind: alias, value: "jobs",
		help: "xargs's name for --jobs"},
}

var codeFlags = []setting{
	{name: "lang", short: "l", words: lang.Names(), answers: shaped,
		help: "run CODE, or the code in @FILE, for each item in a warm interpreter: `LANG` is " + lang.Listed()},
	{name: "code", kind: single, answers: composed,
		help: "the CODE as one `STRING`, as for a --config file"},
	{name: "exit", kind: added, answers: unshaped,
		help: "run `CODE` once in each worker, after its last item: sh code when COMMAND has ended, or code in LANG"},
	{name: "preload", kind: added, answers: composed, forCode: true,
		help: "run `CODE` once, in a process that all workers are then forks of, before their --init (python, perl, ruby)"},
	{name: "arg", kind: list, answers: shapedPrivately, forCode: true,
		help: "define a variable for the code: `NAME=VALUE`, where VALUE is a string"},
	{name: "argjson", kind: list, answers: shapedPrivately, forCode: true,
		help: "define a variable for the code: `NAME=JSON`"},
	{name: "item-type", value: "text", words: []string{"text", "json", "bytes"}, answers: shaped, forCode: true,
		help: "what the code gets as its item: `TYPE` is text, json or bytes"},
	{name: "interpreter", answers: shaped, forCode: true,
		help: "run the code with the interpreter at `PATH`"},
	{name: "concurrency", kind: number, answers: unshaped,
		help: "let each worker handle `K` items at a time (async python and node code, --rpc)"},
}

var failureFlags = []setting{
	{name: "on-error", words: []string{"fill", "fill=NA", "skip", "stop"}, answers: composed,
		help: "what a failed item prints: `ACTION` is fill[=TEXT] (default: an empty line), skip or stop"},
	{name: "failed", kind: single, answers: unshaped, file: writes, says: "items that fail are written to %s",
		help: "write failed items to `FILE`, ready to be fed in again"},
	{name: "timeout", answers: unshaped, says: "an item fails when it takes longer than %s",
		help: "an item that takes longer than `D` fails, and its worker is killed"},
	{name: "exit-timeout", answers: unshaped,
		help: "kill a worker that has nothing left to do and has not ended after `D` (default: no limit)"},
	{name: "retries", answers: unshaped, says: "%s",
		help: "retry an item `N` times, alone in its worker (default: 1 if its worker died, else 0)"},
	{name: "retry-delay", answers: unshaped,
		help: "wait `D` before an item is retried; the wait doubles each time"},
	{name: "halt", value: "never", answers: unshaped, says: "the run stops early at %s",
		words: []string{"never", "soon,fail=1", "soon,fail=10%", "now,fail=1", "now,success=1", "soon,done=100"},
		help:  "stop early: `WHEN` is soon or now, then ,fail=N or ,fail=N%; success= and done= too"},
}

var watchFlags = []setting{
	{name: "progress", kind: onOff, answers: unshaped,
		help: "show progress also where answers go to a pipe or to the terminal"},
	{name: "quiet", short: "q", kind: onOff, answers: unshaped,
		help: "hide notes, warnings of retries and what workers write to stderr"},
	{name: "no-progress", kind: onOff, answers: unshaped,
		help: "never show progress"},
	{name: "stats", kind: onOff, answers: unshaped,
		help: "print a timing summary at the end"},
	{name: "joblog", kind: single, answers: unshaped, file: writes,
		help: "write one line per item to `FILE`, in GNU parallel's columns"},
	{name: "trace", kind: single, answers: unshaped, file: writes,
		help: "write what each worker did to `FILE`, for Perfetto (Chrome trace events)"},
	{name: "metrics", kind: single, answers: unshaped, file: writes,
		help: "keep `FILE` up to date for Prometheus's textfile collector"},
}

var otherFlags = []setting{
	{name: "check", kind: onOff, answers: unshaped,
		help: "try the worker on a few items, and say what is wrong with it"},
	{name: "dry-run", kind: onOff, answers: unshaped,
		help: "show what would run, and start nothing"},
	{name: "config", kind: single, answers: unshaped, file: reads,
		help: "read settings from `FILE` (YAML, TOML or JSON); its keys are the names of flags"},
	{name: "help", short: "h", kind: action,
		help: "print all flags and the topics; --help TOPIC prints a chapter; -h is one screen"},
	{name: "version", kind: action,
		help: "print the version"},
	{name: "man", kind: action,
		help: "print the manual page (to read it: stoke --man | man -l -)"},
	{name: "completion", kind: action, words: shells,
		help: "print the completion script for `SHELL`: bash, zsh or fish"},
}

// shells are those there are completions for.
var shells = []string{"bash", "zsh", "fish"}
