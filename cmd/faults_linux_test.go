package cmd_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var (
	faultSeed  = flag.Uint64("fault-seed", 0, "replay one seed of TestFaultsOfProcesses")
	faultSeeds = flag.Uint64("fault-seeds", 40, "how many seeds TestFaultsOfProcesses tries")
)

// run is stoke with real workers, as a user would start it.
type run struct {
	*exec.Cmd
	out, err bytes.Buffer
}

func stoke(input string, args ...string) *run {
	r := &run{Cmd: exec.Command("stoke", args...)}
	r.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "GOTRACEBACK=none")
	r.Stdin, r.Stdout, r.Stderr = strings.NewReader(input), &r.out, &r.err
	return r
}

// status runs to the end and returns the exit status.
func (r *run) status(t *testing.T) int {
	t.Helper()
	err := r.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return r.ProcessState.ExitCode()
}

// workers lists the processes that a process of ours has started and that have not ended.
func workers(parent int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, field := range strings.Fields(string(text)) {
			pid, _ := strconv.Atoi(field)
			pids = append(pids, pid)
		}
	}
	return pids
}

// TestWorkersKilledAtRandom kills a worker every 50 ms. Nothing is lost, no item fails, nothing is out of order. A worker may be
// hit after its last answer, which is accepted as a failed item would be.
func TestWorkersKilledAtRandom(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it maps four million items")
	}
	if _, err := exec.LookPath("perl"); err != nil && os.Getenv("CI") == "" {
		t.Skip("perl, which starts quickly, is not installed")
	}
	const slow = "select undef, undef, undef, 0.0002;"
	kinds := []struct {
		name  string
		items int
		words []string
	}{
		{"fast, flushed", 2_000_000, []string{"perl", "-pe", "$| = 1"}},
		{"fast, buffered", 2_000_000, []string{"perl", "-pe", "1"}},
		{"slow, flushed", 8_000, []string{"perl", "-pe", "$| = 1; " + slow}},
		{"slow, buffered", 8_000, []string{"perl", "-pe", slow}},
		{"forked", 12_000, []string{"--lang", "perl", "--preload", "my $n = 1", "select undef, undef, undef, 0.002; $n * $item"}}, // the process that forks them is killed, too
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			var input strings.Builder
			for i := range kind.items {
				fmt.Fprintln(&input, i)
			}
			var out counter
			r := stoke(input.String(), "-j4", "--retries", "20", "--init-retries", "20", "--on-error", "fill")
			r.Args = append(r.Args, kind.words...)
			r.Stdout = io.MultiWriter(&r.out, &out)
			if err := r.Start(); err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			var killer sync.WaitGroup
			killer.Go(func() { killSome(r.Process.Pid, &out, done) })
			status := r.status(t)
			close(done)
			killer.Wait()
			hitLate := status == 123 && strings.Contains(r.err.String(), "after its answers")
			if status != 0 && !hitLate || r.out.String() != input.String() {
				t.Errorf("status %d, %d of %d bytes out\n%.2000s", status, r.out.Len(), input.Len(), r.err.String())
			}
		})
	}
}

// counter counts the bytes written to it.
type counter struct{ atomic.Int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.Add(int64(len(p)))
	return len(p), nil
}

// killSome kills a worker of stoke every 50 ms until it is done, or every second while out does not grow: where workers
// take longer to start than that, as on a busy machine, nobody would get anywhere.
func killSome(stoke int, out *counter, done <-chan struct{}) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var have int64
	for last := time.Now(); ; {
		select {
		case <-done:
			return
		case now := <-tick.C:
			n, pids := out.Load(), workers(stoke)
			if len(pids) == 0 || n == have && now.Sub(last) < time.Second {
				continue
			}
			have, last = n, now
			_ = syscall.Kill(pids[rand.IntN(len(pids))], syscall.SIGKILL)
		}
	}
}

// acts are what items may do to their worker; the first ones do no harm.
var acts = []string{"slow", "kill", "segv", "group", "exit", "leave", "halfdie", "close", "fork", "hang", "half"}

const harmless = 1

// TestFaultsOfProcesses feeds items that do all sorts of things to real workers: exactly those fail, all others are
// answered, in order, and no process is left.
func TestFaultsOfProcesses(t *testing.T) {
	t.Parallel()
	trySeeds(t, *faultSeed, *faultSeeds, 6, tryProcesses)
}

// trySeeds tries the seeds from 1 to last, some at once, or only the one to be replayed; with -short only the first.
func trySeeds(t *testing.T, only, last, atOnce uint64, try func(*testing.T, uint64)) {
	if testing.Short() && only == 0 {
		only = 1
	}
	if only != 0 {
		try(t, only)
		return
	}
	var groups sync.WaitGroup
	for g := range atOnce {
		groups.Go(func() {
			for seed := g + 1; seed <= last && !t.Failed(); seed += atOnce {
				try(t, seed)
			}
		})
	}
	groups.Wait()
}

func tryProcesses(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 3))
	var input, want strings.Builder
	failed := 0
	buffered := rng.IntN(2) == 0
	hung := buffered || rng.IntN(3) > 0 // items that hang take their time, the more the less is known of their worker
	for i := range 2 + rng.IntN(120) {
		item := strconv.Itoa(i)
		answer := item
		if i > 0 && rng.IntN(30) == 0 {
			act := rng.IntN(len(acts))
			if acts[act] == "hang" || acts[act] == "half" || acts[act] == "close" {
				if hung {
					act = 0
				}
				hung = true
			}
			item += " " + acts[act]
			answer = item
			if act >= harmless {
				answer = "-"
				failed++
			}
		}
		input.WriteString(item + "\n")
		want.WriteString(answer + "\n")
	}
	args := []string{"-j", strconv.Itoa(1 + rng.IntN(4)), "--timeout", "3s", "--on-error", "fill=-", "--retries", strconv.Itoa(rng.IntN(2))}
	if rng.IntN(4) == 0 {
		args = append(args, "--recycle-after", strconv.Itoa(10+rng.IntN(50)))
	}
	args = append(args, "fake", "act", "mark=seed"+strconv.FormatUint(seed, 10)+"of"+strconv.Itoa(os.Getpid()))
	if buffered {
		args = append(args, "buffer")
	}
	r := stoke(input.String(), args...)
	if err := r.Start(); err != nil {
		t.Error(err)
		return
	}
	wanted := 0
	if failed > 0 {
		wanted = 123
	}
	if status := r.status(t); status != wanted || r.out.String() != want.String() {
		t.Errorf("go test . -run TestFaultsOfProcesses -fault-seed=%d: stoke %s: status %d, want %d\n%.3000s\n%s", seed,
			strings.Join(args, " "), status, wanted, r.err.String(), firstDifference(r.out.String(), want.String()))
	}
	if left := processes(args[len(args)-1]); len(left) > 0 {
		t.Errorf("go test . -run TestFaultsOfProcesses -fault-seed=%d: left behind: %v", seed, left)
	}
}

// firstDifference shows where two outputs part.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d is %q, want %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// processes lists those with word among their arguments that have not ended, but for stoke itself.
func processes(word string) (found []string) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range all {
		text, err := os.ReadFile(name)
		words := strings.Split(string(text), "\x00")
		if err == nil && strings.HasPrefix(word, "mark=") && filepath.Base(words[0]) == "fake" && strings.Contains(string(text), word) {
			found = append(found, strings.Join(words, " "))
		}
	}
	return found
}
