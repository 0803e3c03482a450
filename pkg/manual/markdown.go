package manual

import (
	"fmt"
	"strings"
)

// kind says what a block is.
type kind int

const (
	heading   kind = iota
	paragraph      // text that flows
	bullet         // an item of a list that flows
	code           // lines as they are
	table          // rows of cells; the first are the headings
)

// block is a piece of a chapter. The chapters keep to these few forms of Markdown, so that they read the same on the
// web, on a terminal and in a manual page.
type block struct {
	kind  kind
	text  string     // heading, paragraph, bullet: with its inline marks, without newlines
	mark  string     // bullet: what stands before it, "-" or a number
	lines []string   // code
	info  string     // code: what stands behind the fence
	rows  [][]string // table
}

// parse reads Markdown. What it does not know is an error, never text that reads badly somewhere.
func parse(source string) (blocks []block, err error) {
	lines := strings.Split(strings.TrimSuffix(source, "\n"), "\n")
	for i := 0; i < len(lines); {
		var b block
		n := 1
		switch line := lines[i]; {
		case line == "":
			i++
			continue
		case strings.HasPrefix(line, "#"):
			b = block{kind: heading, text: strings.TrimLeft(line, "# ")}
		case strings.HasPrefix(line, "```"):
			b, n = fenced(lines[i:])
		case strings.HasPrefix(line, "|"):
			b, n = tabled(lines[i:])
		case strings.HasPrefix(line, " "), strings.HasPrefix(line, "\t"):
			return nil, fmt.Errorf("line %d: indented: %q", i+1, line)
		default:
			b, n = flowing(lines[i:])
		}
		if n == 0 {
			return nil, fmt.Errorf("line %d: no end: %q", i+1, lines[i])
		}
		blocks, i = append(blocks, b), i+n
	}
	return blocks, nil
}

// fenced takes a block of code, and says how many lines it is; 0 if it has no end.
func fenced(lines []string) (block, int) {
	for i, line := range lines[1:] {
		if line == "```" {
			return block{kind: code, info: lines[0][len("```"):], lines: lines[1 : i+1]}, i + 2
		}
	}
	return block{}, 0
}

// tabled takes a table. Its second line is only the rule below the headings.
func tabled(lines []string) (b block, n int) {
	b.kind = table
	for ; n < len(lines) && strings.HasPrefix(lines[n], "|"); n++ {
		if n == 1 {
			continue
		}
		row := strings.Split(strings.Trim(strings.ReplaceAll(lines[n], `\|`, "\x00"), "|"), "|")
		for i, cell := range row {
			row[i] = strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|"))
		}
		b.rows = append(b.rows, row)
	}
	return b, n
}

// flowing takes a paragraph, or an item of a list with the lines that are indented below it.
func flowing(lines []string) (b block, n int) {
	first, mark := lines[0], listMark(lines[0])
	if b.kind = paragraph; mark != "" {
		b.kind, b.mark, first = bullet, mark, strings.TrimSpace(first[len(mark):])
	}
	text := []string{first}
	for n = 1; n < len(lines) && lines[n] != "" && listMark(lines[n]) == "" && !strings.HasPrefix(lines[n], "```"); n++ {
		text = append(text, strings.TrimSpace(lines[n]))
	}
	b.text = strings.Join(text, " ")
	return b, n
}

// listMark is what begins an item of a list: "-", or a number and a point.
func listMark(line string) string {
	mark, _, blank := strings.Cut(line, " ")
	if digits := strings.TrimSuffix(mark, "."); blank && (mark == "-" || digits != mark && strings.Trim(digits, "0123456789") == "" && digits != "") {
		return mark
	}
	return ""
}

// style is how a span of text is marked.
type style int

const (
	plain style = iota
	literal
	strong
	slanted
)

// span is a piece of text in one style.
type span struct {
	style style
	text  string
}

// spans takes the inline marks out of text: `code`, **strong**, *slanted* and [links](to). A link to another chapter
// reads as its text, any other shows where it leads.
func spans(text string) (all []span) {
	for text != "" {
		at := strings.IndexAny(text, "`*[")
		if at < 0 {
			return append(all, span{plain, text})
		}
		if at > 0 {
			all = append(all, span{plain, text[:at]})
		}
		s, rest := marked(text[at:])
		all, text = append(all, s), rest
	}
	return all
}

// marked takes the span that begins with a mark. A mark that is not closed is text.
func marked(text string) (s span, rest string) {
	for _, m := range []struct {
		mark  string
		style style
	}{{"`", literal}, {"**", strong}, {"*", slanted}} {
		if inner, ok := strings.CutPrefix(text, m.mark); ok {
			if in, rest, closed := strings.Cut(inner, m.mark); closed && in != "" && !strings.HasPrefix(in, " ") {
				return span{m.style, in}, rest
			}
		}
	}
	if label, behind, ok := strings.Cut(text, "]("); ok && text[0] == '[' {
		to, rest, _ := strings.Cut(behind, ")")
		if strings.Contains(to, "://") {
			label += " (" + to + ")"
		}
		return span{plain, label[1:]}, rest
	}
	return span{plain, text[:1]}, text[1:]
}
