package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"stoke/pkg/journal"
	"stoke/pkg/queue"
)

// printing is how the output of a trial is to be read.
type printing struct{ tag, json, unordered bool }

// print chooses how a trial prints, and where to.
func (t *trial) print(rng *rand.Rand) (p printing) {
	if rng.IntN(2) == 0 {
		return p
	}
	p.json = rng.IntN(3) == 0
	p.tag = !p.json && rng.IntN(2) == 0
	p.unordered = (p.json || p.tag) && rng.IntN(2) == 0
	t.Format.JSON, t.Format.Tag, t.Unordered = p.json, p.tag, p.unordered
	if rng.IntN(2) == 0 {
		t.Sink = queue.Recorded{Recorder: &record{out: &t.out, unordered: p.unordered, next: 1}}
	}
	return p
}

// read returns what was printed for each item, in the order of the items. A failed one prints "failed" in every form.
func (p printing) read(out string) ([]string, error) {
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	answers := make([]string, len(lines))
	for i, line := range lines {
		seq, answer := i+1, line
		switch {
		case p.json:
			var o struct {
				Seq    int
				Ok     bool
				Answer string
			}
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				return nil, err
			}
			if seq, answer = o.Seq, o.Answer; !o.Ok {
				answer = "failed"
			}
		case p.tag:
			var item string
			item, answer, _ = strings.Cut(line, "\t")
			seq, _ = strconv.Atoi(item)
		}
		if seq != i+1 && !p.unordered || seq < 1 || seq > len(lines) || answers[seq-1] != "" {
			return nil, fmt.Errorf("line %d is of item %d: %q", i+1, seq, line)
		}
		answers[seq-1] = answer
	}
	return answers, nil
}

// record is a queue.Recorder in memory that refuses what a journal would refuse.
type record struct {
	mu        sync.Mutex
	out       io.Writer
	unordered bool
	next      int64
	held      map[int64]journal.Piece // by the first item; Held names it
	written   []journal.Range
}

func (r *record) Write(p journal.Piece) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.write(p)
}

func (r *record) write(p journal.Piece) error {
	if p.First != r.next && !r.unordered {
		return fmt.Errorf("item %d is written, and it is the turn of %d", p.First, r.next)
	}
	r.next = p.First + int64(p.N)
	r.written = append(r.written, journal.Range{First: p.First, N: p.N, Input: p.Input})
	_, err := r.out.Write(p.Out)
	return err
}

func (r *record) Hold(p journal.Piece) (journal.Held, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Out = append([]byte(nil), p.Out...)
	if r.held == nil {
		r.held = make(map[int64]journal.Piece)
	}
	if r.held[p.First].N > 0 || r.unordered {
		return journal.Held{}, fmt.Errorf("item %d is held twice, or without need", p.First)
	}
	r.held[p.First] = p
	return journal.Held{First: p.First, N: p.N, Failed: len(p.Failed), Input: p.Input}, nil
}

func (r *record) Place(pieces ...journal.Held) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range pieces {
		p := r.held[h.First]
		delete(r.held, h.First)
		if err := r.write(p); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) Failures(h journal.Held) ([]journal.Failure, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held[h.First].Failed, nil
}
