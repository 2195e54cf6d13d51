package check

import (
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

func (c *checker) buildForeach(n *node, out *ir.Foreach) {
	f := n.ast.Foreach
	body := n.bodies[0]
	lengths := make([]int64, len(f.Vars)) // -1: not known
	for i := range f.Vars {
		v := &f.Vars[i]
		r := c.overWhat(v, n.over[i])
		body.binds[i].typ = itemType(r.typ)
		lengths[i] = lengthOf(r)
		out.Over = append(out.Over, ir.Iter{Var: v.Name.Value, List: r.expr, Span: v.Name.Span})
	}
	c.combine(n, out)
	c.checkCount(f.Max, "max", 1, maxTasks)
	c.checkCount(n.ast.MaxParallel, "max_parallel", 1, maxTasks)
	c.checkCount(f.Batch, "batch", 1, maxBatch)
	out.Max, out.MaxParallel, out.Batch = count(f.Max), count(n.ast.MaxParallel), count(f.Batch)
	c.items(n, out, lengths)
	c.batch(n)
	c.checkBound(n)

	out.Body = c.buildBody(n, body)
	if len(body.nodes) == 1 && body.nodes[0].inner {
		c.exportStep(body.nodes[0], out.Body)
		return
	}
	n.portsFromExports(body)
}

// exportStep hands out all that the one step of a foreach leaves.
func (c *checker) exportStep(one *node, body *ir.Block) {
	for _, p := range one.ports {
		ref := ir.Ref{From: p.source(), Text: p.text, Type: p.typ, Span: p.span}
		body.Exports = append(body.Exports, ir.Export{
			Name:  p.name,
			Value: &ir.Expr{Text: p.text, Code: expr.Ref(0), Refs: []ir.Ref{ref}, Type: p.typ, Span: p.span},
			Type:  p.typ,
			Span:  p.span,
		})
	}
}

const maxBatch = 100_000

// overWhat checks what a variable runs over.
func (c *checker) overWhat(x *ast.ForeachVar, v *value) *result {
	if v == nil {
		return invalid
	}
	if v.lit != nil {
		return c.overLiteral(x, v)
	}
	r := c.check(v, nil)
	t := types.Unopt(r.typ)
	if itemType(t) == types.Invalid && r.typ != types.Invalid {
		d := c.diags.Error(diag.NotIterable, v.span, fmt.Sprintf("a foreach runs over a list or a map, and `%s` is %v", clip(r.expr.Text), r.typ))
		switch t {
		case types.JSONType:
			d.Advise("declare what is in it where it is made, like `list<json>`")
		case types.Int:
			d.Advise("for that many items, write `range(" + clip(r.expr.Text) + ")`")
		case types.String:
			d.Advise("for the parts of a text, write `split(" + clip(r.expr.Text) + ", \",\")`")
		case types.Dir:
			d.Advise("let the step that makes it leave a `list<file>`")
		}
		c.seeOrigin(d, r)
		return invalid
	}
	if types.IsOptional(r.typ) {
		c.absentHere(v, r, "a foreach needs a list", "`"+x.Name.Value+": "+clip(r.expr.Text)+" ?? []` runs over nothing then")
		return invalid
	}
	return r
}

// seeOrigin shows where what an expression reads was declared.
func (c *checker) seeOrigin(d *diag.Diagnostic, r *result) {
	if r.same != nil {
		d.See(r.same.span, fmt.Sprintf("declared here as %v", r.same.typ))
	}
}

// absentHere reports an optional value where one must be there.
func (c *checker) absentHere(v *value, r *result, need, fix string) {
	d := c.diags.Error(diag.MaybeAbsent, v.span, fmt.Sprintf("`%s` may be absent (%v), and %s", clip(r.expr.Text), r.typ, need))
	for _, s := range r.syms {
		if types.IsOptional(s.typ) {
			why := c.whyOptional(s)
			d.See(why.span, why.why)
			break
		}
	}
	d.Advise(fix)
}

// overLiteral types a list or mapping written in place. A mapping is a map.
func (c *checker) overLiteral(x *ast.ForeachVar, v *value) *result {
	t, err := types.Infer(v.lit.JSON)
	if err != nil {
		return c.constant(v, nil)
	}
	if rec, ok := t.(types.Record); ok {
		var elem types.Type = types.Invalid
		for _, f := range rec.Fields {
			joined, ok := types.Join(elem, f.Type)
			if !ok {
				joined = types.JSONType
			}
			elem = joined
		}
		if elem == types.Invalid {
			elem = types.JSONType
		}
		t = types.Map{Elem: elem}
	}
	if itemType(t) == types.Invalid {
		d := c.diags.Error(diag.NotIterable, v.span, fmt.Sprintf("a foreach runs over a list or a map, and this is %v", t))
		if t == types.Int {
			d.Advise(fmt.Sprintf("for that many items, write `%s: range(%s)`", x.Name.Value, v.lit.JSON))
		} else {
			d.Advise("write a list: `" + x.Name.Value + ": [eu, us]`")
		}
		return invalid
	}
	return c.constant(v, t)
}

// itemType is the type of a variable that runs over a value of type t; Invalid
// if nothing can.
func itemType(t types.Type) types.Type {
	switch t := t.(type) {
	case types.List:
		return t.Elem
	case types.Map:
		return types.Record{Fields: []types.Field{{Name: "key", Type: types.String}, {Name: "value", Type: t.Elem}}}
	case types.Basic:
		if t == types.Any {
			return types.Any
		}
	}
	return types.Invalid
}

// lengthOf is the number of items of a constant list, or -1.
func lengthOf(r *result) int64 {
	v, ok := r.constantValue()
	if !ok {
		return -1
	}
	switch v := v.(type) {
	case []any:
		return int64(len(v))
	case map[string]any:
		return int64(len(v))
	}
	return -1
}

func (c *checker) combine(n *node, out *ir.Foreach) {
	f := n.ast.Foreach
	out.Zip = f.Combine.Value == "zip"
	switch {
	case len(f.Vars) >= 2 && !f.Combine.Span.Valid() && !n.ast.Partial:
		var names []string
		for _, v := range f.Vars {
			names = append(names, v.Name.Value)
		}
		c.diags.Error(diag.ForeachCombine, n.key("foreach"), fmt.Sprintf("`%s` runs over %s: say how they combine", n.name, strings.Join(names, " and "))).
			Because("Nothing in the values says whether every pair is meant, or only the first with the first, the second with the second.").
			Advise("add `combine: product` for every combination, or `combine: zip` to go through them side by side")
	case len(f.Vars) == 1 && f.Combine.Span.Valid() && !n.ast.Partial:
		c.diags.Error(diag.ForeachCombine, f.Combine.Span, "there is only one variable, so nothing to combine").
			Advise("remove `combine`")
	case len(f.Vars) == 0 && !n.ast.Partial:
		c.diags.Error(diag.ForeachCombine, n.key("foreach"), "the foreach has no variable").
			Advise("write `foreach: {item: LIST}`")
	}
}

// items checks the number of items where it is known, and remembers the bound.
func (c *checker) items(n *node, out *ir.Foreach, lengths []int64) {
	f := n.ast.Foreach
	known := len(lengths) > 0
	total := int64(1)
	for i, length := range lengths {
		switch {
		case length < 0:
			known = false
		case out.Zip && i > 0 && lengths[0] >= 0 && length != lengths[0]:
			c.diags.Error(diag.ForeachCombine, f.Vars[i].Over.Span, fmt.Sprintf("`combine: zip` needs lists of one length, and these have %d and %d items", lengths[0], length)).
				See(f.Vars[0].Over.Span, plural(int(lengths[0]), "item")).
				Advise("make them equally long, or use `combine: product` for every combination")
			known = false
		case out.Zip:
			total = length
		default:
			total = min(total*length, 2*maxTasks)
		}
	}
	n.size = int64(out.Max)
	if !known {
		return
	}
	if out.Max > 0 && total > int64(out.Max) {
		c.diags.Error(diag.TooManyTasks, f.Max.Span, fmt.Sprintf("`%s` has %d items, more than its `max: %d` allows", n.name, total, out.Max)).
			See(f.Span, "the items").
			Advise("raise `max`, or shorten the lists")
	}
	n.size = max(total, 1)
}

// batch checks that what is packed into one container is one step.
func (c *checker) batch(n *node) {
	f := n.ast.Foreach
	if !f.Batch.Span.Valid() || f.Batch.Value <= 1 || n.ast.Partial {
		return
	}
	var inside []*node
	for _, v := range n.bodies[0].block.vertices {
		if v.node != nil {
			inside = append(inside, v.node)
		}
	}
	if len(inside) != 1 || inside[0].kind != step {
		d := c.diags.Error(diag.ForeachBatch, f.Batch.Span, fmt.Sprintf("`batch` packs the runs of one step into containers, and `%s` has more than that inside", n.name)).
			Advise("remove it, or put the foreach on the step that is worth packing")
		if len(inside) > 0 {
			d.See(inside[len(inside)-1].ast.Name.Span, "this is inside too")
		}
	}
}
