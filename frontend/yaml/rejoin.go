package yaml

import (
	"regexp"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// Between brackets a comma ends a value, so `{n: max(a, b)}` is silently a key
// n and a key `b)` without a value. What was one value can be told by the
// brackets and quotes that are open in the first half and closed in the second.

// rejoinPairs reports such values of a mapping and removes their other halves.
func (t *tree) rejoinPairs(n *node) {
	for i := 0; i < len(n.pairs); i++ {
		v := n.pairs[i].value
		if !v.plain || v.kind != textKind || !isOpen(v.text.Value) {
			continue
		}
		for j := i + 1; j < len(n.pairs); j++ {
			p := n.pairs[j]
			if !p.key.plain || p.key.kind == badKind || !p.value.plain {
				break
			}
			if t.rejoin(v, p.key.span.To(p.value.span)) {
				n.pairs = slices.Delete(n.pairs, i+1, j+1)
				break
			}
		}
	}
}

// rejoinItems does the same for a list.
func (t *tree) rejoinItems(n *node) {
	for i := 0; i < len(n.items); i++ {
		v := n.items[i]
		if !v.plain || v.kind != textKind || !isOpen(v.text.Value) {
			continue
		}
		for j := i + 1; j < len(n.items); j++ {
			if !n.items[j].plain {
				break
			}
			if t.rejoin(v, n.items[j].span) {
				n.items = slices.Delete(n.items, i+1, j+1)
				break
			}
		}
	}
}

// rejoin tests whether the text from v to the end of tail is one value, and
// reports it if so.
func (t *tree) rejoin(v *node, tail diag.Span) bool {
	whole := v.span.To(tail)
	written := string(t.text[int(whole.Start)-t.base : int(whole.End)-t.base])
	if isOpen(written) {
		return false
	}
	v.kind, v.span = badKind, whole
	d := t.diags.Error(diag.YAMLComma, whole, "between brackets YAML splits this at the comma").
		Because("what stands behind the comma would silently be a value of its own")
	if m := enumWritten.FindStringSubmatch(written); m != nil {
		fixed := "enum<" + regexp.MustCompile(`\s*,\s*`).ReplaceAllString(strings.TrimSpace(m[1]), "|") + ">" + m[2]
		d.Replace(whole, fixed, "types have no comma: write "+fixed)
	} else if strings.ContainsAny(written, "\r\n") {
		d.Advise("put the whole in quotes")
	} else {
		d.Replace(whole, quote(written), "put the whole in quotes: "+quote(written))
	}
	return true
}

var enumWritten = regexp.MustCompile(`^enum[(<]([^<>()|]*)[)>](\??)$`)

// isOpen reports whether a bracket or quote is opened in s and not closed. The
// apostrophe within a word is no quote, and < is a bracket only in a type.
func isOpen(s string) bool {
	var quote byte
	depth := 0
	inType := strings.HasPrefix(s, "enum<") || strings.HasPrefix(s, "map<") || strings.HasPrefix(s, "list<")
	for i := range len(s) {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' && (i == 0 || !isWord(s[i-1])):
			quote = c
		case c == '(' || c == '[' || inType && c == '<':
			depth++
		case c == ')' || c == ']' || inType && c == '>':
			depth--
		}
	}
	return quote != 0 || depth > 0
}
