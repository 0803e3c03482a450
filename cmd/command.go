package cmd

import (
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// version is set when a release is built.
var version string

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
		if asked, err := document(c.Flags(), c.OutOrStdout(), gs); asked {
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
	return c
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
