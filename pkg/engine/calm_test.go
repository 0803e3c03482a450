package engine

import (
	"strings"
	"testing"
	"time"

	"stoke/pkg/source"
)

// newDispatched returns the dispatch of a run with so many slots and this input, of which all slots have been woken once.
func newDispatched(t *testing.T, jobs int, input string) (*Engine, []*waiter) {
	tr := newTrial(func(int) Worker { return newFake(echo) })
	tr.Jobs = jobs
	e := New(tr.Options)
	waiters := make([]*waiter, jobs)
	for i, r := range e.runners {
		waiters[i] = r.waiter
	}
	src := e.dispatch.open(strings.NewReader(input), 1<<20, waiters)
	t.Cleanup(src.Close)
	return e, waiters
}

// takeSoon takes one item, and waits until the input has been read.
func (d *dispatch) takeSoon(w *waiter, want need) (b *batch, state source.State) {
	want.most = 1
	for range 1000 {
		if b, state = d.take(w, want); state != source.Empty || d.intake.isOver() {
			return b, state
		}
		time.Sleep(time.Millisecond)
	}
	return b, state
}

// At the end of the input, a worker that answers without being given more waits for what others try again, by itself or
// after a pause, and is woken when that is done. Others are not kept: they may answer only at the end of their input.
func TestWaitsForRetries(t *testing.T) {
	for _, pause := range []time.Duration{0, time.Hour} {
		e, w := newDispatched(t, 2, "1\n2\n")
		d := &e.dispatch
		prompt, other := need{idle: true, free: true, prompt: true}, need{idle: true, free: true}
		b, _ := d.takeSoon(w[0], other)
		last, _ := d.takeSoon(w[1], prompt)
		if b == nil || last == nil {
			t.Fatal("there are no items")
		}
		for n := 0; n < 10_000 && !d.intake.isOver(); n++ { // that nothing follows is read a little later
			time.Sleep(time.Millisecond)
		}
		b.tries, b.alone = 1, true
		d.requeue(b, pause, w[0])
		if pause == 0 {
			if got, _ := d.take(w[0], other); got != b {
				t.Fatalf("the item is not tried again, but %v", got)
			}
			if d.awaits(w[0], b, true) {
				t.Error("who tries it waits for it")
			}
		}
		if !d.awaits(w[1], last, true) || d.awaits(w[1], last, false) {
			t.Error("who has its last item in hand waits if it need not, or does not")
		}
		e.release(last)
		d.closed(last)
		if _, state := d.take(w[1], other); state != source.End {
			t.Errorf("one that may need the end of its input: state %d, want the end", state)
		}
		if _, state := d.take(w[1], prompt); state != source.Empty {
			t.Errorf("one that is prompt: state %d, want it to wait", state)
		}
		if pause > 0 {
			continue
		}
		w[1].called.Store(false)
		e.release(b)
		d.closed(b)
		if _, state := d.take(w[1], prompt); !w[1].called.Load() || state != source.End {
			t.Errorf("when all is done: woken %v, state %d", w[1].called.Load(), state)
		}
	}
}

// An item that may have ended its worker before any has answered comes when all others have been tried, also at the end of the
// input: it was tried again and again instead, as a start that failed, while another one waited.
func TestDoubtComesLast(t *testing.T) {
	e, w := newDispatched(t, 1, "1\n2\n")
	d, want := &e.dispatch, need{idle: true, free: true}
	doubted, _ := d.takeSoon(w[0], want)
	other, _ := d.takeSoon(w[0], want)
	if doubted == nil || other == nil {
		t.Fatal("there are no items")
	}
	doubted.doubt = true
	d.requeue(doubted, 0, w[0])
	d.requeue(other, 0, w[0])
	want.most = 1
	for _, due := range []*batch{other, doubted} {
		if got, _ := d.take(w[0], want); got != due {
			t.Fatalf("batch %v, want that of item %d", got, due.First)
		}
	}
}

// What is to be tried in calm is not for a worker that has to be started while one that is warm is about to ask; it is when that
// takes no more.
func TestCalmGoesToTheWarm(t *testing.T) {
	e, w := newDispatched(t, 2, "1\n")
	d := &e.dispatch
	b, _ := d.takeSoon(w[0], need{idle: true, free: true, loan: new(loan)})
	d.loans.end(d.loans.list[0])
	b.tries, b.alone, b.calm = 1, true, true
	d.setWarm(w[1], true)
	d.requeue(b, 0, w[0])
	if got, state := d.take(w[0], need{idle: true, free: true, loan: new(loan)}); got != nil || state != source.Empty {
		t.Fatalf("one without a worker: batch %v, state %d, want it to wait", got, state)
	}
	w[0].called.Store(false)
	d.setWarm(w[1], false)
	if !w[0].called.Load() {
		t.Error("it is not woken when the other takes no more")
	}
	if got, _ := d.take(w[0], need{idle: true, free: true, loan: new(loan)}); got != b || d.again != 1 || !d.calm.reigns {
		t.Errorf("it is given %v, %d are tried again, calm %v", got, d.again, d.calm.reigns)
	}
}
