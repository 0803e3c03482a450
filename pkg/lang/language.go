package lang

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
)

var (
	//go:embed python.py
	python string
	//go:embed python_text.py
	pythonText string
	//go:embed python_fork.py
	pythonFork string
	//go:embed node.js
	node string
	//go:embed node_text.js
	nodeText string
	//go:embed perl.pl
	perl string
	//go:embed perl_fork.pl
	perlFork string
	//go:embed ruby.rb
	ruby string
	//go:embed ruby_fork.rb
	rubyFork string
	//go:embed bash.sh
	bash string
	//go:embed sh.sh
	sh string
)

// language is what differs between languages, apart from their runners.
type language struct {
	name, program string
	boot          []string // the arguments that make it run the text in the variable of runnerName
	from          string   // the packages that bring it
	runner        string
	marked        bool   // speaks the marked protocol
	async         bool   // can have several items at work
	unicode       bool   // names may hold letters that are not ASCII
	forks         bool   // its runner can run code once and fork workers
	taken         string // names of no use to the user, separated by spaces
}

var languages = []language{
	{
		name: "python", program: "python3", boot: []string{"-c", `import os;exec(os.environ.pop("STOKE_LANG_RUNNER"))`}, runner: python + pythonFork + pythonText, async: true, unicode: true, forks: true,
		from: "python3 (Debian, Fedora, Alpine), python (Homebrew, Arch)",
		taken: "False None True and as assert async await break class continue def del elif else except finally for from global if " +
			"import in is lambda nonlocal not or pass raise return try while with yield __builtins__ __name__",
	},
	{
		name: "node", program: "node", boot: []string{"-e", `eval(process.env.STOKE_LANG_RUNNER+"\n//# sourceURL=[eval]")`}, runner: node + nodeText, async: true, unicode: true,
		from: "nodejs (Debian, Fedora, Alpine, Arch), node (Homebrew)",
		taken: "Infinity NaN arguments await break case catch class const continue debugger default delete do else enum eval export extends false " +
			"finally for function if implements import in instanceof interface let new null package private protected public return " +
			"static super switch this throw true try typeof undefined var void while with yield",
	},
	{
		name: "perl", program: "perl", boot: []string{"-e", `eval delete $ENV{STOKE_LANG_RUNNER};die $@ if $@;Stoke::main()`}, runner: perl + perlFork, forks: true,
		from:  "perl (Debian, Fedora, Alpine, Arch, Homebrew)",
		taken: "_ ENV ARGV INC STDIN STDOUT STDERR",
	},
	{
		name: "ruby", program: "ruby", boot: []string{"-e", `trap("TERM","SYSTEM_DEFAULT");eval ENV.delete("STOKE_LANG_RUNNER"),nil,"-e"`}, runner: ruby + rubyFork, unicode: true, forks: true,
		from: "ruby (Debian, Fedora, Alpine, Arch, Homebrew)",
		taken: "__ENCODING__ __FILE__ __LINE__ BEGIN END alias and begin break case class def defined? do else elsif end ensure false " +
			"for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield",
	},
	{
		name: "bash", program: "bash", boot: []string{"-c", `eval "$STOKE_LANG_RUNNER"`}, runner: bash, marked: true,
		from:  "bash (Debian, Fedora, Alpine, Arch, Homebrew)",
		taken: "_ BASHOPTS BASHPID BASH_VERSINFO EUID GROUPS PPID SHELLOPTS UID IFS",
	},
	{
		name: "sh", program: "sh", boot: []string{"-c", `eval "$STOKE_LANG_RUNNER";{ eval "$__stoke_init";} 7<&- 8>&-;__stoke_serve;eval "$__stoke_exit";__stoke_leave`}, runner: sh, marked: true,
		from:  "dash (Debian, Fedora, Arch, Homebrew), busybox (Alpine)",
		taken: "_ PPID IFS",
	},
}

// aliases are other names by which people call the languages.
var aliases = map[string]string{
	"python3": "python", "py": "python", "js": "node", "javascript": "node", "nodejs": "node", "pl": "perl", "rb": "ruby", "shell": "sh",
}

// Canonical returns the name of a language that may have been called by another one; what is no language stays as it is.
func Canonical(name string) string {
	if known, is := aliases[strings.ToLower(name)]; is {
		return known
	}
	if lower := strings.ToLower(name); find(lower) != nil {
		return lower
	}
	return name
}

func find(name string) *language {
	i := slices.IndexFunc(languages, func(l language) bool { return l.name == name })
	if i < 0 {
		return nil
	}
	return &languages[i]
}

// isName reports whether the user may define a variable of this name.
func (l *language) isName(name string) bool {
	for i, r := range name {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '$' && l.name == "node" ||
			l.unicode && r > unicode.MaxASCII && unicode.IsLetter(r)
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
		// In ruby a name with a capital in front is a constant.
		if i == 0 && l.name == "ruby" && unicode.IsUpper(r) {
			return false
		}
	}
	return name != "" && !strings.HasPrefix(name, "__stoke_") && !slices.Contains(strings.Fields(l.taken), name)
}
