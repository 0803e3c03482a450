package cmd

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// foreign says what does here what a flag of xargs or GNU parallel does there. Short names have one letter.
var foreign = []struct {
	names    string
	sentence string
}{
	{"n max-args N max-replace-args", "leave it out: a worker reads one item per line, and how many it is given at once follows from how long they take"},
	{"L max-lines", "each line is one item; for items of several lines end them in NUL (-0) or in -d STR"},
	{"I replace J R rpl", "an item is never put into the words of COMMAND, which reads items as lines; CODE has it as $item: stoke -l sh 'file \"$item\"'"},
	{"k keep-order", "leave it out: answers come in the order of the items anyway (-u prints them as they are answered)"},
	{"r no-run-if-empty", "leave it out: without items nothing is started anyway"},
	{"pipe spreadstdin pipepart pipe-part block round-robin", "leave it out, with its size: items always go to the standard input of workers"},
	{"m X xargs s max-chars", "leave it out: how many items a worker gets at once follows from how long they take"},
	{"bar eta", "--progress shows how far the run has come and when it will be done"},
	{"colsep C", "a line is one item, whatever is in it; CODE takes it apart: stoke -l python 'item.split(\"\\t\")[0]', and -l sh has cut"},
	{"t verbose v", "--tag prints each item with its answer, and --dry-run shows what would be started"},
	{"p interactive", "nothing is asked; --dry-run shows what would be started"},
	{"x", "leave it out: an item above --max-item fails alone"},
	{"E e eof", "the input ends where it ends; to end it at a line: sed '/^LINE$/Q' | stoke ..."},
	{"process-slot-var", "it is --slot-var"},
	{"g group line-buffer linebuffer lb ungroup", "leave it out: answers are whole, and in the order of the items, anyway (-u prints them as they are answered)"},
	{"tagstring", "--tag prints ITEM<TAB>ANSWER, and --json names the item"},
	{"results files", "-o OUT keeps all answers in one file, and --json says which item each belongs to"},
	{"halt-on-error", "it is --halt: soon,fail=1 for 1, now,fail=1 for 2"},
	{"c", "CODE is the word after the flags: stoke -l python 'int(item) * 2'"},
	{"header", "take the first line off before stoke: { IFS= read -r header; stoke ...; } < FILE"},
	{"recend", "it is --delimiter"},
	{"resume-failed", "it is --resume --retry-failed"},
	{"S sshlogin slf sshloginfile", "a worker is a COMMAND like any other: stoke -- ssh HOST COMMAND"},
	{"delay", "--retry-delay waits between tries, and --init-jobs bounds how many workers start at once"},
	{"load memfree", "-j bounds the number of workers, and --recycle-rss their memory"},
	{"nice", "put it before stoke: nice -n 10 stoke ..."},
	{"wd workdir", "put it into --init: stoke -i 'cd DIR' -- COMMAND"},
	{"env", "leave it out: workers have the whole environment of stoke"},
	{"shuf", "put it before stoke: shuf | stoke ..."},
	{"will-cite citation bibtex", "leave it out: nothing has to be cited here"},
	{"quote", "leave it out: no shell reads COMMAND, so nothing has to be quoted twice"},
	{"A arg-file-sep arg-sep link xapply", "items come on standard input or with -a FILE, never as arguments"},
}

// sentenceFor returns what does here what a flag does elsewhere; "" if nothing is known of it.
func sentenceFor(name string) string {
	for _, habit := range foreign {
		if slices.Contains(strings.Fields(habit.names), name) {
			return habit.sentence
		}
	}
	return ""
}

// flagError words what is wrong with a flag.
func flagError(gs []group, err error) error {
	var (
		unknown *pflag.NotExistError
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(gs, unknown)
	case errors.As(err, &value) && takes[value.GetFlag().Value.Type()].what != "":
		flag := value.GetFlag()
		kind := takes[flag.Value.Type()]
		return usagef("--%s %q: not %s", flag.Name, value.GetValue(), kind.what).withHint(kind.hint)
	}
	if errors.As(err, &value) {
		return usagef("--%s %q: %v", value.GetFlag().Name, value.GetValue(), errors.Unwrap(value))
	}
	if errors.As(err, &missing) {
		name, about := pflag.UnquoteUsage(missing.GetFlag())
		return usagef("--%s needs a value: %s", missing.GetFlag().Name, name).withHint(about)
	}
	return usagef("%v", err).withHint("see stoke --help")
}

// takes says what flags take whose values pflag reads, by its names of types.
var takes = map[string]struct{ what, hint string }{
	"bool":  {"true or false", "give the flag alone to switch it on, and =false behind it to switch it off"},
	"int":   {"a number", "say 1, 20 or 1000, without a unit"},
	"int64": {"a number", "say 1, 20 or 1000, without a unit"},
}

func unknownFlag(gs []group, err *pflag.NotExistError) error {
	name, typed, hint := err.GetSpecifiedName(), "--"+err.GetSpecifiedName(), "see stoke --help"
	short := err.GetSpecifiedShortnames()
	if short != "" {
		typed = "-" + name
	}
	sentence := sentenceFor(name)
	near := nearest(name, flagNames(gs))
	switch {
	case short != "" && len(short) > 2 && slices.Contains(flagNames(gs), short): // -tag
		typed, near = "-"+short, []string{short}
		hint = suggestion("--", near)
	case sentence != "":
		hint = sentence
	case short == "" && len(near) > 0:
		hint = suggestion("--", near)
	}
	return usagef("unknown flag %s", typed).withHint(hint)
}

func flagNames(gs []group) (names []string) {
	for _, g := range gs {
		g.flags.VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		})
	}
	return names
}

// suggestion asks whether one of these was meant.
func suggestion(prefix string, names []string) string {
	return "did you mean " + prefix + strings.Join(names, " or "+prefix) + "?"
}

// nearest returns the known names that a mistyped one may stand for: those that it abbreviates, or else the one that is the
// fewest mistakes away, if these are few.
func nearest(typed string, known []string) []string {
	const mostMeant = 3
	var meant []string
	for _, name := range known {
		stem, y := strings.CutSuffix(typed, "y")
		if len(typed) > 1 && strings.HasPrefix(name, typed) || y && stem != "" && strings.HasPrefix(name, stem+"ies") { // --retry
			meant = append(meant, name)
		}
	}
	if len(meant) > 0 && len(meant) <= mostMeant {
		return meant
	}
	best, least := "", 1+max(1, min(2, len(typed)/3))
	for _, name := range known {
		if n := mistakes(typed, name); n < least {
			best, least = name, n
		}
	}
	if best == "" {
		return nil
	}
	return []string{best}
}

// mistakes counts what must be mistyped to make b of a: letters left out, added, replaced, or two that changed places.
func mistakes(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
