package lang

import (
	"os/exec"
	"strings"
	"testing"
)

// everyShell calls f for bash and for each program here that is a sh.
func everyShell(t *testing.T, f func(t *testing.T, lang string)) {
	for _, lang := range []string{"bash", "sh", "dash", "busybox"} {
		t.Run(lang, func(t *testing.T) { t.Parallel(); f(t, lang) })
	}
}

func TestShellsAnswer(t *testing.T) {
	big := strings.Repeat("0123456789abcde ", 1<<16)
	for _, tt := range []warmCase{
		{name: "a command", setup: warmSetup{Code: `echo $((item+1))`}, items: []string{"1", "41"}, want: []string{"2\n",
			"42\n"}},
		{name: "without a newline", setup: warmSetup{Code: `printf %s "$item"`}, items: []string{"a b", " a\tb ", ""},
			want: []string{"a b", " a\tb ", ""}},
		{name: "seq and slot", setup: warmSetup{Code: `echo "$seq $slot"`, Slot: 7}, items: []string{"a", "b"},
			want: []string{"1 7\n", "2 7\n"}},
		{name: "functions and variables of init", setup: warmSetup{Init: "n=5\nadd() { n=$((n + $1)); }",
			Code: `add "$item"; echo $n`},
			items: []string{"1", "2"}, want: []string{"6\n", "8\n"}},
		{name: "arguments", setup: warmSetup{Args: [][2]any{{"name",
			"a'\"$\\é\n`"}, {"n", 2}}, Init: `copy=$name`, Code: `printf %s "$copy$n"`},
			items: []string{""}, want: []string{"a'\"$\\é\n`2"}},
		{name: "an answer of several lines", setup: warmSetup{Code: `printf '%s\n' "$item" "" x`}, items: []string{"a\nb\\n\\",
			"\n\n"},
			want: []string{"a\nb\\n\\\n\nx\n", "\n\n\n\nx\n"}},
		{name: "items that look like the protocol", setup: warmSetup{Code: `printf %s "$item"`}, items: []string{`\#7`, `\101`,
			"\x1e" + warmNonce[1:], `\`},
			want: []string{`\#7`, `\101`, "\x1e" + warmNonce[1:], `\`}},
		{name: "any byte", setup: warmSetup{Code: `printf %s "$item"`}, items: []string{everyByte(),
			strings.ReplaceAll(strings.ReplaceAll(everyByte(), "\\", ""), "\n", "")},
			want: []string{everyByte(), strings.ReplaceAll(strings.ReplaceAll(everyByte(), "\\", ""), "\n", "")}},
		{name: "output of children", setup: warmSetup{Code: `(echo "$item"); sh -c 'echo child' | cat`}, items: []string{"a"},
			want: []string{"a\nchild\n"}},
		{name: "a big item", setup: warmSetup{Code: `printf %s "$item"`}, items: []string{big}, want: []string{big}},
		{name: "init, exit and reading", setup: warmSetup{Init: `echo init; cat`, Code: `cat; read x; echo "$item"`,
			Exit: `echo exit; cat`}, items: []string{"a", "b"},
			want: []string{"a\n", "b\n"}, stderr: []string{"init\n", "exit\n"}},
		{name: "a status fails its item alone", setup: warmSetup{Code: `echo x; [ "$item" = a ] || return 3`},
			items: []string{"a", "b", "a"},
			want:  []string{"x\n", "!3 x\n", "x\n"}},
		{name: "the last status counts", setup: warmSetup{Code: `false; [ "$item" = a ]`}, items: []string{"a", "b"},
			want: []string{"", "!1 "}},
		{name: "exit leaves its item", setup: warmSetup{Code: `[ "$item" != 3 ] || exit 7; echo`}, items: []string{"1", "2",
			"3", "4"}, want: []string{"\n", "\n"}, status: 7},
		{name: "the user's settings", setup: warmSetup{Init: "set -u\nIFS=1\nset -f\ncd /\nPATH=", Code: `pwd; echo "$item$#$1"`},
			items: []string{"11", " 1\n1"},
			want:  []string{"/\n11111\n", "/\n 1\n11 1\n1\n"}},
		{name: "errexit without an error", setup: warmSetup{Init: "set -eu",
			Code: `false || :; if false; then :; fi; echo "$item"`}, items: []string{"1", "\n"}, want: []string{"1\n", "\n\n"}},
		{name: "errexit in init", setup: warmSetup{Init: "set -e\nfalse\necho no", Code: `:`}, items: []string{"1"}, status: 1},
		{name: "init fails", setup: warmSetup{Init: "echo oh; (exit 4)", Code: `:`}, items: []string{"1"}, status: 1,
			stderr: []string{"oh\n", "--init ended with status 4\n"}},
		{name: "a comment, and a document, at the end", setup: warmSetup{Init: "# nothing", Code: "cat <<E # nothing\n$item\nE",
			Exit: ":\n#"}, items: []string{"1"}, want: []string{"1\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); everyShell(t, tt.check) })
	}
}

// Bash can tell that a command has failed, and need not end for it. Where errexit does not look, this must not, either.
func TestBashErrexitFailsTheItemAlone(t *testing.T) {
	items := []string{"1", "0", "2"}
	for _, tt := range []struct{ name, code string }{
		{"a command", `echo a; [ $item != 0 ]; echo b`},
		{"in functions", `f() { [ $item != 0 ]; echo b; }; g() { echo a; f; }; g`},
		{"in a loop", `echo a; for i in 1 2; do [ $i != 2 ] || [ $item != 0 ] ; done; echo b`},
		{"in a subshell", `echo a; ( [ $item != 0 ]; echo b )`},
		{"in a part of a pipeline", `echo a; { [ $item != 0 ]; echo b; } | cat`},
		{"by return", `echo a; [ $item != 0 ] || return 1; echo b`},
		{"not in conditions, nor where a value is computed",
			`n=$(false; echo a); echo $n; if ! [ $item ]; then :; fi; [ $item != 0 ] && echo b`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			warmCase{setup: warmSetup{Init: `set -euo pipefail`, Code: tt.code}, items: items,
				want: []string{"a\nb\n", "!1 a\n", "a\nb\n"}}.check(t, "bash")
		})
	}
	warmCase{setup: warmSetup{Init: `set -E; trap 'echo trapped >&2' ERR`, Code: `echo $item; false; echo end`},
		items: items[:1], want: []string{"1\nend\n"}, stderr: []string{"trapped"}}.check(t, "bash")
}

func TestBashKeepsArrays(t *testing.T) {
	t.Parallel()
	warmCase{setup: warmSetup{Init: `declare -A seen; shopt -s extglob`,
		Code: `((++seen[$item])); [[ $item == @(a|b) ]]; echo "$item ${seen[$item]}"`},
		items: []string{"a", "b", "a"}, want: []string{"a 1\n", "b 1\n", "a 2\n"}}.check(t, "bash")
}

// The numbers of descriptors that users write are theirs: 10 was the items' for a while. No limit that init sets cuts
// bash off from its own.
func TestBashLeavesDescriptorsToTheUser(t *testing.T) {
	for _, tt := range []warmCase{
		{setup: warmSetup{Code: `exec 10<<<"<$item>"; read -r -u 10 x; exec 10<&-; echo $x`}},
		{setup: warmSetup{Code: `exec 10>&1 >&2; echo noise; exec >&10 10>&-; echo "<$item>"`}, stderr: []string{"noise", "noise"}},
		{setup: warmSetup{Code: `for n in 10 11 27; do cat 2>/dev/null <&$n; done; echo "<$item>"`}},
		{setup: warmSetup{Init: `for n in {3..27}; do eval "exec $n<&-"; done; for n in {3..27}; do eval "exec $n< <(echo $n; cat)"; done`,
			Code: `for n in {3..27}; do [ $seq -gt 1 ] || read -r -u $n x; done; echo "<$item>"`}},
		{setup: warmSetup{Init: `coproc { cat; }; exec {log}>/dev/null`,
			Code: `echo "<$item>" >&${COPROC[1]}; read -r x <&${COPROC[0]}; echo $x >&$log; echo $x`}},
		{setup: warmSetup{Init: `ulimit -n 20`, Code: `cat <<<"<$item>"`}, stderr: []string{"Bad file descriptor"}}, // as it ends
	} {
		tt.items, tt.want = []string{"1", "2"}, []string{"<1>\n", "<2>\n"}
		t.Run(tt.setup.Init+tt.setup.Code, func(t *testing.T) { t.Parallel(); tt.check(t, "bash") })
	}
}

func TestShellsFault(t *testing.T) {
	for _, tt := range []warmFault{
		{"in CODE", warmSetup{Init: `echo ran`, Code: `echo ) x`}, []string{"CODE, line 1: syntax error",
			"\n    echo ) x"}},
		{"in a line of it", warmSetup{Code: "if true; then\n  echo x\ndone"}, []string{"CODE, line 3: syntax error",
			"\n    done"}},
		{"an open brace", warmSetup{Code: "{ echo x\n echo y\n"}, []string{"CODE, line 2: syntax error",
			"\n     echo y"}},
		{"an open quote", warmSetup{Code: `echo 'abc`}, []string{"CODE, line 1: ", "\n    echo 'abc"}},
		{"a brace too many", warmSetup{Code: `echo x; }; { echo y`}, []string{"CODE, line 1: ", "\n    echo x; }; {"}},
		{"an open document", warmSetup{Code: "cat <<E\nx"}, []string{"CODE: it has no end"}},
		{"in init", warmSetup{Init: "echo ran\n;; x", Code: `:`}, []string{"--init, line 2: syntax error", "\n    ;; x"}},
		{"in exit", warmSetup{Init: `echo ran`, Code: `:`, Exit: `fi`}, []string{"--exit, line 1: syntax error",
			"\n    fi"}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); everyShell(t, tt.check) })
	}
}

func TestShellsAnswerPromptly(t *testing.T) {
	everyShell(t, func(t *testing.T, lang string) {
		checkPrompt(t, lang, `sleep 0.01; [ $item = nap ] || while [ ! -e "$path" ]; do sleep 0.01; done`)
	})
}

func TestShellsCountFromTheGivenNumber(t *testing.T) {
	everyShell(t, func(t *testing.T, lang string) { checkNumbers(t, lang, `printf %s "$item:$seq"`) })
}

func TestShellsKeepTheirDescriptorsFromChildren(t *testing.T) {
	const count = `for n in {3..70}; do [ -e /dev/fd/$n ] && echo $n; done; :`
	everyShell(t, func(t *testing.T, lang string) {
		inherited, err := exec.Command("bash", "-c", count).Output() // by this test itself, from whatever started it
		if err != nil {
			t.Fatal(err)
		}
		want := "init: " + strings.TrimSuffix(string(inherited), "\n") + "\n" + string(inherited)
		warmCase{setup: warmSetup{Init: "held=$(bash -c '" + count + "')", Code: "echo \"init: $held\"; bash -c '" + count + "'"},
			items: []string{"a", "b"}, want: []string{want, want}}.check(t, lang)
	})
}
