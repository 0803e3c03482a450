package cmd

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// cpus is the number of CPUs this process may use: those that its affinity allows, or as many as its cgroup's quota is worth,
// rounded up. How many the Go runtime uses itself (GOMAXPROCS) is no matter.
var cpus = sync.OnceValue(func() int {
	n := runtime.NumCPU()
	if quota := cpuQuota(os.DirFS("/")); quota > 0 {
		n = min(n, max(1, int(math.Ceil(quota))))
	}
	return n
})

// cpuQuota is how many CPUs the cgroup of this process is worth, or one that it is in; 0 if there is no limit.
func cpuQuota(root fs.FS) (least float64) {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(groups)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		dir, read := "sys/fs/cgroup", quotaOfGroup
		if f[0] != "0" {
			if !strings.Contains(","+f[1]+",", ",cpu,") {
				continue
			}
			dir, read = "sys/fs/cgroup/cpu", quotaOfOldGroup
		}
		for at := path.Clean("/" + f[2]); ; at = path.Dir(at) {
			if quota := read(root, path.Join(dir, at)); quota > 0 && (least == 0 || quota < least) {
				least = quota
			}
			if at == "/" {
				break
			}
		}
	}
	return least
}

// quotaOfGroup reads the quota of a cgroup of version 2; 0 for none.
func quotaOfGroup(root fs.FS, dir string) float64 {
	text, _ := fs.ReadFile(root, path.Join(dir, "cpu.max"))
	f := strings.Fields(string(text))
	if len(f) != 2 {
		return 0
	}
	return share(f[0], f[1])
}

// quotaOfOldGroup does so for version 1.
func quotaOfOldGroup(root fs.FS, dir string) float64 {
	quota, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us"))
	period, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	return share(strings.TrimSpace(string(quota)), strings.TrimSpace(string(period)))
}

func share(quota, period string) float64 {
	q, err := strconv.ParseFloat(quota, 64)
	p, periodErr := strconv.ParseFloat(period, 64)
	if err != nil || periodErr != nil || q <= 0 || p <= 0 {
		return 0
	}
	return q / p
}
