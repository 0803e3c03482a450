package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// await is the command `await COMMAND [ARG...]` of transcripts: it runs COMMAND again and again until that succeeds. After a
// minute it gives up and says so, so that a mistake fails a test and does not stop it for ever.
func await() {
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if exec.Command(os.Args[1], os.Args[2:]...).Run() == nil {
			return
		}
	}
	fmt.Fprintln(os.Stderr, "await: in vain:", strings.Join(os.Args[1:], " "))
	os.Exit(1)
}
