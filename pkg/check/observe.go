package check

import (
	"bytes"
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// termPatience is how long a worker may take to end by SIGTERM. A run gives it a fraction of that: see termGrace.
const termPatience = 2 * time.Second

// observer makes trials until one of them meets an error of the system.
type observer struct {
	ctx   context.Context
	o     *Options
	items [][]byte // those that can be sent
	seen  *evidence
	err   error
}

// observe makes all trials, and tells what follows from each as soon as it has been made. What it returns is complete unless
// there is an error, or ctx was cancelled.
func observe(ctx context.Context, o *Options, tell func([]Finding)) (*evidence, error) {
	b := &observer{ctx: ctx, o: o, seen: &evidence{offered: len(o.Items)}}
	b.carried()
	seen := b.seen
	if len(b.items) > 0 {
		seen.alone = b.try(0, func(s *session) { s.oneByOne(b.items) })
	}
	if b.err != nil || ctx.Err() != nil {
		return seen, b.err
	}
	tell(judgeAlone(o, seen))
	if len(b.items) == 0 || seen.alone.start != nil {
		return seen, nil
	}
	if seen.alone.complete() && !seen.alone.early {
		b.items = b.items[:seen.alone.sent]
		b.compare()
	}
	if b.err != nil || ctx.Err() != nil {
		return seen, b.err
	}
	tell(judgeOrder(o, seen))
	if !seen.alone.flood {
		b.terminate()
	}
	if b.err == nil && ctx.Err() == nil {
		tell(judgeRest(o, seen))
	}
	return seen, b.err
}

// carried sorts out the items that the framing cannot carry.
func (b *observer) carried() {
	for _, item := range b.o.Items {
		if _, err := b.o.Framing.Encode(nil, item); err != nil {
			b.seen.refused++
			b.seen.refusal = b.o.Word(err)
			continue
		}
		b.items = append(b.items, item)
	}
}

// try lets talk have a conversation with a new worker, and ends it. At the end it may take longer by slack.
func (b *observer) try(slack time.Duration, talk func(*session)) trial {
	if b.err != nil || b.ctx.Err() != nil {
		return trial{}
	}
	s := begin(b.ctx, b.o)
	if s.going() {
		talk(s)
	}
	s.end(slack)
	b.err = s.err
	return s.seen
}

// batch tries the items of that order, all at once.
func (b *observer) batch(order []int) trial {
	items := make([][]byte, len(order))
	for p, i := range order {
		items[p] = b.items[i]
	}
	work := time.Duration(0)
	for _, t := range append(slices.Clone(b.seen.alone.times), b.seen.alone.batch) {
		work += t
	}
	return b.try(3*work, func(s *session) { s.atOnce(items) })
}

// compare tries the items all at once in another order, and sees whether each gets the same answer.
func (b *observer) compare() {
	e := b.seen
	order := otherOrder(len(b.items))
	together := b.batch(order)
	e.together = &together
	if !together.complete() {
		return
	}
	if e.pairing = moved; samePairs(&e.alone, &together, order) {
		e.pairing = kept
		return
	}
	again := b.batch(order)
	if !again.complete() || !slices.EqualFunc(again.answers, together.answers, bytes.Equal) {
		e.pairing = restless
		return
	}
	if e.alone.held == nothing {
		return
	}
	if b.readsAhead(ordered(len(b.items)), &e.alone) || b.readsAhead(order, &together) {
		e.pairing = whole
	}
}

// readsAhead reports whether the first items get other answers when the others do not follow.
func (b *observer) readsAhead(order []int, full *trial) bool {
	half := (len(order) + 1) / 2
	t := b.batch(order[:half])
	return !t.complete() || !slices.EqualFunc(t.answers, full.answers[:half], bytes.Equal)
}

// samePairs reports whether each item got the same answer when all came at once in the given order.
func samePairs(alone, together *trial, order []int) bool {
	for p, i := range order {
		if !bytes.Equal(alone.answers[i], together.answers[p]) {
			return false
		}
	}
	return true
}

// otherOrder is another order of n items: backwards but for the first. To turn all of it round would not tell a worker
// that does the same with its answers.
func otherOrder(n int) []int {
	order := ordered(n)
	if n > 2 {
		order = order[1:]
	}
	slices.Reverse(order)
	if n > 2 {
		order = append([]int{0}, order...)
	}
	return order
}

func ordered(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// terminate sees how a warm worker takes SIGTERM.
func (b *observer) terminate() {
	if b.err != nil || b.ctx.Err() != nil {
		return
	}
	s := begin(b.ctx, b.o)
	defer s.finish()
	if held := b.seen.alone.held; s.going() && s.seen.warm == 0 && held != silent && held != unseen {
		s.ask(b.items[0]) // to be sure that it is warm
	}
	if !s.going() {
		b.err = s.err
		return
	}
	// It leads a group of its own, and is not reaped before it is finished: the id is its own.
	_ = unix.Kill(-s.w.Pid(), unix.SIGTERM)
	sent := time.Now()
	for s.going() && time.Since(sent) < termPatience {
		s.hear(longGlance)
	}
	took := time.Since(sent)
	s.finish()
	b.seen.term = &termination{took: took, killed: s.seen.exit.Forced}
}
