package diag

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const tabStop = 4

// cell is what a terminal shows as one unit: a character with the marks that
// combine with it, or the visible spelling of a byte that it must not receive.
type cell struct {
	from, to int    // bytes of the text it stands for
	text     string // printable
	width    int    // columns
}

// cellsOf splits one line of text into cells. Nothing of it can move the
// cursor or change a terminal's state: what Go does not call printable
// (controls, invisible and directional characters, spaces other than U+0020)
// is spelled out, as are bytes that are not UTF-8. Tabs become spaces.
func cellsOf(s string) []cell {
	cells := make([]cell, 0, len(s))
	column := 0
	add := func(from, to int, text string, width int) {
		cells = append(cells, cell{from, to, text, width})
		column += width
	}
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < 0x7f {
			add(i, i+1, s[i:i+1], 1)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		end := i + size
		switch {
		case r == '\t':
			n := tabStop - column%tabStop
			add(i, end, strings.Repeat(" ", n), n)
		case r == utf8.RuneError && size <= 1:
			text := fmt.Sprintf("<0x%02X>", s[i])
			add(i, end, text, len(text))
		case joins(r) && len(cells) > 0 && !spelled(cells[len(cells)-1]):
			last := &cells[len(cells)-1]
			end = extend(last, s, i)
		case isRegional(r):
			if next, n := utf8.DecodeRuneInString(s[end:]); isRegional(next) {
				end += n // two make a flag
			}
			add(i, end, s[i:end], 2)
		case unicode.IsPrint(r) && !joins(r):
			add(i, end, s[i:end], runeWidth(r))
		default:
			text := fmt.Sprintf("<U+%04X>", r)
			add(i, end, text, len(text))
		}
		i = end
	}
	return cells
}

// extend adds the joining character at s[i:] to c, and what it joins, and
// returns the index behind. A cell keeps its width, save that an emoji
// selector makes a narrow symbol wide.
func extend(c *cell, s string, i int) int {
	r, size := utf8.DecodeRuneInString(s[i:])
	end := i + size
	switch {
	case r == emojiSelector && c.width == 1:
		c.width = 2
	case r == zeroWidthJoiner && c.width == 2:
		if next, n := utf8.DecodeRuneInString(s[end:]); unicode.IsPrint(next) && !joins(next) && n > 1 {
			end += n
		}
	}
	c.to = end
	c.text += s[i:end]
	return end
}

// spelled reports whether c stands for something else than itself, so that
// nothing may combine with it.
func spelled(c cell) bool {
	return c.width == 0 || c.text[0] == ' ' || len(c.text) > 1 && c.text[0] == '<'
}

const (
	zeroWidthJoiner    = '\u200d'
	zeroWidthNonJoiner = '\u200c'
	emojiSelector      = '\ufe0f'
)

// joins reports whether r is shown in the place of the character before it.
func joins(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r == zeroWidthJoiner, r == zeroWidthNonJoiner:
		return true
	case 0x1160 <= r && r <= 0x11ff, 0xd7b0 <= r && r <= 0xd7fb: // Hangul vowels and finals
		return true
	case 0x1f3fb <= r && r <= 0x1f3ff: // skin tones
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me)
}

func isRegional(r rune) bool { return 0x1f1e6 <= r && r <= 0x1f1ff }

// runeWidth returns the columns of a printable character that does not join.
func runeWidth(r rune) int {
	if unicode.Is(wide, r) {
		return 2
	}
	return 1
}

// widthOf returns the columns of cells.
func widthOf(cells []cell) int {
	n := 0
	for _, c := range cells {
		n += c.width
	}
	return n
}

// textOf returns what a terminal receives for cells.
func textOf(cells []cell) string {
	var b strings.Builder
	for _, c := range cells {
		b.WriteString(c.text)
	}
	return b.String()
}

// printable returns s, one line of it, as it may be sent to a terminal.
func printable(s string) string {
	s = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s)
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return textOf(cellsOf(s))
		}
	}
	return s
}

// wrap breaks one line at spaces so that no part is wider than width, unless
// a single word is. Parts after the first keep the line's indent, and stand
// below the text of a list item.
func wrap(line string, width int) []string {
	body := strings.TrimLeft(line, " \t")
	indent := widthOf(cellsOf(line[:len(line)-len(body)]))
	indent = min(indent, width/2)
	first := strings.Repeat(" ", indent)
	rest := first
	if strings.HasPrefix(body, "- ") {
		rest += "  "
	}
	var parts []string
	part, used := first, indent
	empty := true
	for word := range strings.FieldsSeq(body) {
		cells := cellsOf(word)
		w := widthOf(cells)
		if !empty && used+1+w > width {
			parts = append(parts, part)
			part, used, empty = rest, len(rest), true
		}
		if !empty {
			part += " "
			used++
		}
		part += textOf(cells)
		used += w
		empty = false
	}
	if empty {
		return []string{""}
	}
	return append(parts, part)
}

// chop breaks printable text anywhere, so that no piece is wider than width.
func chop(text string, width int) []string {
	var pieces []string
	cells := cellsOf(text)
	for len(cells) > 0 {
		n, used := 0, 0
		for n < len(cells) && (n == 0 || used+cells[n].width <= width) {
			used += cells[n].width
			n++
		}
		pieces = append(pieces, textOf(cells[:n]))
		cells = cells[n:]
	}
	return pieces
}
