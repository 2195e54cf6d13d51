package yaml

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// What the YAML library says of a syntax error names neither the cause nor what
// to do, and it stops at the first one. Here the text around the place is read
// for what people usually did there. Where that is one value that should have
// been quoted, the value is painted over, so that parsing can go on behind it.

const maxRepairs = 20

// read parses the source, reports what is wrong with its syntax, and returns
// the text as it was parsed with its root, which is nil if there is none.
func read(text []byte, file diag.FileID, diags *diag.List) (*tree, *node) {
	base := len(bomOf(text))
	t := newTree(text[base:], base, file, diags)
	if t.isBlankFile() {
		diags.Error(diag.MissingKey, t.span(0, 0), "the file has no flow in it").
			Advise("begin with `flow: NAME` and `steps:`")
		return t, nil
	}
	t.directives()
	// Each repair reads the text again: few for a large file.
	repairs := max(2, min(maxRepairs, MaxSize/len(text)))
	for {
		root, second, failed := parse(t.text)
		if failed == nil {
			if second.line > 0 {
				t.reportDocument(second)
			}
			if root == nil {
				return t, nil
			}
			t.lastLine = 0
			top := t.node(root, -1)
			if t.misindented {
				return t, nil
			}
			return t, top
		}
		before := len(*diags)
		i, j, ok := t.explain(failed)
		if t.follows(before) {
			*diags = (*diags)[:before]
			return t, nil
		}
		if repairs--; !ok || repairs == 0 {
			return t, nil
		}
		t.paint(i, j)
	}
}

// directives reports lines like `%YAML 1.2` at the top, and makes comments of them.
func (t *tree) directives() {
	pos := 0
	for line := range bytes.Lines(t.text) {
		if line[0] == '%' {
			end := lineEnd(t.text, pos)
			t.diags.Error(diag.YAMLSyntax, t.span(pos, end), "a YAML directive, which flows don't have").
				Replace(t.span(pos, pos+len(line)), "", "remove the line")
			t.text = slices.Clone(t.text)
			t.text[pos] = '#'
		} else if len(bytes.TrimSpace(line)) > 0 && line[0] != '#' {
			return
		}
		pos += len(line)
	}
}

func (t *tree) isBlankFile() bool {
	for line := range bytes.Lines(t.text) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) && !bytes.Equal(line, []byte("...")) {
			return false
		}
	}
	return true
}

func (t *tree) reportDocument(at mark) {
	start, end := t.line(t.offset(at))
	t.diags.Error(diag.YAMLDocument, t.span(start, end), "a second YAML document begins here").
		Advise("keep one flow in a file")
}

// follows reports whether a finding from number n on lies in a part that was
// repaired: the repair did not help, and the cause has been reported.
func (t *tree) follows(n int) bool {
	return slices.ContainsFunc((*t.diags)[n:], func(d diag.Diagnostic) bool { return t.isReported(d.Span) })
}

// paint replaces text[i:j] by a harmless word of the same length.
func (t *tree) paint(i, j int) {
	t.text = slices.Clone(t.text)
	for k := i; k < min(j, len(t.text)); k++ {
		if t.char(k) != '\n' && t.char(k) != '\r' {
			t.text[k] = 'x'
		}
	}
	spot := t.span(i, j)
	at, _ := slices.BinarySearchFunc(t.spots, spot, func(a, b diag.Span) int { return int(a.Start - b.Start) })
	t.spots = slices.Insert(t.spots, at, spot)
}

// line returns the bounds of the line around pos, without its break.
func (t *tree) line(pos int) (start, end int) {
	start = bytes.LastIndexByte(t.text[:pos], '\n') + 1
	return start, lineEnd(t.text, start)
}

// explain reports a syntax error. Where one value is to blame, it returns the
// bytes of it.
func (t *tree) explain(e *syntaxError) (i, j int, repairable bool) {
	t.lastLine = 0
	at, from := t.offset(e.at), t.offset(e.from)
	t.lastLine = 0
	has := func(s string) bool { return strings.Contains(e.message, s) }
	switch {
	case e.message == tooDeep:
		t.diags.Error(diag.TooDeep, t.span(at, at+1), fmt.Sprintf("lists and mappings nest deeper than %d levels", MaxDepth))
		return 0, 0, false
	case has("tab character"), at < len(t.text) && t.char(at) == '\t' && has("cannot start any token"):
		return t.tab(at)
	case has("cannot start any token"):
		return t.badStart(at)
	case has("escape"), has("hexadecimal"):
		return t.badEscape(from, at)
	case strings.Contains(e.context, "anchor"), strings.Contains(e.context, "alias"):
		return t.badAlias(from)
	case strings.Contains(e.context, "a tag"), has("tag handle"):
		return t.badTag(max(from, 0), at)
	case has("unexpected end of stream"):
		return t.unclosedQuote(from)
	case has("mapping values are not allowed"):
		return t.secondColon(at)
	case has("block sequence entries are not allowed"):
		return t.dashAfterColon(at)
	case has("did not find expected ',' or"):
		return t.insideBrackets(from, at)
	case has("could not find expected ':'"):
		return t.noColon(from)
	case has("expected node content"):
		return t.noValue(at, strings.Contains(e.context, "flow"))
	case has("did not find expected key"):
		return t.textBehindValue(at)
	case has("did not find expected '-' indicator"):
		return t.keyAmongItems(at)
	case has("comment or line break") && strings.Contains(e.context, "block scalar"):
		return t.textBehindBar(from)
	case has("<document start>"):
		return t.behindTheEnd(at)
	}
	t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), "this is not valid YAML: "+e.message).
		Advise("if the text around is meant as one value, put it in quotes")
	return 0, 0, false
}

// tab reports the tabs that the file is indented with, once.
func (t *tree) tab(at int) (int, int, bool) {
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
	return 0, 0, false
}

// badStart reports a value that begins with a character that YAML reserves.
func (t *tree) badStart(at int) (int, int, bool) {
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLStart, t.span(at, at+1), fmt.Sprintf("a YAML value can't begin with %s unless it is quoted", code(string(t.char(at)))))
	t.proposeQuotes(d, i, j)
	return i, j, true
}

func (t *tree) badEscape(from, at int) (int, int, bool) {
	end := at
	for end < len(t.text) && t.char(end) != '"' && t.char(end) != '\n' {
		if t.char(end) == '\\' && end+1 < len(t.text) {
			end++
		}
		end++
	}
	slash := at
	for slash > from && t.char(slash) != '\\' {
		slash--
	}
	d := t.diags.Error(diag.YAMLEscape, t.span(slash, min(slash+2, len(t.text))),
		fmt.Sprintf("`%s` is not an escape that YAML knows in double quotes", escapeText(t.part(slash, slash+8))))
	if end >= len(t.text) || t.char(end) != '"' {
		d.Advise(`use single quotes, where a backslash is just a backslash, or write \\`)
		return 0, 0, false
	}
	inner := string(t.part(from+1, end))
	if bytes.IndexByte(t.part(from, end), '\n') < 0 && !strings.Contains(inner, `\"`) && !strings.Contains(inner, `\\`) {
		d.Replace(t.span(from, end+1), singleQuoted(inner), "use single quotes, where a backslash is just a backslash")
	} else {
		d.Advise(`use single quotes, where a backslash is just a backslash, or write \\`)
	}
	return from, end + 1, true
}

func escapeText(b []byte) string {
	r := []rune(string(b))
	return string(r[:min(len(r), 2)])
}

func (t *tree) badAlias(at int) (int, int, bool) {
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLAlias, t.span(at, at+1),
		fmt.Sprintf("a value that begins with `%c` is a YAML %s, which flows don't have", t.char(at), aliasWord(t.char(at))))
	t.proposeQuotes(d, i, j)
	return i, j, true
}

func aliasWord(c byte) string {
	if c == '&' {
		return "anchor"
	}
	return "alias"
}

func (t *tree) badTag(from, at int) (int, int, bool) {
	start, end := t.line(at)
	if from >= start && from <= end && from < len(t.text) && t.char(from) == '!' {
		at = from
	} else if n := bytes.IndexByte(t.part(start, end), '!'); n >= 0 {
		at = start + n
	}
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLTag, t.span(at, max(at+1, min(at+1, end))), "YAML reads what begins with `!` as a tag, which flows don't have")
	t.proposeQuotes(d, i, j)
	return i, j, true
}

func (t *tree) unclosedQuote(from int) (int, int, bool) {
	_, end := t.line(from)
	t.diags.Error(diag.YAMLUnclosed, t.span(from, min(from+1, end)), fmt.Sprintf("this %s is never closed", quoteName(t.char(from)))).
		Advise("close it; to use the character itself, put the whole value in the other kind of quotes")
	return 0, 0, false
}

func quoteName(c byte) string {
	if c == '\'' {
		return "single quote"
	}
	return "double quote"
}

// secondColon reports a `: ` that begins a second mapping on one line.
func (t *tree) secondColon(at int) (int, int, bool) {
	start, end := t.line(at)
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
		return i, j, true
	}
	d := t.diags.Error(diag.YAMLColon, t.span(at, at+1), "YAML reads `: ` as the start of another mapping")
	if strings.Contains(value[:at-i], "?") {
		d.Because("so a condition like a ? b : c can't stand without quotes")
	}
	t.proposeQuotes(d, i, j)
	return i, j, true
}

func (t *tree) recordType(i, j int) {
	t.diags.Error(diag.YAMLBracket, t.span(i, j), "a type has no braces: YAML reads them as a mapping").
		Advise("name the record under `types:` and use its name: list<NAME>")
}

// indented reports a line that is a key where none can be.
func (t *tree) indented(start, end int) (int, int, bool) {
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
				Advise(fmt.Sprintf("indent it by %d spaces, like the line above", above))
			return 0, 0, false
		case !isKey && noSpaceColon.MatchString(text):
			return t.spaceMissing(before+above, beforeEnd)
		case !isKey:
			t.missingColon(before+above, beforeEnd)
			return 0, 0, false
		}
	}
	t.diags.Error(diag.YAMLIndent, first, "YAML doesn't expect a key here").Advise("check the indentation of this line and of the one above")
	return 0, 0, false
}

var noSpaceColon = regexp.MustCompile(`^(- +)*[A-Za-z_][A-Za-z0-9_]*:\S`)

func (t *tree) spaceMissing(i, end int) (int, int, bool) {
	colon := i + bytes.IndexByte(t.part(i, end), ':')
	t.diags.Error(diag.YAMLSpace, t.span(colon, colon+1), "there is no space behind the colon, so YAML reads the whole as one text").
		Replace(t.span(colon, colon+1), ": ", "write `"+string(t.part(i, colon))+": ` with a space")
	return 0, 0, false
}

// dashAfterColon reports `a: - b`.
func (t *tree) dashAfterColon(at int) (int, int, bool) {
	i, j := t.valueAround(at)
	t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), "a list in dashes can't begin on the line of its key").
		Advise("put each `- item` on a line of its own, or write [a, b]; text that begins with a dash needs quotes")
	return i, j, true
}

// insideBrackets reports what goes wrong between [ ] or { }.
func (t *tree) insideBrackets(open, at int) (int, int, bool) {
	if open >= len(t.text) {
		return 0, 0, false
	}
	i, j := t.piece(open, at)
	if at >= len(t.text) || t.ended(open, at) {
		t.diags.Error(diag.YAMLUnclosed, t.span(open, open+1), fmt.Sprintf("this `%c` is never closed", t.char(open))).
			Advise(fmt.Sprintf("close it with `%c`", closer(t.char(open))))
		return 0, 0, false
	}
	if i >= j {
		t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), fmt.Sprintf("YAML wants a comma or `%c` here", closer(t.char(open))))
		return 0, 0, false
	}
	value := string(t.part(i, j))
	if m := missingComma.FindStringSubmatchIndex(value); m != nil && t.char(open) == '{' && !strings.Contains(value, "?") {
		gap := i + m[2]
		t.diags.Error(diag.YAMLSyntax, t.span(i+m[4], i+m[5]), fmt.Sprintf("a comma is missing before `%s:`", value[m[4]:m[5]])).
			Replace(t.span(gap, gap), ",", "put a comma before it, or quotes around the value")
		return i, j, true
	}
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
	return i, j, true
}

var missingComma = regexp.MustCompile(`^[^\s:]+()\s+([a-z_]+):\s`)

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

// noColon reports a line that should be `key: value`.
func (t *tree) noColon(from int) (int, int, bool) {
	start, end := t.line(from)
	i := start + t.indent(start)
	j := max(i, t.withoutComment(i, end))
	switch {
	case noSpaceColon.Match(t.part(i, j)):
		return t.spaceMissing(i, j)
	case i < j && (t.char(i) == '"' || t.char(i) == '\'') && t.char(j-1) != t.char(i):
		return t.unclosedQuote(i)
	}
	t.missingColon(i, j)
	return 0, 0, false
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

// noValue reports a comma, bracket or dash where a value should begin.
func (t *tree) noValue(at int, inBrackets bool) (int, int, bool) {
	if at >= len(t.text) {
		t.diags.Error(diag.YAMLUnclosed, t.span(at, at), "the file ends where a value should come").
			Advise("close the brackets that are still open")
		return 0, 0, false
	}
	c := t.char(at)
	if inBrackets {
		start, end := t.line(at)
		if _, isKey := t.key(start, end); isKey && at == start+t.indent(start) {
			t.diags.Error(diag.YAMLUnclosed, t.span(at, at+1), "a bracket above is not closed")
			return 0, 0, false
		}
		t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), fmt.Sprintf("YAML wants a value before `%c`", c)).
			Advise("remove what is too much, or write the value; text that begins with this character needs quotes")
		return 0, 0, false
	}
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLStart, t.span(at, at+1), fmt.Sprintf("a YAML value can't begin with %s unless it is quoted", code(string(c))))
	t.proposeQuotes(d, i, j)
	return i, j, true
}

// textBehindValue reports text that follows a complete value on its line, or a
// line whose indentation fits no line above.
func (t *tree) textBehindValue(at int) (int, int, bool) {
	start, end := t.line(at)
	if at > start+t.indent(start) {
		if key, ok := t.key(start, end); ok && key.value < at {
			i, j := key.value, t.withoutComment(key.value, end)
			switch t.char(i) {
			case '"', '\'':
				return t.behindQuote(i, j, at)
			case '[', '{':
				d := t.diags.Error(diag.YAMLBracket, t.span(at, j), fmt.Sprintf("YAML reads the brackets as a whole %s, and then finds more text", bracketName(t.char(i))))
				t.proposeQuotes(d, i, j)
				return i, j, true
			case '*', '&':
				return t.badAlias(i)
			}
		}
		return t.behindOldQuote(at)
	}
	if bytes.HasPrefix(t.part(at, end), []byte("- ")) || string(t.part(at, end)) == "-" {
		t.diags.Error(diag.YAMLIndent, t.span(at, end), "a list item where YAML expects a key").
			Advise("indent the items under the key that they belong to, whose own line ends with the colon")
		return 0, 0, false
	}
	if c := t.char(at); c == '}' || c == ']' || c == ',' {
		t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), fmt.Sprintf("there is nothing open that %s could belong to", code(string(c)))).
			Advise("remove it, or look for a bracket above that is closed too early")
		return 0, 0, false
	}
	t.wrongIndent(start, at, end)
	return 0, 0, false
}

// behindQuote reports `"a" == b`: the text is quoted from i up to somewhere, and
// goes on at at.
func (t *tree) behindQuote(i, j, at int) (int, int, bool) {
	if at > j || bytes.IndexByte(t.part(i, j), '\n') >= 0 {
		return t.unclosedQuote(i)
	}
	if q, ok := quotedScalar(t.text[:j], t.file, i); ok && int(q.Span.End) > at {
		return t.behindOldQuote(at) // the quote at i closed one from above
	} else if ok && int(q.Span.End) < j {
		at = int(q.Span.End)
		for at < j-1 && isBlank(t.char(at)) {
			at++
		}
	}
	d := t.diags.Error(diag.YAMLQuote, t.span(at, j), "text behind the closing quote: to YAML the value ended there")
	t.proposeQuotes(d, i, j)
	return i, j, true
}

// behindOldQuote reports text behind a quoted text that began on a line above.
func (t *tree) behindOldQuote(at int) (int, int, bool) {
	start, end := t.line(at)
	for range 200 {
		before, beforeEnd, ok := t.lineBefore(start)
		if !ok {
			break
		}
		if key, ok := t.key(before, beforeEnd); ok && key.value < beforeEnd {
			if c := t.char(key.value); c == '"' || c == '\'' {
				if q, ok := quotedScalar(t.text[:end], t.file, key.value); ok && int(q.Span.End) > beforeEnd {
					return t.unclosedQuote(key.value)
				}
			}
		}
		start = before
	}
	t.diags.Error(diag.YAMLSyntax, t.span(at, max(at+1, end)), "YAML doesn't expect more text here").
		Advise("if it belongs to the value before it, put the whole in quotes")
	return 0, 0, false
}

// wrongIndent reports a line that lies between the levels of the lines above.
func (t *tree) wrongIndent(start, at, end int) {
	indent := t.indent(start)
	var levels []int
	lowest := -1
	for before := start; ; {
		b, bEnd, ok := t.lineBefore(before)
		if !ok || len(levels) == 8 {
			break
		}
		before = b
		n := t.indent(b)
		if _, isKey := t.key(b, bEnd); isKey && (lowest < 0 || n < lowest) {
			lowest = n
			levels = append(levels, n)
		}
		if lowest == 0 {
			break
		}
	}
	d := t.diags.Error(diag.YAMLIndent, t.span(at, end), fmt.Sprintf("the line is indented by %d spaces, which fits no line above", indent))
	best := -1
	for _, n := range levels {
		if best < 0 || abs(n-indent) < abs(best-indent) {
			best = n
		}
	}
	switch {
	case best < 0 || best == indent:
		d.Advise("check what the line belongs to")
	default:
		d.Replace(t.span(start, at), strings.Repeat(" ", best), fmt.Sprintf("indent it by %d spaces", best))
	}
}

func abs(n int) int { return max(n, -n) }

func (t *tree) keyAmongItems(at int) (int, int, bool) {
	_, end := t.line(at)
	t.diags.Error(diag.YAMLIndent, t.span(at, end), "a key among the items of a list").
		Advise("indent the items more than the key that they belong to, or begin this line with `- `")
	return 0, 0, false
}

func (t *tree) textBehindBar(at int) (int, int, bool) {
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLStart, t.span(at, at+1), fmt.Sprintf("`%c` begins a text on the next lines, but text follows on this one", t.char(at)))
	t.proposeQuotes(d, i, j)
	return i, j, true
}

func (t *tree) behindTheEnd(at int) (int, int, bool) {
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
		return 0, 0, false
	}
	t.diags.Error(diag.YAMLSyntax, t.span(at, max(at+1, end)), "the flow has ended before this line").
		Advise("remove the line, or check the indentation above it")
	return 0, 0, false
}
