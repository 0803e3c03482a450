package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Identity says which run this is. A run is resumed only by one with the same identity.
type Identity struct {
	Unordered bool   // pieces are written in the order of finishing
	Facts     []Fact // whatever shapes the answers, in an order that does not change
}

// Fact is a named value: an input, a COMMAND, a flag. Of a private one, which may hold a password, only a digest is kept. A revisable one
// says only what failed items print: a run that differs by it alone is resumed, after Revise.
type Fact struct {
	Name, Value        string
	Private, Revisable bool
}

// kept is what a journal holds of the value.
func (f *Fact) kept() string {
	if !f.Private {
		return f.Value
	}
	sum := sha256.Sum256([]byte(f.Name + "\x00" + f.Value))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// facts returns all by which runs are told apart.
func (id *Identity) facts() []Fact {
	order := "as the input"
	if id.Unordered {
		order = "as finished"
	}
	return append([]Fact{{Name: "order of output", Value: order}}, id.Facts...)
}

// differences compares the facts that a journal holds with those of today.
func differences(then, now []Fact) (differs []Difference) {
	current := map[string]Fact{}
	for _, f := range now {
		current[f.Name] = f
	}
	known := map[string]bool{}
	for _, f := range then {
		known[f.Name] = true
		if is, ok := current[f.Name]; !ok || is.kept() != f.Value {
			differs = append(differs, difference(f, is))
		}
	}
	for _, f := range now {
		if !known[f.Name] {
			differs = append(differs, difference(Fact{Name: f.Name}, f))
		}
	}
	return differs
}

// difference compares a fact as a journal holds it with that of today.
func difference(then, now Fact) Difference {
	if now.Private {
		return Difference{Name: then.Name, Private: true}
	}
	return Difference{Name: then.Name, Then: then.Value, Now: now.Value, Revisable: now.Revisable}
}

// revisable reports whether two runs differ, and only by what failed items print.
func revisable(differs []Difference) bool {
	return len(differs) > 0 && !slices.ContainsFunc(differs, func(d Difference) bool { return !d.Revisable })
}
