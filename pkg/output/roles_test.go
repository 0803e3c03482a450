package output

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A file is one file, however it is spelled: by another path, a link, a hard link, or a name that is not there yet.
func TestConflict(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, step := range []error{
		os.WriteFile("a", nil, 0o666), os.WriteFile("b", nil, 0o666), os.Link("a", "hard"), os.Symlink("a", "soft"), os.Symlink("new", "dangling"),
		os.Mkdir("dir", 0o777), os.Symlink("dir", "way"), os.Symlink("way/../new", "around"), syscall.Mkfifo("fifo", 0o666),
		os.Symlink("loop", "loop"),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		one, other string
		kinds      [2]Kind
		want       bool
	}{
		{"a", "a", [2]Kind{Read, Written}, true},
		{"a", "a", [2]Kind{Written, Read}, true},
		{"a", "a", [2]Kind{Written, Written}, true},
		{"a", "a", [2]Kind{Read, Read}, false},
		{"a", "a", [2]Kind{Inherited, Inherited}, false},
		{"a", "a", [2]Kind{Read, Inherited}, true},
		{"a", "a", [2]Kind{Inherited, Written}, true},
		{"a", "b", [2]Kind{Read, Written}, false},
		{"a", "./a", [2]Kind{Written, Written}, true},
		{"a", "dir/../a", [2]Kind{Written, Written}, true},
		{"a", "hard", [2]Kind{Written, Written}, true},
		{"a", "soft", [2]Kind{Written, Written}, true},
		{"new", "new", [2]Kind{Written, Written}, true},
		{"new", "dangling", [2]Kind{Written, Written}, true},
		{"new", "around", [2]Kind{Written, Written}, true},
		{"new", filepath.Join(here, "new"), [2]Kind{Written, Written}, true},
		{"dir/new", "way/new", [2]Kind{Written, Written}, true},
		{"new", "dir/new", [2]Kind{Written, Written}, false},
		{"a", "new", [2]Kind{Written, Written}, false},
		{"none/new", "none/new", [2]Kind{Written, Written}, false}, // neither can be made
		{"/dev/null", "/dev/null", [2]Kind{Written, Read}, false},
		{"fifo", "fifo", [2]Kind{Written, Written}, false},
		{"fifo", "fifo", [2]Kind{Read, Written}, true},
	} {
		one, err := Find(tt.one)
		if err != nil {
			t.Fatal(err)
		}
		other, err := Find(tt.other)
		if err != nil {
			t.Fatal(err)
		}
		a, b := Conflict([]Use{{"x", Place{}, Read}, {"one", one, tt.kinds[0]}, {"y", Place{}, Written}, {"other", other, tt.kinds[1]}})
		if got := a != nil && b != nil; got != tt.want || got && (a.Name != "one" || b.Name != "other") {
			t.Errorf("%s and %s, %v: %v, want %v", tt.one, tt.other, tt.kinds, got, tt.want)
		}
	}
	if _, err := Find("loop"); err == nil {
		t.Error("a link to itself is found")
	}
	out, _ := Find("dir/out")
	if part, _ := Find("way/out.part"); !out.Beside(".part").Same(part) {
		t.Error("OUT.part is not found beside OUT")
	}
}
