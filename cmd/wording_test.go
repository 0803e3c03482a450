package cmd

import (
	"errors"
	"testing"

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
		{other, "other"},
	} {
		got := inWords(tt.err)
		if got.Error() != tt.want || !errors.Is(got, tt.err) {
			t.Errorf("%#v: %q, want %q around it", tt.err, got, tt.want)
		}
	}
}
