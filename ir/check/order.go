package check

import (
	"container/heap"
	"slices"

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

func (h *vertexHeap) Push(v any) { *h = append(*h, v.(*vertex)) }

func (h *vertexHeap) Pop() any {
	v := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return v
}
