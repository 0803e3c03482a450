package lang

import "testing"

func TestPerlAnswers(t *testing.T) {
	checkTalks(t, "perl", map[string]talk{
		"the item is the topic":      {p: Program{Code: `s/a/b/r`}, items: []string{"aha"}, want: []string{"bha"}},
		"strict, with state":         {p: Program{Init: `use strict; use warnings; my %seen; $slot || die`, Code: `++$seen{$item} . $seq`}, items: []string{"a", "b", "a"}, want: []string{"11", "12", "23"}},
		"init in another package":    {p: Program{Init: `package My; our $n = 3;`, Code: `$n + $item`}, items: []string{"1"}, want: []string{"4"}},
		"what is marked as text":     {p: Program{Code: `["\x{e9}\x{263a}", 'é']`}, items: []string{"1"}, want: []string{`["é☺","é"]`}},
		"a hash is no block":         {p: Program{Code: `{ item => $item }`}, items: []string{"ä"}, want: []string{`{"item":"ä"}`}},
		"a block is no hash":         {p: Program{Code: `{ local $_ = 5; $_ + $item }`}, items: []string{"1"}, want: []string{`6`}},
		"JSON that is no hash":       {p: Program{Code: `$item`, ItemType: "json"}, items: []string{`"x"`, `null`, `2.5`}, want: []string{"x", "", "2.5"}},
		"an object with a text":      {p: Program{Init: `use Math::BigInt`, Code: `Math::BigInt->new($item) ** 30`}, items: []string{"10"}, want: []string{"1000000000000000000000000000000"}},
		"with another $/":            {p: Program{Init: `undef $/`, Code: `print "$item\n"`}, want: []string{"1", "2"}},
		"a document in CODE":         {p: Program{Code: "my $x = <<X;\n$_ here\nX\n$x"}, items: []string{"1"}, want: []string{"1 here\n"}},
		"subs in CODE, with a loop":  {p: Program{Init: "use warnings; sub g { 1 }", Code: `sub f { print shift } for (1..2) { f($_) }`}, want: []string{"12", "12"}},
		"state, and a named closure": {p: Program{Code: `state $n = 0; my $f = sub { $_[0] + ++$n }; $f->(3)`}, want: []string{"4", "5"}},
	})
}

func TestPerlPrints(t *testing.T) {
	checkTalks(t, "perl", map[string]talk{
		"in a loop": {p: Program{Code: `print "$_;" for 1..$item`}, items: []string{"3", "0"}, want: []string{"1;2;3;", ""}},
		"in a loop that returns": {p: Program{Code: `for (1..9) { print STDERR "x"; return $_ if $_ == $item } ; while ($n++ < 2) { print $n }`},
			items: []string{"2", "10"}, want: []string{"2", "12"}, stderr: []string{"xxxxxxxxxxx"}},
		"before leaving by next and last": {p: Program{Init: "use warnings;", Code: `print "<$item>"; next if $item < 2; last if $item < 3; 'end'`},
			items: []string{"1", "2", "3", "1"}, want: []string{"<1>", "<2>", "end", "<1>"}, stderr: []string{"<3>"}},
		"at each redo": {p: Program{Code: `print "<$_:$seq>"; $_++ < 3 and redo; next if $_ == 4; $_`},
			items: []string{"1", "5", "2"}, want: []string{"<1:1><2:1><3:1>", "6", "<2:3><3:3>"}, stderr: []string{"<5:2>"}},
		"characters": {p: Program{Code: `print chr 9786, "é"`}, items: []string{""}, want: []string{"☺é"}},
		"with syswrite, and what print gives back": {p: Program{Code: `print '' or die; syswrite STDOUT, "abcdef", 2, 1; return`},
			items: []string{""}, want: []string{"bc"}},
		"with separators": {p: Program{Init: `$, = '-'; $\ = "!\n"; print 'init', 1`, Code: `print 'a', $item`, Exit: `print 'exit'`},
			want: []string{"a-1!", "a-2!"}, stderr: []string{"init-1!\n", "exit!\n"}},
		"by a forked child that dies": {p: Program{Code: `my $pid = fork; if (!$pid) { exec "no such program"; die "no exec\n" } waitpid $pid, 0; $? >> 8`},
			want: []string{"255", "255"}, stderr: []string{"no exec\n", "no exec\n"}},
	})
}

func TestPerlFails(t *testing.T) {
	checkTalks(t, "perl", map[string]talk{
		"with its line": {p: Program{Code: "my $n = 12;\n$n / $item"}, items: []string{"0"}, want: []string{"!Illegal division by zero at CODE line 2."},
			stderr: []string{"Illegal division by zero at CODE line 2.\n    CODE, line 2: $n / $item\n"}},
		"with a message of several lines": {p: Program{Code: `die "bad \\ $item\nvery é\n"`}, want: []string{"!bad \\ 1\nvery é", "!bad \\ 2\nvery é"}},
		"with an object":                  {p: Program{Code: `die { code => $item }`}, items: []string{"1"}, want: []string{`!{"code":"1"}`}},
		"a value that is not JSON": {p: Program{Code: `$item ? [sub {}] : [9**9**9]`}, items: []string{"1", "0"},
			want: []string{"!the value holds a CODE reference, which is not JSON", "!the value holds Inf, which is not JSON"}},
		"a value without end": {p: Program{Code: `my $v = []; push @$v, $v; $v`}, items: []string{"1"}, want: []string{"!the value is nested too deeply for JSON"}},
		"init dies": {p: Program{Init: "my $x;\ndie 'not today'", Code: `1`}, items: []string{"1"}, status: 1,
			stderr: []string{"not today at --init line 2.\n    --init, line 2: die 'not today'\n"}},
		"the exit code dies": {p: Program{Code: `1`, Exit: `die 'late'`}, items: []string{"1"}, want: []string{"1"}, status: 1, stderr: []string{"late at --exit line 1."}},
	})
}

// A file that has no package of its own sees what CODE sees.
func TestPerlServesFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "Helper.pm", `sub f { print "left"; next if $item == 2; "<$item:$seq>" } 1;`)
	talks := map[string]talk{}
	for _, init := range []string{"use lib '" + dir + "'; use Helper;", "require '" + dir + "/Helper.pm'", "do '" + dir + "/Helper.pm'"} {
		talks[init] = talk{p: Program{Init: init, Code: `f()`}, items: []string{"1", "2", "3"}, want: []string{"<1:1>", "left", "<3:3>"}, stderr: []string{"leftleft"}}
	}
	checkTalks(t, "perl", talks)
}
