package cmd

import (
	"strconv"
	"strings"

	"stoke/pkg/engine"
)

// checkFailure reads what is to become of items that fail.
func checkFailure(s *settings, _ []string, p *plan) (err error) {
	if err := checkOnError(s, p); err != nil {
		return err
	}
	e := &p.engine
	if e.Timeout, err = duration("timeout", s.Timeout); err != nil {
		return err
	}
	if e.ExitTimeout, err = duration("exit-timeout", s.ExitTimeout); err != nil {
		return err
	}
	p.worker.ExitTimeout = e.ExitTimeout
	if e.RetryDelay, err = duration("retry-delay", s.RetryDelay); err != nil {
		return err
	}
	e.Retries.Died = 1
	if s.Retries != "" {
		n, err := strconv.Atoi(s.Retries)
		if err != nil || n < 0 {
			return usagef("--retries %q: not a number of tries", s.Retries).withHint("say 0, 1, 2, ...")
		}
		e.Retries = engine.Retries{Died: n, TimedOut: n, Reported: n}
	}
	p.halt = s.Halt
	e.Halt, err = halt(s.Halt)
	return err
}

func checkOnError(s *settings, p *plan) error {
	f := &p.engine.Format
	p.accepted = s.OnError != "" && s.OnError != "stop"
	switch kind, text, given := strings.Cut(s.OnError, "="); {
	case kind == "" && !given, kind == "fill":
		f.OnError, f.Fill = engine.Fill, text
	case kind == "skip" && !given:
		f.OnError = engine.Skip
	case kind == "stop" && !given:
		f.OnError = engine.Stop
	default:
		return usagef("--on-error %q: use fill, fill=TEXT, skip or stop", s.OnError)
	}
	return nil
}

// haltForms are the short forms that GNU parallel has for some.
var haltForms = map[string]string{
	"": "never", "0": "never", "1": "soon,fail=1", "2": "now,fail=1", "-1": "soon,success=1", "-2": "now,success=1",
}

var (
	haltGrammar = lazily(`^(now|soon),(fail|success|done)=([0-9]+)(%?)$`)
	haltPercent = lazily(`^[0-9]+%$`)
)

// halt reads --halt, whose grammar is GNU parallel's.
func halt(text string) (h engine.Halt, err error) {
	full := text
	if form, ok := haltForms[text]; ok {
		full = form
	} else if haltPercent().MatchString(text) {
		full = "soon,fail=" + text
	}
	if full == "never" {
		return h, nil
	}
	m := haltGrammar().FindStringSubmatch(full)
	bad := usagef("--halt %q: not a time to stop", text).withHint("say never, now,fail=1, soon,fail=3, soon,fail=10%, now,success=1 or soon,done=100")
	if m == nil {
		return h, bad
	}
	h.Now = m[1] == "now"
	h.Of = map[string]engine.Tally{"fail": engine.Failures, "success": engine.Successes, "done": engine.Finished}[m[2]]
	n, err := strconv.ParseInt(m[3], 10, 64)
	switch {
	case err != nil || n == 0, m[4] == "%" && n > 100:
		return h, bad
	case m[4] == "%":
		h.Share = float64(n) / 100
	default:
		h.Count = n
	}
	return h, nil
}
