package diag

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxWindow bounds the bytes of one line that are looked at.
const maxWindow = 4096

// minLabel is how many columns a label gets before it is broken into lines.
const minLabel = 36

const ellipsis = "…" // one column

// view is the part of a line that a frame shows, cut to fit.
type view struct {
	text  string // printable
	base  int32  // source offset of byte 0 of the cells
	cells []cell // those that are shown
	cols  []int  // the column of each, and the one behind the last
	after bool   // dots stand behind the last
}

// viewOf cuts the line that begins at the source offset base to avail columns
// around its marks, or around the first where not all of them fit.
func viewOf(line []byte, base int32, marks []mark, avail int) view {
	line, base, before, after := window(line, base, marks)
	v := view{base: base, cells: cellsOf(string(line))}
	v.measure(0)
	end := v.end()
	for _, m := range marks {
		_, c1 := v.columns(m.from, m.to)
		end = max(end, c1) // it may point behind the last character
	}
	if before || after || end > avail {
		keep := avail - 2 // room for the dots at both ends
		left := 0
		if from, to := v.focus(marks, keep); to > keep {
			left = max(0, from-(keep-min(to-from, keep*3/4))/2)
			left = max(0, min(left, v.end()-keep))
		}
		i := 0
		for v.cols[i] < left {
			i++
		}
		j := i
		for j < len(v.cells) && v.cols[j+1]-v.cols[i] <= keep {
			j++
		}
		before, after = before || i > 0, after || j < len(v.cells)
		v.cells = v.cells[i:j]
	}
	if before {
		v.text = ellipsis
		v.measure(1)
	} else {
		v.measure(0)
	}
	v.text += textOf(v.cells)
	if v.after = after; after {
		v.text += ellipsis
	}
	return v
}

// window cuts a very long line to maxWindow bytes around the first mark, and
// reports whether anything is left out before and after.
func window(line []byte, base int32, marks []mark) (part []byte, at int32, before, after bool) {
	if len(line) <= maxWindow {
		return line, base, false, false
	}
	start := 0
	if len(marks) > 0 {
		start = int(marks[0].from-base) - maxWindow/2
		start = max(0, min(start, len(line)-maxWindow))
	}
	end := start + maxWindow
	for range utf8.UTFMax - 1 { // not inside a character
		if start > 0 && !utf8.RuneStart(line[start]) {
			start++
		}
		if end < len(line) && !utf8.RuneStart(line[end]) {
			end--
		}
	}
	return line[start:end], base + int32(start), start > 0, end < len(line)
}

// measure sets the columns of the cells, the first at column first.
func (v *view) measure(first int) {
	v.cols = make([]int, 0, len(v.cells)+1)
	for _, c := range v.cells {
		v.cols = append(v.cols, first)
		first += c.width
	}
	v.cols = append(v.cols, first)
}

func (v view) end() int { return v.cols[len(v.cells)] }

// columns returns the columns [c0, c1) to underline for a range of the
// source, at least one. What is cut off counts as the dots in its place.
func (v view) columns(from, to int32) (c0, c1 int) {
	i, j := 0, 0
	for i < len(v.cells) && v.base+int32(v.cells[i].to) <= from {
		i++
	}
	for j = i; j < len(v.cells) && v.base+int32(v.cells[j].from) < to; j++ {
	}
	c0, c1 = v.cols[i], v.cols[j]
	if i == 0 && (len(v.cells) == 0 || from < v.base+int32(v.cells[0].from)) {
		c0 = 0
	}
	if v.after && j == len(v.cells) && to > v.base+int32(v.lastByte()) {
		c1++
	}
	return c0, max(c0+1, c1)
}

func (v view) lastByte() int {
	if len(v.cells) == 0 {
		return 0
	}
	return v.cells[len(v.cells)-1].to
}

// focus returns the columns that all marks lie in, or the first one alone
// where that is more than can be shown.
func (v view) focus(marks []mark, keep int) (from, to int) {
	for i, m := range marks {
		c0, c1 := v.columns(m.from, m.to)
		if i == 0 {
			from, to = c0, c1
			continue
		}
		if a, b := min(from, c0), max(to, c1); b-a <= keep {
			from, to = a, b
		}
	}
	return from, to
}

// pointer is a mark in columns.
type pointer struct {
	mark
	c0, c1 int
}

// pointers returns the rows below the line: the marks, the label of the last
// mark beside it where there is room, and the other labels hanging below.
func (v view) pointers(marks []mark, avail int) [][]segment {
	if len(marks) == 0 {
		return nil
	}
	ps := make([]pointer, len(marks))
	for i, m := range marks {
		ps[i].mark = m
		ps[i].c0, ps[i].c1 = v.columns(m.from, m.to)
	}
	var signs canvas
	end := 0
	for _, m := range slices.Backward(ps) { // the main mark last, over the others
		signs.put(m.c0, strings.Repeat(string(m.sign), m.c1-m.c0), m.style)
		end = max(end, m.c1)
	}
	ps = slices.DeleteFunc(ps, func(m pointer) bool { return m.label == "" })
	slices.SortStableFunc(ps, func(a, b pointer) int { return cmp.Compare(a.c0, b.c0) })
	if n := len(ps); n > 0 {
		if m := ps[n-1]; m.c1 == end && end+1+widthOf(cellsOf(m.label)) <= avail {
			signs.put(end+1, m.label, m.style)
			ps = ps[:n-1]
		}
	}
	rows := [][]segment{signs.segments()}
	if len(ps) > 0 {
		rows = append(rows, hanging(ps, len(ps)).segments())
	}
	for n := len(ps) - 1; n >= 0; n-- {
		m := ps[n]
		col := max(0, min(m.c0, avail-min(widthOf(cellsOf(m.label)), minLabel)))
		for _, part := range wrap(m.label, avail-col) {
			for _, piece := range chop(part, avail-col) {
				row := hanging(ps, n)
				row.put(col, piece, m.style)
				rows = append(rows, row.segments())
			}
		}
	}
	return rows
}

// hanging draws the lines down from the first n marks to their labels.
func hanging(ps []pointer, n int) *canvas {
	c := &canvas{}
	for _, m := range ps[:n] {
		c.put(m.c0, "|", m.style)
	}
	return c
}

// canvas is a row under construction, one entry a column.
type canvas struct {
	cells  []string // "" behind a wide character
	styles []style
}

// put writes printable text at a column, over what is there.
func (c *canvas) put(col int, text string, s style) {
	for _, cell := range cellsOf(text) {
		for len(c.cells) < col+cell.width {
			c.cells, c.styles = append(c.cells, " "), append(c.styles, plain)
		}
		c.cells[col], c.styles[col] = cell.text, s
		for i := 1; i < cell.width; i++ {
			c.cells[col+i], c.styles[col+i] = "", s
		}
		col += cell.width
	}
}

func (c *canvas) segments() []segment {
	var out []segment
	for i, text := range c.cells {
		if n := len(out); n > 0 && out[n-1].style == c.styles[i] {
			out[n-1].text += text
		} else {
			out = append(out, segment{c.styles[i], text})
		}
	}
	return out
}
