package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func id(facts ...string) (id Identity) {
	for i := 0; i < len(facts); i += 2 {
		id.Facts = append(id.Facts, Fact{Name: facts[i], Value: facts[i+1]})
	}
	return id
}

// lines is a piece of n items whose answers are their numbers.
func lines(first int64, n int) Piece {
	var out []byte
	for i := range int64(n) {
		out = fmt.Appendf(out, "%d\n", first+i)
	}
	return Piece{First: first, N: n, Input: SumOf(out), Out: out}
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func resume(t *testing.T, fsys FS, out string, id Identity) (*Journal, *State) {
	t.Helper()
	j, st, err := Resume(fsys, out, id)
	must(t, err)
	return j, st
}

// create begins a run.
func create(t testing.TB, fsys FS, out string, id Identity) *Journal {
	t.Helper()
	j, _, err := Resume(fsys, out, id)
	must(t, err)
	return j
}

// begun returns a file system with a run of which items 1 to 10 are written.
func begun(t *testing.T, id Identity) *simFS {
	t.Helper()
	sim := newSim(1)
	j := create(t, sim, "d/out", id)
	must(t, j.Write(lines(1, 4)), j.Write(lines(5, 6)), j.Sync(), j.Close())
	return sim
}

// completed returns one with a complete run of 10 items.
func completed(t *testing.T, id Identity) *simFS {
	t.Helper()
	sim := begun(t, id)
	j, _ := resume(t, sim, "d/out", id)
	must(t, j.Complete(), j.Close())
	return sim
}

func TestResumeRefuses(t *testing.T) {
	now := id("COMMAND", "tr a b", "--tag", "true")
	for _, tt := range []struct {
		name   string
		then   Identity
		change func(*simFS)
		want   any
		words  string
	}{
		{"another COMMAND", id("COMMAND", "tr a c", "--tag", "true"), nil, new(*MismatchError), `COMMAND was "tr a c" and is "tr a b"`},
		{"a flag that was not given", id("COMMAND", "tr a b"), nil, new(*MismatchError), `--tag was "" and is "true"`},
		{"a flag that is not given", id("COMMAND", "tr a b", "--tag", "true", "-z", "true"), nil, new(*MismatchError), `-z was "true" and is ""`},
		{"another order", Identity{Unordered: true, Facts: now.Facts}, nil, new(*MismatchError), `order of output was "as finished"`},
		{"a newer journal", now, func(s *simFS) {
			p := s.content("d/out.stoke")
			s.put("d/out.stoke", bytes.Replace(p, []byte("journal 1\n"), []byte("journal 2\n"), 1))
		}, new(*VersionError), "format 2, and this one knows up to 1"},
		{"no journal at all", now, func(s *simFS) { s.put("d/out.stoke", []byte("something else\n")) }, new(*DamagedError), "does not begin"},
		{"OUT.part missing", now, func(s *simFS) { delete(s.names, "d/out.part") }, new(*MissingError), "d/out.part is missing"},
		{"OUT.part cut", now, func(s *simFS) { s.put("d/out.part", []byte("1\n2\n")) }, new(*TouchedError), "shorter"},
		{"OUT.part edited", now, func(s *simFS) { s.put("d/out.part", []byte("1\n2\n3\n4\n5\n6\n7\n9\n8\n10\n")) }, new(*TouchedError), "content"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim := begun(t, tt.then)
			if tt.change != nil {
				tt.change(sim)
			}
			before := sim.String()
			_, _, err := Resume(sim, "d/out", now)
			if err == nil || !errors.As(err, tt.want) || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("error %v, want %T with %q", err, tt.want, tt.words)
			}
			if sim.String() != before {
				t.Errorf("the files were changed:\n%swere\n%s", sim, before)
			}
		})
	}
}

func TestResumeStartsAfresh(t *testing.T) {
	now, other := id("COMMAND", "now"), id("COMMAND", "other")
	empty := newSim(1)
	j := create(t, empty, "d/out", other)
	must(t, j.Close())
	removed := completed(t, now)
	must(t, removed.Remove("d/out"))
	cutShort := newSim(1)
	cutShort.put("d/out.stoke", []byte("stoke jou"))
	cutShort.put("d/out.part", nil)
	for _, tt := range []struct {
		name    string
		sim     *simFS
		why     Reason
		differs int
	}{
		{"nothing there", newSim(1), NoJournal, 0},
		{"another run that had finished nothing", empty, NothingDone, 0},
		{"a crash while the journal was made", cutShort, NothingDone, 0},
		{"another run that is complete", completed(t, other), OtherRun, 1},
		{"a complete run, but OUT was removed", removed, OutRemoved, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := string(tt.sim.content("d/out"))
			j, st := resume(t, tt.sim, "d/out", now)
			if st.Fresh != tt.why || len(st.Differs) != tt.differs || st.Next != 1 || st.Completed != nil {
				t.Errorf("state %+v, want reason %d", st, tt.why)
			}
			if got := string(tt.sim.content("d/out")); got != out {
				t.Errorf("OUT is %q, was %q", got, out)
			}
			must(t, j.Write(lines(1, 3)), j.Complete(), j.Close())
			if got := string(tt.sim.content("d/out")); got != "1\n2\n3\n" {
				t.Errorf("OUT is %q", got)
			}
		})
	}
}

func TestResumeOfCompleteRun(t *testing.T) {
	now := id("COMMAND", "now")
	sim := completed(t, now)
	if size := len(sim.content("d/out.stoke")); size > 300 {
		t.Errorf("the journal has %d bytes", size)
	}
	ops := sim.ops
	j, st := resume(t, sim, "d/out", now)
	if c := st.Completed; c == nil || c.Items != 10 || c.Input != lines(1, 10).Input || c.Out != SumOf(sim.content("d/out")) || st.Next != 11 {
		t.Errorf("state %+v", st)
	}
	if sim.ops > ops+1 {
		t.Errorf("%d changes for nothing", sim.ops-ops)
	}
	if err := j.Write(lines(11, 1)); err != ErrCompleted {
		t.Errorf("Write: %v", err)
	}
	must(t, j.Sync(), j.Close())

	sim.names["d/out"].mtime += 1000 // touched, copied or restored
	j, st = resume(t, sim, "d/out", now)
	if st.Completed == nil {
		t.Error("not complete after touch OUT")
	}
	must(t, j.Restart(), j.Write(lines(1, 2)), j.Close())
	if got := string(sim.content("d/out")); got != string(lines(1, 10).Out) {
		t.Errorf("OUT is %q before the new run is complete", got)
	}
	j, st = resume(t, sim, "d/out", now)
	if st.Fresh != Continues || st.Items != 2 {
		t.Errorf("after Restart: %+v", st)
	}
	must(t, j.Write(lines(3, 1)), j.Complete(), j.Close())

	sim.put("d/out", []byte("1\n3\n2\n"))
	var changed *ChangedError
	if _, _, err := Resume(sim, "d/out", now); !errors.As(err, &changed) {
		t.Errorf("an OUT that was edited: %v", err)
	}
}

func TestEmptyRun(t *testing.T) {
	sim := newSim(1)
	j, _ := resume(t, sim, "d/out", id())
	must(t, j.Complete(), j.Close())
	j, st := resume(t, sim, "d/out", id())
	if st.Completed == nil || st.Items != 0 || sim.names["d/out"] == nil {
		t.Errorf("state %+v", st)
	}
	must(t, j.Close())
}

func TestNonsenseIsRefused(t *testing.T) {
	failed := func(failures ...Failure) Piece { // of items "1\n" to "4\n", answered likewise
		p := lines(6, 4)
		p.Failed = failures
		return p
	}
	at := func(index, before, off, n int) Failure {
		return Failure{index, []byte("x\n"), SumOf(lines(6, 4).Out[:before]), Sum{2, 1}, off, n}
	}
	for name, p := range map[string]Piece{
		"no item":                          {First: 6},
		"item 0":                           lines(0, 6),
		"the last item again":              lines(5, 3),
		"a gap":                            lines(7, 1),
		"a held item":                      lines(6, 6),
		"a negative length":                {First: 6, N: 1, Input: Sum{-1, 0}},
		"a checksum of nothing":            {First: 6, N: 1, Input: Sum{0, 1}},
		"failed items in the wrong order":  failed(at(2, 4, 4, 2), at(1, 2, 2, 2)),
		"a failed item twice":              failed(at(1, 2, 2, 2), at(1, 2, 2, 2)),
		"a failed item beyond the piece":   failed(at(4, 6, 6, 2)),
		"a negative index":                 failed(at(-1, 0, 0, 2)),
		"output beyond the piece":          failed(at(3, 6, 7, 8)),
		"overlapping output":               failed(at(1, 2, 2, 4), at(2, 4, 4, 2)),
		"overlapping input":                failed(at(1, 2, 2, 2), at(3, 3, 6, 2)),
		"output before the first item":     failed(at(0, 0, 1, 1)),
		"input behind the last item":       failed(at(3, 5, 6, 3)),
		"output between neighbouring ones": failed(at(1, 2, 2, 1), at(2, 4, 4, 2)),
	} {
		t.Run(name, func(t *testing.T) {
			sim := newSim(1)
			j := create(t, sim, "d/out", id())
			must(t, j.Write(lines(1, 5)))
			_, err := j.Hold(lines(10, 2))
			must(t, err)
			before := sim.String()
			var nonsense *PieceError
			if err := j.Write(p); !errors.As(err, &nonsense) || sim.String() != before {
				t.Errorf("error %v, and the files are\n%swere\n%s", err, sim, before)
			}
			if err := j.Complete(); !errors.As(err, &nonsense) {
				t.Errorf("complete with a held piece: %v", err)
			}
			if err := j.Place(Held{First: 6, N: 1}); !errors.As(err, &nonsense) {
				t.Errorf("a Held out of nowhere: %v", err)
			}
			must(t, j.Write(failed(at(1, 2, 2, 2))))
		})
	}
	sim := newSim(1)
	j := create(t, sim, "d/out", Identity{Unordered: true})
	if _, err := j.Hold(lines(1, 1)); err == nil {
		t.Error("held, unordered")
	}
	must(t, j.Write(lines(2, 1)), j.Close())
	if err := j.Write(lines(1, 1)); err != ErrClosed {
		t.Errorf("Write after Close: %v", err)
	}
}

// Large pieces take other ways than those that fit in a buffer.
func TestLargePieces(t *testing.T) {
	sim := newSim(1)
	j := create(t, sim, "d/out", id())
	big := func(first int64, c string) Piece {
		out := []byte(strings.Repeat(c, 3*chunk) + "\n")
		text := []byte(strings.Repeat("i", 2*chunk)) // a failed item of a size to notice
		return Piece{First: first, N: 2, Input: SumOf(append(text, "ok\n"...)), Out: append(out, "ok\n"...),
			Failed: []Failure{{0, text, Sum{}, SumOf(text), 0, len(out)}}}
	}
	second, err := j.Hold(big(3, "b"))
	must(t, err)
	_, err = j.Hold(big(5, "c"))
	must(t, err, j.Write(big(1, "a")), j.Place(second), j.Close())
	j, st := resume(t, sim, "d/out", id())
	if st.Next != 5 || len(st.Held) != 1 || st.Failed != 3 || st.Out.Len != 6*chunk+8 {
		t.Errorf("state %+v", st)
	}
	st, err = j.Reopen()
	must(t, err)
	if st.Next != 1 || len(st.Held) != 3 || st.Items != 3 || st.Out.Len != 0 {
		t.Errorf("reopened: %+v", st)
	}
	want := ""
	for i, h := range st.Held {
		must(t, j.Write(lines(int64(2*i+1), 1)), j.Place(h))
		want += fmt.Sprintf("%d\nok\n", 2*i+1)
	}
	must(t, j.Complete(), j.Close())
	if got := string(sim.content("d/out")); got != want {
		t.Errorf("OUT is %q, want %q", got, want)
	}
}

func TestPlacingManyTakesFewWrites(t *testing.T) {
	sim := newSim(1)
	j := create(t, sim, "d/out", id())
	var held []Held
	for i := range int64(1000) {
		h, err := j.Hold(lines(2+i, 1))
		must(t, err)
		held = append(held, h)
	}
	must(t, j.Write(lines(1, 1)))
	ops := sim.ops
	must(t, j.Place(held...))
	if n := sim.ops - ops; n != 2 {
		t.Errorf("%d writes", n)
	}
	if got := string(sim.content("d/out.part")); got != string(lines(1, 1001).Out) {
		t.Errorf("OUT.part is %.40q", got)
	}
}

func TestOnlyOneAtATime(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	j := create(t, Disk{}, out, id())
	busy := func() {
		t.Helper()
		var locked *LockedError
		if _, _, err := Resume(Disk{}, out, id()); !errors.As(err, &locked) {
			t.Errorf("Resume: %v", err)
		}
	}
	busy()
	must(t, j.Write(lines(1, 5)), j.Complete())
	busy() // the journal is another file now
	must(t, j.Close())
	j, st := resume(t, Disk{}, out, id())
	if st.Completed == nil {
		t.Errorf("state %+v", st)
	}
	must(t, j.Close())
	for _, name := range []string{out + ".part", out + ".stoke.new"} {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
}

// A note stays through all that becomes of a journal, until there is another one of its name.
func TestNotes(t *testing.T) {
	sim := newSim(1)
	p := lines(1, 4)
	p.Failed = []Failure{{Index: 1, Before: lines(1, 1).Input, Input: lines(2, 1).Input, Off: 2, Len: 2}}
	j := create(t, sim, "d/out", id())
	must(t, j.Write(p), j.Note("ends", "badly"), j.Note("halt", "soon"), j.Note("halt", "later"), j.Close())
	check := func(when, want string) {
		t.Helper()
		if got := j.Noted("ends") + j.Noted("halt") + j.Noted("other"); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	j, _ = resume(t, sim, "d/out", id())
	check("resumed", "badlylater")
	st, err := j.Reopen()
	must(t, err)
	check("reopened", "badlylater")
	must(t, j.Write(lines(2, 1)), j.Place(st.Held...), j.Close())
	j, _ = resume(t, sim, "d/out", id())
	check("resumed again", "badlylater")
	must(t, j.Complete(), j.Close())
	j, _ = resume(t, sim, "d/out", id())
	check("complete", "badlylater")
	must(t, j.Close())
	j, _ = resume(t, sim, "d/out", id("COMMAND", "other"))
	check("begun anew", "")
}

// A run that ends among its items makes OUT of what it has done, and nothing in between is ever OUT.
func TestCompleteWithGaps(t *testing.T) {
	for crashAt := 1; ; crashAt++ {
		sim := newSim(int64(crashAt))
		j := create(t, sim, "d/out", id())
		must(t, j.Write(lines(1, 2)))
		_, err := j.Hold(lines(6, 2))
		must(t, err)
		_, err = j.Hold(lines(4, 1))
		must(t, err, j.Sync())
		sim.crashAt = sim.ops + crashAt
		err = j.CompleteWithGaps()
		if err == nil {
			if got := string(sim.content("d/out")); got != "1\n2\n4\n6\n7\n" || sim.content("d/out.stoke") != nil || sim.content("d/out.part") != nil {
				t.Errorf("OUT is %q, in %v", got, sim)
			}
			must(t, j.Close())
			return
		}
		sim.restart(crashAt%2 == 0)
		j, st := resume(t, sim, "d/out", id())
		if st.Fresh == Continues && (st.Items != 5 || st.Next != 3 || len(st.Held) != 2) {
			t.Errorf("crash at %d: %+v", crashAt, st)
		}
		must(t, j.Close())
	}
}

// A run without a journal has OUT.part: nothing is changed before that is ours, too.
func TestPartIsInUse(t *testing.T) {
	for _, complete := range []bool{false, true} {
		out := filepath.Join(t.TempDir(), "out")
		if complete {
			j := create(t, Disk{}, out, id("COMMAND", "then"))
			must(t, j.Write(lines(1, 5)), j.Complete(), j.Close())
		}
		before, _ := os.ReadFile(out + ".stoke")
		part, err := Disk{}.Lock(out+".part", os.O_CREATE, 0o666)
		must(t, err)
		if _, _, err := Resume(Disk{}, out, id("COMMAND", "now")); !errors.As(err, new(*LockedError)) {
			t.Errorf("complete %v: %v", complete, err)
		}
		if after, err := os.ReadFile(out + ".stoke"); string(after) != string(before) || !complete && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("complete %v: the journal is %q, was %q", complete, after, before)
		}
		must(t, part.Close())
	}
}

// A journal that is replaced while we wait for its lock is not the one to go on with.
func TestJournalReplacedBeforeItIsLocked(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	j := create(t, Disk{}, out, id())
	must(t, j.Write(lines(1, 5)))
	var second *Journal
	var st *State
	done := make(chan error)
	go func() {
		var err error
		second, st, err = Resume(Disk{Patience: time.Minute}, out, id())
		done <- err
	}()
	time.Sleep(time.Millisecond) // most likely it has opened the journal by now; either way is to be right
	must(t, j.Complete(), j.Close(), <-done)
	if st.Completed == nil || second.end < 100 {
		t.Errorf("state %+v", st)
	}
	must(t, second.Close())
}

// slow is a file system whose Sync of OUT.part takes until it is released.
type slow struct {
	Disk
	began, release chan struct{}
}

type slowFile struct {
	File
	fs *slow
}

func (s *slow) Lock(name string, flag int, perm os.FileMode) (File, error) {
	f, err := s.Disk.Lock(name, flag, perm)
	if strings.HasSuffix(name, ".part") {
		f = slowFile{f, s}
	}
	return f, err
}

func (f slowFile) Sync() error {
	f.fs.began <- struct{}{}
	<-f.fs.release
	return f.File.Sync()
}

func TestWritingGoesOnDuringSync(t *testing.T) {
	fsys := &slow{began: make(chan struct{}), release: make(chan struct{})}
	out := filepath.Join(t.TempDir(), "out")
	j := create(t, fsys, out, id())
	must(t, j.Write(lines(1, 5)))
	synced := make(chan error)
	go func() { synced <- j.Sync() }()
	<-fsys.began
	must(t, j.Write(lines(6, 5)))
	h, err := j.Hold(lines(12, 1))
	must(t, err, j.Write(lines(11, 1)), j.Place(h))
	close(fsys.release)
	must(t, <-synced)
	if j.checked != SumOf(lines(1, 5).Out) {
		t.Errorf("the checkpoint covers %d bytes", j.checked.Len)
	}
	must(t, j.Close())
	j, st := resume(t, Disk{}, out, id())
	if st.Next != 13 || st.LostOut+st.LostJournal != 0 {
		t.Errorf("state %+v", st)
	}
	must(t, j.Close())
}

// Runners hold, one goroutine writes and places, another one syncs: on a real disk, for the race detector.
func TestManyGoroutines(t *testing.T) {
	const pieces = 400
	out := filepath.Join(t.TempDir(), "out")
	j := create(t, Disk{}, out, id())
	held := make([]chan Held, pieces)
	for i := range held {
		held[i] = make(chan Held, 1)
	}
	var runners sync.WaitGroup
	for r := range 4 {
		runners.Go(func() {
			for i := r; i < pieces; i += 4 {
				if i%8 == 0 {
					continue // written in turn
				}
				h, err := j.Hold(lines(int64(i)*10+1, 10))
				if err != nil {
					t.Error(err)
				}
				held[i] <- h
			}
		})
	}
	stop := make(chan struct{})
	runners.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				if err := j.Sync(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for i := range pieces {
		if i%8 == 0 {
			must(t, j.Write(lines(int64(i)*10+1, 10)))
		} else {
			must(t, j.Place(<-held[i]))
		}
	}
	close(stop)
	runners.Wait()
	must(t, j.Complete(), j.Close())
	got, err := os.ReadFile(out)
	must(t, err)
	if string(got) != string(lines(1, 10*pieces).Out) {
		t.Error("OUT is wrong")
	}
}

func TestSums(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 2000 {
		p := make([]byte, rng.Intn(1+rng.Intn(5000)))
		rng.Read(p)
		cut := rng.Intn(len(p) + 1)
		a, b, all := SumOf(p[:cut]), SumOf(p[cut:]), SumOf(p)
		if a.Add(p[cut:]) != all || a.Then(b) != all || all.After(a) != b {
			t.Fatalf("%d bytes cut at %d", len(p), cut)
		}
	}
	zeros := make([]byte, 1<<20) // so many that each power is used
	sum := SumOf([]byte("x"))
	if sum.Then(SumOf(zeros)) != sum.Add(zeros) {
		t.Error("a mebibyte of zeros")
	}
}
