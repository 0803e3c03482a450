package manual

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Page is the manual page, in the man macros of roff: all flags, then the chapters, a section each. Words are not
// broken, so that they can be copied; it has no date, so that the same source gives the same page.
func Page(version string, groups []Group) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH STOKE 1 \"\" \"stoke %s\" \"User Commands\"\n.nh\n.ad l\n", roff(version))
	b.WriteString(".SH NAME\nstoke \\- xargs with warm workers\n.SH SYNOPSIS\n")
	o := readOverview()
	for _, form := range o.usage.lines {
		b.WriteString(roff(form) + "\n.br\n")
	}
	b.WriteString(".SH DESCRIPTION\n")
	roffBlocks(&b, []block{o.about, o.examples})
	b.WriteString(".SH OPTIONS\n")
	for _, g := range groups {
		b.WriteString(".SS " + roff(g.Title) + "\n")
		for _, f := range g.Flags {
			b.WriteString(".TP\n" + f.roff() + "\n" + roff(f.meaning()) + "\n")
		}
	}
	roffBlocks(&b, []block{o.notes})
	for _, c := range Chapters() {
		if c.Name == flagsTopic {
			continue
		}
		b.WriteString(".SH " + roff(strings.ToUpper(c.Title)) + "\n")
		roffBlocks(&b, c.body)
	}
	b.WriteString(".SH SEE ALSO\n.BR xargs (1),\n.BR parallel (1)\n")
	return b.String()
}

// roff is how the flag is typed.
func (f Flag) roff() string {
	name := "\\fB" + roff("--"+f.Long) + "\\fR"
	if f.Short != "" {
		name = "\\fB" + roff("-"+f.Short) + "\\fR, " + name
	}
	if f.Value != "" {
		name += " \\fI" + roff(f.Value) + "\\fR"
	}
	return name
}

func roffBlocks(b *strings.Builder, blocks []block) {
	for _, bl := range blocks {
		switch bl.kind {
		case heading:
			b.WriteString(".SS " + roff(unmarked(bl.text)) + "\n")
		case paragraph:
			b.WriteString(".PP\n" + roffText(bl.text) + "\n")
		case bullet:
			fmt.Fprintf(b, ".IP %s 3\n%s\n", strings.ReplaceAll(bl.mark, "-", "\\(bu"), roffText(bl.text))
		case code:
			b.WriteString(".PP\n.RS 4\n.nf\n" + roff(strings.Join(bl.lines, "\n")) + "\n.fi\n.RE\n")
		case table:
			for _, row := range bl.rows[1:] {
				b.WriteString(".TP\n\\fB" + roff(unmarked(row[0])) + "\\fR\n" + roffText(rowText(bl.rows[0], row)) + "\n")
			}
		}
	}
}

// roffText is text with its inline marks turned into fonts.
func roffText(text string) string {
	var b strings.Builder
	for _, sp := range spans(text) {
		font := map[style]string{literal: "\\fB", strong: "\\fB", slanted: "\\fI"}[sp.style]
		if font == "" {
			b.WriteString(roff(sp.text))
		} else {
			b.WriteString(font + roff(sp.text) + "\\fR")
		}
	}
	return b.String()
}

// roffEscapes keep characters as they are typed: roff has typographic ideas of some.
var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, `"`, `\(dq`, "\n.", "\n\\&.")

// roff returns text such that roff prints it. No line of it is taken for a request: those begin with . or '. Letters
// beyond ASCII are named by number.
func roff(text string) string {
	var b strings.Builder
	if strings.HasPrefix(text, ".") {
		b.WriteString(`\&`)
	}
	for _, r := range roffEscapes.Replace(text) {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		}
	}
	return b.String()
}
