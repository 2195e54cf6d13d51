package yaml

import (
	"regexp"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// binding is a name with its value, as inputs and exports have them.
type binding struct {
	name  ast.Name
	value ast.Value
	typ   *ast.TypeRef // inputs only
	span  diag.Span
}

// bindings reads `[a, load.rows]`, where the last part of each reference is the
// name, or `{name: value}`.
func (d *decoder) bindings(f field, what string) []binding {
	if !d.usable(f) {
		return nil
	}
	switch f.kind {
	case listKind:
		return d.listed(f)
	case mapKind:
		if f.isTemplate() {
			d.template(f)
			return nil
		}
		return d.mapped(f, what)
	case textKind:
		if reference.MatchString(f.text.Value) {
			fixed := "[" + f.text.Value + "]"
			d.errorf(diag.WrongKind, f.span, "%s wants a list of references or a mapping from names, this is text", f.name).
				Replace(f.span, fixed, "write "+code(fixed))
			return nil
		}
	}
	d.wrongKind(f, "a list of references or a mapping from names")
	return nil
}

var reference = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

func (d *decoder) listed(f field) []binding {
	var out []binding
	seen := map[string]diag.Span{}
	for _, n := range f.items {
		item := f.item(n)
		if n.kind == mapKind && !n.isTemplate() {
			d.errorf(diag.WrongKind, item.short(), "an item of %s is a reference, this is a mapping", f.name).
				Advise("with names of your own, write " + f.name.String() + " as one mapping: {name: value}")
			continue
		}
		if n.kind == numberKind || n.kind == boolKind || n.kind == listKind {
			d.wrongKind(item, "a reference").Advise("in a mapping each value has a name: {name: value}")
			continue
		}
		x := d.expr(item)
		if x == nil {
			continue
		}
		if !reference.MatchString(x.Value) {
			d.errorf(diag.BadValue, x.Span, "only a plain reference has a name of its own; %s needs one", code(x.Value)).
				Advise("write " + f.name.String() + " as a mapping: {name: " + x.Value + "}")
			continue
		}
		dot := strings.LastIndexByte(x.Value, '.') + 1
		name := ast.Name{Value: x.Value[dot:], Span: x.Sub(dot, len(x.Value))}
		if other, ok := seen[name.Value]; ok {
			d.errorf(diag.DuplicateName, x.Span, "%s has two entries called %s", f.name, code(name.Value)).
				See(other, "the other one").
				Advise("write " + f.name.String() + " as a mapping, where each can have a name of its own: {name: value}")
			continue
		}
		seen[name.Value] = x.Span
		out = append(out, binding{name: name, value: ast.Value{Expr: x, Span: x.Span}, span: x.Span})
	}
	return out
}

func (d *decoder) mapped(f field, what string) []binding {
	var out []binding
	for _, e := range d.named(f, what) {
		b := binding{name: e.name, span: e.name.Span.To(e.value.span)}
		if what == "input" {
			b.value, b.typ = d.typedValue(e.value)
		} else {
			b.value = d.value(e.value)
		}
		if b.value.Expr == nil && b.value.Lit == nil {
			b.span = e.name.Span
		}
		out = append(out, b)
	}
	return out
}

// typedValue reads a value, or `{from: EXPRESSION, type: T}`, which declares
// the type that the step expects.
func (d *decoder) typedValue(f field) (ast.Value, *ast.TypeRef) {
	if !f.present() || f.kind != mapKind || len(f.pairs) != 2 {
		return d.value(f), nil
	}
	typ, from, value := f.find("type"), f.find("from"), f.find("value")
	if typ == nil || from == nil && value == nil {
		return d.value(f), nil
	}
	t := d.typeRef(field{node: typ, name: label{word: "type"}, key: f.span})
	if value != nil {
		return d.literalValue(field{node: value, name: label{word: "value"}, key: f.span}, f.span), &t
	}
	return d.value(field{node: from, name: label{word: "from"}, key: f.span}), &t
}
