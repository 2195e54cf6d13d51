package diag

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// TextOptions say how [WriteText] renders.
type TextOptions struct {
	Width int  // columns to fill; 0 means 100, and less than 40 means 40
	Color bool // whether to use ANSI colours
}

// WriteText renders the findings for people, sorted and each once: what is
// wrong, a frame of the source with the offending token underlined, related
// places, the reason, and what to do. A blank line stands between two
// findings; the count at the end is the caller's, see [List.Tally].
//
// No character of a source or message reaches w unless it is printable, so
// hostile input cannot control the terminal. The size of what is written for
// one finding does not depend on the length of the source's lines.
func WriteText(w io.Writer, list List, srcs *Sources, opt TextOptions) error {
	p := &printer{srcs: srcs, color: opt.Color, width: opt.Width}
	if p.width <= 0 {
		p.width = 100
	}
	p.width = max(p.width, 40)
	for i, d := range list.Sorted() {
		if i > 0 {
			p.newline()
		}
		p.diagnostic(d)
		if p.out.Len() > 1<<16 {
			if err := p.flush(w); err != nil {
				return err
			}
		}
	}
	return p.flush(w)
}

// Tally counts the findings in words: "2 errors, 1 warning".
func (l List) Tally() string {
	var count [Note + 1]int
	for _, d := range l {
		if d.Severity <= Note {
			count[d.Severity]++
		}
	}
	var parts []string
	for s := Error; s <= Note; s++ {
		switch n := count[s]; {
		case n == 1:
			parts = append(parts, "1 "+s.String())
		case n > 1:
			parts = append(parts, strconv.Itoa(n)+" "+s.String()+"s")
		}
	}
	if parts == nil {
		return "no findings"
	}
	return strings.Join(parts, ", ")
}

// style is the parameter of an ANSI "select graphic rendition" sequence.
type style string

const (
	plain  style = ""
	bold   style = "1"
	red    style = "1;31"
	green  style = "1;32"
	yellow style = "1;33"
	blue   style = "1;34"
	cyan   style = "1;36"
)

func (s Severity) style() style {
	switch s {
	case Error:
		return red
	case Warning:
		return yellow
	}
	return cyan
}

// printer lays out one list. Everything is appended to out.
type printer struct {
	out    strings.Builder
	srcs   *Sources
	width  int
	color  bool
	gutter int // columns of the line numbers of the finding at hand
}

func (p *printer) flush(w io.Writer) error {
	_, err := io.WriteString(w, p.out.String())
	p.out.Reset()
	return err
}

func (p *printer) newline() { p.out.WriteByte('\n') }

func (p *printer) paint(s style, text string) {
	if !p.color || s == plain || text == "" {
		p.out.WriteString(text)
		return
	}
	fmt.Fprintf(&p.out, "\x1b[%sm%s\x1b[0m", s, text)
}

// nearLines is how far a related line may be to share the frame.
const nearLines = 5

// scene is a group of marks in one source that are near each other.
type scene struct {
	src         *Source
	marks       []mark // the main one first
	first, last int    // lines
}

func (p *printer) diagnostic(d Diagnostic) {
	title := d.Severity.String()
	if d.Code != "" {
		title += "[" + printable(string(d.Code)) + "]"
	}
	p.paint(d.Severity.style(), title)
	p.paint(bold, ": "+printable(d.Summary))
	p.newline()

	scenes, homeless := p.scenes(d)
	fix := p.previewOf(d.Fix)
	p.gutter = 0
	for _, s := range scenes {
		p.gutter = max(p.gutter, len(strconv.Itoa(s.last)))
	}
	if fix != nil {
		p.gutter = max(p.gutter, len(strconv.Itoa(fix.last())))
	}
	for i, s := range scenes {
		arrow := ":::"
		if i == 0 && d.Span.Valid() {
			arrow = "-->"
		}
		if i > 0 {
			p.bar()
		}
		p.place(arrow, s.src, s.marks[0].from)
		p.bar()
		p.frame(s)
	}
	notes := append(detailLines(d.Detail), homeless...)
	if len(notes) > 0 {
		if len(scenes) > 0 {
			p.bar()
		}
		p.notes(notes)
	}
	if d.Fix != nil {
		p.fix(d.Fix, fix, len(scenes) > 0 && len(notes) == 0)
	}
}

// scenes arranges the finding's places. Related places whose source is not
// known come back as words.
func (p *printer) scenes(d Diagnostic) (scenes []scene, homeless []string) {
	join := func(src *Source, m mark) {
		first, last := src.lineOf(m.from), src.lineOf(max(m.from, m.to-1))
		if m.sign != '^' { // only the finding's own place may span lines
			_, end := src.lineBounds(first)
			m.to, last = max(m.from, min(m.to, end)), first
			for i := range scenes {
				s := &scenes[i]
				if s.src == src && s.first-nearLines <= first && last <= s.last+nearLines {
					s.marks = append(s.marks, m)
					s.first, s.last = min(s.first, first), max(s.last, last)
					return
				}
			}
		}
		scenes = append(scenes, scene{src, []mark{m}, first, last})
	}
	if src := p.srcs.File(d.Span.File); src != nil {
		from, to := src.trim(d.Span)
		join(src, mark{from: from, to: to, sign: '^', style: d.Severity.style()})
	}
	for _, r := range d.Related {
		src := p.srcs.File(r.Span.File)
		if src == nil {
			if r.Message != "" {
				homeless = append(homeless, r.Message)
			}
			continue
		}
		from, to := src.trim(r.Span)
		join(src, mark{from: from, to: to, sign: '-', style: blue, label: printable(r.Message)})
	}
	return scenes, homeless
}

func detailLines(detail string) []string {
	detail = strings.TrimRight(strings.ReplaceAll(detail, "\r\n", "\n"), "\n ")
	if detail == "" {
		return nil
	}
	return strings.Split(detail, "\n")
}

// place writes the line that says where a frame is from.
func (p *printer) place(arrow string, src *Source, at int32) {
	pos := src.Pos(at)
	p.out.WriteString(strings.Repeat(" ", p.gutter))
	p.paint(blue, arrow)
	fmt.Fprintf(&p.out, " %s:%d:%d\n", printable(src.Name), pos.Line, pos.Column)
}

// bar writes an empty line of a frame.
func (p *printer) bar() {
	p.out.WriteString(strings.Repeat(" ", p.gutter+1))
	p.paint(blue, "|")
	p.newline()
}

// notes writes the detail, wrapped, below the frame.
func (p *printer) notes(lines []string) {
	indent := strings.Repeat(" ", p.gutter+1)
	for i, line := range lines {
		for j, part := range wrap(line, p.width-len(indent)-2) {
			switch {
			case i == 0 && j == 0:
				p.out.WriteString(indent)
				p.paint(blue, "=")
				p.out.WriteString(" ")
			case part != "":
				p.out.WriteString(indent + "  ")
			}
			p.out.WriteString(part)
			p.newline()
		}
	}
}

// fix writes what to do, and the source as it would be.
func (p *printer) fix(f *Fix, v *preview, spaced bool) {
	message := f.Message
	if message == "" {
		message = "change it to this"
	}
	if spaced {
		p.bar()
	}
	indent := "      " // below the text behind "help: "
	for i, line := range detailLines(message) {
		for j, part := range wrap(line, p.width-len(indent)) {
			switch {
			case i == 0 && j == 0:
				p.paint(cyan, "help")
				p.out.WriteString(": ")
			case part != "":
				p.out.WriteString(indent)
			}
			p.out.WriteString(part)
			p.newline()
		}
	}
	if v != nil {
		p.preview(v)
	}
}

// trim returns the bytes of span that a frame shows: inside the text, and
// without the white space that ends a span of several lines.
func (f *Source) trim(span Span) (from, to int32) {
	n := int32(len(f.Text))
	from = max(0, min(span.Start, n))
	to = max(from, min(span.End, n))
	if f.lineOf(from) == f.lineOf(to) {
		return from, to
	}
	for to > from && strings.IndexByte(" \t\r\n", f.Text[to-1]) >= 0 {
		to--
	}
	return from, to
}
