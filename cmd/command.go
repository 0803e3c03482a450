package cmd

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// version is set when a release is built.
var version string

const long = `stoke is xargs with warm workers. It starts COMMAND a few times, lets each copy
initialise once, streams items (lines of standard input) to them, and prints the
answers in input order. A worker reads one item a line and writes one line for
each, in order, until end of file. It need not flush: any 1:1 filter works.`

const examples = `  seq 5 | stoke -j2 bc -l                        any filter is a worker
  stoke -j4 python3 embed.py < texts > vectors   a model is loaded 4 times, not once an item
  find . -name '*.png' -print0 | stoke -0 --framing nul ./caption
  stoke -i '. venv/bin/activate' -- python3 w.py < in.txt
  stoke --tag -a urls.txt -o titles.tsv ./fetch-title
  CUDA_DEVICE_ORDER=PCI_BUS_ID stoke -j4 -- env CUDA_VISIBLE_DEVICES={%} ./infer < in
  seq 9 | stoke -l python -i 'a, b = 5, 6' 'int(item) + a * b'
  stoke --json --recycle-rss 2G -j+0 ./leaky < items | jq -c 'select(.seconds > 1)'`

const statuses = `  0        every item was answered
  1        stoke itself failed: input, output, or a worker broke its protocol
  2        wrong usage
  123      some items failed, all others were answered
  124      stopped early by --halt on failures or by --on-error stop
  125      workers could not be initialised
  126,127  COMMAND cannot be run, was not found
  128+N    ended by signal N (130, 143; 141: the reader of the output went away)`

// forms are the usages besides the first.
var forms = []string{"stoke [flags] --lang LANG CODE", "stoke [flags] --check -- COMMAND [ARG...]"}

const notes = `Every flag can also be set in the environment (--init-jobs is STOKE_INIT_JOBS) and by the key
of its name in the --config file. Flags stop at the first word that is not one.
{%} in an ARG is the worker's slot (1..N); its environment has STOKE_SLOT and STOKE_JOBS.
SIZE takes K, M, G, T (powers of 1024); D takes ms, s, m, h.`

func newCommand(v *voice) *cobra.Command {
	gs := groups()
	c := &cobra.Command{
		Use:                   "stoke [flags] [--] COMMAND [ARG...]",
		Version:               versionText(),
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		Args:                  cobra.ArbitraryArgs,
		CompletionOptions:     cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if asked, err := document(c.Flags(), c.OutOrStdout(), c.UseLine(), gs); asked {
			return err
		}
		s, err := load(gs)
		if err == nil {
			err = checkIdle(gs, s, args)
		}
		if err != nil {
			return err
		}
		o, err := s.check(args)
		if err != nil {
			return err
		}
		switch {
		case s.Check && s.DryRun:
			return usagef("--check and --dry-run exclude each other").withHint("--check starts a worker, --dry-run does not")
		case s.Check && (o.program != nil || o.speech != nil):
			return usagef("--check tries filters: it cannot be given with --lang, --rpc or --send").
				withHint("these say themselves what is wrong: give one item, as in echo ITEM | stoke -j1 ...")
		case s.Check:
			return runCheck(o, v)
		case s.DryRun:
			return dryRun(s, o)
		}
		return run(o, v)
	}
	c.Flags().SetInterspersed(false)
	c.Flags().SortFlags = false
	for _, g := range gs {
		c.Flags().AddFlagSet(g.flags)
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return flagError(gs, err)
	})
	c.SetHelpFunc(func(c *cobra.Command, _ []string) { fmt.Fprint(c.OutOrStdout(), help(c.UseLine(), gs)) })
	return c
}

// help is the whole help: what it is, examples, the flags by task, environment and statuses.
func help(use string, gs []group) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n  %s\n\nExamples:\n%s\n", long, use, strings.Join(forms, "\n  "), examples)
	for _, g := range gs {
		fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.flags.FlagUsages())
	}
	fmt.Fprintf(&b, "\n%s\n\nExit status:\n%s\n", notes, statuses)
	return b.String()
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return builtFrom(info)
	}
	return "(unknown)"
}

// builtFrom names what a build that is no release was made from: of a checkout its commit.
func builtFrom(info *debug.BuildInfo) string {
	vcs := map[string]string{}
	for _, s := range info.Settings {
		vcs[s.Key] = s.Value
	}
	name, commit := info.Main.Version, vcs["vcs.revision"]
	commit = commit[:min(len(commit), 12)]
	if name == "" || commit != "" && strings.Contains(name, commit) {
		name = "(devel)"
	}
	if commit != "" {
		day, _, _ := strings.Cut(vcs["vcs.time"], "T")
		name += ", commit " + commit + " of " + day
	}
	if vcs["vcs.modified"] == "true" {
		name += ", with changes"
	}
	return name
}
