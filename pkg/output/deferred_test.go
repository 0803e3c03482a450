package output_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stoke/pkg/output"
)

func TestDeferred(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name, before string // "-": there is none
		keep         int64
		first        string
		begin        bool
		second, want string
	}{
		{"replaced", "old", 0, "a", true, "b", "ab"},
		{"gone on with", "old, torn", 3, "a", true, "b", "oldab"},
		{"not begun", "old", 0, "a", false, "b", "old"},
		{"not begun, and new", "-", 0, "a", false, "b", "-"},
		{"new", "-", 0, "", true, "", ""},
		{"too much to be held back", "old", 0, long, false, "b", long + "b"},
	} {
		path := filepath.Join(t.TempDir(), "f")
		if tt.before != "-" {
			if err := os.WriteFile(path, []byte(tt.before), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		d, err := output.Defer(path, tt.keep)
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Write([]byte(tt.first))
		if tt.begin {
			err = errors.Join(err, d.Begin(), d.Begin())
		}
		_, second := d.Write([]byte(tt.second))
		if err := errors.Join(err, second, d.Close(), d.Close()); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		got, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			got = []byte("-")
		}
		if string(got) != tt.want {
			t.Errorf("%s: %.40q, want %.40q", tt.name, got, tt.want)
		}
	}
}

func TestDeferredFollowsALinkToNothing(t *testing.T) {
	dir := t.TempDir()
	link, to := filepath.Join(dir, "link"), filepath.Join(dir, "to")
	if err := os.Symlink("to", link); err != nil {
		t.Fatal(err)
	}
	d, err := output.Defer(link, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Begin(), d.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(to); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCanReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := output.CanReplace(path); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it has left %v", left)
	}
	if err := output.CanReplace(filepath.Join(dir, "no", "f")); err == nil {
		t.Error("a file in a directory that is not there could be replaced")
	}
}
