package diag

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

const maxPreview = 12 // lines of a fix that are shown

// preview is the source as it would be after a fix.
type preview struct {
	src  *Source
	line int // where the fix begins

	// A fix within one line: the line, and what is new in it.
	text []byte
	mark mark

	// Otherwise, the lines from line on that go and that come.
	removed, added []string
}

// last returns the greatest line number that is shown.
func (v *preview) last() int {
	return v.line + max(len(v.removed), len(v.added), 1)
}

// previewOf returns what the fix leads to, or nil where it is advice, changes
// nothing, or is too large to show.
func (p *printer) previewOf(f *Fix) *preview {
	if f == nil {
		return nil
	}
	src := p.srcs.File(f.Span.File)
	if src == nil {
		return nil
	}
	n := int32(len(src.Text))
	from := max(0, min(f.Span.Start, n))
	to := max(from, min(f.Span.End, n))
	first, last := src.lineOf(from), src.lineOf(to)
	start, _ := src.lineBounds(first)
	_, end := src.lineBounds(last)
	from, to = max(from, start), max(to, start)
	head := src.Text[start:from]
	tail := src.Text[to:max(to, end)]
	if len(f.Replace) > maxWindow || string(src.Text[from:to]) == f.Replace {
		return nil
	}

	v := &preview{src: src, line: first}
	if first == last && f.Replace != "" && !strings.ContainsAny(f.Replace, "\r\n") {
		head = head[max(0, len(head)-maxWindow):] // the rest would be cut away
		tail = tail[:min(len(tail), maxWindow)]
		v.text = slices.Concat(head, []byte(f.Replace), tail)
		v.mark = mark{from: int32(len(head)), to: int32(len(head) + len(f.Replace)), sign: '~', style: green}
		if from == to {
			v.mark.sign = '+'
		}
		return v
	}
	if len(head)+len(tail) > maxWindow || end-start > 2*maxWindow {
		return nil
	}
	v.removed = splitLines(src.Text[start:max(start, end)])
	v.added = splitLines(slices.Concat(head, []byte(f.Replace), tail))
	for len(v.removed) > 0 && len(v.added) > 0 && v.removed[0] == v.added[0] {
		v.removed, v.added = v.removed[1:], v.added[1:]
		v.line++
	}
	for len(v.removed) > 0 && len(v.added) > 0 && v.removed[len(v.removed)-1] == v.added[len(v.added)-1] {
		v.removed, v.added = v.removed[:len(v.removed)-1], v.added[:len(v.added)-1]
	}
	if len(v.removed)+len(v.added) == 0 {
		return nil // only a kind of line break
	}
	return v
}

func splitLines(text []byte) []string {
	var lines []string
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		lines = append(lines, string(bytes.TrimSuffix(line, []byte("\r"))))
	}
	return lines
}

// preview writes it as a frame.
func (p *printer) preview(v *preview) {
	p.bar()
	avail := p.width - p.gutter - 3
	if v.text != nil {
		cut := viewOf(v.text, 0, []mark{v.mark}, avail)
		p.row(strconv.Itoa(v.line), '|', segment{plain, cut.text})
		for _, row := range cut.pointers([]mark{v.mark}, avail) {
			p.row("", '|', row...)
		}
		return
	}
	if len(v.removed) == 0 && v.line > 1 { // where it goes
		start, end := v.src.lineBounds(v.line - 1)
		p.row(strconv.Itoa(v.line-1), '|', segment{plain, viewOf(v.src.Text[start:end], start, nil, avail).text})
	}
	p.change(v.line, v.removed, '-', red, avail)
	p.change(v.line, v.added, '+', green, avail)
}

func (p *printer) change(line int, texts []string, sign rune, s style, avail int) {
	for i, text := range texts {
		if i == maxPreview-1 && len(texts) > maxPreview {
			p.paint(blue, "...")
			p.newline()
			return
		}
		p.row(strconv.Itoa(line+i), sign, segment{s, viewOf([]byte(text), 0, nil, avail).text})
	}
}
