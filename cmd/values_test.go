package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func TestJobs(t *testing.T) {
	tests := []struct {
		name, text string
		cpus, want int // 0: refused
	}{
		{"a number", "4", 8, 4},
		{"more than there are CPUs", "20", 8, 20},
		{"all CPUs", "100%", 8, 8},
		{"half the CPUs", "50%", 8, 4},
		{"a share is rounded down", "50%", 7, 3},
		{"a share of little is still one", "10%", 2, 1},
		{"no share at all is still one", "0%", 8, 1},
		{"a part of a percent", "12.5%", 8, 1},
		{"more than all", "250%", 8, 20},
		{"two more than there are", "+2", 8, 10},
		{"all but one", "-1", 8, 7},
		{"all but more than there are", "-9", 8, 1},
		{"all, and none more", "+0", 8, 8},
		{"all, and none less", "-0", 8, 8},
		{"the most there may be", "10000", 8, 10000},
		{"a number written as a decimal", "4.0", 8, 4},

		{"none", "0", 8, 0},
		{"one too many", "10001", 8, 0},
		{"a share that is too many", "1000000%", 8, 0},
		{"so many that it is no number", strings.Repeat("9", 400), 8, 0},
		{"one and a half", "1.5", 8, 0},
		{"half a worker more", "+0.5", 8, 0},
		{"nothing", "", 8, 0},
		{"a word", "all", 8, 0},
		{"a sign alone", "+", 8, 0},
		{"a percent sign alone", "%", 8, 0},
		{"percent twice", "50%%", 8, 0},
		{"more by a share", "+50%", 8, 0},
		{"a sign behind the number", "4-", 8, 0},
		{"space", " 4", 8, 0},
		{"an exponent", "1e1", 8, 0},
		{"hexadecimal", "0x10", 8, 0},
		{"grouped digits", "1_0", 8, 0},
		{"infinitely many", "Inf", 8, 0},
		{"not a number", "NaN", 8, 0},
	}
	for _, tt := range tests {
		got, err := jobs(tt.text, tt.cpus)
		if got != tt.want || (err != nil) != (tt.want == 0) {
			t.Errorf("%s: jobs(%q) of %d CPUs = %d, %v, want %d", tt.name, tt.text, tt.cpus, got, err, tt.want)
		}
		checkUsage(t, tt.name, err, "--jobs")
	}
}

func TestSize(t *testing.T) {
	tests := []struct {
		name, text string
		want       int64 // 0: refused
	}{
		{"bytes", "1", 1},
		{"kilobytes", "2K", 2048},
		{"megabytes", "64M", 64 << 20},
		{"gigabytes", "2G", 2 << 30},
		{"terabytes", "1T", 1 << 40},
		{"small letters", "64m", 64 << 20},
		{"with a B", "64MB", 64 << 20},
		{"with iB", "64MiB", 64 << 20},
		{"a fraction", "1.5K", 1536},
		{"a fraction of a byte is dropped", "2.5", 2},
		{"space around it", " 64M ", 64 << 20},

		{"nothing", "", 0},
		{"zero", "0", 0},
		{"zero megabytes", "0M", 0},
		{"less than a byte", "0.5", 0},
		{"negative", "-1", 0},
		{"a sign", "+1K", 0},
		{"a unit alone", "M", 0},
		{"a unit in front", "M64", 0},
		{"two units", "1KM", 0},
		{"another unit", "64X", 0},
		{"an exponent", "1e6", 0},
		{"hexadecimal", "0x10", 0},
		{"grouped digits", "1_000", 0},
		{"space inside", "64 M", 0},
		{"infinite", "inf", 0},
		{"not a number", "nan", 0},
		{"above all memory", "9999999T", 0},
		{"the most", "1024T", 1 << 50},
		{"one more", "1125899906842625", 0},
		{"so much that a sum overflows", "600000T", 0},
	}
	for _, tt := range tests {
		got, err := size("max-item", tt.text)
		if got != tt.want || (err != nil) != (tt.want == 0) {
			t.Errorf("%s: size(%q) = %d, %v, want %d", tt.name, tt.text, got, err, tt.want)
		}
		checkUsage(t, tt.name, err, "--max-item")
	}
}

func TestDuration(t *testing.T) {
	const refused = time.Duration(-1)
	tests := []struct {
		name, text string
		want       time.Duration
	}{
		{"nothing is no limit", "", 0},
		{"zero is no limit", "0", 0},
		{"a bare number is seconds", "30", 30 * time.Second},
		{"a fraction of a second", "0.5", time.Second / 2},
		{"milliseconds", "500ms", time.Second / 2},
		{"minutes", "5m", 5 * time.Minute},
		{"hours and minutes", "1h30m", 90 * time.Minute},

		{"negative", "-1s", refused},
		{"negative seconds", "-1", refused},
		{"a word", "soon", refused},
		{"a unit alone", "s", refused},
		{"days", "1d", refused},
		{"space", "5 m", refused},
		{"not a number", "NaN", refused},
		{"longer than can be counted", "9999999999", refused},
	}
	for _, tt := range tests {
		got, err := duration("init-timeout", tt.text)
		if (err != nil) != (tt.want == refused) || err == nil && got != tt.want {
			t.Errorf("%s: duration(%q) = %v, %v, want %v", tt.name, tt.text, got, err, tt.want)
		}
		checkUsage(t, tt.name, err, "--init-timeout")
	}
}

// checkUsage checks that err, if there is one, is a mistake of the user that names the flag at fault.
func checkUsage(t *testing.T, name string, err error, flag string) {
	t.Helper()
	var usage *usageError
	if err != nil && (!errors.As(err, &usage) || !strings.Contains(err.Error(), flag)) {
		t.Errorf("%s: the error is %T %q, want a usage error that names %s", name, err, err, flag)
	}
}

func TestUnescape(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain text", "--", "--"},
		{"a tab", `\t`, "\t"},
		{"a newline", `\n`, "\n"},
		{"CR and newline", `\r\n`, "\r\n"},
		{"NUL", `\0`, "\x00"},
		{"a hexadecimal byte", `\x1e`, "\x1e"},
		{"hexadecimal in capitals", `\xFE`, "\xfe"},
		{"one hexadecimal digit", `\x9;`, "\x09;"},
		{"two digits at most", `\x411`, "A1"},
		{"an octal byte", `\101`, "A"},
		{"three octal digits at most", `\1011`, "A1"},
		{"octal digits end at an eight", `\08`, "\x008"},
		{"the largest octal byte", `\377`, "\xff"},
		{"a backslash", `\\`, `\`},
		{"a backslash and an n", `\\n`, `\n`},
		{"quotes", `\'\"`, `'"`},
		{"all the letters", `\a\b\e\f\v\?`, "\a\b\x1b\f\v?"},
		{"other bytes stay", "é\xff", "é\xff"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		if got, err := unescape(tt.text); string(got) != tt.want || err != nil {
			t.Errorf("%s: unescape(%q) = %q, %v, want %q", tt.name, tt.text, got, err, tt.want)
		}
	}
	for name, text := range map[string]string{
		"a lone backslash at the end": `ab\`, "an unknown letter": `\q`, "hexadecimal without digits": `\x`,
		"hexadecimal with other letters": `\xyz`, "an octal number above a byte": `\400`, "an eight": `\8`,
	} {
		if got, err := unescape(text); err == nil {
			t.Errorf("%s: unescape(%q) = %q, want an error", name, text, got)
		}
	}
}

// FuzzUnescape: anything may be typed, and whatever bytes are written in escapes come out as they were.
func FuzzUnescape(f *testing.F) {
	for _, text := range []string{`\`, `\x`, `\x1`, `\400`, `\08`, "\xff\\", `a\tb`, "\x00\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := unescape(text); err == nil && len(got) > len(text) {
			t.Fatalf("unescape(%q) = %q, longer than what it came from", text, got)
		}
		var hex, octal bytes.Buffer
		for i := range len(text) {
			fmt.Fprintf(&hex, `\x%02x`, text[i])
			fmt.Fprintf(&octal, `\%03o`, text[i])
		}
		for _, escaped := range []string{hex.String(), octal.String(), strings.ReplaceAll(text, `\`, `\\`)} {
			if got, err := unescape(escaped); string(got) != text || err != nil {
				t.Fatalf("unescape(%q) = %q, %v, want %q", escaped, got, err, text)
			}
		}
	})
}

// FuzzNumbers: anything may be typed where a number of workers, a size or a duration is wanted, and what is accepted is
// in bounds.
func FuzzNumbers(f *testing.F) {
	for _, text := range []string{"100%", "-1", "+1", "64M", "1.5K", "30s", "%", "+", "-", "K", "B", "IB", "9e99", "İ"} {
		f.Add(text, 2)
	}
	f.Fuzz(func(t *testing.T, text string, cpus int) {
		cpus = max(1, min(cpus, 4096))
		if n, err := jobs(text, cpus); err == nil && (n < 1 || n > maxJobs) {
			t.Errorf("jobs(%q, %d) = %d", text, cpus, n)
		}
		if n, err := size("buffer", text); err == nil && (n < 1 || n > math.MaxInt64/4) {
			t.Errorf("size(%q) = %d", text, n)
		}
		if d, err := duration("timeout", text); err == nil && d < 0 {
			t.Errorf("duration(%q) = %v", text, d)
		}
	})
}
