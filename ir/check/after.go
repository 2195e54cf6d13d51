package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// connectAfter resolves the `after` of a node.
func (c *checker) connectAfter(n *node) {
	for _, name := range n.ast.After {
		to := c.afterTarget(n, name)
		if to == nil {
			continue
		}
		n.after = append(n.after, to)
		if n.kind != plain && to.kind != plain {
			c.addAfter(n, to.vertex, name.Span)
		}
	}
}

// addAfter makes n, or the block around it that stands beside the target, wait.
func (c *checker) addAfter(n *node, to *vertex, span diag.Span) {
	at := n.vertex
	if at.block != to.block {
		at = lift(at.block, to.block)
	}
	if at != nil && at != to {
		at.needs = append(at.needs, edge{to: to, span: span})
		at.after = append(at.after, to)
	}
}

// afterTarget finds the node that a name in `after` means.
func (c *checker) afterTarget(n *node, name ast.Name) *node {
	if name.Value == "" {
		return nil
	}
	to := c.nodes[name.Value]
	switch {
	case to == nil:
		c.unknownAfter(n, name)
		return nil
	case !n.scope.within(to.scope):
		c.afterInside(n, name, to)
		return nil
	case to == n:
		c.diags.Error(diag.Cycle, name.Span, fmt.Sprintf("`%s` can't wait for its own end", n.name)).
			Advise("remove it from `after`")
		return nil
	}
	for s := n.scope; s.owner != nil; s = s.parent {
		if s.owner == to {
			c.diags.Error(diag.Cycle, name.Span, fmt.Sprintf("`%s` is a part of `%s` and can't wait for its end", n.name, to.name)).
				See(to.ast.Name.Span, "the block").
				Advise("remove it from `after`")
			return nil
		}
	}
	return to
}

// distributeAfter gives the `after` of a plain group to the nodes in it that
// begin it, and makes what waits for a plain group wait for those that end it.
func (c *checker) distributeAfter() {
	ends := map[*node][]*vertex{}
	for i := len(c.all) - 1; i >= 0; i-- { // inner groups first
		n := c.all[i]
		if n.kind == plain && len(n.after) > 0 || slices.ContainsFunc(n.after, func(to *node) bool { return to.kind == plain }) {
			c.distribute(n, ends)
		}
	}
}

func (c *checker) distribute(n *node, ends map[*node][]*vertex) {
	from := []*node{n}
	if n.kind == plain {
		from = begins(n)
	}
	for i, name := range n.ast.After {
		to := c.nodes[name.Value]
		if !slices.Contains(n.after, to) || slices.ContainsFunc(n.ast.After[:i], func(o ast.Name) bool { return o.Value == name.Value }) {
			continue
		}
		targets := []*vertex{to.vertex}
		if to.kind == plain {
			if _, ok := ends[to]; !ok {
				ends[to] = finals(to)
			}
			targets = ends[to]
		} else if n.kind != plain {
			continue // done already
		}
		for _, f := range from {
			for _, t := range targets {
				c.addAfter(f, t, name.Span)
			}
		}
	}
}

// members are the nodes that belong to the block around a plain group because
// of it.
func members(g *node, out []*node) []*node {
	for _, n := range g.bodies[0].nodes {
		if n.kind == plain {
			out = members(n, out)
		} else {
			out = append(out, n)
		}
	}
	return out
}

// begins are the members of a plain group that wait for no other member.
func begins(g *node) []*node {
	all := members(g, nil)
	inside := make(map[*vertex]bool, len(all))
	for _, n := range all {
		inside[n.vertex] = true
	}
	return slices.DeleteFunc(all, func(n *node) bool {
		return slices.ContainsFunc(n.vertex.needs, func(e edge) bool { return inside[e.to] })
	})
}

// finals are the members of a plain group that no other member waits for.
func finals(g *node) []*vertex {
	all := members(g, nil)
	waited := make(map[*vertex]bool, len(all))
	for _, n := range all {
		for _, e := range n.vertex.needs {
			waited[e.to] = true
		}
	}
	var out []*vertex
	for _, n := range all {
		if !waited[n.vertex] {
			out = append(out, n.vertex)
		}
	}
	return out
}

// unknownAfter reports a name in `after` that no step has.
func (c *checker) unknownAfter(n *node, name ast.Name) {
	if c.badNames[name.Value] || c.incomplete(n.scope) {
		return
	}
	d := c.diags.Error(diag.UnknownStep, name.Span, fmt.Sprintf("there is no step or block `%s`", clip(name.Value)))
	step, _, dotted := strings.Cut(name.Value, ".")
	switch {
	case dotted && c.nodes[step] != nil:
		c.spell(d, name.Span, name.Value, step, "`after` waits for whole steps: write `"+step+"`")
		return
	case n.scope.bind(name.Value) != nil || c.params[name.Value] != nil || len(n.bodies) > 0 && n.bodies[0].bind(name.Value) != nil:
		d.Advise("`after` takes names of steps and blocks; values are there when a step starts")
		return
	}
	var names []string
	for s := n.scope; s != nil; s = s.parent {
		for _, other := range s.nodes {
			if other != n && !other.inner {
				names = append(names, other.name)
			}
		}
	}
	if better, ok := c.suggest(name.Value, names); ok {
		c.spell(d, name.Span, name.Value, better, "did you mean `"+better+"`?")
	}
}

// afterInside reports an `after` on a step inside another block.
func (c *checker) afterInside(n *node, name ast.Name, to *node) {
	top := to.scope
	for !n.scope.within(top.parent) {
		top = top.parent
	}
	block := top.owner
	d := c.diags.Error(diag.OutOfScope, name.Span, fmt.Sprintf("`%s` is inside the block `%s`, which can only be waited for as a whole", to.name, block.name)).
		See(block.ast.Name.Span, "the block").
		See(to.ast.Name.Span, "`"+to.name+"` is inside")
	for s := n.scope; s != nil; s = s.parent {
		if s.owner == block { // in another case of the same switch
			d.Summary = fmt.Sprintf("`%s` is inside another case of `%s`, and only one of them runs", to.name, block.name)
			d.Advise("remove it from `after`")
			return
		}
	}
	c.spell(d, name.Span, name.Value, block.name, "write `after: ["+block.name+"]`")
}
