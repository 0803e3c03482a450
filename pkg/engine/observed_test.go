package engine

import (
	"fmt"
	"sync"

	"stoke/pkg/event"
)

// observed counts what is told.
type observed struct {
	mu                                    sync.Mutex
	begun, started, warm, ended           int
	done, failed, retried, sent, received int64
	jobs                                  map[int64]int // how often each item was told of by itself
}

func (o *observed) tell(e event.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch e := e.(type) {
	case *event.Begun:
		o.begun++
	case *event.Started:
		o.started++
	case *event.Warm:
		o.warm++
	case *event.Ended:
		o.ended++
	case *event.Done:
		o.done += int64(e.N)
		o.sent += e.Sent
		o.received += e.Received
	case *event.Answered:
		o.jobs[e.Seq]++
	case *event.Failed:
		o.failed++
		o.jobs[e.Seq]++
	case *event.Retried:
		o.retried++
	}
}

// observe makes a trial be observed.
func (t *trial) observe() *observed {
	o := &observed{jobs: make(map[int64]int)}
	t.Tell, t.TellEach = event.All(t.tell, o.tell), true
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
	case o.begun != 1:
		return fmt.Errorf("the run began %d times", o.begun)
	case once != len(o.jobs) || int64(once) != sum.Answered+sum.Failed:
		return fmt.Errorf("%d items told of, %d of them once, in %+v", len(o.jobs), once, sum)
	}
	return nil
}
