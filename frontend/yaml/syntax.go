package yaml

import (
	"bytes"
	"fmt"
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
		fix := t.explain(failed)
		if t.follows(before) {
			*diags = (*diags)[:before]
			return t, nil
		}
		if repairs--; fix == noRepair || repairs == 0 {
			return t, nil
		}
		t.apply(fix)
	}
}

// repair is what makes the text parse behind an error, for the sake of what
// else there is to find: bytes [from, to) become a harmless word, or one blank
// becomes a comma. It keeps the length of the text, so that places stay right.
type repair struct {
	from, to int
	comma    bool
}

var noRepair repair

func repaint(i, j int) repair   { return repair{from: i, to: j} }
func putComma(blank int) repair { return repair{from: blank, to: blank + 1, comma: true} }

// apply changes the text. What is painted over counts as reported.
func (t *tree) apply(r repair) {
	t.text = slices.Clone(t.text)
	if r.comma {
		t.text[r.from] = ','
		return
	}
	for k := r.from; k < min(r.to, len(t.text)); k++ {
		if t.char(k) != '\n' && t.char(k) != '\r' {
			t.text[k] = 'x'
		}
	}
	spot := t.span(r.from, r.to)
	at, _ := slices.BinarySearchFunc(t.spots, spot, func(a, b diag.Span) int { return int(a.Start - b.Start) })
	t.spots = slices.Insert(t.spots, at, spot)
}

// follows reports whether a finding from number n on has to do with a part that
// was repaired: the repair did not help, and the cause has been reported.
func (t *tree) follows(n int) bool {
	return slices.ContainsFunc((*t.diags)[n:], func(d diag.Diagnostic) bool {
		return t.isReported(d.Span) || d.Fix != nil && d.Fix.Span.Valid() && t.isReported(d.Fix.Span)
	})
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

// line returns the bounds of the line around pos, without its break.
func (t *tree) line(pos int) (start, end int) {
	start = bytes.LastIndexByte(t.text[:pos], '\n') + 1
	return start, lineEnd(t.text, start)
}

// explain reports a syntax error, and says how to go on behind it.
func (t *tree) explain(e *syntaxError) repair {
	t.lastLine = 0
	at, from := t.offset(e.at), t.offset(e.from)
	t.lastLine = 0
	has := func(s string) bool { return strings.Contains(e.message, s) }
	if has("did not find expected") || has("mapping values") || has("could not find") {
		if quote := t.oldQuote(at); quote >= 0 {
			return t.leftOpen(quote, at)
		}
	}
	switch {
	case e.message == tooDeep:
		t.diags.Error(diag.TooDeep, t.span(at, at+1), fmt.Sprintf("lists and mappings nest deeper than %d levels", MaxDepth))
		return noRepair
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
	case has("comment without preceding whitespace"):
		t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), "a # begins a comment only behind a space").
			Replace(t.span(at, at), " ", "put a space before it; text with a # in it needs quotes")
		return noRepair
	case has("<document start>"):
		return t.behindTheEnd(at)
	}
	t.diags.Error(diag.YAMLSyntax, t.span(at, at+1), "this is not valid YAML: "+e.message).
		Advise("if the text around is meant as one value, put it in quotes")
	return noRepair
}

// badStart reports a value that begins with a character that YAML reserves.
func (t *tree) badStart(at int) repair {
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLStart, t.span(at, at+1), fmt.Sprintf("a YAML value can't begin with %s unless it is quoted", code(string(t.char(at)))))
	t.proposeQuotes(d, i, j)
	return repaint(i, j)
}

func (t *tree) badAlias(at int) repair {
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLAlias, t.span(at, at+1),
		fmt.Sprintf("a value that begins with `%c` is a YAML %s, which flows don't have", t.char(at), aliasWord(t.char(at))))
	t.proposeQuotes(d, i, j)
	return repaint(i, j)
}

func aliasWord(c byte) string {
	if c == '&' {
		return "anchor"
	}
	return "alias"
}

func (t *tree) badTag(from, at int) repair {
	start, end := t.line(at)
	if from >= start && from <= end && from < len(t.text) && t.char(from) == '!' {
		at = from
	} else if n := bytes.IndexByte(t.part(start, end), '!'); n >= 0 {
		at = start + n
	}
	i, j := t.valueAround(at)
	d := t.diags.Error(diag.YAMLTag, t.span(at, max(at+1, min(at+1, end))), "YAML reads what begins with `!` as a tag, which flows don't have")
	t.proposeQuotes(d, i, j)
	return repaint(i, j)
}
