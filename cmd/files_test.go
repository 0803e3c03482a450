package cmd

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Each flag that names a file has a role, so that one file in two roles is found.
func TestFileFlagsHaveRoles(t *testing.T) {
	known := []string{"--arg-file", "--output"}
	for _, f := range new(settings).fileFlags() {
		known = append(known, f.flag)
	}
	each(groups(), func(f *pflag.Flag) {
		if name, _ := pflag.UnquoteUsage(f); !f.Hidden && strings.HasSuffix(name, "FILE") && !slices.Contains(known, "--"+f.Name) {
			t.Errorf("--%s names a file: say in fileFlags whether that is read or written", f.Name)
		}
	})
}
