package cmd

import (
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// checkEmpty refuses a value that was given and is empty: what was meant to be there is missing. A variable of the environment that is
// empty is one that is not set.
func checkEmpty(gs []group, v *viper.Viper, file string) (err error) {
	each(gs, func(s *setting, f *pflag.Flag) {
		switch text := f.Value.Type() == "string"; {
		case err != nil || !text || s.empty:
		case f.Changed && f.Value.String() == "":
			err = usagef("--%s: its value is empty", f.Name).withHint("leave it out, or see whether a variable in it is not set")
		case !f.Changed && v.InConfig(f.Name) && v.Get(f.Name) == any(""):
			err = usagef("--config %s: the value of %s is empty", file, f.Name).withHint("leave it out")
		}
	})
	return err
}

// checkIdle refuses flags that were typed and would do nothing. What the environment or a config file says for all runs may have no
// meaning in one of them.
func checkIdle(gs []group, s *settings, args []string) error {
	typed, coded := map[string]bool{}, ""
	each(gs, func(s *setting, f *pflag.Flag) {
		typed[s.name] = f.Changed
		if f.Changed && s.forCode && coded == "" {
			coded = s.name
		}
	})
	if coded != "" && s.Lang == "" {
		return usagef("--%s does nothing without --lang: a COMMAND gets items, and no CODE", coded)
	}
	if typed["worker"] && s.Lang == "" && len(args) > 0 {
		return usagef("--worker and the COMMAND %s exclude each other", shellQuote(args[0])).withHint("the value of --worker is a whole COMMAND")
	}
	if typed["code"] && s.Lang != "" && len(args) > 0 {
		return usagef("--code and the CODE %s exclude each other", shellQuote(args[0])).withHint("give one of them")
	}
	if typed["retry-delay"] && typed["retries"] && s.Retries == "0" {
		return usagef("--retry-delay does nothing with --retries 0: no item is retried")
	}
	if text, fill := strings.CutPrefix(s.OnError, "fill="); typed["on-error"] && fill && text != "" && s.JSON {
		return usagef("--on-error fill=%s does nothing with --json: the object of a failed item has its error", text).
			withHint("--on-error fill accepts failed items")
	}
	return nil
}
