package check

import (
	"fmt"
	"slices"
	"time"

	"stoke/pkg/human"
)

// measurable is the shortest time for all items from which the time of one may be inferred.
const measurable = time.Millisecond

const oneForOne = "a worker prints exactly one line for each line that it reads"

// oneLine is what helps a worker that prints several lines for an item.
func (o *Options) oneLine() string {
	return "print one line for each item; answers of several lines need " + o.Names.Framing + " nul or netstring, logs belong on stderr"
}

// judgeAnswers judges what the items got that were sent one by one.
func judgeAnswers(o *Options, e *evidence) []Finding {
	t := &e.alone
	var findings []Finding
	switch {
	case t.garbled != nil:
		return []Finding{{Fault, fmt.Sprintf("breaks its protocol: %v", t.garbled),
			"answer in the " + o.Names.Framing + " that is given, or give the one that it speaks"}}
	case t.huge:
		return []Finding{{Fault, fmt.Sprintf("gives an answer of more than %d bytes", o.MaxAnswer),
			"end each answer as the framing wants it, or raise " + o.Names.MaxAnswer}}
	case t.count > t.sent || t.flood:
		return judgeMore(o, t)
	case t.early:
		return judgeEarly(e)
	case t.complete():
		findings = append(findings, Finding{OK, fmt.Sprintf("answers each item once (%d of %d)", t.count, t.sent), ""})
		if tried := e.offered - e.refused; t.sent < tried {
			findings = append(findings, Finding{Note, fmt.Sprintf("takes long: only the first %d of %s were tried", t.sent, human.Plural(tried, "item")), ""})
		}
	case t.count == t.sent:
		findings = append(findings, Finding{Fault, fmt.Sprintf("prints %s behind its last answer", human.Quote(t.rest, false)), oneForOne + ", and nothing else"})
	default:
		findings = append(findings, judgeFewer(o, t))
	}
	if t.unended {
		findings = append(findings, Finding{Note, "does not end the last line of its output: fine, but only at the very end", ""})
	}
	return findings
}

func judgeMore(o *Options, t *trial) []Finding {
	count := fmt.Sprint(t.count)
	if t.flood {
		count = "more than " + count
	}
	text := fmt.Sprintf("gives %s answers for %s", count, human.Plural(t.sent, "item"))
	double := slices.IndexFunc(t.each, func(n int) bool { return n > 1 })
	if double < 0 {
		return []Finding{{Fault, text, o.mend(o.oneLine())}}
	}
	if double == 0 && t.sent > 1 && t.count-t.each[0] == t.sent-1 { // all the others were answered once
		first := append(slices.Clone(t.answers[0]), '\n')
		text = fmt.Sprintf("gives %d answers for its first item, of which %s is the first, and one for each other: this looks like a banner",
			t.each[0], human.Quote(t.answers[0], false))
		return []Finding{{Fault, text, o.readPast(first)}}
	}
	return []Finding{{Fault, fmt.Sprintf("%s; item %d got %d", text, double+1, t.each[double]), o.mend(o.oneLine())}}
}

// judgeEarly judges a worker that ended while it could expect more items.
func judgeEarly(e *evidence) []Finding {
	t := &e.alone
	next := t.count + 1
	switch {
	case t.exit.Ok():
		return []Finding{{Fault, fmt.Sprintf("ends by itself after %s with %s, although there may be more to come%s", human.Plural(t.sent, "item"), answers(t.count), words(t)),
			"read items in a loop until end of file, as in: while read -r item; do ...; done"}}
	case t.held != nothing: // it may have died on any of those it had in hand
		text := fmt.Sprintf("dies with %v after %s, with %s%s", t.exit, human.Plural(t.sent, "item"), answers(t.count), words(t))
		return []Finding{{Fault, text, "see why, with these items on its standard input"}}
	case next > t.sent:
		return []Finding{{Fault, fmt.Sprintf("ends with %v after it has answered item %d%s", t.exit, t.sent, words(t)),
			"go on reading until end of file"}}
	}
	return []Finding{{Fault, fmt.Sprintf("dies on item %d: %v%s", next, t.exit, words(t)),
		"an item that kills its worker fails, however often it is tried: catch the error and answer it, even with an empty line"}}
}

func judgeFewer(o *Options, t *trial) Finding {
	got := fmt.Sprintf("gives %s for %s", answers(t.count), human.Plural(t.sent, "item"))
	switch {
	case !t.ended && (t.held == silent || t.held == unseen):
		return Finding{Fault, fmt.Sprintf("%s: it had read one and was still silent after %s", got, brief(o.Timeout)),
			"it must answer each item; if one takes that long, give a longer " + o.Names.Timeout}
	case !t.ended:
		return Finding{Fault, fmt.Sprintf("%s, even %s after the end of its input", got, brief(o.Timeout)),
			"answer each item; at end of file flush and exit"}
	case !t.exit.Ok() && t.count == 0:
		return Finding{Fault, fmt.Sprintf("%s, and ends with %v%s", got, t.exit, words(t)), o.mend(oneForOne)}
	case len(t.rest) > 0:
		return Finding{Fault, fmt.Sprintf("%s, and leaves %s without an end", got, human.Quote(t.rest, false)), "end each answer with a newline, or as " + o.Names.Framing + " says"}
	case t.count == 1 && t.held != nothing && o.Mend == "":
		return Finding{Fault, got + ", and only at the end of its input: it works on its input as a whole, as wc does, or drops items",
			oneForOne + "; to apply such a program to each item: sh -c 'while IFS= read -r x; do printf \"%s\\n\" \"$x\" | COMMAND; done'"}
	case len(t.times) > 0 && t.held != nothing:
		got += fmt.Sprintf(": the first without one is item %d", len(t.times)+1)
	}
	return Finding{Fault, got, o.mend(oneForOne + "; a filter that drops lines, as grep does, must print an empty one instead")}
}

// judgeTogether judges what they got that were sent all at once.
func judgeTogether(e *evidence) []Finding {
	t := e.together
	switch {
	case t.start != nil:
		return []Finding{{Fault, fmt.Sprintf("starts once, but not again: %v%s", t.start, words(t)),
			"one copy must leave nothing behind that keeps others from starting; is there a lock, a port or a file of its own?"}}
	case !t.complete():
		text := fmt.Sprintf("gives %s for %s when these come all at once, though not when they come one by one",
			answers(t.count), human.Plural(t.sent, "item"))
		if !t.exit.Ok() {
			text += fmt.Sprintf("; it ends with %v%s", t.exit, words(t))
		}
		return []Finding{{Fault, text,
			"read line by line: one read may return many items, or a part of one"}}
	}
	switch e.pairing {
	case kept:
		if t.sent < fewest { // a worker that turns their order round could not be told
			text := fmt.Sprintf("was tried with %s only: from %d on it would show whether answers stay with their items", human.Plural(t.sent, "item"), fewest)
			return []Finding{{Note, text, ""}}
		}
		return []Finding{{OK, "gives each item the same answer when they come at once and in another order", ""}}
	case whole:
		text := "answers only when it has read everything, and in an order of its own, as sort and tac do: answers do not belong to their items"
		return []Finding{{Fault, text, "a worker answers items in the order in which it reads them, each by itself"}}
	case restless:
		return []Finding{{Note, "gives other answers to the same items from run to run", "none, if that is meant: a random number or the time, say"}}
	}
	return []Finding{{Note, "gives an item another answer if other items come before it",
		"none, if that is meant; a worker that counts or sums up needs -j1, since each of several sees only some of the items"}}
}

// judgeTime says how long an item takes, and what comes of that.
func judgeTime(o *Options, e *evidence) []Finding {
	n, took := e.alone.sent, time.Duration(0)
	switch {
	case e.alone.early || e.pairing == whole:
		return nil
	case e.together != nil && e.together.complete():
		took = e.together.batch
	case e.alone.complete() && len(e.alone.times) == n:
		took = median(e.alone.times) * time.Duration(n)
	default:
		return nil
	}
	if took < measurable {
		return []Finding{{OK, fmt.Sprintf("takes less than %s per item", brief(measurable/time.Duration(n))), ""}}
	}
	each := max(1, took/time.Duration(n))
	rate := float64(time.Second) / float64(each)
	text := fmt.Sprintf("takes about %s per item: %s per second", brief(each), round(rate))
	if o.Jobs > 1 {
		text += fmt.Sprintf(", %s with %d workers if there are CPUs for them", round(rate*float64(o.Jobs)), o.Jobs)
	}
	return []Finding{{OK, text, ""}}
}

func median(d []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[len(sorted)/2]
}

// mend is what helps where a worker does not answer each item once: the usual, if nothing is known of this one.
func (o *Options) mend(usual string) string {
	if o.Mend != "" {
		return o.Mend
	}
	return usual
}
