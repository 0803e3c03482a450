package cmd

import (
	"stoke/pkg/engine"
	"stoke/pkg/journal"
	"stoke/pkg/launch"
)

// plan is what was typed, checked: everything in it can be done, so far as can be known before it is tried. Once it is made, nobody
// changes it.
type plan struct {
	words  []string    // COMMAND or CODE, as typed
	worker launch.Spec // what a worker is
	awaits string      // what one has not done that is not ready
	alone  bool        // each runs the --preload code itself, since this system cannot fork workers
	again  []string    // a stoke to see what becomes of one item, where the worker alone does not show it; or nil

	argFile   string // "": standard input
	delimiter []byte

	output              string // "": standard output
	resume, retryFailed bool
	resumeID            journal.Identity
	failed              string // a file; or ""
	accepted            bool   // failed items were accepted with an explicit --on-error

	watching  watching
	halt      string // as typed
	shownInit string // --init, as a hint shows it

	engine engine.Options // what is typed of them; what a run opens, and whom it tells, is added by the run
}

// watching is what a person asked to see of a run, besides its answers.
type watching struct {
	stats          bool
	trace, metrics string // files; "" for none
	joblog         string
	progress       bool // is drawn, wherever that goes
	forbidden      bool // it is not
	quiet          bool // only errors are to be told
}

// withJobs returns the same plan for another number of workers.
func (p *plan) withJobs(n int) *plan {
	other := *p
	other.worker.Jobs, other.engine.Jobs = n, n
	return &other
}
