package cmd

import (
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"stoke/pkg/manual"
	"stoke/pkg/queue"
)

// plainWidth is the width of help that goes to no terminal.
const plainWidth = 80

// document prints what the flags of actions ask for, the manual or a completion; false if they ask for neither.
func document(flags *pflag.FlagSet, to io.Writer, gs []group) (asked bool, err error) {
	var text string
	shell, _ := flags.GetString("completion") // fails only without such a flag
	switch man, _ := flags.GetBool("man"); {
	case man:
		text = manual.Page(versionText(), described(gs))
	case flags.Changed("completion"):
		if text, err = completion(shell, gs); err != nil {
			return true, err
		}
	default:
		return false, nil
	}
	return true, printText(to, text)
}

// printHelp prints the help: one screen for -h, everything for --help, a chapter where a topic is named.
func printHelp(c *cobra.Command, typed []string, gs []group) error {
	topic := strings.Join(c.Flags().Args(), " ")
	flags := typed[:max(len(typed)-c.Flags().NArg(), 0)]
	switch {
	case topic != "":
		chapter, known := manual.Find(topic)
		if !known {
			return unknownTopic(topic)
		}
		return printText(c.OutOrStdout(), chapter.Text(screen()))
	case slices.Contains(flags, "--help"):
		return printText(c.OutOrStdout(), manual.Help(screen(), described(gs)))
	}
	return printText(c.OutOrStdout(), manual.Usage())
}

func unknownTopic(topic string) error {
	all := topics()
	hint := "the topics are " + strings.Join(all, ", ")
	if near := nearest(topic, all); near != nil {
		hint = suggestion("", near)
	}
	return usagef("--help %q: no such topic", topic).withHint(hint)
}

func printText(to io.Writer, text string) error {
	if _, err := io.WriteString(to, text); err != nil {
		return &queue.WriteError{What: "the text", Err: err}
	}
	return nil
}

// screen is what standard output shows.
func screen() manual.Screen {
	size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return manual.Screen{Width: plainWidth}
	}
	dull := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	return manual.Screen{Width: int(size.Col), Bold: !dull}
}

// described tells the manual what the flags are.
func described(gs []group) (all []manual.Group) {
	zero := []string{"", "0", "false", "[]"}
	for _, g := range gs {
		to := manual.Group{Title: g.title}
		g.flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			value, about := pflag.UnquoteUsage(f)
			d := manual.Flag{Long: f.Name, Short: f.Shorthand, Value: value, About: about}
			if !slices.Contains(zero, f.DefValue) {
				d.Default = f.DefValue
			}
			to.Flags = append(to.Flags, d)
		})
		all = append(all, to)
	}
	return all
}

// version is set when a release is built.
var version string

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
