package cmd_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	resumeSeed  = flag.Uint64("resume-seed", 0, "replay one seed of TestResumeAfterKill")
	resumeSeeds = flag.Uint64("resume-seeds", 60, "how many seeds TestResumeAfterKill tries, some five kills each")
)

// caller is a worker that notes each item it is called with in the file calls, and answers with the item and something
// that differs with each call. At the call that KILL_AT says, if any, it kills stoke.
const caller = `BEGIN { $| = 1; open C, ">>", shift; select((select(C), $| = 1)[0]) }
chomp; syswrite C, "$_\n"; select undef, undef, undef, 0.0003 if $_ % 3; print "$_ $$-", ++$k, "\n";
kill 9, getppid if $k == $ENV{KILL_AT}`

// TestResumeAfterKill kills stoke with SIGKILL a few times, at random times or after random progress, and starts it again
// until it is done: OUT then has one of the answers for each item, in order, and none was asked for again but those that
// were in flight.
func TestResumeAfterKill(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("perl"); err != nil && os.Getenv("CI") == "" {
		t.Skip("perl is not installed")
	}
	trySeeds(t, *resumeSeed, *resumeSeeds, 4, tryResume)
}

func tryResume(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 4))
	dir := t.TempDir()
	out, calls := filepath.Join(dir, "out"), filepath.Join(dir, "calls")
	items := 200 + rng.IntN(1500)
	var input strings.Builder
	for i := range items {
		fmt.Fprintln(&input, i+1)
	}
	args := []string{"-j", strconv.Itoa(1 + rng.IntN(3)), "-o", out, "--resume"}
	unordered := rng.IntN(3) == 0
	if unordered {
		args = append(args, "-u")
	}
	args = append(args, "--", "perl", "-ne", caller, calls)
	kills, most := 0, 2+rng.IntN(7)
	for done := false; !done; kills++ {
		r := stoke(input.String(), args...)
		after := time.Duration(20+rng.IntN(300)) * time.Millisecond
		if kills == most {
			after = time.Hour
		} else if rng.IntN(3) > 0 {
			after = time.Hour
			r.Env = append(r.Env, "KILL_AT="+strconv.Itoa(1+rng.IntN(items/3)))
		}
		if err := r.Start(); err != nil {
			t.Error(err)
			return
		}
		timer := time.AfterFunc(after, func() { _ = r.Process.Signal(syscall.SIGKILL) })
		status := r.status(t)
		timer.Stop()
		if done = status == 0; !done && status != -1 {
			t.Errorf("go test . -run TestResumeAfterKill -resume-seed=%d: status %d\n%s", seed, status, r.err.String())
			return
		}
	}
	answers, _ := os.ReadFile(out)
	called, _ := os.ReadFile(calls)
	if problem := wrongAnswers(string(answers), items, unordered); problem != "" {
		t.Errorf("go test . -run TestResumeAfterKill -resume-seed=%d: %s", seed, problem)
	}
	// Each worker has a few milliseconds of work in flight, here some 40 items, and may have begun with more.
	if n := strings.Count(string(called), "\n"); n > items+(kills-1)*3*100 {
		t.Errorf("go test . -run TestResumeAfterKill -resume-seed=%d: %d calls for %d items in %d runs", seed, n, items, kills)
	}
}

// wrongAnswers says what is wrong with the output of a run; nothing if it is empty.
func wrongAnswers(out string, items int, unordered bool) string {
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		item, _, ok := strings.Cut(line, " ")
		if !ok || seen[item] || !unordered && item != strconv.Itoa(i+1) {
			return fmt.Sprintf("line %d is %q", i+1, line)
		}
		seen[item] = true
	}
	if len(seen) != items {
		return fmt.Sprintf("%d answers for %d items", len(seen), items)
	}
	return ""
}
