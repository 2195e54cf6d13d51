package yaml

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// Syntax errors between [ ] and { }.

// insideBrackets reports what goes wrong between [ ] or { }.
func (t *tree) insideBrackets(open, at int) repair {
	if open >= len(t.text) {
		return noRepair
	}
	if at >= len(t.text) || t.ended(open, at) {
		t.diags.Error(diag.YAMLUnclosed, t.span(open, open+1), fmt.Sprintf("this `%c` is never closed", t.char(open))).
			Advise(fmt.Sprintf("close it with `%c`", closer(t.char(open))))
		return noRepair
	}
	if fix, reported := t.missingComma(open, at); reported {
		return fix
	}
	i, j, closed := t.piece(open, at)
	if i >= j || t.char(at) == ']' || t.char(at) == '}' {
		t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), fmt.Sprintf("YAML wants a comma or `%c` here", closer(t.char(open)))).
			See(t.span(open, open+1), "for this bracket").Advise("check which brackets belong together")
		return noRepair
	}
	fix := repaint(i, j)
	if !closed || t.swallowsBracket(open, j) { // some bracket would be left alone
		fix = noRepair
	}
	value := string(t.part(i, j))
	switch c := t.char(at); {
	case value[0] == '"' || value[0] == '\'':
		return t.behindQuote(i, j, at)
	case strings.Contains(value, "<{"):
		t.recordType(i, j)
	case c == '[' || c == '{':
		d := t.diags.Error(diag.YAMLBracket, t.span(at, at+1), fmt.Sprintf("between %c and %c, YAML reads `%c` as the start of a new %s",
			t.char(open), closer(t.char(open)), c, bracketName(c)))
		t.proposeQuotes(d, i, j)
	case c == ':':
		d := t.diags.Error(diag.YAMLColon, t.span(at, at+1), "YAML reads `: ` as the start of another mapping")
		if strings.Contains(value, "?") {
			d.Because("so a condition like a ? b : c can't stand without quotes")
		}
		t.proposeQuotes(d, i, j)
	default:
		d := t.diags.Error(diag.YAMLBracket, t.span(at, at+1), fmt.Sprintf("YAML wants a comma or `%c` here", closer(t.char(open))))
		t.proposeQuotes(d, i, j)
	}
	return fix
}

// swallowsBracket reports whether nothing is left on the line behind j to close
// a bracket that was opened on it.
func (t *tree) swallowsBracket(open, j int) bool {
	start, _ := t.line(j)
	openLine, _ := t.line(open)
	rest := bytes.TrimSpace(t.part(j, lineEnd(t.text, j)))
	return start == openLine && (len(rest) == 0 || rest[0] == '#')
}

// missingComma reports a comma that was left out before a key, which begins at
// at or ends there.
func (t *tree) missingComma(open, at int) (fix repair, reported bool) {
	if t.char(open) != '{' {
		return noRepair, false
	}
	key := at
	for t.char(at) == ':' && key > open+1 && isWord(t.char(key-1)) {
		key--
	}
	m := keyHere.FindSubmatch(t.part(key, lineEnd(t.text, key)))
	gap := key
	for gap > open+1 && isSpace(t.char(gap-1)) {
		gap--
	}
	i, _, _ := t.piece(open, key)
	if m == nil || gap == key || i >= gap || bytes.IndexByte(t.part(i, gap), '?') >= 0 {
		return noRepair, false
	}
	start, _ := t.line(key)
	if openLine, _ := t.line(open); start != openLine && key == start+t.indent(start) {
		t.diags.Error(diag.YAMLSyntax, t.span(key, key+len(m[1])), fmt.Sprintf("a comma is missing before `%s:`, or a bracket is left open", m[1])).
			See(t.span(open, open+1), "this bracket is open here").
			Advise("close the bracket, or end the line above with a comma")
		return noRepair, true
	}
	t.diags.Error(diag.YAMLSyntax, t.span(key, key+len(m[1])), fmt.Sprintf("a comma is missing before `%s:`", m[1])).
		Replace(t.span(gap, gap), ",", "put a comma before it, or quotes around the value")
	return putComma(gap), true
}

var keyHere = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*):(\s|$)`)

func bracketName(c byte) string {
	if c == '[' {
		return "list"
	}
	return "mapping"
}

func closer(open byte) byte {
	if open == '[' {
		return ']'
	}
	return '}'
}

// ended reports whether the text at a place looks as if it no longer belonged
// to the bracket: a line begins there, no deeper than the one with the bracket.
func (t *tree) ended(open, at int) bool {
	start, end := t.line(at)
	openLine, _ := t.line(open)
	if start == openLine || t.indent(start) > t.indent(openLine) {
		return false
	}
	_, isKey := t.key(start, end)
	return isKey || at <= start+t.indent(start)
}

// noValue reports a comma, bracket or dash where a value should begin.
func (t *tree) noValue(at int, inBrackets bool) repair {
	if at >= len(t.text) {
		t.diags.Error(diag.YAMLUnclosed, t.span(at, at), "the file ends where a value should come").
			Advise("close the brackets that are still open")
		return noRepair
	}
	c := t.char(at)
	if inBrackets {
		start, end := t.line(at)
		if _, isKey := t.key(start, end); isKey && at == start+t.indent(start) {
			t.diags.Error(diag.YAMLUnclosed, t.span(at, at+1), "a bracket above is not closed")
			return noRepair
		}
		t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), fmt.Sprintf("YAML wants a value before `%c`", c)).
			Advise("remove what is too much, or write the value; text that begins with this character needs quotes")
		return noRepair
	}
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLStart, t.span(at, at+1), fmt.Sprintf("a YAML value can't begin with %s unless it is quoted", code(string(c))))
	t.proposeQuotes(d, i, j)
	return repaint(i, j)
}

func (t *tree) recordType(i, j int) {
	t.diags.Error(diag.YAMLBracket, t.span(i, j), "a type has no braces: YAML reads them as a mapping").
		Advise("name the record under `types:` and use its name: list<NAME>")
}
