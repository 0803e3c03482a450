package cmd

import (
	"strings"

	"stoke/pkg/lang"
	"stoke/pkg/wire"
)

// checkProtocol reads what workers speak, where that is no plain framing.
func (s *settings) checkProtocol(o *options, args []string) error {
	s.Lang = lang.Canonical(s.Lang)
	given := 0
	for _, is := range []bool{s.Lang != "", s.RPC, s.drives(), s.Framing != "lines"} {
		if is {
			given++
		}
	}
	if given > 1 {
		return usagef("--lang, --rpc, --send and --framing exclude each other: each says what workers speak")
	}
	if s.Concurrency < 0 {
		return usagef("--concurrency %d: must not be negative", s.Concurrency)
	}
	if s.Concurrency > 0 && s.Lang == "" && !s.RPC {
		return usagef("--concurrency: only --lang and --rpc workers can be at several items at a time").withHint("--jobs is the number of workers")
	}
	o.engine.Concurrency = s.Concurrency
	switch {
	case s.RPC:
		o.again = s.againWith([]string{"--rpc"}, args)
		o.framing, o.engine.Escaped, o.engine.StartsWarm = wire.Escaped, true, true
		o.worker.Speech = func() wire.Translator {
			r := wire.NewRPC(int(o.engine.MaxItem))
			r.MarkJSON = s.JSON
			return r
		}
	case s.drives():
		end := []string{"--until", s.Until}
		if s.Prompt != "" {
			end = []string{"--prompt", s.Prompt}
		}
		o.again = s.againWith(append([]string{"--send", s.Send}, end...), args)
		return s.checkTemplate(o)
	}
	return nil
}

// drives reports whether a program is to be driven by what --send says.
func (s *settings) drives() bool {
	return s.Send != "" || s.Until != "" || s.emptyUntil || s.Prompt != ""
}

func (s *settings) checkTemplate(o *options) error {
	until := s.Until != "" || s.emptyUntil
	switch {
	case until && s.Prompt != "":
		return usagef("--until and --prompt exclude each other: each says where an answer ends")
	case s.Send == "" && s.Prompt != "":
		return usagef("--prompt needs --send")
	case s.Send == "" || !until && s.Prompt == "":
		return usagef("--send and --until need each other").withHint("for a program that prints a prompt, --prompt stands for --until")
	}
	text, err := unescape(s.Send)
	if err != nil {
		return usagef("--send %q: %v", s.Send, err)
	}
	template, err := wire.NewTemplate(text)
	if err != nil {
		return usagef("--send %q: %v", s.Send, err)
	}
	if s.Prompt != "" {
		return s.checkPrompt(o, template.OneLine())
	}
	line, err := unescape(s.Until)
	if err != nil {
		return usagef("--until %q: %v", s.Until, err)
	}
	if _, err := wire.NewUntil(line, 1); err != nil {
		return usagef("--until %q: %v", s.Until, err)
	}
	o.framing, o.engine.Escaped, o.engine.LinesPerItem = template, true, template.Lines()
	o.worker.Speech = func() wire.Translator {
		u, _ := wire.NewUntil(line, int(o.engine.MaxItem)) // was tried above
		return u
	}
	return nil
}

func (s *settings) checkPrompt(o *options, template *wire.Template) error {
	prompt, err := wire.CompilePrompt(s.Prompt)
	if err != nil {
		return usagef("--prompt %q: %v", s.Prompt, err)
	}
	o.framing, o.engine.Escaped, o.engine.LinesPerItem, o.engine.StartsWarm = template, true, template.Lines(), true
	o.worker.Speech = func() wire.Translator { return wire.NewPrompt(prompt, template.Lines(), int(o.engine.MaxItem)) }
	return nil
}

// againWith returns the command line of a stoke with one worker of the same kind.
func (s *settings) againWith(protocol, command []string) []string {
	words := append([]string{"stoke", "-j1"}, protocol...)
	for _, flag := range []struct {
		name   string
		values []string
	}{{"--init", []string{shownInit(s.Init, s.typedInit)}}, {"--arg", namesOf(s.Arg)}, {"--argjson", namesOf(s.ArgJSON)},
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
