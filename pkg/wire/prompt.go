package wire

// The protocol of --send and --prompt: any program that prints a prompt without a newline when it waits for a line.
//
// For each item stoke sends TEMPLATE, as for --until. The program prints a prompt for each line that it reads, so that as
// many prompts as TEMPLATE has lines end an answer; the prompts are no part of it, nor is the newline before the last one. A
// prompt is what REGEX matches: `^` is the beginning of a line, and the place behind another prompt. What comes before the first
// prompt, when the program starts, belongs to stderr. An item is sent when the one before it is answered: one prompt too few would
// shift what is answered behind it. An item must be one line: of others it is not known how many prompts they
// make.
//
// What a program prints to echo what it reads is part of the answer, and prompts on stderr are not seen. These were tried:
//
//	stoke --send '{}' --prompt '^(> |\.\.\. )' -- node -i
//	stoke --send '{}' --prompt '>>> |\.\.\. ' -- sh -c 'exec python3 -qi 2>&1'
//	stoke --send '{}' --prompt '^irb.*[>*] ' -- irb --noverbose     (echoes each line)
//	stoke --send 'select {};' --prompt '^( |sql|i)[^>]*> ' -- sqlite3 -interactive     (likewise)

import (
	"bytes"
	"fmt"
	"regexp"
)

// longestPrompt is how much of the end of a line that is not complete is looked through again when more of it has come.
const longestPrompt = 4 << 10

// Prompt translates the output of one worker that prints a prompt behind each answer. It is a Translator.
type Prompt struct {
	output
	prompt  *regexp.Regexp
	lines   int // prompts that end an answer
	maxItem int
	ready   bool   // the first prompt was seen
	seen    int    // prompts of the answer under way
	before  []byte // what stood before those
	scanned int    // bytes of held in which no prompt begins
	dropped int64  // bytes given up of an answer that is too large
}

// OnePrompt is the promise of a worker of --prompt.
const OnePrompt Promise = "one prompt for each line that it is sent, and none in an answer"

// UntilPrompt is the protocol of workers that are sent t for each item, which must be one line, and print what regex matches
// for each line. One prompt too few would shift the answers behind it: so they get an item at a time.
func UntilPrompt(t *Template, regex string) (Protocol, error) {
	prompt, err := CompilePrompt(regex)
	if err != nil {
		return Protocol{}, err
	}
	lines := t.lines()
	return Protocol{Framing: &Template{parts: t.parts, oneLine: true}, Replies: true, Greets: true, Bound: true, Lockstep: true, Lines: lines,
		Promise: OnePrompt, Listen: func(maxItem int) (Translator, Requester) { return NewPrompt(prompt, lines, maxItem), nil }}, nil
}

// CompilePrompt reads the REGEX of --prompt.
func CompilePrompt(text string) (*regexp.Regexp, error) {
	prompt, err := regexp.Compile("(?m:" + text + ")")
	if err == nil && prompt.MatchString("") {
		return nil, fmt.Errorf("it matches where nothing is")
	}
	return prompt, err
}

// NewPrompt returns the translator for the output of one worker in which so many prompts end each answer, which may have maxItem bytes.
func NewPrompt(prompt *regexp.Regexp, lines, maxItem int) *Prompt {
	return &Prompt{prompt: prompt, lines: lines, maxItem: maxItem}
}

// Ready is true when the first prompt was seen.
func (m *Prompt) Ready() (ok bool, concurrency int) { return m.ready, 1 }

// Translate implements Translator. It returns no error: a program may print what it likes.
func (m *Prompt) Translate(dst, raw []byte) ([]byte, error) {
	p := m.join(raw)
	for {
		begin, end := m.find(p)
		if begin < 0 {
			m.hold(m.cut(p))
			return dst, nil
		}
		text := p[:begin]
		p = p[end:]
		m.scanned = 0
		if !m.ready {
			m.ready = true
			m.putAside(text)
			continue
		}
		if m.seen++; m.seen < m.lines {
			m.keep(text)
			continue
		}
		if len(m.before) > 0 {
			m.before = append(m.before, text...)
			text = m.before
		}
		dst = appendAnswer(dst, bytes.TrimSuffix(text, []byte("\n")), m.dropped, m.maxItem)
		m.before, m.seen, m.dropped = m.before[:0], 0, 0
	}
}

// find returns where the next prompt in p begins and ends, or a negative place.
func (m *Prompt) find(p []byte) (begin, end int) {
	from := m.scanned
	if at := m.prompt.FindIndex(p[from:]); at != nil && (at[0] > 0 || from == 0 || p[from-1] == '\n') {
		return from + at[0], from + at[1]
	}
	m.scanned = max(bytes.LastIndexByte(p, '\n')+1, len(p)-longestPrompt, from)
	return -1, -1
}

// keep keeps what stood before a prompt that does not end the answer.
func (m *Prompt) keep(text []byte) {
	if len(m.before)+len(text) > m.maxItem {
		m.dropped += int64(len(m.before) + len(text))
		m.before = m.before[:0]
		return
	}
	m.before = append(m.before, text...)
}

// cut returns what must be held of p, in which there is no prompt: less than all of it if it is a banner, or part of an answer that
// is too large. What stands before the place that is looked at next tells whether a line begins there.
func (m *Prompt) cut(p []byte) []byte {
	if m.scanned == 0 || m.ready && len(m.before)+len(p) <= m.maxItem+longestPrompt {
		return p
	}
	n := m.scanned - 1
	if m.ready {
		m.dropped += int64(len(m.before) + n)
		m.before = m.before[:0]
	} else if n = m.begun(p); n > 0 {
		m.aside = append(m.aside, p[:n]...)
	}
	m.scanned -= n
	return p[n:]
}

// begun is where the last line of p begins, of which no more than may be is held.
func (m *Prompt) begun(p []byte) int {
	if n := bytes.LastIndexByte(p, '\n') + 1; n > 0 || len(p) <= 2*longestPrompt {
		return n
	}
	return m.scanned - 1
}

// End implements Translator. What is only space is the newline that a program prints when it leaves.
func (m *Prompt) End(dst []byte) ([]byte, error) {
	rest := append(m.before, m.held...)
	if m.before = nil; len(bytes.TrimSpace(rest)) == 0 && m.dropped == 0 {
		m.held = nil
		return dst, nil
	}
	return dst, m.unfinished(rest, m.dropped)
}
