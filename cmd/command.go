package cmd

import (
	"github.com/spf13/cobra"
)

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
		p, err := planOf(s, args)
		if err != nil {
			return err
		}
		switch {
		case s.Check && s.DryRun:
			return usagef("--check and --dry-run exclude each other").withHint("--check starts a worker, --dry-run does not")
		case s.Check:
			return runCheck(p, v)
		case s.DryRun:
			return dryRun(s, p)
		}
		return run(p, v)
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
