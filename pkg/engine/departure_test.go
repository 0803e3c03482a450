package engine

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/worker"
)

// Who takes long to end is told of, each once, and those that began to end later are told of later.
func TestDeparturesThatTakeLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told [][]int
		ds := departures{patience: 10 * time.Second, tell: func(e event.Event) {
			mu.Lock()
			defer mu.Unlock()
			var slots []int
			for _, w := range e.(*event.Lingering).Workers {
				if slots = append(slots, w.Slot); w.For < 5*time.Second {
					t.Errorf("worker %d is told of after %v", w.Slot, w.For)
				}
			}
			slices.Sort(slots)
			told = append(told, slots)
		}}
		want := func(what string, slots ...[]int) {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.EqualFunc(told, slots, slices.Equal) {
				t.Errorf("%s: told of %v, want %v", what, told, slots)
			}
		}
		first, second := ds.begin(1, 11), ds.begin(2, 12)
		time.Sleep(9 * time.Second)
		third, quick := ds.begin(3, 13), ds.begin(4, 14)
		want("before it is long")
		time.Sleep(time.Second)
		want("when it is", []int{1, 2})
		ds.end(first)
		ds.end(quick)
		time.Sleep(time.Minute)
		want("a minute later", []int{1, 2}, []int{3})
		ds.end(second)
		ds.end(third)
		fourth := ds.begin(5, 15)
		ds.end(fourth)
		time.Sleep(time.Minute)
		want("when nobody is left", []int{1, 2}, []int{3})
	})
}

// Ends that are alike are counted, and the last of them is named.
func TestDeparturesThatFail(t *testing.T) {
	three, killed := worker.Exit{Code: 3}, worker.Exit{Forced: true}
	for _, tt := range []struct {
		ends []End
		want string
	}{
		{[]End{{Slot: 1, Pid: 11, Exit: three}}, "worker 1 (pid 11) ended with exit status 3 after its answers"},
		{[]End{{Slot: 1, Pid: 11, Exit: three}, {Slot: 2, Pid: 12, Exit: three}},
			"2 workers ended with exit status 3 after their answers, the last of them worker 2 (pid 12)"},
		{[]End{{Slot: 1, Pid: 11, Exit: three}, {Slot: 2, Pid: 12, Exit: killed}},
			"worker 1 (pid 11) ended with exit status 3 after its answers; worker 2 (pid 12) did not end in time, and had to be killed after its answers"},
		{[]End{{Slot: 1, Pid: 11, Exit: killed, Deaf: true}}, "worker 1 (pid 11) closed standard input, did not end, and had to be killed after its answers"},
		{[]End{{Slot: 1, Pid: 11, Exit: three, After: true}}, "the exit code of worker 1 (pid 11) ended with exit status 3"},
		{[]End{{Slot: 1, Pid: 11, Exit: three, After: true}, {Slot: 2, Pid: 12, Exit: three, After: true}, {Slot: 3, Pid: 13, Exit: three}},
			"the exit code of 2 workers ended with exit status 3, the last of them worker 2 (pid 12); worker 3 (pid 13) ended with exit status 3 after its answers"},
	} {
		var ds departures
		if err := ds.verdict(); err != nil {
			t.Errorf("before any has failed: %v", err)
		}
		for _, end := range tt.ends {
			end.N = 1
			ds.fail(end)
		}
		if got := ds.verdict().Error(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestTimeToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := departure{since: time.Now()}
		time.Sleep(3 * time.Second)
		for limit, want := range map[time.Duration]time.Duration{0: -1, 2 * time.Second: 0, 5 * time.Second: 2 * time.Second} {
			if left, limited := d.timeLeft(limit); left != want || limited != (limit > 0) {
				t.Errorf("of %v: %v is left, limited %v", limit, left, limited)
			}
		}
	})
}
