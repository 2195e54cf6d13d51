package diag

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// mark is a range of a source that a frame points at.
type mark struct {
	from, to int32 // from == to points between two characters
	sign     rune  // ^ the finding, - a related place, ~ replaced, + inserted
	style    style
	label    string // printable
}

// frame writes the lines of s with their marks. The first mark may span
// several lines and then gets a bar at the left; the others lie in one line.
func (p *printer) frame(s scene) {
	main, single := newSpread(s.src, s.marks[0]), s.marks
	if main.several() {
		single = single[1:]
	}
	at := map[int][]mark{}
	lines := main.shown()
	for _, m := range single {
		n := s.src.lineOf(m.from)
		at[n] = append(at[n], m)
		lines = append(lines, n)
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	for i, n := range lines {
		if i > 0 && n-lines[i-1] == 2 {
			p.line(s.src, n-1, nil, main) // as short as dots
		} else if i > 0 && n-lines[i-1] > 2 {
			p.dots(main, n)
		}
		p.line(s.src, n, at[n], main)
	}
}

// spread is where the main mark of a frame begins and ends.
type spread struct {
	mark
	first, last int // lines
}

func newSpread(src *Source, m mark) spread {
	return spread{m, src.lineOf(m.from), src.lineOf(max(m.from, m.to-1))}
}

func (s spread) several() bool { return s.last > s.first }

// shown returns the lines that are worth showing for the main mark alone.
func (s spread) shown() []int {
	var lines []int
	for n := s.first; n <= s.last; n++ {
		if n == s.first+3 && s.last > s.first+5 {
			n = s.last - 1
		}
		lines = append(lines, n)
	}
	return lines
}

// bar returns the margin of a row that lies in a spread mark, or of one
// that does not.
func (s spread) bar(inside bool) segment {
	switch {
	case !s.several():
		return segment{}
	case inside:
		return segment{s.style, "| "}
	}
	return segment{plain, "  "}
}

// line writes line n with the rows of its marks.
func (p *printer) line(src *Source, n int, marks []mark, main spread) {
	avail := p.width - p.gutter - 3
	inside := main.first < n && n <= main.last
	starts := main.several() && n == main.first
	ends := main.several() && n == main.last
	start, end := src.lineBounds(n)

	margin := main.bar(inside)
	foci := marks
	switch {
	case starts && src.indents(start, main.from):
		margin, inside = segment{main.style, "/ "}, true
		starts = false
	case starts:
		foci = append([]mark{{from: main.from, to: main.from}}, marks...)
	case ends:
		foci = append([]mark{{from: main.to - 1, to: main.to}}, marks...)
	}
	if main.several() {
		avail -= 2
	}
	v := viewOf(src.Text[start:end], start, foci, avail)

	p.row(fmt.Sprint(n), '|', margin, segment{plain, v.text})
	for _, row := range v.pointers(marks, avail) {
		p.row("", '|', append([]segment{main.bar(inside)}, row...)...)
	}
	if starts {
		at, _ := v.columns(main.from, main.from)
		p.row("", '|', segment{main.style, " _" + strings.Repeat("_", at) + "^"})
	}
	if ends {
		at, _ := v.columns(main.to-1, main.to)
		p.row("", '|', segment{main.style, "|_" + strings.Repeat("_", at) + "^"})
	}
}

// dots writes the row for lines that are left out before line n.
func (p *printer) dots(main spread, n int) {
	p.paint(blue, "...")
	if main.several() && main.first < n && n <= main.last {
		p.out.WriteString(strings.Repeat(" ", p.gutter))
		p.paint(main.style, "|")
	}
	p.newline()
}

// segment is a piece of a row in one style.
type segment struct {
	style style
	text  string
}

// row writes one row of a frame: the gutter with a line number or nothing, the
// separator, then the segments without the white space at their end.
func (p *printer) row(number string, sep rune, segments ...segment) {
	for n := len(segments); n > 0; n-- {
		last := &segments[n-1]
		last.text = strings.TrimRight(last.text, " ")
		if last.text != "" {
			break
		}
		segments = segments[:n-1]
	}
	p.paint(blue, fmt.Sprintf("%*s %c", p.gutter, number, sep))
	if len(segments) > 0 {
		p.out.WriteByte(' ')
	}
	for _, s := range segments {
		p.paint(s.style, s.text)
	}
	p.newline()
}

// indents reports whether only white space stands between start and offset.
func (f *Source) indents(start, offset int32) bool {
	return offset-start < maxWindow && len(bytes.TrimLeft(f.Text[start:max(start, offset)], " \t")) == 0
}
