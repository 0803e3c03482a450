package engine

import (
	"testing"
	"time"

	"stoke/pkg/worker"
)

func TestRemedy(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	for _, tt := range []struct {
		what    string
		quiet   time.Duration
		verdict worker.Verdict
		of      silence
		want    remedy
	}{
		// As the manual has it, of filters that hold answers back:
		{"one that sleeps in read has finished, and is sent more", ms, worker.Idle, silence{}, feedOn},
		{"one that computes is left alone", s, worker.Busy, silence{}, letBe},
		{"one that sleeps or polls is left alone", s, worker.Asleep, silence{}, letBe},
		{"a program with threads of its own is not sent more at once", 99 * ms, worker.Quiet, silence{}, letBe},
		{"it is after a tenth of a second", 100 * ms, worker.Quiet, silence{}, feedMore},
		{"without /proc it is said after a second of silence what may be wrong", s, worker.Unknown, silence{limit: time.Minute}, tell},
		{"and not before", s - 1, worker.Unknown, silence{}, letBe},

		{"one that computes for long is told of", 10 * s, worker.Busy, silence{}, tell},
		{"so is one that sleeps for long", 10 * s, worker.Asleep, silence{}, tell},
		{"not where it has not even read its items", 10 * s, worker.Busy, silence{unread: true}, letBe},

		{"without /proc one is sent more in case it waits", s, worker.Unknown, silence{}, feedInCase},
		{"later where it cannot be seen to read either", s, worker.Unknown, silence{hidden: true}, tell},
		{"namely then", 10 * s, worker.Unknown, silence{hidden: true}, feedInCase},
		{"later if it answered what it had before", s, worker.Unknown, silence{prompt: true}, tell},
		{"later if others did", s, worker.Unknown, silence{flushes: true}, tell},
		{"namely then", 10 * s, worker.Unknown, silence{prompt: true, flushes: true}, feedInCase},
		{"never where a time limit helps", 10 * s, worker.Unknown, silence{limit: s}, tell},
		{"never if it has said how much it wants", 10 * s, worker.Unknown, silence{asked: true}, tell},
		{"never before it has read what it has", 10 * s, worker.Unknown, silence{unread: true}, letBe},
		{"never in lockstep", 10 * s, worker.Unknown, silence{lockstep: true}, tell},

		{"in lockstep a worker may not hold an answer back", s, worker.Idle, silence{lockstep: true}, refuse},
		{"nor seem to", s, worker.Quiet, silence{lockstep: true}, refuse},
		{"it is given a second", s - 1, worker.Idle, silence{lockstep: true}, letBe},

		{"one that is bound to answer is not sent more", s - 1, worker.Idle, silence{bound: true}, letBe},
		{"but has lost an item after a second", s, worker.Idle, silence{bound: true}, feedOn},
		{"unless there is a time limit, which then helps", time.Hour, worker.Idle, silence{bound: true, limit: s}, letBe},
		{"one that is bound to answer and computes does so", time.Hour, worker.Busy, silence{bound: true}, letBe},
		{"or seems to wait", time.Hour, worker.Quiet, silence{bound: true}, letBe},
		{"or cannot be seen", time.Hour, worker.Unknown, silence{bound: true}, letBe},
	} {
		tt.of.quiet, tt.of.verdict = tt.quiet, func() worker.Verdict { return tt.verdict }
		if got := tt.of.remedy(); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.what, got, tt.want)
		}
	}
}

// One that is bound to answer is not even looked at while that is of no use: a look takes a while.
func TestRemedyWithoutALook(t *testing.T) {
	look := func() worker.Verdict {
		t.Error("the worker was looked at")
		return worker.Idle
	}
	for _, s := range []silence{{bound: true, quiet: time.Hour, limit: time.Second}, {bound: true, quiet: time.Millisecond}} {
		s.verdict = look
		s.remedy()
	}
}

func TestMayEnd(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	for _, tt := range []struct {
		what    string
		quiet   time.Duration
		verdict worker.Verdict
		of      silence
		want    bool
	}{
		{"one that sleeps may wait for its end", 100 * ms, worker.Idle, silence{}, true},
		{"not yet", 99 * ms, worker.Idle, silence{}, false},
		{"it may still be at items that take longer", 100 * ms, worker.Idle, silence{expected: 51 * ms}, false},
		{"then", 102 * ms, worker.Asleep, silence{expected: 51 * ms}, true},
		{"one that runs is at work", 9 * s, worker.Busy, silence{}, false},
		{"after long silence it does not matter", 10 * s, worker.Busy, silence{}, true},
		{"one that always answered promptly would", 9 * s, worker.Idle, silence{prompt: true}, false},
		{"one that has written a part of an answer may wait to write the rest", s, worker.Idle, silence{prompt: true, partial: true}, true},
		{"one that cannot be seen is not waited for", 0, worker.Unknown, silence{hidden: true}, true},
		{"one that is bound to answer has its time", 9 * s, worker.Idle, silence{bound: true, hidden: true}, false},
		{"until it is over", 10 * s, worker.Idle, silence{bound: true}, true},
		{"and that which an item has, twice", 39 * s, worker.Idle, silence{bound: true, limit: 20 * s}, false},
		{"until that is over", 40 * s, worker.Idle, silence{bound: true, limit: 20 * s}, true},
	} {
		tt.of.quiet, tt.of.verdict = tt.quiet, func() worker.Verdict { return tt.verdict }
		if got := tt.of.mayEnd(); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.what, got, tt.want)
		}
	}
}

func TestToldAfter(t *testing.T) {
	for quiet, want := range map[time.Duration]time.Duration{time.Second: shortSilence, 9 * time.Second: shortSilence, 11 * time.Second: longSilence} {
		if got := (&silence{quiet: quiet}).toldAfter(); got != want {
			t.Errorf("silent for %v: told of %v, want %v", quiet, got, want)
		}
	}
}
