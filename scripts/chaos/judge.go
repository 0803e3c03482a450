package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// The exit statuses of stoke.
const (
	statusFailed = 1
	statusClosed = 141
	statusItems  = 123
)

// unheard is what nobody should ever see of stoke.
var unheard = regexp.MustCompile(`(?m)^(panic: |fatal error: |goroutine [0-9]|runtime: |WARNING: DATA RACE)`)

// ended is what stoke says of workers that fail at their end.
var ended = regexp.MustCompile(`(?m)^stoke: error: (worker [0-9]+|[0-9]+ workers) .*ended with signal`)

// judge says what is wrong with a result.
func (p *plan) judge(r *result, dir string, m misfortune) (problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if r.hung {
		wrong("it does not end; stderr: %s", tail(r.stderr))
	}
	for _, q := range r.left {
		wrong("process %d is left behind: %s", q.pid, q.command)
	}
	if word := unheard.FindString(r.stderr); word != "" && !r.hung {
		wrong("stderr has %q: %s", word, tail(r.stderr))
	}
	if strings.HasPrefix(r.stderr, "stoke: error: forged") {
		wrong("a forged message")
	}
	if p.endedBadly && r.status.Exited() && r.status.ExitStatus() == 0 {
		wrong("workers had failed at their end in an earlier run, and that is forgotten")
	}
	if problem := p.judgeStatus(r, m); problem != "" {
		wrong("%s; stderr: %s", problem, tail(r.stderr))
	}
	out, complete, problem := p.written(r, dir, m)
	if problem != "" {
		wrong("%s; stderr: %s", problem, tail(r.stderr))
	}
	if problem := p.judgeAnswers(out, complete, p.out || m.killed); problem != "" {
		wrong("%s; %v; stderr: %s", problem, r.status.ExitStatus(), tail(r.stderr))
	}
	if problem := p.judgeFailed(dir, p.complete(r)); problem != "" {
		wrong("%s", problem)
	}
	return problems
}

// written returns the answers that there are, and whether they should be all. With -o, OUT is there just if it is complete.
func (p *plan) written(r *result, dir string, m misfortune) (out []byte, complete bool, problem string) {
	out, complete = r.out, p.complete(r)
	if p.out {
		var err error
		out, err = os.ReadFile(filepath.Join(dir, "out"))
		switch due := complete && p.accepted(); {
		case len(r.out) > 0:
			problem = fmt.Sprintf("standard output has %q, beside -o", tail(string(r.out)))
		case err != nil && due:
			problem = "it is complete, and there is no OUT"
		case err == nil && !due && !m.killed:
			problem = fmt.Sprintf("status %d, and there is an OUT", r.status.ExitStatus())
		}
		if err != nil { // so far
			out, _ = os.ReadFile(filepath.Join(dir, "out.part"))
			complete = false
		}
	}
	if m.reads > 0 {
		out, complete = out[:bytes.LastIndexByte(out, p.end()[0])+1], false
	}
	if p.json {
		out = plain(out)
	}
	return out, complete, problem
}

// complete reports whether the status says that all items are done.
func (p *plan) complete(r *result) bool {
	return r.status.Exited() && (r.status.ExitStatus() == 0 || r.status.ExitStatus() == statusItems)
}

// accepted reports whether OUT appears at the end.
func (p *plan) accepted() bool { return !p.anyFails() || p.skip || p.fill != "" }

func (p *plan) anyFails() bool { return slices.ContainsFunc(p.items, p.kind.fails) }

// judgeStatus says what is wrong with the exit status.
func (p *plan) judgeStatus(r *result, m misfortune) string {
	expected := 0
	if p.anyFails() {
		expected = statusItems
	}
	s := r.status
	switch {
	case s.Exited() && s.ExitStatus() == expected:
	case s.Signaled() && slices.Contains(m.signals, s.Signal()) && (s.Signal() != syscall.SIGUSR1 || len(r.out) == 0): // or before it was begun
	case s.Exited() && s.ExitStatus() == statusClosed && m.reads > 0:
	case s.Exited() && s.ExitStatus() == p.atEnd() && len(m.workers) > 0 && ended.MatchString(r.stderr):
		// a worker was struck when it had answered all
	case s.Exited() && s.ExitStatus() == p.atEnd() && p.endedBadly && strings.Contains(r.stderr, "stoke: error: in an earlier run, "):
	case r.hung:
	default:
		return fmt.Sprintf("status %d (signal %v), want %d", s.ExitStatus(), s.Signal(), expected)
	}
	return ""
}

// atEnd is the status when a worker fails at its end.
func (p *plan) atEnd() int {
	if p.skip || p.fill != "" {
		return statusItems
	}
	return statusFailed
}

// expected are the answers as they are written, each with its end.
func (p *plan) expected() []string {
	var lines []string
	for i, item := range p.items {
		answer := p.kind.answer(item)
		if p.json && !(p.skip && p.kind.fails(item)) {
			lines = append(lines, object{i + 1, !p.kind.fails(item), answer}.String())
			continue
		}
		if p.kind.fails(item) {
			if p.skip {
				continue
			}
			answer = p.fill
		}
		if p.tag {
			answer = item + "\t" + answer
		}
		lines = append(lines, answer+p.end())
	}
	return lines
}

// object is what counts of a line of --json.
type object struct {
	Seq    int    `json:"seq"`
	OK     bool   `json:"ok"`
	Answer string `json:"answer"`
}

func (o object) String() string {
	if !o.OK {
		o.Answer = ""
	}
	return fmt.Sprintf("%d %v %s\n", o.Seq, o.OK, o.Answer)
}

// plain says of each line of --json what counts. A line that is cut off, or no JSON, says nothing.
func plain(out []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(out) {
		var o object
		if json.Unmarshal(line, &o) == nil && bytes.HasSuffix(line, []byte("\n")) {
			b.WriteString(o.String())
		}
	}
	return b.Bytes()
}

// judgeAnswers compares answers with what they should be: all of them, or the first of them. torn: the last may be cut off.
func (p *plan) judgeAnswers(out []byte, complete, torn bool) string {
	want := p.expected()
	if !p.unordered {
		all := strings.Join(want, "")
		switch {
		case complete && string(out) != all:
		case !strings.HasPrefix(all, string(out)):
		case !torn && len(out) > 0 && !strings.HasSuffix(string(out), p.end()):
			return "the last answer is cut off: " + difference(string(out), all)
		default:
			return ""
		}
		return "wrong answers: " + difference(string(out), all)
	}
	left := map[string]int{}
	for _, line := range want {
		left[line]++
	}
	got := strings.SplitAfter(string(out), p.end())
	if got[len(got)-1] == "" || torn {
		got = got[:len(got)-1]
	}
	for _, line := range got {
		if left[line]--; left[line] < 0 {
			return fmt.Sprintf("an answer that is not due: %.100q", line)
		}
	}
	if complete && len(got) != len(want) {
		return fmt.Sprintf("%d answers, want %d", len(got), len(want))
	}
	return ""
}

// difference shows where two texts part.
func difference(got, want string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	near := func(s string) string { return s[max(0, min(len(s), i)-40):min(len(s), i+60)] }
	return fmt.Sprintf("%d bytes, want %d; at byte %d %q, want %q", len(got), len(want), i, near(got), near(want))
}

// judgeFailed compares --failed with the items that fail.
func (p *plan) judgeFailed(dir string, complete bool) string {
	if !p.failed || !complete {
		return ""
	}
	var want strings.Builder
	for _, item := range p.items {
		if p.kind.fails(item) {
			want.WriteString(item + p.end())
		}
	}
	got, err := os.ReadFile(filepath.Join(dir, "failed"))
	if err != nil || !p.unordered && string(got) != want.String() || len(got) != want.Len() {
		return fmt.Sprintf("--failed: %v, %s", err, difference(string(got), want.String()))
	}
	return ""
}

// tail is the end of a text.
func tail(text string) string {
	const most = 600
	if len(text) > 2*most {
		text = text[:most] + "..." + text[len(text)-most:]
	}
	return text
}
