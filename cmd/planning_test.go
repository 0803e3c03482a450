package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"stoke/pkg/engine"
)

// read merges typed flags, the environment and a config file into settings, as Main does.
func read(t *testing.T, args ...string) (*settings, []string, error) {
	t.Helper()
	gs := groups()
	flags := set()
	flags.SetInterspersed(false)
	for _, g := range gs {
		flags.AddFlagSet(g.flags)
	}
	if err := flags.Parse(args); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	s, err := load(gs)
	return s, flags.Args(), err
}

// checked returns the plan of a command line.
func checked(t *testing.T, args ...string) (*plan, error) {
	t.Helper()
	s, words, err := read(t, args...)
	if err != nil {
		return nil, err
	}
	return planOf(s, words)
}

// bare takes settings of the tester's own out of the environment.
func bare(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, envPrefix+"_") {
			t.Setenv(name, "") // restores it in the end
			os.Unsetenv(name)
		}
	}
}

// Every flag has its field in settings, and every field its flag: one without the other would be ignored in silence.
func TestFlagsAndSettingsCorrespond(t *testing.T) {
	kinds := map[kind]reflect.Kind{onOff: reflect.Bool, number: reflect.Int, number64: reflect.Int64, list: reflect.Slice}
	known := map[string]bool{}
	each(groups(), func(d *setting, _ *pflag.Flag) {
		known[d.name] = true
		want, other := kinds[d.kind]
		if !other {
			want = reflect.String
		}
		if v := valueOf(new(settings), d.name); !v.IsValid() || v.Kind() != want {
			t.Errorf("--%s has no field of kind %v in settings", d.name, want)
		}
	})
	for _, field := range reflect.VisibleFields(reflect.TypeFor[settings]()) {
		if field.IsExported() && !known[field.Tag.Get("mapstructure")] { // the others are what was given, and not what
			t.Errorf("field %s belongs to no flag", field.Name)
		}
	}
}

// For each flag it is decided whether it shapes answers, and what is decided holds: a run is resumed only with what shapes them.
func TestFlagsThatShapeAnswers(t *testing.T) {
	bare(t)
	same := func(args ...string) string {
		p, err := checked(t, append(args, "cat")...)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		return fmt.Sprint(p.resumeID)
	}
	besides := map[string][]string{ // what a flag goes with, so that it may be given
		"code": {"-lsh"}, "preload": {"-lperl"}, "arg": {"-lsh"}, "argjson": {"-lsh"}, "item-type": {"-lperl"}, "interpreter": {"-lsh"}, "concurrency": {"--rpc"},
		"send": {"--send={}\\n", "--until=x"}, "until": {"--send={}\\n", "--until=x"}, "prompt": {"--send={}\\n", "--prompt=x"}, "resume": {"-oOUT"}, "retry-failed": {"-oOUT", "--resume"},
	}
	values := map[string]string{ // other ones than by default, where 1 will not do
		"delimiter": ",", "framing": "nul", "init": "true", "exit": "true", "lang": "sh", "on-error": "skip", "halt": "now,fail=1", "arg": "A=1", "argjson": "A=1",
		"item-type": "json", "slot-var": "GPU", "send": "{}y\\n", "config": "",
	}
	each(groups(), func(d *setting, f *pflag.Flag) {
		given, other := values[d.name]
		switch {
		case other:
		case d.kind == onOff:
			given = "true"
		default:
			given = "1"
		}
		if d.name == "config" || d.name == "worker" || d.name == "code" { // these two go with no COMMAND
			return
		}
		before := besides[d.name]
		switch args := append(slices.Clone(before), "--"+d.name+"="+given); d.answers {
		case undecided:
			t.Errorf("--%s: say in its declaration whether it shapes answers", d.name)
		case unshaped:
			if same(args...) != same(before...) {
				t.Errorf("--%s is said not to shape answers, but a run is not resumed with another one", d.name)
			}
		default:
			if same(args...) == same(before...) {
				t.Errorf("--%s is said to shape answers, but a run is resumed with another one", d.name)
			}
		}
	})
}

func TestFlagsAreDeclaredOnce(t *testing.T) {
	seen, short := map[string]string{}, map[string]string{}
	for _, g := range groups() {
		g.flags.VisitAll(func(f *pflag.Flag) {
			if seen[f.Name] != "" || f.Shorthand != "" && short[f.Shorthand] != "" {
				t.Errorf("--%s, -%s is declared again in %s", f.Name, f.Shorthand, g.title)
			}
			seen[f.Name], short[f.Shorthand] = g.title, f.Name
			if f.Usage == "" || f.Usage[0] < 'a' {
				t.Errorf("--%s: the help %q is not a phrase like the others", f.Name, f.Usage)
			}
		})
	}
}

func TestSplitCommand(t *testing.T) {
	tests := []struct {
		name, command string
		want          []string
	}{
		{"words", "python3 w.py --fast", []string{"python3", "w.py", "--fast"}},
		{"spaces around and between", "  a   b ", []string{"a", "b"}},
		{"double quotes", `a "b c"`, []string{"a", "b c"}},
		{"single quotes", `a 'b c' ''`, []string{"a", "b c", ""}},
		{"an escaped space", `a b\ c`, []string{"a", "b c"}},
		{"operators in quotes are text", `sh -c 'a | b; c > d & e < f'`, []string{"sh", "-c", "a | b; c > d & e < f"}},
		{"an escaped operator is text", `a \; \|`, []string{"a", ";", "|"}},
		{"nothing is run or expanded", "echo $HOME `date`", []string{"echo", "$HOME", "`date`"}},
		{"nothing", "", []string{}},
	}
	for _, tt := range tests {
		got, err := splitCommand(tt.command)
		if !slices.Equal(got, tt.want) || err != nil {
			t.Errorf("%s: splitCommand(%q) = %q, %v, want %q", tt.name, tt.command, got, err, tt.want)
		}
	}
	for _, command := range []string{"a; b", "a | b", "a|b", "a & b", "a &", "a && b", "a || b", "a < b", "a > b", "a 2>b", ";", "a;"} {
		got, err := splitCommand(command)
		if err == nil || !strings.Contains(hintOf(err), "sh -c") {
			t.Errorf("an operator is refused, with what to do: splitCommand(%q) = %q, %v", command, got, err)
		}
		checkUsage(t, command, err, "--worker")
	}
	for _, command := range []string{`a "b`, `a 'b`, `a (b)`, `a )`, `a \`} {
		got, err := splitCommand(command)
		if err == nil {
			t.Errorf("what is not finished is refused: splitCommand(%q) = %q", command, got)
		}
		checkUsage(t, command, err, "--worker")
	}
}

func hintOf(err error) string {
	if usage, ok := err.(*usageError); ok {
		return usage.hint
	}
	return ""
}

// FuzzSplitCommand: whatever is in a config file, splitting does not panic.
func FuzzSplitCommand(f *testing.F) {
	for _, command := range []string{"a b", `a "b`, "é | x", "\xff;", "$(", "`", ";"} {
		f.Add(command)
	}
	f.Fuzz(func(t *testing.T, command string) {
		if words, err := splitCommand(command); err == nil && len(words) > len(command)/2+1 {
			t.Errorf("splitCommand(%q) = %d words", command, len(words))
		}
	})
}

func TestOnError(t *testing.T) {
	bare(t)
	tests := []struct {
		name, text string
		want       engine.OnError
		fill       string
		accepted   bool
	}{
		{"fill with an empty line", "fill", engine.Fill, "", true},
		{"fill with a text", "fill=NA", engine.Fill, "NA", true},
		{"fill with an empty text", "fill=", engine.Fill, "", true},
		{"fill with a text that has an equals sign", "fill=a=b", engine.Fill, "a=b", true},
		{"skip", "skip", engine.Skip, "", true},
		{"stop", "stop", engine.Stop, "", false},
	}
	for _, tt := range tests {
		p, err := checked(t, "--on-error", tt.text, "cat")
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if f := p.engine.Format; f.OnError != tt.want || string(f.Fill) != tt.fill || p.accepted != tt.accepted {
			t.Errorf("%s: %v %q, accepted %v", tt.name, f.OnError, f.Fill, p.accepted)
		}
	}
	if p, err := checked(t, "cat"); err != nil || p.engine.Format.OnError != engine.Fill || p.accepted {
		t.Errorf("without the flag failed items are filled but not accepted: %+v, %v", p, err)
	}
	for _, text := range []string{"ignore", "skip=x", "stop=1", "=x", "Fill", "fill "} {
		_, err := checked(t, "--on-error", text, "cat")
		if err == nil {
			t.Errorf("--on-error %q is accepted", text)
		}
		checkUsage(t, text, err, "--on-error")
	}
}

func TestWrongUsage(t *testing.T) {
	bare(t)
	tests := []struct {
		name  string
		args  []string
		names string // what the message must name
	}{
		{"no command", nil, "COMMAND"},
		{"an empty command", []string{""}, "COMMAND"},
		{"a --worker of spaces", []string{"--worker", "  "}, "COMMAND"},
		{"braces for the item", []string{"convert", "{}"}, "{}"},
		{"braces for the item in --worker", []string{"--worker", "convert {} x.png"}, "{}"},
		{"items as arguments", []string{"wc", "-l", ":::", "a", "b"}, ":::"},
		{"a program that takes its items as arguments", []string{"/usr/bin/file", "-b"}, "file"},
		{"two delimiters", []string{"-0", "-d", ",", "cat"}, "--delimiter"},
		{"a delimiter that is no escape", []string{"-d", `\q`, "cat"}, "--delimiter"},
		{"tags and objects", []string{"--tag", "--json", "cat"}, "--json"},
		{"answers and failures in one file", []string{"-o", "x", "--failed", "x", "cat"}, "--failed"},
		{"a regular expression that is none", []string{"--ready", "(", "cat"}, "--ready"},
		{"a timeout that is none", []string{"--init-timeout", "x", "cat"}, "--init-timeout"},
		{"negative tries", []string{"--init-retries", "-1", "cat"}, "--init-retries"},
		{"negative warm-ups", []string{"--init-jobs", "-1", "cat"}, "--init-jobs"},
		{"no workers", []string{"-j", "0", "cat"}, "--jobs"},
		{"a framing that is none", []string{"--framing", "csv", "cat"}, "--framing"},
		{"one in flight, and more", []string{"--lockstep", "--feed-ahead", "cat"}, "--feed-ahead"},
		{"recycled after less than none", []string{"--recycle-after", "-1", "cat"}, "--recycle-after"},
		{"a memory limit that is none", []string{"--recycle-rss", "big", "cat"}, "--recycle-rss"},
		{"an item limit that is none", []string{"--max-item", "0", "cat"}, "--max-item"},
		{"a buffer that is none", []string{"--buffer", "", "cat"}, "--buffer"},
		{"a variable that is none", []string{"--slot-var", "A-B", "cat"}, "--slot-var"},
	}
	for _, tt := range tests {
		p, err := checked(t, tt.args...)
		if err == nil {
			t.Errorf("%s: accepted as %+v", tt.name, p)
		}
		checkUsage(t, tt.name, err, tt.names)
	}
}

func TestCommand(t *testing.T) {
	bare(t)
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"words", []string{"-j2", "tr", "a", "b"}, []string{"tr", "a", "b"}},
		{"a worker's own flags are never taken", []string{"grep", "-a", "-j9", "--tag"}, []string{"grep", "-a", "-j9", "--tag"}},
		{"two dashes end the flags", []string{"--", "-odd"}, []string{"-odd"}},
		{"one string", []string{"--worker", "tr 'a b' c"}, []string{"tr", "a b", "c"}},
		{"words win over one string", []string{"--worker", "cat", "rev"}, []string{"rev"}},
		{"other braces are text", []string{"awk", "{print}", "{%}"}, []string{"awk", "{print}", "{%}"}},
		{"braces in a word are text", []string{"jq", ". + {}"}, []string{"jq", ". + {}"}},
		{"a separator is text", []string{"awk", "-F", ":::", "{print}"}, []string{"awk", "-F", ":::", "{print}"}},
		{"a list on standard input is one of items", []string{"file", "-nbf", "-"}, []string{"file", "-nbf", "-"}},
		{"sums are checked a line at a time", []string{"md5sum", "-c"}, []string{"md5sum", "-c"}},
	}
	for _, tt := range tests {
		p, err := checked(t, tt.args...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if !slices.Equal(p.worker.Argv, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, p.worker.Argv, tt.want)
		}
	}
}

// A flag wins over the environment, the environment over the config file, the file over the default.
func TestPrecedence(t *testing.T) {
	bare(t)
	file := write(t, "c.yaml", "init-jobs: 3\n")
	tests := []struct {
		name      string
		env, flag string
		config    bool
		want      int
	}{
		{"the default", "", "", false, 0},
		{"the file", "", "", true, 3},
		{"the environment", "2", "", true, 2},
		{"the flag", "2", "1", true, 1},
		{"the flag, even if it says the default", "2", "0", true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var args []string
			if tt.env != "" {
				t.Setenv("STOKE_INIT_JOBS", tt.env)
			}
			if tt.flag != "" {
				args = append(args, "--init-jobs", tt.flag)
			}
			if tt.config {
				args = append(args, "--config", file)
			}
			if s, _, err := read(t, args...); err != nil || s.InitJobs != tt.want {
				t.Errorf("%+v, %v, want %d", s, err, tt.want)
			}
		})
	}
}

func TestConfigFile(t *testing.T) {
	bare(t)
	want := &settings{Null: true, Jobs: "4", OnError: "skip", MaxItem: "1M", Buffer: "64M", InitRetries: 2, Framing: "lines", Halt: "never", ItemType: "text",
		Arg: []string{}, ArgJSON: []string{}}
	for name, text := range map[string]string{
		"c.yaml": "\"null\": true\njobs: 4\non-error: skip\nmax-item: 1M\n",
		"c.toml": "null = true\njobs = 4\non-error = 'skip'\nmax-item = '1M'\n",
		"c.json": `{"null": true, "jobs": 4, "on-error": "skip", "max-item": "1M"}`,
	} {
		want.Config = write(t, name, text)
		if s, _, err := read(t, "--config", want.Config); err != nil || !reflect.DeepEqual(s, want) {
			t.Errorf("%s: %+v, %v, want %+v", name, s, err, want)
		}
		t.Setenv("STOKE_CONFIG", want.Config)
		if s, _, err := read(t); err != nil || !reflect.DeepEqual(s, want) {
			t.Errorf("%s, named in the environment: %+v, %v, want %+v", name, s, err, want)
		}
		os.Unsetenv("STOKE_CONFIG")
	}
}

// numbered is a text that holds each of the numbers below n.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestWrongConfig(t *testing.T) {
	bare(t)
	tests := []struct{ name, file, text, names string }{
		{"an unknown key", "c.yaml", "colour: red\n", "colour"},
		{"a value of the wrong kind", "c.yaml", "init-jobs: many\n", "init-jobs: "},
		{"a list where there is one value", "c.yaml", "jobs: [1]\n", "jobs: it takes one value"},
		{"keys where there is one value", "c.yaml", "jobs: {a: 1}\n", "jobs: it takes one value"},
		{"keys in a list", "c.yaml", "arg: [{a: 1}]\n", "arg: it takes one value"},
		{"a number that is not whole", "c.yaml", "init-retries: 1.5\n", `init-retries: "1.5" is not a whole number`},
		{"a number that is not whole, in JSON", "c.json", `{"init-retries": 1.5}`, `init-retries: "1.5" is not a whole number`},
		{"a number for a switch", "c.toml", "tag = 2\n", `tag: "2" is neither true nor false`},
		{"a switch for a text", "c.yaml", "until: true\n", `until: "true" is no value for it`},
		{"a date", "c.yaml", "until: 2001-01-01\n", "until: it takes one value"},
		{"no value", "c.yaml", "jobs:\n", "jobs: it has no value"},
		{"an empty value", "c.yaml", "jobs: ''\n", "jobs is empty"},
		{"a key in capitals beside it", "c.yaml", "jobs: 1\nJOBS: 2\n", "unknown key: JOBS"},
		{"a key twice", "c.yaml", "jobs: 1\njobs: 2\n", "jobs"},
		{"a key that is lost", "c.yaml", "null: true\n", "the key null must be quoted"},
		{"a list", "c.yaml", "- jobs\n", "does not hold keys"},
		{"a list, in JSON", "c.json", "[1]", "c.json"},
		{"a key of many parts", "c.toml", strings.Repeat("a.", 20_000) + "a = 1\n", "too many keys, or nests"},
		{"a key of some parts", "c.toml", strings.Repeat("a.", 900) + "a = 1\n", "unknown key: a"},
		{"brackets without end", "c.toml", "a = " + strings.Repeat("[", 1<<20-9), "too many keys, or nests"},
		{"many keys", "c.yaml", numbered("a%d: 1\n", 80_000), "too many keys, or nests"},
		{"many keys in TOML", "c.toml", numbered("a%d = 1\n", 80_000), "too many keys, or nests"},
		{"nesting in YAML", "c.yaml", "jobs: " + strings.Repeat("[", 400_000), "c.yaml"},
		{"a name without end", "c.yaml", "? " + strings.Repeat("a", 1<<19) + "\n: 1\n", "unknown key: aaa"},
		{"too much", "c.yaml", "# " + strings.Repeat("a", 1<<20), "larger than 1048576 bytes"},
		{"no YAML", "c.yaml", "{", "c.yaml"},
		{"no TOML", "c.toml", "=", "c.toml"},
		{"no JSON", "c.json", "{", "c.json"},
		{"another kind of file", "c.conf", "", "c.conf"},
		{"no file", "", "", "none.yaml"},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "none.yaml")
		if tt.file != "" {
			path = write(t, tt.file, tt.text)
		}
		begun := time.Now()
		_, _, err := read(t, "--config", path)
		if err == nil {
			t.Errorf("%s: accepted", tt.name)
		}
		checkUsage(t, tt.name, err, tt.names)
		if took := time.Since(begun); took > 5*time.Second || err != nil && len(err.Error()) > 1000 {
			t.Errorf("%s: %v, %.100s", tt.name, took, err)
		}
	}
	t.Setenv("STOKE_INIT_JOBS", "many")
	_, _, err := read(t)
	checkUsage(t, "a wrong value in the environment", err, "STOKE_INIT_JOBS")
	if err == nil {
		t.Error("a wrong value in the environment is accepted")
	}
}

func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
