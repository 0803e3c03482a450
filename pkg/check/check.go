// Package check tries a worker out and says what is wrong with it.
//
// In come a way to start the worker, its framing and a few sample items; out comes a Report, a short list of findings in
// plain words, each fault with what mends it. Observing and judging are apart: a session (session.go) talks to one
// worker and notes in a trial what it sees; observe (observe.go) makes the trials; judge.go and answers.go turn what was
// seen into findings, and are pure.
//
// A worker is started a few times, one after the other: it is given the items one by one, then all at once in another
// order, and once it is told to terminate. Where its answers do not stay with their items, up to three more trials tell
// why. Every wait has a limit, and every worker is gone when Run returns.
package check

import (
	"context"
	"regexp"
	"time"

	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// Limits where Options give none.
const (
	DefaultInitTimeout = 30 * time.Second // until a worker begins to read
	DefaultTimeout     = 10 * time.Second // for an answer, and for what it owes at the end of its input
	DefaultMaxAnswer   = 64 << 20         // bytes
)

// Options say what to try. Start, Framing and Items are required.
type Options struct {
	Start   func() (*worker.Worker, error) // starts one more worker, warm or not; Run ends it
	Framing wire.Framing
	Items   [][]byte           // samples, at least one; only read
	Ready   *regexp.Regexp     // what the worker prints when it is warm; nil: nothing
	Show    func(lines []byte) // gets what the worker prints until then; nil: it is dropped
	Word    func(error) error  // words an error, which it wraps, for who gave these options; nil: as it is
	Found   func(Finding)      // gets each finding as soon as it is made; nil: the Report has them all
	Mend    string             // what helps where this COMMAND has not one answer for each item; "": advice for any

	InitTimeout time.Duration // 0: DefaultInitTimeout
	Timeout     time.Duration // 0: DefaultTimeout. Where a host does not show when a worker begins to read, this bounds both
	MaxAnswer   int64         // bytes; 0: DefaultMaxAnswer

	// What the run to come would be given: it decides whether some things are faults.
	Jobs      int // workers; 0: 1
	Lockstep  bool
	FeedAhead bool
	Accepts   bool // that a worker ends with a failure

	Names Names // optional

	// For tests.
	blind  bool          // act as on a host that does not show what a worker does
	budget time.Duration // 0: budget
}

// Names are what whoever gives Options calls some of them: findings name them so.
type Names struct {
	Framing, Ready, InitTimeout, Timeout, MaxAnswer, Lockstep, FeedAhead string
}

// Level ranks a finding.
type Level int

const (
	OK    Level = iota // as it should be
	Note               // good to know; the worker will do all the same
	Fault              // the worker will not do
)

func (l Level) String() string { return [...]string{"ok", "note", "fault"}[l] }

// Finding is one thing that was found out.
type Finding struct {
	Level  Level
	Text   string // what it is; may have several lines
	Remedy string // the option or change that mends it; "" if there is none, or none is needed
}

// Report is what was found out about a worker, in the order in which things happen to it.
type Report struct {
	Findings []Finding
	Start    *StartError // why it does not start; nil if it does
}

// WillDo reports whether no finding is a fault.
func (r Report) WillDo() bool { return r.Faults() == 0 }

// Faults is the number of findings that are faults.
func (r Report) Faults() (n int) {
	for _, f := range r.Findings {
		if f.Level == Fault {
			n++
		}
	}
	return n
}

// StartError says why a worker does not start.
type StartError struct {
	Pid  int          // 0: there was never a process
	Err  error        // *worker.LaunchError, worker.ErrEnded, worker.ErrSlow, or an error of the system
	Exit *worker.Exit // if there was a process
}

func (e *StartError) Error() string { return e.Err.Error() }

func (e *StartError) Unwrap() error { return e.Err }

// Run tries the worker out. It takes at most a few times the limits of o, as a rule a second or two, and leaves no
// process behind. A worker that does not start is no error but a fault in the Report; an error is one of the system, or
// the cause of ctx once that is cancelled.
func Run(ctx context.Context, o Options) (Report, error) {
	o = withDefaults(o)
	var findings []Finding
	tell := func(fs []Finding) {
		findings = append(findings, fs...)
		for _, f := range fs {
			o.Found(f)
		}
	}
	seen, err := observe(ctx, &o, tell)
	if ctx.Err() != nil {
		return Report{}, context.Cause(ctx)
	}
	if err != nil {
		return Report{}, err
	}
	return Report{Findings: findings, Start: seen.alone.start}, nil
}

func withDefaults(o Options) Options {
	if o.InitTimeout <= 0 {
		o.InitTimeout = DefaultInitTimeout
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxAnswer <= 0 {
		o.MaxAnswer = DefaultMaxAnswer
	}
	if o.Show == nil {
		o.Show = func([]byte) {}
	}
	if o.Word == nil {
		o.Word = func(err error) error { return err }
	}
	if o.Found == nil {
		o.Found = func(Finding) {}
	}
	if o.budget <= 0 {
		o.budget = budget
	}
	o.Jobs = max(o.Jobs, 1)
	return o
}
