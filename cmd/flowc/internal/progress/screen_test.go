package progress

import (
	"fmt"
	"strconv"
	"strings"
)

// screen is a terminal of a few columns that understands what the view writes
// and refuses everything else.
type screen struct {
	columns  int
	rows     [][]string // cells
	row, col int
	bad      []string
}

func newScreen(columns int) *screen { return &screen{columns: columns, rows: [][]string{nil}} }

func (s *screen) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b["):
			end := strings.IndexAny(text[2:], "ABCDHJKhlm")
			if end < 0 {
				s.bad = append(s.bad, text)
				return len(p), nil
			}
			s.control(text[2:2+end], text[2+end])
			text = text[3+end:]
		case text[0] == '\r':
			s.col = 0
			text = text[1:]
		case text[0] == '\n':
			s.row, s.col = s.row+1, 0 // as a terminal in its usual mode does
			text = text[1:]
			s.grow()
		default:
			r := []rune(text)[0]
			if r < ' ' {
				s.bad = append(s.bad, strconv.QuoteRune(r))
			}
			if s.col == s.columns {
				s.row, s.col = s.row+1, 0
				s.grow()
			}
			for len(s.rows[s.row]) <= s.col {
				s.rows[s.row] = append(s.rows[s.row], " ")
			}
			s.rows[s.row][s.col] = string(r)
			s.col++
			text = text[len(string(r)):]
		}
	}
	return len(p), nil
}

func (s *screen) grow() {
	for len(s.rows) <= s.row {
		s.rows = append(s.rows, nil)
	}
}

func (s *screen) control(param string, op byte) {
	n, _ := strconv.Atoi(param)
	switch {
	case op == 'A':
		if n > s.row {
			s.bad = append(s.bad, fmt.Sprintf("up %d from row %d", n, s.row))
			n = s.row
		}
		s.row -= n
	case op == 'K' && param == "":
		s.rows[s.row] = s.rows[s.row][:min(s.col, len(s.rows[s.row]))]
	case op == 'J' && param == "":
		s.rows[s.row] = s.rows[s.row][:min(s.col, len(s.rows[s.row]))]
		s.rows = s.rows[:s.row+1]
	case op == 'm', param == "?2026":
	default:
		s.bad = append(s.bad, "CSI "+param+string(op))
	}
}

// resize wraps what is shown as a terminal does that becomes narrower.
func (s *screen) resize(columns int) {
	var rows [][]string
	for i, row := range s.rows {
		if i == s.row {
			s.row = len(rows)
		}
		for len(row) > columns {
			rows = append(rows, row[:columns])
			row = row[columns:]
		}
		rows = append(rows, row)
	}
	s.rows, s.columns = rows, columns
}

func (s *screen) String() string {
	var lines []string
	for _, row := range s.rows {
		lines = append(lines, strings.TrimRight(strings.Join(row, ""), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
