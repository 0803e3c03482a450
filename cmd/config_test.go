package cmd

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestReadConfig(t *testing.T) {
	brackets := strings.Repeat(`[.={`, 999)
	for _, tt := range []struct {
		name, file, text string
		want             map[string]any
	}{
		{"nothing", "c.yaml", "", map[string]any{}},
		{"a comment", "c.toml", "# [[[[[[[[[[[[[[[[[\n", map[string]any{}},
		{"numbers for texts", "c.yaml", "jobs: 4\ntimeout: 1.5\nmax-item: 123456789\n", map[string]any{"jobs": "4", "timeout": "1.5", "max-item": "123456789"}},
		{"numbers of JSON", "c.json", `{"init-retries": 2, "jobs": 4}`, map[string]any{"init-retries": int64(2), "jobs": "4"}},
		{"texts for numbers and switches", "c.yml", "init-retries: '2'\ntag: 'true'\n", map[string]any{"init-retries": int64(2), "tag": true}},
		{"a list", "c.toml", "arg = ['a=1,2', 'b=2']\n", map[string]any{"arg": []string{"a=1,2", "b=2"}}},
		{"a list of one", "c.yaml", "arg: a=1,2\n", map[string]any{"arg": []string{"a=1,2"}}},
		{"a text that looks nested", "c.toml", "worker = \"\"\"\\\"" + brackets + "\"\"\"\n", map[string]any{"worker": `"` + brackets}},
		{"another", "c.toml", "worker = '" + brackets + "'\n", map[string]any{"worker": brackets}},
	} {
		if got, err := readConfig(write(t, tt.file, tt.text), groups()); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
	for _, file := range []string{t.TempDir(), "/dev/zero"} {
		if _, err := readBounded(file); err == nil || !strings.Contains(err.Error(), "neither a file nor a pipe") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// FuzzConfig: whatever a config file holds, it is read soon, and what is read fits the flags.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"jobs: 4\narg: [a=1]\n", "a: &a [*a]\n", "? {a: 1}\n: 2\n", "init-retries: 1e99\n", "jobs = 4\narg = ['a=1']\n", "[a]\nb = 1\n", "a.b = \"\"\"\n", "a = '''",
		`{"jobs": 4, "arg": ["a=1"]}`, `{"jobs": null}`, "jobs: !!binary eA==\n", "<<: {jobs: 1}\n",
	} {
		f.Add(text, "yaml")
		f.Add(text, "toml")
		f.Add(text, "json")
	}
	gs := groups()
	f.Fuzz(func(t *testing.T, text, kind string) {
		if kind != "yaml" && kind != "toml" && kind != "json" {
			return
		}
		begun := time.Now()
		got, err := readConfig(write(t, "c."+kind, text), gs)
		if took := time.Since(begun); took > 5*time.Second {
			t.Fatalf("took %v", took)
		}
		if err != nil {
			return
		}
		for name, value := range got {
			switch value.(type) {
			case string, bool, int64, []string:
			default:
				t.Errorf("%s is %T %v", name, value, value)
			}
		}
	})
}
