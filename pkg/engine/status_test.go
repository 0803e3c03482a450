package engine

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stoke/pkg/cut"
)

// The status of a run says what its workers are at, and what is done.
func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrial(nil)
		tr.Jobs, tr.Lockstep = 1, true
		asked, told := make(chan struct{}), make(chan struct{})
		w := newFake(func(line string) string {
			if line == "2" {
				close(asked)
				<-told
			}
			return line + "\n"
		})
		tr.Start = func(int, time.Duration, func() bool) (Worker, error) { return w, nil }
		e := New(tr.Options)
		if !e.Cold() || e.Outlook() != ItemsMayCome {
			t.Error("a run that has not begun is warm, or has items")
		}
		ended := make(chan error, 1)
		go func() {
			_, err := e.Run(t.Context(), strings.NewReader("1\n2\n3\n"))
			ended <- err
		}()
		<-asked
		synctest.Wait()
		s := e.Status()
		if s.Workers != 1 || s.Answered != 1 || s.BytesDone == 0 || e.Cold() || e.Outlook() != ItemsInHand {
			t.Errorf("at the second of three items: %+v, cold %v, outlook %v", s, e.Cold(), e.Outlook())
		}
		close(told)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if s := e.Status(); s.Workers != 0 || s.Answered != 3 || e.Outlook() != AllAnswered {
			t.Errorf("in the end: %+v, outlook %v", s, e.Outlook())
		}
	})
}

// sleeper is a worker that reads nothing before it is woken up, and answers nothing before that.
type sleeper struct {
	*fakeWorker
	awake atomic.Bool
}

func (s *sleeper) Read() (int64, bool) {
	if !s.awake.Load() {
		return 0, true
	}
	return s.fakeWorker.Read()
}

// The status of a run tells workers that warm up from those that work, and what the item is that has been in work for a while.
func TestStatusOfWhatTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrial(nil)
		w := &sleeper{fakeWorker: newFake(echo)}
		w.hold = true
		tr.Jobs, tr.Start = 1, func(int, time.Duration, func() bool) (Worker, error) { return w, nil }
		e := New(tr.Options)
		ended := make(chan error, 1)
		go func() {
			_, err := e.Run(t.Context(), strings.NewReader(strings.Repeat("x", 300)+"\n"))
			ended <- err
		}()
		time.Sleep(2 * time.Second)
		if s := e.Status(); s.Workers != 1 || s.Warming != 1 || s.Waiting != 0 || !e.Cold() {
			t.Errorf("while it warms up: %+v, cold %v", s, e.Cold())
		}
		w.awake.Store(true)
		e.Status() // has it looked at
		synctest.Wait()
		time.Sleep(time.Millisecond)
		if s := e.Status(); s.Warming != 0 || s.Waiting != 1 || s.Slot != 1 || s.For > awhile || s.Item != "" {
			t.Errorf("when it has begun: %+v", s)
		}
		time.Sleep(awhile + time.Millisecond)
		e.Status() // has the item made known
		synctest.Wait()
		if s := e.Status(); s.For <= awhile || s.Item != strings.Repeat("x", 200) || e.Cold() {
			t.Errorf("when it has been at it for a while: %+v", s)
		}
		e.Stop(errors.New("seen enough"))
		if err := <-ended; err == nil || err.Error() != "seen enough" {
			t.Error(err)
		}
		if s := e.Status(); s.Workers != 0 {
			t.Errorf("in the end: %+v", s)
		}
	})
}

// An item that the framing cannot carry fails in its place, wherever it is in its batch, and nothing is sent for it.
func TestRefusedItems(t *testing.T) {
	items := []string{"a\nb", "1", "c\nd", "e\nf", "2", "3", "g\nh"}
	for first := range items {
		for last := first + 1; last <= len(items); last++ {
			tr := newTrial(func(int) Worker { return newFake(echo) })
			tr.Delimiter, tr.Format.Fill = cut.Delimiter{0}, "failed"
			sum, err := tr.run(t, strings.Join(items[first:last], "\x00")+"\x00")
			var want strings.Builder
			failed := int64(0)
			for _, item := range items[first:last] {
				if strings.Contains(item, "\n") {
					item = "failed"
					failed++
				}
				want.WriteString(item + "\n")
			}
			if err != nil || tr.out.String() != want.String() || sum.Failed != failed {
				t.Errorf("items %q: %q, %+v, %v", items[first:last], tr.out.String(), sum, err)
			}
		}
	}
}
