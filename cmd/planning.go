package cmd

import (
	"regexp"
	"strings"

	"github.com/mattn/go-shellwords"

	"stoke/pkg/engine"
	"stoke/pkg/launch"
)

// planOf makes a plan of settings and the words behind the flags. Every error names the flag at fault.
func planOf(s *settings, args []string) (*plan, error) {
	switch s.Output { // opened as a file, standard output would be replaced by one
	case "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		s.Output = ""
	}
	p := &plan{resume: s.Resume, retryFailed: s.RetryFailed, argFile: s.ArgFile, output: s.Output, failed: s.Failed, shownInit: shownInit(s.Init, s.typedInit)}
	p.worker = launch.Spec{Init: s.Init, Exit: s.Exit, SlotVar: s.SlotVar, CPUs: cpus()}
	for _, check := range []func(*settings, []string, *plan) error{
		checkProtocol, checkCommand, checkInput, checkOutput, checkFiles, checkWarmUp, checkWorkers, checkFailure,
	} {
		if err := check(s, args, p); err != nil {
			return nil, err
		}
	}
	p.resumeID, p.words = identity(p, s, args), args
	switch {
	case len(args) == 0 && p.worker.Program != nil:
		p.words = []string{p.worker.Program.Code}
	case len(args) == 0:
		p.words = p.worker.Argv
	}
	if s.Progress && s.NoProgress {
		return nil, usagef("--progress and --no-progress exclude each other")
	}
	p.watching = watching{stats: s.Stats, trace: s.Trace, metrics: s.Metrics, joblog: s.Joblog, progress: s.Progress, forbidden: s.NoProgress, quiet: s.Quiet}
	return p, nil
}

func checkCommand(s *settings, args []string, p *plan) (err error) {
	if s.Lang != "" {
		return checkCode(s, args, p)
	}
	if s.Code != "" {
		return usagef("--code needs --lang")
	}
	p.worker.Argv = args
	if len(args) == 0 && s.Worker != "" {
		if p.worker.Argv, err = splitCommand(s.Worker); err != nil {
			return err
		}
	}
	if len(p.worker.Argv) == 0 || p.worker.Argv[0] == "" {
		if _, err := jobs(s.Jobs, cpus()); err != nil { // it has taken COMMAND
			return err
		}
		return usagef("no COMMAND given").withHint("stoke [flags] COMMAND [ARG...]; stoke -h has more, on one screen")
	}
	if s.Init == "{}" { // the -i{} of xargs
		return usagef("-i is --init here, and {} is no code").withHint(sentenceFor("I"))
	}
	return checkWords(p.worker.Argv)
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

func checkInput(s *settings, _ []string, p *plan) (err error) {
	switch {
	case s.Null && s.Delimiter != "":
		return usagef("--null and --delimiter exclude each other")
	case s.Null:
		p.delimiter = []byte{0}
	case s.Delimiter == "":
		p.delimiter = []byte{'\n'}
	default:
		if p.delimiter, err = unescape(s.Delimiter); err != nil {
			return usagef("--delimiter %q: %v", s.Delimiter, err)
		}
	}
	p.engine.Delimiter = p.delimiter
	p.engine.MaxItem, err = size("max-item", s.MaxItem)
	p.worker.MaxItem = p.engine.MaxItem
	return err
}

func checkOutput(s *settings, _ []string, p *plan) (err error) {
	f := &p.engine.Format
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
	p.engine.Unordered = s.Unordered
	p.engine.Buffer, err = size("buffer", s.Buffer)
	return err
}

func checkWarmUp(s *settings, _ []string, p *plan) (err error) {
	if s.Ready != "" && s.RPC {
		return usagef("--ready and --rpc exclude each other").withHint("with --rpc a worker sends the notification `ready`")
	}
	if s.Ready != "" && s.Lang != "" {
		return usagef("--ready is for a COMMAND: code in %s is warm when --init has run", s.Lang)
	}
	if s.Ready != "" {
		if p.worker.Ready, err = regexp.Compile(s.Ready); err != nil {
			return usagef("--ready %q: %v", s.Ready, err)
		}
		p.worker.Protocol.Greets = true
	}
	if p.engine.InitTimeout, err = duration("init-timeout", s.InitTimeout); err != nil {
		return err
	}
	if s.InitRetries < 0 {
		return usagef("--init-retries %d: must not be negative", s.InitRetries)
	}
	if s.InitJobs < 0 {
		return usagef("--init-jobs %d: must not be negative", s.InitJobs)
	}
	p.worker.InitTimeout, p.worker.InitRetries = p.engine.InitTimeout, s.InitRetries
	p.engine.Starts = engine.Starts{Retries: s.InitRetries}
	p.engine.InitJobs = s.InitJobs
	return nil
}

func checkWorkers(s *settings, _ []string, p *plan) (err error) {
	if p.worker.Jobs, err = jobs(s.Jobs, p.worker.CPUs); err != nil {
		return err
	}
	if s.Lockstep && s.FeedAhead {
		return usagef("--lockstep and --feed-ahead exclude each other")
	}
	if s.RecycleAfter < 0 {
		return usagef("--recycle-after %d: must not be negative", s.RecycleAfter)
	}
	if s.RecycleRSS != "" {
		if p.engine.RecycleRSS, err = size("recycle-rss", s.RecycleRSS); err != nil {
			return err
		}
	}
	if s.SlotVar != "" && !variable().MatchString(s.SlotVar) {
		return usagef("--slot-var %q: not a name for a variable", s.SlotVar)
	}
	e := &p.engine
	e.SpareCPU = p.worker.Jobs < p.worker.CPUs
	e.Protocol = p.worker.Protocol
	e.Jobs, e.Lockstep, e.FeedAhead, e.RecycleNum = p.worker.Jobs, s.Lockstep || e.Protocol.Lockstep, s.FeedAhead, s.RecycleAfter
	return nil
}

var variable = lazily(`^[A-Za-z_][A-Za-z0-9_]*$`)
