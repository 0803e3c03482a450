package lang

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPerlAnswers(t *testing.T) {
	big := strings.Repeat("0123456789abcde\n", 1<<16)
	for _, tt := range []warmCase{
		{name: "an expression", setup: warmSetup{Code: `$item + 1`}, items: []string{"1", "41"}, want: []string{"2", "42"}},
		{name: "the item is the topic", setup: warmSetup{Code: `s/a/b/r`}, items: []string{"aha"}, want: []string{"bha"}},
		{name: "statements with return",
			setup: warmSetup{Code: "for my $n (1..9) {\n return $n if $n * $n > $item }\nreturn 'big'"},
			items: []string{"5", "99"}, want: []string{"3", "big"}},
		{name: "seq and slot", setup: warmSetup{Code: `"$seq $slot"`, Slot: 7}, items: []string{"a", "b"}, want: []string{"1 7",
			"2 7"}},
		{name: "variables and subs of init", setup: warmSetup{Init: `my $n = 5; sub twice { $n += 2 * $_[0] }`,
			Code: `twice($item); $n`},
			items: []string{"1", "2"}, want: []string{"7", "11"}},
		{name: "strict, with state", setup: warmSetup{Init: `use strict; use warnings; my %seen; $slot || die`,
			Code: `++$seen{$item} . $seq`},
			items: []string{"a", "b", "a"}, want: []string{"11", "12", "23"}},
		{name: "init in another package", setup: warmSetup{Init: `package My; our $n = 3;`, Code: `$n + $item`},
			items: []string{"1"}, want: []string{"4"}},
		{name: "arguments", setup: warmSetup{Args: [][2]any{{"name", "a'\"$\\é"}, {"list", []any{1,
			"é", nil}}, {"yes", true}, {"n", 2.5}},
			Init: `my $m = $name`, Code: `join '|', $m, $list->[0], $list->[1], $yes ? 'y' : 'n', $n * 2`},
			items: []string{""}, want: []string{"a'\"$\\é|1|é|y|5"}},
		{name: "an empty item", setup: warmSetup{Code: `"<$item>"`}, items: []string{"", "", "a"}, want: []string{"<>", "<>",
			"<a>"}},
		{name: "an answer of several lines", setup: warmSetup{Code: `"$item\n\\n\n"`}, items: []string{"a\nb\\", "c"},
			want: []string{"a\nb\\\n\\n\n", "c\n\\n\n"}},
		{name: "answers that look like the protocol", setup: warmSetup{Code: `$item`},
			items: []string{`\ready`, `\!no`, `\#7`, `\`}, want: []string{`\ready`, `\!no`, `\#7`, `\`}},
		{name: "any byte", setup: warmSetup{Code: `$item`}, items: []string{everyByte(), "\x00"},
			want: []string{everyByte(), "\x00"}},
		{name: "bytes", setup: warmSetup{Code: `length($item) . $item`, Type: "bytes"}, items: []string{"é\xff"},
			want: []string{"3é\xff"}},
		{name: "a big item", setup: warmSetup{Code: `$item`}, items: []string{big}, want: []string{big}},
		{name: "values as JSON",
			setup: warmSetup{Code: `[$item, $item + 0, undef, {b => 1.5, a => \1}, "\x{e9}\x{263a}", 'é']`},
			items: []string{"12"},
			want:  []string{`["12",12,null,{"a":true,"b":1.5},"é☺","é"]`}},
		{name: "a hash is no block", setup: warmSetup{Code: `{ item => $item }`}, items: []string{"ä"},
			want: []string{`{"item":"ä"}`}},
		{name: "a block is no hash", setup: warmSetup{Code: `{ local $_ = 5; $_ + $item }`}, items: []string{"1"},
			want: []string{`6`}},
		{name: "JSON items", setup: warmSetup{Code: `ref $item ? $item->{a} : $item`, Type: "json"},
			items: []string{`{"a":"é\n"}`, `"x"`, `{"a":[1,"é"]}`, `null`, `2.5`}, want: []string{"é\n", "x", `[1,"é"]`, "", "2.5"}},
		{name: "an object with a text", setup: warmSetup{Init: `use Math::BigInt`, Code: `Math::BigInt->new($item) ** 30`},
			items: []string{"10"},
			want:  []string{"1000000000000000000000000000000"}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tt.check(t, "perl") })
	}
}

func TestPerlPrints(t *testing.T) {
	for _, tt := range []warmCase{
		{name: "for lack of a value", setup: warmSetup{Code: `print uc $item`}, items: []string{"a", ""}, want: []string{"A",
			""}},
		{name: "one newline is the end", setup: warmSetup{Code: `say $item; printf STDOUT "%d\n", 5; say ''`},
			items: []string{"é\xff"}, want: []string{"é\xff\n5\n"}},
		{name: "in a loop", setup: warmSetup{Code: `print "$_;" for 1..$item`}, items: []string{"3", "0"},
			want: []string{"1;2;3;", ""}},
		{name: "in a loop that returns",
			setup: warmSetup{Code: `for (1..9) { print STDERR "x"; return $_ if $_ == $item } ; while ($n++ < 2) { print $n }`},
			items: []string{"2", "10"}, want: []string{"2", "12"}, stderr: []string{"xx", "xxxxxxxxx"}},
		{name: "before leaving by next and last",
			setup: warmSetup{Code: `print "<$item>"; next if $item < 2; last if $item < 3; 'end'`},
			items: []string{"1", "2", "3", "1"}, want: []string{"<1>", "<2>", "end", "<1>"}, stderr: []string{"<3>"}},
		{name: "at each redo",
			setup: warmSetup{Code: `print "<$_:$seq>"; $_++ < 3 and redo; next if $_ == 4; $_`},
			items: []string{"1", "5", "2"}, want: []string{"<1:1><2:1><3:1>", "6", "<2:3><3:3>"}, stderr: []string{"<5:2>"}},
		{name: "beside a value", setup: warmSetup{Code: `print "about $item\n"; return 0`}, items: []string{"1"},
			want: []string{"0"}, stderr: []string{"about 1\n"}},
		{name: "by nothing but a comment", setup: warmSetup{Code: `# nothing`}, items: []string{"1"}, want: []string{""}},
		{name: "no value at all", setup: warmSetup{Code: `undef`}, items: []string{"1"}, want: []string{""}},
		{name: "characters", setup: warmSetup{Code: `print chr 9786, "é"`}, items: []string{""}, want: []string{"☺é"}},
		{name: "with syswrite, and what print gives back",
			setup: warmSetup{Code: `print '' or die; syswrite STDOUT, "abcdef", 2, 1; return`},
			items: []string{""}, want: []string{"bc"}},
		{name: "by init, exit and children", setup: warmSetup{Init: `$, = '-'; $\ = "!\n"; print 'init', 1; system 'echo child'`,
			Code: `system "echo $item; cat; echo eof"; $item`, Exit: `print 'exit'`},
			items: []string{"a", "b"}, want: []string{"a", "b"}, stderr: []string{"init-1!\n", "child\n", "a\neof\n",
				"b\neof\n", "exit!\n"}},
		{name: "by a forked child that dies",
			setup: warmSetup{Code: `my $pid = fork; if (!$pid) { exec "no such program"; die "no exec\n" } waitpid $pid, 0; $? >> 8`},
			items: []string{"1", "2"}, want: []string{"255", "255"}, stderr: []string{"no exec\n", "no exec\n"}},
		{name: "by a forked child that comes back", setup: warmSetup{Code: `fork; $item`},
			items: []string{"1", "2"}, want: []string{"1", "2"}},
		{name: "with another $/", setup: warmSetup{Init: `undef $/`, Code: `print "$item\n"`},
			items: []string{"1", "2"}, want: []string{"1", "2"}},
		{name: "by a forked child",
			setup: warmSetup{Code: `my $pid = fork; if (!$pid) { print "child\n"; exit 3 } waitpid $pid, 0; $? >> 8`},
			items: []string{"a", "b"}, want: []string{"3", "3"}, stderr: []string{"child\n", "child\n"}},
		{name: "reads nothing", setup: warmSetup{Init: `my $first = <STDIN>; $first = 'none' if !defined $first`,
			Code: `my $line = <STDIN>; $first . (defined $line ? $line : 'eof')`},
			items: []string{"a", "b"}, want: []string{"noneeof", "noneeof"}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tt.check(t, "perl") })
	}
}

func TestPerlFails(t *testing.T) {
	for _, tt := range []warmCase{
		{name: "an exception fails its item alone", setup: warmSetup{Code: "my $n = 12;\n$n / $item"}, items: []string{"3", "0",
			"4"},
			want:   []string{"4", "!Illegal division by zero at CODE line 2.", "3"},
			stderr: []string{"Illegal division by zero at CODE line 2.\n    CODE, line 2: $n / $item\n"}},
		{name: "in a sub of init", setup: warmSetup{Init: "sub f {\n die 'no' }", Code: `f(); $item`}, items: []string{"3"},
			want: []string{"!no at --init line 2."}, stderr: []string{"    --init, line 2:  die 'no' }\n"}},
		{name: "with a message of several lines, after printing",
			setup: warmSetup{Code: `print "x\n"; die "bad \\ $item\nvery é\n"`}, items: []string{"1", "2"},
			want: []string{"!bad \\ 1\nvery é", "!bad \\ 2\nvery é"}, stderr: []string{"x\nx\n", "bad \\ 1\nvery é\n", "bad \\ 2"}},
		{name: "with an object", setup: warmSetup{Code: `die { code => $item }`}, items: []string{"1"},
			want: []string{`!{"code":"1"}`}, stderr: []string{`{"code":"1"}`}},
		{name: "a value that is not JSON", setup: warmSetup{Code: `$item ? [sub {}] : [9**9**9]`}, items: []string{"1", "0"},
			want:   []string{"!the value holds a CODE reference, which is not JSON", "!the value holds Inf, which is not JSON"},
			stderr: []string{"CODE reference", "Inf"}},
		{name: "a value without end", setup: warmSetup{Code: `my $v = []; push @$v, $v; $v`}, items: []string{"1"},
			want: []string{"!the value is nested too deeply for JSON"}, stderr: []string{"nested"}},
		{name: "exit leaves its item", setup: warmSetup{Code: `exit 7 if $item == 3; $item`}, items: []string{"1", "2", "3",
			"4"}, want: []string{"1", "2"}, status: 7},
		{name: "exit in init", setup: warmSetup{Init: `exit 4`, Code: `1`}, status: 4},
		{name: "init dies", setup: warmSetup{Init: "my $x;\ndie 'not today'", Code: `1`}, items: []string{"1"}, status: 1,
			stderr: []string{"not today at --init line 2.\n    --init, line 2: die 'not today'\n"}},
		{name: "the exit code dies", setup: warmSetup{Code: `1`, Exit: `die 'late'`}, items: []string{"1"}, want: []string{"1"},
			status: 1, stderr: []string{"late at --exit line 1."}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tt.check(t, "perl") })
	}
}

func TestPerlFaults(t *testing.T) {
	for _, tt := range []warmFault{
		{"in an expression", warmSetup{Init: `print STDERR 'ran'`, Code: `$item + ] 2`}, []string{"CODE: syntax error",
			"\n    $item + ] 2"}},
		{"in a line of a body", warmSetup{Code: "my $x = 1;\nmy é $y;\nreturn $x;"}, []string{"CODE: ", "line 2",
			"\n    my é $y;"}},
		{"an open brace", warmSetup{Code: "if ($item) {\n 1;\n"}, []string{"CODE: Missing right curly", "\n     1;"}},
		{"an unknown variable", warmSetup{Init: `use strict;`, Code: `$item + $itm`}, []string{`CODE: Global symbol "$itm"`,
			"\n    $item + $itm"}},
		{"in init", warmSetup{Init: "1;\nfoo(", Code: `1`}, []string{"--init: syntax error", "\n    foo("}},
		{"in exit", warmSetup{Init: `print STDERR 'ran'`, Code: `1`, Exit: `1 +`}, []string{"--exit: syntax error",
			"\n    1 +"}},
		{"a missing module", warmSetup{Init: "1;\nuse No::Such;", Code: `1`}, []string{"--init: Can't locate No/Such.pm",
			"at --init line 2.", "\n    use No::Such;"}},
		{"a module missing at run time", warmSetup{Init: `require No::Such`, Code: `1`},
			[]string{"--init: Can't locate No/Such.pm", "\n    require No::Such"}},
		{"init does not come to its end", warmSetup{Init: "return 5", Code: `1`}, []string{"--init ends before its end"}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tt.check(t, "perl") })
	}
}

// A file that has no package of its own sees what CODE sees.
func TestPerlServesFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `sub f { print "left"; next if $item == 2; "<$item:$seq>" } 1;`
	if err := os.WriteFile(filepath.Join(dir, "Helper.pm"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, init := range []string{"use lib '" + dir + "'; use Helper;", "require '" + dir + "/Helper.pm'", "do '" + dir + "/Helper.pm'"} {
		warmCase{setup: warmSetup{Init: init, Code: `f()`}, items: []string{"1", "2", "3"},
			want: []string{"<1:1>", "left", "<3:3>"}, stderr: []string{"left", "left"}}.check(t, "perl")
	}
}

func TestPerlAnswersPromptly(t *testing.T) {
	t.Parallel()
	checkPrompt(t, "perl", `select undef, undef, undef, 0.01;
		$item eq 'nap' ? 1 : system 'sh', '-c', 'while [ ! -e "$0" ]; do sleep 0.01; done', $path`)
	checkPrompt(t, "perl", `use Time::HiRes 'sleep'; sleep 0.01; return 1 if $item eq 'nap'; sleep 0.01 until -e $path; 2`)
}

func TestPerlRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	checkBadJSON(t, "perl", `$item`)
}

func TestPerlCountsFromTheGivenNumber(t *testing.T) {
	t.Parallel()
	checkNumbers(t, "perl", `"$item:$seq"`)
}
