package cmd

import (
	"testing"

	"stoke/pkg/engine"
)

// What is typed as a number is refused, or means something that a run can count with.

func FuzzHalt(f *testing.F) {
	for _, text := range []string{"never", "", "0", "-2", "50%", "now,fail=1", "soon,done=100%", "soon,success=9223372036854775807", "now,fail=0%", "later,fail=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := halt(text)
		checkUsage(t, text, err, "--halt")
		switch {
		case err != nil:
		case h == engine.Halt{}:
			if text != "never" && text != "" && text != "0" {
				t.Errorf("%q never stops", text)
			}
		case h.Count < 0, h.Share < 0, h.Share > 1, (h.Count > 0) == (h.Share > 0):
			t.Errorf("%q is %+v", text, h)
		}
	})
}

func FuzzSize(f *testing.F) {
	for _, text := range []string{"1", "64M", "1.5GiB", "600000T", "0x1p3", "-1", "1e3", "9223372036854775807", ".5K", "1_0", "KB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := size("max-item", text)
		checkUsage(t, text, err, "--max-item")
		if err == nil && (n < 1 || n > largestSize) {
			t.Errorf("%q is %d", text, n)
		}
	})
}

func FuzzDuration(f *testing.F) {
	for _, text := range []string{"", "1", "1.5", "30s", "2h45m", "-1s", "1e3s", "9999999999h", ".", "1µs", "+5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := duration("timeout", text)
		checkUsage(t, text, err, "--timeout")
		if d < 0 || err != nil && d != 0 {
			t.Errorf("%q is %v", text, d)
		}
		if again, err := duration("timeout", d.String()); err != nil || again != d {
			t.Errorf("%q is %v, and that is %v, %v", text, d, again, err)
		}
	})
}
