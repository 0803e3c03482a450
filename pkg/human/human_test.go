package human

import (
	"strings"
	"testing"
	"time"
)

func TestQuote(t *testing.T) {
	long := strings.Repeat("x", 61)
	for _, tt := range []struct {
		in      string
		partial bool
		want    string
	}{
		{"", false, `""`}, {"a\tb\xff", false, `"a\tb\xff"`}, {"x", true, `"x"...`}, {long[1:], false, `"` + long[1:] + `"`}, {long, false, `"` + long[1:] + `"...`},
	} {
		if got := Quote([]byte(tt.in), tt.partial); got != tt.want {
			t.Errorf("%q, %v: %s, want %s", tt.in, tt.partial, got, tt.want)
		}
	}
}

func TestCounts(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1: "-1", -123: "-123", -1234: "-1,234"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 items, 0 items", 1: "1 item, 1 item", 1000: "1000 items, 1,000 items"} {
		if got := Plural(n, "item") + ", " + Many(n, "item"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, tt := range []struct {
		in   time.Duration
		want string
	}{
		{0, "0 s"}, {850, "850 ns"}, {999, "999 ns"}, {1000, "1.00 µs"}, {12345, "12.3 µs"}, {999_499, "999 µs"}, {999_500, "1.00 ms"},
		{4560 * time.Microsecond, "4.56 ms"}, {9996 * time.Microsecond, "10.0 ms"}, {99_960 * time.Microsecond, "100 ms"},
		{999_499 * time.Microsecond, "999 ms"}, {999_500 * time.Microsecond, "1.00 s"}, {59 * time.Second, "59.0 s"},
		{time.Minute, "1m00s"}, {754 * time.Second, "12m34s"}, {time.Hour - 1, "1h00m"}, {5*time.Hour + 6*time.Minute, "5h06m"},
		{76 * time.Hour, "3d04h"}, {30000 * 24 * time.Hour, "30,000d00h"}, {-time.Second, "-1.00 s"},
	} {
		if got := Span(tt.in); got != tt.want {
			t.Errorf("Span(%v) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestDigits(t *testing.T) {
	for x, want := range map[float64]string{0: "0.00", 9.996: "10.0", 99.96: "100", 12345.6: "12,346", 1e15: "1e+15"} {
		if got := Digits(x); got != want {
			t.Errorf("Digits(%v) = %q, want %q", x, got, want)
		}
	}
}

func TestOr(t *testing.T) {
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := Or(words); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
