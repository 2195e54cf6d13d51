package check

import (
	"fmt"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

func (c *checker) buildLoop(n *node, out *ir.Loop) {
	l := n.ast.Loop
	body := n.bodies[0]
	for i := range l.Carry {
		t, init := c.carryFrom(n, i)
		body.binds[i].typ = t
		out.Carry = append(out.Carry, ir.Carry{Name: l.Carry[i].Name.Value, Init: init, Type: t, Span: l.Carry[i].Name.Span})
	}
	c.checkCount(l.Max, "max", 1, maxTasks)
	if !l.Max.Span.Valid() && !n.ast.Partial {
		c.diags.Error(diag.MissingKey, n.key("loop"), fmt.Sprintf("the loop `%s` has no `max`", n.name)).
			Advise("say how often it may run at most, like `max: 20`")
	}
	out.Max, out.Stop = max(1, count(l.Max)), l.AtMax.Value == "stop"
	n.size = int64(out.Max)
	c.checkBound(n)
	out.Body = c.buildBody(n, body)
	for i := range l.Carry {
		out.Carry[i].Next = c.carryNext(n, i)
	}
	if n.until == nil && !n.ast.Partial {
		c.diags.Error(diag.MissingKey, n.key("loop"), fmt.Sprintf("the loop `%s` has no `until`", n.name)).
			Advise("say when it ends; to run `max` times, write `until: false` and `at_max: stop`")
	}
	until := c.check(n.until, types.Bool)
	out.Until = until.expr
	if v, ok := until.constantValue(); ok && v == false && !out.Stop {
		c.diags.Warn(diag.LoopNeverEnds, n.until.span, fmt.Sprintf("the loop `%s` always fails", n.name)).
			Because("Its `until` never holds, and reaching `max` is a failure.").
			Advise("to run `max` times, add `at_max: stop`")
	}
	n.portsFromExports(body)
}

// carryFrom checks the first value of a carried name, which gives it its type.
func (c *checker) carryFrom(n *node, i int) (types.Type, *ir.Expr) {
	x := &n.ast.Loop.Carry[i]
	if x.Type != nil {
		t := c.typeOf(*x.Type)
		if t == types.Invalid {
			c.check(n.from[i], nil) // for its own findings
			return types.Invalid, nil
		}
		return t, c.check(n.from[i], t).expr
	}
	r := c.check(n.from[i], nil)
	if r.typ == types.Nil {
		d := c.diags.Error(diag.LoopCarryType, n.from[i].span, fmt.Sprintf("`%s` begins with nil, which doesn't say what it will be", x.Name.Value)).
			Advise(fmt.Sprintf("declare it: `%s: {from: nil, next: ..., type: float?}`", x.Name.Value))
		if n.next[i] != nil {
			d.See(n.next[i].span, "then it is this")
		}
		return types.Invalid, nil
	}
	return r.typ, r.expr
}

// carryNext checks the value for the next iteration.
func (c *checker) carryNext(n *node, i int) *ir.Expr {
	x, v := &n.ast.Loop.Carry[i], n.next[i]
	want := n.bodies[0].binds[i].typ
	if v == nil {
		return nil
	}
	if want == types.Invalid {
		return c.check(v, nil).expr
	}
	if v.lit != nil || x.Type != nil {
		return c.check(v, want).expr
	}
	before := len(c.diags)
	r := c.check(v, nil)
	if r.typ == types.Invalid {
		return nil
	}
	c.diags = c.diags[:before]
	if types.Assignable(r.typ, want) {
		return c.check(v, want).expr
	}
	d := c.diags.Error(diag.LoopCarryType, v.span, fmt.Sprintf("`%s` is %v in the first iteration and %v in the next", x.Name.Value, want, r.typ)).
		See(n.from[i].span, fmt.Sprintf("%v here", want))
	if t, ok := types.Join(want, r.typ); ok && types.Assignable(want, t) {
		d.Advise(fmt.Sprintf("declare what holds both: `type: %v`", t))
	} else {
		d.Advise("make both the same type")
	}
	if types.IsOptional(r.typ) {
		for _, s := range r.syms {
			if types.IsOptional(s.typ) {
				why := c.whyOptional(s)
				d.See(why.span, why.why)
				break
			}
		}
	}
	return nil
}
