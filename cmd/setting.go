package cmd

import (
	"github.com/spf13/pflag"
)

// setting declares a flag, which is also a variable of the environment and a key of the config file. Help, manual, completion, --dry-run
// and the identity of a resumed run follow from it.
type setting struct {
	name, short string
	kind        kind
	value       string   // by default
	help        string   // a phrase; the name of the value is in backquotes
	words       []string // what it takes, or examples, for completion

	answers bearing // whether it shapes answers
	file    fileUse // what is done with the file that it names
	says    string  // what --dry-run says of it, with its value; "" where it says nothing or more
	empty   bool    // its value may be empty
	forCode bool    // does nothing without CODE
}

// kind is what a flag takes, and how often it may be given.
type kind int

const (
	text   kind = iota
	single      // text, which is given once at most
	added       // text, to which each further one adds a line
	list        // texts
	onOff
	number   // int
	number64 // int64
	action   // nothing, or text if it has words: it does something instead of a run, and is no setting
	alias    // another name for the flag that value names
)

// bearing says whether a setting shapes answers: then a run that is resumed must have it again as it was.
type bearing int

const (
	undecided       bearing = iota // which a test refuses
	unshaped                       // it does not
	shaped                         // it does
	shapedPrivately                // it does, and may hold a password: only a digest of it is kept
	composed                       // it does, with others or by what it stands for: see composedFacts
)

// fileUse says what is done with a file that a flag names.
type fileUse int

const (
	noFile fileUse = iota
	reads
	writes
	apart // more: see fileUses
)

// group is a task and its flags, as the help shows them.
type group struct {
	title    string
	settings []setting
	flags    *pflag.FlagSet // where what is typed goes; it is read with load, never from here
}

// otherName is another name for a flag. It is hidden, and sets that one.
type otherName struct {
	flags *pflag.FlagSet
	name  string
}

func (o otherName) Set(value string) error { return o.flags.Set(o.name, value) }
func (o otherName) String() string         { return "" }
func (o otherName) Type() string           { return "alias" }

// once is the value of a flag that is given once at most: a second one would take the place of the first in silence.
type once struct {
	text  string
	given bool
}

func (o *once) String() string { return o.text }
func (o *once) Type() string   { return "string" }

func (o *once) Set(text string) error {
	if o.given {
		return usagef("it was given before, as %s", shellQuote(o.text))
	}
	o.text, o.given = text, true
	return nil
}

// lines is the value of a flag that adds a line each time it is given.
type lines struct{ text string }

func (l *lines) String() string { return l.text }
func (l *lines) Type() string   { return "string" }

func (l *lines) Set(text string) error {
	if l.text != "" {
		text = l.text + "\n" + text
	}
	l.text = text
	return nil
}
