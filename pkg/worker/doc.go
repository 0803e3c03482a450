// Package worker is one warm process: start, warm up, send, receive, stop; how it died and its last words.
//
// In come a Command and bytes for its stdin; out come the bytes of its stdout, exactly as written, and in the end an
// Exit. What the bytes mean is not known here: see package wire.
//
// A Worker belongs to one goroutine, which owns the loop of Send and Exchange; only Ring may be called from others.
// Exchange is a poll(2) of both pipes at once, because a worker whose stdout is full stops reading its stdin. Behind
// every Worker stand two small goroutines: one drains stderr, always, and one waits for the process to end.
//
// Every worker leads a session and process group of its own, so that a terminal's Ctrl-C does not reach it behind our
// back and so that it can be killed with its children. On Linux the kernel kills it when stoke dies, by whatever means, and
// stoke is a subreaper: what descends from a worker stays below stoke, to be killed with it and reaped (tree.go).
//
// What only the host of a process can see, such as whether it sleeps in read, lies behind build tags and is optional:
// a worker on another machine is the same Worker behind another argv.
package worker
