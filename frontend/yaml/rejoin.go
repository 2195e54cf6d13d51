package yaml

import (
	"regexp"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// Between brackets a comma ends a value, so `{n: max(a, b)}` is silently a key
// n and a key `b)` without a value. What was one value can be told by the
// brackets and quotes that are open in the first half and closed in the second.

// rejoinPairs reports such values of a mapping and removes their other halves.
func (t *tree) rejoinPairs(n *node) {
	kept := n.pairs[:0]
	for i := 0; i < len(n.pairs); i++ {
		kept = append(kept, n.pairs[i])
		i += t.rejoin(n.pairs[i].value, min(len(n.pairs)-i-1, maxHalves), func(k int) (diag.Span, bool) {
			p := n.pairs[i+k]
			return p.key.span.To(p.value.span), p.key.plain && p.key.kind != badKind && p.value.plain
		})
	}
	n.pairs = kept
}

// rejoinItems does the same for a list.
func (t *tree) rejoinItems(n *node) {
	kept := n.items[:0]
	for i := 0; i < len(n.items); i++ {
		kept = append(kept, n.items[i])
		i += t.rejoin(n.items[i], min(len(n.items)-i-1, maxHalves), func(k int) (diag.Span, bool) {
			return n.items[i+k].span, n.items[i+k].plain
		})
	}
	n.items = kept
}

// rejoin returns how many of the n parts behind v belong to it, having reported
// that if there are any. Part k, counted from 1, is a place and whether it
// consists of plain text.
func (t *tree) rejoin(v *node, n int, part func(k int) (diag.Span, bool)) int {
	if !v.plain || v.kind != textKind {
		return 0
	}
	open := newOpenness(v.text.Value)
	open.read(t.text, int(v.span.Start)-t.base, int(v.span.End)-t.base)
	for k := 1; k <= n && open.any(); k++ {
		span, plain := part(k)
		if !plain {
			return 0
		}
		open.read(t.text, open.pos, int(span.End)-t.base)
		if !open.any() {
			t.reportSplit(v, v.span.To(span))
			return k
		}
	}
	return 0
}

// maxHalves bounds how many parts one value is looked for in.
const maxHalves = 16

func (t *tree) reportSplit(v *node, whole diag.Span) {
	v.kind, v.span = badKind, whole
	if t.isFull() {
		return
	}
	written := string(t.text[int(whole.Start)-t.base : int(whole.End)-t.base])
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
}

var enumWritten = regexp.MustCompile(`^enum[(<]([^<>()|]*)[)>](\??)$`)

// isOpen reports whether a bracket or quote is opened in s and not closed.
func isOpen(s string) bool {
	open := newOpenness(s)
	open.read([]byte(s), 0, len(s))
	return open.any()
}

// openness counts brackets and quotes. The apostrophe within a word is no
// quote, and < is a bracket only in a type.
type openness struct {
	quote  byte
	depth  int
	inType bool
	pos    int // how far it has read
}

func newOpenness(s string) *openness {
	inType := strings.HasPrefix(s, "enum<") || strings.HasPrefix(s, "map<") || strings.HasPrefix(s, "list<")
	return &openness{inType: inType}
}

func (o *openness) any() bool { return o.quote != 0 || o.depth > 0 }

// read goes on with text[from:to].
func (o *openness) read(text []byte, from, to int) {
	for i := from; i < to; i++ {
		c := text[i]
		switch {
		case o.quote != 0:
			if c == o.quote {
				o.quote = 0
			}
		case c == '"' || c == '\'' && (i == 0 || !isWord(text[i-1])):
			o.quote = c
		case c == '(' || c == '[' || o.inType && c == '<':
			o.depth++
		case c == ')' || c == ']' || o.inType && c == '>':
			o.depth--
		}
	}
	o.pos = to
}
