package wire

// The protocols that are a framing and no more: the worker reads each item in it, and writes one answer in it for each, in
// the same order. The framings are described in delimited.go and netstring.go.

import (
	"fmt"
	"strings"
)

// LineForLine is the promise of workers that answer in a framing.
const LineForLine Promise = "one answer, and nothing else, for each item that it reads"

// Plain is the protocol of workers that answer each item in the framing in which they read it.
func Plain(f Framing) Protocol { return Protocol{Framing: f, Promise: LineForLine} }

// framings are all of them. A new one is a row, and a file that describes it.
var framings = []struct {
	name    string
	framing Framing
}{{"lines", Lines}, {"nul", NUL}, {"netstring", Netstring}}

// Names are the names that ByName knows.
var Names = func() (names []string) {
	for _, f := range framings {
		names = append(names, f.name)
	}
	return names
}()

// ByName returns the protocol of that name.
func ByName(name string) (Protocol, error) {
	for _, f := range framings {
		if f.name == name {
			return Plain(f.framing), nil
		}
	}
	return Protocol{}, fmt.Errorf("unknown framing %q: use %s", name, strings.Join(Names, ", "))
}
