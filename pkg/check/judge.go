package check

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"stoke/pkg/human"
	"stoke/pkg/worker"
)

// termGrace is how long a run gives a worker between SIGTERM and SIGKILL.
const termGrace = 250 * time.Millisecond

// judgeAlone says what the trial means in which items came one by one, for a run with the options of o.
func judgeAlone(o *Options, e *evidence) []Finding {
	findings := judgeItems(o, e)
	if e.refused == e.offered {
		return findings
	}
	findings = append(findings, judgeStart(o, &e.alone)...)
	if e.alone.start != nil {
		return findings
	}
	findings = append(findings, judgeBanner(o, &e.alone)...)
	if e.hopeless() {
		return findings
	}
	return append(findings, judgeAnswers(o, e)...)
}

// judgeOrder says what those mean in which they came all at once, in another order.
func judgeOrder(o *Options, e *evidence) []Finding {
	if e.hopeless() {
		return nil
	}
	findings := judgeFlush(o, e)
	if e.together != nil {
		findings = append(findings, judgeTogether(e)...)
	}
	return append(findings, judgeEnd(o, &e.alone)...)
}

// judgeRest says what else was seen.
func judgeRest(o *Options, e *evidence) []Finding {
	if e.hopeless() {
		return nil
	}
	return append(judgeTerm(e), judgeTime(o, e)...)
}

// hopeless reports whether there is nothing more to be learned of a worker: it did not start, or only wrote.
func (e *evidence) hopeless() bool {
	return e.refused == e.offered || e.alone.start != nil || e.alone.flood && e.alone.count == 0
}

func judgeItems(o *Options, e *evidence) []Finding {
	if e.refused == 0 {
		return nil
	}
	text := fmt.Sprintf("%d of %s cannot be sent: %v", e.refused, human.Plural(e.offered, "item"), e.refusal)
	return []Finding{{Fault, text, fmt.Sprintf("%s netstring carries any bytes, %[1]s nul all but NUL", o.Names.Framing)}}
}

func judgeStart(o *Options, t *trial) []Finding {
	if t.start != nil {
		return []Finding{judgeFailedStart(o, t)}
	}
	switch {
	case t.warm == 0 && t.count == 0:
		return []Finding{{OK, "starts", ""}}
	case t.warm == 0:
		return []Finding{{OK, "starts; when it is warm cannot be seen on this system", ""}}
	case o.Ready != nil:
		return []Finding{{OK, fmt.Sprintf("starts: ready after %s", brief(t.warm)), ""}}
	}
	return []Finding{{OK, fmt.Sprintf("starts: warm after %s", brief(t.warm)), ""}}
}

const (
	findable   = "check the name and PATH"
	executable = "make it executable (chmod +x), or give its interpreter as COMMAND"
)

func judgeFailedStart(o *Options, t *trial) Finding {
	var launch *worker.LaunchError
	switch err := t.start.Err; {
	case errors.As(err, &launch) && launch.NotFound:
		return Finding{Fault, fmt.Sprintf("does not start: %v", err), findable}
	case errors.As(err, &launch):
		return Finding{Fault, fmt.Sprintf("does not start: %v", err), executable}
	case errors.Is(err, worker.ErrEnded):
		text := fmt.Sprintf("ends before it has read an item: %v%s", t.exit, said(t))
		if o.Ready != nil {
			text = fmt.Sprintf("ends before it prints a line that matches %s: %v%s", o.Names.Ready, t.exit, said(t))
		}
		if t.exit.Ok() {
			return Finding{Fault, text, "a worker reads items from its standard input until end of file; " +
				"an argument may be missing that makes it do so, such as -"}
		}
		switch t.exit.Code {
		case 126:
			return Finding{Fault, text, executable}
		case 127:
			return Finding{Fault, text, findable}
		}
		return Finding{Fault, text, "run the command by hand, with one item on its standard input, to see what it says"}
	case errors.Is(err, worker.ErrSlow) && t.deaf:
		return Finding{Fault, "closes its standard input without reading it" + said(t), "items arrive on standard input: it must be read"}
	case errors.Is(err, worker.ErrSlow) && o.Ready != nil && t.sent == 0:
		return Finding{Fault, fmt.Sprintf("prints no line within %s that matches %s '%v'%s", brief(o.InitTimeout), o.Names.Ready, o.Ready, said(t)),
			"correct the expression, or give a longer " + o.Names.InitTimeout}
	case errors.Is(err, worker.ErrSlow):
		return Finding{Fault, fmt.Sprintf("does not begin to read within %s%s", brief(o.InitTimeout), said(t)),
			"it must read items from its standard input; if its warm-up takes that long, give a longer " + o.Names.InitTimeout}
	}
	return Finding{Fault, fmt.Sprintf("does not start: %v", t.start.Err), "raise the limit of processes, open files or memory"}
}

func judgeBanner(o *Options, t *trial) []Finding {
	if len(t.banner) == 0 {
		return []Finding{{OK, "prints nothing before its first item", ""}}
	}
	text := fmt.Sprintf("prints %s before its first item", human.Quote(t.banner, false))
	if t.flood && t.count == 0 {
		return []Finding{{Fault, text + ", and no end of it", "a worker prints one line for each item that it reads, and nothing else"}}
	}
	if o.Ready != nil {
		return []Finding{{Fault, text + ", after the line that matches " + o.Names.Ready, o.readPast(t.banner)}}
	}
	return []Finding{{Fault, text, o.readPast(t.banner)}}
}

// readPast suggests how to read past a banner: up to its last line, unless an earlier one looks the same.
func (o *Options) readPast(banner []byte) string {
	const longest = 60
	const quiet = "print it to stderr, or not at all"
	if !bytes.HasSuffix(banner, []byte("\n")) {
		return "this looks like a prompt: give the flag that turns prompts off, or print it to stderr"
	}
	lines := strings.Split(strings.TrimSuffix(string(banner), "\n"), "\n")
	last := strings.TrimSuffix(lines[len(lines)-1], "\r")
	if len(last) > longest || strings.ToValidUTF8(last, "") != last {
		return o.Names.Ready + " with a regular expression for its last line reads past it; or " + quiet
	}
	pattern := "^" + regexp.QuoteMeta(last) + "$"
	match := regexp.MustCompile(pattern)
	for _, line := range lines[:len(lines)-1] {
		if match.MatchString(strings.TrimSuffix(line, "\r")) {
			return quiet
		}
	}
	return fmt.Sprintf("%s %s reads past it; or %s", o.Names.Ready, shellQuote(pattern), quiet)
}

func judgeFlush(o *Options, e *evidence) []Finding {
	const flush = "flush after each answer"
	switch t := &e.alone; {
	case e.pairing == whole, !t.complete() || t.early:
		return nil
	case t.held == nothing:
		return []Finding{{OK, "flushes: it answers each item before it gets the next", ""}}
	case t.held == silent || t.held == unseen:
		return judgeSilent(o, t)
	}
	text := "keeps answers in a buffer"
	if e.alone.held == likely {
		text = "seems to keep answers in a buffer"
	}
	if o.Lockstep {
		return []Finding{{Fault, text + ", and " + o.Names.Lockstep + " needs each one at once", flush + ", or leave " + o.Names.Lockstep + " out"}}
	}
	return []Finding{{Note, text + ": fine, it is fed ahead; only " + o.Names.Lockstep + " would need it to flush", ""}}
}

// judgeSilent judges a worker that answers only at the end of its input and is not seen to wait for more.
func judgeSilent(o *Options, t *trial) []Finding {
	text := fmt.Sprintf("has read an item and not answered it within %s, and is not seen to wait for more", brief(o.Timeout))
	if t.held == unseen {
		text = fmt.Sprintf("does not answer an item within %s; whether it waits for more cannot be seen on this system", brief(o.Timeout))
	}
	if o.FeedAhead && !o.Lockstep {
		return []Finding{{Note, text + "; with " + o.Names.FeedAhead + " it gets more all the same", ""}}
	}
	return []Finding{{Fault, text, fmt.Sprintf("flush after each answer, or give %s; if an item takes that long, give a longer %s",
		o.Names.FeedAhead, o.Names.Timeout)}}
}

func judgeEnd(o *Options, t *trial) []Finding {
	switch {
	case t.early || t.flood || t.huge || t.garbled != nil || !t.ended && !t.complete():
		return nil
	case !t.ended:
		return []Finding{{Note, fmt.Sprintf("does not exit within %s of the end of its input, and had to be killed", brief(o.Timeout)),
			"exit at end of file; a run waits until it does"}}
	case t.exit.Forced:
		return []Finding{{Note, "closes its output at the end of its input, but does not exit, and had to be killed", "exit at end of file"}}
	case !t.exit.Ok() && !t.complete(): // that was said with the answers that are missing
		return nil
	case !t.exit.Ok() && o.Accepts:
		return []Finding{{Note, fmt.Sprintf("ends with %v after the end of its input, which is accepted%s", t.exit, words(t)), "exit 0 at end of file"}}
	case !t.exit.Ok():
		return []Finding{{Fault, fmt.Sprintf("ends with %v after the end of its input, so a run fails%s", t.exit, words(t)),
			"exit 0 at end of file; if that is no fault, wrap it: sh -c 'COMMAND || true'"}}
	}
	text := "exits %s after the end of its input"
	if t.held != nothing && t.complete() {
		text = "answers what it owes and exits, %s after the end of its input"
	}
	return []Finding{{OK, fmt.Sprintf(text, brief(t.endAfter)), ""}}
}

func judgeTerm(e *evidence) []Finding {
	const remedy = "leave SIGTERM alone, or end soon after it"
	switch t := e.term; {
	case t == nil:
		return nil
	case t.killed:
		return []Finding{{Note, fmt.Sprintf("ignores SIGTERM: a run that is stopped kills it after %s", brief(termGrace)), remedy}}
	case t.took > termGrace:
		return []Finding{{Note, fmt.Sprintf("ends %s after SIGTERM: a run that is stopped kills it after %s", brief(t.took), brief(termGrace)), remedy}}
	}
	return []Finding{{OK, "ends on SIGTERM", ""}}
}
