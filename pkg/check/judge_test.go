package check

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"stoke/pkg/worker"
)

// called are the names that findings are to have from whoever runs a check.
var called = Names{Framing: "--framing", Ready: "--ready", InitTimeout: "--init-timeout", Timeout: "--timeout",
	MaxAnswer: "--max-item", Lockstep: "--lockstep", FeedAhead: "--feed-ahead"}

// good is what is seen of a worker without fault that flushes, given five items.
func good() *evidence {
	answers := [][]byte{[]byte("A"), []byte("B"), []byte("C"), []byte("D"), []byte("E")}
	five := []time.Duration{5 * time.Millisecond, 4 * time.Millisecond, 4 * time.Millisecond, 4 * time.Millisecond, 4 * time.Millisecond}
	alone := trial{warm: 31 * time.Millisecond, sent: 5, count: 5, answers: answers, each: []int{1, 1, 1, 1, 1}, times: five,
		ended: true, endAfter: 12 * time.Millisecond}
	together := alone
	together.batch = 20 * time.Millisecond
	return &evidence{offered: 5, alone: alone, together: &together, pairing: kept, term: &termination{took: time.Millisecond}}
}

// seen changes what is seen of a good worker when its items come one by one, so that the other trials were not made.
func seen(change func(t *trial)) func(*Options, *evidence) {
	return func(_ *Options, e *evidence) {
		e.together, e.pairing = nil, uncompared
		change(&e.alone)
	}
}

// changed only changes it.
func changed(change func(e *evidence)) func(*Options, *evidence) {
	return func(_ *Options, e *evidence) { change(e) }
}

// fails makes it a worker that does not start.
func fails(err error, exit worker.Exit, words string) func(*Options, *evidence) {
	return func(_ *Options, e *evidence) {
		*e = evidence{offered: 5, alone: trial{start: &StartError{Pid: 7, Err: err, Exit: &exit}, exit: exit, lastWords: words}}
	}
}

// judgement is what is to be found out where something was seen.
type judgement struct {
	name   string
	change func(*Options, *evidence) // to what is seen of a good worker
	willDo bool
	want   string // part of a finding, its level before it and its remedy behind it
}

func tryJudge(t *testing.T, tests []judgement) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, e := withDefaults(Options{Names: called}), good()
			tt.change(&o, e)
			r := Report{Findings: judge(&o, e)}
			if r.WillDo() != tt.willDo {
				t.Errorf("will do: %v, want %v", r.WillDo(), tt.willDo)
			}
			if !strings.Contains(text(r), tt.want) {
				t.Errorf("no %q in\n%s", tt.want, text(r))
			}
		})
	}
}

var (
	died   = worker.Exit{Code: 3}
	forced = worker.Exit{Code: -1, Signal: syscall.SIGTERM, Forced: true}
)

// A good worker is said to be one in every respect.
func TestJudgeGood(t *testing.T) {
	tryJudge(t, []judgement{
		{"a good worker starts", changed(func(*evidence) {}), true, "ok: starts: warm after 31ms"},
		{"a good worker has no banner", changed(func(*evidence) {}), true, "ok: prints nothing before its first item"},
		{"a good worker answers 1:1", changed(func(*evidence) {}), true, "ok: answers each item once (5 of 5)"},
		{"a good worker flushes", changed(func(*evidence) {}), true, "ok: flushes"},
		{"a good worker keeps pairs together", changed(func(*evidence) {}), true, "ok: gives each item the same answer"},
		{"a good worker exits", changed(func(*evidence) {}), true, "ok: exits 12ms after the end of its input"},
		{"a good worker can be terminated", changed(func(*evidence) {}), true, "ok: ends on SIGTERM"},
		{"a good worker takes its time", changed(func(*evidence) {}), true, "ok: takes about 4ms per item: 250 per second\n"},
		{"several workers do more", func(o *Options, e *evidence) { o.Jobs = 4 }, true, "250 per second, 1000 with 4 workers"},
		{"too fast to measure", changed(func(e *evidence) { e.together.batch = time.Microsecond }), true, "ok: takes less than 200µs per item"},
	})
}

func TestJudgeStart(t *testing.T) {
	tryJudge(t, []judgement{
		{"no such command", fails(&worker.LaunchError{Name: "x", NotFound: true, Err: os.ErrNotExist}, worker.Exit{}, ""), false,
			"fault: does not start: x: command not found\ncheck the name and PATH"},
		{"not executable", fails(&worker.LaunchError{Name: "x", Err: os.ErrPermission}, worker.Exit{}, ""), false, "chmod +x"},
		{"no such command, says a shell", fails(worker.ErrEnded, worker.Exit{Code: 127}, "sh: x: not found"), false, "check the name and PATH"},
		{"too many processes", fails(syscall.EAGAIN, worker.Exit{}, ""), false, "raise the limit"},
		{"ends at once", fails(worker.ErrEnded, died, "no model"), false,
			"fault: ends before it has read an item: exit status 3; it last wrote to stderr:\nno model\nrun the command by hand"},
		{"ends at once, well", fails(worker.ErrEnded, worker.Exit{}, ""), false, "an argument may be missing"},
		{"ends before its ready line", func(o *Options, e *evidence) {
			o.Ready = regexp.MustCompile("up")
			fails(worker.ErrEnded, died, "")(o, e)
		}, false, "fault: ends before it prints a line that matches --ready"},
		{"never reads", func(o *Options, e *evidence) {
			fails(worker.ErrSlow, forced, "")(o, e)
			e.alone.sent = 1
		}, false, "fault: does not begin to read within 30s\nit must read items from its standard input; if its warm-up takes that long, give a longer --init-timeout"},
		{"closes its stdin", func(o *Options, e *evidence) {
			fails(worker.ErrSlow, forced, "")(o, e)
			e.alone.deaf = true
		}, false, "fault: closes its standard input"},
		{"its ready line does not come", func(o *Options, e *evidence) {
			o.Ready = regexp.MustCompile("^up$")
			fails(worker.ErrSlow, forced, "")(o, e)
		}, false, "fault: prints no line within 30s that matches --ready '^up$'"},
	})
}

func TestJudgeBanner(t *testing.T) {
	tryJudge(t, []judgement{
		{"prints a banner", changed(func(e *evidence) { e.alone.banner = []byte("v1.0\nhello (1)\n") }), false,
			`fault: prints "v1.0\nhello (1)\n" before its first item` + "\n" + `--ready '^hello \(1\)$' reads past it; or print it to stderr`},
		{"prints a prompt", changed(func(e *evidence) { e.alone.banner = []byte("> ") }), false, "this looks like a prompt"},
		{"prints a line twice", changed(func(e *evidence) { e.alone.banner = []byte("=\nx\n=\n") }), false, "\nprint it to stderr, or not at all"},
		{"prints more than its ready line", func(o *Options, e *evidence) {
			o.Ready = regexp.MustCompile("up")
			e.alone.banner = []byte("really\n")
		}, false, "after the line that matches --ready"},
		{"prints without end", func(_ *Options, e *evidence) {
			*e = evidence{offered: 5, alone: trial{banner: []byte("y\n"), flood: true}}
		}, false, "and no end of it"},
	})
}

func TestJudgeFlush(t *testing.T) {
	tryJudge(t, []judgement{
		{"keeps answers in a buffer", changed(func(e *evidence) { e.alone.held = buffered }), true, "note: keeps answers in a buffer: fine"},
		{"buffers with --lockstep", func(o *Options, e *evidence) { o.Lockstep, e.alone.held = true, buffered }, false,
			"fault: keeps answers in a buffer, and --lockstep needs each one at once\nflush after each answer"},
		{"buffers, it seems", changed(func(e *evidence) { e.alone.held = likely }), true, "note: seems to keep"},
		{"polls and buffers", changed(func(e *evidence) { e.alone.held = silent }), false, "or give --feed-ahead"},
		{"polls and buffers with --feed-ahead", func(o *Options, e *evidence) { o.FeedAhead, e.alone.held = true, silent }, true,
			"note: has read an item and not answered it within 10s"},
		{"buffers where that cannot be seen", changed(func(e *evidence) { e.alone.held = unseen }), false, "cannot be seen on this system\nflush"},
	})
}

func TestJudgeFewer(t *testing.T) {
	tryJudge(t, []judgement{
		{"drops lines", seen(func(t *trial) { t.count, t.held, t.times = 4, buffered, nil }), false, "fault: gives 4 answers for 5 items\n"},
		{"drops a line and flushes", seen(func(t *trial) { t.count, t.held, t.times = 4, buffered, t.times[:2] }), false,
			"fault: gives 4 answers for 5 items: the first without one is item 3"},
		{"answers once for all", seen(func(t *trial) { t.count, t.held, t.times = 1, buffered, nil }), false, "works on its input as a whole, as wc does"},
		{"answers nothing", seen(func(t *trial) { t.count, t.held, t.times = 0, buffered, nil }), false, "fault: gives no answer for 5 items\n"},
		{"is silent", seen(func(t *trial) { t.count, t.sent, t.held, t.ended = 0, 3, silent, false }), false,
			"fault: gives no answer for 3 items: it had read one and was still silent after 10s"},
		{"still owes answers at the limit", seen(func(t *trial) { t.count, t.ended = 2, false }), false, "even 10s after the end of its input"},
		{"fails at the end", seen(func(t *trial) { t.count, t.exit = 0, died }), false, "fault: gives no answer for 5 items, and ends with exit status 3"},
		{"ends no line", seen(func(t *trial) { t.count, t.rest = 0, []byte("ABCDE") }), false, `fault: gives no answer for 5 items, and leaves "ABCDE" without an end`},
		{"does not end the last line", changed(func(e *evidence) { e.alone.unended = true }), true, "note: does not end the last line"},
		{"prints a farewell without an end", seen(func(t *trial) { t.rest = []byte("bye") }), false, `fault: prints "bye" behind its last answer`},
	})
}

func TestJudgeMore(t *testing.T) {
	tryJudge(t, []judgement{
		{"doubles in a buffer", seen(func(t *trial) { t.count, t.held, t.each = 10, buffered, nil }), false, "fault: gives 10 answers for 5 items\n"},
		{"doubles one", seen(func(t *trial) { t.count, t.each = 6, []int{1, 1, 2, 1, 1} }), false, "fault: gives 6 answers for 5 items; item 3 got 2"},
		{"prints its banner late", seen(func(t *trial) { t.count, t.each = 6, []int{2, 1, 1, 1, 1} }), false,
			`of which "A" is the first, and one for each other: this looks like a banner` + "\n--ready '^A$' reads past it"},
		{"prints without end when asked", seen(func(t *trial) { t.count, t.flood = 200, true }), false, "fault: gives more than 200 answers for 5 items"},
		{"breaks its protocol", seen(func(t *trial) { t.garbled = errors.New("\"x\" is not a netstring") }), false, "fault: breaks its protocol"},
		{"gives a giant answer", seen(func(t *trial) { t.huge = true }), false, "--max-item"},
	})
}

func TestJudgeDeath(t *testing.T) {
	tryJudge(t, []judgement{
		{"dies on an item", seen(func(t *trial) { t.sent, t.count, t.early, t.exit, t.lastWords = 3, 2, true, died, "bad" }), false,
			"fault: dies on item 3: exit status 3; it last wrote to stderr:\nbad\n"},
		{"dies with items in a buffer", seen(func(t *trial) { t.count, t.early, t.exit, t.held = 0, true, died, buffered }), false,
			"fault: dies with exit status 3 after 5 items, with no answer"},
		{"dies behind an answer", seen(func(t *trial) { t.sent, t.count, t.early, t.exit = 2, 2, true, died }), false, "fault: ends with exit status 3 after it has answered item 2"},
		{"takes one item only", seen(func(t *trial) { t.sent, t.count, t.early = 1, 1, true }), false,
			"fault: ends by itself after 1 item with 1 answer, although there may be more to come\nread items in a loop"},
	})
}

func TestJudgeTogether(t *testing.T) {
	tryJudge(t, []judgement{
		{"reads chunks", changed(func(e *evidence) { e.together.count, e.pairing = 1, uncompared }), false, "fault: gives 1 answer for 5 items when these come all at once"},
		{"too few items", changed(func(e *evidence) { e.together.sent, e.together.count = 2, 2 }), true, "note: was tried with 2 items only: from 3 on"},
		{"starts once only", changed(func(e *evidence) { e.together.start = &StartError{Err: worker.ErrEnded} }), false, "fault: starts once, but not again"},
		{"sorts", changed(func(e *evidence) { e.pairing, e.alone.held = whole, buffered }), false, "fault: answers only when it has read everything"},
		{"numbers lines", changed(func(e *evidence) { e.pairing = moved }), true, "note: gives an item another answer if other items come before it"},
		{"draws lots", changed(func(e *evidence) { e.pairing = restless }), true, "note: gives other answers to the same items from run to run"},
	})
}

func TestJudgeEnd(t *testing.T) {
	tryJudge(t, []judgement{
		{"does not exit", changed(func(e *evidence) { e.alone.ended = false }), true, "note: does not exit within 10s"},
		{"closes its output and lives on", changed(func(e *evidence) { e.alone.exit = forced }), true, "note: closes its output"},
		{"exits with a status", changed(func(e *evidence) { e.alone.exit = died }), false, "fault: ends with exit status 3 after the end of its input, so a run fails"},
		{"exits with a status, which is accepted", func(o *Options, e *evidence) { o.Accepts = true; e.alone.exit = died }, true, "note: ends with exit status 3 after the end of its input, which is accepted"},
		{"ignores SIGTERM", changed(func(e *evidence) { e.term.killed = true }), true, "note: ignores SIGTERM: a run that is stopped kills it after 250ms"},
		{"takes long to terminate", changed(func(e *evidence) { e.term.took = time.Second }), true, "note: ends 1s after SIGTERM"},
	})
}

func TestJudgeItems(t *testing.T) {
	tryJudge(t, []judgement{
		{"some items cannot be sent", changed(func(e *evidence) { e.offered, e.refused, e.refusal = 7, 2, errors.New("it contains a newline") }), false,
			"fault: 2 of 7 items cannot be sent: it contains a newline\n--framing"},
		{"no item can be sent", func(_ *Options, e *evidence) { *e = evidence{offered: 2, refused: 2, refusal: errors.New("no")} }, false, "fault: 2 of 2 items"},
		{"items take long", changed(func(e *evidence) { e.offered = 100 }), true, "note: takes long: only the first 5 of 100 items were tried"},
	})
}

// text shows findings one after the other, each as "level: text", a newline, its remedy, a newline.
func text(r Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.Level.String() + ": " + f.Text + "\n" + f.Remedy + "\n")
	}
	return b.String()
}

// Every fault says what mends it.
func TestFaultsHaveRemedies(t *testing.T) {
	for held := nothing; held <= unseen; held++ {
		for count := range 8 {
			for flags := range 16 {
				o, e := withDefaults(Options{Names: called, Lockstep: true}), good()
				e.alone.held, e.alone.count = held, count
				e.alone.early, e.alone.ended, e.alone.huge = flags&1 > 0, flags&2 > 0, flags&4 > 0
				if flags&8 > 0 {
					e.alone.exit, e.alone.rest, e.alone.banner = worker.Exit{Code: 1}, []byte("x"), []byte("x\n")
				}
				for _, f := range judge(&o, e) {
					if f.Level == Fault && f.Remedy == "" {
						t.Errorf("nothing mends %q", f.Text)
					}
				}
			}
		}
	}
}

// What is suggested for --ready matches the last line of the banner, and no line before.
func TestReadyRemedy(t *testing.T) {
	for _, tt := range []struct{ banner, want string }{
		{"hello\n", "--ready '^hello$' reads past it"},
		{"hello\r\n", "--ready '^hello$' reads past it"},
		{"a\nb\n", "--ready '^b$' reads past it"},
		{"it's 1.0\n", `--ready '^it'\''s 1\.0$' reads past it`},
		{"\n", "--ready '^$' reads past it"},
		{"\nhello\n\n", "print it to stderr"},
		{"a\n> ", "this looks like a prompt"},
		{"\xff\n", "--ready with a regular expression"},
		{strings.Repeat("x", 100) + "\n", "--ready with a regular expression"},
	} {
		if got := (&Options{Names: called}).readPast([]byte(tt.banner)); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.banner, got, tt.want)
		}
	}
}

func TestBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 812 * time.Nanosecond: "812ns", 31234567: "31.2ms", 4930000: "4.93ms", 305123456: "305ms", 250 * time.Millisecond: "250ms",
		10 * time.Second: "10s", 12345 * time.Millisecond: "12.3s", 90500 * time.Millisecond: "1m31s",
	} {
		if got := brief(d); got != want {
			t.Errorf("%d ns: %s, want %s", d, got, want)
		}
	}
}

func TestRound(t *testing.T) {
	for rate, want := range map[float64]string{0.0512: "0.051", 8.33: "8.3", 83.4: "83", 99.6: "100", 250: "250", 1234: "1200", 998877: "1000000"} {
		if got := round(rate); got != want {
			t.Errorf("%v: %s, want %s", rate, got, want)
		}
	}
}

// Another order tells workers that are only right by chance: those that answer in the same order whatever comes, and
// those that turn it round.
func TestOtherOrder(t *testing.T) {
	for n := range 20 {
		order := otherOrder(n)
		place := make([]int, n)
		for p, i := range order {
			place[i]++
			if n > 2 && p == n-1 && i == n-1 {
				t.Errorf("%d items: the last stays where it is", n)
			}
		}
		for i, times := range place {
			if times != 1 {
				t.Errorf("%d items: item %d comes %d times", n, i, times)
			}
		}
		if n < 3 {
			continue
		}
		turned := true // whether a worker that turns its answers round would pair the same
		for p := range order {
			turned = turned && order[n-1-p] == n-1-order[p]
		}
		if turned {
			t.Errorf("%d items: tac would not be noticed", n)
		}
	}
}

// judge is what all trials mean.
func judge(o *Options, e *evidence) []Finding {
	return slices.Concat(judgeAlone(o, e), judgeOrder(o, e), judgeRest(o, e))
}
