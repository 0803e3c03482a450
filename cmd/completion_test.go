package cmd

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// What shells offer for a flag is what the flag takes.
func TestChoicesAreTaken(t *testing.T) {
	bare(t)
	besides := map[string][]string{"lang": {"item"}, "framing": {"cat"}, "item-type": {"-lpython", "item"}, "on-error": {"cat"}, "halt": {"cat"}}
	for _, g := range flagGroups {
		for _, d := range g.settings {
			name := d.name
			for _, word := range d.words {
				if name == "completion" {
					if _, err := completion(word, groups()); err != nil {
						t.Errorf("--completion %s: %v", word, err)
					}
					continue
				}
				s, args, err := read(t, append([]string{"--" + name + "=" + word}, besides[name]...)...)
				if err == nil {
					_, err = planOf(s, args)
				}
				if err != nil {
					t.Errorf("--%s %s is offered, but: %v", name, word, err)
				}
			}
		}
	}
}

// Every flag is offered once, in each of its forms; files are offered where the help says FILE.
func TestOffers(t *testing.T) {
	all := offers(groups())
	for _, g := range groups() {
		g.flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			n := 0
			for _, o := range all {
				if o.long == f.Name && o.short == f.Shorthand && (o.value == "") == (f.NoOptDefVal != "") {
					n++
				}
			}
			if n != 1 {
				t.Errorf("--%s is offered %d times", f.Name, n)
			}
		})
	}
	var files []string
	for _, o := range all {
		if o.file {
			files = append(files, o.long)
		}
	}
	for _, name := range []string{"arg-file", "output", "failed", "config", "interpreter"} {
		if !slices.Contains(files, name) {
			t.Errorf("--%s takes a file, but these are taken to: %q", name, files)
		}
	}
}

func TestNoPlaceholderIsLeft(t *testing.T) {
	for _, shell := range shells {
		script, err := completion(shell, groups())
		if left := regexp.MustCompile(`@[A-Z]+@`).FindString(script); err != nil || left != "" || !strings.Contains(script, "init-jobs") {
			t.Errorf("the script for %s has %q in it and lacks flags: %v", shell, left, err)
		}
	}
	if _, err := completion("csh", groups()); err == nil {
		t.Error("there is no completion for csh, but no error either")
	}
}

// cobra keeps two words for itself. A COMMAND of that name is one all the same.
func TestSpareCommand(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"cat", "cat"},
		{"-j2 cat __complete", "-j2 -- cat __complete"},
		{"__complete a", "-- __complete a"},
		{"-j 2 --tag __completeNoDesc", "-j 2 --tag -- __completeNoDesc"},
		{"-j2 -- __complete", "-j2 -- __complete"},
		{"-o __complete", "-o __complete --"},
		{"--no-such-flag __complete", "--no-such-flag __complete"},
	} {
		if got := strings.Join(spareCommand(strings.Fields(tt.args)), " "); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.args, got, tt.want)
		}
	}
}
