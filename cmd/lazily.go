package cmd

import (
	"regexp"
	"sync"
)

// lazily returns what compiles a regular expression when it is first asked for: to compile all of them would be a part of each
// start, and most are for messages.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
