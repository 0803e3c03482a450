package cmd

import (
	"runtime/debug"
	"testing"
)

func TestBuiltFrom(t *testing.T) {
	checkout := []debug.BuildSetting{{Key: "vcs.revision", Value: "f83c76e06817ad94e9c6da499086555f0e5139b8"}, {Key: "vcs.time", Value: "2026-11-26T05:58:03Z"},
		{Key: "vcs.modified", Value: "false"}}
	for _, tt := range []struct {
		name, version string
		settings      []debug.BuildSetting
		want          string
	}{
		{"go install", "v1.2.3", nil, "v1.2.3"},
		{"without version control", "(devel)", nil, "(devel)"},
		{"nothing known", "", nil, "(devel)"},
		{"a checkout", "v0.0.0-20261126055803-f83c76e06817", checkout, "(devel), commit f83c76e06817 of 2026-11-26"},
		{"a checkout of a release", "v1.2.3", checkout, "v1.2.3, commit f83c76e06817 of 2026-11-26"},
		{"a checkout with changes", "v0.0.0-20261126055803-f83c76e06817+dirty", append(checkout[:2:2], debug.BuildSetting{Key: "vcs.modified", Value: "true"}),
			"(devel), commit f83c76e06817 of 2026-11-26, with changes"},
	} {
		info := &debug.BuildInfo{Settings: tt.settings}
		info.Main.Version = tt.version
		if got := builtFrom(info); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
