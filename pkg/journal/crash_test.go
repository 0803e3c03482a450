package journal

import (
	"flag"
	"testing"
)

var seed = flag.Int64("journal.seed", 0, "run TestCrashes with this seed only")

// Whatever crashes in whatever way, and however often: nothing promised is lost, nothing is mapped twice that was not
// lost, and OUT has one of the answers given for each item.
func TestCrashes(t *testing.T) {
	from, to := int64(1), int64(600)
	if testing.Short() {
		to = 100
	}
	if *seed != 0 {
		from, to = *seed, *seed
	}
	crashes := 0
	for seed := from; seed <= to; seed++ {
		m := newModel(seed)
		if err := m.crash(); err != nil {
			t.Fatalf("seed %d: %v\nreplay: go test ./pkg/journal -run TestCrashes -journal.seed %d\n%v", seed, err, seed, m.fs)
		}
		crashes += m.fs.epoch
	}
	t.Logf("%d crashes", crashes)
}

// The test above is worth something only if it notices mistakes.
func TestCrashesNoticeMutants(t *testing.T) {
	for _, mutant := range []string{"checkpoint without sync of OUT.part", "no truncation of OUT.part", "no sync of the journal",
		"no sync of the directory", "no checksum of records"} {
		t.Run(mutant, func(t *testing.T) {
			if mutant == "no checksum of records" {
				whole := checksum
				checksum = func([]byte) uint32 { return 1 }
				defer func() { checksum = whole }()
			}
			noticed, seed := 0, int64(0)
			for seed < 2000 && noticed < 3 {
				seed++
				m := newModel(seed)
				m.fs.mutant = mutant
				if err := m.crash(); err != nil {
					noticed++
					t.Logf("seed %d: %v", seed, err)
				}
			}
			if noticed < 3 {
				t.Errorf("noticed with %d of %d seeds", noticed, seed)
			}
		})
	}
}
