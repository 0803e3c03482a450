// Package cmd turns what was typed into a run, and what became of it into words and an exit status.
//
// In come arguments, environment and a config file; out comes a plan (plan.go), from which run.go wires a
// source of items, a launcher of workers, the engine and an output. Nothing below this package knows cobra or viper,
// writes messages or knows an exit status: libraries return typed errors, voice.go words them, status.go ranks them.
package cmd

import (
	"cmp"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// Main runs stoke with the arguments behind the program's name and returns its exit status.
func Main(args []string) int {
	// Early: the Go runtime starts threads as it goes, and aborts where it may have no more.
	if err := cmp.Or(enoughSpace(), enoughProcesses(1), enoughFiles()); err != nil {
		newVoice(os.Stderr).report(err)
		return statusOf(err)
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR1) // a question that comes before there is an answer must not kill
	time.AfterFunc(time.Hour, func() {}).Stop()             // the runtime aborts if its first timer finds no file descriptor left
	v := newVoice(os.Stderr)
	v.colours = takesColours(os.Stderr)
	c := newCommand(v)
	c.SetArgs(spareCommand(args))
	var unexplained error // cobra takes no error of the help
	c.SetHelpFunc(func(c *cobra.Command, typed []string) { unexplained = printHelp(c, typed, groups()) })
	err := cmp.Or(c.Execute(), unexplained)
	if err == nil {
		return statusOK
	}
	v.report(err)
	if ended := new(signalled); errors.As(err, &ended) {
		dieOf(ended.signal)
	}
	return statusOf(err)
}
