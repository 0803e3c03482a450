package journal

import (
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
)

// model is a run with a worker whose answers differ on each call. It remembers what was promised and compares.
type model struct {
	fs        *simFS
	rng       *rand.Rand
	unordered bool
	skip      bool     // failed items print nothing
	items     []string // with delimiters

	calls   map[int64]int  // how often an item was mapped
	tried   map[string]int // what was given to the journal: rendered answers, by "item.call"
	acked   map[int64]int  // items that a call returned for, and which call of the worker it was; -1 if not known
	durable map[int64]int  // the same, when the last successful Sync began
	failed  map[int64]bool // among the acked

	j        *Journal
	done     map[int64]bool
	inFlight []Piece
	held     map[int64]Held
	next     int64
}

func newModel(seed int64) *model {
	m := &model{fs: newSim(seed), rng: rand.New(rand.NewSource(seed)), calls: map[int64]int{}, tried: map[string]int{},
		acked: map[int64]int{}, durable: map[int64]int{}, failed: map[int64]bool{}}
	m.unordered, m.skip = m.rng.Intn(3) == 0, m.rng.Intn(3) == 0
	for i := range 5 + m.rng.Intn(50) {
		m.items = append(m.items, fmt.Sprintf("item%d%s\n", i+1, strings.Repeat("-", m.rng.Intn(9))))
	}
	return m
}

func (m *model) identity() Identity {
	return Identity{Unordered: m.unordered, Facts: []Fact{{Name: "COMMAND", Value: "worker", Private: true}, {Name: "input", Value: "stdin"}}}
}

func (m *model) input(first int64, n int) Sum {
	return SumOf([]byte(strings.Join(m.items[first-1:][:n], "")))
}

// start resumes, and checks what is found.
func (m *model) start(power bool) (*State, error) {
	j, st, err := Resume(m.fs, "d/out", m.identity())
	if err != nil {
		return nil, err
	}
	m.j = j
	return st, m.take(st, power)
}

// take compares a state with what is known, and goes on from it.
func (m *model) take(st *State, power bool) error {
	found, err := m.check(st)
	if err != nil {
		return err
	}
	if st.Fresh == OtherRun || st.Fresh == OutRemoved {
		return fmt.Errorf("fresh for a wrong reason: %v", st.Fresh)
	}
	for item, call := range m.acked {
		if got, ok := found[item]; !ok {
			return fmt.Errorf("item %d is lost", item)
		} else if call >= 0 && got >= 0 && call != got {
			return fmt.Errorf("item %d has the answer of call %d, not of %d", item, got, call)
		} else if got < 0 {
			found[item] = call
		}
	}
	m.acked = found
	if power {
		m.durable = maps.Clone(found)
	}
	m.done, m.held, m.inFlight, m.next = map[int64]bool{}, map[int64]Held{}, nil, st.Next
	for item := range found {
		m.done[item] = true
	}
	for _, h := range st.Held {
		m.held[h.First] = h
	}
	return nil
}

// check checks that a state is consistent, and returns the items done, each with the call that its answer is of.
func (m *model) check(st *State) (map[int64]int, error) {
	found := map[int64]int{}
	for _, r := range append(slices.Clone(st.Done), Range{1, int(st.Next - 1), st.Input}) {
		if r.First < 1 || r.end() > int64(len(m.items))+1 || m.input(r.First, r.N) != r.Input {
			return nil, fmt.Errorf("items %d and %d more do not match their input", r.First, r.N-1)
		}
		for i := range int64(r.N) {
			found[r.First+i] = -1
		}
	}
	waiting := map[int64]bool{}
	failed := map[int64]bool{}
	for _, h := range st.Held {
		if m.input(h.First, h.N) != h.Input {
			return nil, fmt.Errorf("held items %d and %d more do not match their input", h.First, h.N-1)
		}
		for i := range int64(h.N) {
			waiting[h.First+i] = true
		}
		failures, err := m.j.Failures(h)
		if err != nil || len(failures) != h.Failed {
			return nil, fmt.Errorf("%d failures of %d held at %d: %v", len(failures), h.Failed, h.First, err)
		}
		for _, f := range failures {
			if item := h.First + int64(f.Index); string(f.Item) != m.items[item-1] || f.Len == 0 != m.skip {
				return nil, fmt.Errorf("failed item %d is %q", item, f.Item)
			} else {
				failed[item] = true
			}
		}
	}
	name := "d/out.part"
	if st.Completed != nil {
		name = "d/out"
	}
	out := m.fs.content(name)
	if SumOf(out) != st.Out {
		return nil, fmt.Errorf("%s does not match: %d bytes, want %d", name, len(out), st.Out.Len)
	}
	if err := m.checkFailed(out, failed); err != nil {
		return nil, err
	}
	if int(st.Failed) != len(failed) || int(st.Items) != len(found) {
		return nil, fmt.Errorf("%d items, %d failed, but %d and %d are said to be", len(found), len(failed), st.Items, st.Failed)
	}
	m.failed = failed
	return found, m.checkOut(string(out), found, waiting)
}

// checkFailed checks the failed items that are in out, and adds them to failed.
func (m *model) checkFailed(out []byte, failed map[int64]bool) error {
	for f, err := range m.j.FailedItems() {
		if err != nil {
			return err
		}
		shown := string(out[f.Off:][:f.Len])
		if string(f.Item) != m.items[f.Seq-1] || failed[f.Seq] || (shown == "") != m.skip {
			return fmt.Errorf("failed item %d is %q, its output %q", f.Seq, f.Item, shown)
		}
		if !m.skip && !strings.HasPrefix(shown, fmt.Sprintf("%d.", f.Seq)) {
			return fmt.Errorf("failed item %d has the output %q", f.Seq, shown)
		}
		failed[f.Seq] = true
	}
	return nil
}

// checkOut checks that out has one answer for each item that is found and does not wait, in order, and notes of which call.
func (m *model) checkOut(out string, found map[int64]int, waiting map[int64]bool) error {
	seen := map[int64]bool{}
	before := int64(0)
	for line := range strings.Lines(out) {
		var item int64
		var call int
		name, _, _ := strings.Cut(line, " ")
		if _, known := m.tried[line]; !known {
			return fmt.Errorf("OUT has %q, which nobody answered", line)
		}
		if _, err := fmt.Sscanf(name, "%d.%d", &item, &call); err != nil {
			return err
		}
		if _, ok := found[item]; !ok || seen[item] || waiting[item] || !m.unordered && item < before {
			return fmt.Errorf("OUT has %q out of place", line)
		}
		seen[item], before = true, item
		found[item] = call
	}
	for item := range found {
		if !seen[item] && !waiting[item] && !(m.skip && m.failed[item]) {
			return fmt.Errorf("item %d is done and has no answer", item)
		}
	}
	return nil
}

// answer maps items, and returns them as a piece.
func (m *model) answer(first int64, n int) Piece {
	p := Piece{First: first, N: n, Input: m.input(first, n)}
	for i := range n {
		item := first + int64(i)
		m.calls[item]++
		line := fmt.Sprintf("%d.%d %s\n", item, m.calls[item], strings.Repeat("+", m.rng.Intn(12)))
		if m.rng.Intn(6) == 0 {
			if m.skip {
				line = ""
			}
			text := m.items[item-1]
			p.Failed = append(p.Failed, Failure{i, []byte(text), m.input(first, i), SumOf([]byte(text)), len(p.Out), len(line)})
		}
		m.tried[line] = m.calls[item]
		p.Out = append(p.Out, line...)
	}
	return p
}

// fetch takes the next items to be mapped.
func (m *model) fetch() bool {
	taken := func(item int64) bool {
		return m.done[item] || slices.ContainsFunc(m.inFlight, func(p Piece) bool { return item >= p.First && item < p.First+int64(p.N) })
	}
	for first := int64(1); first <= int64(len(m.items)); first++ {
		if taken(first) {
			continue
		}
		n := 1
		for most := 1 + m.rng.Intn(6); n < most && first+int64(n) <= int64(len(m.items)) && !taken(first+int64(n)); n++ {
		}
		m.inFlight = append(m.inFlight, m.answer(first, n))
		return true
	}
	return false
}

// finish records a piece that is in flight.
func (m *model) finish() (err error) {
	i := m.rng.Intn(len(m.inFlight))
	p := m.inFlight[i]
	m.inFlight = slices.Delete(m.inFlight, i, i+1)
	var h Held
	if m.unordered || p.First == m.next {
		if err = m.j.Write(p); err == nil {
			m.next = p.First + int64(p.N)
		}
	} else if h, err = m.j.Hold(p); err == nil {
		m.held[p.First] = h
	}
	if err != nil {
		return err
	}
	for i := range p.N {
		item := p.First + int64(i)
		m.acked[item] = m.calls[item]
		m.done[item] = true
	}
	return nil
}

// place places what has its turn: at once, or some of it.
func (m *model) place() error {
	var due []Held
	next := m.next
	for h, ok := m.held[next]; ok && m.rng.Intn(9) > 0; h, ok = m.held[next] {
		due = append(due, h)
		next += int64(h.N)
	}
	if err := m.j.Place(due...); err != nil {
		return err
	}
	for _, h := range due {
		delete(m.held, h.First)
	}
	m.next = next
	return nil
}

// sync checks what Sync promises: what was recorded before is durable after.
func (m *model) sync() error {
	before := maps.Clone(m.acked)
	if m.rng.Intn(2) == 0 {
		m.fs.inSync = func() { _ = m.act(9) } // an error comes again from the next call
	}
	err := m.j.Sync()
	m.fs.inSync = nil
	if err == nil {
		m.durable = before
	}
	return err
}

// act does something, mostly not Sync; the first of most things are likelier.
func (m *model) act(most int) error {
	switch n := m.rng.Intn(most); {
	case n < 5 && len(m.inFlight) > 0:
		return m.finish()
	case n < 7 && len(m.inFlight) < 4:
		m.fetch()
	case n < 9:
		return m.place()
	case n < 10:
		return m.sync()
	}
	return nil
}

// finished reports whether all is done and written.
func (m *model) finished() bool {
	return len(m.done) == len(m.items) && (m.unordered || m.next == int64(len(m.items))+1)
}

// work goes on until the run is complete.
func (m *model) work() error {
	for !m.finished() {
		if err := m.act(10); err != nil {
			return err
		}
	}
	return m.j.Complete()
}

// retry reopens the failed items.
func (m *model) retry() error {
	for item := range m.failed { // from here on, they may be lost
		delete(m.acked, item)
		delete(m.durable, item)
	}
	st, err := m.j.Reopen()
	if err != nil {
		return err
	}
	if st.Failed > 0 || st.Completed != nil && len(m.failed) > 0 {
		return errors.New("failed items were not reopened")
	}
	return m.take(st, false)
}

// revise makes the failed items print something else.
func (m *model) revise() error {
	failed := maps.Clone(m.failed)
	for item := range failed { // a crash may leave them not done
		delete(m.acked, item)
		delete(m.durable, item)
	}
	revised := 0
	st, err := m.j.Revise(func(f FailedItem) []byte {
		revised++
		m.calls[f.Seq]++
		line := fmt.Sprintf("%d.%d revised\n", f.Seq, m.calls[f.Seq])
		if string(f.Item) != m.items[f.Seq-1] || !failed[f.Seq] {
			line = "wrong"
		}
		if m.skip {
			line = ""
		}
		m.tried[line] = m.calls[f.Seq]
		return []byte(line)
	})
	if err != nil {
		return err
	}
	if revised != len(failed) || int(st.Failed) != revised || st.Completed != nil {
		return fmt.Errorf("%d of %d failed items revised, %d failed", revised, len(failed), st.Failed)
	}
	return m.take(st, false)
}

// crash runs a model with crashes until it is complete, and then some.
func (m *model) crash() error {
	power := false
	for round, retries := 0, 3; ; round++ {
		if round < 14 {
			m.fs.crashAt = m.fs.ops + 1 + m.rng.Intn(60)
			switch m.rng.Intn(12) {
			case 0:
				m.fs.fullAt = m.fs.ops + 1 + m.rng.Intn(40)
			case 1:
				m.fs.badSync = m.fs.ops + 1 + m.rng.Intn(40)
			}
		}
		st, err := m.start(power)
		if err == nil && m.rng.Intn(3) == 0 && retries > 0 {
			retries--
			again := m.retry
			if m.rng.Intn(2) == 0 {
				again = m.revise
			}
			if err = again(); err == nil {
				st.Completed = m.j.complete
			}
		}
		if err == nil && st.Completed != nil {
			if round >= 14 {
				return m.final()
			}
		} else if err == nil {
			if err = m.work(); err != nil && (m.j.err == nil || m.j.Write(m.answer(1, 1)) != m.j.err) {
				return fmt.Errorf("round %d: an error was not final: %w", round, err)
			}
		}
		simulated := errors.Is(err, errCrash) || errors.Is(err, errFull) || errors.Is(err, errSync)
		if err != nil && !simulated {
			return fmt.Errorf("round %d: %w", round, err)
		}
		if m.j != nil {
			m.j.Close()
		}
		m.j, power = nil, m.rng.Intn(2) == 0
		m.fs.restart(power)
		if power {
			m.acked = maps.Clone(m.durable)
		}
	}
}

// final checks OUT.
func (m *model) final() error {
	c := m.j.complete
	if int(c.Items) != len(m.items) || int(c.Failed) != len(m.failed) || c.Input != m.input(1, len(m.items)) {
		return fmt.Errorf("complete with %+v", c)
	}
	if part := m.fs.names["d/out.stoke.new"]; part != nil {
		return errors.New("a file was left behind")
	}
	return m.j.Close()
}
