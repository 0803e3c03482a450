package worker

import (
	"maps"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// All that descends from a worker that is killed dies with it, however it has tried to get away, and only that.
func TestKillReachesTheTree(t *testing.T) {
	other := sh(t, "setsid sleep 1000 & echo $!; wait")
	neighbour := other.number()
	tests := []struct{ name, script string }{
		{"a group of its own", "set -m; sleep 1000 & echo $!; read x"},
		{"a session of its own", "setsid sleep 1000 & echo $!; wait"},
		{"an orphan", "(setsid sh -c 'sleep 1000 & echo $!'); sleep 1000"},
		{"an orphan that ignores SIGTERM", `(setsid sh -c 'trap "" TERM; sleep 1000 & echo $!'); sleep 1000`},
		{"below a leader that ignores SIGTERM", "trap '' TERM; setsid sleep 1000 & echo $!; wait"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sh(t, tt.script)
			child := w.number()
			if exit := w.finish(0, nil); exit.Left != 0 {
				t.Errorf("%d is said to be left", exit.Left)
			}
			if alive(child) {
				t.Error("its descendant lives")
				_ = syscall.Kill(child, syscall.SIGKILL)
			}
		})
	}
	if !alive(neighbour) {
		t.Error("the child of another worker is dead, too")
	}
	other.finish(0, nil)
}

// Orphans that end are reaped, and nobody else is.
func TestOrphansAreReaped(t *testing.T) {
	w := sh(t, "(setsid sh -c 'sleep 0 & echo $!'); read x; exit 7")
	orphan := w.number()
	eventually(t, "the end of the orphan", func() bool { _, there := look(orphan); return !there })
	own, err := os.StartProcess("/bin/sh", []string{"sh", "-c", "exit 3"}, &os.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of a process of ours", func() bool { p, there := look(own.Pid); return there && p.dead })
	workers.reapOrphans()
	if state, err := own.Wait(); err != nil || state.ExitCode() != 3 {
		t.Errorf("our own child: %v, %v", state, err)
	}
	if exit := w.finish(bound, nil); exit.Code != 7 {
		t.Errorf("the worker ended with %+v", exit)
	}
}

func TestGrow(t *testing.T) {
	const self, worker, other = 10, 20, 30
	table := map[int]process{
		1:      {1, 0, 1, false},
		self:   {self, 1, self, false},
		worker: {worker, self, worker, false},
		21:     {21, worker, worker, false},
		22:     {22, 21, 22, false},         // with a session of its own
		23:     {23, self, 22, false},       // the child of one that is gone, in that session
		24:     {24, self, 24, false},       // likewise, in its own, with the mark
		25:     {25, 24, 24, false},         // its child
		26:     {26, self, worker, true},    // dead
		other:  {other, self, other, false}, // another worker
		31:     {31, other, other, false},
		32:     {32, self, 32, false},    // its orphan
		33:     {33, self, self, false},  // no worker's
		40:     {40, 1, worker, false},   // not below us: the id has been used again
		41:     {41, 999, worker, false}, // its parent is gone in the middle of our look
	}
	workers.mu.Lock()
	workers.launched[other] = "its mark"
	workers.mu.Unlock()
	defer workers.reaped(other)
	tr := newTree(worker)
	got := tr.grow(table, self, func(pid int, _ []string) bool { return pid == 24 || pid == other })
	slices.Sort(got)
	if want := []int{worker, 21, 22, 23, 24, 25}; !slices.Equal(got, want) {
		t.Errorf("alive: %v, want %v", got, want)
	}
	delete(table, worker)
	delete(table, 24)
	table[25] = process{25, self, 25, false}
	table[27] = process{27, 25, 25, false}
	got = tr.grow(table, self, func(int, []string) bool { return false })
	if slices.Sort(got); !slices.Contains(got, 25) || !slices.Contains(got, 27) {
		t.Errorf("alive when their parents are gone: %v; members: %v", got, slices.Sorted(maps.Keys(tr.members)))
	}
}

// What may not be killed is not waited for, and named.
func TestKillMayBeRefused(t *testing.T) {
	w := sh(t, "setsid sleep 1000 & echo $!; wait")
	child := w.number()
	eventually(t, "a session of its own", func() bool { p, _ := look(child); return p.session == child })
	tr := newTree(w.Pid())
	tr.send = func(pid int, s syscall.Signal) error {
		if pid == child {
			return unix.EPERM
		}
		return unix.Kill(pid, s)
	}
	began := time.Now()
	if left := tr.kill(bound); left != child {
		t.Errorf("left is %d, not %d", left, child)
	}
	if took := time.Since(began); took > bound/2 {
		t.Errorf("after %v", took)
	}
	if left := newTree(child).kill(bound); left != 0 {
		t.Errorf("%d is left", left)
	}
}

func TestHasMark(t *testing.T) {
	for environ, want := range map[string]bool{
		"A=1\x00_X=1.2\x00": true, "_X=1.2\x00B=": true, "_X=1.23\x00": false, "A_X=1.2\x00": false, "": false,
	} {
		if got := hasMark(environ, []string{"_X=1.2"}); got != want {
			t.Errorf("%q: %v", environ, got)
		}
	}
}
