package cmd

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Each flag that names a file has a role, so that one file in two roles is found.
func TestFileFlagsHaveRoles(t *testing.T) {
	each(groups(), func(s *setting, f *pflag.Flag) {
		if name, _ := pflag.UnquoteUsage(f); strings.HasSuffix(name, "FILE") && s.file == noFile {
			t.Errorf("--%s names a file: say in its declaration whether that is read or written", f.Name)
		}
	})
}
