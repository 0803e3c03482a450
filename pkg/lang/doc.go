// Package lang holds the warm interpreters: what turns an expression, a few statements or the name of a function into a
// worker that starts once and answers item after item.
//
// In comes a Program: a language, the user's CODE, and what belongs to it (init, exit, arguments, the type of items).
// Out goes the command line of a worker and the variables of its environment. This package starts nothing, reads nothing
// and writes nothing to disk: for each language there is one small runner, an embedded file that opens with a description
// of the protocol it speaks. The runner travels in one variable of the environment, what the user wrote and defined in another,
// and the runner removes both: the command line says what the process is, "stoke worker 2".
//
// The runners speak one of two protocols on their stdio; Marked tells which.
//
// Escaped lines (python, node, perl, ruby): one line an item, one line an answer, in order; in a line a backslash is `\\`
// and a newline is `\n`. A backslash in front of anything else is a mark, alone on its line:
//
//	\#SEQ   to the runner: the number of the next item, decimal, from 1. Later items count up by themselves.
//	\ready  from the runner: init is done, items may come. "\ready mute" says besides that CODE can never give an answer.
//	\?TEXT  from the runner, instead of \ready: the user's text is at fault, and would be at every start. TEXT is escaped, has
//	        several lines, and shows where. The runner exits with AtFault.
//	\=JSON  from the runner: an answer that is JSON, not text; only if Program.MarkJSON says so. JSON is escaped.
//	\!TEXT  from the runner, instead of an answer: CODE raised. TEXT is escaped; behind a byte 0x1e follows where.
//
// Marked (bash, sh), where CODE writes to stdout as it likes: items and \#SEQ come as above, and in an item that is
// not UTF-8 \0NNN is the byte of that octal number: bash takes a newline for the rest of a character. What goes out is not escaped.
// RS is the byte 0x1e, NONCE a word that nobody else knows:
//
//	RS NONCE " ready\n"         init is done.
//	RS NONCE " ?" TEXT RS NONCE "\n"  the user's text is at fault, as above.
//	OUTPUT RS NONCE " STATUS\n" an answer: what CODE wrote, and its exit status, decimal. Not 0 means that the item failed.
//
// With both, the end of its input makes the runner run the exit code and leave with status 0. A worker that leaves earlier
// owes the answers of the items that it got.
package lang
