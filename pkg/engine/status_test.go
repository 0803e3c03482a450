package engine

import (
	"strings"
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
