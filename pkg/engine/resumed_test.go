package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stoke/pkg/journal"
	"stoke/pkg/queue"
)

// A run that is stopped anywhere goes on where it was: all items have one line each, and no finished one is sent to a worker again.
func TestResumed(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) { tryResumed(t, seed) })
	}
}

func tryResumed(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 3))
	items := 1 + rng.IntN(300)
	var out strings.Builder
	kept := &record{out: &out, unordered: rng.IntN(4) == 0, next: 1}
	first := resumable(kept, rng)
	first.Halt = Halt{Now: rng.IntN(2) == 0, Of: Finished, Count: 1 + rng.Int64N(int64(items))}
	if sum, err := first.run(t, numbered(items)); err != nil && !errors.Is(err, ErrHalted) {
		t.Fatalf("seed %d: %v; %+v", seed, err, sum)
	}
	second := resumable(kept, rng)
	second.Resumed = kept.state()
	done := kept.items()
	if sum, err := second.run(t, numbered(items)); err != nil {
		t.Fatalf("seed %d, resumed: %v; %+v", seed, err, sum)
	}
	for _, item := range second.sent {
		if done[item] {
			t.Errorf("seed %d: item %d was done, and is sent again", seed, item)
		}
	}
	checkResumed(t, seed, items, kept.unordered, strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"))
}

func checkResumed(t *testing.T, seed uint64, items int, unordered bool, lines []string) {
	var want []string
	for i := 1; i <= items; i++ {
		if i%7 == 0 {
			want = append(want, "failed")
		} else {
			want = append(want, fmt.Sprint(i))
		}
	}
	if unordered {
		slices.Sort(want)
		slices.Sort(lines)
	}
	if !slices.Equal(lines, want) {
		t.Errorf("seed %d: %d lines for %d items, or others than are due", seed, len(lines), items)
	}
}

// A resumed run whose input has changed is refused, and says where.
func TestResumedWithAnotherInput(t *testing.T) {
	state := &journal.State{Next: 3, Input: journal.SumOf([]byte("1\n2\n"))}
	for input, want := range map[string]MismatchError{"1\n3\n4\n": {1, 2}, "1\n": {2, 0}} {
		tr := newTrial(func(int) Worker { return newFake(echo) })
		tr.Sink, tr.Resumed = queue.Recorded{Recorder: &record{out: &tr.out, next: 3}}, state
		_, err := tr.run(t, input)
		if got := new(MismatchError); !errors.As(err, &got) || *got != want || got.Error() == "" {
			t.Errorf("%q: %v, want %+v", input, err, want)
		}
	}
}

// resuming is a trial that knows which items were sent.
type resuming struct {
	*trial
	sent []int
}

// resumable prepares a trial whose workers echo their items. Every seventh answer is too large.
func resumable(kept *record, rng *rand.Rand) *resuming {
	r := &resuming{trial: newTrial(nil)}
	r.Start = func(int, time.Duration, func() bool) (Worker, error) {
		return newFake(func(line string) string {
			item, _ := strconv.Atoi(line)
			r.mu.Lock()
			r.sent = append(r.sent, item)
			r.mu.Unlock()
			if item%7 == 0 {
				line += strings.Repeat("!", 100)
			}
			return line + "\n"
		}), nil
	}
	r.Jobs, r.Lockstep, r.MaxItem = 1+rng.IntN(4), rng.IntN(2) == 0, 50
	r.Format.Fill, r.Sink, r.Unordered = "failed", queue.Recorded{Recorder: kept}, kept.unordered
	return r
}

// state is what a later run is told of what was kept.
func (r *record) state() *journal.State {
	s := &journal.State{Next: r.next}
	slices.SortFunc(r.written, func(a, b journal.Range) int { return int(a.First - b.First) })
	for _, w := range r.written {
		s.Input = s.Input.Then(w.Input)
	}
	if r.unordered {
		s.Done = r.written
		return s
	}
	for _, p := range r.held {
		s.Held = append(s.Held, journal.Held{First: p.First, N: p.N, Failed: len(p.Failed), Input: p.Input})
	}
	slices.SortFunc(s.Held, func(a, b journal.Held) int { return int(a.First - b.First) })
	return s
}

// items are those that were kept.
func (r *record) items() map[int]bool {
	done := map[int]bool{}
	add := func(first int64, n int) {
		for i := range n {
			done[int(first)+i] = true
		}
	}
	for _, w := range r.written {
		add(w.First, w.N)
	}
	for _, p := range r.held {
		add(p.First, p.N)
	}
	return done
}
