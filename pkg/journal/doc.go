// Package journal is the durable record of a run with -o OUT --resume: what was finished outlives kill -9 and power cuts.
//
// In come finished pieces, each a run of consecutive items with their rendered output; out go two files that this
// package owns, OUT.part, which becomes OUT at the end, and the journal OUT.stoke. A later Resume tells from them what
// is done, and Write, Hold and Place go on from there. The package knows nothing of workers, of rendering or of how the
// input is cut: items are numbers from 1, and their bytes are known by length and checksum only.
//
// The journal is one line that says which version it has, and then records, each appended by one write:
//
//	crc32c of all that follows (4 bytes) | length of the payload (4) | type (1) | payload
//
//	i  the identity of the run: names and values, or the digests of those that are private
//	w  a piece written: its items, the sums of its input and output, its failed items; its output is in OUT.part
//	h  a piece held, because an item before it was not finished: the same, and its output follows behind the record
//	p  a held piece placed: its output was copied to OUT.part
//	k  a checkpoint: so much of OUT.part has reached the disk
//	n  a note that the run has left for the next one: a name and a value
//	c  the run is complete, and OUT.part is to be renamed
//
// Numbers are little-endian. Output goes to OUT.part before its record is written, so a record that can be read speaks of
// output that was written, and after kill -9 nothing is lost that a call had returned for. After a power cut either file
// may lack, or hold garbage for, what was not synced: what lies before the last checkpoint must be there and match, else
// somebody has touched it; behind it, the first record that is not whole, or whose output is not, ends the journal.
//
// Whatever changes a journal other than by appending (completion, Reopen, Revise) writes a new one beside it, syncs it and
// renames it: OUT.part is cut to what the journal says afterwards, so the rename is the one moment at which all changes.
//
// On a real file system (Disk) all three are made and opened by way of package output: exclusively, never through a link, with the mode
// of OUT. Look tells what there is without any of that.
//
// A completed run leaves OUT and a small OUT.stoke. The same command with --resume then finds that there is nothing to
// do. A run that differs from the completed one, or finds OUT removed, starts afresh, as make wants it: OUT stays what it
// was until the new one replaces it. An OUT that was changed behind our back is refused rather than replaced.
package journal
