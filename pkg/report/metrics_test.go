package report

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"stoke/pkg/output"
)

var (
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^\n]*)\})? ([^ \n]+)$`)
	labelPair  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)`)
)

// scrape reads a metrics file as strictly as promtool: HELP, TYPE, then all samples of a metric, each metric once,
// labels well-formed, counters named _total, buckets cumulative. It returns the samples by name and labels.
func scrape(text string) (map[string]float64, error) {
	samples, seen := map[string]float64{}, map[string]bool{}
	name, kind, last := "", "", 0.0
	if !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("the last line has no end")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			help := ""
			name, help, _ = strings.Cut(rest, " ")
			if kind = ""; help == "" || seen[name] {
				return nil, fmt.Errorf("%q: no help, or a second time", line)
			}
			seen[name], last = true, 0
			continue
		}
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			if kind, ok = strings.CutPrefix(rest, name+" "); !ok || kind != "counter" && kind != "gauge" && kind != "histogram" {
				return nil, fmt.Errorf("%q does not follow the help of %s", line, name)
			}
			if strings.HasSuffix(name, "_total") != (kind == "counter") {
				return nil, fmt.Errorf("%s is a %s", name, kind)
			}
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%q is no sample", line)
		}
		base := m[1]
		if kind == "histogram" {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				base = strings.TrimSuffix(base, suffix)
			}
		}
		if base != name || kind == "" {
			return nil, fmt.Errorf("%q follows the type of %s", line, name)
		}
		for labels := m[2]; labels != ""; {
			pair := labelPair.FindString(labels)
			if pair == "" {
				return nil, fmt.Errorf("%q: bad labels", line)
			}
			labels = labels[len(pair):]
		}
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(m[1], "_bucket") {
			if value < last {
				return nil, fmt.Errorf("%q: fewer than the bucket before", line)
			}
			last = value
		}
		id := strings.TrimSuffix(line, " "+m[3])
		if _, ok := samples[id]; ok {
			return nil, fmt.Errorf("%q a second time", line)
		}
		samples[id] = value
	}
	return samples, nil
}

func TestScrapeIsStrict(t *testing.T) {
	for _, bad := range []string{
		"", "x 1\n", "# HELP x y\nx 1\n", "# HELP x y\n# TYPE x gauge\nx 1", "# HELP x y\n# TYPE x gauge\nz 1\n", "# HELP x y\n# TYPE x counter\nx 1\n",
		"# HELP x y\n# TYPE x gauge\nx{a=\"\\x\"} 1\n", "# HELP x y\n# TYPE x gauge\nx one\n", "# HELP x y\n# TYPE x gauge\nx 1\nx 1\n",
		"# HELP x y\n# TYPE x gauge\nx{a=\"b\"c=\"d\"} 1\n", "# HELP x y\n# TYPE x gauge\nx 1\n# HELP x y\n",
	} {
		if samples, err := scrape(bad); err == nil {
			t.Errorf("%q passes as %v", bad, samples)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMetricsOfARun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.prom")
	m := NewMetrics(path, epoch)
	told(m.Tell).Started(1, 1, epoch)
	told(m.Tell).Started(2, 2, epoch)
	if err := m.Write(); err != nil {
		t.Fatal(err)
	}
	early, err := scrape(read(t, path))
	if err != nil {
		t.Fatal(err)
	}
	if early["stoke_run_running"] != 1 || early["stoke_workers"] != 2 || early["stoke_run_start_timestamp_seconds"] != 1772600767 {
		t.Errorf("while it runs: %v", early)
	}
	for _, name := range []string{"stoke_run_exit_status", "stoke_run_end_timestamp_seconds"} {
		if _, ok := early[name]; ok {
			t.Errorf("%s is there while the run goes on", name)
		}
	}

	m = NewMetrics(path, epoch)
	example(m.Tell)
	if err := m.Finish(at(10500*time.Millisecond), 123); err != nil {
		t.Fatal(err)
	}
	got, err := scrape(read(t, path))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"stoke_items_answered_total": 103, "stoke_items_failed_total": 1, "stoke_items_retried_total": 1, "stoke_worker_starts_total": 3,
		"stoke_worker_deaths_total": 2, "stoke_workers": 0, "stoke_run_running": 0, "stoke_run_exit_status": 123,
		"stoke_run_end_timestamp_seconds": 1772600777.5, "stoke_item_duration_seconds_count": 104, "stoke_item_duration_seconds_sum": 7.2,
		`stoke_item_duration_seconds_bucket{le="0.01"}`: 0, `stoke_item_duration_seconds_bucket{le="0.1"}`: 102,
		`stoke_item_duration_seconds_bucket{le="1"}`: 103, `stoke_item_duration_seconds_bucket{le="+Inf"}`: 104,
		`stoke_item_duration_seconds_bucket{le="1e-05"}`: 0, `stoke_item_duration_seconds_bucket{le="10"}`: 104,
	} {
		if value, ok := got[name]; !ok || value-want > 1e-9 || want-value > 1e-9 {
			t.Errorf("%s is %v (there: %v), want %v", name, value, ok, want)
		}
	}
}

// A reader never sees half a file, and nothing is left beside it.
func TestMetricsAreReplacedInOneStep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.prom")
	m := NewMetrics(path, epoch)
	if err := m.Write(); err != nil {
		t.Fatal(err)
	}
	stop, seen := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				seen <- nil
				return
			default:
			}
			text, err := os.ReadFile(path)
			if err == nil {
				_, err = scrape(string(text))
			}
			if err != nil {
				seen <- err
				return
			}
		}
	}()
	for range 500 {
		if err := m.Write(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-seen; err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("in the directory: %v, %v", entries, err)
	}
}

func TestMetricsFileMayBeReadByOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new")
	if err := output.Replace(path, []byte("x")); err != nil {
		t.Fatal(err)
	}
	control := path + ".control"
	if err := os.WriteFile(control, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := mode(t, path), mode(t, control); got != want {
		t.Errorf("a new file has mode %o, want %o", got, want)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := output.Replace(path, []byte("y")); err != nil {
		t.Fatal(err)
	}
	if got := mode(t, path); got != 0o600 || read(t, path) != "y" {
		t.Errorf("a file of mode 600 became mode %o, %q", got, read(t, path))
	}
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestMetricsThroughALink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	if err := output.Replace(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 || read(t, file) != "new" {
		t.Errorf("the link is gone (%v, %v) or the file still %q", info, err, read(t, file))
	}
}

func TestMetricsThatCannotBeWritten(t *testing.T) {
	m := NewMetrics(filepath.Join(t.TempDir(), "missing", "run.prom"), epoch)
	if err := m.Write(); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v", err)
	}
	dir := filepath.Join(t.TempDir(), "dir")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := output.Replace(dir, []byte("x")); err == nil {
		t.Error("a directory was replaced")
	}
	if err := output.Replace(os.DevNull, []byte("x")); err != nil {
		t.Errorf("a device: %v", err)
	}
}
