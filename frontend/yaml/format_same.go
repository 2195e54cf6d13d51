package yaml

import (
	"reflect"
	"slices"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// sameNode compares values: their kinds, styles and texts, but not their places.
func sameNode(a, b *node) bool {
	return a.kind == b.kind && a.plain == b.plain && a.block == b.block && a.flow == b.flow && a.text.Value == b.text.Value &&
		slices.EqualFunc(a.items, b.items, sameNode) &&
		slices.EqualFunc(a.pairs, b.pairs, func(p, q pair) bool { return sameNode(p.key, q.key) && sameNode(p.value, q.value) })
}

func sameComments(a, b *source) bool { return slices.Equal(a.comments(), b.comments()) }

// comments are those of a source in their order. That behind the header of a
// block scalar is part of its token.
func (s *source) comments() []string {
	var out []string
	for _, tok := range s.tokens {
		if tok.kind == commentToken {
			out = append(out, string(s.tree.text[tok.start:tok.end]))
		}
	}
	return out
}

// flowTree is a flow with what was reported when it was read.
type flowTree struct {
	flow  *ast.Flow
	diags diag.List
}

// equal compares two flows but for the places of things.
func (f flowTree) equal(g flowTree) bool {
	return slices.EqualFunc(f.diags, g.diags, func(a, b diag.Diagnostic) bool { return a.Code == b.Code && a.Summary == b.Summary }) &&
		sameValue(reflect.ValueOf(f.flow), reflect.ValueOf(g.flow))
}

// sameValue compares parts of syntax trees. Of the places only whether there is
// one counts: that makes the difference between zero and absent.
func sameValue(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() || a.Type() != b.Type() {
		return false
	}
	if span, ok := a.Interface().(diag.Span); ok {
		return span.Valid() == b.Interface().(diag.Span).Valid()
	}
	if text, ok := a.Interface().(diag.Text); ok {
		return text.Value == b.Interface().(diag.Text).Value
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return sameValue(a.Elem(), b.Elem())
	case reflect.Func:
		return a.IsNil() == b.IsNil()
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameValue(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for _, k := range a.MapKeys() {
			if v := b.MapIndex(k); !v.IsValid() || !sameValue(a.MapIndex(k), v) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameValue(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}
