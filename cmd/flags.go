package cmd

import (
	"github.com/spf13/pflag"
)

// settings is what was typed, before it is checked. The keys are the names of the flags, in the environment (with
// STOKE_ before and _ for -) and in the config file too.
type settings struct {
	ArgFile   string `mapstructure:"arg-file"`
	Null      bool   `mapstructure:"null"`
	Delimiter string `mapstructure:"delimiter"`
	MaxItem   string `mapstructure:"max-item"`

	Output      string `mapstructure:"output"`
	Unordered   bool   `mapstructure:"unordered"`
	Tag         bool   `mapstructure:"tag"`
	JSON        bool   `mapstructure:"json"`
	Zero        bool   `mapstructure:"zero-terminated"`
	Buffer      string `mapstructure:"buffer"`
	Resume      bool   `mapstructure:"resume"`
	RetryFailed bool   `mapstructure:"retry-failed"`

	Worker       string `mapstructure:"worker"`
	Jobs         string `mapstructure:"jobs"`
	Init         string `mapstructure:"init"`
	Ready        string `mapstructure:"ready"`
	InitTimeout  string `mapstructure:"init-timeout"`
	InitRetries  int    `mapstructure:"init-retries"`
	InitJobs     int    `mapstructure:"init-jobs"`
	Framing      string `mapstructure:"framing"`
	Lockstep     bool   `mapstructure:"lockstep"`
	FeedAhead    bool   `mapstructure:"feed-ahead"`
	RecycleAfter int64  `mapstructure:"recycle-after"`
	RecycleRSS   string `mapstructure:"recycle-rss"`
	SlotVar      string `mapstructure:"slot-var"`

	OnError    string `mapstructure:"on-error"`
	Failed     string `mapstructure:"failed"`
	Timeout    string `mapstructure:"timeout"`
	Retries    string `mapstructure:"retries"`
	RetryDelay string `mapstructure:"retry-delay"`
	Halt       string `mapstructure:"halt"`

	Lang        string   `mapstructure:"lang"`
	Exit        string   `mapstructure:"exit"`
	Arg         []string `mapstructure:"arg"`
	ArgJSON     []string `mapstructure:"argjson"`
	ItemType    string   `mapstructure:"item-type"`
	Interpreter string   `mapstructure:"interpreter"`
	Concurrency int      `mapstructure:"concurrency"`
	RPC         bool     `mapstructure:"rpc"`
	Send        string   `mapstructure:"send"`
	Until       string   `mapstructure:"until"`

	Progress   bool   `mapstructure:"progress"`
	NoProgress bool   `mapstructure:"no-progress"`
	Stats      bool   `mapstructure:"stats"`
	Trace      string `mapstructure:"trace"`
	Metrics    string `mapstructure:"metrics"`
	Joblog     string `mapstructure:"joblog"`

	Check  bool   `mapstructure:"check"`
	DryRun bool   `mapstructure:"dry-run"`
	Config string `mapstructure:"config"`
}

// actions are flags that do something instead of a run: they are no settings.
var actions = map[string]bool{"help": true, "version": true, "completion": true, "man": true}

// group is a task and its flags, as the help shows them.
type group struct {
	title string
	flags *pflag.FlagSet
}

// groups declares all flags. Their values are read with load, never from here.
func groups() []group {
	in, out, workers := group{"Input", set()}, group{"Output", set()}, group{"Workers", set()}
	code, failure, other := group{"Code and protocols", set()}, group{"Failure", set()}, group{"Other", set()}
	watch := group{"Watching", set()}

	in.flags.StringP("arg-file", "a", "", "read items from `FILE` instead of standard input")
	in.flags.BoolP("null", "0", false, "items end in NUL instead of newline")
	in.flags.StringP("delimiter", "d", "", "items end in `STR` (C escapes: \\t, \\0, \\x1e)")
	in.flags.String("max-item", "64M", "fail an item, or an answer, larger than `SIZE`")

	out.flags.StringP("output", "o", "", "write answers to `OUT`, which appears when it is complete")
	out.flags.BoolP("unordered", "u", false, "print as answered, not in input order")
	out.flags.Bool("tag", false, "print ITEM<TAB>ANSWER")
	out.flags.Bool("json", false, "print a JSON object a line: seq, item, ok, answer or error, ...")
	out.flags.BoolP("zero-terminated", "z", false, "answers end in NUL instead of newline")
	out.flags.String("buffer", "64M", "memory for answers that wait; beyond `SIZE` they wait on disk")

	out.flags.Bool("resume", false, "take up the run that was interrupted before OUT was complete")
	out.flags.Bool("retry-failed", false, "with --resume, try the items again that failed")

	workers.flags.StringP("jobs", "j", "100%", "number of workers: `N`, or N%, +N, -N of the CPUs")
	workers.flags.StringP("init", "i", "", "run `CODE` once in each worker: sh before its COMMAND, or in LANG")
	workers.flags.String("ready", "", "the worker is warm when it prints a line that matches `REGEX`")
	workers.flags.String("init-timeout", "", "a worker must be warm after `D` (30s, 5m; default: no limit)")
	workers.flags.Int("init-retries", 2, "start workers `N` more times in a row without an answer")
	workers.flags.Int("init-jobs", 0, "let `K` workers warm up at once (default: all)")
	workers.flags.String("framing", "lines", "the `KIND` of delimiters on a worker's stdio: lines, nul or netstring")
	workers.flags.Bool("lockstep", false, "keep every worker at one item in flight")
	workers.flags.Bool("feed-ahead", false, "send more when a worker has read all, even if it may not flush")
	workers.flags.Int64("recycle-after", 0, "replace a worker after `N` items")
	workers.flags.String("recycle-rss", "", "replace a worker when it and its children outgrow `SIZE`")
	workers.flags.String("slot-var", "", "set `NAME` to the worker's slot, from 0, in its environment")
	workers.flags.String("worker", "", "the COMMAND as one `STRING`, split into words like a shell would")

	code.flags.StringP("lang", "l", "", "evaluate CODE for each item in `LANG`: python, node, perl, ruby, bash or sh")
	code.flags.String("exit", "", "run `CODE` once in every worker at the end (with --lang)")
	code.flags.StringArray("arg", nil, "define `NAME=VALUE`, a string, for the code")
	code.flags.StringArray("argjson", nil, "define `NAME=JSON` for the code")
	code.flags.String("item-type", "text", "what the code gets as item: `TYPE` text, json or bytes")
	code.flags.String("interpreter", "", "run the code with the interpreter at `PATH`")
	code.flags.Int("concurrency", 0, "let each worker be at `K` items at a time (async python and node code, --rpc)")
	code.flags.Bool("rpc", false, "the worker speaks JSON-RPC 2.0, one message a line")
	code.flags.String("send", "", "send `TEMPLATE` for each item, in which {} is the item (C escapes)")
	code.flags.String("until", "", "the answer is everything up to a line equal to `LINE` (with --send)")

	failure.flags.String("on-error", "", "the `ACTION` for a failed item: fill[=TEXT] (default: an empty line), skip or stop")
	failure.flags.String("failed", "", "write failed items to `FILE`, ready to be fed in again")
	failure.flags.String("timeout", "", "an item fails, and its worker is killed, when it takes longer than `D`")
	failure.flags.String("retries", "", "try an item `N` more times, alone (default: 1 if its worker died, else 0)")
	failure.flags.String("retry-delay", "", "wait `D` before an item is tried again, doubling")
	failure.flags.String("halt", "never", "stop early: `WHEN`,fail=N or N%, with soon or now; success= and done= too")

	watch.flags.Bool("progress", false, "show progress on standard error, though it is no terminal")
	watch.flags.Bool("no-progress", false, "never show progress")
	watch.flags.Bool("stats", false, "say in the end how long things took: items, workers, the slowest")
	watch.flags.String("joblog", "", "write a line an item to `FILE`, in GNU parallel's columns")
	watch.flags.String("trace", "", "write what the workers did to `FILE`, for Perfetto (Chrome trace events)")
	watch.flags.String("metrics", "", "keep `FILE` up to date for Prometheus's textfile collector")

	other.flags.Bool("check", false, "try the worker out, with items from the input or made up, and say what is wrong")
	other.flags.Bool("dry-run", false, "show what would run, and start nothing")
	other.flags.String("config", "", "read settings from `FILE` (YAML, TOML or JSON; keys are flag names)")
	other.flags.BoolP("help", "h", false, "print this help")
	other.flags.Bool("version", false, "print the version")
	other.flags.Bool("man", false, "print the manual page (to read it: stoke --man | man -l -)")
	other.flags.String("completion", "", "print what makes `SHELL` complete stoke's words: bash, zsh or fish")
	return []group{in, out, workers, code, failure, watch, other}
}

func set() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SortFlags = false
	return f
}
