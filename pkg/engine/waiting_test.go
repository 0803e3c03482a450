package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stoke/pkg/worker"
)

// One piece of output may be far larger than a buffer of the pool, in the spill file too: reading it back panicked.
func TestLargeAnswersSpill(t *testing.T) {
	release := make(chan struct{})
	tr := newTrial(nil)
	tr.Start = func(slot int, _ time.Duration, _ func() bool) (Worker, error) {
		return newFake(func(s string) string {
			if s == "1" {
				<-release
			}
			if s == "12" {
				close(release)
			}
			return strings.Repeat(s, 1<<20) + "\n"
		}), nil
	}
	tr.MaxItem, tr.Lockstep = 4<<20, true
	_, err := tr.run(t, numbered(12))
	var want strings.Builder
	for i := range 12 {
		want.WriteString(strings.Repeat(fmt.Sprint(i+1), 1<<20) + "\n")
	}
	if err != nil || tr.out.String() != want.String() {
		t.Errorf("error %v, %d bytes out, want %d", err, tr.out.Len(), want.Len())
	}
}

// Without a disk, the worker of the head must be fed although memory is full, if it keeps its answers in a buffer.
func TestHeldHeadWithoutDisk(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	tr := newTrial(func(start int) Worker {
		f := newFake(func(s string) string { return strings.Repeat("x", 1000) + s + "\n" })
		if start == 1 {
			f.block, f.verdict = 100_000, worker.Idle
		}
		return f
	})
	tr.Buffer = 200_000
	done := make(chan error, 1)
	go func() {
		_, err := tr.run(t, numbered(20_000))
		done <- err
	}()
	select {
	case err := <-done:
		if n := strings.Count(tr.out.String(), "\n"); err != nil || n != 20_000 {
			t.Errorf("error %v, %d answers", err, n)
		}
	case <-time.After(time.Minute):
		t.Fatal("the run stands still")
	}
}
