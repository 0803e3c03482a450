package cmd

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"stoke/pkg/manual"
)

const chapterFiles = "../pkg/manual/chapters/"

func declared() map[string]bool {
	names := map[string]bool{}
	for _, g := range described(groups()) {
		for _, f := range g.Flags {
			names["--"+f.Long] = true
			if f.Short != "" {
				names["-"+f.Short] = true
			}
		}
	}
	return names
}

func readPage(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// chapters/flags.md is what is declared, for readers on the web.
func TestFlagsChapter(t *testing.T) {
	want, file := manual.FlagsChapter(described(groups())), chapterFiles+"flags.md"
	if os.Getenv("UPDATE_SCRIPTS") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if readPage(t, file) != want {
		t.Errorf("%s is not what flags.go declares: UPDATE_SCRIPTS=1 go test ./cmd -run FlagsChapter writes it", file)
	}
}

// Every flag is explained in a chapter, and the pages name no flag that does not exist.
func TestChaptersKnowTheFlags(t *testing.T) {
	names, told := declared(), map[string]bool{}
	// flags of other programs, in the words of those who know these
	others := []string{"--pipe", "--round-robin", "--block", "--line-buffered", "--unbuffered", "--preserve-status", "--delay", "--load", "--memfree"}
	typed := regexp.MustCompile("[`[ ](--?[a-z0][a-z-]*)")
	pages := []string{"../README.md"}
	for _, c := range manual.Chapters() {
		if c.Name != "flags" {
			pages = append(pages, chapterFiles+c.Name+".md")
		}
	}
	for _, page := range pages {
		text := readPage(t, page)
		for _, m := range typed.FindAllStringSubmatch(text, -1) {
			told[m[1]] = told[m[1]] || page != "../README.md"
		}
		for _, code := range regexp.MustCompile("`(--[a-z-]+)").FindAllStringSubmatch(text, -1) {
			if !names[code[1]] && !slices.Contains(others, code[1]) {
				t.Errorf("%s speaks of %s, which is no flag", page, code[1])
			}
		}
	}
	for name := range names {
		if strings.HasPrefix(name, "--") && !told[name] {
			t.Errorf("no chapter explains %s", name)
		}
	}
}

// Sentences are short, and what is typed fits on a screen.
func TestPagesReadWell(t *testing.T) {
	const longest, widest = 30, 76
	code := regexp.MustCompile("`[^`]*`")
	for _, page := range append(chapterPaths(), "../README.md") {
		inside := false
		var flowing strings.Builder
		for line := range strings.SplitSeq(readPage(t, page), "\n") {
			switch {
			case strings.HasPrefix(line, "```"):
				inside = !inside
				flowing.WriteString("\n\n")
			case inside && utf8.RuneCountInString(line) > widest:
				t.Errorf("%s: a line of code is wider than %d: %s", page, widest, line)
			case inside:
			case strings.HasPrefix(line, "|"), strings.HasPrefix(line, "#"):
				flowing.WriteString("\n\n" + strings.ReplaceAll(line, "|", "\n\n") + "\n\n")
			case strings.HasPrefix(line, "- "):
				flowing.WriteString("\n\n" + line[2:] + " ")
			default:
				flowing.WriteString(line + " ")
				if line == "" {
					flowing.WriteString("\n\n")
				}
			}
		}
		for _, text := range regexp.MustCompile(`\n\n+|[.?!:]\)?\s+`).Split(code.ReplaceAllString(flowing.String(), "CODE"), -1) {
			if n := len(strings.Fields(text)); n > longest {
				t.Errorf("%s: a sentence of %d words: %s", page, n, text)
			}
		}
	}
}

func chapterPaths() (paths []string) {
	for _, c := range manual.Chapters() {
		paths = append(paths, chapterFiles+c.Name+".md")
	}
	return paths
}

// README is a page for who comes by; the rest is in the chapters, to which its links lead.
func TestReadme(t *testing.T) {
	text := readPage(t, "../README.md")
	if n := strings.Count(text, "\n"); n > 200 {
		t.Errorf("README has %d lines, above 200", n)
	}
	for _, page := range append(chapterPaths(), "../README.md") {
		dir := page[:strings.LastIndex(page, "/")+1]
		for _, m := range regexp.MustCompile(`\]\(([^):#]+\.md)\)`).FindAllStringSubmatch(readPage(t, page), -1) {
			if _, err := os.Stat(dir + m[1]); err != nil {
				t.Errorf("%s leads to %s: %v", page, m[1], err)
			}
		}
	}
}

// -h fits on a screen of 24 lines and 80 columns, and names flags that exist.
func TestUsageIsOneScreen(t *testing.T) {
	text := manual.Usage()
	if n := strings.Count(text, "\n"); n > 24 {
		t.Errorf("-h has %d lines, above 24", n)
	}
	names := declared()
	for _, m := range regexp.MustCompile(`(?m)^  (?:(-\w), |    )(--[a-z-]+)`).FindAllStringSubmatch(text, -1) {
		if !names[m[2]] || m[1] != "" && !names[m[1]] {
			t.Errorf("-h speaks of %q, which does not exist", m[0])
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > 80 {
			t.Errorf("-h is wider than 80: %s", line)
		}
	}
}

// Whatever the width, no line of the help is wider, and no word is broken.
func TestHelpIsWrapped(t *testing.T) {
	whole := func(s manual.Screen) (text string) {
		for _, c := range manual.Chapters() {
			text += c.Text(s)
		}
		return text + manual.Help(s, described(groups()))
	}
	words := strings.Fields(whole(manual.Screen{Width: 120}))
	for _, width := range []int{40, 80, 100} {
		text := whole(manual.Screen{Width: width})
		if !slices.Equal(strings.Fields(text), words) {
			t.Errorf("the words are others at %d columns", width)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if utf8.RuneCountInString(line) > width && len(strings.Fields(line)) > 1 && width >= 80 {
				t.Errorf("wider than %d: %q", width, line)
			}
		}
	}
}

// The manual page has a section for each chapter and an entry for each flag, and groff finds nothing wrong with it.
func TestManualPage(t *testing.T) {
	page := manual.Page("1.0", described(groups()))
	for _, g := range described(groups()) {
		for _, f := range g.Flags {
			if entry := "\\fB" + strings.ReplaceAll("--"+f.Long, "-", `\-`) + "\\fR"; !strings.Contains(page, entry) {
				t.Errorf("the manual page has no entry for --%s", f.Long)
			}
		}
	}
	for _, c := range manual.Chapters() {
		if c.Name != "flags" && !strings.Contains(page, ".SH "+strings.ReplaceAll(strings.ToUpper(c.Title), "-", `\-`)+"\n") {
			t.Errorf("the manual page has no section %q", c.Title)
		}
	}
	if _, err := exec.LookPath("groff"); err != nil {
		t.Skip("groff is not installed")
	}
	c := exec.Command("groff", "-man", "-Tutf8", "-ww")
	c.Stdin = strings.NewReader(page)
	var wrong strings.Builder
	c.Stderr = &wrong
	if shown, err := c.Output(); err != nil || wrong.Len() > 0 || len(shown) < 20_000 {
		t.Errorf("groff: %v: %s; it shows %d bytes", err, wrong.String(), len(shown))
	}
}

// The map of the packages names all of them.
func TestMapOfPackages(t *testing.T) {
	text := readPage(t, chapterFiles+"how-it-works.md")
	packages, err := os.ReadDir("../pkg")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		if !strings.Contains(text, "`pkg/"+p.Name()+"`") {
			t.Errorf("how-it-works.md does not name pkg/%s", p.Name())
		}
	}
}
