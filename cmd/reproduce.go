package cmd

import (
	"bytes"
	"io"
	"os"
	"strings"

	"stoke/pkg/engine"
	"stoke/pkg/source"
)

// mostQuoted is the longest item that a hint repeats, in bytes.
const mostQuoted = 200

// secret stands for what may be a password where a command is shown: the value of an --arg, an --init that was not typed.
const secret = "…"

// shownInit is the code of --init as a hint shows it.
func shownInit(code string, typed bool) string {
	if code != "" && !typed {
		return secret
	}
	return strings.TrimRight(code, "\n")
}

// keptHint is for an item that cannot be typed.
const keptHint = "--failed FILE keeps the items that failed, to be fed in again"

// reproduce returns what shows the failure of an item again: a command, if the item can be typed.
func (o *options) reproduce(e *engine.ItemError) string {
	if e.Slot == 0 {
		return ""
	}
	if e.Partial || len(e.Item) > mostQuoted {
		return keptHint
	}
	words, sent := o.again, append(e.Item[:len(e.Item):len(e.Item)], '\n')
	if words != nil {
		if bytes.ContainsRune(e.Item, '\n') {
			return keptHint
		}
	} else {
		shown := o.worker
		if shown.Init != "" {
			shown.Init = o.shownInit
		}
		words = shown.Command(e.Slot).Argv
		var err error
		if sent, err = o.framing.Encode(nil, e.Item); err != nil {
			return ""
		}
	}
	command, ok := typed(words)
	if !ok {
		return keptHint
	}
	return "to see it again: " + printf(sent) + " | " + command
}

// countFor counts the items of in where --halt needs to know: a share of all of them was asked for, and in is a file.
func (o *options) countFor(in *os.File) (n int64, err error) {
	info, err := in.Stat()
	if o.engine.Halt.Share == 0 || err != nil || !info.Mode().IsRegular() {
		if o.engine.Halt.Share > 0 && o.engine.Halt.Of == engine.Finished {
			return 0, usagef("--halt: a share of all items that are done can only be told of an input file").withHint("give a number, or the input with --arg-file")
		}
		return 0, nil
	}
	start, err := in.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, named("--arg-file", err)
	}
	if n, err = source.Count(in, o.delimiter); err != nil {
		return 0, named("--arg-file", err)
	}
	_, err = in.Seek(start, io.SeekStart)
	return n, named("--arg-file", err)
}
