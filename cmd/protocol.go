package cmd

import (
	"crypto/rand"
	"slices"
	"strings"

	"stoke/pkg/engine"
	"stoke/pkg/lang"
	"stoke/pkg/wire"
)

// protocolFlags declare what asks for a protocol and nothing else.
var protocolFlags = []setting{
	{name: "rpc", kind: onOff, answers: shaped,
		help: "the worker speaks JSON-RPC 2.0, one message per line"},
	{name: "send", answers: shapedPrivately,
		help: "send `TEMPLATE` for each item; {} in it is the item (C escapes)"},
	{name: "until", answers: shaped, empty: true, // an empty line may end an answer
		help: "with --send, an answer ends before a line equal to `LINE`"},
	{name: "prompt", answers: shaped,
		help: "with --send, an answer ends before a prompt that matches `REGEX`, without a newline"},
}

// protocolSettings are the fields of settings for them.
type protocolSettings struct {
	RPC    bool   `mapstructure:"rpc"`
	Send   string `mapstructure:"send"`
	Until  string `mapstructure:"until"`
	Prompt string `mapstructure:"prompt"`

	emptyUntil bool // an empty --until was given
}

// dialect is a protocol as it is asked for. A new one is a row of dialects, with its flags above, and a file in package wire that
// describes it.
type dialect struct {
	flag       string // that asks for it
	given      func(*settings) bool
	prepare    func(*settings, *plan) (wire.Protocol, error)
	again      func(*settings) []string // flags for another stoke that speaks it; nil: what an item does is seen without one
	concurrent bool                     // a worker may be at several items at a time
	awaited    string                   // what a worker has not done that is not ready
	promise    wire.Promise
	advice     string // for a worker that has not kept that
	missing    string // the same, for one that ended with fewer answers than items; "": advice
}

// dialects are all that workers may speak. The last is the one of a run that asks for none.
var dialects = []dialect{
	{
		flag: "--lang", concurrent: true, given: func(s *settings) bool { return s.Lang != "" }, prepare: programProtocol,
		again: func(s *settings) []string { return []string{"--lang", s.Lang} }, awaited: "its --init has not ended",
	},
	{
		flag: "--rpc", concurrent: true, given: func(s *settings) bool { return s.RPC },
		prepare: func(s *settings, _ *plan) (wire.Protocol, error) { return wire.JSONRPC(s.JSON, s.Concurrency), nil },
		again:   func(*settings) []string { return []string{"--rpc"} },
		awaited: "it has not sent the notification `ready`, as --rpc workers do",
		promise: wire.EachRequest, advice: "a worker answers each request, with its id, on a line of its own, before it ends",
	},
	{
		flag: "--send", given: func(s *settings) bool { return s.Prompt != "" }, prepare: promptProtocol,
		again:   func(s *settings) []string { return []string{"--send", s.Send, "--prompt", s.Prompt} },
		awaited: "it has not printed what --prompt matches; prompts on standard error are not seen",
		promise: wire.OnePrompt, advice: "the program prints exactly one prompt for each line that is sent, and no answer contains one",
	},
	{
		flag: "--send", given: func(s *settings) bool { return s.Prompt == "" && (s.Send != "" || hasUntil(s)) }, prepare: untilProtocol,
		again:   func(s *settings) []string { return []string{"--send", s.Send, "--until", s.Until} },
		promise: wire.LastLine,
		advice:  "with --send, each answer ends in a line equal to --until, which the template makes the program print: without a prompt before it, and nowhere else",
	},
	{
		flag: "--framing", given: func(s *settings) bool { return s.Framing != "lines" }, prepare: framingProtocol,
		promise: wire.LineForLine, advice: oneForEach + "send banners and logs to stderr, or skip them with --ready",
		missing: oneForEach + "a filter that drops lines must print an empty one instead",
	},
}

const oneForEach = "a worker prints exactly one line for each line it reads; "

// adviceOn says what a worker has to do that has not kept a promise; missing if it ended with fewer answers than items.
func adviceOn(broken wire.Promise, missing bool) string {
	if broken == engine.Flushes {
		return "--lockstep needs a worker that flushes each answer"
	}
	for _, d := range dialects {
		switch {
		case d.promise != broken:
		case missing && d.missing != "":
			return d.missing
		default:
			return d.advice
		}
	}
	return ""
}

// checkProtocol reads what workers speak.
func checkProtocol(s *settings, args []string, p *plan) (err error) {
	s.Lang = lang.Canonical(s.Lang)
	var flags []string
	d := &dialects[len(dialects)-1]
	given := 0
	for i := range dialects {
		if flags = append(flags, dialects[i].flag); dialects[i].given(s) {
			d = &dialects[i]
			given++
		}
	}
	flags = slices.Compact(flags)
	last := len(flags) - 1
	switch {
	case given > 1:
		return usagef("%s and %s exclude each other: each says what workers speak", strings.Join(flags[:last], ", "), flags[last])
	case s.Concurrency < 0:
		return usagef("--concurrency %d: must not be negative", s.Concurrency)
	case s.Concurrency > 0 && !d.concurrent:
		return usagef("--concurrency: only --lang and --rpc workers can be at several items at a time").withHint("--jobs is the number of workers")
	}
	p.awaits = d.awaited
	if p.worker.Protocol, err = d.prepare(s, p); err == nil && d.again != nil {
		p.again = againWith(s, d.again(s), args)
	}
	return err
}

// programProtocol is that of the interpreters of --lang.
func programProtocol(s *settings, p *plan) (wire.Protocol, error) {
	if p.worker.Nonce = rand.Text(); lang.Marked(s.Lang) {
		return wire.Shell(p.worker.Nonce), nil
	}
	return wire.Program(s.Concurrency), nil
}

func framingProtocol(s *settings, _ *plan) (wire.Protocol, error) {
	p, err := wire.ByName(s.Framing)
	if err != nil {
		err = usagef("--framing: %v", err)
	}
	return p, err
}

func hasUntil(s *settings) bool { return s.Until != "" || s.emptyUntil }

// templateOf reads what a program is sent for each item.
func templateOf(s *settings) (*wire.Template, error) {
	switch {
	case hasUntil(s) && s.Prompt != "":
		return nil, usagef("--until and --prompt exclude each other: each says where an answer ends")
	case s.Send == "" && s.Prompt != "":
		return nil, usagef("--prompt needs --send")
	case s.Send == "" || !hasUntil(s) && s.Prompt == "":
		return nil, usagef("--send and --until need each other").withHint("for a program that prints a prompt, --prompt stands for --until")
	}
	text, err := unescape(s.Send)
	if err != nil {
		return nil, usagef("--send %q: %v", s.Send, err)
	}
	t, err := wire.NewTemplate(text)
	if err != nil {
		err = usagef("--send %q: %v", s.Send, err)
	}
	return t, err
}

func untilProtocol(s *settings, _ *plan) (p wire.Protocol, err error) {
	t, err := templateOf(s)
	if err != nil {
		return p, err
	}
	line, err := unescape(s.Until)
	if err == nil {
		p, err = wire.UntilLine(t, line)
	}
	if err != nil {
		err = usagef("--until %q: %v", s.Until, err)
	}
	return p, err
}

func promptProtocol(s *settings, _ *plan) (p wire.Protocol, err error) {
	t, err := templateOf(s)
	if err != nil {
		return p, err
	}
	if p, err = wire.UntilPrompt(t, s.Prompt); err != nil {
		err = usagef("--prompt %q: %v", s.Prompt, err)
	}
	return p, err
}

// againWith returns the command line of a stoke with one worker of the same kind.
func againWith(s *settings, protocol, command []string) []string {
	words := append([]string{"stoke", "-j1"}, protocol...)
	for _, flag := range []struct {
		name   string
		values []string
	}{{"--preload", []string{shownInit(s.Preload, true)}}, {"--init", []string{shownInit(s.Init, s.typedInit)}}, {"--arg", namesOf(s.Arg)}, {"--argjson", namesOf(s.ArgJSON)},
		{"--interpreter", []string{s.Interpreter}}} {
		for _, value := range flag.values {
			if value != "" {
				words = append(words, flag.name, value)
			}
		}
	}
	if s.ItemType != "text" {
		words = append(words, "--item-type", s.ItemType)
	}
	words = append(append(words, "--"), command...)
	if s.Lang != "" && len(command) > 0 {
		words[len(words)-1] = strings.TrimRight(words[len(words)-1], "\n") // no language needs that at the end of a text
	}
	return words
}

// namesOf returns definitions without their values.
func namesOf(definitions []string) []string {
	names := make([]string, len(definitions))
	for i, definition := range definitions {
		name, _, _ := strings.Cut(definition, "=")
		names[i] = name + "=" + secret
	}
	return names
}
