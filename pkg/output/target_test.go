package output

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func modeOf(t *testing.T, name string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(name)
	must(t, err)
	return info.Mode().Perm()
}

// What is made beside a target is no more open to others than it, from the first moment on.
func TestModes(t *testing.T) {
	t.Chdir(t.TempDir())
	defer syscall.Umask(syscall.Umask(0o027))
	for _, tt := range []struct {
		out, left     os.FileMode // modes of OUT, and of what an earlier run has left; 0: there is none
		private       bool
		grows, settle os.FileMode
	}{
		{0, 0, false, 0o640, 0o640},
		{0, 0, true, 0o600, 0o600},
		{0, 0o644, false, 0o644, 0o644},
		{0, 0o644, true, 0o600, 0o600},
		{0o600, 0, false, 0o600, 0o600},
		{0o600, 0o666, false, 0o600, 0o600},
		{0o666, 0, false, 0o666, 0o666},
		{0o644, 0, true, 0o644, 0o644},
		{0o444, 0, false, 0o644, 0o444},
	} {
		os.Remove("out")
		os.Remove("out.part")
		for name, mode := range map[string]os.FileMode{"out": tt.out, "out.part": tt.left} {
			if mode != 0 {
				must(t, os.WriteFile(name, []byte("old"), 0o600), os.Chmod(name, mode))
			}
		}
		target, err := TargetOf("out")
		must(t, err)
		f, err := target.open("out.part", os.O_CREATE, tt.private)
		must(t, err)
		grows := modeOf(t, "out.part")
		must(t, target.Settle(f, "out.part"), f.Close())
		if settled := modeOf(t, "out"); grows != tt.grows || settled != tt.settle {
			t.Errorf("%+v: grows with %o, becomes %o", tt, grows, settled)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("file", []byte("x"), 0o600), os.WriteFile("linked", nil, 0o600), os.Link("linked", "hard"), os.Symlink("file", "soft"),
		os.Symlink("nothing", "dangling"), syscall.Mkfifo("fifo", 0o600))
	for name, want := range map[string]string{"hard": "hard link", "soft": "symbolic link", "dangling": "symbolic link", "fifo": "no regular file"} {
		f, err := new(Target).open(name, os.O_CREATE, false)
		if unsafe := new(UnsafeError); !errors.As(err, &unsafe) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	if _, err := new(Target).open("missing", 0, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := os.Lstat("nothing"); err == nil {
		t.Error("made through a link")
	}
}

func TestSettleKnowsItsFile(t *testing.T) {
	t.Chdir(t.TempDir())
	target, err := TargetOf("out")
	must(t, err)
	part, err := target.Grow(0)
	must(t, err, os.Rename("out.part", "gone"), os.WriteFile("out.part", nil, 0o600))
	if err := part.Finish(); err == nil {
		t.Error("another file became OUT")
	}
}

// A lock names who has it, and is waited for.
func TestLock(t *testing.T) {
	t.Chdir(t.TempDir())
	target, err := TargetOf("out")
	must(t, err)
	first, err := target.Grow(0)
	must(t, err)
	_, err = target.Grow(3 * lockAgain)
	if locked := new(LockedError); !errors.As(err, &locked) || locked.Path != "out" || locked.Pid != 0 && locked.Pid != os.Getpid() {
		t.Errorf("a second one: %v", err)
	}
	got := make(chan error)
	go func() {
		second, err := target.Grow(time.Minute)
		if err == nil {
			err = second.Close()
		}
		got <- err
	}()
	must(t, first.Close(), <-got)
}

// What gets another name between being opened and locked is let go.
func TestOpenedAndRenamed(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("out.part", []byte("old"), 0o600))
	opened = func() {
		opened = func() {}
		must(t, os.Rename("out.part", "out"))
	}
	f, err := new(Target).OpenLocked("out.part", os.O_CREATE, false, 0)
	must(t, err)
	if info, err := f.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v, want a new file", info, err)
	}
	must(t, f.Close())
}
