package main

import (
	"fmt"
	"math/rand"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// misfortune is what happens to a run from outside.
type misfortune struct {
	name    string
	signals []syscall.Signal // to stoke, one after the other
	killed  bool             // stoke is, so that nothing may be said of its status
	workers []syscall.Signal // to random workers, again and again
	reads   int              // the reader goes away after that many bytes; 0: it stays
	again   int              // how many more times it befalls a run that is resumed
}

var misfortunes = []misfortune{
	{name: "none"}, {name: "none"}, {name: "none"}, {name: "none"}, {name: "none"},
	{name: "interrupt", signals: []syscall.Signal{syscall.SIGINT}},
	{name: "terminate", signals: []syscall.Signal{syscall.SIGTERM}},
	{name: "hang up, twice", signals: []syscall.Signal{syscall.SIGHUP, syscall.SIGHUP}},
	{name: "terminate, kill", signals: []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}, killed: true},
	{name: "kill", signals: []syscall.Signal{syscall.SIGKILL}, killed: true, again: 3},
	{name: "ask", signals: []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR1}},
	{name: "workers killed", workers: []syscall.Signal{syscall.SIGKILL}},
	{name: "workers terminated", workers: []syscall.Signal{syscall.SIGTERM, syscall.SIGSEGV}},
	{name: "workers stopped", workers: []syscall.Signal{syscall.SIGSTOP}},
	{name: "reader gone", reads: 1000},
	{name: "workers killed, stoke terminated", workers: []syscall.Signal{syscall.SIGKILL}, signals: []syscall.Signal{syscall.SIGUSR1, syscall.SIGTERM}},
	{name: "workers stopped, stoke interrupted", workers: []syscall.Signal{syscall.SIGSTOP}, signals: []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, again: 1},
	{name: "workers killed, stoke killed", workers: []syscall.Signal{syscall.SIGKILL}, signals: []syscall.Signal{syscall.SIGUSR1, syscall.SIGKILL}, killed: true, again: 4},
	{name: "workers killed, reader gone", workers: []syscall.Signal{syscall.SIGTERM}, reads: 3000},
}

// plan is one run, as drawn from its seed.
type plan struct {
	kind       kind
	items      []string
	flags      []string
	misfortune misfortune
	moments    []time.Duration // between the acts of the misfortune

	unordered, tag, skip bool
	json                 bool
	fill                 string
	failed               bool // --failed is given
	out, resume          bool // -o is given; and the run is resumed until it is complete
	trickle              bool // items come slowly, from a pipe
	file                 bool // items are in a file
	leisurely            bool // answers are read slowly

	ends       []string // how its runs ended
	endedBadly bool     // workers of an earlier run failed at their end, which one that is resumed tells again
}

// draw makes the plan of a seed.
func draw(seed int64) *plan {
	rng := rand.New(rand.NewSource(seed))
	p := &plan{kind: drawKind(rng), misfortune: misfortunes[rng.Intn(len(misfortunes))]}
	one := func(n int) bool { return rng.Intn(n) == 0 }
	most := 4000
	if p.kind.slow {
		most = 300
	}
	p.items = drawItems(rng, rng.Intn(1+most>>rng.Intn(4)), one(2) && len(p.misfortune.workers) == 0)
	for range 3 {
		p.moments = append(p.moments, time.Duration(rng.Intn(1<<(3+rng.Intn(7))))*time.Millisecond)
	}
	p.trickle, p.file, p.leisurely = one(5), one(2), one(6)
	p.flags = append(p.flags, fmt.Sprintf("-j%d", 1+rng.Intn(4)))
	p.drawOutput(rng)
	if k := 1 + rng.Intn(5); p.kind.crowd && k > 1 {
		p.flags = append(p.flags, fmt.Sprintf("--concurrency=%d", k))
	}
	recycle := fmt.Sprintf("--recycle-after=%d", 3+len(p.items)/10) // to start a process takes a while on a busy machine
	for _, flag := range []string{"--lockstep", recycle, "--buffer=1", "--timeout=50s", "--stats", "--retry-delay=1ms"} {
		if one(6) && (flag != "--lockstep" || !p.kind.holds) {
			p.flags = append(p.flags, flag)
		}
	}
	if len(p.misfortune.workers) > 0 {
		p.flags = append(p.flags, "--retries=50", "--init-retries=50")
	}
	return p
}

func drawKind(rng *rand.Rand) kind {
	for {
		k := kinds[rng.Intn(len(kinds))]
		if k.program == "" {
			return k
		}
		if _, err := exec.LookPath(k.program); err == nil {
			return k
		}
	}
}

// drawOutput draws the flags that shape answers, and where they go.
func (p *plan) drawOutput(rng *rand.Rand) {
	one := func(n int) bool { return rng.Intn(n) == 0 }
	if p.unordered = one(4); p.unordered {
		p.flags = append(p.flags, "-u")
	}
	switch rng.Intn(6) {
	case 0:
		p.tag = true
		p.flags = append(p.flags, "--tag")
	case 1:
		p.json = !p.kind.nul
		if p.json {
			p.flags = append(p.flags, "--json")
		}
	}
	switch {
	case one(4):
		p.skip = true
		p.flags = append(p.flags, "--on-error=skip")
	case one(3) && !p.json:
		p.fill = "FILL"
		p.flags = append(p.flags, "--on-error=fill=FILL")
	}
	p.failed = one(3)
	if p.misfortune.reads == 0 {
		p.out = one(3)
		p.resume = p.out && one(2)
	}
}

// drawItems draws items that are easy to get wrong: empty ones, the same again, with backslashes and characters of several bytes.
func drawItems(rng *rand.Rand, n int, failing bool) []string {
	pieces := []string{"a", "b c", `\`, `\n`, "ü", "日本", "#1", "  ", "x", "=", "'", `"`, "%s", "$(id)", "-n", "{}"}
	items := make([]string, n)
	most := 5 // that fail: each of them costs workers
	for i := range items {
		var b strings.Builder
		if failing && most > 0 && rng.Intn(40) == 0 {
			most--
			b.WriteString([]string{"bad", "die"}[rng.Intn(2)])
		}
		if rng.Intn(3) > 0 {
			fmt.Fprintf(&b, "%d", i+1)
		}
		for range rng.Intn(4) {
			b.WriteString(pieces[rng.Intn(len(pieces))])
		}
		if rng.Intn(200) == 0 {
			b.WriteString(strings.Repeat("long", 1<<rng.Intn(14)))
		}
		items[i] = b.String()
	}
	return items
}

// String is the run in a line.
func (p *plan) String() string {
	how := "stdin"
	if p.file {
		how = "a file"
	}
	if p.trickle {
		how += ", slowly"
	}
	if p.leisurely {
		how += ", read slowly"
	}
	return fmt.Sprintf("%s, %d items from %s, misfortune: %s at %v; %s", p.kind.name, len(p.items), how, p.misfortune.name, p.moments, strings.Join(p.words(), " "))
}

// words are the flags, and what stands for files.
func (p *plan) words() []string {
	words := append([]string(nil), p.flags...)
	if p.out {
		words = append(words, "-o", "out")
	}
	if p.resume {
		words = append(words, "--resume")
	}
	if p.failed {
		words = append(words, "--failed", "failed")
	}
	if p.file {
		words = append(words, "-a", "in")
	}
	return append(words, p.kind.flags...)
}

// end is what ends items and answers.
func (p *plan) end() string {
	if p.kind.nul {
		return "\x00"
	}
	return "\n"
}
