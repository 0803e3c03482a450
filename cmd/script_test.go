package cmd_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"stoke/cmd"
)

// The test binary is stoke, the fake workers of fake_test.go, and await, too: transcripts run them by name. TEST_PATIENCE is what
// stands in a transcript for the 10 s after which stoke says whom it waits for.
func TestMain(m *testing.M) {
	testscript.Main(prepared{m}, map[string]func(){
		"stoke": func() {
			if d, err := time.ParseDuration(os.Getenv("TEST_PATIENCE")); err == nil {
				cmd.SetPatience(d)
			}
			os.Exit(cmd.Main(os.Args[1:]))
		},
		"fake":  fake,
		"await": await,
	})
}

// prepared are the tests in surroundings where they take less time.
type prepared struct{ *testing.M }

// Run lets tests run twelve at once where -parallel does not say how many: they mostly wait. Behind the programs that are tested,
// which come first on PATH, it puts python itself in front of a wrapper that looks for it, and takes longer than python.
func (p prepared) Run() int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		flag.Set("test.parallel", "12")
	}
	if python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output(); err == nil {
		ours, others, _ := strings.Cut(os.Getenv("PATH"), string(filepath.ListSeparator))
		path := []string{ours, filepath.Dir(string(python)), others}
		os.Setenv("PATH", strings.Join(path, string(filepath.ListSeparator)))
	}
	return p.M.Run()
}

// TestScript runs the transcripts of testdata/script, one file a topic. See testscript's doc for their language; added
// to it are the conditions [root] and [have:PROG]. Where a program is absent its line is left out; in CI that is an error.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "../testdata/script",
		Setup:               setup,
		Condition:           condition,
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// setup takes from the environment what would hide what the transcripts test.
func setup(env *testscript.Env) error {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "STOKE_") {
			env.Setenv(name, "")
		}
	}
	env.Setenv("PYTHONUNBUFFERED", "")
	env.Setenv("LC_ALL", "C.UTF-8")
	env.Setenv("TMPDIR", env.WorkDir)
	env.Setenv("HOME", env.WorkDir)
	sizes, jobs := "1 2 1000 100000", "1 2 8" // of the filters that are compared with themselves; see same.sh
	if testing.Short() {
		sizes, jobs = "1 20000", "2"
	}
	env.Setenv("SIZES", sizes)
	env.Setenv("JOBS", jobs)
	env.Setenv("GORACE", "atexit_sleep_ms=0") // else each process under -race takes a second to exit
	testdata, err := filepath.Abs("../testdata")
	env.Setenv("TESTDATA", testdata) // where the sample workers are
	return err
}

func condition(cond string) (bool, error) {
	if cond == "root" { // may become another user
		return os.Geteuid() == 0, nil
	}
	program, ok := strings.CutPrefix(cond, "have:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	_, err := exec.LookPath(program)
	if err != nil && os.Getenv("CI") != "" {
		return false, fmt.Errorf("%s is not installed, and in CI no test may be skipped", program)
	}
	return err == nil, nil
}
