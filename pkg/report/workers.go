package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stoke/pkg/human"
)

const (
	// mostWorkers is how many rows a table of workers may have; of more workers, neighbours share a row.
	mostWorkers = 20
	// lifeCells is how long the bar of a worker is that was there all the time.
	lifeCells = 26
)

// slotStats is what the workers of one slot did, one after the other.
type slotStats struct {
	starts, items     int64
	alive, init, busy time.Duration // summed over its workers
	warmed            int64
	warmUp            time.Duration // what the warm-ups took that were completed
	until             time.Time     // the latest time that is already counted as busy
}

// birth is what there is to know of a process that runs.
type birth struct {
	at   time.Time
	warm bool
}

// lived adds the life of a process that was there until at.
func (w *slotStats) lived(b birth, at time.Time) {
	w.alive += at.Sub(b.at)
	if !b.warm {
		w.init += at.Sub(b.at)
	}
}

// crew is the record of some slots side by side.
type crew struct {
	first, last int // slots
	slotStats
	n int // how many of them ever had a worker
}

// crews divides the slots that ever had a worker into as many rows as there is room for.
func crews(slots []slotStats) (list []crew) {
	each := (len(slots) + mostWorkers - 1) / mostWorkers
	for first := 0; first < len(slots); first += each {
		c := crew{first: first + 1, last: min(first+each, len(slots))}
		for _, w := range slots[first:c.last] {
			if w.starts == 0 && w.items == 0 {
				continue
			}
			c.n++
			c.starts += w.starts
			c.items += w.items
			c.alive += w.alive
			c.init += w.init
			c.busy += w.busy
		}
		if c.n > 0 {
			list = append(list, c)
		}
	}
	return list
}

func (c *crew) waiting() time.Duration { return max(c.alive-c.init-c.busy, 0) }

func (c *crew) String() string {
	if c.first == c.last {
		return fmt.Sprint(c.first)
	}
	return fmt.Sprintf("%d-%d", c.first, c.last)
}

// bar is what the time of a worker went into, on average: all of the run has lifeCells.
func (c *crew) bar(wall time.Duration, g *glyphs) string {
	whole := max(wall.Seconds()*float64(c.n), (c.init + c.busy + c.waiting()).Seconds())
	cells := func(d time.Duration) int { return int(d.Seconds()/whole*lifeCells + .5) }
	init, busy := cells(c.init), cells(c.init+c.busy)
	end := cells(c.init + c.busy + c.waiting())
	return strings.Repeat(g.init, init) + strings.Repeat(g.full, busy-init) + strings.Repeat(g.idle, end-busy) +
		strings.Repeat(" ", lifeCells-end)
}

// table has a row for each slot that ever had a worker, or for several of them.
func table(text *strings.Builder, slots []slotStats, wall time.Duration, g *glyphs) {
	list := crews(slots)
	if len(list) == 0 || wall <= 0 {
		return
	}
	again := ""
	if slices.ContainsFunc(list, func(c crew) bool { return c.starts > int64(c.n) }) {
		again = "starts"
	}
	line := func(cells ...any) {
		text.WriteString(strings.TrimRight(fmt.Sprintf("%6s  %-26s %8s %8s %4s %8s %6s %6s", cells...), " ") + "\n")
	}
	line("worker", g.init+" warm-up "+g.full+" busy "+g.idle+" waiting", "warm-up", "busy", "", "waiting", "items", again)
	for _, c := range list {
		mean := func(d time.Duration) string { return human.Span(d / time.Duration(c.n)) }
		share := ""
		if c.busy+c.waiting() > 0 {
			share = fmt.Sprintf("%.0f%%", 100*c.busy.Seconds()/(c.busy+c.waiting()).Seconds())
		}
		if again != "" {
			again = brief(c.starts)
		}
		line(&c, c.bar(wall, g), mean(c.init), mean(c.busy), share, mean(c.waiting()), brief(c.items), again)
	}
}
