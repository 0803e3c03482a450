package cmd

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// envPrefix and envNames make the one rule for names in the environment: --init-jobs is STOKE_INIT_JOBS.
const envPrefix = "STOKE"

var envNames = strings.NewReplacer("-", "_")

// bareNull finds the key null in YAML, which there is no string but nothing, and would be lost.
var bareNull = regexp.MustCompile(`(?m)^null *:`)

// load merges flags, environment, config file and defaults, in this order of precedence.
func load(gs []group) (*settings, error) {
	v := viper.New()
	v.SetEnvPrefix(envPrefix)
	v.SetEnvKeyReplacer(envNames)
	v.AutomaticEnv()
	each(gs, func(f *pflag.Flag) {
		if !f.Hidden {
			_ = v.BindPFlag(f.Name, f) // fails only without a flag
		}
	})
	file := v.GetString("config")
	if file != "" {
		v.SetConfigFile(file)
		if err := v.ReadInConfig(); err != nil {
			return nil, configError(file, err)
		}
		if text, err := os.ReadFile(file); err == nil && bareNull.Match(text) {
			return nil, usagef("--config %s: the key null must be quoted, as in \"null\": true", file)
		}
	}
	if err := checkEmpty(gs, v, file); err != nil {
		return nil, err
	}
	s := new(settings)
	if err := v.UnmarshalExact(s); err != nil {
		return nil, settingError(gs, v, file, err)
	}
	return s, nil
}

func configError(file string, err error) error {
	var path *os.PathError
	var kind viper.UnsupportedConfigError
	switch {
	case errors.As(err, &path):
		return usagef("--config %s: %v", file, path.Err)
	case errors.As(err, &kind):
		return usagef("--config %s: unknown kind of file", file).withHint("name it .yaml, .toml or .json")
	}
	return usagef("--config %s: %v", file, err)
}

// settingError words what mapstructure found: a key that is no flag, or a value that does not fit.
func settingError(gs []group, v *viper.Viper, file string, err error) error {
	text := err.Error()
	if _, keys, ok := strings.Cut(text, "has invalid keys: "); ok {
		keys, _, _ = strings.Cut(keys, "\n")
		hint := "the keys are the names of the flags; see stoke --help"
		if near := nearest(keys, flagNames(gs)); len(near) > 0 {
			hint = suggestion("", near)
		}
		return usagef("--config %s: unknown key: %s", file, keys).withHint(hint)
	}
	var decode *mapstructure.DecodeError
	if errors.As(err, &decode) {
		name := decode.Name()
		return usagef("--%s %q: does not fit (set by the flag, by %s or in the config file)", name, v.GetString(name), envName(name)).
			withHint("see stoke --help for what it takes")
	}
	return usagef("settings: %s", text)
}

func envName(flag string) string {
	return fmt.Sprintf("%s_%s", envPrefix, strings.ToUpper(envNames.Replace(flag)))
}
