package launch

import (
	"bytes"
	"cmp"
	"fmt"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/human"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// Awaited is what a worker has not done yet that is not warm.
type Awaited int

const (
	ReadyLine    Awaited = iota // printed a line that matches Spec.Ready
	InitCode                    // run its init code to the end
	Notification                // sent the notification of JSON-RPC
	Prompt                      // printed a prompt
)

// Slow says that a worker has not been warm for a while: perhaps it loads something large, perhaps what is awaited never comes.
type Slow struct {
	Slot, Pid int
	For       time.Duration
	Awaits    Awaited
	Words     string // the end of its stderr
}

// longGreeting is how long a worker may load before a word is said about it.
const longGreeting = 10 * time.Second

// wonder tells of a worker that is slow, until done is called.
func (s *Starter) wonder(slot int, w *worker.Worker, awaits Awaited) (done func()) {
	limit := cmp.Or(s.tell.After, longGreeting)
	t := time.AfterFunc(limit, func() { s.tell.Slow(Slow{slot, w.Pid(), limit, awaits, w.LastWords()}) })
	return func() { t.Stop() }
}

// translated is a worker whose output must be translated.
type translated struct {
	*worker.Worker
	translator wire.Translator
	early      []byte // lines that it has given already
}

// Speech is what the engine asks such a worker for.
func (t *translated) Speech() (wire.Translator, []byte) { return t.translator, t.early }

// greetTranslated waits until such a worker says that it is ready for items.
func (s *Starter) greetTranslated(slot int, w *worker.Worker, show func([]byte), cancelled func() bool) (engine.Worker, error) {
	t := &translated{Worker: w, translator: s.spec.Speech()}
	defer s.wonder(slot, w, awaited(t.translator))()
	err := w.Await(s.spec.InitTimeout, cancelled, func(out []byte) ([]byte, bool, error) {
		var err error
		t.early, err = t.translator.Translate(t.early, out)
		if p := t.translator.Aside(); len(p) > 0 {
			show(append(bytes.TrimSuffix(p, newline), newline...))
		}
		ready, _ := t.translator.Ready()
		return out[:0], ready, err
	})
	return t, err
}

// awaited says what a worker has to do that must say itself when it is ready.
func awaited(speaks wire.Translator) Awaited {
	switch speaks.(type) {
	case *wire.Prompt:
		return Prompt
	case *wire.Marked:
		return InitCode
	}
	return Notification
}

var newline = []byte("\n")

// codeReady looks for what a runner of package lang says first.
func (s *Starter) codeReady(out []byte) (rest []byte, ready bool, err error) {
	line, rest, whole := bytes.Cut(out, newline)
	switch text, fault := bytes.CutPrefix(line, []byte(`\?`)); {
	case !whole:
		return out, false, nil
	case string(line) == `\ready mute`:
		s.mute.Do(s.tell.Mute)
		return rest, true, nil
	case string(line) == `\ready`:
		return rest, true, nil
	case fault:
		if text, err = wire.Unescape(text); err != nil {
			return rest, false, err
		}
		return rest, false, &wire.CodeError{Text: string(text)}
	}
	return out, false, fmt.Errorf("the interpreter does not run stoke's program, but prints %s", human.Quote(line, false))
}
