package progress

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stoke/pkg/human"
)

// Stall is how long an item must have kept everyone waiting to be named.
const Stall = 2 * time.Second

// view is what there is to show of a run. The zero value knows of none.
type view struct {
	bar    bar
	pace   pace
	last   Snapshot
	warmUp bool // nothing but that workers warm up is shown
	asked  bool // the item that everyone waits for is named, however long it takes
}

// form is one way to show a piece of information. Worth says how much is lost if a shorter form takes its place.
type form struct {
	text  string
	worth int
}

// piece is what a line is composed of: forms of the same information, the longest first. When the last one is given up,
// the piece is missing.
type piece []form

// compose writes the line: as much as fits into so many columns, what matters most in the fullest form. With final the
// run has ended, and there is nothing to wait for any more.
func (v *view) compose(columns int, final bool) string {
	pieces := v.pieces(final)
	forms := make([]int, len(pieces)) // which form of each piece is shown
	fits := func() bool { return columnsOf(join(pieces, forms)) <= columns }
	for !fits() {
		least := -1
		for i, piece := range pieces {
			if forms[i] < len(piece) && (least < 0 || piece[forms[i]].worth < pieces[least][forms[least]].worth) {
				least = i
			}
		}
		forms[least]++
	}
	for regained := true; regained; { // giving up a long form may have made room for shorter ones
		regained = false
		for _, i := range byWorth(pieces, forms) {
			if forms[i]--; fits() {
				regained = true
				break
			}
			forms[i]++
		}
	}
	return join(pieces, forms)
}

// byWorth lists the pieces that have a fuller form than the one shown, those first whose fuller form is worth most.
func byWorth(pieces []piece, forms []int) (list []int) {
	for i := range pieces {
		if forms[i] > 0 {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(i, j int) int { return pieces[j][forms[j]-1].worth - pieces[i][forms[i]-1].worth })
	return list
}

// join writes the pieces in these forms. The first one, the bar, is set off by a space, the others by commas.
func join(pieces []piece, forms []int) string {
	var texts []string
	for i := 1; i < len(pieces); i++ {
		if forms[i] < len(pieces[i]) {
			texts = append(texts, pieces[i][forms[i]].text)
		}
	}
	line := strings.Join(texts, ", ")
	if forms[0] < len(pieces[0]) {
		line = strings.TrimRight(pieces[0][forms[0]].text+" "+line, " ")
	}
	return line
}

// pieces are all there is to show, in the order of the line.
func (v *view) pieces(final bool) []piece {
	s := v.last
	if v.warmUp {
		if s.Warming == 0 || s.Warming < s.Workers {
			return []piece{nil}
		}
		return []piece{nil, warming(s, 75), {{clock(s.Elapsed), 30}}}
	}
	busy := s.Warming < s.Workers || s.Workers == 0
	idle := !final && s.Answered+s.Failed == 0 && !busy
	all := []piece{v.head(final), nil, nil, nil, nil, nil, nil, nil, nil}
	if !idle {
		all[1] = done(s)
		all[4] = piece{{rate(v.pace.perSecond()), 40}}
		if final {
			all[4] = piece{{rate(v.pace.average()), 40}}
		}
	}
	if s.Failed > 0 {
		all[2] = piece{{human.Count(s.Failed) + " failed", 64}, {brief(s.Failed) + " failed", 65}}
	}
	if s.Retried > 0 {
		all[3] = piece{{human.Count(s.Retried) + " retried", 12}}
	}
	all[5] = piece{{clock(s.Elapsed), 30}}
	if final {
		return all
	}
	if left, ok := v.pace.left(); ok {
		all[6] = piece{{"ETA " + clock(left), 60}}
	}
	if s.Warming > 0 {
		worth := 22
		if idle {
			worth = 75
		}
		all[7] = warming(s, worth)
	}
	if v.asked || s.Waiting.For >= Stall {
		all[8] = waiting(s.Waiting)
	}
	return all
}

// warming says how many workers warm up.
func warming(s Snapshot, worth int) piece {
	return piece{{"warming up " + human.Many(s.Warming, "worker"), worth}, {"warming up " + human.Count(s.Warming), worth}, {"warming up", worth}}
}

// head is the bar if the whole is known, and otherwise the spinner. It begins with a blank: the cursor rests there.
func (v *view) head(final bool) piece {
	if v.last.Items > 0 || v.last.Bytes > 0 {
		part := v.last.part()
		wide := func(width int) string { return v.bar.show(width, part) }
		return piece{{wide(30), 10}, {wide(20), 11}, {wide(10), 21}, {fmt.Sprintf("%4d%%", int(part*100+1e-9)), 48},
			{fmt.Sprintf("%d%%", int(part*100+1e-9)), 70}}
	}
	if final || v.bar.spun == "" {
		return nil
	}
	return piece{{" " + v.bar.spun, 35}}
}

// done is how many items are finished, failed ones included.
func done(s Snapshot) piece {
	n := s.Answered + s.Failed
	if s.Items > 0 {
		return piece{{human.Count(n) + "/" + human.Count(s.Items) + " done", 47}, {human.Count(n) + "/" + human.Count(s.Items), 49}, {human.Count(n), 46}, {brief(n), 80}}
	}
	return piece{{human.Count(n) + " done", 45}, {human.Count(n), 46}, {brief(n), 80}}
}

// waiting names the item that everyone is waiting for.
func waiting(w Waiting) piece {
	if w.Seq == 0 {
		return nil
	}
	who := ""
	if w.Slot > 0 {
		who = fmt.Sprintf("worker %d, ", w.Slot)
	}
	full := func(item string) string {
		return fmt.Sprintf("waiting for item %d%s (%s%s)", w.Seq, item, who, ago(w.For))
	}
	short := fmt.Sprintf("waiting for item %d (%s)", w.Seq, ago(w.For))
	if w.Item == "" { // not known, or empty
		return piece{{full(""), 13}, {short, 50}, {fmt.Sprintf("item %d %s", w.Seq, ago(w.For)), 55}}
	}
	return piece{
		{full(" " + quote(w.Item, 60)), 13}, {full(" " + quote(w.Item, 30)), 20}, {full(" " + quote(w.Item, 15)), 62},
		{full(""), 47}, {short, 50}, {fmt.Sprintf("item %d %s", w.Seq, ago(w.For)), 55},
	}
}

// plain is the line for where nothing can be erased.
func (v *view) plain(final bool) string {
	const wide = 200
	pieces := v.pieces(final)
	pieces[0] = nil
	if v.last.Items > 0 || v.last.Bytes > 0 {
		pieces[0] = piece{{fmt.Sprintf("%d%%", int(v.last.part()*100+1e-9)), 70}}
	}
	return fit(join(pieces, make([]int, len(pieces))), wide)
}
