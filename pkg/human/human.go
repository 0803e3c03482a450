// Package human is how bytes, numbers and times are shown to people. It imports no other package of ours.
package human

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Or lists words of which one is to be chosen: a, b or c.
func Or(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Quote shows bytes in a message: quoted, and no more than the beginning. With partial there are more than those in any case.
func Quote(p []byte, partial bool) string {
	const most = 60
	if len(p) > most || partial {
		return fmt.Sprintf("%q...", p[:min(len(p), most)])
	}
	return fmt.Sprintf("%q", p)
}

// Plural writes n and the noun, with an s unless n is 1, as messages do: 1 item, 1200 items.
func Plural[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(int64(n), 10) + " " + noun + "s"
}

// Many does the same as reports do: 1 item, 1,200 items.
func Many[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Count writes n with a comma between groups of three digits.
func Count[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Span writes d with about three significant digits: 850 ns, 12.3 µs, 4.56 ms, 7.89 s, 12m34s, 5h06m, 3d04h.
func Span(d time.Duration) string {
	switch seconds := d.Seconds(); {
	case d < 0:
		return "-" + Span(-d)
	case d == 0:
		return "0 s"
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < 999500*time.Nanosecond:
		return Digits(seconds*1e6) + " µs"
	case d < 999500*time.Microsecond:
		return Digits(seconds*1e3) + " ms"
	case d < time.Minute:
		return Digits(seconds) + " s"
	}
	d = d.Round(time.Second)
	hours, minutes := int64(d/time.Hour), int64(d/time.Minute)%60
	switch {
	case hours == 0:
		return fmt.Sprintf("%dm%02ds", minutes, int64(d/time.Second)%60)
	case hours < 24:
		return fmt.Sprintf("%dh%02dm", hours, minutes)
	}
	return fmt.Sprintf("%sd%02dh", Count(hours/24), hours%24)
}

// Digits writes x with three significant digits, more where the whole part has more.
func Digits(x float64) string {
	switch {
	case x < 9.995:
		return fmt.Sprintf("%.2f", x)
	case x < 99.95:
		return fmt.Sprintf("%.1f", x)
	case x < 1e15:
		return Count(int64(x + 0.5))
	}
	return fmt.Sprintf("%.3g", x)
}
