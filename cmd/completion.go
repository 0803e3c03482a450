package cmd

import (
	_ "embed"
	"slices"
	"strings"

	"stoke/pkg/manual"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The scripts are static: a shell that completes never runs stoke, and leaves the words behind COMMAND to COMMAND's own
// completion. Lines in which @NAME@ stands are filled in here, from the flags.
var (
	//go:embed completion.bash
	bashScript string
	//go:embed completion.zsh
	zshScript string
	//go:embed completion.fish
	fishScript string
)

// takesFile are the names that the help has for values which are names of files.
var takesFile = []string{"FILE", "OUT", "PATH"}

// offer is what shells may offer: a flag, and what it takes.
type offer struct {
	long, short string // without dashes; short may be ""
	about       string
	value       string // the name of what it takes; "": nothing
	words       []string
	file, many  bool
}

// names returns the flag as it may be typed.
func (o *offer) names() []string {
	if o.short == "" {
		return []string{"--" + o.long}
	}
	return []string{"-" + o.short, "--" + o.long}
}

func offers(gs []group) (all []*offer) {
	for _, g := range gs {
		for i := range g.settings {
			s := &g.settings[i]
			f := g.flags.Lookup(s.name)
			if s.kind == alias {
				continue
			}
			value, about := pflag.UnquoteUsage(f)
			all = append(all, &offer{
				long: f.Name, short: f.Shorthand, about: about, value: value,
				words: s.words, file: slices.Contains(takesFile, value), many: s.kind == list,
			})
		}
	}
	return all
}

// completion returns the script that makes a shell complete the words of stoke.
func completion(shell string, gs []group) (string, error) {
	all := offers(gs)
	switch shell {
	case "bash":
		return fill(bashScript, all, bashValues(all)), nil
	case "zsh":
		return fill(zshScript, all, zshSpecs(all)), nil
	case "fish":
		return fill(fishScript, all, fishFlags(all)), nil
	}
	return "", usagef("--completion %q: unknown shell", shell).withHint("it is one of " + strings.Join(shells, ", "))
}

// fill puts into a script what it needs to tell flags, their values and COMMAND apart, and lines of the shell's own.
func fill(script string, all []*offer, lines string) string {
	var flags, valued []string
	var plain, taking string
	for _, o := range all {
		flags = append(flags, o.names()...)
		if o.value != "" {
			valued = append(valued, "--"+o.long)
			taking += o.short
		} else {
			plain += o.short
		}
	}
	return strings.NewReplacer(
		"@FLAGS@", strings.Join(flags, " "), "@VALUED@", strings.Join(valued, " "),
		"@TOPICS@", strings.Join(topics(), " "), "@PLAIN@", plain, "@TAKING@", taking, "@LINES@\n", lines,
	).Replace(script)
}

// bashValues returns the cases of a case statement: one a flag that takes something known, all in one for files.
func bashValues(all []*offer) string {
	var b strings.Builder
	var files []string
	for _, o := range all {
		switch {
		case o.file:
			files = append(files, o.names()...)
		case o.words != nil:
			b.WriteString("\t" + strings.Join(o.names(), " | ") + ") COMPREPLY=($(compgen -W '" + strings.Join(o.words, " ") + "' -- \"$2\")) ;;\n")
		}
	}
	return b.String() + "\t" + strings.Join(files, " | ") + ") _stoke_default \"$2\" ;;\n"
}

// zshSpecs returns arguments for _arguments, one a flag.
func zshSpecs(all []*offer) string {
	var b strings.Builder
	about := strings.NewReplacer("'", `'\''`, `\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`)
	for _, o := range all {
		short, long, action := "-"+o.short, "--"+o.long, ""
		exclude, value := "'("+strings.Join(o.names(), " ")+")'", ""
		if o.value != "" {
			short, long = short+"+", long+"="
			switch {
			case o.file:
				action = "_files"
			case o.words != nil:
				action = "(" + strings.Join(o.words, " ") + ")"
			default:
				action = " "
			}
			value = ":" + o.value + ":" + action
		}
		if o.many {
			exclude = "'*'"
		}
		names := long
		if o.short != "" {
			names = "{" + short + "," + long + "}"
		}
		b.WriteString("\t\t" + exclude + names + "'[" + about.Replace(o.about) + "]" + value + "' \\\n")
	}
	return b.String()
}

// fishFlags returns calls of complete, one a flag.
func fishFlags(all []*offer) string {
	var b strings.Builder
	for _, o := range all {
		b.WriteString("complete -c stoke -n __stoke_at_flags")
		if o.short != "" {
			b.WriteString(" -s " + o.short)
		}
		b.WriteString(" -l " + o.long)
		switch {
		case o.file:
			b.WriteString(" -r -F")
		case o.words != nil:
			b.WriteString(" -x -a '" + strings.Join(o.words, " ") + "'")
		case o.value != "":
			b.WriteString(" -x")
		}
		b.WriteString(" -d '" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(o.about) + "'\n")
	}
	return b.String()
}

// spareCommand puts -- in front of a COMMAND that cobra would take for a request of its own scripts, which we do not use.
func spareCommand(args []string) []string {
	ours := func(arg string) bool {
		return arg == cobra.ShellCompRequestCmd || arg == cobra.ShellCompNoDescRequestCmd
	}
	if !slices.ContainsFunc(args, ours) {
		return args
	}
	flags := set()
	flags.SetInterspersed(false)
	for _, g := range groups() {
		flags.AddFlagSet(g.flags)
	}
	if flags.Parse(args) != nil || flags.ArgsLenAtDash() >= 0 {
		return args
	}
	at := len(args) - flags.NArg()
	return slices.Concat(args[:at], []string{"--"}, args[at:])
}

// topics are what --help can be asked about.
func topics() (names []string) {
	for _, chapter := range manual.Chapters() {
		names = append(names, chapter.Name)
	}
	return names
}
