package cmd

import (
	"fmt"
	"reflect"
	"strconv"

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

// groups declares all flags anew, with nothing typed.
func groups() []group {
	gs := make([]group, len(flagGroups))
	for i, g := range flagGroups {
		gs[i] = group{g.title, g.settings, set()}
		for _, s := range g.settings {
			s.declare(gs[i].flags)
		}
	}
	return gs
}

// declare adds the flag to f.
func (s *setting) declare(f *pflag.FlagSet) {
	n, _ := strconv.Atoi(s.value) // is only used where it is one
	switch s.kind {
	case text:
		f.StringP(s.name, s.short, s.value, s.help)
	case single:
		f.VarP(new(once), s.name, s.short, s.help)
	case added:
		f.VarP(new(lines), s.name, s.short, s.help)
	case list:
		f.StringArrayP(s.name, s.short, nil, s.help)
	case onOff:
		f.BoolP(s.name, s.short, false, s.help)
	case number:
		f.IntP(s.name, s.short, n, s.help)
	case number64:
		f.Int64P(s.name, s.short, int64(n), s.help)
	case action:
		if s.words != nil {
			f.StringP(s.name, s.short, "", s.help)
		} else {
			f.BoolP(s.name, s.short, false, s.help)
		}
	case alias:
		f.VarP(otherName{f, s.value}, s.name, s.short, s.help)
		_ = f.MarkHidden(s.name) // fails only without the flag
	}
}

// set returns an empty set of flags, which keeps them in the order in which they are declared.
func set() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SortFlags = false
	return f
}

// each calls f for all settings and their flags.
func each(gs []group, f func(*setting, *pflag.Flag)) {
	for _, g := range gs {
		for i := range g.settings {
			if s := &g.settings[i]; s.kind != action && s.kind != alias {
				f(s, g.flags.Lookup(s.name))
			}
		}
	}
}

// settingOf returns the declaration of a flag; nil if there is none.
func settingOf(name string) *setting {
	for _, g := range flagGroups {
		for i := range g.settings {
			if g.settings[i].name == name {
				return &g.settings[i]
			}
		}
	}
	return nil
}

// valueOf returns what a setting is set to; it is not valid if there is none of that name.
func valueOf(s *settings, name string) reflect.Value {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("mapstructure") == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// wordsOf returns what a setting is set to in words.
func wordsOf(s *settings, name string) string {
	v := valueOf(s, name).Interface()
	if texts, is := v.([]string); is {
		return quoteAll(texts)
	}
	return fmt.Sprint(v)
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
