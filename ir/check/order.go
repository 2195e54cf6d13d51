package check

import (
	"container/heap"
	"fmt"
	"slices"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// connect adds the edges between the vertices of each block: what reads a value
// comes after what makes it, and `after` is obeyed. An inner reader makes the
// whole block that it stands in wait: blocks are barriers.
func (c *checker) connect() {
	for _, v := range c.values {
		for _, names := range v.names {
			n := c.nodes[names[0].Name]
			if n == nil || !v.scope.within(n.scope) || v.scope.bind(names[0].Name) != nil {
				continue
			}
			target := n.vertex
			if n.kind == plain {
				target = nil
				if len(names) > 1 {
					if p := n.port(names[1].Name); p != nil && p.export != nil {
						target = p.export.vertex
					}
				}
			}
			if target == nil {
				continue
			}
			span := names[0].Span
			if len(names) > 1 {
				span = span.To(names[1].Span)
			}
			c.addEdge(v, target, span)
		}
	}
	for _, n := range c.all {
		if !n.inner {
			c.connectAfter(n)
		}
	}
	c.distributeAfter()
}

// addEdge makes the reader of v wait for target.
func (c *checker) addEdge(v *value, target *vertex, span diag.Span) {
	at := v.vertex
	if at == nil || at.block != target.block {
		at = lift(v.scope.block, target.block)
	}
	if at == nil || at == target {
		return // of the block itself, or of itself: reported with the expression
	}
	at.needs = append(at.needs, edge{to: target, value: v, span: span})
}

// lift returns the vertex of outer that contains inner; nil if inner is outer.
func lift(inner, outer *block) *vertex {
	var at *vertex
	for b := inner; b != outer && b != nil; b = b.parent {
		if b.owner == nil {
			return nil
		}
		at = b.owner.vertex
	}
	return at
}

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
	if name.Value == "" || c.badNames[name.Value] {
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

// sortBlocks brings the vertices of every block into topological order. Of
// those that may come next, the first in the source does.
func (c *checker) sortBlocks() {
	for _, b := range c.blocks {
		c.sortBlock(b)
	}
}

func (c *checker) sortBlock(b *block) {
	for _, v := range b.vertices {
		v.needs = dedup(v.needs)
		v.waits = len(v.needs)
		for _, e := range v.needs {
			e.to.ahead = append(e.to.ahead, v)
		}
	}
	var ready vertexHeap
	for _, v := range b.vertices {
		if v.waits == 0 {
			ready = append(ready, v)
		}
	}
	heap.Init(&ready)
	order := make([]*vertex, 0, len(b.vertices))
	for len(ready) > 0 {
		v := heap.Pop(&ready).(*vertex)
		order = append(order, v)
		for _, next := range v.ahead {
			if next.waits--; next.waits == 0 {
				heap.Push(&ready, next)
			}
		}
	}
	if len(order) < len(b.vertices) {
		order = c.breakCycles(b, order)
	}
	b.vertices = order
}

// dedup keeps the first edge to each vertex.
func dedup(edges []edge) []edge {
	if len(edges) < 2 {
		return edges
	}
	if len(edges) <= 16 {
		out := edges[:0]
		for _, e := range edges {
			if !slices.ContainsFunc(out, func(o edge) bool { return o.to == e.to }) {
				out = append(out, e)
			}
		}
		return out
	}
	seen := make(map[*vertex]bool, len(edges))
	return slices.DeleteFunc(edges, func(e edge) bool {
		if seen[e.to] {
			return true
		}
		seen[e.to] = true
		return false
	})
}

// vertexHeap pops exports of plain groups at once, since they take no time,
// and nodes in the order of the source.
type vertexHeap []*vertex

func (h vertexHeap) Len() int { return len(h) }
func (h vertexHeap) Less(i, j int) bool {
	if (h[i].alias != nil) != (h[j].alias != nil) {
		return h[i].alias != nil
	}
	return h[i].at < h[j].at
}
func (h vertexHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *vertexHeap) Push(v any)   { *h = append(*h, v.(*vertex)) }
func (h *vertexHeap) Pop() any {
	v := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return v
}
