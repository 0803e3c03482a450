package launch

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"stoke/pkg/lang"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// Spec says what a worker of this run is. It is plain, and only read: all workers share it.
type Spec struct {
	Argv    []string      // COMMAND; {%} in it is the slot
	Init    string        // sh code to run in the shell that then becomes COMMAND; or ""
	Exit    string        // sh code to run when COMMAND has ended; or ""
	Program *lang.Program // CODE, in place of all these; or nil
	Nonce   string        // by which the runner of CODE tells its own lines from those of CODE

	Ready    *regexp.Regexp // a line that says that the worker is warm; or nil
	Protocol wire.Protocol  // what it speaks
	MaxItem  int64          // bytes of an item or an answer

	Jobs    int    // how many workers there are at most
	CPUs    int    // which they share
	SlotVar string // a variable for the slot, from 0; or ""

	InitTimeout time.Duration // for getting warm; 0: none
	InitRetries int           // how often preload code is tried again
	ExitTimeout time.Duration // for Exit; 0: none
}

// Command returns what to run for a slot: its number in arguments and environment, the init code around it.
func (s *Spec) Command(slot int) worker.Command {
	n := strconv.Itoa(slot)
	argv := make([]string, len(s.Argv))
	for i, arg := range s.Argv {
		argv[i] = strings.ReplaceAll(arg, "{%}", n)
	}
	var extra []string
	if s.Program != nil {
		argv, extra = s.Program.Command(slot, s.Nonce)
	}
	if s.Init != "" {
		argv = worker.WithInit(argv, s.Init)
	}
	env := s.environment(append(extra, "STOKE_SLOT="+n), "PARALLEL_JOBSLOT="+n)
	if s.SlotVar != "" {
		env = append(env, s.SlotVar+"="+strconv.Itoa(slot-1))
	}
	return worker.Command{Argv: argv, Env: env}
}

// environment is that of a process of this run, which has variables of its own before those of the run and behind them.
func (s *Spec) environment(before []string, behind ...string) []string {
	env := append(append(os.Environ(), before...), "STOKE_JOBS="+strconv.Itoa(s.Jobs))
	return append(append(env, behind...), threads(s.Jobs, s.CPUs, inEnvironment)...)
}

// threadVars are the variables by which numerical libraries are told how many threads to use.
var threadVars = []string{"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS"}

// threads gives each of several workers its share of the CPUs, where the environment does not say otherwise: else each would
// start a thread for each CPU.
func threads(jobs, cpus int, set func(name string) bool) (env []string) {
	if jobs < 2 {
		return nil
	}
	for _, name := range threadVars {
		if !set(name) {
			env = append(env, name+"="+strconv.Itoa(max(1, cpus/jobs)))
		}
	}
	return env
}

func inEnvironment(name string) bool {
	_, is := os.LookupEnv(name)
	return is
}
