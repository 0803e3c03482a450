package cmd

import (
	"errors"
	"fmt"
	"strings"

	"stoke/pkg/engine"
)

const (
	// mostAlike is how many errors of a kind are told one by one; the rest are counted.
	mostAlike = 5
	// mostKinds bounds how many kinds are told apart.
	mostKinds = 100
)

// repeats counts errors of items by their kind.
type repeats struct {
	kinds  []string // in the order in which they came
	counts map[string]int
}

// add counts an error, and reports whether it is to be told.
func (r *repeats) add(e *engine.ItemError) bool {
	kind := kindOf(e)
	n, known := r.counts[kind]
	switch {
	case r.counts == nil:
		r.counts = map[string]int{}
		fallthrough
	case !known && len(r.kinds) < mostKinds:
		r.kinds = append(r.kinds, kind)
	case !known:
		return true
	}
	r.counts[kind] = n + 1
	return n < mostAlike
}

// rest words what was not told.
func (r *repeats) rest() (lines []string) {
	for _, kind := range r.kinds {
		if n := r.counts[kind] - mostAlike; n > 0 {
			lines = append(lines, fmt.Sprintf("%s: ... and %d more like it", kind, n))
		}
	}
	return lines
}

// kindOf returns what an error has in common with others: what it says, less the item and the worker.
func kindOf(e *engine.ItemError) string {
	var (
		reported *engine.ReportedError
		died     *engine.DiedError
		timeout  *engine.TimeoutError
		large    *engine.TooLargeError
	)
	switch {
	case errors.As(e, new(*engine.NotJSONError)):
		return "items that are not JSON"
	case errors.As(e, &large):
		return "above --max-item"
	case errors.As(e, &died):
		return fmt.Sprintf("a worker died: %v", died.Exit)
	case errors.As(e, &timeout):
		return fmt.Sprintf("timed out after %v", timeout.Limit)
	case errors.As(e, &reported) && reported.TooLarge:
		return reported.Message + aboveLimit
	case errors.As(e, &reported):
		first, _, _ := strings.Cut(reported.Message, "\n")
		item := string(e.Item)
		return strings.NewReplacer("'"+item+"'", "'...'", `"`+item+`"`, `"..."`).Replace(first)
	}
	return e.Err.Error()
}
