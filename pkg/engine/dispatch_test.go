package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"stoke/pkg/source"
)

// A loan is in the list if it has a batch, and not otherwise, whatever is done with it, in whatever order; what comes first
// among those not sent may be taken over, what was sent is asked for once.
func TestLoans(t *testing.T) {
	var ls loans
	rung := 0
	ring := func() { rung++ }
	check := func(after string, want int) {
		t.Helper()
		if len(ls.list) != want {
			t.Errorf("after %s: %d loans, want %d", after, len(ls.list), want)
		}
		for _, l := range ls.list {
			if l.batch == nil {
				t.Errorf("after %s: a loan without a batch", after)
			}
		}
	}
	first, alone, sent := new(loan), new(loan), &loan{ring: ring}
	ls.lend(sent, &batch{Batch: source.Batch{First: 1}})
	ls.lend(alone, &batch{Batch: source.Batch{First: 2}, alone: true})
	ls.lend(first, &batch{Batch: source.Batch{First: 3}})
	check("three were lent", 3)
	if l := ls.oldestUnsent(true); l != alone {
		t.Error("an idle worker does not get the oldest")
	}
	if l := ls.oldestUnsent(false); l != first {
		t.Error("one that is not idle gets what must be alone")
	}
	twice := ls.recall()
	if twice = ls.recall() && twice; !twice || rung != 1 || !sent.wanted || first.wanted {
		t.Errorf("rung %d times for what was sent, want 1; wanted %v, %v", rung, sent.wanted, first.wanted)
	}
	for _, l := range ls.unsent() {
		if b, wanted := ls.end(l); b == nil || wanted {
			t.Errorf("batch %v, wanted %v", b, wanted)
		}
	}
	check("those not sent have ended", 1)
	if b, _ := ls.end(first); b != nil {
		t.Error("it ends twice")
	}
	ls.lend(first, &batch{Batch: source.Batch{First: 3}})
	ls.condemn()
	if first.late || !sent.late {
		t.Errorf("late: not sent %v, sent %v", first.late, sent.late)
	}
	ls.lapse()
	if b, wanted := ls.end(sent); b == nil || !wanted || !sent.lapsed || sent.wanted || first.lapsed {
		t.Errorf("batch %v, wanted %v, lapsed %v and %v", b, wanted, sent.lapsed, first.lapsed)
	}
	check("all but one", 1)
	if ls.recall() {
		t.Error("what was not sent may be given back")
	}
}

// What was given back comes in the order of its items; what must be alone is for one that is idle, or the one that makes room
// for it; what is in doubt comes when other items have been tried.
func TestRetries(t *testing.T) {
	var r retries
	a, b := &waiter{slot: 1}, &waiter{slot: 2}
	at := func(first int64) *batch { return &batch{Batch: source.Batch{First: first, N: 1}} }
	alone, doubt := at(2), at(1)
	alone.alone, doubt.doubt = true, true
	for _, b := range []*batch{at(3), alone, doubt, at(9), at(4)} {
		r.add(b)
	}
	steps := []struct {
		name     string
		who      *waiter
		idle     bool
		doubtful bool
		at       int
		room     bool
	}{
		{"one that is idle gets the oldest beyond doubt", a, true, false, 1, false},
		{"the oldest at all, when others have been tried", a, true, true, 0, false},
		{"one that is not idle makes room", a, false, false, -1, true},
		{"the same again", a, false, false, -1, true},
		{"another need not, and gets the next", b, false, false, 2, false},
	}
	for _, s := range steps {
		if at, room := r.choose(s.who, s.idle, s.doubtful); at != s.at || room != s.room {
			t.Errorf("%s: place %d, room %v; want %d, %v", s.name, at, room, s.at, s.room)
		}
	}
	if r.notServing(b) || !r.notServing(a) || r.server != nil {
		t.Error("who makes room, and will not, is not known")
	}
	r.serve(a, at(3))
	r.serve(b, alone)
	r.serve(a, alone)
	if r.server != b {
		t.Error("it is not for the first that is about to look")
	}
	for _, want := range []int64{1, 2, 3, 4, 9} {
		if b := r.remove(0); b.First != want {
			t.Errorf("item %d, want %d", b.First, want)
		}
		if (r.server == nil) != (want >= 2) {
			t.Errorf("after item %d: somebody serves %v", want, r.server != nil)
		}
	}
}

// What waits for its time is due once, and not when its pause was cut short.
func TestPostponed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r retries
		due := 0
		late, early := &batch{}, &batch{calm: true}
		r.postpone(early, time.Second, func() { due++ })
		r.postpone(late, time.Hour, func() { due++ })
		time.Sleep(time.Minute)
		synctest.Wait()
		if !r.isDue(early) || r.isDue(early) || due != 1 || len(r.ready) != 1 || r.oldestCalm() != 0 {
			t.Errorf("%d are due, %d ready", due, len(r.ready))
		}
		if all := r.cutShort(); len(all) != 1 || all[0] != late || r.isDue(late) || len(r.later) > 0 {
			t.Errorf("%d pauses were cut short", len(all))
		}
		time.Sleep(2 * time.Hour)
		if due != 1 {
			t.Error("a pause that was cut short has come to its end")
		}
	})
}

// An item is tried in calm when nothing is in hand: until it is done all others rest.
func TestCalm(t *testing.T) {
	var c calm
	steps := []struct {
		name  string
		waits bool
		out   int
		idle  bool
		want  hush
	}{
		{"nothing waits for calm", false, 3, false, goOn},
		{"one waits, and this worker has something in hand", true, 2, false, finishFirst},
		{"this one has nothing, others have", true, 2, true, rest},
		{"nobody has anything", true, 0, true, tryIt},
		{"it is being tried", false, 1, true, rest},
		{"another one waits meanwhile", true, 1, true, rest},
	}
	for _, s := range steps {
		if got := c.enter(s.waits, s.out, s.idle); got != s.want {
			t.Errorf("%s: %d, want %d", s.name, got, s.want)
		}
	}
	if !c.leave() || c.leave() {
		t.Error("calm does not end once")
	}
}
