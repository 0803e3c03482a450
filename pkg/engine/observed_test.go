package engine

import (
	"fmt"
	"sync"
	"time"
)

// observed is an Observer that counts.
type observed struct {
	mu                                    sync.Mutex
	started, warm, ended                  int
	done, failed, retried, sent, received int64
	jobs                                  map[int64]int // how often each item was told of as done
}

func (o *observed) Started(int, int, time.Time)           { o.count(func() { o.started++ }) }
func (o *observed) Warm(int, int, time.Duration)          { o.count(func() { o.warm++ }) }
func (o *observed) Retried(int, int64, time.Time, string) { o.count(func() { o.retried++ }) }

func (o *observed) Done(_ int, _ int64, n int, _ time.Time, _ time.Duration, sent, received int64) {
	o.count(func() {
		o.done += int64(n)
		o.sent += sent
		o.received += received
	})
}

func (o *observed) Failed(int, int64, string, int, int, int, time.Time, time.Duration, string) {
	o.count(func() { o.failed++ })
}

func (o *observed) Ended(int, int, time.Time, string, bool) { o.count(func() { o.ended++ }) }

func (o *observed) job(seq int64, _ []byte, _ time.Time, _ time.Duration, _, _, _, _ int) {
	o.count(func() { o.jobs[seq]++ })
}

func (o *observed) count(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

// observe makes a trial be observed.
func (t *trial) observe() *observed {
	o := &observed{jobs: make(map[int64]int)}
	t.Observe, t.Job = o, o.job
	return o
}

// check says what was told that does not fit the run.
func (o *observed) check(sum Summary) error {
	once := 0
	for _, n := range o.jobs {
		if n == 1 {
			once++
		}
	}
	switch {
	case o.done != sum.Answered || o.failed != sum.Failed || o.retried != sum.Retried:
		return fmt.Errorf("%d done, %d failed, %d retried in %+v", o.done, o.failed, o.retried, sum)
	case o.started != o.ended || o.warm > o.started:
		return fmt.Errorf("%d workers started, %d were warm, %d ended", o.started, o.warm, o.ended)
	case once != len(o.jobs) || int64(once) != sum.Answered+sum.Failed:
		return fmt.Errorf("%d items told of, %d of them once, in %+v", len(o.jobs), once, sum)
	}
	return nil
}
