package cmd

import (
	"errors"
	"os"
	"slices"
	"strings"

	"stoke/pkg/lang"
	"stoke/pkg/launch"
)

// oneCode holds that CODE is one word.
func oneCode(language string, words []string) error {
	const dash = "put -- before it if it begins with a dash"
	switch len(words) {
	case 0:
		return usagef("--lang %s needs CODE", language).withHint("give it as one word, as in: stoke -l python 'int(item) + 1'; " + dash)
	case 1:
		return nil
	}
	return usagef("--lang %s takes one CODE, not %d words", language, len(words)).
		withHint("quote it: stoke -l " + shellQuote(language) + " " + shellQuote(strings.Join(words, " ")) + "; " + dash)
}

// checkCode reads CODE and what belongs to it.
func checkCode(s *settings, args []string, p *plan) error {
	if s.Code != "" && len(args) == 0 {
		args = []string{s.Code}
	}
	if err := oneCode(s.Lang, args); err != nil {
		return err
	}
	if s.Worker != "" {
		return usagef("--worker and --lang exclude each other")
	}
	program := &lang.Program{Lang: s.Lang, ItemType: s.ItemType, Concurrency: s.Concurrency, Interpreter: s.Interpreter,
		MarkJSON: s.JSON && !lang.Marked(s.Lang)}
	var err error
	if program.Args, err = codeArgs(s); err != nil {
		return err
	}
	for _, text := range []struct {
		to          *string
		flag, typed string
	}{{&program.Code, "--lang " + s.Lang, args[0]}, {&program.Init, "--init", s.Init}, {&program.Exit, "--exit", s.Exit}, {&program.Preload, "--preload", s.Preload}} {
		if *text.to, err = codeText(text.flag, s.Lang, text.typed); err != nil {
			return err
		}
	}
	if err := program.Check(); err != nil {
		var long *lang.TooLongError
		if errors.As(err, &long) {
			return usagef("--%v: keep them in a file, and load it in --init", long)
		}
		wrong := usagef("--%v", err) // it begins with the setting
		if program.Preload != "" && strings.HasPrefix(err.Error(), "preload") {
			wrong = wrong.withHint("--init runs code in each worker")
		}
		return wrong
	}
	if program.Preload != "" && !launch.CanFork {
		p.alone = true
		program.Preload, program.Init = "", strings.Trim(program.Preload+"\n"+program.Init, "\n")
	}
	p.worker.Exit, p.engine.Exits = "", program.Exit != ""
	p.worker.Program, p.worker.Init = program, ""
	p.engine.Format.Items = s.ItemType == "json"
	return nil
}

// codeArgs reads the variables that are defined for the code.
func codeArgs(s *settings) (args []lang.Arg, err error) {
	for _, from := range []struct {
		list []string
		json bool
		flag string
	}{{s.Arg, false, "--arg"}, {s.ArgJSON, true, "--argjson"}} {
		for _, text := range from.list {
			name, value, ok := strings.Cut(text, "=")
			if !ok {
				return nil, usagef("%s %q: not NAME=VALUE", from.flag, text)
			}
			args = append(args, lang.Arg{Name: name, Value: value, JSON: from.json})
		}
	}
	return args, nil
}

// sigils are the languages in which a text of their own may begin with @.
var sigils = []string{"perl", "ruby"}

// codeText returns code as it was typed, or what is in FILE where that was typed as @FILE. In perl and ruby it is a name in
// the code unless there is such a file.
func codeText(flag, language, typed string) (string, error) {
	file, is := strings.CutPrefix(typed, "@")
	if !is || file == "" || strings.Contains(file, "\n") {
		return typed, nil
	}
	text, err := os.ReadFile(file)
	switch {
	case err != nil && slices.Contains(sigils, language) && !strings.HasSuffix(file, ".pl") && !strings.HasSuffix(file, ".rb"):
		return typed, nil
	case err != nil:
		return "", usagef("%s: cannot read the code in %s: %v", flag, file, err.(*os.PathError).Err)
	}
	if language == "node" && strings.HasPrefix(string(text), "#!") {
		return "//" + string(text), nil
	}
	return string(text), nil
}

// braces finds a lone {} in the CODE of a shell, itemUsed what gets at the item there, braced where {} belongs to another program.
var (
	braces   = lazily(`(^|[\s"'])\{\}($|[\s"';|&)])`)
	itemUsed = lazily(`item|\$\{?[1@*]`)
	braced   = lazily(`\b(xargs|parallel)\b|-(exec|ok)`)
)

// codeHint says what may be meant by CODE; "" if nothing else is.
func codeHint(p *plan) string {
	if code := p.worker.Program; code == nil || !lang.Marked(code.Lang) || !braces().MatchString(code.Code) || itemUsed().MatchString(code.Code) || braced().MatchString(code.Code) {
		return ""
	}
	return `{} is not replaced in CODE: the item is "$item", which is also "$1"`
}
