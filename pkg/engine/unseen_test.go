package engine

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Where nothing can be seen of workers, an item that kills each of them before its first answer is not taken for failed starts
// for ever: another item shows that workers can start, and then it fails alone.
func TestPoisonUnseen(t *testing.T) {
	for _, poison := range []string{"1", "2", "3"} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{faults: map[string]fault{poison: killed}, times: map[string]int{poison: everywhere}, deaths: map[string]int{},
				hands: map[*faulty]bool{}, speaks: &dialects[0], seen: blind}
			tr := newTrial(nil)
			tr.Start = func(int, time.Duration, func() bool) (Worker, error) {
				tr.started++
				return newFaulty(w, uint64(tr.started)), nil
			}
			tr.Jobs, tr.Starts.Retries, tr.Retries.Died = 1, 2, 1
			sum, err := tr.run(t, numbered(3))
			if err != nil || sum.Answered != 2 || sum.Failed != 1 || len(tr.failures) != 1 || !strings.Contains(tr.failures[0], "died") {
				t.Errorf("poison item %s: %+v, error %v, failures %q", poison, sum, err, tr.failures)
			}
		})
	}
}
