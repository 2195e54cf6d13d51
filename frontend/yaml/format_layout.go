package yaml

import (
	"bytes"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// width is the number of columns that a piece of a line takes.
func width(text []byte) int { return diag.Width(string(text)) }

// outLine is a line of the result.
type outLine struct {
	text    string
	open    bool   // the text is still to come: only the comment behind it is known
	comment string // behind the text
	gap     int    // blanks before the comment
	column  int    // of the comment, in the source
}

// layout writes tokens.
type layout struct {
	src      *source
	lines    []outLine
	last     strings.Builder // the line that is being written
	column   int             // of what comes next in it
	brackets []bracket
	indent   int  // of the first token of this line
	inBlock  bool // that token stands in no brackets
	before   int  // the last token that is no comment, or -1
	after    int  // the next one that is none, or behind all
}

// bracket is where lines within it begin.
type bracket struct{ content, closed int }

// layOut returns the text of a source with regular white space.
func layOut(src *source) []byte {
	w := &layout{src: src, before: -1}
	for i, tok := range src.tokens {
		for w.after <= i || w.after < len(src.tokens) && src.tokens[w.after].kind == commentToken {
			w.after++
		}
		w.token(i)
		if tok.kind != commentToken {
			w.before = i
		}
	}
	return w.finish()
}

func (w *layout) text() []byte { return w.src.tree.text }

// breaks is the number of line breaks before token i.
func (w *layout) breaks(i int) int {
	from := 0
	if i > 0 {
		from = w.src.tokens[i-1].end
	}
	return bytes.Count(w.text()[from:w.src.tokens[i].start], []byte("\n"))
}

func (w *layout) write(text string) {
	w.last.WriteString(text)
	w.column += diag.Width(text)
}

// newLine ends the line.
func (w *layout) newLine() {
	if n := len(w.lines); n > 0 && w.lines[n-1].open {
		w.lines[n-1].text, w.lines[n-1].open = w.last.String(), false
	} else {
		w.lines = append(w.lines, outLine{text: w.last.String()})
	}
	w.last.Reset()
	w.column = 0
}

func (w *layout) token(i int) {
	tok := &w.src.tokens[i]
	breaks := w.breaks(i)
	text := string(w.text()[tok.start:tok.end])
	if i > 0 && breaks == 0 && tok.kind == commentToken {
		w.lines = append(w.lines, outLine{open: true, comment: text, gap: tok.start - w.src.tokens[i-1].end, column: w.columnIn(tok.start)})
		return
	}
	if tok.kind == closeToken {
		defer func(n int) { w.brackets = w.brackets[:max(0, n-1)] }(len(w.brackets))
	}
	switch {
	case i > 0 && breaks == 0:
		w.write(strings.Repeat(" ", w.spaces(i)))
	default:
		if i > 0 {
			w.breakLine(i, breaks)
		}
		w.indent, w.inBlock = w.first(i), tok.depth == 0
		w.write(strings.Repeat(" ", w.indent))
	}
	if tok.kind == openToken {
		w.open(i)
	}
	if tok.node != nil && strings.Contains(text, "\n") {
		w.scalar(tok, text)
		return
	}
	w.write(text)
}

// columnIn is the column of an offset of the source.
func (w *layout) columnIn(at int) int {
	start, _ := w.src.tree.line(at)
	return width(w.text()[start:at])
}

// breakLine ends the line before token i. Behind a block scalar that keeps the
// empty lines below it, none is lost.
func (w *layout) breakLine(i, breaks int) {
	if !w.src.keepsBreaks(i - 1) {
		breaks = min(breaks, 2)
	}
	for range breaks {
		w.newLine()
	}
}

// keepsBreaks reports whether the line breaks behind token i belong to it.
func (s *source) keepsBreaks(i int) bool {
	if i < 0 || s.tokens[i].node == nil || !s.tokens[i].node.block {
		return false
	}
	for _, c := range s.tree.text[s.tokens[i].start+1 : s.tokens[i].end] {
		switch {
		case c == '+':
			return true
		case c != '-' && (c < '0' || c > '9'):
			return false
		}
	}
	return false
}

// spaces is the number of blanks between token i and the one before it on its line.
func (w *layout) spaces(i int) int {
	before, tok := &w.src.tokens[i-1], &w.src.tokens[i]
	switch {
	case tok.kind == colonToken && (before.kind == scalarToken || before.kind == closeToken):
		return 0
	case before.kind == colonToken && tok.rank > 0:
		key := &w.src.tokens[i-2] // a value with a rank stands behind a key and its colon
		return max(1, tok.rank-width(w.text()[key.start:key.end])-1)
	case before.kind == colonToken:
		return 1
	case before.kind == openToken, tok.kind == closeToken, tok.kind == commaToken:
		return 0
	}
	return 1
}

// first is the column of token i, which begins a line.
func (w *layout) first(i int) int {
	tok := &w.src.tokens[i]
	if n := len(w.brackets); n > 0 {
		in := w.brackets[n-1]
		switch {
		case tok.kind == closeToken:
			return in.closed
		case i > 0 && w.src.tokens[i-1].kind == colonToken && tok.kind != commentToken:
			return in.content + 2
		}
		return in.content
	}
	if tok.kind == commentToken {
		return w.comment(i)
	}
	return tok.column()
}

// column is where a token stands that begins a line outside of brackets.
func (tok *token) column() int {
	switch {
	case tok.level == nil:
		return 0
	case tok.ofKey && !tok.explicit:
		return tok.level.to
	case tok.kind == scalarToken, tok.kind == openToken, tok.kind == closeToken:
		return tok.level.to + 2
	}
	return tok.level.to
}

// comment is the column of a comment on a line of its own: that of what
// follows, or if it is indented deeper, that of the deepest level above that
// reaches so far.
func (w *layout) comment(i int) int {
	at := w.columnIn(w.src.tokens[i].start)
	from, to := 0, 0
	if w.after < len(w.src.tokens) {
		next := &w.src.tokens[w.after]
		from, to = w.columnIn(next.start), next.column()
	}
	if at <= from || w.before < 0 {
		return to
	}
	for l := w.src.tokens[w.before].level; l != nil; l = l.outer {
		if l.from <= at {
			return max(to, l.to)
		}
	}
	return to
}

// open decides where lines within a bracket begin: behind the bracket if
// something follows on its line, below the line otherwise. In brackets the
// lines of a block are indented deeper than its key, the last one too.
func (w *layout) open(i int) {
	at, next := w.column, i+1
	switch {
	case next < len(w.src.tokens) && w.breaks(next) == 0 && w.src.tokens[next].kind != commentToken:
		w.brackets = append(w.brackets, bracket{at + 1, at})
	case !w.inBlock:
		w.brackets = append(w.brackets, bracket{w.indent + 2, w.indent})
	case w.src.tokens[i].level == nil:
		w.brackets = append(w.brackets, bracket{2, 0})
	default:
		below := w.src.tokens[i].level.to + 2
		w.brackets = append(w.brackets, bracket{below + 2, below})
	}
}

// scalar writes a value of several lines.
func (w *layout) scalar(tok *token, text string) {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	if tok.node.block {
		lines = w.block(tok, lines)
	} else {
		indent := 0
		if n := len(w.brackets); n > 0 {
			indent = w.brackets[n-1].content + 2
		} else if tok.level != nil {
			indent = tok.level.to + 2
		}
		for i := range lines {
			if i > 0 {
				lines[i] = strings.TrimLeft(lines[i], " \t")
			}
			if tok.node.plain {
				lines[i] = strings.TrimRight(lines[i], " \t")
			}
			if i > 0 && lines[i] != "" {
				lines[i] = strings.Repeat(" ", indent) + lines[i]
			}
		}
	}
	for i, line := range lines {
		if i > 0 {
			w.newLine()
		}
		w.write(line)
	}
}

// block indents the lines of a block scalar, all of them by the same.
func (w *layout) block(tok *token, lines []string) []string {
	from, to := -1, 0
	if tok.level != nil {
		from, to = tok.level.from, tok.level.to
	}
	r := blockReader{src: w.text(), literal: lines[0][0] == '|', around: from}
	r.header(tok.start)
	explicit := r.indent >= 0
	r.body()
	if explicit {
		to += r.indent - max(from, 0)
	} else {
		to += 2
	}
	lines[0] = strings.TrimRight(lines[0], " \t")
	for i, line := range lines[1:] {
		if len(line) <= r.indent && strings.Trim(line, " ") == "" {
			lines[i+1] = ""
			continue
		}
		lines[i+1] = strings.Repeat(" ", to) + line[min(r.indent, len(line)):]
	}
	return lines
}

// finish aligns comments and ends the text.
func (w *layout) finish() []byte {
	w.newLine()
	for i := 0; i < len(w.lines); {
		j, column := i, 0
		for ; j < len(w.lines) && w.lines[j].comment != "" && w.lines[j].column == w.lines[i].column; j++ {
			column = max(column, width([]byte(w.lines[j].text))+w.lines[j].gap)
		}
		for k := i; k < j && j > i+1; k++ {
			w.lines[k].gap = column - width([]byte(w.lines[k].text))
		}
		i = max(j, i+1)
	}
	var out bytes.Buffer
	for i, line := range w.lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(line.text)
		if line.comment != "" {
			out.WriteString(strings.Repeat(" ", max(1, line.gap)))
			out.WriteString(line.comment)
		}
	}
	out.WriteString(w.end())
	return out.Bytes()
}

// end is what follows the last token: a line break. To a block scalar at the
// end of the file the number of line breaks behind it can mean something, and
// so can blanks on a last line that has none.
func (w *layout) end() string {
	last := len(w.src.tokens) - 1
	rest := w.text()[w.src.tokens[last].end:]
	breaks := bytes.Count(rest, []byte("\n"))
	n := w.src.tokens[last].node
	switch {
	case n == nil || !n.block:
		return "\n"
	case w.src.keepsBreaks(last) && len(rest) > 0 && rest[len(rest)-1] != '\n':
		breaks++
	case !w.src.keepsBreaks(last):
		breaks = min(breaks, 1)
	}
	return strings.Repeat("\n", breaks)
}
