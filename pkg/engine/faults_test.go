package engine

import (
	"flag"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stoke/pkg/worker"
)

var (
	faultSeed  = flag.Uint64("fault-seed", 0, "replay one seed of TestFaults")
	faultSeeds = flag.Uint64("fault-seeds", 4000, "how many seeds TestFaults tries")

	faultGolden = flag.String("fault-golden", "", "append to `FILE` what comes of each seed with one job, to compare it with what came before a change; needs GOMAXPROCS=1")
)

// TestFaults runs items that do all sorts of things to their workers, in all sorts of runs, and checks what must hold in
// each: every item is answered once and in order, only items that killed their workers fail, those that always do so
// always fail, and nothing is left. Time is that of a bubble, so that it is no matter how busy this machine is: a worker
// times out when it hangs, and never because this process was not run for a while. A bubble ends when all goroutines have.
func TestFaults(t *testing.T) {
	first, last := uint64(1), *faultSeeds
	if testing.Short() {
		last = min(last, 400)
	}
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
	items := 1 + rng.IntN(150)
	w := newWorld(rng, items)
	tr := newTrial(nil)
	starts := seed * 1000
	tr.Start = func(int, time.Duration, func() bool) (Worker, error) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.started++
		return newFaulty(w, starts+uint64(tr.started)), nil
	}
	tr.Protocol = w.speaks.speaks
	tr.Protocol.Grouped = w.speaks.failure != nil && w.buffers == whenIdle
	tr.Jobs = 1 + rng.IntN(4)
	tr.Timeout = 400 * time.Millisecond
	n := rng.IntN(3)
	tr.Retries = Retries{Died: n, TimedOut: rng.IntN(n + 1), Reported: rng.IntN(n + 1)}
	tr.Lockstep = w.buffers == eachLine && rng.IntN(4) == 0
	if rng.IntN(4) == 0 {
		tr.RetryDelay = time.Duration(rng.IntN(300)) * time.Millisecond
	}
	tr.Starts.Retries = 1000
	if rng.IntN(4) == 0 {
		tr.RecycleNum = int64(1 + rng.IntN(20))
	}
	if w.seen >= veiled { // one that only looks as if it took too long would be killed
		tr.Timeout = 0
	}
	lateStarts(tr, w, items, seed)
	tr.Format.Fill = "failed"
	printed := tr.print(rng)
	seen := tr.observe()
	if *faultGolden != "" {
		tr.Jobs = 1 // what several do depends on who is first
	}
	if *faultSeed != 0 {
		t.Logf("%d jobs, %s, sight %d, buffering %d, recycled after %d, lockstep %v", tr.Jobs, w.speaks.name, w.seen, w.buffers, tr.RecycleNum, tr.Lockstep)
	}
	began := time.Now()
	sum, err := tr.run(t, numbered(items))
	if *faultSeed != 0 {
		t.Logf("%+v\nfaults %v\ntimes %v\ndeaths %v\nwarnings:\n%s\nfailures:\n%s\nout: %.300q", tr.Options.Retries, w.faults, w.times, w.deaths, strings.Join(tr.warnings, "\n"), strings.Join(tr.failures, "\n"), tr.out.String())
	}
	golden(seed, sum, err, tr)
	replay := fmt.Sprintf("go test ./pkg/engine -run TestFaults -fault-seed=%d", seed)
	if err != nil {
		t.Errorf("%s: %v", replay, err)
		return
	}
	if err := seen.check(sum); err != nil {
		t.Errorf("%s: %v", replay, err)
	}
	checkFaults(t, replay, w, tr, items, sum, printed)
	if took := time.Since(began); took > time.Hour {
		t.Errorf("%s: the run took %v", replay, took)
	}
}

// lateStarts has workers take their time to warm up, in one of several ways. The starts of the last slot, if it is not the
// only one and there is more than one item, may never end.
func lateStarts(tr *trial, w *world, items int, seed uint64) {
	how := rand.New(rand.NewPCG(seed, 3)).IntN(4)
	if how > 1 || w.seen == blind { // an item that was sent to one that cannot be seen is its own
		return
	}
	start := tr.Start
	tr.Start = func(slot int, settle time.Duration, cancelled func() bool) (Worker, error) {
		got, err := start(slot, settle, cancelled)
		f, ok := got.(*faulty)
		switch rng := f.rng; {
		case !ok || err != nil:
		case how == 0:
			f.warmAt = time.Now().Add(time.Duration(rng.IntN(3000)) * time.Millisecond)
		case slot > 1 && slot == tr.Jobs && rng.IntN(2) == 0 && items > 1:
			f.warmAt = time.Now().Add(1000 * time.Hour)
		}
		for tr.Protocol.Greets && f.cold() {
			if time.Sleep(50 * time.Millisecond); cancelled() {
				f.Finish(0, nil)
				return nil, worker.ErrStopped
			}
		}
		return got, err
	}
}

// newWorld makes a world for so many items.
func newWorld(rng *rand.Rand, items int) *world {
	w := &world{faults: map[string]fault{}, hands: map[*faulty]bool{}, times: map[string]int{}, deaths: map[string]int{}, speaks: &dialects[0],
		buffers: writing(rng.IntN(int(bufferings))), readsAll: rng.IntN(3) > 0}
	if rng.IntN(3) == 0 {
		w.murders = 0.02
	}
	if rng.IntN(2) == 0 {
		w.speaks = &dialects[rng.IntN(len(dialects))]
		w.concurrency, w.listens = 1+rng.IntN(8), rng.IntN(2) == 0
	}
	if w.speaks.failure != nil && w.buffers == whenFull { // they are bound to answer
		w.buffers = whenIdle
	}
	if w.speaks.name == "JSON-RPC" {
		w.buffers = eachLine // each request has its time limit
	}
	if rng.IntN(2) == 0 {
		w.seen = sight(rng.IntN(int(sights)))
	}
	hung := 0
	for range rng.IntN(8) {
		item := fmt.Sprint(2 + rng.IntN(items)) // the first one is spared: see TestNeverAnswered
		f := allFaults[rng.IntN(len(allFaults))]
		switch f {
		case hangs, halfHangs:
			if hung++; hung > 2 || w.seen >= veiled { // they take their time, and without a time limit all of it
				continue
			}
		case leaves, leavesRaw: // at the end of the input that is no different from going through items without answering them
			if w.seen >= veiled {
				continue
			}
		case reports, breaks:
			if w.speaks.failure == nil {
				continue
			}
		}
		w.faults[item], w.times[item] = f, []int{1, 2, everywhere}[rng.IntN(3)]
	}
	return w
}

// golden appends to the file of that name, one line for each seed, what came of a trial.
func golden(seed uint64, sum Summary, err error, tr *trial) {
	if *faultGolden == "" {
		return
	}
	f, openErr := os.OpenFile(*faultGolden, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if openErr != nil {
		panic(openErr)
	}
	defer f.Close()
	crc := func(lines []string) uint32 { // those of a worker and its successor may come in any order
		slices.Sort(lines)
		return crc32.ChecksumIEEE([]byte(strings.Join(lines, "\n")))
	}
	out := []string{tr.out.String()}
	if tr.Unordered {
		out = strings.Split(out[0], "\n")
	}
	fmt.Fprintf(f, "%d: %+v, %v, %d workers, output %08x, warnings %08x, failures %08x\n", seed, sum, err, tr.started, crc(out), crc(tr.warnings), crc(tr.failures))
}

func checkFaults(t *testing.T, replay string, w *world, tr *trial, items int, sum Summary, printed printing) {
	answers, err := printed.read(tr.out.String())
	if err != nil || len(answers) != items {
		t.Errorf("%s: %v, %d answers for %d items; %+v", replay, err, len(answers), items, sum)
		return
	}
	failed := int64(0)
	least := min(tr.Retries.Died, tr.Retries.TimedOut, tr.Retries.Reported) + 1
	for i, answer := range answers {
		item := fmt.Sprint(i + 1)
		starved := w.faults[item] == starves
		switch {
		case answer == "failed" && starved && tr.Retries.Died > 0 && w.murders == 0:
			t.Errorf("%s: item %s failed without having been tried while all others were at rest", replay, item)
		case answer == "failed" && w.deaths[item] < least:
			t.Errorf("%s: item %s failed, but its workers were lost %d times", replay, item, w.deaths[item])
		case answer == "failed":
			failed++
		case answer != faultyAnswer(item):
			t.Errorf("%s: item %s was answered with %q", replay, item, answer)
		case w.times[item] > everywhere/2 && !starved:
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
