package progress

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rivo/uniseg"
)

// screen is a terminal as a person sees it: rows of cells, of which those that have scrolled off are kept. It knows what
// a bar may use, and nothing else: an unknown escape sequence or control character fails the test.
type screen struct {
	t     *testing.T
	mu    sync.Mutex
	width int
	rows  []row
	y, x  int // the cursor
	wait  bool
	wrap  bool
	seen  []string // what stood in the row of the cursor after each write
	part  string   // an escape sequence that is not complete
}

// row is one row of the screen. A wide character is followed by an empty cell.
type row struct {
	cells []string
	goes  bool // it was full, and goes on in the next row
}

func newScreen(t *testing.T, width int) *screen {
	return &screen{t: t, width: width, rows: []row{{}}, wrap: true}
}

func (s *screen) columns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.width
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.part + string(p)
	s.part = ""
	for text != "" {
		switch c := text[0]; {
		case c == '\x1b':
			end := strings.IndexAny(text[1:], "ABCDEFGHJKSTfmnsuhl")
			if end < 0 {
				s.part, text = text, ""
				continue
			}
			s.escape(text[1 : end+2])
			text = text[end+2:]
		case c == '\r':
			s.x, s.wait, text = 0, false, text[1:]
		case c == '\n': // the terminal driver makes it CR LF
			s.rows[s.y].goes = false
			s.down()
			s.x, s.wait, text = 0, false, text[1:]
		case c == '\t':
			s.x, text = min(s.x/8*8+8, s.width-1), text[1:]
		case c < ' ' || c == 0x7f:
			s.t.Errorf("control character %q", c)
			text = text[1:]
		default:
			var cluster string
			var columns int
			cluster, text, columns, _ = uniseg.FirstGraphemeClusterInString(text, -1)
			s.put(cluster, columns)
		}
	}
	s.seen = append(s.seen, s.row(s.y))
	return len(p), nil
}

func (s *screen) escape(sequence string) {
	switch sequence {
	case "[J":
		s.blank()
		s.rows = s.rows[:s.y+1]
	case "[K":
		s.blank()
	case "[?7l":
		s.wrap = false
	case "[?7h":
		s.wrap = true
	case "[0m", "[31m":
	default:
		s.t.Errorf("unknown escape sequence %q", sequence)
	}
}

// blank erases from the cursor to the end of the row.
func (s *screen) blank() {
	if s.wait {
		s.t.Errorf("erased in the last column, where terminals differ")
	}
	r := &s.rows[s.y]
	r.cells, r.goes = r.cells[:min(s.x, len(r.cells))], false
}

func (s *screen) down() {
	if s.y++; s.y == len(s.rows) {
		s.rows = append(s.rows, row{})
	}
}

func (s *screen) put(cluster string, columns int) {
	if columns == 0 { // it joins what was written before
		if x := s.x - 1; x >= 0 && x < len(s.rows[s.y].cells) {
			s.rows[s.y].cells[x] += cluster
		}
		return
	}
	if s.wait || s.x+columns > s.width {
		if !s.wrap {
			s.x = max(s.width-columns, 0)
		} else {
			s.rows[s.y].goes = true
			s.down()
			s.x = 0
		}
		s.wait = false
	}
	r := &s.rows[s.y]
	for len(r.cells) < s.x+columns {
		r.cells = append(r.cells, " ")
	}
	r.cells[s.x] = cluster
	for i := 1; i < columns; i++ {
		r.cells[s.x+i] = ""
	}
	if s.x += columns; s.x >= s.width {
		s.x, s.wait = s.width-1, true
	}
}

func (s *screen) row(y int) string { return strings.TrimRight(strings.Join(s.rows[y].cells, ""), " ") }

// resize makes the screen as wide as that. With reflow, rows that were one line are, and are broken anew, and the cursor
// stays with its character, as tmux and most others do it; otherwise rows are cut, as xterm does it.
func (s *screen) resize(width int, reflow bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.width = width
	if !reflow {
		for i := range s.rows {
			s.rows[i].cells = s.rows[i].cells[:min(width, len(s.rows[i].cells))]
		}
		s.x = min(s.x, width-1)
		return
	}
	var rows []row
	y, x := s.y, s.x
	for i := 0; i < len(s.rows); i++ {
		var line []string
		cursor := -1
		for {
			if i == y {
				cursor = len(line) + x
			}
			line = append(line, s.rows[i].cells...)
			if !s.rows[i].goes || i+1 == len(s.rows) {
				break
			}
			i++
		}
		if cursor >= 0 {
			s.y, s.x = len(rows)+cursor/width, cursor%width
		}
		for len(line) > width {
			rows = append(rows, row{line[:width:width], true})
			line = line[width:]
		}
		rows = append(rows, row{line, false})
	}
	s.rows = rows
}

// text is what stands on the screen and above it, without the empty rows at the end.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for y := range s.rows {
		lines = append(lines, s.row(y))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// lines are the rows of the screen without the last one, and the last one.
func (s *screen) lines() (above []string, last string) {
	all := strings.Split(s.text(), "\n")
	return all[:len(all)-1], all[len(all)-1]
}

func (s *screen) cursor() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strconv.Itoa(s.y) + ":" + strconv.Itoa(s.x)
}

// The emulator itself is tried: one that showed nothing would find no fault.
func TestScreen(t *testing.T) {
	for _, tt := range []struct {
		name   string
		width  int
		write  string
		want   string
		cursor string
	}{
		{"plain lines", 10, "one\ntwo\n", "one\ntwo", "2:0"},
		{"carriage return overwrites", 10, "hello\rJ", "Jello", "0:1"},
		{"erase to the end of the row", 10, "hello\rJ\x1b[K", "J", "0:1"},
		{"erase to the end of the screen", 10, "a\nb\x1b[J", "a\nb", "1:1"},
		{"a long line goes on below", 4, "abcdefg", "abcd\nefg", "1:3"},
		{"a full line does not go on yet", 4, "abcd\nx", "abcd\nx", "1:1"},
		{"without wrapping the end is lost", 4, "\x1b[?7labcdefg\x1b[?7h", "abcg", "0:3"},
		{"wide characters", 5, "日本語", "日本\n語", "1:2"},
		{"combining marks", 5, "e\u0301x", "e\u0301x", "0:2"},
		{"tabs", 20, "a\tb", "a       b", "0:9"},
		{"color", 20, "\x1b[31mred\x1b[0m", "red", "0:3"},
	} {
		s := newScreen(t, tt.width)
		for i := range len(tt.write) { // byte by byte but for characters of several
			if tt.write[i] >= 0x80 {
				fmt.Fprint(s, tt.write[i:])
				break
			}
			fmt.Fprint(s, tt.write[i:i+1])
		}
		if s.text() != tt.want || s.cursor() != tt.cursor {
			t.Errorf("%s: got %q, cursor %s, want %q, %s", tt.name, s.text(), s.cursor(), tt.want, tt.cursor)
		}
	}
	s := newScreen(t, 6)
	fmt.Fprint(s, "above\nabcdef\r")
	s.resize(4, true)
	if s.text() != "abov\ne\nabcd\nef" || s.cursor() != "2:0" {
		t.Errorf("after a reflow: %q, cursor %s", s.text(), s.cursor())
	}
}
