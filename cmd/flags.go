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

	OnError     string `mapstructure:"on-error"`
	Failed      string `mapstructure:"failed"`
	Timeout     string `mapstructure:"timeout"`
	Retries     string `mapstructure:"retries"`
	RetryDelay  string `mapstructure:"retry-delay"`
	Halt        string `mapstructure:"halt"`
	ExitTimeout string `mapstructure:"exit-timeout"`

	Lang        string   `mapstructure:"lang"`
	Code        string   `mapstructure:"code"`
	Exit        string   `mapstructure:"exit"`
	Arg         []string `mapstructure:"arg"`
	ArgJSON     []string `mapstructure:"argjson"`
	ItemType    string   `mapstructure:"item-type"`
	Interpreter string   `mapstructure:"interpreter"`
	Concurrency int      `mapstructure:"concurrency"`
	RPC         bool     `mapstructure:"rpc"`
	Send        string   `mapstructure:"send"`
	Until       string   `mapstructure:"until"`
	Prompt      string   `mapstructure:"prompt"`

	Progress   bool   `mapstructure:"progress"`
	NoProgress bool   `mapstructure:"no-progress"`
	Quiet      bool   `mapstructure:"quiet"`
	Stats      bool   `mapstructure:"stats"`
	Trace      string `mapstructure:"trace"`
	Metrics    string `mapstructure:"metrics"`
	Joblog     string `mapstructure:"joblog"`

	Check  bool   `mapstructure:"check"`
	DryRun bool   `mapstructure:"dry-run"`
	Config string `mapstructure:"config"`

	emptyUntil bool // an empty --until was given
	typedInit  bool // --init was typed, so that who looks at processes sees it anyway
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
	return []group{
		{"Input", set(inputFlags)}, {"Output", set(outputFlags)}, {"Workers", set(workerFlags)}, {"Code and protocols", set(codeFlags)},
		{"Failure", set(failureFlags)}, {"Watching", set(watchFlags)}, {"Other", set(otherFlags)},
	}
}

func inputFlags(f *pflag.FlagSet) {
	f.VarP(new(once), "arg-file", "a", "read items from `FILE`, not from standard input")
	f.BoolP("null", "0", false, "items end in NUL, not in a newline")
	f.StringP("delimiter", "d", "", "items end in `STR` (C escapes: \\t, \\0, \\x1e)")
	f.String("max-item", "64M", "an item or an answer larger than `SIZE` fails")
}

func outputFlags(f *pflag.FlagSet) {
	f.VarP(new(once), "output", "o", "write answers to `OUT`, which appears when the run is complete")
	f.BoolP("unordered", "u", false, "print answers as they come, not in input order")
	f.Bool("tag", false, "print the item and a tab before each answer")
	f.Bool("json", false, "print one JSON object per line: seq, item, ok, answer or error, worker, attempts, seconds")
	f.BoolP("zero-terminated", "z", false, "answers end in NUL, not in a newline")
	f.String("buffer", "64M", "keep up to `SIZE` of waiting answers in memory, the rest on disk")
	f.Bool("resume", false, "resume an interrupted run; needs --output")
	f.Bool("retry-failed", false, "with --resume, try the failed items again")
}

func workerFlags(f *pflag.FlagSet) {
	f.StringP("jobs", "j", "100%", "number of workers: `N`, or N%, +N, -N of the CPUs")
	f.VarP(new(lines), "init", "i", "run `CODE` once in each worker, before its first item: sh code before COMMAND, or code in LANG")
	f.String("ready", "", "a worker is warm when it prints a line that matches `REGEX`")
	f.String("init-timeout", "", "a worker must be warm within `D`, such as 30s or 5m (default: no limit)")
	f.Int("init-retries", 2, "retry a failed start `N` times in a row")
	f.Int("init-jobs", 0, "start at most `K` workers at once (default: all)")
	f.String("framing", "lines", "delimiters on a worker's stdin and stdout: `KIND` is lines, nul or netstring")
	f.Bool("lockstep", false, "send each worker one item at a time; the worker must flush")
	f.Bool("feed-ahead", false, "send more items when a worker has read all it was sent, even if it may still be working")
	f.Int64("recycle-after", 0, "replace a worker after `N` items")
	f.String("recycle-rss", "", "replace a worker when it and its children use more than `SIZE` of memory (Linux)")
	f.String("slot-var", "", "set the variable `NAME` to the worker's slot, from 0, in its environment")
	f.Var(new(once), "worker", "the COMMAND as one `STRING`, split into words as a shell would")
	f.VarP(alias{f, "jobs"}, "max-procs", "P", "xargs's name for --jobs")
	_ = f.MarkHidden("max-procs") // fails only without the flag
}

func codeFlags(f *pflag.FlagSet) {
	f.StringP("lang", "l", "", "run CODE, or the code in @FILE, for each item in a warm interpreter: `LANG` is python, node, perl, ruby, bash or sh")
	f.Var(new(once), "code", "the CODE as one `STRING`, as for a --config file")
	f.Var(new(lines), "exit", "run `CODE` once in each worker, after its last item: sh code when COMMAND has ended, or code in LANG")
	f.StringArray("arg", nil, "define a variable for the code: `NAME=VALUE`, where VALUE is a string")
	f.StringArray("argjson", nil, "define a variable for the code: `NAME=JSON`")
	f.String("item-type", "text", "what the code gets as its item: `TYPE` is text, json or bytes")
	f.String("interpreter", "", "run the code with the interpreter at `PATH`")
	f.Int("concurrency", 0, "let each worker handle `K` items at a time (async python and node code, --rpc)")
	f.Bool("rpc", false, "the worker speaks JSON-RPC 2.0, one message per line")
	f.String("send", "", "send `TEMPLATE` for each item; {} in it is the item (C escapes)")
	f.String("until", "", "with --send, an answer ends before a line equal to `LINE`")
	f.String("prompt", "", "with --send, an answer ends before a prompt that matches `REGEX`, without a newline")
}

func failureFlags(f *pflag.FlagSet) {
	f.String("on-error", "", "what a failed item prints: `ACTION` is fill[=TEXT] (default: an empty line), skip or stop")
	f.Var(new(once), "failed", "write failed items to `FILE`, ready to be fed in again")
	f.String("timeout", "", "an item that takes longer than `D` fails, and its worker is killed")
	f.String("exit-timeout", "", "kill a worker that has nothing left to do and has not ended after `D` (default: no limit)")
	f.String("retries", "", "retry an item `N` times, alone in its worker (default: 1 if its worker died, else 0)")
	f.String("retry-delay", "", "wait `D` before an item is retried; the wait doubles each time")
	f.String("halt", "never", "stop early: `WHEN` is soon or now, then ,fail=N or ,fail=N%; success= and done= too")
}

func watchFlags(f *pflag.FlagSet) {
	f.Bool("progress", false, "show progress also where answers go to a pipe or to the terminal")
	f.BoolP("quiet", "q", false, "hide notes, warnings of retries and what workers write to stderr")
	f.Bool("no-progress", false, "never show progress")
	f.Bool("stats", false, "print a timing summary at the end")
	f.Var(new(once), "joblog", "write one line per item to `FILE`, in GNU parallel's columns")
	f.Var(new(once), "trace", "write what each worker did to `FILE`, for Perfetto (Chrome trace events)")
	f.Var(new(once), "metrics", "keep `FILE` up to date for Prometheus's textfile collector")
}

func otherFlags(f *pflag.FlagSet) {
	f.Bool("check", false, "try the worker on a few items, and say what is wrong with it")
	f.Bool("dry-run", false, "show what would run, and start nothing")
	f.Var(new(once), "config", "read settings from `FILE` (YAML, TOML or JSON); its keys are the names of flags")
	f.BoolP("help", "h", false, "print all flags and the topics; --help TOPIC prints a chapter; -h is one screen")
	f.Bool("version", false, "print the version")
	f.Bool("man", false, "print the manual page (to read it: stoke --man | man -l -)")
	f.String("completion", "", "print the completion script for `SHELL`: bash, zsh or fish")
}

// alias is another name for a flag. It is hidden, and sets that one.
type alias struct {
	flags *pflag.FlagSet
	name  string
}

func (a alias) Set(value string) error { return a.flags.Set(a.name, value) }
func (a alias) String() string         { return "" }
func (a alias) Type() string           { return "alias" }

func set(declare ...func(*pflag.FlagSet)) *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SortFlags = false
	for _, d := range declare {
		d(f)
	}
	return f
}
