// Command chaos runs stoke with random workers, flags, items and misfortunes, and compares what comes of it with an oracle.
//
//	go run ./scripts/chaos [-seed N] [-runs N] [-at-once N] [-stoke FILE] [-keep DIR] [-v]
//
// A run is drawn from its seed: run it again with -seed N -runs 1, though not at the same moments. What is drawn (plan.go): a
// kind of worker (kinds.go), its items, flags, and a misfortune: a signal to stoke, one to its workers, a reader that goes away.
// What is checked (judge.go): answers, their order, --failed, the status, messages that nobody should ever see, processes
// left behind (proc.go: told by a variable of that run in their environment) and runs that do not end. It needs Linux.
//
// The exit status is 1 if anything was wrong; each such run is printed with its seed, its command and what was wrong.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

func main() {
	seed := flag.Int64("seed", 1, "the first seed")
	runs := flag.Int("runs", 100, "how many seeds")
	atOnce := flag.Int("at-once", 2, "how many runs at a time")
	stoke := flag.String("stoke", "", "the stoke to try (default: built from this tree)")
	keep := flag.String("keep", "", "keep what the runs read and wrote in `DIR`")
	verbose := flag.Bool("v", false, "print every run")
	flag.Parse()
	wrong, ends, err := chaos(*seed, *runs, *atOnce, *stoke, *keep, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(2)
	}
	fmt.Printf("%d seeds, %d of them wrong; how runs ended: %v\n", *runs, wrong, ends)
	if wrong > 0 {
		os.Exit(1)
	}
}

// chaos does all runs and returns how many were wrong, and how often they ended in which way.
func chaos(seed int64, runs, atOnce int, stoke, keep string, verbose bool) (wrong int, ends map[string]int, err error) {
	dir, err := os.MkdirTemp("", "chaos-")
	if err != nil {
		return 0, nil, err
	}
	ends = map[string]int{}
	defer os.RemoveAll(dir)
	if stoke == "" {
		stoke = filepath.Join(dir, "stoke")
		if out, err := exec.Command("go", "build", "-o", stoke, ".").CombinedOutput(); err != nil {
			return 0, nil, fmt.Errorf("%w: %s", err, out)
		}
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	seeds := make(chan int64)
	for range atOnce {
		group.Go(func() {
			for seed := range seeds {
				p := draw(seed)
				problems := p.try(stoke, filepath.Join(cmp.Or(keep, dir), fmt.Sprint(seed)))
				if keep == "" {
					os.RemoveAll(filepath.Join(dir, fmt.Sprint(seed)))
				}
				mu.Lock()
				for _, end := range p.ends {
					ends[end]++
				}
				if len(problems) > 0 {
					wrong++
				}
				if verbose || len(problems) > 0 {
					fmt.Printf("seed %d: %s\n", seed, p)
					fmt.Print(indented(problems))
				}
				mu.Unlock()
			}
		})
	}
	for i := range runs {
		seeds <- seed + int64(i)
	}
	close(seeds)
	group.Wait()
	return wrong, ends, nil
}

func indented(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, "    WRONG: %s\n", strings.ReplaceAll(strings.TrimSpace(line), "\n", "\n    "))
	}
	return b.String()
}
