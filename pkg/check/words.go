package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stoke/pkg/human"
)

// brief shows a duration with two or three digits that matter.
func brief(d time.Duration) string {
	unit := time.Nanosecond
	for step := 10 * time.Nanosecond; step <= 100*time.Millisecond; step *= 10 {
		if d >= 100*step {
			unit = step
		}
	}
	if d >= time.Minute {
		unit = time.Second
	}
	return d.Round(unit).String()
}

// round shows a rate with two digits that matter.
func round(rate float64) string {
	if rate >= 99.5 {
		unit := 1.0
		for rate/unit >= 99.5 {
			unit *= 10
		}
		return fmt.Sprintf("%.0f", float64(int(rate/unit+0.5))*unit)
	}
	return fmt.Sprintf("%.2g", rate)
}

func answers(n int) string {
	if n == 0 {
		return "no answer"
	}
	return human.Plural(n, "answer")
}

// shellQuote makes one word for a shell of s.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// said quotes what a worker that did not start has written, to stdout and to stderr.
func said(t *trial) string {
	text := ""
	if p := slices.Concat(t.banner, t.rest); len(p) > 0 {
		text = "; it printed " + human.Quote(p, false)
	}
	return text + words(t)
}

// words quotes the end of a worker's stderr.
func words(t *trial) string {
	const most = 4
	if t.lastWords == "" {
		return ""
	}
	lines := strings.Split(t.lastWords, "\n")
	return "; it last wrote to stderr:\n" + strings.Join(lines[max(0, len(lines)-most):], "\n")
}
