package lang

import (
	"strings"
	"testing"
)

func TestRubyAnswers(t *testing.T) {
	big := strings.Repeat("0123456789abcde\n", 1<<16)
	for _, tt := range []warmCase{
		{name: "an expression", setup: warmSetup{Code: `item.to_i + 1`}, items: []string{"1", "41"}, want: []string{"2", "42"}},
		{name: "statements with return",
			setup: warmSetup{Code: "(1..9).each do |n|\n return n if n * n > item.to_i\nend\nreturn 'big'"},
			items: []string{"5", "99"}, want: []string{"3", "big"}},
		{name: "statements with next", setup: warmSetup{Code: "next 5 if item == 'a'; 6"}, items: []string{"a", "b"},
			want: []string{"5", "6"}},
		{name: "seq and slot", setup: warmSetup{Code: `"#{seq} #{slot}"`, Slot: 7}, items: []string{"a", "b"},
			want: []string{"1 7", "2 7"}},
		{name: "variables and methods of init", setup: warmSetup{Init: "n = 5\ndef twice(x); 2 * x.to_i; end\nX = 3",
			Code: `n += twice(item) + X`},
			items: []string{"1", "2"}, want: []string{"10", "17"}},
		{name: "state", setup: warmSetup{Init: `seen = Hash.new(0); $all = 0`,
			Code: `$all += 1; seen[item] += 1; "#{$all}#{seen[item]}"`},
			items: []string{"a", "b", "a"}, want: []string{"11", "21", "32"}},
		{name: "a division is no regular expression", setup: warmSetup{Init: `n = 12`, Code: `n /item.to_i`},
			items: []string{"3"}, want: []string{"4"}},
		{name: "arguments", setup: warmSetup{Args: [][2]any{{"name", "a'\"#\\é"}, {"list", []any{1,
			"é", nil}}, {"yes", true}, {"Rate", 2.5}},
			Init: `m = name`, Code: `[m, list, yes, Rate * 2]`}, items: []string{""},
			want: []string{`["a'\"#\\é",[1,"é",null],true,5.0]`}},
		{name: "an empty item", setup: warmSetup{Code: `"<#{item}>"`}, items: []string{"", "", "a"}, want: []string{"<>", "<>",
			"<a>"}},
		{name: "an answer of several lines", setup: warmSetup{Code: `item + "\n\\n\n"`}, items: []string{"a\nb\\", "c"},
			want: []string{"a\nb\\\n\\n\n", "c\n\\n\n"}},
		{name: "answers that look like the protocol", setup: warmSetup{Code: `item`},
			items: []string{`\ready`, `\!no`, `\#7`, `\`}, want: []string{`\ready`, `\!no`, `\#7`, `\`}},
		{name: "any byte", setup: warmSetup{Code: `item`}, items: []string{everyByte(), "\x00"}, want: []string{everyByte(),
			"\x00"}},
		{name: "text", setup: warmSetup{Code: `item.reverse + item.encoding.to_s`}, items: []string{"aé☺"},
			want: []string{"☺éaUTF-8"}},
		{name: "bytes", setup: warmSetup{Code: `item.length.to_s + item`, Type: "bytes"}, items: []string{"é\xff"},
			want: []string{"3é\xff"}},
		{name: "strings of several encodings",
			setup: warmSetup{Code: `item.ascii_only? ? item.encode('UTF-16LE') : item.encode('ISO-8859-1')`},
			items: []string{"é", "a", "é"}, want: []string{"\xe9", "a\x00", "\xe9"}},
		{name: "a big item", setup: warmSetup{Code: `item`}, items: []string{big}, want: []string{big}},
		{name: "values as JSON", setup: warmSetup{Code: `[item, item.to_i, nil, { b: 1.5, 'a' => true }, :c]`},
			items: []string{"é"},
			want:  []string{`["é",0,null,{"b":1.5,"a":true},"c"]`}},
		{name: "a hash is no block", setup: warmSetup{Code: `{ item: item }`}, items: []string{"ä"},
			want: []string{`{"item":"ä"}`}},
		{name: "true and false", setup: warmSetup{Code: `item == 'a'`}, items: []string{"a", "b"}, want: []string{"true",
			"false"}},
		{name: "JSON items", setup: warmSetup{Code: `item.is_a?(Hash) ? item['a'] : item`, Type: "json"},
			items: []string{`{"a":"é\n"}`, `"x"`, `{"a":[1,"é"]}`, `null`, `2.5`},
			want:  []string{"é\n", "x", `[1,"é"]`, "", "2.5"}},
		{name: "one string that grows", setup: warmSetup{Init: `all = +''`, Code: `all << item`}, items: []string{"a", "b",
			"c"}, want: []string{"a", "ab", "abc"}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tt.check(t, "ruby") })
	}
}

func TestRubyPrints(t *testing.T) {
	for _, tt := range []warmCase{
		{name: "for lack of a value", setup: warmSetup{Code: `puts item.upcase`}, items: []string{"a", ""}, want: []string{"A",
			""}},
		{name: "one newline is the end", setup: warmSetup{Code: `puts item; $stdout.printf("%d\n", 5); puts`},
			items: []string{"é\xff"}, want: []string{"é\xff\n5\n"}},
		{name: "beside a value", setup: warmSetup{Code: `puts "about #{item}"; false`}, items: []string{"1"},
			want: []string{"false"}, stderr: []string{"about 1\n"}},
		{name: "no value at all", setup: warmSetup{Code: `nil`}, items: []string{"1"}, want: []string{""}},
		{name: "by init, exit and children", setup: warmSetup{Init: `puts 'init'; system 'echo child'`,
			Code: "system \"echo #{item}; cat; echo eof\"\nSTDOUT.puts 'native'\nitem", Exit: `puts 'exit'`},
			items: []string{"a", "b"}, want: []string{"a", "b"}, stderr: []string{"init\n", "child\n", "a\neof\n", "native\n",
				"b\neof\n", "exit\n"}},
		{name: "by a forked child that dies", setup: warmSetup{Code: `raise 'no exec' if !fork; Process.wait; $?.exitstatus`},
			items: []string{"a", "b"}, want: []string{"1", "1"}, stderr: []string{"no exec", "no exec"}},
		{name: "by a forked child that comes back", setup: warmSetup{Code: `fork; item`},
			items: []string{"a", "b"}, want: []string{"a", "b"}},
		{name: "by a forked child", setup: warmSetup{Code: `Process.wait(fork { puts 'child'; exit 3 }); $?.exitstatus`},
			items: []string{"a", "b"}, want: []string{"3", "3"}, stderr: []string{"child\n", "child\n"}},
		{name: "reads nothing", setup: warmSetup{Init: `first = $stdin.gets`, Code: `[first, STDIN.read, gets]`},
			items: []string{"a", "b"},
			want:  []string{`[null,"",null]`, `[null,"",null]`}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tt.check(t, "ruby") })
	}
}

func TestRubyFails(t *testing.T) {
	for _, tt := range []warmCase{
		{name: "an exception fails its item alone", setup: warmSetup{Code: "n = 12\nn / Integer(item)"}, items: []string{"3",
			"0", "4"},
			want: []string{"4", "!ZeroDivisionError: divided by 0", "3"}, stderr: []string{"ZeroDivisionError: divided by 0\n",
				"        n / Integer(item)\n"}},
		{name: "in a method of init", setup: warmSetup{Init: "def f\n raise IOError, 'no' \nend", Code: "puts 'x'; f"},
			items: []string{"3", "4"},
			want:  []string{"!IOError: no", "!IOError: no"}, stderr: []string{"x\n", "IOError: no\n    from --init:2:",
				"         raise IOError, 'no'", "    from CODE:1:", "puts 'x'; f\n"}},
		{name: "with a message of several lines", setup: warmSetup{Code: `raise "bad \\ #{item}\nvery é"`},
			items: []string{"\xff"},
			want:  []string{"!RuntimeError: bad \\ \xff\nvery é"}, stderr: []string{"bad \\ \xff\nvery é"}},
		{name: "an endless recursion", setup: warmSetup{Init: `def f; f(); end`, Code: `item == 'a' ? f : item`},
			items: []string{"a", "b"},
			want:  []string{"!SystemStackError: stack level too deep", "b"}, stderr: []string{"stack level"}},
		{name: "values that are not JSON", setup: warmSetup{Code: `item == 'a' ? Object.new : item`}, items: []string{"a", "b"},
			want: []string{"!TypeError: a Object is not JSON", "b"}, stderr: []string{"a Object is not JSON"}},
		{name: "exit leaves its item", setup: warmSetup{Code: `exit 7 if item == '3'; item`}, items: []string{"1", "2", "3",
			"4"}, want: []string{"1", "2"}, status: 7},
		{name: "exit in init", setup: warmSetup{Init: `exit 4`, Code: `1`}, status: 4},
		{name: "exit and at_exit", setup: warmSetup{Init: `at_exit { puts 'bye' }`, Code: `item`}, items: []string{"1"},
			want: []string{"1"}, stderr: []string{"bye\n"}},
		{name: "init raises", setup: warmSetup{Init: "x = 1\nraise 'not today'", Code: `1`}, items: []string{"1"}, status: 1,
			stderr: []string{"not today (RuntimeError)\n    from --init:2:", "        raise 'not today'\n"}},
		{name: "the exit code raises", setup: warmSetup{Code: `1`, Exit: `raise 'late'`}, items: []string{"1"},
			want: []string{"1"}, status: 1, stderr: []string{"late", "--exit:1"}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tt.check(t, "ruby") })
	}
}

func TestRubyFaults(t *testing.T) {
	for _, tt := range []warmFault{
		{"in an expression", warmSetup{Init: `STDERR.puts 'ran'`, Code: `item + ] 2`}, []string{"CODE, line 1: ",
			"\n    item + ] 2"}},
		{"in a line of a body", warmSetup{Init: "1\n2\n", Code: "x = 'é'\ny = 'é' = 3\nreturn x"}, []string{"CODE, line 2: ",
			"\n    y = 'é' = 3"}},
		{"an open block", warmSetup{Code: "if item\n 1\n"}, []string{"CODE, line 2: ", "\n     1"}},
		{"in init", warmSetup{Init: "1\nfoo(]", Code: `1`}, []string{"--init, line 2: ", "\n    foo(]"}},
		{"in exit", warmSetup{Init: `STDERR.puts 'ran'`, Code: `1`, Exit: `1 + ]`}, []string{"--exit, line 1: ",
			"\n    1 + ]"}},
		{"a missing library", warmSetup{Init: "1\nrequire 'no/such'", Code: `1`}, []string{"--init, line 2: ", "no/such",
			"\n    require 'no/such'"}},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tt.check(t, "ruby") })
	}
}

func TestRubyAnswersPromptly(t *testing.T) {
	t.Parallel()
	checkPrompt(t, "ruby", `sleep 0.01; next 1 if item == 'nap'; sleep 0.01 until File.exist?(path); 2`)
}

func TestRubyCountsFromTheGivenNumber(t *testing.T) {
	t.Parallel()
	checkNumbers(t, "ruby", `"#{item}:#{seq}"`)
}

func TestRubyRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	checkBadJSON(t, "ruby", `item`)
}
