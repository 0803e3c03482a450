// Package engine maps items through warm workers, in order: take, map, write. This page is the tour.
//
// In come a stream of items (package source), a way to start workers, and the Protocol that they speak; out go rendered answers to a
// sink (package queue), in input order. The way of one batch:
//
//  1. A runner, one goroutine for each worker slot, has room for more work and takes a batch (take.go): as many
//     consecutive items as package sizing allows. In the same critical section the batch gets its entry in the
//     queue of output (package queue). Order is by construction: there is no sequence map and no sort. A runner starts its worker when
//     it has taken its first batch, so three items never start eight workers (runner.go).
//  2. The runner's conversation with its worker (conversation.go) sends the batch: one write of contiguous bytes. It may
//     send more before the first batch is answered.
//  3. It collects answers into the oldest unfinished batch (collect.go): contiguous bytes, counted by their ends, with no
//     allocation and no channel operation for an item. Whole answers are rendered (render.go) and published to the batch's
//     entry in the queue at once, so that nothing waits for a batch to be complete.
//  4. The queue writes what its turn is, in a goroutine of its own. What waits behind a slow batch lies in memory up to a budget and
//     in a file beyond it, so that a straggler neither stops the others nor fills the memory.
//
// A batch belongs to one conversation at a time, from take until it is closed or goes back to the dispatch; only its output is
// shared, and that belongs to the queue. A worker belongs to one conversation, and a conversation to one goroutine at a time: its
// runner's, and when its successor is warm one of its own, in which it comes to its end. So there are no locks around either.
//
// Workers that are not warm. Nobody knows how long a start takes, or whether it comes to an end. So what a worker has before it
// reads is only lent to it (loan.go): the batch is still the dispatch's, and a warm worker with nothing to do gets it instead. It
// becomes the worker's own when that has begun to read.
//
// Slots that give up. A worker that cannot be started is nobody's fault: its slot tries again, with pauses that grow, and gives up
// alone after some starts in a row (runner.go). The other slots do its work. The run ends when none is left, or when it is certain
// that another start can do no better.
//
// Workers that hold answers back. Most filters flush when their output buffer is full, not for each line. A worker that
// sleeps in read with nothing left to read has consumed what it was sent: it is fed on, and the time it took counts for
// sizing just as answers would (attend.go). Another pure policy says when (silence.go).
//
// Workers that are lost. A pure policy (policy.go) says what becomes of the items that a lost worker had not answered
// (loss.go): they go back to the dispatch, ahead of fresh input, free, charged, or in pieces that are tried apart until the one
// that is to blame is alone. They keep their place in the queue.
//
// Retries in calm. An item whose worker the system has killed may only have lacked memory, because all workers were busy. Its
// last try is one while all the others are at rest (calm.go): nobody takes anything, and when all is answered it is taken alone.
//
// The end of workers. One whose input has ended and which has answered everything may take as long as it takes, and fails the run
// if it fails then (ending.go). Where they have code to run at their end they get the chance to also when the run fails.
//
// What happens is told as events of package event (observe.go): to whoever draws, counts, logs, or speaks to a person.
//
// What else workers speak is translated to escaped lines of package wire, one an answer (reply.go). A durable sink is told
// which items output is of, and items that an earlier run has finished are read past (record.go).
//
// Files point one way. At the top are engine.go and status.go; then runner.go; then a conversation (conversation.go, ending.go), what it
// does about silence and hears (attend.go, collect.go, reply.go), and the peer that it talks to (peer.go). All of these share a run
// (run.go), which has the dispatch (dispatch.go, take.go, lending.go). Below are models that know nothing of a run, with table
// tests of their own: what a worker has in hand (inflight.go), its stdin (stdin.go), how COMMAND buffers (buffering.go), the output
// that is no answer yet (reader.go), batches, loans, retries, and the two policies.
//
// A worker that breaks its protocol ends the run with a *ProtocolError, one that cannot be started with an *InitError.
package engine
