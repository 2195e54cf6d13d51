package yaml

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/flowc-dev/flowc/diag"
)

// How a person would read a line of YAML that YAML itself could not read.

// keyAt is where the key of a line and its value stand.
type keyAt struct{ start, end, colon, value int }

// key finds `key: ` at the beginning of the line, behind any dashes.
func (t *tree) key(start, end int) (keyAt, bool) {
	i := start
	for {
		for i < end && t.text[i] == ' ' {
			i++
		}
		if i+1 < end && t.text[i] == '-' && t.text[i+1] == ' ' {
			i++
			continue
		}
		break
	}
	if i >= end || bytes.IndexByte([]byte("#[]{},&*!|>%@`"), t.text[i]) >= 0 {
		return keyAt{}, false
	}
	k := keyAt{start: i, end: i}
	if q := t.text[i]; q == '"' || q == '\'' {
		text, ok := quotedScalar(t.text[:end], t.file, i)
		if !ok {
			return keyAt{}, false
		}
		k.end = int(text.Span.End)
		k.colon = k.end
		for k.colon < end && t.text[k.colon] == ' ' {
			k.colon++
		}
		if !t.isColon(k.colon, end) {
			return keyAt{}, false
		}
	} else {
		for k.colon = i; !t.isColon(k.colon, end); k.colon++ {
			if k.colon >= end || t.text[k.colon] == '#' && k.colon > i && t.text[k.colon-1] == ' ' {
				return keyAt{}, false
			}
		}
		k.end = i + len(bytes.TrimRight(t.text[i:k.colon], " "))
	}
	for k.value = k.colon + 1; k.value < end && isBlank(t.text[k.value]); k.value++ {
	}
	return k, true
}

func (t *tree) isColon(i, end int) bool {
	return i < end && t.text[i] == ':' && (i+1 == end || isBlank(t.text[i+1]))
}

// indent is the number of spaces that the line at start begins with.
func (t *tree) indent(start int) int {
	n := 0
	for start+n < len(t.text) && t.text[start+n] == ' ' {
		n++
	}
	return n
}

// lineBefore returns the nearest line above start that has more than a comment.
func (t *tree) lineBefore(start int) (int, int, bool) {
	for start > 0 {
		s, e := t.line(start - 1)
		if line := bytes.TrimSpace(t.text[s:e]); len(line) > 0 && line[0] != '#' {
			return s, e, true
		}
		start = s
	}
	return 0, 0, false
}

// invisible names a character at the beginning of the line that looks like a space.
func (t *tree) invisible(start, end int) string {
	for i := start; i < end; {
		r, size := utf8.DecodeRune(t.text[i:end])
		switch r {
		case ' ':
		case 0xa0, 0x2007, 0x202f, 0x3000, 0x200b:
			return fmt.Sprintf("the character %U", r)
		default:
			return ""
		}
		i += size
	}
	return ""
}

// withoutComment returns where the text from i to the end of its line ends,
// without a comment. A # in quotes begins none.
func (t *tree) withoutComment(i, end int) int {
	var quote byte
	for k := i; k < end; k++ {
		switch c := t.text[k]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' && k > i && isBlank(t.text[k-1]):
			end = k
		}
	}
	for end > i && isBlank(t.text[end-1]) {
		end--
	}
	return end
}

// valueAround returns the value that contains the byte at: what a line's key
// has, or the piece between commas.
func (t *tree) valueAround(at int) (i, j int) {
	start, end := t.line(at)
	if open := t.openBracket(start, at); open >= 0 {
		if i, j = t.piece(open, at); i < j {
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
	if !ok || key.value >= at || t.text[key.value] != '[' && t.text[key.value] != '{' {
		return -1
	}
	for k := key.value; k < at; k++ {
		switch t.text[k] {
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
// expression: brackets and quotes go together.
func (t *tree) piece(open, at int) (i, j int) {
	i = open + 1
	depth, colons := 0, 0
	fresh := true // a value may begin here
	for k := open + 1; k < at && k < len(t.text); k++ {
		c := t.text[k]
		switch {
		case fresh && (c == '"' || c == '\''):
			if q, ok := quotedScalar(t.text, t.file, k); ok && int(q.Span.End) <= at {
				k = int(q.Span.End) - 1
			}
			fresh = false
		case c == '#' && isSpace(t.text[k-1]):
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
		case c == ':' && k+1 < len(t.text) && isSpace(t.text[k+1]):
			fresh = true
			if depth == 0 && colons == 0 && t.text[open] == '{' {
				i, colons = k+1, 1
			}
		case !isSpace(c):
			fresh = false
		}
	}
	for i < len(t.text) && isSpace(t.text[i]) {
		i++
	}
	return i, t.expressionEnd(i)
}

// expressionEnd returns where the expression at i ends: at a comma or closing
// bracket of the level it stands on, or with its line.
func (t *tree) expressionEnd(i int) int {
	depth, j := 0, i
	var quote byte
loop:
	for ; j < len(t.text); j++ {
		c := t.text[j]
		switch {
		case c == '\n':
			break loop
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' && (j == i || !isWord(t.text[j-1])):
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			if depth == 0 {
				break loop
			}
			depth--
		case c == ',' && depth == 0:
			break loop
		}
	}
	for j > i && isSpace(t.text[j-1]) {
		j--
	}
	return j
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

// proposeQuotes offers to quote text[i:j], or to put a script below its key.
func (t *tree) proposeQuotes(d *diag.Diagnostic, i, j int) {
	written := string(t.text[i:j])
	if strings.ContainsAny(written, "\r\n") {
		d.Advise("put the whole value in quotes")
		return
	}
	start, end := t.line(i)
	key, ok := t.key(start, end)
	if ok && key.value == i && string(t.text[key.start:key.end]) == "run" {
		inner := strings.Repeat(" ", key.start-start+2)
		d.Replace(t.span(i, j), "|\n"+inner+written, "put the script on the next line, behind `run: |`")
		return
	}
	quoted := quote(written)
	d.Replace(t.span(i, j), quoted, "put the whole value in quotes: "+quoted)
}

// quote writes a text of one line as a quoted YAML scalar, with the fewest escapes.
func quote(s string) string {
	if !strings.ContainsAny(s, "\"\\") {
		return `"` + s + `"`
	}
	return singleQuoted(s)
}

func singleQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
