package yaml

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// Syntax errors of lines: their indentation, their colon, what follows their value.

// secondColon reports a `: ` that begins a second mapping on one line.
func (t *tree) secondColon(at int) repair {
	start, end := t.line(at)
	if colon := t.tightColon(start, end); colon >= 0 {
		return t.spaceMissing(colon)
	}
	key, ok := t.key(start, end)
	if !ok || key.colon >= at { // it is the line's own colon: the line before is to blame
		return t.indented(start, end)
	}
	i, j := key.value, t.withoutComment(key.value, end)
	if first := t.char(i); first == '"' || first == '\'' {
		return t.behindQuote(i, j, at)
	}
	value := string(t.part(i, j))
	if strings.Contains(value, "<{") {
		t.recordType(i, j)
		return repaint(i, j)
	}
	d := t.diags.Error(diag.YAMLColon, t.span(at, at+1), "YAML reads `: ` as the start of another mapping")
	if strings.Contains(value[:at-i], "?") {
		d.Because("so a condition like a ? b : c can't stand without quotes")
	}
	t.proposeQuotes(d, i, j)
	return repaint(i, j)
}

// indented reports a line that is a key where none can be.
func (t *tree) indented(start, end int) repair {
	indent := t.indent(start)
	before, beforeEnd, ok := t.lineBefore(start)
	first := t.span(start+indent, end)
	if ok {
		above := t.indent(before)
		text := string(t.part(before+above, beforeEnd))
		key, isKey := t.key(before, beforeEnd)
		switch {
		case indent > above && isKey:
			t.diags.Error(diag.YAMLIndent, first, fmt.Sprintf("this line is indented more than `%s:`, which has a value already", t.part(key.start, key.end))).
				See(t.span(before+above, beforeEnd), "this has its value on the same line").
				Advise("indent it by " + spaces(above) + ", like the line above")
			return noRepair
		case !isKey && noSpaceColon.MatchString(text):
			return t.spaceMissing(before + above + bytes.IndexByte([]byte(text), ':'))
		case !isKey:
			t.missingColon(before+above, beforeEnd)
			return noRepair
		}
	}
	t.diags.Error(diag.YAMLIndent, first, "YAML doesn't expect a key here").Advise("check the indentation of this line and of the one above")
	return noRepair
}

var noSpaceColon = regexp.MustCompile(`^(- +)*[A-Za-z_][A-Za-z0-9_]*:\S`)

// tightColon finds `key:{` and the like at the beginning of a line, or -1.
func (t *tree) tightColon(start, end int) int {
	m := tightKey.FindIndex(t.part(start, end))
	if m == nil {
		return -1
	}
	return start + m[1] - 2
}

var tightKey = regexp.MustCompile(`^ *(- +)*[A-Za-z_][A-Za-z0-9_]*:[\[{"']`)

func (t *tree) spaceMissing(colon int) repair {
	i := colon
	for i > 0 && isWord(t.char(i-1)) {
		i--
	}
	t.diags.Error(diag.YAMLSpace, t.span(colon, colon+1), "there is no space behind the colon, so YAML reads the whole as one text").
		Replace(t.span(colon, colon+1), ": ", "write "+code(string(t.part(i, colon))+": ")+" with a space")
	return noRepair
}

// dashAfterColon reports `a: - b`.
func (t *tree) dashAfterColon(at int) repair {
	i, j := t.valueAround(at)
	t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), "a list in dashes can't begin on the line of its key").
		Advise("put each `- item` on a line of its own, or write [a, b]; text that begins with a dash needs quotes")
	return repaint(i, j)
}

// noColon reports a line that should be `key: value`.
func (t *tree) noColon(from int) repair {
	start, end := t.line(from)
	i := start + t.indent(start)
	j := max(i, t.withoutComment(i, end))
	switch {
	case noSpaceColon.Match(t.part(i, j)):
		return t.spaceMissing(i + bytes.IndexByte(t.part(i, j), ':'))
	case i < j && (t.char(i) == '"' || t.char(i) == '\'') && t.char(j-1) != t.char(i):
		return t.unclosedQuote(i)
	}
	t.missingColon(i, j)
	return noRepair
}

func (t *tree) missingColon(i, j int) {
	d := t.diags.Error(diag.YAMLSyntax, t.span(i, j), "this line has no `key: value` in it")
	start, _ := t.line(i)
	next := min(lineEnd(t.text, i)+1, len(t.text))
	if t.indent(next) > i-start && isIdentifier(string(t.part(i, j))) {
		d.Replace(t.span(j, j), ":", "add the colon")
		return
	}
	d.Advise("add the colon, or put a text of several lines behind `|`")
}

// textBehindValue reports text that follows a complete value on its line, or a
// line whose indentation fits no line above.
func (t *tree) textBehindValue(at int) repair {
	start, end := t.line(at)
	if at > start+t.indent(start) {
		if colon := t.tightColon(start, end); colon >= 0 {
			return t.spaceMissing(colon)
		}
		if key, ok := t.key(start, end); ok && key.value < at {
			i, j := key.value, t.withoutComment(key.value, end)
			switch t.char(i) {
			case '"', '\'':
				return t.behindQuote(i, j, at)
			case '[', '{':
				d := t.diags.Error(diag.YAMLBracket, t.span(at, j), fmt.Sprintf("YAML reads the brackets as a whole %s, and then finds more text", bracketName(t.char(i))))
				t.proposeQuotes(d, i, j)
				return repaint(i, j)
			case '*', '&':
				return t.badAlias(i)
			}
		}
		return t.behindOldQuote(at)
	}
	if bytes.HasPrefix(t.part(at, end), []byte("- ")) || string(t.part(at, end)) == "-" {
		t.diags.Error(diag.YAMLIndent, t.span(at, end), "a list item where YAML expects a key").
			Advise("indent the items under the key that they belong to, whose own line ends with the colon")
		return noRepair
	}
	if c := t.char(at); c == '}' || c == ']' || c == ',' {
		t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), fmt.Sprintf("there is nothing open that %s could belong to", code(string(c)))).
			Advise("remove it, or look for a bracket above that is closed too early")
		return noRepair
	}
	t.wrongIndent(start, at, end)
	return noRepair
}

// wrongIndent reports a line that lies between the levels of the lines above.
func (t *tree) wrongIndent(start, at, end int) {
	indent := t.indent(start)
	d := t.diags.Error(diag.YAMLIndent, t.span(at, end), fmt.Sprintf("the line is indented by %s, which fits no line above", spaces(indent)))
	best, line := -1, 0 // the nearest level, and the nearest line that has it
	lowest := -1
	for before, count := start, 0; count < 1000 && lowest != 0; count++ {
		b, bEnd, ok := t.lineBefore(before)
		if !ok {
			break
		}
		before = b
		n := t.indent(b)
		if _, isKey := t.key(b, bEnd); !isKey || lowest >= 0 && n >= lowest {
			continue
		}
		lowest = n
		if best < 0 || abs(n-indent) < abs(best-indent) {
			best, line = n, b
		}
	}
	if best < 0 || best == indent {
		d.Advise("check what the line belongs to")
		return
	}
	d.See(t.span(line+best, lineEnd(t.text, line)), "this one is indented by "+spaces(best)).
		Replace(t.span(start, at), strings.Repeat(" ", best), "indent it by "+spaces(best)+", if it belongs to the same")
}

func spaces(n int) string {
	if n == 1 {
		return "1 space"
	}
	return fmt.Sprintf("%d spaces", n)
}

func abs(n int) int { return max(n, -n) }

func (t *tree) keyAmongItems(at int) repair {
	_, end := t.line(at)
	t.diags.Error(diag.YAMLIndent, t.span(at, end), "a key among the items of a list").
		Advise("indent the items more than the key that they belong to, or begin this line with `- `")
	return noRepair
}

func (t *tree) textBehindBar(at int) repair {
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLStart, t.span(at, at+1), fmt.Sprintf("`%c` begins a text on the next lines, but text follows on this one", t.char(at)))
	t.proposeQuotes(d, i, j)
	return repaint(i, j)
}

func (t *tree) behindTheEnd(at int) repair {
	start, end := t.line(at)
	first := 0
	for first < start {
		_, e := t.line(first)
		if line := bytes.TrimSpace(t.part(first, e)); len(line) > 0 && line[0] != '#' {
			break
		}
		first = min(e+1, start)
		for first < start && t.char(first) == '\n' {
			first++
		}
	}
	if t.indent(first) > t.indent(start) {
		_, e := t.line(first)
		t.diags.Error(diag.YAMLIndent, t.span(first, e), "the first line is indented more than a later one").
			See(t.span(start, end), "this line").Advise("begin the first line without spaces")
		return noRepair
	}
	t.diags.Error(diag.YAMLSyntax, t.span(at, max(at+1, end)), "the flow has ended before this line").
		Advise("remove the line, or check the indentation above it")
	return noRepair
}

// tab reports the tabs that the file is indented with, once.
func (t *tree) tab(at int) repair {
	start, end := t.line(at)
	n := start
	for n < end && isBlank(t.char(n)) {
		n++
	}
	more := 0
	for line := range bytes.Lines(t.text[min(end+1, len(t.text)):]) {
		blanks := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		if bytes.IndexByte(blanks, '\t') >= 0 {
			more++
		}
	}
	d := t.diags.Error(diag.YAMLTab, t.span(at, max(at+1, n)), "a tab in the indentation, where YAML allows only spaces").
		Advise("indent with spaces, two for each level")
	if more > 0 {
		d.Because(fmt.Sprintf("%d more lines are indented with tabs", more))
	}
	return noRepair
}
