package cmd

import (
	"io"
	"sync"

	"stoke/pkg/event"
	"stoke/pkg/output"
	"stoke/pkg/report"
)

// records are the files that tell of a run, besides its answers. What an earlier run has left in them stays until this one
// has begun, which one whose COMMAND is not found never does: a worker is warm, an item is done, or all is done.
type records struct {
	files []record
	once  sync.Once
	began chan struct{} // closed by begin
}

// record is one of them. An error of Begin comes again from Close, which may be called again.
type record struct {
	flag string
	file interface {
		Begin() error
		Close() error
	}
}

func newRecords() *records { return &records{began: make(chan struct{})} }

// file opens one that is written anew.
func (r *records) file(flag, name string) (*output.Deferred, error) {
	f, err := output.Defer(name, 0)
	if err != nil {
		return nil, named(flag, err)
	}
	r.files = append(r.files, record{flag, f})
	return f, nil
}

// failed opens the file for failed items; nil if none is wanted.
func (r *records) failed(name string) (io.Writer, error) {
	if name == "" {
		return nil, nil
	}
	f, err := r.file("--failed", name)
	return f, err
}

// joblog opens the job log, to go on with it if resume is set.
func (r *records) joblog(name, command string, resume bool) (*report.Joblog, error) {
	j, err := report.OpenJoblog(name, command, resume)
	if err != nil {
		return nil, named("--joblog", err)
	}
	r.files = append(r.files, record{"--joblog", j})
	return j, nil
}

// begin says that the run has begun.
func (r *records) begin() {
	r.once.Do(func() {
		for _, f := range r.files {
			_ = f.file.Begin()
		}
		close(r.began)
	})
}

// tell begins when the run has begun.
func (r *records) tell(e event.Event) {
	if _, begun := e.(*event.Begun); begun {
		r.begin()
	}
}

// begun reports whether that was said.
func (r *records) begun() bool {
	select {
	case <-r.began:
		return true
	default:
		return false
	}
}

// close closes them all, and leaves them as they were if the run has not begun. The error is that of the first one that could not
// be written.
func (r *records) close() (err error) {
	for _, f := range r.files {
		if e := f.file.Close(); err == nil {
			err = named(f.flag, e)
		}
	}
	return err
}
