package cli

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// terminal returns the terminal that w is, or nil.
func terminal(w any) *os.File {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// width is the number of columns to fill: of the terminal, or of COLUMNS, or 100.
func (a *app) width(w io.Writer) int {
	if f := terminal(w); f != nil {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	if n, err := strconv.Atoi(a.getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return 100
}

// color reports whether to use colours on w.
func (a *app) color(w io.Writer) bool {
	return terminal(w) != nil && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}
