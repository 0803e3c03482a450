package cmd

import (
	"fmt"
	"reflect"
	"strconv"
	"sync"

	"github.com/spf13/pflag"
)

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

// fieldOf is where a setting stands in settings, by name. To look that up each time would be a good part of the start.
var fieldOf = sync.OnceValue(func() map[string][]int {
	index := make(map[string][]int)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[settings]()) {
		index[field.Tag.Get("mapstructure")] = field.Index
	}
	return index
})

// valueOf returns what a setting is set to; it is not valid if there is none of that name.
func valueOf(s *settings, name string) reflect.Value {
	index, known := fieldOf()[name]
	if !known {
		return reflect.Value{}
	}
	return reflect.ValueOf(s).Elem().FieldByIndex(index)
}

// wordsOf returns what a setting is set to in words.
func wordsOf(s *settings, name string) string {
	v := valueOf(s, name).Interface()
	if texts, is := v.([]string); is {
		return quoteAll(texts)
	}
	return fmt.Sprint(v)
}
