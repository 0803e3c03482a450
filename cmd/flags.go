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

	Output    string `mapstructure:"output"`
	Unordered bool   `mapstructure:"unordered"`
	Tag       bool   `mapstructure:"tag"`
	JSON      bool   `mapstructure:"json"`
	Zero      bool   `mapstructure:"zero-terminated"`
	OnError   string `mapstructure:"on-error"`
	Failed    string `mapstructure:"failed"`
	Buffer    string `mapstructure:"buffer"`

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

	Config string `mapstructure:"config"`
}

// actions are flags that do something instead of a run: they are no settings.
var actions = map[string]bool{"help": true, "version": true}

// group is a task and its flags, as the help shows them.
type group struct {
	title string
	flags *pflag.FlagSet
}

// groups declares all flags. Their values are read with load, never from here.
func groups() []group {
	in, out, workers, other := group{"Input", set()}, group{"Output", set()}, group{"Workers", set()}, group{"Other", set()}

	in.flags.StringP("arg-file", "a", "", "read items from `FILE` instead of standard input")
	in.flags.BoolP("null", "0", false, "items end in NUL instead of newline")
	in.flags.StringP("delimiter", "d", "", "items end in `STR` (C escapes: \\t, \\0, \\x1e)")
	in.flags.String("max-item", "64M", "fail an item, or an answer, larger than `SIZE`")

	out.flags.StringP("output", "o", "", "write answers to `OUT`, which appears when it is complete")
	out.flags.BoolP("unordered", "u", false, "print as answered, not in input order")
	out.flags.Bool("tag", false, "print ITEM<TAB>ANSWER")
	out.flags.Bool("json", false, "print a JSON object a line: seq, item, ok, answer or error, ...")
	out.flags.BoolP("zero-terminated", "z", false, "answers end in NUL instead of newline")
	out.flags.String("on-error", "", "the `ACTION` for a failed item: fill[=TEXT] (default: an empty line), skip or stop")
	out.flags.String("failed", "", "write failed items to `FILE`, ready to be fed in again")
	out.flags.String("buffer", "64M", "memory for answers that wait; beyond `SIZE` they wait on disk")

	workers.flags.StringP("jobs", "j", "100%", "number of workers: `N`, or N%, +N, -N of the CPUs")
	workers.flags.StringP("init", "i", "", "sh `CODE` to run in each worker before its COMMAND, in the same shell")
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

	other.flags.String("config", "", "read settings from `FILE` (YAML, TOML or JSON; keys are flag names)")
	other.flags.BoolP("help", "h", false, "print this help")
	other.flags.Bool("version", false, "print the version")
	return []group{in, out, workers, other}
}

func set() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SortFlags = false
	return f
}
