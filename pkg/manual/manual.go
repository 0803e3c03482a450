// Package manual holds the manual: chapters in Markdown, and what makes help, a manual page and a list of flags of them.
//
// The chapters lie in chapters/, and read well there. They use few forms of Markdown (markdown.go), each of which has a
// rendering for a terminal (text.go) and for man (roff.go). What the flags are is told to this package, which declares
// none. The tests of cmd run all examples, and hold flags.md to what is declared.
package manual

import (
	"embed"
	"fmt"
	"strings"
	"sync"
)

// Flag is a flag as the help shows it. Value is the name of what it takes.
type Flag struct {
	Long, Short, Value, About, Default string
}

// Group is a task and its flags.
type Group struct {
	Title string
	Flags []Flag
}

// Chapter is a chapter of the manual: the file chapters/NAME.md.
type Chapter struct {
	Name, Title, Summary string
	body                 []block
}

//go:embed chapters/*.md
var files embed.FS

//go:embed usage.txt
var usage string

//go:embed overview.md
var overviewText string

// flagsTopic is the chapter that is made from the flags.
const flagsTopic = "flags"

// order is the order in which the chapters are read.
var order = []string{
	"quick-start", "items", "workers", "code", "answers", "failure", "long-runs", "watching", "protocols", "recipes",
	"exit-status", "environment", "files", "limits", "speed", "compared", flagsTopic, "how-it-works", "contributing",
}

// overview is what stands around the flags in the whole help.
type overview struct{ about, usage, examples, notes block }

var readOverview = sync.OnceValue(func() overview {
	blocks, err := parse(overviewText)
	if err != nil || len(blocks) != 4 {
		panic(fmt.Sprintf("overview.md has %d blocks: %v", len(blocks), err))
	}
	return overview{blocks[0], blocks[1], blocks[2], blocks[3]}
})

// Chapters are all chapters, in the order in which they are read. They are parsed when they are first asked for, which a
// run does not do. Each begins with its title, and a sentence that is its summary.
var Chapters = sync.OnceValue(func() (all []Chapter) {
	for _, name := range order {
		text, err := files.ReadFile("chapters/" + name + ".md")
		if err != nil {
			panic(err)
		}
		blocks, err := parse(string(text))
		if err != nil || len(blocks) < 3 || blocks[0].kind != heading || blocks[1].kind != paragraph {
			panic(fmt.Sprintf("chapters/%s.md has no title and summary, or cannot be read: %v", name, err))
		}
		all = append(all, Chapter{Name: name, Title: blocks[0].text, Summary: blocks[1].text, body: blocks[1:]})
	}
	return all
})

// Find returns the chapter about a topic: by its name, by the beginning of its name, or by its title.
func Find(topic string) (Chapter, bool) {
	for _, c := range Chapters() {
		if c.Name == topic || strings.EqualFold(c.Title, topic) {
			return c, true
		}
	}
	for _, c := range Chapters() {
		if topic != "" && strings.HasPrefix(c.Name, topic) {
			return c, true
		}
	}
	return Chapter{}, false
}

// Text is the chapter for a screen.
func (c Chapter) Text(s Screen) string {
	return s.bold(strings.ToUpper(c.Title)) + "\n\n" + s.text(c.body)
}

// Usage is the help of one screen.
func Usage() string { return usage }

// Help is the whole help: what it is, all flags by task, the chapters, the exit statuses.
func Help(s Screen, groups []Group) string {
	var b strings.Builder
	o := readOverview()
	b.WriteString(s.text([]block{o.about}))
	for _, part := range []struct {
		title string
		lines []string
	}{{"Usage:", o.usage.lines}, {"Examples:", o.examples.lines}} {
		b.WriteString("\n" + s.bold(part.title) + "\n")
		for _, line := range part.lines {
			s.codeLine(&b, line, 2)
		}
	}
	for _, g := range groups {
		b.WriteString("\n" + s.bold(g.Title+":") + "\n")
		for _, f := range g.Flags {
			s.flag(&b, f)
		}
	}
	b.WriteString("\n" + s.text([]block{o.notes}) + "\n" + s.bold("Exit status:") + "\n")
	status, _ := Find("exit-status")
	for _, bl := range status.body {
		if bl.kind == table {
			s.terms(&b, bl)
			break
		}
	}
	b.WriteString("\n" + s.bold("Topics:") + "\n")
	for _, c := range Chapters() {
		s.term(&b, c.Name, c.Summary)
	}
	return b.String()
}

// flag writes the entry of a flag. Flags without a letter stand where the others have their name.
func (s Screen) flag(b *strings.Builder, f Flag) {
	typed := f.typed()
	if f.Short == "" {
		typed = "    " + typed
	}
	s.column(b, typed, f.meaning(), flagWidth)
}

// typed is how the flag is typed.
func (f Flag) typed() string {
	name := "--" + f.Long
	if f.Short != "" {
		name = "-" + f.Short + ", " + name
	}
	if f.Value != "" {
		return name + " " + f.Value
	}
	return name
}

// meaning is what the flag does, with its default.
func (f Flag) meaning() string {
	if f.Default == "" {
		return f.About
	}
	return f.About + " (default: " + f.Default + ")"
}

// FlagsChapter is the text of chapters/flags.md.
func FlagsChapter(groups []Group) string {
	var b strings.Builder
	b.WriteString("# Flags\n\nAll flags, by task.\n\n`SIZE` takes K, M, G and T, powers of 1024. `D` takes ms, s, m and h.\n\n" +
		"A test writes this file out of what is declared (`UPDATE_SCRIPTS=1 go test ./cmd -run FlagsChapter`).\n")
	cell := strings.NewReplacer("|", `\|`, "<", "&lt;")
	for _, g := range groups {
		b.WriteString("\n## " + g.Title + "\n\n| flag | meaning |\n|---|---|\n")
		for _, f := range g.Flags {
			fmt.Fprintf(&b, "| `%s` | %s |\n", cell.Replace(f.typed()), cell.Replace(f.meaning()))
		}
	}
	return b.String()
}
