package cmd

import (
	"regexp"
	"strings"
	"time"

	"github.com/mattn/go-shellwords"

	"stoke/pkg/engine"
	"stoke/pkg/journal"
	"stoke/pkg/launch"
)

// options is a checked command line: everything in it can be done, so far as can be known before it is tried.
type options struct {
	worker launch.Spec // what a worker is
	speaks *dialect    // how that was asked for
	again  []string    // a stoke to see what becomes of one item, where the worker alone does not show it; or nil

	argFile   string // "": standard input
	delimiter []byte

	output              string // "": standard output
	resume, retryFailed bool
	resumeID            journal.Identity
	watching            watching
	words               []string // COMMAND or CODE, as typed
	shownInit           string   // --init, as a hint shows it
	failed              string
	halt                string
	accepted            bool // failed items were accepted with an explicit --on-error
	engine              engine.Options
}

// check turns settings and the words behind the flags into options. Every error names the flag at fault.
func (s *settings) check(args []string) (*options, error) {
	switch s.Output { // opened as a file, standard output would be replaced by one
	case "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		s.Output = ""
	}
	o := &options{resume: s.Resume, retryFailed: s.RetryFailed, argFile: s.ArgFile, output: s.Output, failed: s.Failed, shownInit: shownInit(s.Init, s.typedInit)}
	o.worker = launch.Spec{Init: s.Init, Exit: s.Exit, SlotVar: s.SlotVar, CPUs: cpus()}
	for _, part := range []func(*options) error{
		func(o *options) error { return s.checkProtocol(o, args) }, func(o *options) error { return s.checkCommand(o, args) }, s.checkInput,
		s.checkOutput, func(*options) error { return s.checkFiles(args) }, s.checkWarmUp, s.checkWorkers, s.checkFailure,
	} {
		if err := part(o); err != nil {
			return nil, err
		}
	}
	o.resumeID, o.words = identity(o, s, args), args
	switch {
	case len(args) == 0 && o.worker.Program != nil:
		o.words = []string{o.worker.Program.Code}
	case len(args) == 0:
		o.words = o.worker.Argv
	}
	if s.Progress && s.NoProgress {
		return nil, usagef("--progress and --no-progress exclude each other")
	}
	o.watching = watching{stats: s.Stats, trace: s.Trace, metrics: s.Metrics, joblog: s.Joblog, progress: s.Progress, forbidden: s.NoProgress, quiet: s.Quiet}
	return o, nil
}

func (s *settings) checkCommand(o *options, args []string) (err error) {
	if s.Lang != "" {
		return s.checkCode(o, args)
	}
	if s.Code != "" {
		return usagef("--code needs --lang")
	}
	o.worker.Argv = args
	if len(args) == 0 && s.Worker != "" {
		if o.worker.Argv, err = splitCommand(s.Worker); err != nil {
			return err
		}
	}
	if len(o.worker.Argv) == 0 || o.worker.Argv[0] == "" {
		if _, err := jobs(s.Jobs, cpus()); err != nil { // it has taken COMMAND
			return err
		}
		return usagef("no COMMAND given").withHint("stoke [flags] COMMAND [ARG...]; stoke -h has more, on one screen")
	}
	if s.Init == "{}" { // the -i{} of xargs
		return usagef("-i is --init here, and {} is no code").withHint(sentenceFor("I"))
	}
	return checkWords(o.worker.Argv)
}

// splitCommand splits a command given as one string, without running anything.
func splitCommand(command string) ([]string, error) {
	p := shellwords.NewParser()
	words, err := p.Parse(command)
	if err != nil {
		return nil, usagef("--worker %q: %v", command, err).withHint("check its quotes")
	}
	if p.Position >= 0 {
		rest := string([]rune(command)[p.Position:]) // Position counts characters, not bytes
		operator := rest[max(0, strings.IndexAny(rest, ";&|<>")):][:1]
		return nil, usagef("--worker %q: no shell runs it, so %q would not do what it says", command, operator).
			withHint("put it into a shell: sh -c '...'")
	}
	return words, nil
}

func (s *settings) checkInput(o *options) (err error) {
	switch {
	case s.Null && s.Delimiter != "":
		return usagef("--null and --delimiter exclude each other")
	case s.Null:
		o.delimiter = []byte{0}
	case s.Delimiter == "":
		o.delimiter = []byte{'\n'}
	default:
		if o.delimiter, err = unescape(s.Delimiter); err != nil {
			return usagef("--delimiter %q: %v", s.Delimiter, err)
		}
	}
	o.engine.Delimiter = o.delimiter
	o.engine.MaxItem, err = size("max-item", s.MaxItem)
	o.worker.MaxItem = o.engine.MaxItem
	return err
}

func (s *settings) checkOutput(o *options) (err error) {
	f := &o.engine.Format
	f.End, f.Tag, f.JSON = '\n', s.Tag, s.JSON
	if s.Zero {
		f.End = 0
	}
	if s.Tag && s.JSON {
		return usagef("--tag and --json exclude each other").withHint("the objects of --json hold the item")
	}
	if s.Resume && s.Output == "" {
		return usagef("--resume needs --output").withHint("what is on standard output cannot be taken up again")
	}
	if s.RetryFailed && !s.Resume {
		return usagef("--retry-failed needs --resume")
	}
	o.engine.Unordered = s.Unordered
	o.engine.Buffer, err = size("buffer", s.Buffer)
	return err
}

func (s *settings) checkWarmUp(o *options) (err error) {
	if s.Ready != "" && s.RPC {
		return usagef("--ready and --rpc exclude each other").withHint("with --rpc a worker sends the notification `ready`")
	}
	if s.Ready != "" && s.Lang != "" {
		return usagef("--ready is for a COMMAND: code in %s is warm when --init has run", s.Lang)
	}
	if s.Ready != "" {
		if o.worker.Ready, err = regexp.Compile(s.Ready); err != nil {
			return usagef("--ready %q: %v", s.Ready, err)
		}
		o.worker.Protocol.Greets = true
	}
	if o.engine.InitTimeout, err = duration("init-timeout", s.InitTimeout); err != nil {
		return err
	}
	if s.InitRetries < 0 {
		return usagef("--init-retries %d: must not be negative", s.InitRetries)
	}
	if s.InitJobs < 0 {
		return usagef("--init-jobs %d: must not be negative", s.InitJobs)
	}
	o.worker.InitTimeout, o.worker.InitRetries = o.engine.InitTimeout, s.InitRetries
	o.engine.Starts = engine.Starts{Retries: s.InitRetries, Futile: func(err *engine.InitError) bool { return misused(o, err) }}
	o.engine.InitJobs = s.InitJobs
	return nil
}

func (s *settings) checkWorkers(o *options) (err error) {
	if o.worker.Jobs, err = jobs(s.Jobs, o.worker.CPUs); err != nil {
		return err
	}
	if s.Lockstep && s.FeedAhead {
		return usagef("--lockstep and --feed-ahead exclude each other")
	}
	if s.RecycleAfter < 0 {
		return usagef("--recycle-after %d: must not be negative", s.RecycleAfter)
	}
	if s.RecycleRSS != "" {
		if o.engine.RecycleRSS, err = size("recycle-rss", s.RecycleRSS); err != nil {
			return err
		}
	}
	if s.SlotVar != "" && !variable.MatchString(s.SlotVar) {
		return usagef("--slot-var %q: not a name for a variable", s.SlotVar)
	}
	e := &o.engine
	e.SpareCPU = o.worker.Jobs < o.worker.CPUs
	e.Protocol = o.worker.Protocol
	e.Jobs, e.Lockstep, e.FeedAhead, e.RecycleNum = o.worker.Jobs, s.Lockstep || e.Protocol.Lockstep, s.FeedAhead, s.RecycleAfter
	return nil
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// duration reads a duration; a bare number is seconds. An empty one is none.
func duration(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	unit := ""
	if strings.Trim(text, "0123456789.") == "" {
		unit = "s"
	}
	d, err := time.ParseDuration(text + unit)
	if err != nil || d < 0 {
		return 0, usagef("--%s %q: not a duration", flag, text).withHint("say 500ms, 30s, 5m or 2h")
	}
	return d, nil
}
