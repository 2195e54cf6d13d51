package yaml

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// decoder turns nodes into the syntax tree. Every function takes a field,
// reports what is wrong with it, and returns the zero value for what is absent
// or was reported.
type decoder struct {
	src   *tree
	diags *diag.List
	// partial is that of the flow, step or block that is being read: set by
	// every error.
	partial *bool
}

// field is a value with the name that messages call it by.
type field struct {
	*node // nil where the key is absent
	name  label
	key   diag.Span
}

func (f field) present() bool { return f.node != nil }

// place is where to point when the value is empty.
func (f field) place() diag.Span {
	if f.node != nil && f.span.End > f.span.Start {
		return f.span
	}
	return f.key
}

// label is what messages call a value: `retry`, param `day`, an item of `code`.
type label struct {
	what string // "param"; nothing if the word says it
	word string // "day"
	item bool   // one of its items is meant
}

func (l label) String() string {
	name := l.what
	switch {
	case l.what == "":
		name = code(l.word)
	case l.word != "":
		name += " " + code(l.word)
	}
	if l.item {
		return "an item of " + name
	}
	return name
}

// item is one item of a list.
func (f field) item(n *node) field {
	out := f.only(n)
	out.name.item = true
	return out
}

// only is an item of a list that could also stand alone.
func (f field) only(n *node) field {
	key := n.span
	if n.empty() {
		key = f.place()
	}
	return field{node: n, name: f.name, key: key}
}

// code sets a piece of YAML off from the words around it. Line breaks become
// visible, and what is long is cut.
func code(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 8*most)]); len(r) > most {
		s = string(r[:most]) + "…"
	}
	s = printable(s)
	if strings.Contains(s, "`") {
		return `"` + s + `"`
	}
	return "`" + s + "`"
}

func (d *decoder) errorf(code diag.Code, span diag.Span, format string, args ...any) *diag.Diagnostic {
	*d.partial = true
	return d.diags.Error(code, span, fmt.Sprintf(format, args...))
}

// usable reports whether f has a value that was not reported already. A key
// without a value is reported here.
func (d *decoder) usable(f field) bool {
	switch {
	case f.node == nil:
		return false
	case f.kind == badKind:
		*d.partial = true
		return false
	case f.empty():
		d.errorf(diag.MissingValue, f.place(), "%s has no value", f.name).Advise("write the value, or remove the key")
		return false
	}
	return true
}

// is reports whether f is a value of kind k; want names what should be there.
func (d *decoder) is(f field, k kind, want string) bool {
	if !d.usable(f) {
		return false
	}
	if f.kind == k {
		return true
	}
	d.wrongKind(f, want)
	return false
}

func (d *decoder) wrongKind(f field, want string) *diag.Diagnostic {
	switch {
	case f.isTemplate():
		return d.template(f)
	case f.plain && f.kind == textKind && noSpaceColon.MatchString(f.text.Value) && !strings.Contains(want, "text"):
		n := strings.IndexByte(f.text.Value, ':')
		return d.errorf(diag.YAMLSpace, f.text.Sub(n, n+1), "there is no space behind the colon, so YAML reads the whole as one text").
			Replace(f.text.Sub(n, n+1), ": ", "write "+code(f.text.Value[:n]+": ")+" with a space")
	case f.kind == nullKind:
		return d.errorf(diag.WrongKind, f.place(), "%s wants %s, this is null", f.name, want)
	}
	return d.errorf(diag.WrongKind, f.short(), "%s wants %s, this is %s", f.name, want, f.kind.describe())
}

// short is the span of a scalar, and of a list or mapping in block style the
// first line only.
func (f field) short() diag.Span {
	if f.kind != listKind && f.kind != mapKind || f.flow {
		return f.place()
	}
	return f.key
}

// isTemplate recognizes {{ x }}, which is a mapping with a mapping for a key.
func (n *node) isTemplate() bool {
	return n.kind == mapKind && n.flow && len(n.pairs) == 1 &&
		n.pairs[0].key.kind == mapKind && n.pairs[0].key.flow && n.pairs[0].value.empty()
}

func (d *decoder) template(f field) *diag.Diagnostic {
	e := d.errorf(diag.YAMLTemplate, f.span, "flows have no templates; to YAML this is a mapping in a mapping")
	inner := f.pairs[0].key
	if len(inner.pairs) == 1 && inner.pairs[0].key.kind != mapKind && inner.pairs[0].value.empty() {
		text := d.written(inner.pairs[0].key.span)
		return e.Replace(f.span, text, "where an expression is expected it stands as it is: "+text)
	}
	return e.Advise("where an expression is expected it stands as it is, in quotes if it has brackets or colons in it")
}

// written is the source text at a place.
func (d *decoder) written(s diag.Span) string {
	return string(d.src.text[int(s.Start)-d.src.base : int(s.End)-d.src.base])
}

// text reads a text that must not be empty.
func (d *decoder) text(f field) ast.Str {
	s := d.anyText(f)
	if s.Span.Valid() && strings.TrimSpace(s.Value) == "" {
		d.errorf(diag.BadValue, f.place(), "%s is empty", f.name)
		return ast.Str{}
	}
	return s
}

func (d *decoder) anyText(f field) ast.Str {
	if !d.usable(f) {
		return ast.Str{}
	}
	switch f.kind {
	case textKind:
		return ast.Str{Value: f.text.Value, Span: f.span}
	case numberKind, boolKind, nullKind:
		q := quote(f.text.Value)
		d.errorf(diag.WrongKind, f.place(), "%s wants text, to YAML this is %s", f.name, scalarWord(f.node)).
			Replace(f.span, q, "quote it: "+q)
		return ast.Str{}
	}
	d.wrongKind(f, "text")
	return ast.Str{}
}

func scalarWord(n *node) string {
	if n.kind == nullKind {
		return "null"
	}
	return n.kind.describe()
}

// asWritten reads any scalar as the text that stands there: `1.10` stays 1.10.
func (d *decoder) asWritten(f field) ast.Str {
	if !d.usable(f) {
		return ast.Str{}
	}
	switch f.kind {
	case textKind, numberKind, boolKind:
		return ast.Str{Value: f.text.Value, Span: f.span}
	case nullKind:
		return d.anyText(f)
	}
	d.wrongKind(f, "text")
	return ast.Str{}
}

// oneOf reads a text out of a fixed set.
func (d *decoder) oneOf(f field, words ...string) ast.Str {
	s := d.text(f)
	if !s.Span.Valid() || slices.Contains(words, s.Value) {
		return s
	}
	e := d.errorf(diag.BadValue, s.Span, "%s is %s, not %s", f.name, list(words, "or"), code(s.Value))
	if best, ok := diag.Suggest(s.Value, words); ok {
		e.Replace(s.Span, best, "did you mean "+code(best)+"?")
	}
	return ast.Str{}
}

// list writes words as `a`, `b` or `c`.
func list(words []string, last string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = code(w)
	}
	if n := len(quoted); n > 1 {
		return strings.Join(quoted[:n-1], ", ") + " " + last + " " + quoted[n-1]
	}
	return strings.Join(quoted, "")
}

func (d *decoder) bool(f field) ast.Bool {
	if !d.usable(f) {
		return ast.Bool{}
	}
	if f.kind == boolKind {
		return ast.Bool{Value: f.isTrue(), Span: f.span}
	}
	if f.kind == textKind {
		fixed, ok := oldBool(f.text.Value)
		if w := strings.ToLower(f.text.Value); w == "true" || w == "false" {
			fixed, ok = w, true
		}
		if ok {
			d.errorf(diag.YAMLBoolean, f.span, "%s wants true or false; %s is text to some YAML tools", f.name, code(d.written(f.span))).
				Replace(f.span, fixed, "write "+code(fixed))
			return ast.Bool{}
		}
	}
	d.wrongKind(f, "true or false")
	return ast.Bool{}
}

// names reads one name or a list of names.
func (d *decoder) names(f field) []ast.Name {
	var out []ast.Name
	for _, s := range d.texts(f) {
		out = append(out, ast.Name(s))
	}
	return out
}

// texts reads one text or a list of texts.
func (d *decoder) texts(f field) []ast.Str {
	if !d.usable(f) {
		return nil
	}
	if f.kind == mapKind {
		d.wrongKind(f, "text or a list of texts")
		return nil
	}
	var out []ast.Str
	for _, n := range f.each() {
		if s := d.text(f.only(n)); s.Span.Valid() {
			out = append(out, s)
		}
	}
	return out
}

// name reads a name that stands as a value.
func (d *decoder) name(f field) ast.Name { return ast.Name(d.text(f)) }

// keyName reads a key as a name. What names the kind of thing it names.
func (d *decoder) keyName(k *node, what string) (ast.Name, bool) {
	switch {
	case k.kind == badKind:
		*d.partial = true
		return ast.Name{}, false
	case k.kind != textKind:
		if k.empty() {
			d.errorf(diag.WrongKind, k.span, "there is no name before the colon")
			return ast.Name{}, false
		}
		e := d.errorf(diag.WrongKind, k.span, "the name of %s is text, this is %s", what, scalarWord(k))
		if k.kind == numberKind || k.kind == boolKind {
			q := quote(k.text.Value)
			e.Replace(k.span, q, "quote it: "+q)
		}
		return ast.Name{}, false
	}
	if _, ok := oldBool(k.text.Value); ok && k.plain {
		q := quote(k.text.Value)
		d.errorf(diag.YAMLBoolean, k.span, "some YAML tools read the name %s as a truth value", code(k.text.Value)).
			Replace(k.span, q, "quote it: "+q)
		return ast.Name{}, false
	}
	return ast.Name{Value: k.text.Value, Span: k.span}, true
}
