package cmd

import (
	"strconv"

	"stoke/pkg/engine"
	"stoke/pkg/journal"
)

// identity is what must be the same when a run is resumed: whatever shapes its answers. What may hold a password is private.
func identity(p *plan, s *settings, args []string) journal.Identity {
	facts := composedFacts(p, s, args)
	for _, g := range flagGroups {
		for _, d := range g.settings {
			if d.answers == shaped || d.answers == shapedPrivately {
				facts = append(facts, journal.Fact{Name: "--" + d.name, Value: wordsOf(s, d.name), Private: d.answers == shapedPrivately})
			}
		}
	}
	return journal.Identity{Unordered: s.Unordered, Facts: append(facts, failedFact(p))}
}

// composedFacts are those of settings that shape answers together, or by what they stand for: code may come from a file, and two
// settings may say where items end.
func composedFacts(p *plan, s *settings, args []string) []journal.Fact {
	init, input := s.Init, s.ArgFile
	if code := p.worker.Program; code != nil {
		args, init = []string{code.Code}, code.Init
	}
	if input == "" || input == "-" {
		input = "standard input"
	}
	facts := []journal.Fact{
		{Name: "input", Value: input},
		{Name: "COMMAND", Value: quoteAll(args), Private: true},
		{Name: "--init", Value: init, Private: true},
		{Name: "--delimiter", Value: strconv.Quote(string(p.delimiter))},
		{Name: "--max-item", Value: strconv.FormatInt(p.engine.MaxItem, 10)},
	}
	if code := p.worker.Program; code != nil && code.Preload != "" {
		facts = append(facts, journal.Fact{Name: "--preload", Value: code.Preload, Private: true})
	}
	return facts
}

// failedFact says what failed items print, and whether it is known what those print that have failed before: an object of --json says
// why, which the journal does not know.
func failedFact(p *plan) journal.Fact {
	fact := journal.Fact{Name: "--on-error", Revisable: true}
	switch f := &p.engine.Format; {
	case f.OnError == engine.Stop:
		fact.Value, fact.Revisable = "stop", false
	case f.OnError == engine.Skip:
		fact.Value = "skip"
	case f.JSON:
		fact.Revisable = false
	case f.Fill != "":
		fact.Value = "fill=" + f.Fill
	}
	return fact
}
