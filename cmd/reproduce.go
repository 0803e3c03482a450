package cmd

import (
	"bytes"

	"stoke/pkg/engine"
)

// mostQuoted is the longest item that a hint repeats, in bytes.
const mostQuoted = 200

// keptHint is for an item that cannot be typed.
const keptHint = "--failed FILE keeps the items that failed, to be fed in again"

// reproduce returns what shows the failure of an item again: a command, if the item can be typed.
func reproduce(p *plan, e *engine.ItemError) string {
	if e.Slot == 0 {
		return ""
	}
	if e.Partial || len(e.Item) > mostQuoted {
		return keptHint
	}
	words, sent := p.again, append(e.Item[:len(e.Item):len(e.Item)], '\n')
	if words != nil {
		if bytes.ContainsRune(e.Item, '\n') {
			return keptHint
		}
	} else {
		shown := p.worker
		if shown.Init != "" {
			shown.Init = p.shownInit
		}
		words = shown.Command(e.Slot).Argv
		var err error
		if sent, err = p.worker.Protocol.Framing.Encode(nil, e.Item); err != nil {
			return ""
		}
	}
	command, ok := typed(words)
	if !ok {
		return keptHint
	}
	return "to see it again: " + printf(sent) + " | " + command
}
