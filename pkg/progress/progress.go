// Package progress shows a person how a run is getting on, on the last line of a terminal.
//
// In come snapshots of the run's counters, a few times a second, and what else is to be seen on the terminal: messages and the
// workers' stderr. Out goes all of it to the terminal, which this package owns for as long as the run lasts: what scrolls by
// scrolls above the bar. Where the terminal cannot erase, or there is none, progress is a plain line now and then.
//
// The package has no clock, goroutine or knowledge of terminals of its own: the caller says what the terminal is, how wide
// it is at the moment, and when to draw.
package progress

import (
	"bytes"
	"io"
	"sync"
	"time"

	"stoke/pkg/human"
)

// Kind is what a Progress may do to where it writes.
type Kind int

const (
	// Terminal understands the usual escape sequences: the bar is drawn in place.
	Terminal Kind = iota
	// Plain is anything else: TERM=dumb, a file. Nothing is erased, no escape sequence is written, and progress is
	// a line every Interval.
	Plain
	// Silent draws nothing: it is for who asks now and then, with Words.
	Silent
)

// Interval is the time between two lines of plain progress.
const Interval = 10 * time.Second

// Options say what a Progress is drawn on. The functions must be quick and must not write to the Progress.
type Options struct {
	Kind Kind
	// Width is the number of columns, asked for at every drawing, so that a resized terminal is noticed. If it is nil or
	// returns less than 1, there are 80. Plain lines may have any length.
	Width func() int
	// Background reports that the terminal belongs to another process group at the moment, so that nothing should be
	// drawn; nil means never. Messages are written all the same.
	Background func() bool
	// WarmUp draws nothing but that workers warm up, and Finish leaves nothing of it.
	WarmUp bool
}

const (
	// erase takes away all rows that a resize has made of the bar. Its first row goes separately: some terminals put
	// what they erase from the very top of the screen into the history.
	erase     = "\r\x1b[K\x1b[J"
	unwrapped = "\x1b[?7l" // a line that turns out too long is cut, not continued on the next row
	wrapped   = "\x1b[?7h"
	uncolored = "\x1b[0m"
)

// A Progress is an io.Writer for all messages while it is drawing. It is safe for concurrent use.
type Progress struct {
	to      io.Writer
	options Options

	mu       sync.Mutex
	view     view
	updated  bool          // the view knows of a run
	shown    time.Duration // plain: when the last line was written
	drawn    bool          // the bar is on the terminal, and the cursor at its start
	midline  bool          // what was written last has not ended its line, so the bar stays away
	finished bool
	buf      []byte // reused
	composed string // the line of last, for a bar of that many columns
	columns  int    // 0 if composed is out of date
}

// New returns a Progress that draws on w, and nothing before the first Update.
func New(w io.Writer, options Options) *Progress {
	return &Progress{to: w, options: options, view: view{warmUp: options.WarmUp, asked: options.Kind == Silent}}
}

// Write writes messages: whole lines, as they are, above the bar, in one write, so that nobody sees a moment without a bar. While
// the last line written lacks its end, there is no bar. After Finish p just goes through.
func (p *Progress) Write(text []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(text) == 0 {
		return 0, nil
	}
	head, line := "", ""
	if p.drawn {
		head = erase
	}
	p.midline = text[len(text)-1] != '\n'
	if p.visible() && !p.midline {
		line = p.line()
		if line != "" && bytes.IndexByte(text, '\x1b') >= 0 {
			line = uncolored + line
		}
	}
	p.drawn = line != ""
	p.buf = append(append(append(p.buf[:0], head...), text...), line...)
	n, err = p.to.Write(p.buf)
	return min(max(n-len(head), 0), len(text)), err
}

// Observe takes note of a state of the run that is not shown, so that the first line knows a rate.
func (p *Progress) Observe(s Snapshot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.pace.observe(s)
}

// Update shows the state of the run. It is called by one goroutine, ten times a second at most.
func (p *Progress) Update(s Snapshot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.finished {
		return
	}
	p.view.pace.observe(s)
	p.view.last, p.updated, p.columns = s, true, 0
	switch {
	case p.midline, p.options.Kind == Silent:
	case p.options.Kind == Plain:
		if s.Elapsed-p.shown >= Interval {
			p.shown = s.Elapsed
			p.draw("stoke: " + p.view.plain(false) + "\n")
		}
	case !p.visible():
		p.drawn = false
	default:
		p.view.bar.turn()
		line := p.line()
		p.draw(line)
		p.drawn = line != ""
	}
}

// Words says how the run is getting on, in the words of a bar and with more of them.
func (p *Progress) Words() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	words := p.view.plain(false)
	if n := p.view.last.Workers; n > 0 {
		words += ", " + human.Many(n, "worker")
	}
	return words
}

// Finish ends the drawing: with keep, the bar stays as a line of its own that says how the run has ended; without, it
// disappears. Further calls do nothing.
func (p *Progress) Finish(keep bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.finished {
		return
	}
	keep = keep && !p.options.WarmUp
	switch {
	case p.options.Kind == Plain:
		if keep && p.shown > 0 && !p.midline { // who has seen lines gets to know the end of it
			p.draw("stoke: " + p.view.plain(true) + "\n")
		}
	case keep && p.visible() && !p.midline:
		p.draw("\r" + p.view.compose(p.room(), true) + "\x1b[J\n")
	case p.drawn:
		p.draw(erase)
	}
	p.finished, p.drawn = true, false
}

// visible reports whether there is a bar to be seen at all.
func (p *Progress) visible() bool {
	return p.options.Kind == Terminal && p.updated && !p.finished && !(p.options.Background != nil && p.options.Background())
}

// room is how many columns the bar may fill. The last one stays free: there terminals differ in what comes next.
func (p *Progress) room() int {
	width := 0
	if p.options.Width != nil {
		width = p.options.Width()
	}
	if width < 1 {
		width = 80
	}
	return width - 1
}

// line is what draws the bar over the current line. The cursor goes back to the start: when the terminal is resized, it
// stays with the first of the rows that the bar is broken into.
func (p *Progress) line() string {
	if room := p.room(); room != p.columns {
		p.composed, p.columns = "\r"+unwrapped+p.view.compose(room, false)+"\x1b[J"+wrapped+"\r", room
	}
	return p.composed
}

// draw writes what is not anyone's message. That the terminal is gone is for those to find out who have something to say.
func (p *Progress) draw(s string) {
	if s != "" {
		_, _ = io.WriteString(p.to, s)
	}
}
