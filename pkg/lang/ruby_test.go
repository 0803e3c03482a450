package lang

import "testing"

func TestRubyAnswers(t *testing.T) {
	checkTalks(t, "ruby", map[string]talk{
		"statements with next":                {p: Program{Code: "next 5 if item == 'a'; 6"}, items: []string{"a", "b"}, want: []string{"5", "6"}},
		"state":                               {p: Program{Init: `seen = Hash.new(0); $all = 0; X = 3`, Code: `$all += 1; seen[item] += X; "#{$all}#{seen[item]}"`}, items: []string{"a", "b", "a"}, want: []string{"13", "23", "36"}},
		"a division is no regular expression": {p: Program{Init: `n = 12`, Code: `n /item.to_i`}, items: []string{"3"}, want: []string{"4"}},
		"text":                                {p: Program{Code: `item.reverse + item.encoding.to_s`}, items: []string{"aé☺"}, want: []string{"☺éaUTF-8"}},
		"strings of several encodings":        {p: Program{Code: `item.ascii_only? ? item.encode('UTF-16LE') : item.encode('ISO-8859-1')`}, items: []string{"é", "a", "é"}, want: []string{"\xe9", "a\x00", "\xe9"}},
		"a hash is no block":                  {p: Program{Code: `{ item: item }`}, items: []string{"ä"}, want: []string{`{"item":"ä"}`}},
		"true, false and a symbol":            {p: Program{Code: `item == 'c' ? :c : item == 'a'`}, items: []string{"a", "b", "c"}, want: []string{"true", "false", `"c"`}},
		"one string that grows":               {p: Program{Init: `all = +''`, Code: `all << item`}, items: []string{"a", "b", "c"}, want: []string{"a", "ab", "abc"}},
		"what is printed natively":            {p: Program{Code: "STDOUT.puts 'native'\nitem"}, want: []string{"1", "2"}, stderr: []string{"native\n", "native\n"}},
		"a forked child that dies":            {p: Program{Code: `raise 'no ' + 'exec' if !fork; Process.wait; $?.exitstatus`}, want: []string{"1", "1"}, stderr: []string{"no exec (", "no exec ("}},
		"a message of several lines":          {p: Program{Code: `raise "bad \\ #{item}\nvery é"`}, items: []string{"\xff"}, want: []string{"!RuntimeError: bad \\ \xff\nvery é"}},
		"an endless recursion":                {p: Program{Init: `def f; f(); end`, Code: `item == 'a' ? f : item`}, items: []string{"a", "b"}, want: []string{"!SystemStackError: stack level too deep", "b"}},
		"values that are not JSON":            {p: Program{Code: `Object.new`}, items: []string{"a"}, want: []string{"!TypeError: a Object is not JSON"}},
		"an exception that cannot say more":   {p: Program{Init: "class E < StandardError; def message = exit; end", Code: `raise E if item == '1'; item`}, want: []string{"!E, which cannot say more", "2"}},
		"an exception that is its own cause":  {p: Program{Init: "class E < StandardError; def cause = self; end", Code: `raise E if item == '1'; item`}, want: []string{"!E", "2"}},
		"at_exit":                             {p: Program{Init: `at_exit { puts 'bye' }`, Code: `item`}, want: []string{"1", "2"}, stderr: []string{"bye\n"}},
		"init raises":                         {p: Program{Init: "x = 1\nraise 'not today'", Code: `1`}, status: 1, stderr: []string{"not today (RuntimeError)\n    from --init:2:", "        raise 'not today'\n"}},
		"the exit code raises":                {p: Program{Code: `1`, Exit: `raise 'late'`}, items: []string{"1"}, want: []string{"1"}, status: 1, stderr: []string{"late (", "--exit:1"}},
		"a name with a capital is a constant": {p: Program{Args: []Arg{{"rate", "2.5", true}}, Code: `rate * 2`}, items: []string{"1"}, want: []string{"5.0"}},
	})
}
