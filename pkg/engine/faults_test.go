package engine

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	faultSeed  = flag.Uint64("fault-seed", 0, "replay one seed of TestFaults")
	faultSeeds = flag.Uint64("fault-seeds", 4000, "how many seeds TestFaults tries")
)

// TestFaults runs items that do all sorts of things to their workers, in all sorts of runs, and checks what must hold in
// each: every item is answered once and in order, only items that killed their workers fail, those that always do so
// always fail, and nothing is left. Time is that of a bubble, so that it is no matter how busy this machine is: a worker
// times out when it hangs, and never because this process was not run for a while. A bubble ends when all goroutines have.
func TestFaults(t *testing.T) {
	first, last := uint64(1), *faultSeeds
	if *faultSeed != 0 {
		first, last = *faultSeed, *faultSeed
	}
	for seed := first; seed <= last && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) { tryFaults(t, seed) })
	}
}

// tryFaults tries one seed.
func tryFaults(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	w := &world{faults: map[string]fault{}, times: map[string]int{}, deaths: map[string]int{},
		buffers: buffering(rng.IntN(int(bufferings))), readsAll: rng.IntN(3) > 0}
	if rng.IntN(3) == 0 {
		w.murders = 0.02
	}
	items := 1 + rng.IntN(150)
	hung := 0
	for range rng.IntN(8) {
		item := fmt.Sprint(2 + rng.IntN(items)) // the first one is spared: see TestNeverAnswered
		f := allFaults[rng.IntN(len(allFaults))]
		if f == hangs || f == halfHangs {
			if hung++; hung > 2 { // they take their time
				continue
			}
		}
		w.faults[item], w.times[item] = f, []int{1, 2, everywhere}[rng.IntN(3)]
	}
	starts := seed * 1000
	tr := newTrial(func(start int) Worker { return newFaulty(w, starts+uint64(start)) })
	tr.Jobs = 1 + rng.IntN(4)
	tr.Timeout = 400 * time.Millisecond
	n := rng.IntN(3)
	tr.Retries = Retries{Died: n, TimedOut: rng.IntN(n + 1)}
	tr.Lockstep = w.buffers == eachLine && rng.IntN(4) == 0
	tr.InitRetries = 1000
	if rng.IntN(4) == 0 {
		tr.RecycleNum = int64(1 + rng.IntN(20))
	}
	tr.Format.Fill = "failed"
	sum, err := tr.run(t, numbered(items))
	if *faultSeed != 0 {
		t.Logf("%+v\nfaults %v\ntimes %v\ndeaths %v\nwarnings:\n%s\nfailures:\n%s\nout: %.300q", tr.Options.Retries, w.faults, w.times, w.deaths, strings.Join(tr.warnings, "\n"), strings.Join(tr.failures, "\n"), tr.out.String())
	}
	replay := fmt.Sprintf("go test ./pkg/engine -run TestFaults -fault-seed=%d", seed)
	if err != nil {
		t.Errorf("%s: %v", replay, err)
		return
	}
	checkFaults(t, replay, w, tr, items, sum)
}

func checkFaults(t *testing.T, replay string, w *world, tr *trial, items int, sum Summary) {
	lines := strings.Split(strings.TrimSuffix(tr.out.String(), "\n"), "\n")
	if len(lines) != items {
		t.Errorf("%s: %d lines for %d items; %+v", replay, len(lines), items, sum)
		return
	}
	failed := int64(0)
	for i, line := range lines {
		item := fmt.Sprint(i + 1)
		least := min(tr.Retries.Died, tr.Retries.TimedOut) + 1
		switch {
		case line == "failed" && w.deaths[item] < least:
			t.Errorf("%s: item %s failed, but its workers were lost %d times", replay, item, w.deaths[item])
		case line == "failed":
			failed++
		case line+"\n" != faultyAnswer(item):
			t.Errorf("%s: item %s was answered with %q", replay, item, line)
		case w.times[item] > everywhere/2:
			t.Errorf("%s: item %s was answered", replay, item)
		}
	}
	if sum.Failed != failed || sum.Answered != int64(items)-failed || len(tr.failures) != int(failed) {
		t.Errorf("%s: %+v, %d failures told, %d in the output", replay, sum, len(tr.failures), failed)
	}
	if w.alive != 0 {
		t.Errorf("%s: %d workers are left", replay, w.alive)
	}
}
