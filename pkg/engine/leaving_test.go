package engine

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stoke/pkg/worker"
)

// Workers that have code to run at their end get the chance to when the run is stopped, and are not waited for when it is killed.
// How they end is a warning then, not what the run failed of.
func TestExitsOfARunThatIsStopped(t *testing.T) {
	stopped := errors.New("stopped")
	for _, tt := range []struct {
		name         string
		exits, kill  bool
		exit         worker.Exit
		wantClosed   bool
		wantWarnings []string
	}{
		{"nothing to run", false, false, worker.Exit{Code: 3}, false, nil},
		{"in peace", true, false, worker.Exit{}, true, nil},
		{"in trouble", true, false, worker.Exit{Code: 3}, true, []string{"worker 1 (pid 4711) ended with exit status 3 after its answers"}},
		{"what follows it in trouble", true, false, worker.Exit{After: &worker.Exit{Code: 4}}, true,
			[]string{"the exit code of worker 1 (pid 4711) ended with exit status 4"}},
		{"killed", true, true, worker.Exit{Code: 3}, true, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			tr, w := newTrial(nil), newFake(echo)
			w.exit = tt.exit
			tr.Jobs, tr.Exits, tr.Start = 1, tt.exits, func(int, time.Duration, func() bool) (Worker, error) { return w, nil }
			e := New(tr.Options)
			ctx, kill := context.WithCancelCause(t.Context())
			in, more := io.Pipe()
			ended := make(chan error, 1)
			go func() {
				_, err := e.Run(ctx, in)
				ended <- err
			}()
			_, _ = io.Copy(more, strings.NewReader("1\n"))
			synctest.Wait()
			if tt.kill {
				kill(stopped)
			} else {
				e.Stop(stopped)
				e.Stop(errors.New("a second reason"))
			}
			if err := <-ended; !errors.Is(err, stopped) {
				t.Errorf("%s: the run ended with %v", tt.name, err)
			}
			more.Close()
			kill(nil)
			if w.closed != tt.wantClosed || !w.ended {
				t.Errorf("%s: input closed %v, ended %v", tt.name, w.closed, w.ended)
			}
			if !slices.Equal(tr.warnings, tt.wantWarnings) {
				t.Errorf("%s: warnings %q, want %q", tt.name, tr.warnings, tt.wantWarnings)
			}
			if tr.out.String() != "1\n" {
				t.Errorf("%s: printed %q", tt.name, tr.out.String())
			}
		})
	}
}
