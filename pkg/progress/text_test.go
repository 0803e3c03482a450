package progress

import (
	"strings"
	"testing"
	"time"
)

func TestQuote(t *testing.T) {
	for _, tt := range []struct {
		item string
		most int
		want string
	}{
		{"x", 10, `"x"`}, {"", 10, `""`}, {"12345678", 10, `"12345678"`}, {"123456789", 10, `"12345..."`}, {"a\tb\n", 10, `"a\tb\n"`},
		{`say "hi"`, 20, `"say "hi""`}, {`\`, 20, `"\\"`}, {`\"`, 20, `"\\""`}, {"日本語日本", 10, `"日本..."`}, {"\xff", 10, `"\xff"`}, {"\x1b[2J", 20, `"\x1b[2J"`},
		{"\u202e", 20, `"\u202e"`}, {strings.Repeat("x", 100_000), 10, `"xxxxx..."`}, {"abc", 3, `"."`}, {strings.Repeat("\u0301", 50), 4, `".."`},
	} {
		if got := quote(tt.item, tt.most); got != tt.want {
			t.Errorf("quote(%.20q, %d) = %s, want %s", tt.item, tt.most, got, tt.want)
		}
	}
}

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		s    string
		most int
		want string
	}{
		{"hello", 5, "hello"}, {"hello", 4, "h..."}, {"hello", 3, "..."}, {"hello", 2, ".."}, {"hello", 0, ""}, {"hello", -1, ""}, {"", 3, ""},
		{"日本", 4, "日本"}, {"日本", 3, "..."}, {"日本語", 5, "日..."}, {"e\u0301e\u0301", 2, "e\u0301e\u0301"},
	} {
		if got := fit(tt.s, tt.most); got != tt.want {
			t.Errorf("fit(%q, %d) = %q, want %q", tt.s, tt.most, got, tt.want)
		}
	}
}

func TestColumnsOf(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "日本": 4, "e\u0301": 1, "é": 1, "👍": 2, "☺\ufe0f": 2, "👨\u200d👩": 4} {
		if got := columnsOf(s); got != want {
			t.Errorf("columnsOf(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 9999: "9,999", 10_000: "10.0k", 99_940: "99.9k", 99_960: "100k", 999_400: "999k", 999_600: "1.0M",
		1_234_567: "1.2M", 1 << 62: "4.6E"} {
		if got := brief(n); got != want {
			t.Errorf("brief(%d) = %q, want %q", n, got, want)
		}
	}
	for x, want := range map[float64]string{0: "0/s", -1: "0/s", 12345.6: "12,346/s", 99.96: "100/s", 99.94: "99.9/s", 1: "1.0/s", .5: "30.0/min", .01: "36.0/h"} {
		if got := rate(x); got != want {
			t.Errorf("rate(%v) = %q, want %q", x, got, want)
		}
	}
	for d, want := range map[time.Duration]string{-1: "0:00", 7900 * time.Millisecond: "0:07", 754 * time.Second: "12:34", 3723 * time.Second: "1:02:03",
		75*time.Hour + 4*time.Minute: "3d 03:04:00"} {
		if got := clock(d); got != want {
			t.Errorf("clock(%v) = %q, want %q", d, got, want)
		}
	}
	if got := ago(59*time.Second) + " " + ago(60*time.Second); got != "59 s 1:00" {
		t.Errorf("ago: %q", got)
	}
}
