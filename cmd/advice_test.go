package cmd

import (
	"strings"
	"syscall"
	"testing"

	"stoke/pkg/engine"
	"stoke/pkg/launch"
	"stoke/pkg/worker"
)

// What does not fit into the space for arguments and environment is not made executable by chmod.
func TestTooLargeIsNotChmod(t *testing.T) {
	p := &plan{worker: launch.Spec{Argv: []string{"cat"}}}
	for _, tt := range []struct {
		err  error
		want string
	}{{syscall.E2BIG, "ulimit -s"}, {syscall.EACCES, "chmod +x"}, {syscall.ENOEXEC, "#!"}} {
		err := &engine.InitError{Slot: 1, Err: &worker.LaunchError{Name: "cat", Err: tt.err}}
		advise(p, err)
		if !strings.Contains(err.Hint, tt.want) || tt.err == syscall.E2BIG && strings.Contains(err.Hint, "chmod") {
			t.Errorf("%v: %q, want %q in it", tt.err, err.Hint, tt.want)
		}
	}
}
