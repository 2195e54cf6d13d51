package yaml

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/flowc-dev/flowc/diag"
)

// How a person would read a line of YAML that YAML itself could not read.

// char is the byte at i, or 0 where there is none.
func (t *tree) char(i int) byte {
	if i < 0 || i >= len(t.text) {
		return 0
	}
	return t.text[i]
}

// part is text[i:j], as far as it exists.
func (t *tree) part(i, j int) []byte {
	i = max(0, min(i, len(t.text)))
	return t.text[i:max(i, min(j, len(t.text)))]
}

// keyAt is where the key of a line and its value stand.
type keyAt struct{ start, end, colon, value int }

// key finds `key: ` at the beginning of the line, behind any dashes.
func (t *tree) key(start, end int) (keyAt, bool) {
	i := start
	for {
		for i < end && t.char(i) == ' ' {
			i++
		}
		if i+1 < end && t.char(i) == '-' && t.char(i+1) == ' ' {
			i++
			continue
		}
		break
	}
	if i >= end || bytes.IndexByte([]byte("#[]{},&*!|>%@`"), t.char(i)) >= 0 {
		return keyAt{}, false
	}
	k := keyAt{start: i, end: i}
	if q := t.char(i); q == '"' || q == '\'' {
		text, ok := quotedScalar(t.text[:end], t.file, i)
		if !ok {
			return keyAt{}, false
		}
		k.end = int(text.Span.End)
		k.colon = k.end
		for k.colon < end && t.char(k.colon) == ' ' {
			k.colon++
		}
		if !t.isColon(k.colon, end) {
			return keyAt{}, false
		}
	} else {
		for k.colon = i; !t.isColon(k.colon, end); k.colon++ {
			if k.colon >= end || t.char(k.colon) == '#' && k.colon > i && t.char(k.colon-1) == ' ' {
				return keyAt{}, false
			}
		}
		k.end = i + len(bytes.TrimRight(t.part(i, k.colon), " "))
	}
	for k.value = k.colon + 1; k.value < end && isBlank(t.char(k.value)); k.value++ {
	}
	return k, true
}

func (t *tree) isColon(i, end int) bool {
	return i < end && t.char(i) == ':' && (i+1 == end || isBlank(t.char(i+1)))
}

// indent is the number of spaces that the line at start begins with.
func (t *tree) indent(start int) int {
	n := 0
	for start+n < len(t.text) && t.char(start+n) == ' ' {
		n++
	}
	return n
}

// lineBefore returns the nearest line above start that has more than a comment.
func (t *tree) lineBefore(start int) (int, int, bool) {
	for start > 0 {
		s, e := t.line(start - 1)
		if line := bytes.TrimSpace(t.part(s, e)); len(line) > 0 && line[0] != '#' {
			return s, e, true
		}
		start = s
	}
	return 0, 0, false
}

// isInvisible reports whether r looks like a space, or like nothing, and is none.
func isInvisible(r rune) bool {
	switch r {
	case 0xa0, 0x2007, 0x202f, 0x3000, 0x200b:
		return true
	}
	return false
}

// withoutComment returns where the text from i to the end of its line ends,
// without a comment. A # in quotes begins none.
func (t *tree) withoutComment(i, end int) int {
	var quote byte
	for k := i; k < end; k++ {
		switch c := t.char(k); {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' && k > i && isBlank(t.char(k-1)):
			end = k
		}
	}
	for end > i && isBlank(t.char(end-1)) {
		end--
	}
	return end
}

// valueAround returns the value that contains the byte at: what a line's key
// has, or the piece between commas.
func (t *tree) valueAround(at int) (i, j int) {
	start, end := t.line(at)
	if open := t.openBracket(start, at); open >= 0 {
		if i, j, _ = t.piece(open, at); i < j {
			return i, j
		}
	}
	i = at
	if key, ok := t.key(start, at); ok && key.value <= at {
		i = key.value
	} else if key, ok := t.key(start, end); ok && key.value <= at {
		i = key.value
	}
	return i, max(i+1, t.withoutComment(i, end))
}

// openBracket returns the innermost bracket that is open at a place, looking
// only at its line, or -1.
func (t *tree) openBracket(start, at int) int {
	var open []int
	key, ok := t.key(start, at)
	if !ok || key.value >= at || t.char(key.value) != '[' && t.char(key.value) != '{' {
		return -1
	}
	for k := key.value; k < at; k++ {
		switch t.char(k) {
		case '[', '{':
			open = append(open, k)
		case ']', '}':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	if len(open) == 0 {
		return -1
	}
	return open[len(open)-1]
}

// piece returns the value between the commas of a bracket that contains the
// byte at. Up to there the text is read as YAML does, from there on as an
// expression: brackets and quotes go together, and closed says whether they do.
func (t *tree) piece(open, at int) (i, j int, closed bool) {
	i = open + 1
	depth, colons := 0, 0
	fresh := true // a value may begin here
	for k := open + 1; k < at && k < len(t.text); k++ {
		c := t.char(k)
		switch {
		case fresh && (c == '"' || c == '\''):
			if q, ok := quotedScalar(t.text, t.file, k); ok && int(q.Span.End) <= at {
				k = int(q.Span.End) - 1
			}
			fresh = false
		case c == '#' && isSpace(t.char(k-1)):
			k = lineEnd(t.text, k)
		case c == '[' || c == '{':
			depth++
			fresh = true
		case c == ']' || c == '}':
			depth--
			fresh = false
		case c == ',':
			fresh = true
			if depth == 0 {
				i, colons = k+1, 0
			}
		case c == ':' && k+1 < len(t.text) && isSpace(t.char(k+1)):
			fresh = true
			if depth == 0 && colons == 0 && t.char(open) == '{' {
				i, colons = k+1, 1
			}
		case !isSpace(c):
			fresh = false
		}
	}
	for i < len(t.text) && isSpace(t.char(i)) {
		i++
	}
	j, closed = t.expressionEnd(i)
	return i, j, closed
}

// expressionEnd returns where the expression at i ends: at a comma or closing
// bracket of the level it stands on, or with its line. Closed says whether all
// brackets and quotes in it are in pairs.
func (t *tree) expressionEnd(i int) (j int, closed bool) {
	j = i
	var open []byte
	var quote byte
	closed = true
loop:
	for ; j < len(t.text); j++ {
		c := t.char(j)
		switch {
		case c == '\n':
			break loop
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' && (j == i || !isWord(t.char(j-1))):
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			open = append(open, ")]}"[strings.IndexByte("([{", c)])
		case strings.IndexByte(")]}", c) >= 0:
			if len(open) == 0 {
				break loop
			}
			closed = closed && open[len(open)-1] == c
			open = open[:len(open)-1]
		case c == ',' && len(open) == 0:
			break loop
		}
	}
	for j > i && isSpace(t.char(j-1)) {
		j--
	}
	return j, closed && quote == 0 && len(open) == 0
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

// proposeQuotes offers to quote text[i:j], or to put a script below its key.
func (t *tree) proposeQuotes(d *diag.Diagnostic, i, j int) {
	written := string(t.part(i, j))
	if strings.ContainsAny(written, "\r\n") {
		d.Advise("put the whole value in quotes")
		return
	}
	if t.isScriptAt(i) {
		start, end := t.line(i)
		key, _ := t.key(start, end)
		script := strings.TrimLeft(headerOfBlock.ReplaceAllString(written, ""), " ")
		inner := strings.Repeat(" ", key.start-start+2)
		d.Replace(t.span(i, j), "|\n"+inner+script, "put the script on the next line, behind `run: |`")
		return
	}
	quoted := quote(written)
	d.Replace(t.span(i, j), quoted, "put the whole value in quotes: "+quoted)
}

var headerOfBlock = regexp.MustCompile(`^[|>][-+0-9]*(\s|$)`)

// isScriptAt reports whether the value at i is that of `run:` on a line of its own.
func (t *tree) isScriptAt(i int) bool {
	start, end := t.line(i)
	key, ok := t.key(start, end)
	return ok && key.value == i && string(t.part(key.start, key.end)) == "run"
}

// quote writes a text of one line as a quoted YAML scalar, with the fewest escapes.
func quote(s string) string {
	if !strings.ContainsAny(s, "\"\\") {
		return `"` + s + `"`
	}
	return singleQuoted(s)
}

func singleQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
