package lang

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNames(t *testing.T) {
	for _, name := range Names() {
		if Package(name) == "" {
			t.Errorf("nothing is known to bring %s", name)
		}
	}
	if Package("cobol") != "" || Marked("cobol") {
		t.Error("something is known of a language that is not")
	}
}

// What a runner speaks is to be read in the runner.
func TestRunnersOpenWithTheirProtocol(t *testing.T) {
	for _, l := range languages {
		opening := strings.Join(strings.SplitN(l.runner, "\n", 25)[:min(20, strings.Count(l.runner, "\n")+1)], "\n")
		for _, word := range []string{l.name, "ready", "status 120"} {
			if !strings.Contains(opening, word) {
				t.Errorf("the first lines of the runner of %s do not say %q", l.name, word)
			}
		}
		if !utf8.ValidString(l.runner) || len(l.runner) > longestText/2 {
			t.Errorf("the runner of %s cannot travel in a variable", l.name)
		}
		if strings.ContainsFunc(l.runner, func(r rune) bool { return r > unicode.MaxASCII }) {
			t.Errorf("the runner of %s means something else where LANG is C", l.name)
		}
	}
}

func TestCheck(t *testing.T) {
	args := func(args ...Arg) []Arg { return args }
	for name, tt := range map[string]struct {
		p    Program
		want string // the error begins with this and holds the rest after a |; empty: there is none
	}{
		"all that there is": {Program{Lang: "python", Code: "a", Init: "b", Exit: "c",
			Args:     args(Arg{"a", "1", true}, Arg{"b_1", "", false}),
			ItemType: "json", Concurrency: 9, Interpreter: "pypy3"}, ""},
		"no language":           {Program{Code: "1"}, `lang: |""|` + strings.Join(Names(), ", ")},
		"unknown language":      {Program{Lang: "tcl", Code: "1"}, `lang: |"tcl"`},
		"no code":               {Program{Lang: "perl", Code: " \n"}, "lang perl: |empty"},
		"code not UTF-8":        {Program{Lang: "perl", Code: "'\xff'"}, "lang: |UTF-8"},
		"init not UTF-8":        {Program{Lang: "perl", Code: "1", Init: "\xff"}, "init: |UTF-8"},
		"exit not UTF-8":        {Program{Lang: "perl", Code: "1", Exit: "\xff"}, "exit: |UTF-8"},
		"NUL in shell code":     {Program{Lang: "bash", Code: "echo \x00"}, "lang: |NUL"},
		"NUL in a shell's init": {Program{Lang: "sh", Code: "echo", Init: "\x00"}, "init: |NUL"},
		"NUL in a shell's arg":  {Program{Lang: "sh", Code: "echo", Args: args(Arg{"a", `"\u0000"`, true})}, "argjson: |NUL"},
		"NUL in perl code":      {Program{Lang: "perl", Code: "'\x00'"}, ""},
		"item as argument":      {Program{Lang: "node", Code: "1", Args: args(Arg{"item", "1", false})}, "arg: |item"},
		"slot as argument":      {Program{Lang: "node", Code: "1", Args: args(Arg{"slot", "1", true})}, "argjson: |slot"},
		"keyword of python": {Program{Lang: "python", Code: "1",
			Args: args(Arg{"lambda", "1", false})}, `arg: |"lambda"|python`},
		"keyword of another":    {Program{Lang: "node", Code: "1", Args: args(Arg{"lambda", "1", false})}, ""},
		"number as name":        {Program{Lang: "bash", Code: "1", Args: args(Arg{"1a", "1", false})}, `arg: |"1a"`},
		"empty name":            {Program{Lang: "ruby", Code: "1", Args: args(Arg{"", "1", false})}, `arg: |""`},
		"minus in name":         {Program{Lang: "ruby", Code: "1", Args: args(Arg{"a-b", "1", false})}, `arg: |"a-b"`},
		"constant of ruby":      {Program{Lang: "ruby", Code: "1", Args: args(Arg{"Big", "1", false})}, `arg: |"Big"`},
		"foreign letters":       {Program{Lang: "python", Code: "1", Args: args(Arg{"größe", "1", false})}, ""},
		"foreign letters, perl": {Program{Lang: "perl", Code: "1", Args: args(Arg{"größe", "1", false})}, "arg: |größe"},
		"dollar in node":        {Program{Lang: "node", Code: "1", Args: args(Arg{"$a", "1", false})}, ""},
		"a runner's name": {Program{Lang: "bash", Code: "1",
			Args: args(Arg{"__stoke_x", "1", false})}, "arg: |__stoke_x"},
		"read-only in bash": {Program{Lang: "bash", Code: "1", Args: args(Arg{"UID", "1", false})}, "arg: |UID"},
		"defined twice": {Program{Lang: "bash", Code: "1",
			Args: args(Arg{"a", "1", false}, Arg{"a", "2", true})}, "argjson: |a is defined twice"},
		"not JSON":          {Program{Lang: "bash", Code: "1", Args: args(Arg{"a", "{1}", true})}, "argjson: |{1}"},
		"two JSON values":   {Program{Lang: "perl", Code: "1", Args: args(Arg{"a", "1 2", true})}, "argjson: |1 2"},
		"no JSON":           {Program{Lang: "perl", Code: "1", Args: args(Arg{"a", "", true})}, "argjson: "},
		"value not UTF-8":   {Program{Lang: "perl", Code: "1", Args: args(Arg{"a", "\xff", false})}, "arg: |UTF-8"},
		"JSON not UTF-8":    {Program{Lang: "perl", Code: "1", Args: args(Arg{"a", "\"\xff\"", true})}, "argjson: |UTF-8"},
		"unknown type":      {Program{Lang: "perl", Code: "1", ItemType: "xml"}, `item-type: |"xml"|text, json, bytes`},
		"json in a shell":   {Program{Lang: "sh", Code: "1", ItemType: "json"}, "item-type json: |sh"},
		"bytes in a shell":  {Program{Lang: "sh", Code: "1", ItemType: "bytes"}, ""},
		"several at a time": {Program{Lang: "ruby", Code: "1", Concurrency: 2}, "concurrency: |ruby"},
		"one at a time":     {Program{Lang: "ruby", Code: "1", Concurrency: 1}, ""},
		"less than one":     {Program{Lang: "node", Code: "1", Concurrency: -1}, "concurrency: |-1"},
		"very long code":    {Program{Lang: "node", Code: strings.Repeat("1+", 70_000)}, "lang node: |140"},
		"very long init": {Program{Lang: "bash",
			Code: ":", Init: strings.Repeat("# ", 70_000)}, "lang bash: |140"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.p.Check()
			if (err == nil) != (tt.want == "") {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			for i, part := range strings.Split(tt.want, "|") {
				if err != nil && (!strings.Contains(err.Error(), part) || i == 0 && !strings.HasPrefix(err.Error(), part)) {
					t.Errorf("%q does not contain %q", err, part)
				}
			}
		})
	}
}

func TestCommandOfEscapedLines(t *testing.T) {
	p := &Program{Lang: "python", Code: "f(item) < '\n'", Init: "x", Exit: "y", ItemType: "bytes", Concurrency: 7,
		Args: []Arg{{"a", "5", false}, {"b", ` {"z": [1e400, 2]} `, true}}}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	argv, env := p.Command(2, "unused")
	if want := []string{"python3", "-c", find("python").boot[1], "stoke", "worker", "2"}; !slices.Equal(argv, want) {
		t.Errorf("argv %q, want %q", argv, want)
	}
	want := `STOKE_LANG_SETUP={"code":"f(item) < '\n'","init":"x","exit":"y","args":[["a","5"],["b",{"z":[1e400,2]}]],` +
		`"item_type":"bytes","slot":2,"concurrency":7,"mark_json":false}`
	if len(env) != 2 || env[0] != runnerName+"="+find("python").runner || env[1] != want {
		t.Errorf("%.40q, want the runner and %s", env, want)
	}
}

func TestCommandDefaults(t *testing.T) {
	for name, want := range map[string]string{"node": node + nodeText, "perl": perl + perlFork, "ruby": ruby + rubyFork} {
		argv, env := (&Program{Lang: name, Code: "1"}).Command(1, "")
		if argv[0] != name || env[0] != runnerName+"="+want {
			t.Errorf("%s: argv %q, env %.40q", name, argv, env[0])
		}
		if want := setupName + `={"code":"1","init":"","exit":"","args":[],"item_type":"text","slot":1,"concurrency":1,"mark_json":false}`; env[1] != want {
			t.Errorf("%s: %s, want %s", name, env[1], want)
		}
	}
	if argv, _ := (&Program{Lang: "ruby", Code: "1", Interpreter: "/opt/ruby"}).Command(1, ""); argv[0] != "/opt/ruby" {
		t.Errorf("%q, want the interpreter that was asked for", argv[0])
	}
}

func TestCommandOfShells(t *testing.T) {
	p := &Program{Lang: "bash", Code: "code", Init: "init", Exit: "exit", Args: []Arg{
		{"text", `"a"`, false}, {"string", `"a\n\"b\""`, true}, {"number", " 1e3 ", true}, {"truth", "true", true}, {"nothing", "null", true},
		{"list", `[1, "a b",
			{}]`, true}, {"quoted", "it's", false},
	}}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	argv, env := p.Command(4, "n0nce")
	if want := []string{"bash", "-c", `eval "$STOKE_LANG_RUNNER"`, "stoke", "worker", "4"}; !slices.Equal(argv, want) {
		t.Errorf("%q: ps shows that to everybody", argv)
	}
	want := "STOKE_LANG_SETUP=__stoke_nonce='n0nce'\nslot='4'\n__stoke_init='init'\n__stoke_code='code'\n__stoke_exit='exit'\n" +
		"text='\"a\"'\nstring='a\n\"b\"'\nnumber='1e3'\ntruth='true'\nnothing='null'\nlist='[1,\"a b\",{}]'\nquoted='it'\\''s'\n"
	if len(env) != 2 || env[0] != runnerName+"="+bash || env[1] != want {
		t.Errorf("%q, want the runner and %q", env, want)
	}
	if argv, env := (&Program{Lang: "sh", Code: "1"}).Command(1, "n"); argv[0] != "sh" || env[0] != runnerName+"="+sh {
		t.Errorf("%q, %.40q", argv, env)
	}
}

// FuzzSetup: whatever passes Check reaches a runner as it was.
func FuzzSetup(f *testing.F) {
	f.Add("item", "", "v", `{"a":[1]}`)
	f.Add("\u2028<&>\x00", "\\n\n", "\\", `"\ud800"`)
	f.Add("\xff", "b", "", "1")
	f.Fuzz(func(t *testing.T, code, init, text, value string) {
		p := &Program{Lang: "perl", Code: code, Init: init, Args: []Arg{{"a", text, false}, {"b", value, true}}}
		if p.Check() != nil {
			return
		}
		_, env := p.Command(1, "")
		var got struct {
			Code, Init string
			Args       [][2]json.RawMessage
		}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(env[1], setupName+"=")), &got); err != nil {
			t.Fatal(err)
		}
		var a string
		if err := json.Unmarshal(got.Args[0][1], &a); err != nil {
			t.Fatal(err)
		}
		var b, want any
		if json.Unmarshal(got.Args[1][1], &b) == nil && json.Unmarshal([]byte(value), &want) == nil && !reflect.DeepEqual(b, want) {
			t.Errorf("%s became %s", value, got.Args[1][1])
		}
		if got.Code != code || got.Init != init || a != text {
			t.Errorf("%q, %q, %q became %q, %q, %q", code, init, text, got.Code, got.Init, a)
		}
		if strings.ContainsAny(env[1], "\x00\n") {
			t.Errorf("%q cannot be a variable", env[1])
		}
	})
}
