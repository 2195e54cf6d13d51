package check

import (
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	exprcheck "github.com/flowc-dev/flowc/expr/check"
	"github.com/flowc-dev/flowc/types"
)

// view is what an expression at one place of the tree can see.
type view struct {
	c *checker
	v *value
}

// Resolve implements the scope of package expr/check.
func (w view) Resolve(names []exprcheck.Ident) (exprcheck.Target, *diag.Diagnostic) {
	target, wrong := w.find(names)
	if wrong != nil && slices.ContainsFunc(w.c.dashed, func(name string) bool { return strings.Contains(w.v.text.Value, name) }) {
		return silent(names), nil // a part of train-eval, which was reported as a name
	}
	return target, wrong
}

func (w view) find(names []exprcheck.Ident) (exprcheck.Target, *diag.Diagnostic) {
	c, s := w.c, w.v.scope
	first := names[0]
	if first.Name == "params" {
		return w.param(names)
	}
	if b := s.bind(first.Name); b != nil {
		return w.target(b, 1), nil
	}
	n := c.nodes[first.Name]
	switch {
	case n == nil:
		if c.badNames[first.Name] || c.incomplete(s) {
			return silent(names), nil
		}
		return exprcheck.Target{}, w.unknownName(names)
	case !s.within(n.scope):
		return exprcheck.Target{}, w.outOfScope(names, n)
	case w.v.inside(n):
		return exprcheck.Target{}, w.ownResult(names, n)
	case len(names) == 1:
		return exprcheck.Target{}, w.wholeNode(first, n)
	}
	p := n.port(names[1].Name)
	if p == nil {
		if n.incomplete() {
			return silent(names), nil
		}
		return exprcheck.Target{}, w.unknownPort(names, n)
	}
	return w.target(p, 2), nil
}

// silent is a target of which something wrong was said elsewhere.
func silent(names []exprcheck.Ident) exprcheck.Target {
	return exprcheck.Target{Value: names[0].Span, Type: types.Invalid, Used: len(names)}
}

// incomplete reports whether a name may be missing because of a reported error.
func (c *checker) incomplete(s *scope) bool {
	for ; s != nil; s = s.parent {
		if s.partial {
			return true
		}
	}
	return c.ast.Partial
}

// target is a symbol as this expression sees it: through exports of plain
// groups that only pass a value on, and without ? where a gate proves it.
func (w view) target(s *symbol, used int) exprcheck.Target {
	s = s.resolved()
	t := s.typ
	if t == nil {
		t = types.Invalid
	}
	if types.IsOptional(t) && w.v.narrowed(s) {
		t = types.Unopt(t)
	}
	return exprcheck.Target{Value: s, Type: t, Used: used}
}

// resolved follows exports that are nothing but a reference.
func (s *symbol) resolved() *symbol {
	for s.class == isAlias && s.export.result != nil && s.export.result.same != nil {
		s = s.export.result.same
	}
	return s
}

// narrowed reports whether a gate around v proves that s is not nil.
func (v *value) narrowed(s *symbol) bool {
	n := v.reader
	if n != nil && v == n.when {
		n = n.scope.owner
	}
	for ; n != nil; n = n.scope.owner {
		if slices.Contains(n.present, s) {
			return true
		}
	}
	return false
}

// inside reports whether v belongs to n, which then can't be complete when v is
// read.
func (v *value) inside(n *node) bool {
	if n.kind == plain {
		for s := v.scope; s != nil; s = s.parent {
			if s.owner == n {
				return true
			}
		}
		return false
	}
	if v.reader == n {
		return true
	}
	for s := v.scope; s != nil; s = s.parent {
		if s.owner == n {
			return true
		}
	}
	return false
}

// Names implements the scope of package expr/check.
func (w view) Names() []string {
	if w.c.suggestions > maxSuggestions {
		return []string{"params"}
	}
	var out []string
	for s := w.v.scope; s != nil; s = s.parent {
		for _, b := range s.binds {
			out = append(out, b.text)
		}
		for _, n := range s.nodes {
			if !n.inner && !w.v.inside(n) {
				out = append(out, n.name)
			}
		}
	}
	return append(out, "params")
}

// WhyOptional implements the scope of package expr/check.
func (w view) WhyOptional(target any) (string, diag.Span) {
	s, ok := target.(*symbol)
	if !ok {
		return "", diag.Span{}
	}
	r := w.c.whyOptional(s)
	return r.why, r.span
}
