package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"stoke/pkg/engine"
)

// environment is what the manual says of variables, name and meaning in turn.
var environment = []string{
	"STOKE_<FLAG>", "Sets a flag: --init-jobs is STOKE_INIT_JOBS. The flag itself counts before it, the --config file after it.",
	"TMPDIR", "Where answers that wait for a slow item are kept beyond --buffer.",
	"STOKE_SLOT, PARALLEL_JOBSLOT", "In a worker: its slot, from 1.",
	"STOKE_JOBS", "In a worker: the number of workers.",
}

// files is what the manual says of files that nobody has named.
var files = []string{
	"OUT.part", "The answers of an unfinished run with --output OUT.",
	"OUT.stoke", "The journal of a run with --output OUT --resume.",
}

// document prints what the flags of actions ask for, the manual or a completion; false if they ask for neither.
func document(flags *pflag.FlagSet, to io.Writer, use string, gs []group) (asked bool, err error) {
	var text string
	shell, _ := flags.GetString("completion") // fails only without such a flag
	switch man, _ := flags.GetBool("man"); {
	case man:
		text = manual(use, gs)
	case flags.Changed("completion"):
		if text, err = completion(shell, gs); err != nil {
			return true, err
		}
	default:
		return false, nil
	}
	if _, err := io.WriteString(to, text); err != nil {
		return true, &engine.WriteError{What: "the text", Err: err}
	}
	return true, nil
}

// manual is the manual page, in the man macros of roff: what the help says, with a section for each group of flags.
// Words are not broken, so that they can be copied; it has no date, so that the same source gives the same page.
func manual(use string, gs []group) string {
	var b strings.Builder
	section := func(title string) { fmt.Fprintf(&b, ".SH %s\n", roff(strings.ToUpper(title))) }
	fmt.Fprintf(&b, ".TH STOKE 1 \"\" \"stoke %s\" \"User Commands\"\n.nh\n.ad l\n", roff(versionText()))
	section("Name")
	b.WriteString("stoke \\- xargs with warm workers\n")
	section("Synopsis")
	for _, line := range append([]string{use}, forms...) {
		b.WriteString(roff(line) + "\n.br\n")
	}
	section("Description")
	b.WriteString(roff(long) + "\n.PP\n" + roff(notes) + "\n")
	for _, g := range gs {
		section(g.title)
		g.flags.VisitAll(func(f *pflag.Flag) { b.WriteString(manualFlag(f)) })
	}
	section("Environment")
	manualList(&b, environment)
	section("Files")
	manualList(&b, files)
	section("Exit status")
	manualList(&b, statusPairs())
	section("Examples")
	b.WriteString(".nf\n" + roff(unindent(examples)) + "\n.fi\n")
	section("See also")
	b.WriteString(".BR xargs (1),\n.BR parallel (1)\n")
	return b.String()
}

// manualFlag is the entry of a flag: how it is typed, what it does, its default.
func manualFlag(f *pflag.Flag) string {
	if f.Hidden {
		return ""
	}
	value, about := pflag.UnquoteUsage(f)
	name := "\\fB" + roff("--"+f.Name) + "\\fR"
	if f.Shorthand != "" {
		name = "\\fB" + roff("-"+f.Shorthand) + "\\fR, " + name
	}
	switch {
	case value != "" && f.NoOptDefVal != "":
		name += "[=\\fI" + roff(value) + "\\fR]"
	case value != "":
		name += " \\fI" + roff(value) + "\\fR"
	}
	if zero := map[string]bool{"": true, "0": true, "false": true, "[]": true}; !zero[f.DefValue] {
		about += " (default: " + f.DefValue + ")"
	}
	return ".TP\n" + name + "\n" + roff(about) + "\n"
}

// manualList writes a list of terms and what they mean, in turn.
func manualList(b *strings.Builder, pairs []string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteString(".TP\n\\fB" + roff(pairs[i]) + "\\fR\n" + roff(pairs[i+1]) + "\n")
	}
}

// statusPairs takes the lines of statuses apart.
func statusPairs() (pairs []string) {
	for line := range strings.Lines(statuses) {
		status, meaning, _ := strings.Cut(strings.TrimSpace(line), " ")
		pairs = append(pairs, status, strings.TrimSpace(meaning))
	}
	return pairs
}

func unindent(text string) string {
	return strings.TrimPrefix(strings.ReplaceAll(text, "\n  ", "\n"), "  ")
}

// roffEscapes keep characters as they are typed: roff has typographic ideas of some.
var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, `"`, `\(dq`, "\n.", "\n\\&.")

// roff returns text such that roff prints it. No line of it is taken for a request: those begin with . or '.
func roff(text string) string {
	if strings.HasPrefix(text, ".") {
		return `\&` + roffEscapes.Replace(text)
	}
	return roffEscapes.Replace(text)
}
