package check

import (
	"errors"
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	exprcheck "github.com/flowc-dev/flowc/expr/check"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// result is a checked expression or literal.
type result struct {
	expr *ir.Expr // nil if there were errors
	typ  types.Type
	syms []*symbol // what expr.Refs lead to
	same *symbol   // the expression is nothing but this

	present []*symbol // optional values that are there if the expression is true
}

var invalid = &result{typ: types.Invalid}

// check types an expression or literal and translates it. The result is never
// nil; its type is Invalid if something is wrong or v is nil.
func (c *checker) check(v *value, want types.Type) *result {
	switch {
	case v == nil:
		return invalid
	case v.lit != nil:
		return c.constant(v, want)
	}
	if r := c.plainReference(v, want); r != nil {
		return r
	}
	if v.parsed == nil {
		v.parsed = exprcheck.Parse(*v.text)
	}
	checked, found := v.parsed.Check(view{c, v}, want)
	showOrigins(checked, found)
	c.diags = append(c.diags, found...)
	if checked.Code.IsZero() || checked.Type == types.Invalid {
		return invalid
	}
	r := &result{typ: checked.Type}
	code, refs, ok := c.inline(v, checked, r)
	if !ok {
		return invalid
	}
	if _, bare := code.Ref(); bare && len(checked.Refs) == 1 {
		r.same = checked.Refs[0].Target.(*symbol)
	}
	for _, i := range checked.NonNil {
		r.present = append(r.present, checked.Refs[i].Target.(*symbol))
	}
	r.expr = &ir.Expr{Text: strings.TrimSpace(v.text.Value), Code: code, Refs: refs, Type: checked.Type, Span: v.text.Span}
	return r
}

// showOrigins adds to type errors where the values were declared that they are
// about.
func showOrigins(checked *exprcheck.Checked, found diag.List) {
	for i := range found {
		d := &found[i]
		if d.Code != diag.TypeMismatch {
			continue
		}
		for _, ref := range checked.Refs {
			s, ok := ref.Target.(*symbol)
			if ok && ref.Span.Start >= d.Span.Start && ref.Span.End <= d.Span.End && len(d.Related) < 3 {
				d.See(s.span, fmt.Sprintf("`%s` is %v", ref.Text, ref.Type))
			}
		}
	}
}

// plainReference checks an expression that is nothing but a reference and needs
// no conversion, which most are, without the parser. It returns nil for any
// other one, and where there is something to report.
func (c *checker) plainReference(v *value, want types.Type) *result {
	if !v.plain {
		return nil
	}
	names := v.names[0]
	target, _ := view{c, v}.Resolve(names)
	s, ok := target.Value.(*symbol)
	if !ok || target.Used != len(names) || s.class == isAlias || target.Type == types.Invalid ||
		want != nil && !types.Equal(want, target.Type) {
		return nil
	}
	span := names[0].Span.To(names[len(names)-1].Span)
	text := strings.TrimSpace(v.text.Value)
	narrowed := types.IsOptional(s.typ) && !types.IsOptional(target.Type)
	refs := []ir.Ref{{From: s.source(), Text: text, Type: target.Type, Span: span, Narrowed: narrowed}}
	return &result{
		typ:  target.Type,
		expr: &ir.Expr{Text: text, Code: expr.Ref(0), Refs: refs, Type: target.Type, Span: v.text.Span},
		syms: []*symbol{s},
		same: s,
	}
}

// inline makes the references of an expression. A computed export of a plain
// group takes the place of the reference to it.
func (c *checker) inline(v *value, checked *exprcheck.Checked, r *result) (expr.Code, []ir.Ref, bool) {
	type key struct {
		s        *symbol
		narrowed bool
	}
	refs := make([]ir.Ref, 0, len(checked.Refs))
	index := make(map[key]int, len(checked.Refs))
	add := func(s *symbol, ref ir.Ref) int {
		i, ok := index[key{s, ref.Narrowed}]
		if !ok {
			i = len(refs)
			index[key{s, ref.Narrowed}] = i
			r.syms = append(r.syms, s)
			refs = append(refs, ref)
		}
		return i
	}
	to := make([]expr.Code, len(checked.Refs))
	computed := false
	for i, ref := range checked.Refs {
		s := ref.Target.(*symbol)
		narrowed := types.IsOptional(s.typ) && !types.IsOptional(ref.Type)
		if s.class != isAlias {
			to[i] = expr.Ref(add(s, ir.Ref{From: s.source(), Text: ref.Text, Type: ref.Type, Span: ref.Span, Narrowed: narrowed}))
			continue
		}
		computed = true
		inner := s.export.result
		if inner == nil || inner.expr == nil {
			return expr.Code{}, nil, false
		}
		to[i] = inner.expr.Code.MapRefs(func(j int) int {
			from := inner.expr.Refs[j]
			from.Span = ref.Span
			from.Narrowed = from.Narrowed || narrowed && types.IsOptional(from.Type)
			return add(inner.syms[j], from)
		})
	}
	if !computed {
		return checked.Code, refs, true
	}
	code, ok := checked.Code.Substitute(func(i int) expr.Code { return to[i] })
	if !ok {
		c.diags.Error(diag.ExprTooLarge, v.text.Span, "together with the exports that it reads, the expression has too many parts").
			Advise("compute this in a step")
	}
	return code, refs, ok
}

// source is what a reference to s leads to.
func (s *symbol) source() ir.Source {
	switch s.class {
	case isParam:
		return ir.FromParam(s.param)
	case isBind:
		return ir.FromBind{Block: s.scope.block.ir.ID, Bind: s.bind}
	}
	return ir.FromPort{Node: s.node.head.ID, Port: s.port}
}

// constant types a literal: as want, or as what it looks like.
func (c *checker) constant(v *value, want types.Type) *result {
	t := want
	if t == nil || t == types.Invalid {
		if len(v.lit.JSON) == 0 {
			return invalid
		}
		inferred, err := types.Infer(v.lit.JSON)
		if err != nil {
			c.diags.Error(diag.BadValue, v.span, "this value can't be read: "+err.Error())
			return invalid
		}
		t = inferred
	}
	if types.HasBlob(t) && types.Unopt(t) != types.JSONType {
		c.diags.Error(diag.TypeMismatch, v.span, fmt.Sprintf("%v is needed here, and a literal has no files", t)).
			Advise("files come from steps and from params of type file; a path as text has the type string")
		return invalid
	}
	value, err := types.UnmarshalValue(t, v.lit.JSON)
	if err != nil {
		c.badLiteral(v.lit, err, "the value", t, diag.Span{})
		return invalid
	}
	canonical, err := types.MarshalValue(t, value)
	if err != nil {
		c.badLiteral(v.lit, err, "the value", t, diag.Span{})
		return invalid
	}
	return &result{typ: t, expr: &ir.Expr{Text: string(canonical), Code: expr.Const(t, value), Type: t, Span: v.span}}
}

// checkTyped checks a value that is handed on as it is, so that it must have a
// type of its own.
func (c *checker) checkTyped(v *value, what string) *result {
	r := c.check(v, nil)
	if r.typ == types.Nil {
		c.diags.Error(diag.TypeMismatch, v.span, what+" is always nil").
			Advise("leave it away")
		return invalid
	}
	return r
}

var errNoReference = errors.New("a constant reads nothing")

// constantValue is the value of an expression that reads nothing.
func (r *result) constantValue() (any, bool) {
	if r.expr == nil || len(r.expr.Refs) > 0 {
		return nil, false
	}
	v, err := expr.Eval(r.expr.Code, func(int) (any, error) { return nil, errNoReference })
	return v, err == nil
}
