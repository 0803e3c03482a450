package cmd

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"stoke/pkg/engine"
	"stoke/pkg/progress"
	"stoke/pkg/report"
)

const (
	// drawEvery is how often the progress bar is drawn, flushEvery how often logs are written, metricsEvery the metrics.
	drawEvery    = 200 * time.Millisecond
	flushEvery   = time.Second
	metricsEvery = 15 * time.Second
)

// watching is what a person asked to see of a run, besides its answers.
type watching struct {
	stats           bool
	trace, metrics  string // files; "" for none
	joblog          string
	progress, quiet bool // forced, or forbidden; else it depends on the terminal
	toFile          bool // answers go to --output
}

// watch follows one run for those who watch it.
type watch struct {
	began    time.Time
	v        *voice
	stats    *report.Stats
	trace    *report.Trace
	traceTo  *os.File
	metrics  *report.Metrics
	joblog   *report.Joblog
	bar      *progress.Progress
	done     chan struct{}
	gone     chan struct{}
	failures []error
}

// startWatch opens what was asked for and makes the engine tell it.
func (o *options) startWatch(v *voice) (*watch, error) {
	w := &watch{began: time.Now(), v: v, done: make(chan struct{}), gone: make(chan struct{})}
	var fan report.Fan
	if o.watching.stats {
		w.stats = report.NewStats(w.began, o.jobs)
		fan = append(fan, w.stats)
	}
	if name := o.watching.trace; name != "" {
		f, err := os.Create(name)
		if err != nil {
			return nil, named("--trace", err)
		}
		w.traceTo, w.trace = f, report.NewTrace(f, w.began, "stoke "+quoteAll(o.words))
		fan = append(fan, w.trace)
	}
	if name := o.watching.metrics; name != "" {
		w.metrics = report.NewMetrics(name, "", w.began)
		if err := w.metrics.Write(); err != nil {
			return nil, named("--metrics", err)
		}
		fan = append(fan, w.metrics)
	}
	if name := o.watching.joblog; name != "" {
		var err error
		if w.joblog, err = report.OpenJoblog(name, quoteAll(o.words), o.resume); err != nil {
			return nil, named("--joblog", err)
		}
		o.engine.Job = w.joblog.Job
	}
	if len(fan) > 0 {
		o.engine.Observe = fan
	}
	if kind, wanted := o.watching.bar(); wanted {
		w.bar = progress.New(os.Stderr, progress.Options{Kind: kind, Width: terminalWidth, Background: inBackground})
		v.redirect(w.bar)
	}
	return w, nil
}

// bar decides whether progress is drawn, and how: on a terminal, unless answers go to one too, or if it was asked for.
func (o *watching) bar() (kind progress.Kind, wanted bool) {
	terminal := isTerminal(os.Stderr)
	if !terminal || os.Getenv("TERM") == "dumb" {
		kind = progress.Plain
	}
	return kind, !o.quiet && (o.progress || terminal && (o.toFile || !isTerminal(os.Stdout)))
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

func terminalWidth() int {
	size, err := unix.IoctlGetWinsize(int(os.Stderr.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// inBackground reports whether the terminal belongs to another process group, so that nothing should be drawn there.
func inBackground() bool {
	group, err := unix.IoctlGetInt(int(os.Stderr.Fd()), unix.TIOCGPGRP)
	return err == nil && group != unix.Getpgrp()
}

// follow keeps everything up to date until finish is called. in is the input, of which size bytes are to come, or 0.
func (w *watch) follow(e *engine.Engine, before int64, size int64) {
	go func() {
		defer close(w.gone)
		draw, flush, metrics := time.NewTicker(drawEvery), time.NewTicker(flushEvery), time.NewTicker(metricsEvery)
		defer draw.Stop()
		defer flush.Stop()
		defer metrics.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-draw.C:
				w.draw(e, before, size)
			case <-flush.C:
				w.flush()
			case <-metrics.C:
				if w.metrics != nil {
					w.keep("--metrics", w.metrics.Write())
				}
			}
		}
	}()
}

func (w *watch) draw(e *engine.Engine, before, size int64) {
	if w.bar == nil {
		return
	}
	s := e.Status()
	snapshot := progress.Snapshot{Elapsed: time.Since(w.began), Answered: before + s.Answered, Failed: s.Failed, Retried: s.Retried,
		Done: s.BytesDone, Bytes: size, Workers: s.Workers, Warming: s.Warming}
	if s.Waiting > 0 {
		snapshot.Waiting = progress.Waiting{Seq: s.Waiting, Item: s.Item, Slot: s.Slot, For: s.For}
	}
	w.bar.Update(snapshot)
}

func (w *watch) flush() {
	if w.trace != nil {
		w.keep("--trace", w.trace.Flush())
	}
	if w.joblog != nil {
		w.keep("--joblog", w.joblog.Flush())
	}
}

// keep remembers an error of a file that is only watched with: it must not end the run, but must be told in the end.
func (w *watch) keep(flag string, err error) {
	if err != nil && len(w.failures) == 0 {
		w.failures = append(w.failures, named(flag, err))
	}
}

// finish ends the watch of a run with that exit status. An error says that a file could not be written.
func (w *watch) finish(e *engine.Engine, before, size int64, status int) error {
	close(w.done)
	<-w.gone
	now := time.Now()
	if w.bar != nil {
		w.draw(e, before, size)
		w.bar.Finish(true)
		w.v.redirect(os.Stderr)
	}
	if w.trace != nil {
		w.keep("--trace", w.trace.Close())
		w.keep("--trace", w.traceTo.Close())
	}
	if w.joblog != nil {
		w.keep("--joblog", w.joblog.Close())
	}
	if w.metrics != nil {
		w.keep("--metrics", w.metrics.Finish(now, status))
	}
	if w.stats != nil {
		fmt.Fprint(w.v, w.stats.Text(now))
	}
	if len(w.failures) > 0 {
		return w.failures[0]
	}
	return nil
}
