package diag

// Printable returns s as one line that may be sent to a terminal: line breaks
// and tabs become spaces, and what could control the terminal is spelled out.
func Printable(s string) string { return printable(s) }

// Width returns the columns that Printable(s) takes.
func Width(s string) int { return widthOf(cellsOf(printable(s))) }

// Cut returns Printable(s), shortened to width columns, with dots where
// something was left out at its end.
func Cut(s string, width int) string {
	cells := cellsOf(printable(s))
	if widthOf(cells) <= width {
		return textOf(cells)
	}
	if width < 1 {
		return ""
	}
	n, used := 0, 0
	for used+cells[n].width <= width-1 {
		used += cells[n].width
		n++
	}
	return textOf(cells[:n]) + ellipsis
}

// Wrap returns s, one line, printable and broken at spaces so that no part is
// wider than width columns, unless a single word is. Parts after the first
// keep the indent of s, and stand below the text where s is a list item.
func Wrap(s string, width int) []string { return wrap(s, width) }
