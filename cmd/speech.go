package cmd

import (
	"bytes"
	"cmp"
	"fmt"
	"time"

	"stoke/pkg/engine"
	"stoke/pkg/wire"
	"stoke/pkg/worker"
)

// translated is a worker whose output must be translated.
type translated struct {
	*worker.Worker
	translator wire.Translator
	early      []byte // lines that it has given already
}

// Speech is what the engine asks such a worker for.
func (t *translated) Speech() (wire.Translator, []byte) { return t.translator, t.early }

// shower returns what shows lines of a worker on stderr, marked with its slot if there are several.
func (o *options) shower(to *worker.Stderr, slot int) func(lines []byte) {
	if o.watching.quiet {
		return func([]byte) {}
	}
	prefix := ""
	if o.jobs > 1 {
		prefix = fmt.Sprintf("[%d] ", slot)
	}
	return to.Of(prefix)
}

// withEnd returns p with a newline at its end.
func withEnd(p []byte) []byte {
	if bytes.HasSuffix(p, []byte("\n")) {
		return p
	}
	return append(p, '\n')
}

// greet waits until a worker that says so itself is ready for items.
func (o *options) greet(slot int, w *worker.Worker, show func([]byte), cancelled func() bool) (engine.Worker, error) {
	if o.speech != nil {
		t := &translated{Worker: w, translator: o.speech()}
		defer o.wonder(slot, w, awaited(t.translator))()
		err := w.Await(o.engine.InitTimeout, cancelled, func(out []byte) ([]byte, bool, error) {
			var err error
			t.early, err = t.translator.Translate(t.early, out)
			if p := t.translator.Aside(); len(p) > 0 {
				show(withEnd(p))
			}
			ready, _ := t.translator.Ready()
			return out[:0], ready, err
		})
		if err != nil {
			return nil, o.failedStart(slot, w, err)
		}
		return t, nil
	}
	if o.program != nil {
		defer o.wonder(slot, w, "its --init has not ended")()
		if err := w.Await(o.engine.InitTimeout, cancelled, o.codeReady); err != nil {
			return nil, o.failedStart(slot, w, err)
		}
	}
	return w, nil
}

// awaited says what a worker has not done that must say itself when it is ready.
func awaited(speaks wire.Translator) string {
	switch speaks.(type) {
	case *wire.Prompt:
		return "it has not printed what --prompt matches; prompts on standard error are not seen"
	case *wire.Marked:
		return "its --init has not ended"
	}
	return "it has not sent the notification `ready`, as --rpc workers do"
}

// wonder warns of a worker that has not been ready for a while, until done is called: perhaps it loads something large, perhaps
// what is awaited never comes. lacks says what that is.
func (o *options) wonder(slot int, w *worker.Worker, lacks string) (done func()) {
	limit := cmp.Or(patience, longGreeting)
	t := time.AfterFunc(limit, func() {
		text := fmt.Sprintf("worker %d (pid %d) has not been ready for %v: %s", slot, w.Pid(), limit, lacks)
		if words := w.LastWords(); words != "" {
			text += "; it last wrote to stderr: " + engine.Quote([]byte(words), false)
		}
		o.engine.Warn(text)
	})
	return func() { t.Stop() }
}

// longGreeting is how long a worker may load before a word is said about it.
const longGreeting = 10 * time.Second

// codeReady looks for what a runner of package lang says first.
func (o *options) codeReady(out []byte) (rest []byte, ready bool, err error) {
	line, rest, whole := bytes.Cut(out, []byte("\n"))
	switch text, fault := bytes.CutPrefix(line, []byte(`\?`)); {
	case !whole:
		return out, false, nil
	case string(line) == `\ready mute`:
		o.mute.Do(func() {
			o.engine.Warn("CODE can give no answer: end it with an expression, return one, or print it")
		})
		return rest, true, nil
	case string(line) == `\ready`:
		return rest, true, nil
	case fault:
		if text, err = wire.Unescape(text); err != nil {
			return rest, false, err
		}
		return rest, false, &wire.CodeError{Text: string(text)}
	}
	return out, false, fmt.Errorf("the interpreter does not run stoke's program, but prints %s", engine.Quote(line, false))
}
