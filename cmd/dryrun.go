package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"unicode/utf8"

	"stoke/pkg/cut"
	"stoke/pkg/engine"
	"stoke/pkg/human"
	"stoke/pkg/lang"
	"stoke/pkg/queue"
)

const (
	// mostShown and longestWord bound what a dry run shows: items, and bytes of a word.
	mostShown   = 5
	longestWord = 300
)

// sheet is what a dry run shows: a name and what is to say of it, which may have several lines.
type sheet struct{ strings.Builder }

func (to *sheet) add(name, format string, args ...any) {
	text := strings.TrimSuffix(fmt.Sprintf(format, args...), "\n")
	fmt.Fprintf(to, "%-8s %s\n", name, strings.ReplaceAll(text, "\n", "\n         "))
}

// dryRun shows what a run would do, and starts nothing.
func dryRun(s *settings, p *plan) error {
	items, err := planItems(p)
	if err != nil {
		return err
	}
	state, err := resumeState(p)
	if err != nil {
		return err
	}
	to := new(sheet)
	to.add("items", "%s", items)
	planWorkers(p, to, s)
	to.add("answers", "%s", planAnswers(p))
	to.add("failures", "%s", planFailures(p, s))
	if state != "" {
		to.add("resume", "%s", state)
	}
	if _, err := os.Stdout.WriteString(to.String()); err != nil {
		return &queue.WriteError{What: "the plan", Err: err}
	}
	return nil
}

// planItems says where items are from, and shows the first where nobody will miss them.
func planItems(p *plan) (string, error) {
	const unread = ", which is read only by a run"
	if info, err := os.Stat(p.argFile); err == nil && info.Mode()&os.ModeNamedPipe != 0 && !strings.HasPrefix(p.argFile, "/dev/") {
		return p.argFile + unread, nil // opening it may wait for a writer, and closing it would end that one
	}
	in, err := openInput(p.argFile)
	if err != nil {
		return "", err
	}
	whence := "standard input"
	if in != os.Stdin {
		defer in.Close()
		whence = p.argFile
	}
	if end := p.delimiter; string(end) != "\n" {
		whence += fmt.Sprintf(", each ended by %q", end)
	}
	info, err := in.Stat()
	if err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return whence + unread, nil // a terminal, or /dev/null
	}
	var from io.Reader = in
	if start, err := in.Seek(0, io.SeekCurrent); err == nil { // whoever shares the file shall find it where it was
		from = io.NewSectionReader(in, start, math.MaxInt64-start)
	}
	items, err := gather(context.Background(), from, cut.Delimiter(p.delimiter))
	if err != nil {
		return "", &engine.ReadError{Err: err}
	}
	return whence + shownItems(items, from == in), nil
}

// shownItems lists the first items. From a pipe there may be none yet.
func shownItems(items [][]byte, pipe bool) string {
	switch {
	case len(items) == 0 && pipe:
		return ": nothing within a second"
	case len(items) == 0:
		return ": empty"
	}
	var b strings.Builder
	for _, item := range items[:min(len(items), mostShown)] {
		b.WriteString("\n  " + human.Quote(item, false))
	}
	if len(items) > mostShown {
		b.WriteString("\n  ...")
	}
	return b.String()
}

// planWorkers shows what would be started, as worker 1 would get it.
func planWorkers(p *plan, to *sheet, s *settings) {
	to.add("workers", "%s", planJobs(p, s))
	if p.worker.Program != nil {
		to.add("code", "%s", p.worker.Program.Code)
		for _, arg := range append(s.Arg, s.ArgJSON...) {
			to.add("arg", "%s", arg)
		}
	}
	command := p.worker.Command(1)
	if p.worker.Init != "" {
		command.Argv = command.Argv[len(command.Argv)-len(p.worker.Argv):] // without the shell in front of it
	}
	to.add("command", "%s", abridged(command.Argv))
	to.add("program", "%s", programAt(command.Argv[0]))
	if s.Preload != "" {
		to.add("preload", "%s", s.Preload)
	}
	if s.Init != "" {
		to.add("init", "%s", s.Init)
	}
	if s.Exit != "" {
		to.add("exit", "%s", s.Exit)
	}
	var environ []string
	for _, variable := range command.Env[len(os.Environ()):] {
		name, value, _ := strings.Cut(variable, "=")
		shown := abridged([]string{value})
		if strings.HasPrefix(name, lang.Variables) { // all that it says stands above
			shown = fmt.Sprintf("(%d bytes)", len(value))
		}
		environ = append(environ, name+"="+shown)
	}
	to.add("environ", "%s", strings.Join(environ, " "))
}

// planJobs says how many workers there would be, and what becomes of them.
func planJobs(p *plan, s *settings) string {
	text := fmt.Sprintf("up to %d, started when there is work for them", p.worker.Jobs)
	if p.worker.Jobs > 1 && strings.Contains(strings.Join(p.worker.Argv, " "), "{%}") {
		text += fmt.Sprintf("; the first of them is shown, {%%} is 1 to %d", p.worker.Jobs)
	}
	for _, line := range said(workerFlags, s, nil) {
		text += "\n" + line
	}
	return text
}

// programAt says where the program of a worker is, which is looked up without running it. The init code may move it yet.
func programAt(name string) string {
	path, err := exec.LookPath(name)
	switch {
	case err == nil, errors.Is(err, exec.ErrDot):
		return path
	case errors.Is(err, exec.ErrNotFound):
		return name + ": not found in PATH"
	}
	return fmt.Sprintf("%s: %v", name, errors.Unwrap(err))
}

// abridged returns words as they are typed, but for long ones their length: the code that runs CODE, say.
func abridged(words []string) string {
	short := make([]string, len(words))
	for i, word := range words {
		short[i] = shellQuote(word)
		if len(word) > longestWord || !utf8.ValidString(word) {
			short[i] = fmt.Sprintf("(%d bytes)", len(word))
		}
	}
	return strings.Join(short, " ")
}

// planAnswers says where answers go, and how they look.
func planAnswers(p *plan) string {
	text := "to standard output"
	if p.output != "" {
		text = "to " + p.output
		info, err := os.Stat(p.output)
		switch {
		case err == nil && !info.Mode().IsRegular():
		case err == nil:
			text += ", which is replaced when the run is complete; until then they are in " + p.output + ".part"
		default:
			text += ", which appears when the run is complete; until then they are in " + p.output + ".part"
		}
	}
	f := &p.engine.Format
	text += map[bool]string{false: "\nin input order", true: "\nas they are answered, in any order"}[p.engine.Unordered]
	text += map[bool]string{true: ", as ITEM<TAB>ANSWER"}[f.Tag] + map[bool]string{true: ", as JSON objects"}[f.JSON]
	return text + fmt.Sprintf(", each ended by %q", []byte{f.End})
}

// planFailures says what becomes of an item that fails.
func planFailures(p *plan, s *settings) string {
	e := &p.engine
	text := map[engine.OnError]string{
		engine.Fill: fmt.Sprintf("print %q in place of an answer", e.Format.Fill), engine.Skip: "print nothing", engine.Stop: "end the run",
	}[e.Format.OnError]
	if e.Format.OnError == engine.Fill && e.Format.Fill == "" {
		text = "print an empty line in place of an answer"
	}
	meant := map[string]string{"timeout": "", "retries": retried(e.Retries), "halt": ""}
	if e.Timeout > 0 {
		meant["timeout"] = e.Timeout.String()
	}
	if e.Halt != (engine.Halt{}) {
		meant["halt"] = s.Halt
	}
	for _, line := range said(failureFlags, s, meant) {
		text += "\n" + line
	}
	return text
}

// said is what there is to say of flags that are given: with their value, or what is meant by it.
func said(flags []setting, s *settings, meant map[string]string) (lines []string) {
	for _, flag := range flags {
		value, known := meant[flag.name]
		if v := valueOf(s, flag.name); !known && v.IsValid() && !v.IsZero() {
			value = wordsOf(s, flag.name)
		}
		if flag.says != "" && value != "" {
			lines = append(lines, strings.ReplaceAll(flag.says, "%s", value))
		}
	}
	return lines
}

// retried says how often an item that fails is tried again.
func retried(r engine.Retries) string {
	times := func(n int) string {
		switch n {
		case 0:
			return "never"
		case 1:
			return "once"
		}
		return fmt.Sprintf("up to %d times", n)
	}
	if r.Died == r.TimedOut && r.Died == r.Reported {
		return "tried again: " + times(r.Died)
	}
	return fmt.Sprintf("tried again %s if its worker died, %s if it took too long, %s if an error was reported",
		times(r.Died), times(r.TimedOut), times(r.Reported))
}

// resumeState says what an earlier run has left that this one would take up; "" without --resume. It only looks: to open the
// journal would lock it, and mend it.
func resumeState(p *plan) (string, error) {
	if !p.resume {
		return refusedBy(p)
	}
	size := func(name string) (int64, bool) {
		info, err := os.Stat(name)
		if err != nil {
			return 0, false
		}
		return info.Size(), true
	}
	_, journal := size(p.output + ".stoke")
	part, begun := size(p.output + ".part")
	_, complete := size(p.output)
	switch {
	case journal && begun:
		return fmt.Sprintf("goes on with %s.part, which has %d bytes, unless %s.stoke tells of another run", p.output, part, p.output), nil
	case journal && complete:
		return fmt.Sprintf("%s is complete; if it is of this run and this input, there is nothing to do", p.output), nil
	}
	return "nothing to take up: the run begins at the first item", nil
}

// refusedBy says that a run without --resume is refused, because an earlier one is not finished; "" if it is not.
func refusedBy(p *plan) (string, error) {
	if p.output == "" {
		return "", nil
	}
	target, err := targetOf(p.output)
	if err != nil || !target.Regular() {
		return "", err
	}
	if _, err := leftBy(target); err != nil {
		return fmt.Sprintf("such a run is refused: %v", err), nil
	}
	return "", nil
}
