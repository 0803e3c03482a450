package lang

import "testing"

func TestShellsAnswer(t *testing.T) {
	talks := map[string]talk{
		"without a newline":            {p: Program{Code: `printf %s "$item"`}, items: []string{"a b", " a\tb ", ""}, want: []string{"a b", " a\tb ", ""}},
		"items are bytes":              {p: Program{Code: `printf %s "$item"`, ItemType: "bytes"}, items: []string{"\xff"}, want: []string{"\xff"}},
		"a JSON argument is its text":  {p: Program{Code: `echo "$a $b"`, Args: []Arg{{"a", `[1, 2]`, true}, {"b", `"x y"`, true}}}, items: []string{""}, want: []string{"[1,2] x y"}},
		"a status fails its item":      {p: Program{Code: `echo x; [ "$item" = a ] || return 3`}, items: []string{"a", "b", "a"}, want: []string{"x", "!3 x\n", "x"}},
		"the last status counts":       {p: Program{Code: `false; [ "$item" = a ]`}, items: []string{"a", "b"}, want: []string{"", "!1 "}},
		"the user's settings":          {p: Program{Init: "set -u\nIFS=1\nset -f\ncd /\nPATH=", Code: `pwd; echo "$item$#$1"`}, items: []string{"11", " 1\n1"}, want: []string{"/\n11111", "/\n 1\n11 1\n1"}},
		"errexit without an error":     {p: Program{Init: "set -eu", Code: `false || :; if false; then :; fi; echo "$item"`}, items: []string{"1", "\n"}, want: []string{"1", "\n"}},
		"errexit in init":              {p: Program{Init: "set -e\nfalse\necho no", Code: `:`}, status: 1},
		"init fails":                   {p: Program{Init: "(exit 4)", Code: `:`}, status: 1, stderr: []string{"--init ended with status 4\n"}},
		"a comment, and a document":    {p: Program{Init: "# nothing", Code: "cat <<E # nothing\n$item\nE", Exit: ":\n#"}, want: []string{"1", "2"}},
		"CODE has a printf and a read": {p: Program{Code: `printf() { :; }; read() { :; }; echo $item`}, want: []string{"1", "2"}},
	}
	checkTalks(t, "bash", talks)
	checkTalks(t, "sh", talks)
}

// Bash can tell that a command has failed, and need not end for it. Where errexit does not look, this must not, either.
func TestBashErrexitFailsTheItemAlone(t *testing.T) {
	talks := map[string]talk{}
	for name, code := range map[string]string{
		"a command":                `echo a; [ $item != 0 ]; echo b`,
		"in functions":             `f() { [ $item != 0 ]; echo b; }; g() { echo a; f; }; g`,
		"in a loop":                `echo a; for i in 1 2; do [ $i != 2 ] || [ $item != 0 ] ; done; echo b`,
		"in a subshell":            `echo a; ( [ $item != 0 ]; echo b )`,
		"in a part of a pipeline":  `echo a; { [ $item != 0 ]; echo b; } | cat`,
		"by return":                `echo a; [ $item != 0 ] || return 1; echo b`,
		"not where it is a result": `n=$(false; echo a); echo $n; if ! [ $item ]; then :; fi; [ $item != 0 ] && echo b`,
	} {
		talks[name] = talk{p: Program{Init: `set -euo pipefail`, Code: code}, items: []string{"1", "0", "2"}, want: []string{"a\nb", "!1 a\n", "a\nb"}}
	}
	talks["the user's trap"] = talk{p: Program{Init: `set -E; trap 'echo trapped >&2' ERR`, Code: `echo $item; false; echo end`}, items: []string{"1"}, want: []string{"1\nend"}, stderr: []string{"trapped\n"}}
	checkTalks(t, "bash", talks)
}

// The numbers of descriptors that users write are theirs: 10 was the items' for a while. No limit that init sets cuts
// bash off from its own.
func TestBashLeavesDescriptorsToTheUser(t *testing.T) {
	talks := map[string]talk{}
	for init, tt := range map[string]talk{
		"":  {p: Program{Code: `exec 10<<<"<$item>"; read -r -u 10 x; exec 10<&-; echo $x`}},
		":": {p: Program{Code: `exec 10>&1 >&2; echo noise; exec >&10 10>&-; echo "<$item>"`}, stderr: []string{"noise\n", "noise\n"}},
		"#": {p: Program{Code: `for n in 10 11 27; do cat 2>/dev/null <&$n; done; echo "<$item>"`}},
		`for n in {3..27}; do eval "exec $n<&-"; done; for n in {3..27}; do eval "exec $n< <(echo $n; cat)"; done`: {
			p: Program{Code: `for n in {3..27}; do [ $seq -gt 1 ] || read -r -u $n x; done; echo "<$item>"`}},
		`coproc { cat; }; exec {log}>/dev/null`: {
			p: Program{Code: `echo "<$item>" >&${COPROC[1]}; read -r x <&${COPROC[0]}; echo $x >&$log; echo $x`}},
		`ulimit -n 20`: {p: Program{Code: `cat <<<"<$item>"`}, stderr: []string{"Bad file descriptor"}}, // as it ends
	} {
		tt.p.Init, tt.want = init, []string{"<1>", "<2>"}
		talks[init+tt.p.Code] = tt
	}
	checkTalks(t, "bash", talks)
}

func TestBashKeepsArrays(t *testing.T) {
	checkTalks(t, "bash", map[string]talk{"": {p: Program{Init: `declare -A seen; shopt -s extglob`,
		Code: `((++seen[$item])); [[ $item == @(a|b) ]]; echo "$item ${seen[$item]}"`}, items: []string{"a", "b", "a"}, want: []string{"a 1", "b 1", "a 2"}}})
}
