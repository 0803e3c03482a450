//go:build cgo

package cmd

// fewestSpace is how much address space this program, built with cgo, needs, in KiB as ulimit -v has it: each thread of the C library
// reserves a stack and a heap of its own.
const fewestSpace, spaceHint = 2_000_000, ", or build stoke with CGO_ENABLED=0, which needs 800000"
