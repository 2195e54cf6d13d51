package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

func (c *checker) buildSwitch(n *node, out *ir.Switch) {
	s := n.ast.Switch
	r := c.check(n.on, nil)
	out.On = r.expr
	c.checkCases(n, r)
	for i, k := range n.cases {
		body := c.buildBody(n, n.bodies[i])
		out.Cases = append(out.Cases, ir.Case{Label: k.Label.Value, Else: k == s.Else, Body: body, Span: k.Span})
	}
	c.unite(n, out)
}

// checkCases holds the labels against the values that there can be.
func (c *checker) checkCases(n *node, r *result) {
	s := n.ast.Switch
	seen := map[string]diag.Span{}
	for _, k := range s.Cases {
		if k.Label.Value == "" {
			continue
		}
		if other, twice := seen[k.Label.Value]; twice {
			c.diags.Error(diag.DuplicateName, k.Label.Span, fmt.Sprintf("there are two cases `%s`", clip(k.Label.Value))).
				See(other, "the other one")
			continue
		}
		seen[k.Label.Value] = k.Label.Span
	}
	if len(s.Cases) == 0 && !n.ast.Partial {
		c.diags.Error(diag.EmptyBlock, n.key("cases"), fmt.Sprintf("the switch `%s` has no cases", n.name)).
			Advise("add at least one under `cases:`")
		return
	}
	switch t := r.typ.(type) {
	case types.Optional:
		c.absentHere(n.on, r, "a switch needs a value", "give another value: `switch: "+clip(r.expr.Text)+" ?? ...`")
	case types.Enum:
		c.covers(n, r, t.Values)
	case types.Basic:
		switch t {
		case types.Bool:
			c.covers(n, r, []string{"true", "false"})
		case types.String:
			if s.Else == nil && !n.ast.Partial {
				c.diags.Error(diag.SwitchNotExhaustive, n.key("switch"), fmt.Sprintf("`%s` switches on a string, which can be any text: it needs `else`", n.name)).
					See(n.on.span, "this is string").
					Advise("add `else: {}` to do nothing for other texts, or declare the value as `enum<" + strings.Join(labels(n), "|") + ">`")
			}
		case types.Any, types.Invalid:
		default:
			c.switchType(n, r)
		}
	default:
		c.switchType(n, r)
	}
}

func labels(n *node) []string {
	var out []string
	for _, k := range n.ast.Switch.Cases {
		out = append(out, k.Label.Value)
	}
	return out
}

func (c *checker) switchType(n *node, r *result) {
	d := c.diags.Error(diag.TypeMismatch, n.on.span, fmt.Sprintf("a switch is on a bool, an enum or a string, and this is %v", r.typ))
	if r.typ == types.Int || r.typ == types.Float {
		d.Advise("name the ranges: `switch: '" + clip(r.expr.Text) + " > 10 ? \"large\" : \"small\"'`")
	}
	c.seeOrigin(d, r)
}

// covers reports labels that can't be, and values without a case.
func (c *checker) covers(n *node, r *result, values []string) {
	s := n.ast.Switch
	covered := map[string]bool{}
	for _, k := range s.Cases {
		label := k.Label.Value
		if label == "" {
			continue
		}
		if slices.Contains(values, label) {
			covered[label] = true
			continue
		}
		d := c.diags.Error(diag.UnknownCase, k.Label.Span, fmt.Sprintf("`%s` is never the value of this switch", clip(label))).
			See(n.on.span, fmt.Sprintf("this is %v", r.typ))
		var left []string
		for _, v := range values {
			if !slices.Contains(labels(n), v) {
				left = append(left, v)
			}
		}
		if better, ok := c.suggest(label, left); ok {
			c.spell(d, k.Label.Span, label, better, "did you mean `"+better+"`?")
			covered[better] = true
			continue
		}
		d.Because("It can be " + list(values) + ".").Advise("remove the case, or correct its label")
	}
	if s.Else != nil || n.ast.Partial {
		return
	}
	var missing []string
	for _, v := range values {
		if !covered[v] {
			missing = append(missing, v)
		}
	}
	if len(missing) > 0 {
		c.diags.Error(diag.SwitchNotExhaustive, n.key("cases"), fmt.Sprintf("the switch `%s` has no case for %s", n.name, list(missing))).
			See(n.on.span, fmt.Sprintf("this is %v", r.typ)).
			Advise("add " + caseLines(missing) + ", or `else: {}` to do nothing for the rest")
	}
}

func caseLines(labels []string) string {
	if len(labels) > 3 {
		labels = labels[:3]
	}
	lines := make([]string, len(labels))
	for i, l := range labels {
		lines[i] = "`" + l + ": {steps: ...}`"
	}
	return strings.Join(lines, " and ")
}

// unite types the ports of a switch: an export that all cases have is there
// whichever case runs.
func (c *checker) unite(n *node, out *ir.Switch) {
	type part struct {
		x  *export
		at int // case
	}
	parts := map[string][]part{}
	for i, body := range n.bodies {
		for _, x := range body.exports {
			parts[x.name.Value] = append(parts[x.name.Value], part{x, i})
		}
	}
	for _, p := range n.ports {
		list := parts[p.name]
		if len(list) == 0 {
			continue // error
		}
		joined := list[0].x.result.typ
		for _, other := range list[1:] {
			t, ok := types.Join(joined, other.x.result.typ)
			if !ok {
				c.diags.Error(diag.TypeMismatch, other.x.span, fmt.Sprintf("the cases of `%s` export `%s` with different types: %v and %v", n.name, p.name, joined, other.x.result.typ)).
					See(list[0].x.span, fmt.Sprintf("%v here", joined)).
					Advise("convert one of them, or export them under different names")
				joined = types.Invalid
				break
			}
			joined = t
		}
		if slices.ContainsFunc(list, func(p part) bool { return p.x.result.typ == types.Invalid }) {
			joined = types.Invalid
		}
		for _, part := range list {
			if joined != types.Invalid && !types.Equal(part.x.result.typ, joined) {
				c.exportAs(&out.Cases[part.at], part.x, joined)
			}
		}
		if len(list) < len(n.bodies) && !n.ast.Partial {
			joined = types.Opt(joined)
		}
		p.typ = n.boundary(joined)
	}
}

// exportAs gives an export of a case the type that all cases share. Nothing can
// be wrong with it: it was checked, and its own type fits.
func (c *checker) exportAs(k *ir.Case, x *export, t types.Type) {
	before := len(c.diags)
	x.result = c.check(x.value, t)
	c.diags = c.diags[:before]
	for i := range k.Body.Exports {
		if e := &k.Body.Exports[i]; e.Name == x.name.Value {
			e.Type, e.Value = t, x.result.expr
		}
	}
}
