package cmd

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// A flag of ours needs no sentence: what has one must be unknown, or the sentence would never be read.
func TestForeignFlagsAreNotOurs(t *testing.T) {
	seen := map[string]bool{}
	for _, habit := range foreign {
		for name := range strings.FieldsSeq(habit.names) {
			if seen[name] {
				t.Errorf("%s has two sentences", name)
			}
			seen[name] = true
			for _, g := range groups() {
				if g.flags.Lookup(name) != nil || utf8.RuneCountInString(name) == 1 && g.flags.ShorthandLookup(name) != nil {
					t.Errorf("%s is a flag of stoke", name)
				}
			}
		}
		if habit.sentence == "" || strings.HasSuffix(strings.TrimSuffix(habit.sentence, "..."), ".") || len(strings.Fields(habit.sentence)) > 30 {
			t.Errorf("%s: %q is no short sentence", habit.names, habit.sentence)
		}
	}
}

func TestNearest(t *testing.T) {
	known := flagNames(groups())
	for _, tt := range []struct {
		typed string
		want  []string
	}{
		{"jbos", []string{"jobs"}}, {"job", []string{"jobs", "joblog"}}, {"jobss", []string{"jobs"}}, {"delim", []string{"delimiter"}},
		{"recycle", []string{"recycle-after", "recycle-rss"}}, {"retry-fail", []string{"retry-failed"}}, {"retry", []string{"retry-failed", "retries", "retry-delay"}}, {"unorderd", []string{"unordered"}},
		{"inti", []string{"init"}}, {"frobnicate", nil}, {"x", nil}, {"", nil},
	} {
		if got := nearest(tt.typed, known); !slices.Equal(got, tt.want) {
			t.Errorf("nearest(%q) = %q, want %q", tt.typed, got, tt.want)
		}
	}
}

// Another name for a flag is that flag, whatever both say: the last counts.
func TestMaxProcsIsJobs(t *testing.T) {
	bare(t)
	for _, args := range [][]string{{"-P4", "cat"}, {"-P", "4", "cat"}, {"--max-procs=4", "cat"}, {"-j2", "-P4", "cat"}, {"-0P4", "cat"}} {
		if p, err := checked(t, args...); err != nil || p.worker.Jobs != 4 {
			t.Errorf("%q: %v, want 4 jobs", args, err)
		}
	}
}

func TestFlagErrors(t *testing.T) {
	for _, tt := range []struct {
		args              []string
		names, hint, none string
	}{
		{[]string{"-n1"}, "-n", "leave it out: a worker reads one item per line", ""},
		{[]string{"-0k"}, "-k", "in the order of the items", "-0"},
		{[]string{"--colsep", ","}, "--colsep", "a line is one item", ""},
		{[]string{"--jbos", "3"}, "--jbos", "did you mean --jobs?", ""},
		{[]string{"-tag"}, "-tag", "did you mean --tag?", ""},
		{[]string{"--frobnicate"}, "--frobnicate", "stoke --help", ""},
		{[]string{"--recycle-after", "1K"}, `--recycle-after "1K": not a number`, "without a unit", "strconv"},
		{[]string{"--tag=maybe"}, `--tag "maybe": not true or false`, "=false", "strconv"},
	} {
		gs, flags := groups(), pflag.NewFlagSet("", pflag.ContinueOnError)
		for _, g := range gs {
			flags.AddFlagSet(g.flags)
		}
		err := flags.Parse(tt.args)
		if err == nil {
			t.Errorf("%q is accepted", tt.args)
			continue
		}
		var usage *usageError
		if err = flagError(gs, err); !errors.As(err, &usage) || !strings.Contains(usage.problem, tt.names) || !strings.Contains(usage.hint, tt.hint) ||
			tt.none != "" && strings.Contains(usage.problem, tt.none) {
			t.Errorf("%q: %v, hint %q", tt.args, err, hintOf(err))
		}
	}
}
