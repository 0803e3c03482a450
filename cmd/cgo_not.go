//go:build !cgo

package cmd

// fewestSpace is how much address space the Go runtime needs, in KiB as ulimit -v has it. Below 700,000 it ends before Main begins.
const fewestSpace, spaceHint = 800_000, ""
