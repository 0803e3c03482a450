package journal

// Piece is a run of consecutive items that are finished.
type Piece struct {
	First  int64     // number of its first item, from 1
	N      int       // items, at least 1
	Input  Sum       // of its items, with their delimiters
	Failed []Failure // by Index
	Out    []byte    // all it prints; may be empty
}

// Failure is an item that failed.
type Failure struct {
	Index    int    // within the piece, from 0
	Item     []byte // with its delimiter, for --failed; need not be all of it
	Before   Sum    // of the piece's input up to this item
	Input    Sum    // of this item, with its delimiter
	Off, Len int    // where its output lies in that of the piece, in bytes
}

// Held is a finished piece whose turn to be written has not come. Its output lies in the journal.
// It becomes invalid with Place, Reopen and Close.
type Held struct {
	First  int64
	N      int
	Failed int // how many of the items have failed
	Input  Sum

	at         int64 // offset of its record in the journal
	data       int64 // offset of its output
	out        Sum
	generation int // of the journal: offsets hold within one
}

// Range is a run of consecutive items that are done.
type Range struct {
	First int64
	N     int
	Input Sum // of its items, with their delimiters
}

// end is the number of the item behind r.
func (r Range) end() int64 { return r.First + int64(r.N) }

// entry is a Piece without its output, as records have it.
type entry struct {
	Range
	out    Sum
	failed []Failure
}

func (p *Piece) entry() (entry, error) {
	e := entry{Range{p.First, p.N, p.Input}, SumOf(p.Out), p.Failed}
	if nonsense := e.nonsense(); nonsense != "" {
		return e, &PieceError{p.First, p.N, nonsense}
	}
	return e, nil
}

// huge is more than any number or length can be; two of them can be added.
const huge = 1 << 61

func (s Sum) sane() bool { return s.Len >= 0 && s.Len < huge && (s.Len > 0 || s.CRC == 0) }

// nonsense says what is wrong with e in itself; nothing if it is empty. That failed items and what lies between them
// leave no gaps is what lets segments cut them out.
func (e *entry) nonsense() string {
	if e.First < 1 || e.First >= huge || e.N < 1 || e.N >= huge {
		return "no such items"
	}
	if !e.Input.sane() || !e.out.sane() {
		return "impossible length"
	}
	var index int
	var input, off int64 // ends of the failed item before
	for i := range e.failed {
		f := &e.failed[i]
		if f.Index < index || f.Index >= e.N || f.Off < 0 || f.Len < 0 || f.Off >= huge || f.Len >= huge || !f.Before.sane() || !f.Input.sane() {
			return "failed items out of order or out of range"
		}
		end := f.Before.Len + f.Input.Len
		if f.Before.Len < input || end > e.Input.Len || int64(f.Off) < off || int64(f.Off+f.Len) > e.out.Len {
			return "the bytes of failed items overlap or exceed the piece"
		}
		if f.Index == index && (f.Before.Len != input || int64(f.Off) != off) {
			return "bytes that belong to no item"
		}
		index, input, off = f.Index+1, end, int64(f.Off+f.Len)
	}
	if len(e.failed) > 0 && index == e.N && (input != e.Input.Len || off != e.out.Len) {
		return "bytes that belong to no item"
	}
	return ""
}

// segment is a run of answered items within an entry.
type segment struct {
	Range
	off, len int64 // where their output lies in that of the entry
}

// segments returns the runs of items between those that failed.
func (e *entry) segments() (segments []segment) {
	var from Failure // pretends to end where the next segment begins
	for i := 0; i <= len(e.failed); i++ {
		to := Failure{Index: e.N, Before: e.Input, Off: int(e.out.Len)}
		if i < len(e.failed) {
			to = e.failed[i]
		}
		if n := to.Index - from.Index; n > 0 {
			r := Range{e.First + int64(from.Index), n, to.Before.After(from.Before)}
			segments = append(segments, segment{r, int64(from.Off), int64(to.Off - from.Off)})
		}
		from = Failure{Index: to.Index + 1, Before: to.Before.Then(to.Input), Off: to.Off + to.Len}
	}
	return segments
}

// join appends the entry f, whose items and output follow those of e.
func (e *entry) join(f entry) {
	for _, failed := range f.failed {
		failed.Index += e.N
		failed.Before = e.Input.Then(failed.Before)
		failed.Off += int(e.out.Len)
		e.failed = append(e.failed, failed)
	}
	e.N += f.N
	e.Input = e.Input.Then(f.Input)
	e.out = e.out.Then(f.out)
}

// FailedItem is an item that failed.
type FailedItem struct {
	Seq      int64  // its number
	Item     []byte // with its delimiter; valid until the next one is asked for
	Off, Len int64  // where in OUT.part, or OUT, its output lies, in bytes
}
