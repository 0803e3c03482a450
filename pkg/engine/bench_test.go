package engine

import (
	"bytes"
	"context"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"stoke/pkg/cut"
	"stoke/pkg/event"
	"stoke/pkg/queue"
	"stoke/pkg/source"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// lines is an input of n short lines, made as it is read.
type lines struct{ left int }

var someLines = bytes.Repeat([]byte("1234567\n"), source.Slab/8)

func (l *lines) Read(p []byte) (int, error) {
	n := min(len(p)/8, len(someLines)/8, l.left)
	if n == 0 {
		return 0, io.EOF
	}
	l.left -= n
	return copy(p, someLines[:8*n]), nil
}

// cat is a worker that speaks lines.
type cat struct {
	*worker.Worker
	codec *wire.Codec
}

func (c cat) Codec() *wire.Codec { return c.codec }

// BenchmarkLines maps lines through two real cats. allocs/item is what the whole run allocated, workers, buffers and
// all, for each item.
func BenchmarkLines(b *testing.B) {
	const items = 4 << 20
	local := worker.NewLocal(source.Slab)
	protocol := wire.Plain(wire.Lines)
	o := Options{
		Workers: Workers{Jobs: 2, Protocol: protocol, Start: func(int, time.Duration, func() bool) (Worker, error) {
			w, err := worker.Start(local, worker.Command{Argv: []string{"cat"}, Env: os.Environ()}, func([]byte) {})
			return cat{w, protocol.Codec(1 << 20)}, err
		}},
		Items:   Items{Delimiter: cut.Delimiter("\n"), MaxItem: 1 << 20},
		Answers: Answers{Format: Format{End: '\n'}, Buffer: 64 << 20, Sink: queue.NewPlain(io.Discard), Writable: func() bool { return true }},
		Tell: func(e event.Event) {
			switch e := e.(type) {
			case *event.Failed:
				b.Error(e.Why)
			case *event.Warned:
				b.Error(e.Text)
			}
		},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range b.N {
		sum, err := New(o).Run(context.Background(), &lines{items})
		if err != nil || sum.Answered != items {
			b.Fatalf("%d answered, error %v", sum.Answered, err)
		}
	}
	runtime.ReadMemStats(&after)
	all := float64(b.N) * items
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/all, "allocs/item")
	b.ReportMetric(all/b.Elapsed().Seconds()/1e6, "Mitems/s")
}
