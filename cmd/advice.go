package cmd

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"stoke/pkg/engine"
	"stoke/pkg/lang"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// cannotHint says what may help where COMMAND was found, but cannot be run.
func cannotHint(e *engine.InitError) string {
	switch {
	case errors.Is(e.Err, syscall.ENOENT):
		return "the interpreter that its first line names (#!) is missing"
	case errors.Is(e.Err, syscall.EISDIR):
		return "it is a directory: name a program"
	case errors.Is(e.Err, syscall.E2BIG):
		return "a program's environment and arguments are limited, together (see ulimit -s) and one by one; unset what is large, or keep it in a file"
	case errors.Is(e.Err, syscall.ENOEXEC):
		return "begin it with #! and its interpreter, or give its interpreter as COMMAND"
	}
	return "make it executable (chmod +x), or give its interpreter as COMMAND"
}

// advise puts into err what may help, where that depends on what was typed.
func advise(p *plan, err error) {
	var (
		start *engine.InitError
		proto *engine.ProtocolError
	)
	switch {
	case errors.As(err, &start):
		start.Hint = startHint(p, start)
	case errors.As(err, &proto):
		proto.Hint = protocolHint(p, proto)
	}
}

// protocolHint says what a worker has to do that broke its protocol, and how, if that is known.
func protocolHint(p *plan, e *engine.ProtocolError) string {
	promise, more := adviceOn(e.Promise, e.Fewer), e.Promise == wire.LineForLine && !e.Fewer
	switch {
	case strings.HasSuffix(e.Problem, "is not a netstring"):
		return "with --framing netstring an answer is its length, a colon, its bytes and a comma, and nothing else: 5:hello,"
	case p.worker.Protocol.Replies:
		return promise
	case mend(p.worker.Argv, e) != "":
		return "a worker prints exactly one line for each line it reads; " + mend(p.worker.Argv, e)
	case more && strings.Contains(e.Problem, `asked for: "\n`):
		return "an empty line is an answer too: print no second newline behind each (in python print(line, end=\"\"))"
	case more && forEach(p.worker.Argv) != "":
		return "it reads no items; as CODE it is run for each item: " + forEach(p.worker.Argv)
	case e.Fewer && eaten(p.worker.Argv) != "":
		return eaten(p.worker.Argv) + "; " + promise
	}
	return promise
}

// mend says how COMMAND answers each item once, if it is known to drop some or to give several answers.
func mend(command []string, e *engine.ProtocolError) string {
	if !e.Fewer && !slices.Contains(jqs, filepath.Base(command[0])) {
		return ""
	}
	return oneEach(command)
}

// eaters are programs, and what starts programs, that read standard input unless told not to.
var eaters = []struct {
	name func() *regexp.Regexp
	says string
}{
	{lazily(`\bssh\b`), "ssh reads items away: say ssh -n"},
	{lazily(`\bffmpeg\b`), "ffmpeg reads items away: say ffmpeg -nostdin"},
	{lazily(`\b(docker|kubectl)\b`), "docker -i and kubectl -i read items away: leave -i out"},
	{lazily(`\bsubprocess\b`), "a program that it starts reads items away, if it reads standard input: say stdin=subprocess.DEVNULL"},
}

// eaten says what may read the items of COMMAND away, if it is likely to start programs, which share its standard input: it is a
// shell or a script of one, or names what starts them.
func eaten(command []string) string {
	const any = "a program that it starts reads items away, if it reads standard input: give that one </dev/null (ssh -n, ffmpeg -nostdin)"
	text := strings.Join(command, " ")
	starts := shellName().MatchString(command[0]) || startsAny().MatchString(text)
	for _, word := range command { // one may be a script
		f, err := os.Open(word)
		if err != nil {
			continue
		}
		begin, _ := io.ReadAll(io.LimitReader(f, mostOfFile))
		f.Close()
		if utf8.Valid(begin) {
			text += "\n" + string(begin)
			starts = starts || shellLine().Match(begin) || startsAny().Match(begin)
		}
	}
	for _, e := range eaters {
		if e.name().MatchString(text) {
			return e.says
		}
	}
	if starts {
		return any
	}
	return ""
}

func startHint(p *plan, e *engine.InitError) string {
	switch {
	case errors.As(e, new(*wire.CodeError)):
		return ""
	case errors.Is(e, engine.ErrMute):
		return "a worker reads items, one on each line, and prints a line for each, until the end of its input; stoke --check tries it out"
	case errors.Is(e, syscall.EMFILE), errors.Is(e, syscall.ENFILE):
		return "a worker needs six file descriptors: give --jobs fewer, or raise ulimit -n"
	case errors.Is(e, syscall.EAGAIN), errors.Is(e, syscall.ENOMEM):
		return "give --jobs fewer, or raise the limit of processes or memory"
	case errors.Is(e, worker.ErrSlow) && p.worker.Protocol.Replies && p.worker.Program == nil:
		return "a worker of --rpc first sends the notification ready, and one of --prompt first prints a prompt: see stoke --help protocols"
	case errors.Is(e, worker.ErrSlow) && p.worker.Ready != nil:
		return "it printed no line that matches --ready: correct the expression, or raise --init-timeout"
	case errors.Is(e, worker.ErrSlow):
		return "raise --init-timeout, or find out what it is waiting for"
	}
	switch statusOf(e) {
	case statusNotFound:
		if p.worker.Program == nil && p.worker.Init == "" && absentFile(p.worker.Argv, e.Words) != "" { // by a shell, which was found
			return handHint(p, e)
		}
		return absenceHint(p)
	case statusCannot:
		return cannotHint(e)
	}
	return handHint(p, e)
}

// noFlag finds what programs say of a flag that they do not know.
var noFlag = lazily(`(?i)(invalid|illegal|unrecogni[sz]ed|unknown) (option|flag)`)

// hasOwnFlag reports whether an argument of COMMAND is a flag of stoke.
func hasOwnFlag(p *plan) bool {
	return slices.ContainsFunc(p.worker.Argv[1:], func(arg string) bool {
		name, long := strings.CutPrefix(arg, "--")
		name, _, _ = strings.Cut(name, "=")
		return slices.ContainsFunc(groups(), func(g group) bool {
			return long && g.flags.Lookup(name) != nil || !long && len(arg) > 1 && arg[0] == '-' && g.flags.ShorthandLookup(arg[1:2]) != nil
		})
	})
}

// isExpression reports whether COMMAND gives an interpreter code where it takes a file.
func isExpression(p *plan) bool {
	if len(p.worker.Argv) != 2 || lang.Package(lang.Canonical(filepath.Base(p.worker.Argv[0]))) == "" || strings.HasPrefix(p.worker.Argv[1], "-") {
		return false
	}
	_, err := os.Stat(p.worker.Argv[1])
	return err != nil && strings.ContainsAny(p.worker.Argv[1], "()[]{}*+$ ;'\"")
}

// misused reports whether a start has failed over what was typed, so that the next one would too: COMMAND ended at once, by itself,
// without reading its input, as a success, or with a word on how it is called or on a file that it was to read.
func misused(p *plan, e *engine.InitError) bool {
	switch {
	case p.worker.Program != nil || p.worker.Ready != nil || !errors.Is(e.Err, worker.ErrEnded) || e.Exit == nil || e.Exit.Signal != 0 || e.Exit.Forced:
		return false
	case e.Exit.Ok():
		return p.worker.Init == ""
	}
	return showsUsage().MatchString(e.Words) || absentFile(p.worker.Argv, e.Words) != ""
}

// absentFile returns the word of COMMAND that its last words call missing, if there is no such file.
func absentFile(command []string, words string) string {
	if !saysNoFile().MatchString(words) {
		return ""
	}
	for _, word := range command[1:] {
		if _, err := os.Stat(word); err != nil && word != "" && !strings.HasPrefix(word, "-") && strings.Contains(words, word) {
			return word
		}
	}
	return ""
}

var (
	showsUsage = lazily(`(?im)^\s*usage\b|\busage: |\B--help\b|missing operand`)
	saysNoFile = lazily(`(?i)no such file|not found|cannot find|can't open`)
)

// filters are programs that read standard input, but do nothing without arguments.
var filters = strings.Fields("awk cut egrep gawk grep mawk rg sed tr")

// usage finds what programs say that miss their arguments.
var usage = lazily(`(?i)\busage\b|--help\b|operand|arguments?\b`)

// handHint says how to see what a worker does that ended before its first item.
func handHint(p *plan, e *engine.InitError) string {
	words := e.Words
	switch {
	case p.worker.Program != nil && p.worker.Program.Init != "":
		return "run the init code by hand to see what it says; stoke --dry-run shows what is started"
	case p.worker.Program != nil:
		return "run the code by hand to see what it says; stoke --dry-run shows what is started"
	case p.worker.Init != "":
		return "run the init code and the command by hand, with one item on standard input, to see what they say; stoke --dry-run shows them"
	case noFlag().MatchString(words) && hasOwnFlag(p):
		return "flags of stoke stand before COMMAND: stoke [flags] " + shellQuote(p.worker.Argv[0])
	case isExpression(p):
		return "this is no file; as CODE it is run for each item: stoke -l " + lang.Canonical(filepath.Base(p.worker.Argv[0])) + " " + shellQuote(p.worker.Argv[1])
	case noFlag().MatchString(words):
	case absentFile(p.worker.Argv, words) != "":
		return absentFile(p.worker.Argv, words) + " is not there: check the path; it is looked up from the directory in which stoke is started"
	case usage().MatchString(words) && len(p.worker.Argv) == 1 && slices.Contains(filters, filepath.Base(p.worker.Argv[0])):
		return "give it its own arguments behind its name; items come on its standard input"
	case p.worker.Ready == nil && e.Exit != nil && e.Exit.Ok() && forEach(p.worker.Argv) != "":
		return "it reads no items; as CODE it is run for each item: " + forEach(p.worker.Argv)
	case usage().MatchString(words), p.worker.Ready == nil && e.Exit != nil && e.Exit.Ok():
		return "items come on standard input, not as arguments: " + asCode(p.worker.Argv) + ", or xargs"
	}
	return "run the command by hand, with one item on standard input, to see what it says"
}

// absenceHint says what may help where a program was not found.
func absenceHint(p *plan) string {
	if p.worker.Program == nil {
		return absentHint(p.worker.Argv)
	}
	if brings := lang.Package(p.worker.Program.Lang); brings != "" && p.worker.Program.Interpreter == "" {
		return "install " + brings + ", or give --interpreter"
	}
	return "check the name and PATH"
}
