package cmd

import (
	"errors"
	"testing"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/wire"
)

// What lies below knows no flags. Here their names are put into what it says, and what it says can still be told apart.
func TestInWords(t *testing.T) {
	other := errors.New("other")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&engine.TooLargeError{What: "it is", Size: 11, Limit: 10}, "it is 11 bytes, above --max-item (10 bytes)"},
		{&engine.ReportedError{Slot: 2, Message: "answer of 11 bytes", TooLarge: true}, "worker 2: answer of 11 bytes, above --max-item"},
		{&engine.ReportedError{Slot: 2, Message: "no such foo"}, "worker 2: no such foo"},
		{&wire.UnfitError{Holds: "a newline", Framing: "lines"}, "it contains a newline, which --framing lines cannot carry"},
		{&wire.UnfinishedError{TooLarge: true}, "its output ended in the middle of an answer: it is above --max-item already"},
		{&wire.UnfinishedError{Rest: `"a"`}, `its output ended in the middle of an answer: "a"`},
		{&engine.SilentError{Slot: 1, Pid: 9, For: time.Second}, "worker 1 (pid 9) has not answered for 1s; if it keeps its answers in a buffer, " +
			"make it flush (python3 -u, stdbuf -oL COMMAND), or give --feed-ahead"},
		{&engine.SilentError{Slot: 1, Pid: 9, For: time.Second, Printed: `"a"`}, `worker 1 (pid 9) has not answered for 1s, but has printed "a"`},
		{&engine.SilentError{Slot: 1, Pid: 9, For: time.Second, Printed: `"a"`, Promise: wire.OnePrompt},
			`worker 1 (pid 9) has not answered for 1s, but has printed "a"; the program prints exactly one prompt for each line that is sent, and no answer contains one`},
		{&engine.SilentError{Slot: 1, Pid: 9, Buffers: true}, "worker 1 (pid 9) has read all it was sent and keeps its answers in a buffer " +
			"until that is full or the input ends; to have each at once, make it flush (python3 -u, stdbuf -oL COMMAND)"},
		{&engine.DeafError{Within: time.Second}, "it was ready, but never read an item in 1s (--timeout)"},
		{engine.ErrHalted, "stopped early by --halt"},
		{other, "other"},
	} {
		got := inWords(tt.err)
		if got.Error() != tt.want || !errors.Is(got, tt.err) {
			t.Errorf("%#v: %q, want %q around it", tt.err, got, tt.want)
		}
	}
}
