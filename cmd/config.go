package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// Bounds of a config file: what is larger is none, or somebody's trap. Its parsers take quadratic time in the number of keys.
const (
	longestConfig = 1 << 20 // bytes
	mostKeys      = 1000
	deepestConfig = 10
)

// configError says what is wrong with a config file.
type configError struct{ problem, hint string }

func (e *configError) Error() string { return e.problem }

// readConfig returns what a config file sets, each value as its flag takes it: text, a number, a switch or a list of texts.
func readConfig(file string, gs []group) (map[string]any, error) {
	kind := strings.ToLower(strings.TrimPrefix(filepath.Ext(file), "."))
	if kind == "yml" {
		kind = "yaml"
	}
	if !slices.Contains([]string{"yaml", "toml", "json"}, kind) {
		return nil, &configError{"unknown kind of file", "name it .yaml, .toml or .json"}
	}
	data, err := readBounded(file)
	if err != nil {
		return nil, err
	}
	raw, err := parseConfig(kind, data)
	if err != nil {
		return nil, err
	}
	flags := map[string]*pflag.Flag{}
	each(gs, func(_ *setting, f *pflag.Flag) { flags[f.Name] = f })
	for name, value := range raw {
		if d := settingOf(name); d != nil && (name == "config" || d.kind == action) {
			return nil, &configError{name + " is no setting for a file", "--" + name + " is given on the command line"}
		}
		f := flags[name]
		if f == nil {
			return nil, unknownKey(name, gs)
		}
		if raw[name], err = fitting(f.Value.Type(), value); err != nil {
			return nil, &configError{fmt.Sprintf("%s: %v", name, err), "see stoke --help for what it takes"}
		}
	}
	return raw, nil
}

// readBounded reads a small file, or what a pipe gives.
func readBounded(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.IsDir() || !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0 {
		return nil, &configError{"it is neither a file nor a pipe", ""}
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, longestConfig+1))
	if err == nil && len(data) > longestConfig {
		err = &configError{fmt.Sprintf("it is larger than %d bytes", longestConfig), ""}
	}
	return data, err
}

// parseConfig reads keys and values.
func parseConfig(kind string, data []byte) (map[string]any, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // a byte order mark, which some editors write
	var err error
	switch kind {
	case "json":
		err = checkJSON(data)
	case "yaml":
		err = checkYAML(data)
	case "toml":
		err = checkTOML(string(data))
	}
	if err != nil {
		return nil, err
	}
	decoder, err := viper.NewCodecRegistry().Decoder(kind)
	if err != nil {
		return nil, err
	}
	raw := map[string]any{}
	if err := decoder.Decode(data, raw); err != nil {
		return nil, errors.New(inOneLine(err.Error()))
	}
	return raw, nil
}

// inOneLine joins the lines of what a parser says.
func inOneLine(text string) string {
	return fmt.Sprintf("%.200s", strings.Join(strings.Fields(text), " "))
}

// errCrowded says that a file has more than there are flags.
var errCrowded = &configError{"it has too many keys, or nests them too deeply", "its keys are the names of flags, each with one value or a list"}

// errNoKeys says that a file holds something else.
var errNoKeys = &configError{"it does not hold keys with values", ""}

// checkJSON finds what the decoder takes in silence: a key that is there twice, and null in place of an object.
func checkJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if first, err := d.Token(); err == nil && first != json.Delim('{') {
		return errNoKeys
	}
	for seen := map[json.Token]bool{}; d.More(); {
		key, err := d.Token()
		if err == nil && seen[key] {
			return &configError{fmt.Sprintf("the key %v is there twice", key), ""}
		}
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return nil // the decoder will say so
		}
		seen[key] = true
	}
	return nil
}

// checkYAML bounds what is to be decoded, and finds what the decoder passes over: a second document, and the key null, which there is no
// text but nothing, and would be lost.
func checkYAML(data []byte) error {
	var document yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	switch err := d.Decode(&document); {
	case err == io.EOF:
		return nil
	case err != nil:
		return errors.New(inOneLine(err.Error()))
	}
	if err := d.Decode(new(yaml.Node)); err != io.EOF {
		return &configError{"it holds more than one document", "give all keys in one, without --- between them"}
	}
	if len(document.Content) == 0 {
		return nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return errNoKeys
	}
	if len(root.Content) > 2*mostKeys {
		return errCrowded
	}
	for i := 0; i < len(root.Content); i += 2 {
		if root.Content[i].Tag == "!!null" {
			return &configError{`the key null must be quoted, as in "null": true`, ""}
		}
		if root.Content[i+1].Kind == yaml.MappingNode {
			return &configError{fmt.Sprintf("%.40s: %v", root.Content[i].Value, errNoValue), ""}
		}
	}
	return nil
}

// checkTOML bounds what is to be parsed: outside of texts and comments it counts what keys and nesting are made of.
func checkTOML(text string) error {
	depth, keys, parts := 0, 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '=':
			keys++
		case '.':
			parts++
		case '"', '\'':
			i += tomlText(text[i:]) - 1
		case '#':
			comment, _, _ := strings.Cut(text[i:], "\n")
			i += len(comment)
		}
		if depth > deepestConfig || keys > mostKeys || parts > mostKeys {
			return errCrowded
		}
	}
	return nil
}

// tomlText returns the length of the quoted text that s begins with.
func tomlText(s string) int {
	quote, escapes := s[:1], s[0] == '"'
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s, triple) {
		quote = triple
	}
	for i := len(quote); i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], quote):
			return i + len(quote)
		case len(quote) == 1 && s[i] == '\n':
			return i // not closed: the parser will say so
		}
	}
	return len(s)
}

var errNoValue = errors.New("it takes one value")

// fitting returns a value of a config file as a flag of that type takes it.
func fitting(kind string, value any) (any, error) {
	if list, is := value.([]any); is {
		if kind != "stringArray" {
			return nil, errors.New("it takes one value, not a list")
		}
		texts := make([]string, len(list))
		for i, value := range list {
			text, err := scalar(value)
			if err != nil {
				return nil, err
			}
			texts[i] = text
		}
		return texts, nil
	}
	text, err := scalar(value)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "bool":
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("%q is neither true nor false", text)
		}
		return text == "true", nil
	case "int", "int64":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", text)
		}
		return n, nil
	case "stringArray":
		return []string{text}, nil
	}
	if _, is := value.(bool); is {
		return nil, fmt.Errorf("%q is no value for it: quote it if it is meant as text", text)
	}
	return text, nil
}

// scalar returns the text of a single value. Numbers of JSON are decoded as floating ones.
func scalar(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool, int, int64, uint64:
		return fmt.Sprint(v), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return "", errNoValue
		}
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case nil:
		return "", errors.New("it has no value")
	}
	return "", errNoValue
}

// unknownKey says that a key is not the name of a flag.
func unknownKey(name string, gs []group) error {
	hint := "the keys are the names of the flags; see stoke --help"
	const long = 100
	if len(name) > long {
		name = name[:long] + "..."
	} else if near := nearest(strings.ToLower(name), flagNames(gs)); len(near) > 0 {
		hint = suggestion("", near)
	}
	return &configError{"unknown key: " + name, hint}
}
