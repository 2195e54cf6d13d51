package yaml

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/flowc-dev/flowc/diag"
)

// The YAML library gives the value of a scalar and where it begins, but not
// where it ends and which byte of the source each byte of the value came from.
// The functions here find that out by reading the source once more. They need
// only the style and the indentation around; what they decode must be equal to
// what the library decoded.

// decoded collects a value and the source offset of each of its bytes.
type decoded struct {
	value   []byte
	offsets []int32
}

func (d *decoded) add(c byte, at int) {
	d.value = append(d.value, c)
	d.offsets = append(d.offsets, int32(at))
}

func (d *decoded) addString(s string, at int) {
	for i := range len(s) {
		d.add(s[i], at)
	}
}

// verbatim adds src[i:j].
func (d *decoded) verbatim(src []byte, i, j int) {
	for ; i < j; i++ {
		d.add(src[i], i)
	}
}

func (d *decoded) text(span diag.Span) diag.Text {
	return diag.Text{Value: string(d.value), Span: span, Offsets: d.offsets}
}

// plainScalar places a value that stands in src without quotes at start. A
// line break within it was folded to a space, and n > 1 of them to n-1 newlines.
func plainScalar(src []byte, file diag.FileID, start int, value string) (diag.Text, bool) {
	if end := start + len(value); end <= len(src) && string(src[start:end]) == value {
		return diag.Literal(value, diag.Span{File: file, Start: int32(start), End: int32(end)}), true
	}
	var d decoded
	pos := start
	for pos < len(src) && len(d.value) < len(value) {
		if !isSpace(src[pos]) {
			d.add(src[pos], pos)
			pos++
			continue
		}
		pos = d.fold(src, pos)
	}
	if string(d.value) != value {
		return diag.Text{}, false
	}
	return d.text(diag.Span{File: file, Start: int32(start), End: int32(pos)}), true
}

// fold adds what the white space at pos stands for, and returns its end.
func (d *decoded) fold(src []byte, pos int) int {
	end := pos
	var breaks []int
	for end < len(src) && isSpace(src[end]) {
		if src[end] == '\n' {
			breaks = append(breaks, end)
		}
		end++
	}
	switch len(breaks) {
	case 0:
		d.verbatim(src, pos, end)
	case 1:
		d.add(' ', breaks[0])
	default:
		for _, at := range breaks[1:] {
			d.add('\n', at)
		}
	}
	return end
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// quotedScalar decodes the scalar in single or double quotes at start.
func quotedScalar(src []byte, file diag.FileID, start int) (diag.Text, bool) {
	if start >= len(src) {
		return diag.Text{}, false
	}
	quote := src[start]
	span := func(end int) diag.Span {
		return diag.Span{File: file, Start: int32(start), End: int32(end)}
	}
	// Most have neither escapes nor line breaks.
	if n := bytes.IndexAny(src[start+1:], string(quote)+"\\\n"); n >= 0 {
		end := start + 1 + n
		again := end+1 < len(src) && quote == '\'' && src[end+1] == quote
		if src[end] == quote && !again {
			t := diag.Literal(string(src[start+1:end]), span(end+1))
			t.Start = int32(start + 1)
			return t, true
		}
	}
	d := decoded{value: []byte{}, offsets: []int32{}}
	for pos := start + 1; pos < len(src); {
		c := src[pos]
		switch {
		case c == quote && quote == '\'' && pos+1 < len(src) && src[pos+1] == quote:
			d.add(quote, pos)
			pos += 2
		case c == quote:
			return d.text(span(pos + 1)), true
		case c == '\\' && quote == '"':
			next, ok := d.escape(src, pos)
			if !ok {
				return diag.Text{}, false
			}
			pos = next
		case isSpace(c):
			pos = d.fold(src, pos)
		default:
			d.add(c, pos)
			pos++
		}
	}
	return diag.Text{}, false
}

var simpleEscapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v",
	'f': "\f", 'r': "\r", 'e': "\x1b", ' ': " ", '"': `"`, '/': "/", '\\': `\`,
	'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// escape adds what the backslash at pos and what follows stand for. All bytes
// of it came from the backslash.
func (d *decoded) escape(src []byte, pos int) (int, bool) {
	if pos+1 >= len(src) {
		return 0, false
	}
	c := src[pos+1]
	if s, ok := simpleEscapes[c]; ok {
		d.addString(s, pos)
		return pos + 2, true
	}
	digits := 0
	switch c {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case '\r', '\n': // the line goes on, without the indent of the next one
		return d.continueLine(src, pos+1), true
	default:
		return 0, false
	}
	end := pos + 2 + digits
	if end > len(src) {
		return 0, false
	}
	var r rune
	for _, h := range src[pos+2 : end] {
		v := hexValue(h)
		if v < 0 {
			return 0, false
		}
		r = r<<4 | rune(v)
	}
	if !utf8.ValidRune(r) {
		return 0, false
	}
	d.addString(string(r), pos)
	return end, true
}

// continueLine skips the line break at pos and the white space behind it;
// further line breaks are kept.
func (d *decoded) continueLine(src []byte, pos int) int {
	first := true
	for pos < len(src) && isSpace(src[pos]) {
		if src[pos] == '\n' {
			if !first {
				d.add('\n', pos)
			}
			first = false
		}
		pos++
	}
	return pos
}

func hexValue(c byte) int {
	return strings.IndexByte("0123456789abcdef", c|0x20) // letters to lower case; digits have the bit
}

// blockScalar decodes the literal (|) or folded (>) scalar at start. Around is
// the number of spaces before the mapping or list that it stands in, -1 at the top.
func blockScalar(src []byte, file diag.FileID, start, around int) (diag.Text, bool) {
	if start >= len(src) {
		return diag.Text{}, false
	}
	b := blockReader{src: src, literal: src[start] == '|', around: around}
	b.header(start)
	b.body()
	end := b.end
	if end == 0 { // no content: the header is all
		end = b.headerEnd
	}
	return b.text(diag.Span{File: file, Start: int32(start), End: int32(end)}), true
}

type blockReader struct {
	decoded
	src       []byte
	literal   bool
	around    int
	chomp     byte // '+', '-' or 0
	indent    int  // spaces; -1 while unknown
	pos       int
	headerEnd int
	end       int // behind the last line with content, without its line break
}

func (b *blockReader) header(start int) {
	b.indent = -1
	b.pos = start + 1
	for ; b.pos < len(b.src); b.pos++ {
		switch c := b.src[b.pos]; {
		case c == '+' || c == '-':
			b.chomp = c
			continue
		case c >= '1' && c <= '9':
			b.indent = max(b.around, 0) + int(c-'0')
			continue
		}
		break
	}
	b.headerEnd = b.pos
	if n := bytes.IndexByte(b.src[b.pos:], '\n'); n >= 0 {
		b.pos += n + 1
	} else {
		b.pos = len(b.src)
	}
}

// body reads lines: a pending line break is written when the next line with
// content shows what becomes of it.
func (b *blockReader) body() {
	const none = -1
	pending := none // the break of the line before
	blankBefore := false
	breaks := b.emptyLines()
	for b.atContent() {
		blank := isBlank(b.src[b.pos]) // a line with more indent is not folded
		switch {
		case pending == none:
		case b.literal || blankBefore || blank:
			b.add('\n', pending)
		case len(breaks) == 0:
			b.add(' ', pending)
		}
		for _, at := range breaks {
			b.add('\n', at)
		}
		blankBefore = blank

		from, end := b.pos, lineEnd(b.src, b.pos)
		b.verbatim(b.src, from, end)
		b.end = end
		b.pos = end
		pending = none
		switch {
		case end < len(b.src):
			pending = end
			b.pos = bytes.IndexByte(b.src[end:], '\n') + end + 1
		case len(bytes.Trim(b.src[from:end], " \t")) == 0:
			pending = end - 1 // the library ends such a last line
		}
		breaks = b.emptyLines()
	}
	if b.chomp != '-' && pending != none {
		b.add('\n', pending)
	}
	if b.chomp == '+' {
		for _, at := range breaks {
			b.add('\n', at)
		}
	}
}

// emptyLines skips lines without content, up to the content of the next line,
// and returns the places of their breaks. It finds the indentation if that is
// not known yet.
func (b *blockReader) emptyLines() []int {
	var breaks []int
	most := 0
	for {
		lineStart := b.pos
		for b.pos < len(b.src) && b.src[b.pos] == ' ' && (b.indent < 0 || b.pos-lineStart < b.indent) {
			b.pos++
		}
		most = max(most, b.pos-lineStart)
		if b.pos >= len(b.src) {
			if b.pos > lineStart && lineStart > b.headerEnd && (b.indent < 0 || b.pos-lineStart <= b.indent) {
				breaks = append(breaks, b.pos-1)
			}
			break
		}
		end := lineEnd(b.src, b.pos)
		if end > b.pos || end == len(b.src) {
			break
		}
		breaks = append(breaks, end)
		b.pos = bytes.IndexByte(b.src[end:], '\n') + end + 1
	}
	if b.indent < 0 {
		b.indent = max(most, b.around+1)
	}
	return breaks
}

// atContent reports whether pos stands behind the indentation of a line.
func (b *blockReader) atContent() bool {
	if b.pos >= len(b.src) {
		return false
	}
	lineStart := bytes.LastIndexByte(b.src[:b.pos], '\n') + 1
	return b.pos-lineStart == b.indent
}

// lineEnd returns the offset of the line break at or behind pos, or the end.
func lineEnd(src []byte, pos int) int {
	n := bytes.IndexByte(src[pos:], '\n')
	if n < 0 {
		return len(src)
	}
	if n > 0 && src[pos+n-1] == '\r' {
		n--
	}
	return pos + n
}
