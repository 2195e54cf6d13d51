package yaml

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// Syntax errors in quotes, and behind them.

func (t *tree) unclosedQuote(from int) repair {
	_, end := t.line(from)
	t.diags.Error(diag.YAMLUnclosed, t.span(from, min(from+1, end)), fmt.Sprintf("this %s is never closed", quoteName(t.char(from)))).
		Advise("close it; to use the character itself, put the whole value in the other kind of quotes")
	return noRepair
}

func quoteName(c byte) string {
	if c == '\'' {
		return "single quote"
	}
	return "double quote"
}

// behindQuote reports `"a" == b`: the text is quoted from i up to somewhere, and
// goes on at at.
func (t *tree) behindQuote(i, j, at int) repair {
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
	return repaint(i, j)
}

// behindOldQuote reports text behind a value for which nothing explains it.
func (t *tree) behindOldQuote(at int) repair {
	if quote := t.oldQuote(at); quote >= 0 {
		return t.leftOpen(quote, at)
	}
	_, end := t.line(at)
	t.diags.Error(diag.YAMLSyntax, t.span(at, max(at+1, end)), "YAML doesn't expect more text here").
		Advise("if it belongs to the value before it, put the whole in quotes")
	return noRepair
}

// leftOpen reports a quote whose text goes on to the line of at.
func (t *tree) leftOpen(quote, at int) repair {
	line := 1 + bytes.Count(t.part(0, at), []byte("\n"))
	t.diags.Error(diag.YAMLUnclosed, t.span(quote, quote+1), fmt.Sprintf("the text that begins with this %s ends only at the next one, in line %d", quoteName(t.char(quote)), line)).
		Advise("close it where the text ends; to use the character itself, put the whole value in the other kind of quotes")
	return noRepair
}

// oldQuote looks for a quote that was left open on a line above: to YAML, the
// text behind it goes on up to the line of at. It returns its offset, or -1.
func (t *tree) oldQuote(at int) int {
	at = min(at, len(t.text))
	line, _ := t.line(at)
	start, found := line, -1
	for range 200 {
		before, end, ok := t.lineBefore(start)
		if !ok {
			break
		}
		if quote := t.openedIn(before, end); quote >= 0 {
			if q, ok := quotedScalar(t.text[:at], t.file, quote); ok && int(q.Span.End) > line {
				found = quote
			}
		}
		start = before
	}
	return found
}

// openedIn returns where a quoted text begins that does not end on its line, or -1.
func (t *tree) openedIn(start, end int) int {
	at := start + t.indent(start)
	if key, ok := t.key(start, end); ok {
		at = key.value
	}
	if c := t.char(at); at >= end || c != '"' && c != '\'' {
		return -1
	}
	if _, ok := quotedScalar(t.text[:end], t.file, at); ok {
		return -1
	}
	return at
}

func (t *tree) badEscape(from, at int) repair {
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
		return noRepair
	}
	inner := string(t.part(from+1, end))
	if bytes.IndexByte(t.part(from, end), '\n') < 0 && !strings.Contains(inner, `\"`) && !strings.Contains(inner, `\\`) {
		d.Replace(t.span(from, end+1), singleQuoted(inner), "use single quotes, where a backslash is just a backslash")
	} else {
		d.Advise(`use single quotes, where a backslash is just a backslash, or write \\`)
	}
	return repaint(from, end+1)
}

func escapeText(b []byte) string {
	r := []rune(string(b))
	return string(r[:min(len(r), 2)])
}
