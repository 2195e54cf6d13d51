package yaml

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// Where an expression is expected a text is an expression, and anything else is
// a literal, with texts inside it as they are. {value: TEXT} is a literal text.

// value reads an expression or a literal.
func (d *decoder) value(f field) ast.Value {
	if !d.usable(f) {
		return ast.Value{}
	}
	switch f.kind {
	case textKind:
		return d.exprValue(f)
	case nullKind:
		d.nullHere(f)
		return ast.Value{}
	case mapKind:
		if f.isTemplate() {
			d.template(f)
			return ast.Value{}
		}
		if len(f.pairs) == 1 && f.find("value") != nil {
			inner := field{node: f.find("value"), name: label{word: "value"}, key: f.pairs[0].key.span}
			return d.literalValue(inner, f.span)
		}
	}
	return d.literalValue(f, f.place())
}

func (d *decoder) exprValue(f field) ast.Value {
	x := d.expr(f)
	if x == nil {
		return ast.Value{}
	}
	return ast.Value{Expr: x, Span: x.Span}
}

func (d *decoder) literalValue(f field, span diag.Span) ast.Value {
	lit := d.literal(f)
	if lit == nil {
		return ast.Value{}
	}
	return ast.Value{Lit: lit, Span: span}
}

func (d *decoder) nullHere(f field) {
	d.errorf(diag.YAMLNull, f.place(), "%s is YAML's null; in expressions that is `nil`", f.name).
		Replace(f.span, "nil", "write `nil`")
}

// expr reads a text as an expression. What surely is none is reported here; the
// rest is parsed by the checker.
func (d *decoder) expr(f field) *diag.Text {
	if !d.usable(f) {
		return nil
	}
	switch f.kind {
	case textKind:
	case boolKind:
		t := f.text
		t.Value = strings.ToLower(t.Value)
		return &t
	case nullKind:
		d.nullHere(f)
		return nil
	default:
		d.wrongKind(f, "an expression")
		return nil
	}
	s := f.text.Value
	if strings.TrimSpace(s) == "" {
		d.errorf(diag.MissingValue, f.place(), "%s has no value", f.name).Advise("write an expression, or remove the key")
		return nil
	}
	if fixed, ok := oldBool(s); ok && f.plain {
		d.errorf(diag.YAMLBoolean, f.span, "%s is no truth value here, though some YAML tools read it as one", code(s)).
			Replace(f.span, fixed, "write "+code(fixed))
		return nil
	}
	if m := templateText.FindStringSubmatch(s); m != nil {
		inner := strings.TrimSpace(m[1] + m[2])
		d.errorf(diag.YAMLTemplate, f.span, "flows have no templates: an expression stands as it is").
			Advise("write " + code(inner))
		return nil
	}
	if d.cutByComment(f) {
		return nil
	}
	t := f.text
	return &t
}

var templateText = regexp.MustCompile(`^\s*(?:\$?\{\{(.*)\}\}|\$\{(.*)\})\s*$`)

// cutByComment reports a plain text with a quote or bracket left open where a
// comment follows on the line.
func (d *decoder) cutByComment(f field) bool {
	if !f.plain || !isOpen(f.text.Value) {
		return false
	}
	t := d.src
	i, at := int(f.span.Start)-t.base, int(f.span.End)-t.base
	end := lineEnd(t.text, at)
	hash := at
	for hash < end && isBlank(t.text[hash]) {
		hash++
	}
	if hash == end || hash == at || t.text[hash] != '#' {
		return false
	}
	e := d.errorf(diag.YAMLComment, t.span(hash, end), "YAML takes what follows a space and # as a comment, so %s is cut here", f.name)
	t.proposeQuotes(e, i, end)
	return true
}

// script reads a text for a shell.
func (d *decoder) script(f field) ast.Str {
	s := d.text(f)
	if s.Span.Valid() && d.cutByComment(f) {
		return ast.Str{}
	}
	return s
}

// literal reads a value as JSON text. It returns nil where any part was reported.
func (d *decoder) literal(f field) *ast.Literal {
	if !d.usable(f) {
		return nil
	}
	w := literalWriter{d: d}
	w.write(f)
	if w.failed {
		return nil
	}
	n := f.node
	places := func(path string) diag.Span { return placeOf(n, path) }
	return &ast.Literal{JSON: bytes.Clone(w.out.Bytes()), Span: f.place(), At: places}
}

type literalWriter struct {
	d      *decoder
	out    bytes.Buffer
	failed bool
}

func (w *literalWriter) write(f field) {
	if f.kind == badKind || f.empty() {
		w.failed = true
		w.d.usable(f)
		return
	}
	switch f.kind {
	case nullKind:
		if f.text.Value == "~" {
			w.d.errorf(diag.YAMLNull, f.span, "`~` is YAML's way to write null").
				Advise("write null if you mean nothing, or \"~\" if you mean the text")
			w.failed = true
			return
		}
		w.out.WriteString("null")
	case boolKind:
		w.out.WriteString(strings.ToLower(f.text.Value))
	case numberKind:
		if w.d.oddNumber(f) {
			w.failed = true
			return
		}
		w.out.WriteString(jsonNumber(f.text.Value))
	case textKind:
		w.text(f)
	case listKind:
		w.out.WriteByte('[')
		for i, item := range f.items {
			if i > 0 {
				w.out.WriteByte(',')
			}
			w.write(f.item(item))
		}
		w.out.WriteByte(']')
	case mapKind:
		w.mapping(f)
	}
}

func (w *literalWriter) text(f field) {
	if fixed, ok := oldBool(f.text.Value); ok && f.plain {
		q := quote(f.text.Value)
		w.d.errorf(diag.YAMLBoolean, f.span, "%s is text to some YAML tools and %s to others", code(f.text.Value), fixed).
			Advise("write " + fixed + ", or " + q + " for the text")
		w.failed = true
		return
	}
	if w.d.oddNumber(f) {
		w.failed = true
		return
	}
	w.string(f.text.Value)
}

func (w *literalWriter) string(s string) {
	enc := json.NewEncoder(&w.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // a string can always be encoded
		w.failed = true
		return
	}
	w.out.Truncate(w.out.Len() - 1) // the encoder ends with a newline
}

func (w *literalWriter) mapping(f field) {
	if f.isTemplate() {
		w.d.template(f)
		w.failed = true
		return
	}
	before := len(*w.d.diags)
	w.out.WriteByte('{')
	for i, e := range w.d.named(f, "field") {
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.string(e.name.Value)
		w.out.WriteByte(':')
		w.write(e.value)
	}
	w.out.WriteByte('}')
	if len(*w.d.diags) > before {
		w.failed = true
	}
	for _, p := range f.pairs {
		if p.key.kind == badKind {
			w.failed = true
		}
	}
}

// jsonNumber writes a YAML number as JSON does, digit for digit. What JSON has
// no number for becomes a text.
func jsonNumber(s string) string {
	if specialText.MatchString(s) {
		switch {
		case strings.HasSuffix(strings.ToLower(s), "nan"):
			return `"NaN"`
		case s[0] == '-':
			return `"-Infinity"`
		}
		return `"Infinity"`
	}
	sign := ""
	switch s[0] {
	case '+':
		s = s[1:]
	case '-':
		sign, s = "-", s[1:]
	}
	if s[0] == '.' {
		s = "0" + s
	}
	if i := strings.IndexByte(s, '.'); i >= 0 && (i+1 == len(s) || s[i+1]|0x20 == 'e') {
		s = s[:i+1] + "0" + s[i+1:]
	}
	return sign + s
}

// placeOf follows a path such as `[3].lr` or `["a b"]`.
func placeOf(n *node, path string) diag.Span {
	for path != "" {
		var next *node
		step := path
		switch {
		case path[0] == '.':
			end := strings.IndexAny(path[1:], ".[") + 1
			if end == 0 {
				end = len(path)
			}
			step, path = path[1:end], path[end:]
			next = n.find(step)
		case strings.HasPrefix(path, `["`):
			quoted, err := strconv.QuotedPrefix(path[1:])
			if err != nil || !strings.HasPrefix(path[1+len(quoted):], "]") {
				return n.span
			}
			path = path[len(quoted)+2:]
			var key string
			if err := json.Unmarshal([]byte(quoted), &key); err != nil {
				return n.span
			}
			next = n.find(key)
		case path[0] == '[':
			end := strings.IndexByte(path, ']')
			if end < 0 {
				return n.span
			}
			i, err := strconv.Atoi(path[1:end])
			path = path[end+1:]
			if err == nil && i >= 0 && i < len(n.items) {
				next = n.items[i]
			}
		default:
			return n.span
		}
		if next == nil {
			return n.span
		}
		n = next
	}
	return n.span
}
