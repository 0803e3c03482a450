package engine

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"stoke/pkg/source"
	"stoke/pkg/worker"
)

// drainInto collects what is due until the queue is finished, as the writer does.
func drainInto(q *queue, out *bytes.Buffer) {
	for {
		d, ok := q.next()
		s, failed := d.segment, d.failed
		if !ok {
			return
		}
		p := s.buf
		if p == nil && failed == nil {
			p = make([]byte, s.n)
			if _, err := q.spill.file.ReadAt(p, s.off); err != nil {
				panic(err)
			}
		}
		out.Write(p)
		if failed == nil {
			q.wrote(s)
		}
	}
}

// publishAll publishes, writing directly what the queue asks for.
func publishAll(q *queue, b *batch, text string, out *bytes.Buffer) {
	p := append(q.pool.Get(len(text)), text...)
	if q.publish(b, p, nil) {
		out.Write(p)
		q.wroteDirectly(b, p, true)
	}
}

// However batches are published and closed, the output is that of all batches in the order of their push.
func TestQueueOrder(t *testing.T) {
	for seed := range int64(200) {
		rng := rand.New(rand.NewSource(seed))
		q := newQueue(new(source.Pool), 1<<20, false)
		var out bytes.Buffer
		var writer sync.WaitGroup
		writer.Go(func() { drainInto(q, &out) })
		var want strings.Builder
		var openBatches []*batch
		texts := map[*batch][]string{}
		for i := range 60 {
			b := q.push(source.Batch{N: 1, First: int64(i)})
			for k := range rng.Intn(4) {
				text := fmt.Sprintf("%d.%d:%s\n", i, k, strings.Repeat("x", rng.Intn(3000)))
				texts[b] = append(texts[b], text)
				want.WriteString(text)
			}
			openBatches = append(openBatches, b)
			for len(openBatches) > rng.Intn(20) {
				k := rng.Intn(len(openBatches))
				b := openBatches[k]
				if rest := texts[b]; len(rest) > 0 {
					texts[b] = rest[1:]
					publishAll(q, b, rest[0], &out)
					continue
				}
				openBatches = append(openBatches[:k], openBatches[k+1:]...)
				delete(texts, b)
				q.close(b)
			}
		}
		for _, b := range openBatches {
			for _, text := range texts[b] {
				publishAll(q, b, text, &out)
			}
			q.close(b)
		}
		q.finish()
		writer.Wait()
		if out.String() != want.String() {
			t.Fatalf("seed %d: output differs from what was published in order", seed)
		}
		if q.held != 0 {
			t.Fatalf("seed %d: %d bytes held in the end", seed, q.held)
		}
	}
}

// Output behind an open head goes to the spill file beyond the limit; nothing is lost, memory is bounded, and closed
// neighbours have been merged, so that the number of batches does not grow either.
func TestQueueSpills(t *testing.T) {
	const limit = 1 << 20
	q := newQueue(new(source.Pool), limit, false)
	head := q.push(source.Batch{N: 1})
	var want strings.Builder
	want.WriteString("head\n")
	for i := range 20_000 {
		b := q.push(source.Batch{N: 1})
		text := fmt.Sprintf("%d:%s\n", i, strings.Repeat("x", 500))
		want.WriteString(text)
		var none bytes.Buffer
		publishAll(q, b, text, &none)
		q.close(b)
		if q.full(nil) {
			t.Fatal("the queue is full although only its head is waited for")
		}
	}
	if q.held > limit+2*source.Slab || q.spill.live < 8<<20 {
		t.Errorf("%d bytes held, %d spilled", q.held, q.spill.live)
	}
	if n := q.root.next.next.next; n != &q.root {
		t.Error("closed neighbours were not merged")
	}
	var out bytes.Buffer
	publishAll(q, head, "head\n", &out)
	q.close(head)
	q.finish()
	drainInto(q, &out)
	if out.String() != want.String() {
		t.Error("output differs after spilling")
	}
	q.spill.close()
}

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

// With a disk that does not take the output the queue is full at its limit, and the runners pause.
func TestQueueWithoutDisk(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	q := newQueue(new(source.Pool), 1<<20, false)
	q.push(source.Batch{N: 1})
	var none bytes.Buffer
	for i := 0; !q.full(nil); i++ {
		if i > 1000 {
			t.Fatal("never full")
		}
		b := q.push(source.Batch{N: 1})
		publishAll(q, b, strings.Repeat("x", 10_000), &none)
		q.close(b)
	}
}

// When the reader of the output is slow, the queue is full at its limit and the disk is not touched.
func TestQueueWithSlowReader(t *testing.T) {
	q := newQueue(new(source.Pool), 1<<20, false)
	for i := 0; !q.full(nil); i++ {
		if i > 1000 {
			t.Fatal("never full")
		}
		b := q.push(source.Batch{N: 1})
		var none bytes.Buffer
		publishAll(q, b, strings.Repeat("x", 10_000), &none)
		q.close(b)
	}
	if q.spill.file != nil {
		t.Error("spilled")
	}
	woken := false
	for !woken {
		d, ok := q.next()
		s := d.segment
		if !ok {
			t.Fatal("empty, and nobody was woken")
		}
		woken = q.wrote(s)
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
