package cmd

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"

	"stoke/pkg/engine"
	"stoke/pkg/progress"
	"stoke/pkg/worker"
)

// drawing is what is drawn on the terminal while a run lasts.
type drawing int

const (
	nothing drawing = iota
	warmUp          // only that workers warm up, until the first is warm
	bar
)

// surroundings are what the three standard files are, as far as a person may be looking at them.
type surroundings struct {
	input  bool // items are typed
	screen bool // standard error is a terminal
	dumb   bool // of the kind that can do nothing but print
	apart  bool // answers go where nobody looks meanwhile: a file or /dev/null
}

// look finds out where a run takes place.
func look(p *plan) surroundings {
	return surroundings{
		input:  (p.argFile == "" || p.argFile == "-") && isTerminal(os.Stdin),
		screen: isTerminal(os.Stderr),
		dumb:   os.Getenv("TERM") == "dumb",
		apart:  p.output != "" && p.output != "-" || isStorage(os.Stdout),
	}
}

// drawn says what is drawn, and how. A bar would paint into what the next program of a pipeline prints, or between
// answers: there it must be asked for.
func (w *watching) drawn(s surroundings) (progress.Kind, drawing) {
	kind := progress.Terminal
	if !s.screen || s.dumb {
		kind = progress.Plain
	}
	switch {
	case w.forbidden:
		return kind, nothing
	case w.progress, s.screen && s.apart && !w.quiet:
		return kind, bar
	case kind == progress.Terminal && !w.quiet:
		return kind, warmUp
	}
	return kind, nothing
}

// absentAt reports that COMMAND is not found where a person would first have to type an item to be told so.
func absentAt(s surroundings, p *plan) error {
	if !s.input || p.worker.Program != nil || p.worker.Init != "" {
		return nil
	}
	_, err := exec.LookPath(p.worker.Argv[0])
	if !errors.Is(err, exec.ErrNotFound) {
		return nil
	}
	absent := &engine.InitError{Slot: 1, Err: &worker.LaunchError{Name: p.worker.Argv[0], NotFound: true, Err: err}}
	advise(p, absent)
	return absent
}

// isStorage reports whether f is a regular file or /dev/null.
func isStorage(f *os.File) bool {
	info, err := f.Stat()
	null, nullErr := os.Stat(os.DevNull)
	return err == nil && (info.Mode().IsRegular() || nullErr == nil && os.SameFile(info, null))
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// takesColours reports whether f is a terminal that shows them, and its owner has not said that none are wanted.
func takesColours(f *os.File) bool {
	return isTerminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// showsUTF8 reports whether the locale says that text is UTF-8.
func showsUTF8() bool {
	locale := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG"))
	return strings.Contains(strings.ReplaceAll(strings.ToLower(locale), "-", ""), "utf8")
}

func terminalWidth() int {
	size, err := unix.IoctlGetWinsize(int(os.Stderr.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// inBackground reports whether the terminal belongs to another process group, so that nothing should be drawn there.
func inBackground() bool {
	group, err := unix.IoctlGetInt(int(os.Stderr.Fd()), unix.TIOCGPGRP)
	return err == nil && group != unix.Getpgrp()
}
