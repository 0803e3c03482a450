package launch

import (
	"bytes"
	"cmp"
	"time"

	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// Slow says that a worker has not been warm for a while: perhaps it loads something large, perhaps what is awaited never comes.
type Slow struct {
	Slot, Pid int
	For       time.Duration
	Line      bool   // it has not printed the line of Spec.Ready; else it has not greeted as its protocol wants it
	Words     string // the end of its stderr
}

// longGreeting is how long a worker may load before a word is said about it.
const longGreeting = 10 * time.Second

// wonder tells of a worker that is slow, until done is called.
func (s *Starter) wonder(slot int, w *worker.Worker, line bool) (done func()) {
	limit := cmp.Or(s.tell.After, longGreeting)
	t := time.AfterFunc(limit, func() { s.tell.Slow(Slow{slot, w.Pid(), limit, line, w.LastWords()}) })
	return func() { t.Stop() }
}

// employee is a worker with its side of what it speaks.
type employee struct {
	*worker.Worker
	codec *wire.Codec
}

// Codec is what the engine asks for.
func (e *employee) Codec() *wire.Codec { return e.codec }

// greet waits until a worker that says so by its protocol is ready for items.
func (s *Starter) greet(slot int, w *employee, show func([]byte), cancelled func() bool) error {
	if w.codec.Ready() {
		return nil
	}
	defer s.wonder(slot, w.Worker, false)()
	err := w.Await(s.spec.InitTimeout, cancelled, func(out []byte) (rest []byte, ready bool, err error) {
		rest, err = w.codec.Greet(out)
		if p := w.codec.Aside(); len(p) > 0 {
			show(append(bytes.TrimSuffix(p, newline), newline...))
		}
		return rest, w.codec.Ready(), err
	})
	if w.codec.Mute() {
		s.mute.Do(s.tell.Mute)
	}
	return err
}

var newline = []byte("\n")
