// Package report turns what happens in a run into what people and machines read about it afterwards.
//
// In come the events of package event: workers started, items answered, failed, tried again, workers gone. Out go a summary for a
// person (stats.go), a trace for a timeline viewer (trace.go), a metrics file for a monitoring system (metrics.go) and a job log
// with a row for every single item (joblog.go), each by a type with a method Tell.
//
// The caller owns the clock, the files and the rhythm: nothing here starts a goroutine, and what has to be written from
// time to time is written when the caller says so. Every Tell is safe for concurrent use.
package report

import (
	"fmt"
	"time"
)

// process tells workers apart: a slot has two while a recycled worker's successor warms up.
type process struct{ slot, pid int }

// count writes n with a comma between groups of three digits.
func count(n int64) string {
	digits := fmt.Sprint(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// plural writes n and the noun, with an s unless n is 1.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// span writes d with about three significant digits: 850 ns, 12.3 µs, 4.56 ms, 7.89 s, 12m34s, 5h06m, 3d04h.
func span(d time.Duration) string {
	switch seconds := d.Seconds(); {
	case d < 0:
		return "-" + span(-d)
	case d == 0:
		return "0 s"
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < 999500*time.Nanosecond:
		return digits3(seconds*1e6) + " µs"
	case d < 999500*time.Microsecond:
		return digits3(seconds*1e3) + " ms"
	case d < time.Minute:
		return digits3(seconds) + " s"
	}
	d = d.Round(time.Second)
	hours, minutes := int64(d/time.Hour), int64(d/time.Minute)%60
	switch {
	case hours == 0:
		return fmt.Sprintf("%dm%02ds", minutes, int64(d/time.Second)%60)
	case hours < 24:
		return fmt.Sprintf("%dh%02dm", hours, minutes)
	}
	return fmt.Sprintf("%sd%02dh", count(hours/24), hours%24)
}

// digits3 writes x with three significant digits, more where the whole part has more.
func digits3(x float64) string {
	switch {
	case x < 9.995:
		return fmt.Sprintf("%.2f", x)
	case x < 99.95:
		return fmt.Sprintf("%.1f", x)
	case x < 1e15:
		return count(int64(x + 0.5))
	}
	return fmt.Sprintf("%.3g", x)
}
