package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"stoke/pkg/worker"
)

// A successor whose start hangs leaves its predecessor at work, after a while.
func TestSuccessorHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrial(nil)
		starts := 0
		tr.Start = func(_ int, _ time.Duration, cancelled func() bool) (Worker, error) {
			if starts++; starts == 1 {
				return newFaulty(&world{hands: map[*faulty]bool{}, speaks: &dialects[0]}, 1), nil
			}
			for range 1000 {
				if time.Sleep(time.Second); cancelled() {
					return nil, worker.ErrStopped
				}
			}
			return nil, &InitError{Err: worker.ErrSlow}
		}
		tr.Jobs, tr.RecycleNum = 1, 2
		began := time.Now()
		sum, err := tr.run(t, numbered(9))
		if took := time.Since(began); err != nil || sum.Answered != 9 || took > time.Minute {
			t.Errorf("%+v, %v, in %v", sum, err, took)
		}
	})
}
