package engine

import "testing"

func TestJudge(t *testing.T) {
	died := loss{past: hasAnswered, proven: true, read: 1}
	with := func(change func(*loss)) loss {
		l := died
		change(&l)
		return l
	}
	tests := []struct {
		name string
		loss loss
		want action
	}{
		{"it died on the only item it had read", died, charge},
		{"it died on one of several, and answers each before the next", with(func(l *loss) { l.read, l.stepwise = 9, true }), charge},
		{"it died on one of several, and keeps answers in a buffer", with(func(l *loss) { l.read = 9 }), narrow},
		{"it died before it read any of them", with(func(l *loss) { l.read = 0 }), giveBack},
		{"it died during the warm-up", loss{}, startOver},
		{"it exited with status 0 during the warm-up", loss{end: leftQuietly}, startOver},
		{"it died on the first item of the run", loss{past: hasRead, read: 1}, charge},

		{"it was ready, and died before it read anything", loss{past: hasRead, proven: true}, startOver},
		{"it was ready, and exited with status 0 before it read anything", loss{past: hasRead, proven: true, end: leftQuietly}, startOver},
		{"it was ready, and never read anything", loss{past: hasRead, proven: true, end: tookTooLong}, startOver},

		{"an item took too long", with(func(l *loss) { l.end = tookTooLong }), charge},
		{"one of several took too long", with(func(l *loss) { l.end, l.read = tookTooLong, 9 }), narrow},
		{"it hung without reading the next item", with(func(l *loss) { l.end, l.read = tookTooLong, 0 }), giveBack},
		{"one took too long at the end of the input", with(func(l *loss) { l.end, l.input = tookTooLong, inputEndedIdle }), charge},

		{"it exited with status 0 after some answers", with(func(l *loss) { l.end = leftQuietly }), giveBack},
		{"it did so with several in hand", with(func(l *loss) { l.end, l.read = leftQuietly, 9 }), giveBack},
		{"another one did so at the same item", with(func(l *loss) { l.end, l.leftHere = leftQuietly, true }), charge},
		{"it exited with status 0 at its first item, others answer", with(func(l *loss) { l.end, l.past = leftQuietly, hasRead }), charge},
		{"it exited with status 0 at its first item, nobody ever answered",
			loss{past: hasRead, end: leftQuietly, read: 1}, startOver},
		{"it exited with status 0, nobody ever answered, but it had gone through other items",
			loss{past: workedThrough, end: leftQuietly, read: 9}, narrow},

		{"its input was ended, and it ended with status 0 and too few answers", with(func(l *loss) { l.end, l.input = leftQuietly, inputEnded }), giveUp},
		{"the same, and it had only that one item: it may have died on it", with(func(l *loss) {
			l.end, l.input, l.single = leftQuietly, inputEnded, true
			l.past = hasRead
		}), charge},
		{"the same, but after it was seen to wait for more", with(func(l *loss) { l.end, l.input, l.single = leftQuietly, inputEndedIdle, true }), giveUp},
		{"several items and status 1, after it was seen to wait for more", with(func(l *loss) { l.end, l.input = leftFailing, inputEndedIdle }), suspect},
		{"the same with one item", with(func(l *loss) { l.end, l.input, l.single = leftFailing, inputEndedIdle, true }), charge},
		{"the same when that is suspected already", with(func(l *loss) { l.end, l.input, l.suspected, l.read = leftFailing, inputEndedIdle, true, 9 }), narrow},
		{"the same with status 1, perhaps in the middle of an item", with(func(l *loss) { l.end, l.input = leftFailing, inputEnded }), charge},
		{"it was killed when its input had been ended", with(func(l *loss) { l.input, l.read = inputEndedIdle, 9 }), narrow},

		{"no item may be begun twice", with(func(l *loss) { l.once = true }), charge},
		{"nor after the worker left by itself", with(func(l *loss) { l.end, l.once = leftQuietly, true }), charge},
		{"unless it had not been read", with(func(l *loss) { l.end, l.once, l.read = leftQuietly, true, 0 }), giveBack},
	}
	for _, tt := range tests {
		if got := judge(tt.loss); got != tt.want {
			t.Errorf("%s: action %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestHaltDue(t *testing.T) {
	tests := []struct {
		name             string
		halt             Halt
		answered, failed int64
		want             bool
	}{
		{"never", Halt{}, 100, 100, false},
		{"too few have failed", Halt{Count: 3}, 100, 2, false},
		{"enough have failed", Halt{Count: 3}, 0, 3, true},
		{"successes are counted", Halt{Of: Successes, Count: 3}, 2, 9, false},
		{"both are counted", Halt{Of: Finished, Count: 3}, 2, 1, true},
		{"a share of all", Halt{Share: 0.1, Total: 100}, 0, 9, false},
		{"that share", Halt{Share: 0.1, Total: 100}, 0, 10, true},
		{"a share that is no whole number", Halt{Share: 0.1, Total: 11}, 9, 1, false},
		{"a share of an unknown total, too early to tell", Halt{Share: 0.1}, 0, 2, false},
		{"a share of an unknown total", Halt{Share: 0.5}, 3, 3, true},
		{"less than that share", Halt{Share: 0.5}, 4, 3, false},
	}
	for _, tt := range tests {
		if got := tt.halt.due(tt.answered, tt.failed); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
