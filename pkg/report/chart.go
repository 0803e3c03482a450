package report

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"stoke/pkg/human"
)

// glyphs are what charts are drawn with.
type glyphs struct {
	full  string   // a cell of a bar
	parts []string // the beginnings of a cell, the thinnest first
	axis  string
	gap   string // rows left out
	init  string // a cell of a worker that warms up
	idle  string // of one that waits
	micro string // the sign of micro
}

var (
	drawn = glyphs{"█", []string{"▏", "▎", "▍", "▌", "▋", "▊", "▉"}, "│", "⋮", "░", "·", "µ"}
	plain = glyphs{"#", []string{"."}, "|", ":", "+", ".", "u"}
)

// bar is a bar of so many cells, with something to be seen of whatever is more than nothing.
func (g *glyphs) bar(cells float64) string {
	steps := len(g.parts) + 1
	n := int(cells*float64(steps) + .5)
	if cells > 0 {
		n = max(n, 1)
	}
	text := strings.Repeat(g.full, n/steps)
	if rest := n % steps; rest > 0 {
		text += g.parts[rest-1]
	}
	return text
}

// scales divide the powers of ten ever more coarsely, each at numbers that are easy to read.
var scales = [][]float64{
	{1, 1.12, 1.25, 1.4, 1.6, 1.8, 2, 2.24, 2.5, 2.8, 3.15, 3.55, 4, 4.5, 5, 5.6, 6.3, 7.1, 8, 9},
	{1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8}, {1, 1.6, 2.5, 4, 6.3}, {1, 2, 5}, {1},
}

const (
	// mostRows is how many rows a distribution may have.
	mostRows = 14
	// barCells is how long its longest bar is, so that a row has 80 columns at most.
	barCells = 44
)

// row is how many durations lie between its bound and that of the next row. One without any stands for all that are left out.
type row struct {
	at    int // its place in the scale
	from  time.Duration
	n     int64
	marks string // the quantiles among them
}

// rows is the distribution in the finest scale that does not need too many rows.
func (h *histogram) rows() (rows []row) {
	for _, scale := range scales {
		if rows = h.divide(scale); len(rows) <= mostRows {
			break
		}
	}
	return rows
}

// divide counts durations between the bounds of a scale.
func (h *histogram) divide(scale []float64) (rows []row) {
	last := math.MinInt
	for i, n := range h.counts {
		if n == 0 {
			continue
		}
		at, from := place(scale, i)
		if at > last+1 && last > math.MinInt {
			rows = append(rows, row{})
		}
		if at > last {
			rows = append(rows, row{at: at, from: from})
		}
		rows[len(rows)-1].n += n
		last = at
	}
	for _, q := range []struct {
		name string
		at   float64
	}{{"p50", .50}, {"p95", .95}, {"p99", .99}} {
		at, _ := place(scale, bucket(h.quantile(q.at)))
		for i := len(rows) - 1; i >= 0; i-- {
			if rows[i].n > 0 && (rows[i].at <= at || i == 0) {
				rows[i].marks += " " + q.name
				break
			}
		}
	}
	return rows
}

// place is the number of the row that a bucket falls into, and the bound at which that row begins. A bucket that contains the
// bound is above it: who sleeps for 100 ms takes a little longer.
func place(scale []float64, bucket int) (at int, from time.Duration) {
	d := max(float64(middle(bucket)), (float64(middle(bucket))+float64(middle(bucket+1)))/2, 1)
	digits := int(math.Floor(math.Log10(d)))
	power := math.Pow10(digits)
	i := max(sort.Search(len(scale), func(i int) bool { return scale[i]*power > d })-1, 0)
	return digits*len(scale) + i, time.Duration(scale[i]*power + .5)
}

// distribution draws how long items took, in one bar for each stretch of time on a logarithmic scale.
func distribution(text *strings.Builder, h *histogram, g *glyphs) {
	rows := h.rows()
	if len(rows) < 2 {
		return
	}
	most := int64(0)
	for _, r := range rows {
		most = max(most, r.n)
	}
	for _, r := range rows {
		if r.n == 0 {
			fmt.Fprintf(text, "%10s\n", g.gap)
			continue
		}
		bar := g.bar(float64(r.n) / float64(most) * barCells)
		pad := strings.Repeat(" ", max(barCells-len([]rune(bar)), 0))
		line := fmt.Sprintf("%9s %s%s%s %7s %4s%s", human.Span(r.from), g.axis, bar, pad, brief(r.n), percent(r.n, h.total), r.marks)
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// percent is n as a share of all.
func percent(n, all int64) string {
	switch share := 100 * float64(n) / float64(all); {
	case share < 1:
		return "<1%"
	case n < all:
		return fmt.Sprintf("%.0f%%", min(share, 99))
	}
	return "100%"
}

// brief is a number in at most six columns.
func brief(n int64) string {
	switch {
	case n < 1e5:
		return human.Count(n)
	case n < 1e7:
		return human.Digits(float64(n)/1e3) + "K"
	}
	return human.Digits(float64(n)/1e6) + "M"
}
