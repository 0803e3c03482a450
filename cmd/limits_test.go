package cmd

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// Under a low ulimit -u the Go runtime aborts with a stack trace, status 2 and workers that were not told: it is an error before.
func TestRoomFor(t *testing.T) {
	for _, tt := range []struct {
		name       string
		jobs, left int
		want       string // or none
	}{
		{"none", 1, -3, "a run needs about 13 processes and threads, and this user may have 0 more"},
		{"one too few", 1, 12, "a run needs about 13"},
		{"enough for one", 1, 13, ""},
		{"too few for four", 4, 13, "--jobs 4 needs about 22"},
		{"enough for four", 4, 22, ""},
	} {
		err := roomFor(tt.jobs, tt.left)
		if (err != nil) != (tt.want != "") || err != nil && (!strings.Contains(err.Error(), tt.want) || statusOf(err) != statusInit) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		var limit *limitError
		if errors.As(err, &limit) && !strings.Contains(limit.hint, "ulimit -u") {
			t.Errorf("%s: hint %q", tt.name, limit.hint)
		}
	}
}

func TestEnoughSpace(t *testing.T) {
	if err := spaceIn(uint64(fewestSpace-1) << 10); err == nil || !strings.Contains(err.Error(), "(ulimit -v)") {
		t.Errorf("a limit that is too low: %v", err)
	}
	for _, limit := range []uint64{fewestSpace << 10, math.MaxUint64} {
		if err := spaceIn(limit); err != nil {
			t.Errorf("%d: %v", limit, err)
		}
	}
}
