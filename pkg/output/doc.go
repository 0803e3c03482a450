// Package output knows the files of a run: which file a name stands for, and how one comes to its place.
//
// A Place (place.go) is what a name stands for now: a file, known by its device and inode, or a name in a directory where
// there is nothing yet. Two names are one file if their places are the same, however they are spelled. Conflict (roles.go)
// finds two uses of one file before anything is opened for writing.
//
// A Target (target.go) is a file that is replaced in one step, when it is complete. It grows beside its place, in a file that
// is made exclusively, is never reached through a link and never taken over from another user, with the mode and the owner
// of what it will replace. Part (part.go) is such a file, locked against other runs; Replace writes a small one at once.
// A journal keeps its files the same way, by way of Target.Open and Target.Settle.
package output
