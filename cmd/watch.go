package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/event"
	"stoke/pkg/output"
	"stoke/pkg/progress"
	"stoke/pkg/report"
	"stoke/pkg/source"
)

const (
	// Nothing is drawn of a run that takes less than quick. Of a longer one, up to countable bytes of input are read once
	// more, in order to know how many items there are.
	quick     = time.Second
	countable = 256 << 20
	// drawEvery is how often the progress bar is drawn, flushEvery how often logs are written, metricsEvery the metrics.
	drawEvery    = 200 * time.Millisecond
	flushEvery   = time.Second
	metricsEvery = 15 * time.Second
)

// watch follows one run for those who watch it.
type watch struct {
	began    time.Time
	v        *voice
	stats    *report.Stats
	trace    *report.Trace
	records  *records
	metrics  *report.Metrics
	joblog   *report.Joblog
	bar      *progress.Progress
	asked    *progress.Progress // for who sends SIGUSR1
	tells    []event.Tell
	count    func()       // counts items, or nil; called once
	items    atomic.Int64 // how many there are; 0 if that is not known
	engine   *engine.Engine
	before   engine.Summary // what an earlier run has done
	size     int64
	done     chan struct{}
	gone     chan struct{}
	failures []error
}

// startWatch opens what was asked for. The engine is to tell what there is in tells.
func startWatch(p *plan, in *os.File, rec *records, v *voice) (*watch, error) {
	w := &watch{began: time.Now(), v: v, records: rec, asked: progress.New(io.Discard, progress.Options{Kind: progress.Silent}), done: make(chan struct{}), gone: make(chan struct{})}
	w.tells = append(w.tells, rec.tell, telling(p, v))
	if p.watching.stats {
		w.stats = report.NewStats(w.began, p.worker.Jobs)
		w.tells = append(w.tells, w.stats.Tell)
	}
	if name := p.watching.trace; name != "" {
		f, err := rec.file("--trace", name)
		if err != nil {
			return nil, err
		}
		w.trace = report.NewTrace(f, w.began, "stoke "+quoteAll(p.words))
		w.tells = append(w.tells, w.trace.Tell)
	}
	if name := p.watching.metrics; name != "" {
		if err := output.CanReplace(name); err != nil {
			return nil, named("--metrics", err)
		}
		w.metrics = report.NewMetrics(name, w.began)
		w.tells = append(w.tells, w.metrics.Tell)
	}
	if name := p.watching.joblog; name != "" {
		var err error
		if w.joblog, err = rec.joblog(name, quoteAll(p.words), p.resume); err != nil {
			return nil, err
		}
		w.tells = append(w.tells, w.joblog.Tell)
	}
	startDrawing(p, w, in)
	return w, nil
}

// startDrawing prepares what is drawn on the terminal, and says what stoke waits for where a person is to type it.
func startDrawing(p *plan, w *watch, in *os.File) {
	s := look(p)
	if s.input && s.screen {
		w.v.note("reading items from the terminal; end with Ctrl-D")
	}
	kind, what := p.watching.drawn(s)
	if what == nothing {
		return
	}
	w.bar = progress.New(os.Stderr, progress.Options{Kind: kind, Width: terminalWidth, Background: inBackground, WarmUp: what == warmUp})
	w.v.redirect(w.bar)
	if what == warmUp {
		w.tells = append(w.tells, w.tellWarm)
		return
	}
	if size := sizeOf(in); size > 0 && size <= countable {
		at, _ := in.Seek(0, io.SeekCurrent) // sizeOf has done the same
		w.count = func() {
			if n, err := source.Count(io.NewSectionReader(in, at, size), p.delimiter); err == nil {
				w.items.Store(n)
			}
		}
	}
}

// tellWarm takes the line away that says that workers warm up, before the first answer is written.
func (w *watch) tellWarm(e event.Event) {
	if _, warm := e.(*event.Warm); warm {
		w.bar.Finish(false)
	}
}

// follow keeps everything up to date until finish is called. Of the items that e is to work on, an earlier run has done some;
// size is how many bytes of input are to come, or 0.
func (w *watch) follow(e *engine.Engine, before engine.Summary, size int64) {
	w.engine, w.before, w.size = e, before, size
	w.asked.Update(w.snapshot())
	w.draw() // nothing yet, but the rate counts from here
	go func() {
		defer close(w.gone)
		draw, flush, metrics := time.NewTicker(drawEvery), time.NewTicker(flushEvery), time.NewTicker(metricsEvery)
		defer draw.Stop()
		defer flush.Stop()
		defer metrics.Stop()
		began := w.records.began
		for {
			select {
			case <-w.done:
				return
			case <-draw.C:
				w.draw()
			case <-flush.C:
				w.flush()
			case <-began:
				began = nil
				w.measure()
			case <-metrics.C:
				w.measure()
			}
		}
	}()
}

// snapshot is how far the run is now.
func (w *watch) snapshot() progress.Snapshot {
	s := w.engine.Status()
	snapshot := progress.Snapshot{Elapsed: time.Since(w.began), Retried: s.Retried,
		Answered: w.before.Answered + s.Answered, Failed: w.before.Failed + s.Failed,
		Items: max(s.Items, w.items.Load()), Done: s.BytesDone, Bytes: w.size, Workers: s.Workers, Warming: s.Warming}
	if s.Waiting > 0 {
		snapshot.Waiting = progress.Waiting{Seq: s.Waiting, Item: s.Item, Slot: s.Slot, For: s.For}
	}
	return snapshot
}

func (w *watch) draw() {
	if w.bar == nil {
		return
	}
	if time.Since(w.began) < quick {
		w.bar.Observe(w.snapshot())
		return
	}
	if w.count != nil {
		go w.count()
		w.count = nil
	}
	w.bar.Update(w.snapshot())
}

// naming is how long it may take to find out whether a worker has begun, and what an item is that has been in work for a
// while.
const naming = 50 * time.Millisecond

// tell says how far the run has come.
func (w *watch) tell() {
	s := w.snapshot()
	if s.Warming > 0 || s.Waiting.Seq > 0 && s.Waiting.Item == "" {
		<-time.After(naming)
		s = w.snapshot()
	}
	w.asked.Update(s)
	w.v.say("status", w.asked.Words())
}

func (w *watch) flush() {
	w.asked.Update(w.snapshot())
	if w.trace != nil {
		w.keep("--trace", w.trace.Flush())
	}
	if w.joblog != nil {
		w.keep("--joblog", w.joblog.Flush())
	}
}

// measure writes the metrics of a run that has begun.
func (w *watch) measure() {
	if w.metrics != nil && w.records.begun() {
		w.keep("--metrics", w.metrics.Write())
	}
}

// keep remembers an error of a file that is only watched with: it must not end the run, but must be told in the end.
func (w *watch) keep(flag string, err error) {
	if err != nil && len(w.failures) == 0 {
		w.failures = append(w.failures, named(flag, err))
	}
}

// finish ends the watch of a run with that exit status. An error says that a file could not be written.
func (w *watch) finish(status int) error {
	close(w.done)
	<-w.gone
	now := time.Now()
	if w.bar != nil {
		w.draw()
		w.bar.Finish(true)
		w.v.redirect(os.Stderr)
	}
	if w.trace != nil {
		w.keep("--trace", w.trace.Close())
	}
	if err := w.records.close(); err != nil {
		w.failures = append(w.failures, err)
	}
	if w.metrics != nil && w.records.begun() {
		w.keep("--metrics", w.metrics.Finish(now, status))
	}
	if w.stats != nil {
		fmt.Fprint(w.v, w.stats.Text(now, !showsUTF8()))
	}
	if len(w.failures) > 0 {
		return w.failures[0]
	}
	return nil
}

// interrupted completes what is said of a run that a signal ended: how far it came, and how it goes on.
func (w *watch) interrupted(err error, told *interruption, p *plan, out *answers) error {
	ended := new(signalled)
	if told == nil || !errors.As(err, &ended) {
		return err
	}
	s := w.snapshot()
	done := s.Answered + s.Failed
	text := countItems(done, "", "") + " done"
	if s.Items > 0 {
		text = fmt.Sprintf("%d of %s done", done, countItems(s.Items, "", ""))
	}
	switch finished := done - w.before.Answered - w.before.Failed - told.done; {
	case told.cut:
		text += ", what was in flight was cut off"
	case finished > 0:
		text += fmt.Sprintf(", %d in flight finished", finished)
	}
	left := &signalled{signal: ended.signal, left: text}
	switch {
	case p.resume:
		left.left += "; the same command goes on from there"
	case out.part != nil:
		left.hint = "with --resume, the same command would go on from there"
	}
	return left
}
