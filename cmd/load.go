package cmd

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// envPrefix and envNames make the one rule for names in the environment: --init-jobs is STOKE_INIT_JOBS.
const envPrefix = "STOKE"

var envNames = strings.NewReplacer("-", "_")

// load merges flags, environment, config file and defaults, in this order of precedence.
func load(gs []group) (*settings, error) {
	v := viper.New()
	v.SetEnvPrefix(envPrefix)
	v.SetEnvKeyReplacer(envNames)
	v.AutomaticEnv()
	each(gs, func(_ *setting, f *pflag.Flag) {
		_ = v.BindPFlag(f.Name, f) // fails only without a flag
	})
	file := v.GetString("config")
	if file != "" {
		config, err := readConfig(file, gs)
		if err == nil {
			err = v.MergeConfigMap(config)
		}
		if err != nil {
			return nil, configUsage(file, err)
		}
	}
	if err := checkEmpty(gs, v, file); err != nil {
		return nil, err
	}
	s := new(settings)
	s.emptyUntil = v.IsSet("until") && v.GetString("until") == ""
	if err := v.UnmarshalExact(s); err != nil {
		return nil, settingError(v, err)
	}
	each(gs, func(_ *setting, f *pflag.Flag) { s.typedInit = s.typedInit || f.Name == "init" && f.Changed })
	for _, flag := range []string{"arg", "argjson"} { // code has them as variables, and what it starts is not to inherit them
		_ = os.Unsetenv(envName(flag))
	}
	return s, nil
}

func configUsage(file string, err error) error {
	var path *os.PathError
	var config *configError
	switch {
	case errors.As(err, &path):
		return usagef("--config %s: %v", file, path.Err)
	case errors.As(err, &config):
		return usagef("--config %s: %s", file, config.problem).withHint(config.hint)
	}
	return usagef("--config %s: %v", file, err)
}

// settingError words what mapstructure found: a value that does not fit. The flags and the config file were seen to fit.
func settingError(v *viper.Viper, err error) error {
	var decode *mapstructure.DecodeError
	if errors.As(err, &decode) {
		name := decode.Name()
		return usagef("--%s %q: does not fit (set by %s)", name, v.GetString(name), envName(name)).
			withHint("see stoke --help for what it takes")
	}
	return usagef("settings: %v", err)
}

func envName(flag string) string {
	return fmt.Sprintf("%s_%s", envPrefix, strings.ToUpper(envNames.Replace(flag)))
}
