package launch

import (
	"slices"
	"strings"
	"testing"

	"stoke/pkg/lang"
)

// What a slot is told by its words, its environment and the shell in front of it.
func TestCommand(t *testing.T) {
	t.Setenv("OMP_NUM_THREADS", "3")
	for _, tt := range []struct {
		name string
		spec Spec
		slot int
		argv []string // the last words
		env  []string // among the variables
	}{
		{"words", Spec{Argv: []string{"tr", "a", "b"}, Jobs: 1}, 1, []string{"tr", "a", "b"}, []string{"STOKE_SLOT=1", "STOKE_JOBS=1", "PARALLEL_JOBSLOT=1"}},
		{"the slot in words", Spec{Argv: []string{"w", "{%}", "x{%}y{%}", "{}"}, Jobs: 4}, 3, []string{"w", "3", "x3y3", "{}"}, []string{"STOKE_SLOT=3", "STOKE_JOBS=4"}},
		{"a variable, from 0", Spec{Argv: []string{"w"}, Jobs: 4, SlotVar: "GPU"}, 3, []string{"w"}, []string{"GPU=2"}},
		{"a share of the CPUs", Spec{Argv: []string{"w"}, Jobs: 2, CPUs: 8}, 1, []string{"w"}, []string{"OMP_NUM_THREADS=3", "MKL_NUM_THREADS=4"}},
		{"a shell in front", Spec{Argv: []string{"w", "{%}"}, Init: "cd /", Jobs: 1}, 1, []string{"sh", "cd /", "w", "1"}, nil},
		{"code", Spec{Program: &lang.Program{Lang: "sh", Code: "echo", Interpreter: "dash"}, Jobs: 1, Nonce: "n"}, 1, nil, []string{"STOKE_SLOT=1"}},
	} {
		c := tt.spec.Command(tt.slot)
		if got := c.Argv[len(c.Argv)-len(tt.argv):]; !slices.Equal(got, tt.argv) {
			t.Errorf("%s: %q, want %q at the end", tt.name, c.Argv, tt.argv)
		}
		for _, want := range tt.env {
			name, _, _ := strings.Cut(want, "=")
			last := ""
			for _, variable := range c.Env {
				if strings.HasPrefix(variable, name+"=") {
					last = variable
				}
			}
			if last != want {
				t.Errorf("%s: %q, want %q", tt.name, last, want)
			}
		}
	}
}

func TestThreads(t *testing.T) {
	none := func(string) bool { return false }
	omp := func(name string) bool { return name == "OMP_NUM_THREADS" }
	if got := threads(1, 8, none); got != nil {
		t.Errorf("one worker: %v", got)
	}
	if got := threads(2, 8, none); len(got) != len(threadVars) || got[0] != "OMP_NUM_THREADS=4" {
		t.Errorf("two workers, eight CPUs: %v", got)
	}
	if got := threads(16, 8, omp); len(got) != len(threadVars)-1 || !slices.Contains(got, "RAYON_NUM_THREADS=1") {
		t.Errorf("more workers than CPUs: %v", got)
	}
}
