package cmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"stoke/pkg/check"
	"stoke/pkg/engine"
	"stoke/pkg/event"
	"stoke/pkg/launch"
	"stoke/pkg/queue"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// codeTrial is what was seen of CODE, or of a worker of --rpc or --send, in a run on some items.
type codeTrial struct {
	answers  []string // as JSON, in the order of the items; "" for one that failed
	empty    int      // how many are empty
	warnings []string
	took     time.Duration // by all items together
	err      error

	mu       sync.Mutex
	failures []string
	rest     []string // what a worker of --rpc or --send printed besides answers: a fault quotes it
}

// tryCode tries out what a run must translate: it is run on the items, and again in another order.
func tryCode(ctx context.Context, p *plan, v *voice, items [][]byte, found func(check.Finding)) error {
	t := tryRun(ctx, p, v, items)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, text := range t.warnings {
		found(check.Finding{Level: check.Note, Text: text})
	}
	if t.err != nil {
		found(codeFault(p, t.err))
		return &told{t.err}
	}
	found(check.Finding{Level: check.OK, Text: "starts"})
	for _, f := range t.judge() {
		found(f)
	}
	backwards := slices.Clone(items)
	slices.Reverse(backwards)
	again := tryRun(ctx, p, v, backwards)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	slices.Reverse(again.answers)
	switch {
	case again.err != nil:
		found(codeFault(p, again.err))
		return &told{again.err}
	case len(t.failures) == len(items): // there are no answers to judge
		return &told{&notGood{1}}
	case slices.Equal(t.answers, again.answers):
		found(check.Finding{Level: check.OK, Text: "gives each item the same answer in another order"})
	default:
		found(check.Finding{Level: check.Note, Text: "gives an item another answer if other items come before it",
			Remedy: "none, if that is meant; a worker that counts or sums up needs -j1, since each of several sees only some of the items"})
	}
	found(check.Finding{Level: check.OK, Text: fmt.Sprintf("takes about %v per item", (t.took / time.Duration(len(items))).Round(time.Microsecond))})
	if len(t.failures) > 0 {
		return &told{&notGood{1}}
	}
	return nil
}

// codeFault says what ended a trial.
func codeFault(p *plan, err error) check.Finding {
	var proto *engine.ProtocolError
	advise(p, err)
	var start *engine.InitError
	switch {
	case errors.As(err, new(*wire.CodeError)):
		return check.Finding{Level: check.Fault, Text: err.Error()}
	case errors.As(err, &start):
		return check.Finding{Level: check.Fault, Text: err.Error(), Remedy: start.Hint}
	case errors.As(err, &proto):
		return check.Finding{Level: check.Fault, Text: err.Error(), Remedy: proto.Hint}
	}
	return check.Finding{Level: check.Fault, Text: err.Error()}
}

// judge says what the answers mean.
func (t *codeTrial) judge() (findings []check.Finding) {
	for i, text := range t.failures {
		if i == mostAlike {
			text = fmt.Sprintf("... and on %d items more", len(t.failures)-mostAlike)
		}
		findings = append(findings, check.Finding{Level: check.Fault, Text: text})
		if i == mostAlike {
			break
		}
	}
	answered := len(t.answers) - len(t.failures)
	switch {
	case len(t.failures) > 0:
	case t.empty == answered:
		findings = append(findings, check.Finding{Level: check.Note, Text: fmt.Sprintf("gives an empty answer to each item (%d of %d)", answered, len(t.answers)),
			Remedy: "none, if that is meant; else return a value, end with an expression, or print"})
	default:
		findings = append(findings, check.Finding{Level: check.OK, Text: fmt.Sprintf("answers each item once (%d of %d)", answered, len(t.answers))})
	}
	return findings
}

// tryRun runs one worker on the items, as a run would.
func tryRun(ctx context.Context, p *plan, v *voice, items [][]byte) *codeTrial {
	t, one := new(codeTrial), p.withJobs(1)
	var out, in bytes.Buffer
	for _, item := range items {
		in.Write(append(slices.Clip(item), p.delimiter...))
	}
	spec, o := one.worker, one.engine
	o.Sink, o.Writable, o.Unordered = queue.NewPlain(&out), func() bool { return true }, false
	o.Format = engine.Format{End: '\n', JSON: true}
	o.Retries, o.Halt, o.RecycleNum, o.RecycleRSS, o.Starts = engine.Retries{}, engine.Halt{}, 0, 0, engine.Starts{}
	o.InitTimeout, o.Timeout = cmp.Or(o.InitTimeout, check.DefaultInitTimeout), cmp.Or(o.Timeout, check.DefaultTimeout)
	spec.InitTimeout = o.InitTimeout
	o.Word, o.Tell = inWords, t.tell(one, v)
	starter := launch.New(ctx, &spec, launch.Local(1), startTell(one, v, o.Tell))
	defer starter.Close()
	o.Start = starter.Start
	_, t.err = engine.New(o).Run(ctx, &in)
	if !errors.As(t.err, new(*engine.ProtocolError)) {
		for _, text := range t.rest {
			shower(one, worker.NewStderr(v), 1)([]byte(text))
		}
	}
	for line := range bytes.Lines(out.Bytes()) {
		t.add(line)
	}
	return t
}

// tell keeps what is said of a run, and shows what its worker prints.
func (t *codeTrial) tell(p *plan, v *voice) event.Tell {
	aside := worker.NewStderr(v)
	return func(e event.Event) {
		switch e := e.(type) {
		case *event.Printed:
			text := withEnd(e.Text)
			if p.worker.Program != nil {
				shower(p, aside, 1)(text)
				return
			}
			t.note(&t.rest, string(text))
		case *event.Warned:
			t.note(&t.warnings, e.Text)
		case *event.Noted:
			t.note(&t.warnings, e.Text)
		case *event.Failed:
			t.note(&t.failures, "fails on "+engine.ErrorOf(e).Error())
		}
	}
}

func (t *codeTrial) note(list *[]string, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*list = append(*list, text)
}

// add takes one object of --json.
func (t *codeTrial) add(line []byte) {
	var o struct {
		Ok      bool            `json:"ok"`
		Answer  json.RawMessage `json:"answer"`
		Base64  string          `json:"answer_base64"`
		Seconds float64         `json:"seconds"`
	}
	if json.Unmarshal(line, &o) != nil || !o.Ok {
		t.answers = append(t.answers, "")
		return
	}
	t.took += time.Duration(o.Seconds * float64(time.Second))
	if string(o.Answer) == `""` {
		t.empty++
	}
	t.answers = append(t.answers, string(o.Answer)+o.Base64)
}
