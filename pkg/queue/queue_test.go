package queue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"sync"
	"testing"

	"stoke/pkg/source"
)

// tried is a queue with what comes out of it.
type tried struct {
	*Queue
	out    bytes.Buffer
	failed bytes.Buffer
	sink   *Plain
	broken []error
	rooms  int
}

func newTried(limit int64) *tried {
	t := new(tried)
	t.sink = NewPlain(&t.out)
	t.Queue = New(Options{
		Pool: new(source.Pool), Limit: limit, Sink: t.sink, Failed: &t.failed, Writable: func() bool { return true },
		Broken: func(err *WriteError) { t.broken = append(t.broken, err) }, Room: func() { t.rooms++ },
	})
	return t
}

// publish publishes a text in a buffer of the pool.
func (t *tried) publish(e *Entry, text string) {
	t.Publish(e, append(t.o.Pool.Get(len(text)), text...), nil)
}

// However batches are published and closed, the output is that of all batches in the order of their push.
func TestQueueOrder(t *testing.T) {
	for seed := range int64(200) {
		rng := rand.New(rand.NewSource(seed))
		q := newTried(1 << 20)
		var writer sync.WaitGroup
		writer.Go(q.Write)
		var want strings.Builder
		var open []*Entry
		texts := map[*Entry][]string{}
		for i := range 60 {
			b := q.Push()
			for k := range rng.Intn(4) {
				text := fmt.Sprintf("%d.%d:%s\n", i, k, strings.Repeat("x", rng.Intn(3000)))
				texts[b] = append(texts[b], text)
				want.WriteString(text)
			}
			open = append(open, b)
			for len(open) > rng.Intn(20) {
				k := rng.Intn(len(open))
				b := open[k]
				if rest := texts[b]; len(rest) > 0 {
					texts[b] = rest[1:]
					q.publish(b, rest[0])
					continue
				}
				open = append(open[:k], open[k+1:]...)
				delete(texts, b)
				q.Close(b, 1)
			}
		}
		for _, b := range open {
			for _, text := range texts[b] {
				q.publish(b, text)
			}
			q.Close(b, 1)
		}
		q.Finish()
		writer.Wait()
		if q.out.String() != want.String() {
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
	q := newTried(limit)
	head := q.Push()
	var want strings.Builder
	want.WriteString("head\n")
	for i := range 20_000 {
		b := q.Push()
		text := fmt.Sprintf("%d:%s\n", i, strings.Repeat("x", 500))
		want.WriteString(text)
		q.publish(b, text)
		q.Close(b, 1)
		if q.Full(nil) {
			t.Fatal("the queue is full although only its head is waited for")
		}
	}
	if q.held > limit+2*source.Slab || q.sink.live < 8<<20 {
		t.Errorf("%d bytes held, %d spilled", q.held, q.sink.live)
	}
	if n := q.root.next.next.next; n != &q.root {
		t.Error("closed neighbours were not merged")
	}
	q.publish(head, "head\n")
	q.Close(head, 1)
	q.Finish()
	q.Write()
	if q.out.String() != want.String() {
		t.Error("output differs after spilling")
	}
}

// With a disk that does not take the output the queue is full at its limit, and the runners pause.
func TestQueueWithoutDisk(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	q := newTried(1 << 20)
	q.Push()
	for i := 0; !q.Full(nil); i++ {
		if i > 1000 {
			t.Fatal("never full")
		}
		b := q.Push()
		q.publish(b, strings.Repeat("x", 10_000))
		q.Close(b, 1)
	}
}

// When the reader of the output is slow, the queue is full at its limit and the disk is not touched.
func TestQueueWithSlowReader(t *testing.T) {
	q := newTried(1 << 20)
	for i := 0; !q.Full(nil); i++ {
		if i > 1000 {
			t.Fatal("never full")
		}
		b := q.Push()
		q.publish(b, strings.Repeat("x", 10_000))
		q.Close(b, 1)
	}
	if q.sink.file != nil {
		t.Error("spilled")
	}
	q.Finish()
	q.Write()
	if q.rooms != 1 {
		t.Errorf("who found it full was told %d times that there is room again", q.rooms)
	}
}

// Failed items are written in their place, after the output of their batch. Nothing is written behind a gap, and it is said once.
func TestFailedAndBroken(t *testing.T) {
	q := newTried(1 << 20)
	for i := range 3 {
		e := q.Push()
		q.Fail(e, fmt.Append(nil, i, "\n"))
		q.publish(e, fmt.Sprintln("answer", i))
		q.Close(e, 1)
	}
	q.Finish()
	q.Write()
	if q.failed.String() != "0\n1\n2\n" || q.out.String() != "answer 0\nanswer 1\nanswer 2\n" {
		t.Errorf("failed %q, out %q", q.failed.String(), q.out.String())
	}

	q = newTried(1 << 20)
	q.sink.out = &once{Writer: &q.out}
	for i := range 5 {
		e := q.Push()
		q.publish(e, strings.Repeat(fmt.Sprint(i), source.Slab))
		q.Close(e, 1)
	}
	q.Finish()
	q.Write()
	if len(q.broken) != 1 || q.out.Len() != source.Slab || !strings.Contains(q.broken[0].Error(), "answers") {
		t.Errorf("told %v, %d bytes", q.broken, q.out.Len())
	}
}

// once is a Writer that takes one write, then fails, then would take more.
type once struct {
	io.Writer
	writes int
}

func (o *once) Write(p []byte) (int, error) {
	if o.writes++; o.writes == 2 {
		return 0, errors.New("disk full")
	}
	return o.Writer.Write(p)
}

// Nothing behind the entry at which the output is stopped is written; with CloseAll what is behind an open one is, too.
func TestStopAndCloseAll(t *testing.T) {
	q := newTried(1 << 20)
	entries := []*Entry{q.Push(), q.Push(), q.Push()}
	q.publish(entries[1], "b\n")
	q.Stop(entries[1])
	q.publish(entries[1], "not any more\n")
	for i, e := range entries {
		if i != 1 {
			q.publish(e, fmt.Sprintln(i))
		}
		q.Close(e, 1)
	}
	q.Finish()
	q.Write()
	if q.out.String() != "0\nb\n" {
		t.Errorf("stopped: %q", q.out.String())
	}

	q = newTried(1 << 20)
	q.Push()
	e := q.Push()
	q.publish(e, "behind\n")
	q.Close(e, 1)
	q.CloseAll()
	q.Finish()
	q.Write()
	if q.out.String() != "behind\n" {
		t.Errorf("all closed: %q", q.out.String())
	}
}

// An unordered run has one entry that never closes.
func TestUnordered(t *testing.T) {
	q := newTried(1 << 20)
	q.Queue = New(Options{Pool: new(source.Pool), Limit: 1 << 20, Sink: q.sink, Unordered: true, Writable: func() bool { return false },
		Broken: q.o.Broken, Room: q.o.Room})
	a, b := q.Push(), q.Push()
	q.publish(b, "b\n")
	q.Close(b, 1)
	q.publish(q.After(a), "c\n")
	q.publish(a, "a\n")
	q.Finish()
	q.Write()
	if q.out.String() != "b\nc\na\n" {
		t.Errorf("%q", q.out.String())
	}
}
