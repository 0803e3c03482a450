package lang

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AtFault is the exit status of a runner that found the user's text at fault: another start would not mend it.
const AtFault = 120

// Variables is what the names of the variables begin with that Command adds to the environment.
const Variables = "STOKE_LANG_"

// setupName is the variable that brings the orders to a runner. They are no arguments: ps shows those to everybody.
const setupName = Variables + "SETUP"

// runnerName is the variable that brings an interpreter its runner: on the command line it would fill the screen of
// whoever looks at processes. The runner takes the variable away before anything of the user's runs.
const runnerName = Variables + "RUNNER"

// longestText is how much one argument or one variable may hold, in bytes. Linux refuses more.
const longestText = 128<<10 - 1

// Arg is one variable that the user defines with --arg or --argjson.
type Arg struct {
	Name  string
	Value string // the text itself, or JSON text
	JSON  bool   // whether it came with --argjson
}

// Program is what the user wants to be run for each item. The zero values of ItemType, Concurrency and Interpreter stand for
// the defaults. It is only read: several goroutines may share one.
type Program struct {
	Lang        string // one of Names
	Code        string
	Init, Exit  string // empty: none
	Preload     string // what is run once, in a process that all workers are forks of; empty: they are started
	Args        []Arg
	ItemType    string // text (default), json or bytes
	Concurrency int    // how many items the runner has at work at a time; default 1
	MarkJSON    bool   // answers that are JSON are told from text, in the escaped protocol
	Interpreter string // a path or a name on PATH; default: the language's own name for it
}

// Names returns the known languages in the order in which they are documented.
func Names() []string {
	names := make([]string, len(languages))
	for i := range languages {
		names[i] = languages[i].name
	}
	return names
}

// Listed returns the names as a sentence has them: "python, node or sh".
func Listed() string {
	names := Names()
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// Marked reports whether the runner of a language speaks the marked protocol, not escaped lines.
func Marked(lang string) bool { return find(lang) != nil && find(lang).marked }

// Package names what brings the interpreter of a language, for a message: "nodejs (Debian, Fedora), node (Homebrew)". It
// is empty if the language is not known.
func Package(lang string) string {
	if l := find(lang); l != nil {
		return l.from
	}
	return ""
}

// SettingError says what of a Program is wrong, and why.
type SettingError struct {
	Setting string // lang, init, exit, preload, arg, argjson, item-type or concurrency
	Value   string // of the setting, where that matters
	Problem string
}

func (e *SettingError) Error() string {
	if e.Value != "" {
		return e.Setting + " " + e.Value + ": " + e.Problem
	}
	return e.Setting + ": " + e.Problem
}

// TooLongError says that no program can be started with so much code.
type TooLongError struct {
	Lang string
	Size int // bytes, of the code and its arguments
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("lang %s: the code and its arguments have %d bytes, more than a program can be started with", e.Lang, e.Size)
}

// settingf words the problem of a *SettingError.
func settingf(setting, format string, args ...any) error {
	return &SettingError{Setting: setting, Problem: fmt.Sprintf(format, args...)}
}

// Check finds what can be known to be wrong without an interpreter. The errors are a *SettingError or a *TooLongError.
func (p *Program) Check() error {
	l := find(p.Lang)
	if l == nil {
		return settingf("lang", "unknown language %q: it is one of %s", p.Lang, strings.Join(Names(), ", "))
	}
	if strings.TrimSpace(p.Code) == "" {
		return &SettingError{"lang", l.name, "CODE is empty"}
	}
	for _, text := range []struct{ setting, text string }{{"lang", p.Code}, {"init", p.Init}, {"exit", p.Exit}, {"preload", p.Preload}} {
		if err := l.carries(text.text); err != nil {
			return settingf(text.setting, "the code %v", err)
		}
	}
	if p.Preload != "" && !l.forks {
		return settingf("preload", "%s cannot fork a process that has run code: python, perl and ruby can", l.name)
	}
	for i, arg := range p.Args {
		if slices.ContainsFunc(p.Args[:i], func(other Arg) bool { return other.Name == arg.Name }) {
			return settingf(arg.setting(), "%s is defined twice", arg.Name)
		}
		if err := l.checkArg(arg); err != nil {
			return settingf(arg.setting(), "%v", err)
		}
	}
	if err := p.checkItems(l); err != nil {
		return err
	}
	return p.checkSize(l)
}

// checkItems checks the type of items and how many are at work at a time.
func (p *Program) checkItems(l *language) error {
	if !slices.Contains([]string{"", "text", "json", "bytes"}, p.ItemType) {
		return settingf("item-type", "unknown type %q: it is one of text, json, bytes", p.ItemType)
	}
	if p.ItemType == "json" && l.marked {
		return &SettingError{"item-type", p.ItemType, l.name + " has no values but text"}
	}
	if p.Concurrency < 0 {
		return settingf("concurrency", "%d is less than 1", p.Concurrency)
	}
	if p.Concurrency > 1 && !l.async {
		return settingf("concurrency", "%s works on one item at a time: only python and node can wait for several", l.name)
	}
	return nil
}

// checkSize checks that the system will take the command.
func (p *Program) checkSize(l *language) error {
	argv, env := p.Command(0, "")
	if p.Preload != "" {
		argv, env = p.Forker()
	}
	for _, text := range slices.Concat(argv, env) {
		if len(text) > longestText {
			return &TooLongError{l.name, len(text)}
		}
	}
	return nil
}

// Command returns what starts a worker: its command line, and the variables to add to its environment, as NAME=VALUE. slot is
// the number that CODE sees. nonce must be a word without spaces that neither items nor answers can guess; only the marked
// protocol uses it. The program must have passed Check. Where it has Preload, workers are forks of what Forker starts, and these
// variables are what a fork is given.
func (p *Program) Command(slot int, nonce string) (argv, env []string) {
	l := find(p.Lang)
	orders := p.setup(slot, "")
	if l.marked {
		orders = p.assignments(slot, nonce)
	}
	return p.command(orders, "worker", strconv.Itoa(slot))
}

// Forker returns what starts a process that runs Preload and then forks workers, as Command does. Like a worker it says when
// it is ready. What it reads and writes then is described in python_fork.py.
func (p *Program) Forker() (argv, env []string) {
	return p.command(p.setup(0, p.Preload), "preload")
}

// command returns what starts the interpreter with orders; role is for who looks at processes.
func (p *Program) command(orders string, role ...string) (argv, env []string) {
	l := find(p.Lang)
	interpreter := p.Interpreter
	if interpreter == "" {
		interpreter = l.program
	}
	argv = append([]string{interpreter}, l.boot...)
	argv = append(append(argv, "stoke"), role...)
	return argv, []string{runnerName + "=" + l.runner, setupName + "=" + orders}
}

// assignments returns the orders for a shell: assignments, which it evaluates.
func (p *Program) assignments(slot int, nonce string) string {
	var out strings.Builder
	assign := func(name, value string) {
		fmt.Fprintf(&out, "%s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	assign("__stoke_nonce", nonce)
	assign("slot", strconv.Itoa(slot))
	assign("__stoke_init", p.Init)
	assign("__stoke_code", p.Code)
	assign("__stoke_exit", p.Exit)
	for _, arg := range p.Args {
		assign(arg.Name, arg.text()) // last: one may be a locale, by which the shell reads
	}
	return out.String()
}

// setup returns the orders for a runner of escaped lines. With preload it is to fork workers.
func (p *Program) setup(slot int, preload string) string {
	args := make([][2]any, len(p.Args))
	for i, arg := range p.Args {
		args[i] = [2]any{arg.Name, arg.Value}
		if arg.JSON {
			args[i][1] = json.RawMessage(arg.Value)
		}
	}
	itemType := p.ItemType
	if itemType == "" {
		itemType = "text"
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Code        string   `json:"code"`
		Init        string   `json:"init"`
		Exit        string   `json:"exit"`
		Args        [][2]any `json:"args"`
		ItemType    string   `json:"item_type"`
		Slot        int      `json:"slot"`
		Concurrency int      `json:"concurrency"`
		MarkJSON    bool     `json:"mark_json"`
		Preload     string   `json:"preload,omitempty"`
	}{p.Code, p.Init, p.Exit, args, itemType, slot, max(p.Concurrency, 1), p.MarkJSON, preload})
	if err != nil {
		panic(err) // only --argjson can be at fault, and Check has seen it
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func (a Arg) setting() string {
	if a.JSON {
		return "argjson"
	}
	return "arg"
}

// text returns the value for a shell: a JSON string as its text, other JSON in its shortest form.
func (a Arg) text() string {
	if !a.JSON {
		return a.Value
	}
	var text string
	var compact bytes.Buffer
	if strings.TrimSpace(a.Value) != "null" && json.Unmarshal([]byte(a.Value), &text) == nil {
		return text
	}
	if err := json.Compact(&compact, []byte(a.Value)); err != nil {
		panic(err) // Check has seen it
	}
	return compact.String()
}

// carries checks that a text reaches the runner as it is.
func (l *language) carries(text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("is not UTF-8")
	}
	if l.marked && strings.Contains(text, "\x00") {
		return fmt.Errorf("contains a NUL byte, which %s cannot carry", l.name)
	}
	return nil
}

// checkArg checks one variable by itself.
func (l *language) checkArg(a Arg) error {
	if slices.Contains([]string{"item", "seq", "slot"}, a.Name) {
		return fmt.Errorf("%s is what CODE gets with each item: choose another name", a.Name)
	}
	if !l.isName(a.Name) {
		return fmt.Errorf("%q is not the name of a variable in %s", a.Name, l.name)
	}
	if !utf8.ValidString(a.Value) {
		return fmt.Errorf("the value of %s is not UTF-8", a.Name)
	}
	if a.JSON && !json.Valid([]byte(a.Value)) {
		return fmt.Errorf("the value of %s is not JSON: %s", a.Name, a.Value)
	}
	if err := l.carries(a.text()); err != nil {
		return fmt.Errorf("the value of %s %w", a.Name, err)
	}
	return nil
}
