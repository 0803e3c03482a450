package progress

import (
	"io"
	"strings"

	"github.com/schollz/progressbar/v3"
)

// whole is how finely the bar is divided: so finely that one step more is not seen, but makes 29 of 100 no 28.99 %.
const whole = 100_000

// bar draws bars and spinners of any width. It draws into strings, never on a terminal: what goes there is a line of
// which the bar is but a part, and must not be interrupted. The zero value is ready to use.
type bar struct {
	bars    map[int]*progressbar.ProgressBar // by width; used where part has not gone back
	drawn   map[int]int64
	spinner *progressbar.ProgressBar
	spun    string
}

// show is the bar between brackets, and the percentage before it, for the given part of the whole.
func (b *bar) show(width int, part float64) string {
	if b.bars == nil {
		b.bars, b.drawn = map[int]*progressbar.ProgressBar{}, map[int]int64{}
	}
	at := int64(part*whole + .5)
	if 0 < at && part < 1 {
		at = min(at+1, whole-1)
	}
	if b.bars[width] == nil || at < b.drawn[width] {
		b.bars[width] = progressbar.NewOptions64(whole, quiet(progressbar.OptionSetWidth(width))...)
	}
	b.drawn[width] = at
	p := b.bars[width]
	_ = p.Set64(at)     // fails beyond the whole only
	_ = p.RenderBlank() // draws whatever there is, into nowhere
	return strings.TrimRight(strings.TrimPrefix(p.String(), "\r"), " ")
}

// turn moves the spinner on by one step.
func (b *bar) turn() {
	if b.spinner == nil {
		b.spinner = progressbar.NewOptions64(-1, quiet(progressbar.OptionSpinnerCustom([]string{"|", "/", "-", `\`}))...)
	}
	_ = b.spinner.RenderBlank()
	b.spun = strings.TrimSpace(b.spinner.String())
}

// quiet are the options of a bar that draws nothing but itself, into a string, and when it is told to.
func quiet(more progressbar.Option) []progressbar.Option {
	return []progressbar.Option{
		progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0), progressbar.OptionSetTheme(progressbar.ThemeASCII), more,
	}
}
