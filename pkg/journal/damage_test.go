package journal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// interrupted returns a model whose run was closed half-way, with all kinds of records before and after a checkpoint.
func interrupted(t testing.TB, seed int64, steps int) *model {
	t.Helper()
	m := newModel(seed)
	_, err := m.start(false)
	for i := 0; err == nil && i < steps && !m.finished(); i++ {
		err = m.act(9)
		if err == nil && i == steps/2 {
			err = m.j.Sync()
		}
	}
	if err == nil && m.finished() {
		err = m.j.Complete()
	}
	if err == nil {
		err = m.j.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// with returns the model with a file changed behind its back. Nothing is promised any more.
func (m *model) with(name string, content []byte) *model {
	c := *m
	c.fs = newSim(1)
	for other, f := range m.fs.names {
		c.fs.put(other, f.data)
		c.fs.names[other].mtime = f.mtime
	}
	c.fs.put(name, content)
	c.calls, c.tried = maps.Clone(m.calls), maps.Clone(m.tried)
	c.acked, c.durable, c.failed = map[int64]int{}, map[int64]int{}, map[int64]bool{}
	c.j = nil
	return &c
}

func typed(err error) bool {
	var locked *LockedError
	var version *VersionError
	var mismatch *MismatchError
	var touched *TouchedError
	var missing *MissingError
	var changed *ChangedError
	var damaged *DamagedError
	return errors.As(err, &locked) || errors.As(err, &version) || errors.As(err, &mismatch) || errors.As(err, &touched) ||
		errors.As(err, &missing) || errors.As(err, &changed) || errors.As(err, &damaged)
}

// complete resumes the run and finishes it: either it is refused, or OUT is right. It returns what was found.
func (m *model) complete() (st *State, refused, err error) {
	if st, err = m.start(false); err != nil {
		if typed(err) {
			return nil, err, nil
		}
		return nil, nil, err
	}
	if st.Completed == nil {
		err = m.work()
	}
	if err == nil {
		_, err = m.check(m.j.state(nil))
	}
	if err == nil {
		err = m.final()
	}
	return st, nil, err
}

type damage struct {
	how     string
	at      int
	content []byte
}

// stride is how far apart the damages are. It has no factor in common with the sizes of fields.
func stride() int {
	if testing.Short() {
		return 13
	}
	return 1
}

// damages are all ways to cut p or to change a byte of it; with -short only those at every stride.
func damages(p []byte) (all []damage) {
	for i := 0; i < len(p); i += stride() {
		all = append(all, damage{"cut", i, p[:i]})
		changed := slices.Clone(p)
		changed[i] ^= 1 << (i % 8)
		all = append(all, damage{"changed", i, changed})
	}
	return all
}

// damageJournal damages the journal in all ways, and returns how often that was refused, and the first thing wrong.
func damageJournal(m *model) (tried, refused int, err error) {
	for _, d := range damages(m.fs.content("d/out.stoke")) {
		tried++
		_, no, err := m.with("d/out.stoke", d.content).complete()
		if err != nil {
			return tried, refused, fmt.Errorf("%s at %d: %w", d.how, d.at, err)
		}
		if no != nil {
			refused++
		}
	}
	return tried, refused, nil
}

func TestJournalDamagedAtEveryByte(t *testing.T) {
	for _, tt := range []struct {
		seed      int64
		steps     int
		unordered bool
	}{{2, 40, false}, {9, 40, false}, {6, 20, true}, {15, 14, true}, {4, 600, false}, {30, 600, true}} {
		m := interrupted(t, tt.seed, tt.steps)
		if m.unordered != tt.unordered || m.j.failed == 0 {
			t.Errorf("seed %d: unordered is %v, %d failed", tt.seed, m.unordered, m.j.failed)
		}
		tried, refused, err := damageJournal(m)
		if err != nil {
			t.Fatalf("seed %d: %v", tt.seed, err)
		}
		if tried*stride() < 500 || m.j.complete == nil && refused > tried/3 {
			t.Errorf("seed %d: %d of %d refused", tt.seed, refused, tried)
		}
	}
}

func TestDamageNoticesMissingChecksum(t *testing.T) {
	whole := checksum
	checksum = func([]byte) uint32 { return 1 }
	defer func() { checksum = whole }()
	if _, _, err := damageJournal(interrupted(t, 3, 60)); err == nil {
		t.Error("not noticed")
	}
}

func TestPartDamagedAtEveryByte(t *testing.T) {
	for _, seed := range []int64{1, 3, 9, 16} {
		m := interrupted(t, seed, 20)
		part := m.fs.content("d/out.part")
		checked := int(m.j.checked.Len)
		if checked == 0 || checked == len(part) {
			t.Errorf("seed %d: of %d bytes, %d lie before the checkpoint", seed, len(part), checked)
		}
		for _, d := range damages(part) {
			how, i := d.how, d.at
			st, refused, err := m.with("d/out.part", d.content).complete()
			var touched *TouchedError
			if err != nil || errors.As(refused, &touched) != (i < checked) {
				t.Fatalf("seed %d: %s at %d, checkpoint at %d: %v, %v", seed, how, i, checked, refused, err)
			}
			if i >= checked && (st.LostJournal == 0 || st.Out.Len > int64(i)) {
				t.Fatalf("seed %d: %s at %d: %d bytes trusted", seed, how, i, st.Out.Len)
			}
		}
		longer := append(slices.Clone(part), "what a killed process wrote last"...)
		if st, refused, err := m.with("d/out.part", longer).complete(); refused != nil || err != nil || st.LostOut != 32 {
			t.Errorf("seed %d: longer than recorded: %+v, %v, %v", seed, st, refused, err)
		}
	}
}

// recorded returns the types and payloads of the records of an interrupted run.
func recorded(f *testing.F, seed int64) (records []byte, m *model) {
	m = interrupted(f, seed, 40)
	p := m.fs.content("d/out.stoke")
	s := scanner{f: bytes.NewReader(p), size: int64(len(p)), off: m.j.base}
	for {
		r, err := s.next()
		if err != nil {
			return records, m
		}
		records = append(records, r.kind, byte(len(r.payload)))
		records = append(records, r.payload[:min(len(r.payload), 255)]...)
	}
}

// FuzzRecords makes a journal of arbitrary but whole records. Whatever they say, Resume must not panic, and what it
// accepts must be a state to go on from.
func FuzzRecords(f *testing.F) {
	for _, seed := range []int64{1, 3, 6} {
		records, m := recorded(f, seed)
		f.Add(records, m.fs.content("d/out.part"), m.unordered)
	}
	f.Fuzz(func(t *testing.T, records, part []byte, unordered bool) {
		id := Identity{Unordered: unordered}
		p := whole(appendHeader(nil, id.facts()), records)
		sim := newSim(1)
		sim.put("d/out.stoke", p)
		sim.put("d/out.part", part)
		again(t, sim, id)
	})
}

// whole appends records with such types and payloads.
func whole(p, records []byte) []byte {
	for len(records) > 2 {
		kind, n := records[0], min(int(records[1]), len(records)-2)
		payload := records[2:][:n]
		records = records[2+n:]
		if e, err := decodeEntry(payload); err == nil && kind == isHeld && e.out.Len < 1000 {
			out := make([]byte, e.out.Len)
			e.out = SumOf(out)
			p = append(appendEntry(p, isHeld, &e), out...)
			continue
		}
		p = appendRecord(p, kind, func(dst []byte) []byte { return append(dst, payload...) })
	}
	return p
}

// FuzzReplay: what a journal says is what its records say up to the first that is bad or cut off, and no later one takes back
// what was finished.
func FuzzReplay(f *testing.F) {
	for _, seed := range []int64{1, 3, 6} {
		records, m := recorded(f, seed)
		f.Add(records, uint16(40*seed), m.unordered)
	}
	f.Fuzz(func(t *testing.T, records []byte, cut uint16, unordered bool) {
		p := whole(nil, records)
		replayed := func(size int) *replay {
			r, err := read(bytes.NewReader(p[:size]), 0, int64(size), unordered)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		all := replayed(len(p))
		again := replayed(int(all.end))
		if again.end != all.end || again.items != all.items || again.failed != all.failed || again.length != all.length || again.next != all.next {
			t.Fatalf("%+v, and without what is bad %+v", all, again)
		}
		size := min(int(cut), len(p))
		if some := replayed(size); some.end > int64(size) || some.end > all.end || some.items > all.items || some.length > all.length {
			t.Fatalf("cut at %d: %+v of %+v", size, some, all)
		}
	})
}

// FuzzJournal makes a journal of arbitrary bytes.
func FuzzJournal(f *testing.F) {
	for _, seed := range []int64{1, 3} {
		m := interrupted(f, seed, 40)
		f.Add(m.fs.content("d/out.stoke"), m.fs.content("d/out.part"))
	}
	f.Fuzz(func(t *testing.T, p, part []byte) {
		sim := newSim(1)
		sim.put("d/out.stoke", p)
		sim.put("d/out.part", part)
		again(t, sim, Identity{Facts: []Fact{{Name: "COMMAND", Value: "worker", Private: true}, {Name: "input", Value: "stdin"}}})
	})
}

// again resumes, adds a piece, and resumes again.
func again(t *testing.T, sim *simFS, id Identity) {
	j, st, err := Resume(sim, "d/out", id)
	if err != nil {
		if !typed(err) {
			t.Fatal(err)
		}
		return
	}
	if st.Completed != nil {
		t.Fatal("complete without OUT")
	}
	piece := Piece{First: st.Next, N: 1, Input: SumOf([]byte("x\n")), Out: []byte("answer\n")}
	written := int64(0)
	if len(st.Held) == 0 || st.Held[0].First != st.Next {
		if err := j.Write(piece); err != nil {
			t.Fatal(err)
		}
		written = 1
	}
	if st.Failed > 0 {
		retried, err := j.Reopen()
		if typed(err) { // the sums of these records need not add up
			return
		}
		if err != nil || retried.Items != st.Items+written-st.Failed {
			t.Fatalf("%+v reopened is %+v, %v", st, retried, err)
		}
		st = retried
		written = 0
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	_, found, err := Resume(sim, "d/out", id)
	if err != nil || found.Items != st.Items+written || found.LostJournal+found.LostOut > 0 {
		t.Fatalf("after %+v: %+v, %v", st, found, err)
	}
}
