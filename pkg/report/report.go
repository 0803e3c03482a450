// Package report turns what happens in a run into what people and machines read about it afterwards.
//
// In come the events of package event: workers started, items answered, failed, tried again, workers gone. Out go a summary for a
// person (stats.go), a trace for a timeline viewer (trace.go), a metrics file for a monitoring system (metrics.go) and a job log
// with a row for every single item (joblog.go), each by a type with a method Tell.
//
// The caller owns the clock, the files and the rhythm: nothing here starts a goroutine, and what has to be written from
// time to time is written when the caller says so. Every Tell is safe for concurrent use.
package report

// process tells workers apart: a slot has two while a recycled worker's successor warms up.
type process struct{ slot, pid int }
