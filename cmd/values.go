package cmd

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxJobs bounds the number of workers: each holds six file descriptors and a process.
const maxJobs = 10000

// jobs reads a number of workers: N, or N%, +N, -N of the CPUs. It is at least 1 but for an explicit 0.
func jobs(text string, cpus int) (int, error) {
	bad := usagef("--jobs %q: not a number of workers", text).withHint("say 4, 50%, +1 or -1; the last three are of the CPUs")
	number := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(text, "+"), "-"), "%")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || number == "" || strings.ContainsAny(number, "+-eExXpPnN_") {
		return 0, bad
	}
	relative := strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-")
	percent := strings.HasSuffix(text, "%")
	if relative && percent || strings.HasPrefix(text, "+-") || !percent && n != math.Trunc(n) {
		return 0, bad
	}
	switch {
	case percent:
		n = max(1, math.Floor(n/100*float64(cpus)))
	case text[0] == '+':
		n = float64(cpus) + n
	case text[0] == '-':
		n = max(1, float64(cpus)-n)
	}
	if n < 1 || n > maxJobs {
		return 0, usagef("--jobs %q: must be from 1 to %d workers", text, maxJobs)
	}
	return int(n), nil
}

// largestSize bounds every size, so that those that follow from it, as of buffers that hold a few of them, are numbers too.
const largestSize = 1 << 50

// size reads a number of bytes, with K, M, G or T for powers of 1024.
func size(flag, text string) (int64, error) {
	bad := usagef("--%s %q: not a size", flag, text).withHint("say 500K, 64M or 1G")
	number := strings.ToUpper(strings.TrimSpace(text))
	number = strings.TrimSuffix(strings.TrimSuffix(number, "B"), "I")
	unit := 1.0
	if i := strings.IndexAny(number, "KMGT"); i >= 0 && i == len(number)-1 {
		unit = math.Pow(1024, float64(1+strings.IndexByte("KMGT", number[i])))
		number = number[:i]
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n*unit < 1 || strings.ContainsAny(number, "+-eEXPNI_") {
		return 0, bad
	}
	if n*unit > largestSize {
		return 0, usagef("--%s %q: must be at most %dT", flag, text, largestSize>>40)
	}
	return int64(n * unit), nil
}

// unescape reads a string with the escapes of C: \t, \0, \x1e, \\ and so on.
func unescape(s string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if i++; i == len(s) {
			return nil, errors.New(`ends in a lone backslash; say \\ for one`)
		}
		c, used, err := escape(s[i:])
		if err != nil {
			return nil, err
		}
		out = append(out, c)
		i += used - 1
	}
	return out, nil
}

// simple are the escapes of one letter, and what they stand for.
const simple, stands = `abefnrtv\'"?`, "\a\b\x1b\f\n\r\t\v\\'\"?"

// escape reads the escape that s begins with, without its backslash, and tells its length.
func escape(s string) (c byte, used int, err error) {
	if i := strings.IndexByte(simple, s[0]); i >= 0 {
		return stands[i], 1, nil
	}
	from, base, most := 0, 8, 3
	if s[0] == 'x' {
		from, base, most = 1, 16, 3
	}
	end := from
	for end < len(s) && end < most && strings.IndexByte("0123456789abcdefABCDEF"[:base+base/16*6], s[end]) >= 0 {
		end++
	}
	n, err := strconv.ParseUint(s[from:end], base, 8)
	if err != nil {
		return 0, 0, fmt.Errorf(`\%c is not an escape`, []rune(s)[0])
	}
	return byte(n), end, nil
}

// duration reads a duration; a bare number is seconds. An empty one is none.
func duration(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	unit := ""
	if strings.Trim(text, "0123456789.") == "" {
		unit = "s"
	}
	d, err := time.ParseDuration(text + unit)
	if err != nil || d < 0 {
		return 0, usagef("--%s %q: not a duration", flag, text).withHint("say 500ms, 30s, 5m or 2h")
	}
	return d, nil
}
