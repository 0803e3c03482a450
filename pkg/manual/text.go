package manual

import (
	"strings"
	"unicode/utf8"
)

// Screen is where text goes: how wide it is, and whether it shows bold type.
type Screen struct {
	Width int
	Bold  bool
}

const (
	narrowest = 30 // columns below which nothing is wrapped any more
	widest    = 120
	indent    = 4
	termWidth = 22 // the column behind a term
	flagWidth = 30 // the column behind a flag
)

func (s Screen) width() int { return min(max(s.Width, narrowest), widest) }

func (s Screen) bold(text string) string {
	if !s.Bold || text == "" {
		return text
	}
	return "\x1b[1m" + text + "\x1b[m"
}

// text renders blocks: what flows is wrapped between words, code is indented.
func (s Screen) text(blocks []block) string {
	var b strings.Builder
	for i, bl := range blocks {
		if i > 0 && (bl.kind != bullet || blocks[i-1].kind != bullet) {
			b.WriteByte('\n')
		}
		switch bl.kind {
		case heading:
			b.WriteString(s.bold(unmarked(bl.text)) + "\n")
		case paragraph:
			s.wrap(&b, bl.text, 0, 0)
		case bullet:
			b.WriteString(bl.mark + " ")
			s.wrap(&b, bl.text, len(bl.mark)+1, len(bl.mark)+1)
		case code:
			for _, line := range bl.lines {
				s.codeLine(&b, line, indent)
			}
		case table:
			s.terms(&b, bl)
		}
	}
	return b.String()
}

// codeLine indents a line of code. One that is too wide goes on below itself, cut between words.
func (s Screen) codeLine(b *strings.Builder, line string, indent int) {
	if line == "" {
		b.WriteByte('\n')
		return
	}
	b.WriteString(strings.Repeat(" ", indent))
	var words []word
	for text := range strings.SplitSeq(line, " ") {
		words = append(words, word{{plain, text}})
	}
	s.flow(b, words, indent, 2*indent)
}

// terms renders a table as a list: what stands in the first column, and beside it the rest of the row.
func (s Screen) terms(b *strings.Builder, t block) {
	for _, row := range t.rows[1:] {
		s.term(b, row[0], rowText(t.rows[0], row))
	}
}

// term renders a term and, beside or below it, what it means.
func (s Screen) term(b *strings.Builder, term, meaning string) { s.column(b, term, meaning, termWidth) }

// column renders a term, and its meaning from a column on: in the same line if the term leaves room.
func (s Screen) column(b *strings.Builder, term, meaning string, column int) {
	shown := unmarked(term)
	b.WriteString("  " + s.bold(shown))
	column = min(column, s.width()/2)
	if n := utf8.RuneCountInString(shown) + 2; n+2 <= column {
		b.WriteString(strings.Repeat(" ", column-n))
	} else {
		b.WriteString("\n" + strings.Repeat(" ", column))
	}
	s.wrap(b, meaning, column, column)
}

// rowText is what a row says behind its first cell. Of several cells each is named by its heading.
func rowText(headings, row []string) string {
	if len(row) == 2 {
		return row[1]
	}
	var parts []string
	for i := 1; i < len(row); i++ {
		if row[i] != "" {
			parts = append(parts, headings[i]+": "+row[i])
		}
	}
	return strings.Join(parts, "; ")
}

// wrap writes text in lines no wider than the screen, from column on, and further lines behind the margin.
func (s Screen) wrap(b *strings.Builder, text string, column, margin int) {
	s.flow(b, words(text), column, margin)
}

// word is what is never broken: spans without a blank between them.
type word []span

func (w word) width() (n int) {
	for _, sp := range w {
		n += utf8.RuneCountInString(sp.text)
	}
	return n
}

// words takes text apart between blanks.
func words(text string) (all []word) {
	var w word
	for _, sp := range spans(text) {
		for i, part := range strings.Split(sp.text, " ") {
			if i > 0 {
				all, w = append(all, w), nil
			}
			if part != "" {
				w = append(w, span{sp.style, part})
			}
		}
	}
	return append(all, w)
}

// flow writes words, and begins a new line behind the margin where the next would not fit.
func (s Screen) flow(b *strings.Builder, words []word, column, margin int) {
	for i, w := range words {
		n := w.width()
		switch {
		case i == 0:
		case column+1+n > s.width():
			b.WriteString("\n" + strings.Repeat(" ", margin))
			column = margin
		default:
			b.WriteByte(' ')
			column++
		}
		for _, sp := range w {
			if sp.style == plain {
				b.WriteString(sp.text)
			} else {
				b.WriteString(s.bold(sp.text))
			}
		}
		column += n
	}
	b.WriteByte('\n')
}

// unmarked is text without its inline marks.
func unmarked(text string) string {
	var b strings.Builder
	for _, sp := range spans(text) {
		b.WriteString(sp.text)
	}
	return b.String()
}
