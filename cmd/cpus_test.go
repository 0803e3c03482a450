package cmd

import (
	"testing"
	"testing/fstest"
)

func TestCPUQuota(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	tests := []struct {
		name  string
		files fstest.MapFS
		want  float64
	}{
		{"nothing is known", fstest.MapFS{}, 0},
		{"no limit", fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/cpu.max": file("max 100000\n")}, 0},
		{"one and a half", fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/cpu.max": file("150000 100000\n")}, 1.5},
		{"the parent's is less", fstest.MapFS{"proc/self/cgroup": file("0::/a/b\n"),
			"sys/fs/cgroup/a/cpu.max": file("50000 100000\n"), "sys/fs/cgroup/a/b/cpu.max": file("max 100000\n")}, 0.5},
		{"version 1", fstest.MapFS{"proc/self/cgroup": file("3:cpu,cpuacct:/x\n1:name=systemd:/\n"),
			"sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": file("200000\n"), "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": file("100000\n")}, 2},
		{"version 1, no limit", fstest.MapFS{"proc/self/cgroup": file("3:cpu:/\n"),
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us": file("-1\n"), "sys/fs/cgroup/cpu/cpu.cfs_period_us": file("100000\n")}, 0},
	}
	for _, tt := range tests {
		if got := cpuQuota(tt.files); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
