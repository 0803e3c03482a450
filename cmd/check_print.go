package cmd

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"stoke/pkg/check"
	"stoke/pkg/queue"
)

// printer prints the findings of --check as they are made: a list, with what mends each below it.
type printer struct {
	to     io.Writer
	faults int
	err    error // of writing
}

// print writes what there is to say, until that fails.
func (p *printer) print(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.to, format, args...)
	}
}

func (p *printer) found(f check.Finding) {
	const indent = "         "
	if f.Level == check.Fault {
		p.faults++
	}
	text := fmt.Sprintf("%-8s %s\n", f.Level, strings.ReplaceAll(f.Text, "\n", "\n"+indent+"    "))
	if f.Remedy != "" {
		text += indent + "fix: " + strings.ReplaceAll(f.Remedy, "\n", "\n"+indent+"     ") + "\n"
	}
	p.print("%s", text)
}

// conclude prints the one verdict.
func (p *printer) conclude() error {
	verdict := "it will do, with these items"
	if p.faults > 0 {
		verdict = "it will not do, with these items"
	}
	p.print("result:  %s\n", verdict)
	if p.err != nil {
		return &queue.WriteError{What: "the report", Err: p.err}
	}
	return nil
}

// isCompact reports whether jq prints one line for each value with this flag.
func isCompact(word string) bool {
	return word == "--compact-output" || strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") && strings.Contains(word, "c")
}

// oneEach is what helps where COMMAND is known to answer some items not at all, or more than once; "" for others.
func oneEach(command []string) string {
	if len(command) < 2 {
		return ""
	}
	words := command[1:]
	switch name := filepath.Base(command[0]); {
	case slices.Contains(jqs, name):
		at := slices.IndexFunc(words, func(word string) bool { return !strings.HasPrefix(word, "-") })
		if at < 0 {
			return ""
		}
		lists := slices.Clone(command)
		lists[1+at] = "[" + words[at] + "]"
		if !slices.ContainsFunc(words, isCompact) {
			once := slices.Insert(slices.Clone(command), 1, "-c")
			lists = slices.Insert(lists, 1, "-c")
			return "print each value on one line: " + strings.Join(quoted(once), " ") + "; where an item gives none or several, gather them: " + strings.Join(quoted(lists), " ")
		}
		return "gather what it gives for an item in a list, which is empty where it gives nothing: " + strings.Join(quoted(lists), " ")
	case name == "grep" || name == "egrep" || name == "rg":
		pattern := words[len(words)-1]
		if strings.Contains(pattern, "/") || len(words) > 2 || len(words) == 2 && words[0] != "-v" && words[0] != "-E" {
			return ""
		}
		match := "/" + pattern + "/"
		if words[0] == "-v" {
			match = "!" + match
		}
		return emptyElse(name, match)
	case slices.Contains(awks, name):
		if len(words) > 1 || strings.Contains(words[0], "{") {
			return ""
		}
		return emptyElse(name, words[0])
	}
	return ""
}

// awks are awk and its kin.
var awks = []string{"awk", "gawk", "mawk", "nawk"}

// emptyElse says how awk answers what does not match, which that filter drops.
func emptyElse(filter, match string) string {
	return filter + " prints none where nothing matches; print an empty one then, and drop those at the end: stoke awk " +
		shellQuote(match+` { print; next } { print "" }`) + " | grep ."
}

// jqs are jq and its kin.
var jqs = []string{"jq", "gojq", "jaq"}
