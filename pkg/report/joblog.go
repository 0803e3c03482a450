package report

// A job log has GNU parallel's columns, separated by tabs, with a header line:
//
//	Seq Host Starttime JobRuntime Send Receive Exitval Signal Command
//
// One row tells of one item, in the order in which items were finished. Starttime is in seconds since 1970, JobRuntime in
// seconds, cut to milliseconds, Send and Receive in bytes. A row whose Exitval and Signal are 0 tells of success. The
// readers of such files (parallel's --resume and --resume-failed, spreadsheets, awk) work by line and by tab, so the
// Command, last, contains neither: where an item does, it is quoted as $'a\tb'.

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"time"

	"stoke/pkg/event"
	"stoke/pkg/output"
)

const joblogHeader = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

// Joblog writes a job log through a buffer. It is safe for concurrent use.
type Joblog struct {
	command []byte

	mu   sync.Mutex
	out  *bufio.Writer
	file *output.Deferred // nil if the writer is the caller's
	row  []byte           // reused
}

// newJoblog begins a job log on w, or with anew unset goes on with one.
func newJoblog(w io.Writer, command string, anew bool) *Joblog {
	j := &Joblog{command: oneLine(command), out: bufio.NewWriterSize(w, 64<<10)}
	if anew {
		_, _ = j.out.WriteString(joblogHeader) // bufio keeps the error
	}
	return j
}

// OpenJoblog begins a job log in the file at path, which it replaces. The command is the text that precedes the item in every row,
// already quoted for a shell. If resume is set and there is a job log already,
// it goes on with that: a last row that was cut off by a crash is removed, and rows are appended. A file that is not
// empty and no job log is an error then. The file stays as it is until Begin. Close closes it.
func OpenJoblog(path, command string, resume bool) (*Joblog, error) {
	keep := int64(0)
	if resume {
		var err error
		if keep, err = wholeRows(path); err != nil {
			return nil, fmt.Errorf("cannot go on with %s: %w", path, err)
		}
	}
	f, err := output.Defer(path, keep)
	if err != nil {
		return nil, err
	}
	j := newJoblog(f, command, keep == 0)
	j.file = f
	return j, nil
}

// Begin removes what was in the file, unless the job log goes on with that.
func (j *Joblog) Begin() error { return j.file.Begin() }

// wholeRows is where the last whole row of the job log at path ends; 0 if there is no header.
func wholeRows(path string) (int64, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	head := make([]byte, len(joblogHeader))
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, err
	}
	if !bytes.HasPrefix([]byte(joblogHeader), head[:n]) {
		return 0, errors.New("it is not a job log")
	}
	if n < len(head) {
		return 0, nil
	}
	return lastLineEnd(f)
}

// lastLineEnd is the offset behind the last newline of f, which has one.
func lastLineEnd(f *os.File) (int64, error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	for buf := make([]byte, 64<<10); end > 0; {
		start := max(end-int64(len(buf)), 0)
		part := buf[:end-start]
		if _, err := f.ReadAt(part, start); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return start + int64(i) + 1, nil
		}
		end = start
	}
	return 0, nil
}

// Tell is told what happens: of each item that was answered, too.
func (j *Joblog) Tell(e event.Event) {
	switch e := e.(type) {
	case *event.Answered:
		j.job(e.Seq, e.Item, e.Began, e.Took, len(e.Item), e.Received, 0, 0)
	case *event.Failed:
		j.job(e.Seq, e.Item, e.Began, e.Took, len(e.Item), 0, e.ExitVal, e.Signal)
	}
}

// job adds the row of one item. For an item that failed, exitval or signal must not be 0, or the row tells of success.
func (j *Joblog) job(seq int64, item []byte, began time.Time, took time.Duration, sent, received, exitval, signal int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := strconv.AppendInt(j.row[:0], seq, 10)
	b = append(b, "\t:\t"...)
	b = appendMillis(b, began.Round(time.Millisecond).UnixMilli(), 0)
	b = append(b, '\t')
	b = appendMillis(b, max(took, 0).Milliseconds(), 10)
	for _, n := range [...]int{sent, received, exitval, signal} {
		b = strconv.AppendInt(append(b, '\t'), int64(n), 10)
	}
	b = append(b, '\t')
	if len(j.command) > 0 {
		b = append(append(b, j.command...), ' ')
	}
	b = append(appendShell(b, item), '\n')
	_, _ = j.out.Write(b)
	if j.row = b; cap(b) > 1<<20 { // one huge item must not cost its memory for ever
		j.row = nil
	}
}

// Flush writes what is in the buffer: the caller calls it at least every second.
func (j *Joblog) Flush() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.Flush()
}

// Close writes what is in the buffer, and closes the file if OpenJoblog has opened it. It is called once.
func (j *Joblog) Close() error {
	err := j.Flush()
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
	}
	return err
}

// appendMillis appends a number of thousandths that is not negative, with three decimals, at least width bytes wide.
func appendMillis(b []byte, n int64, width int) []byte {
	whole := strconv.AppendInt(make([]byte, 0, 20), n/1000, 10)
	for range width - len(whole) - len(".000") {
		b = append(b, ' ')
	}
	b = append(append(b, whole...), '.')
	return append(b, '0'+byte(n/100%10), '0'+byte(n/10%10), '0'+byte(n%10))
}

// oneLine writes a command's line breaks and tabs as spaces, so that the row stays whole.
func oneLine(command string) []byte {
	line := []byte(command)
	for i, c := range line {
		if c == '\n' || c == '\t' || c == '\r' || c == 0 {
			line[i] = ' '
		}
	}
	return line
}

// appendShell appends the item as one word of a shell's language, quoted as parallel does it, but without a control
// character in it.
func appendShell(b, item []byte) []byte {
	plain, control := len(item) > 0, false
	for _, c := range item {
		plain = plain && bareword[c]
		control = control || c < ' ' || c == 0x7f
	}
	switch {
	case plain:
		return append(b, item...)
	case control:
		return appendANSI(b, item)
	}
	start := len(b)
	b = append(b, '\'')
	for _, c := range item {
		if c == '\'' {
			b = append(b, `'"'"'`...)
		} else {
			b = append(b, c)
		}
	}
	b = append(b, '\'')
	if len(item) == 0 {
		return b
	}
	word := bytes.TrimSuffix(bytes.TrimPrefix(b[start:], []byte("''")), []byte("''"))
	return append(b[:start], word...)
}

// bareword says which bytes need no quoting, as parallel has it.
var bareword = func() (safe [256]bool) {
	for _, c := range "-_.+/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		safe[c] = true
	}
	return safe
}()

// appendANSI quotes the item with $'...', which names control characters.
func appendANSI(b, item []byte) []byte {
	b = append(b, "$'"...)
	for _, c := range item {
		switch {
		case c == '\'' || c == '\\':
			b = append(b, '\\', c)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			b = append(b, c)
		}
	}
	return append(b, '\'')
}
