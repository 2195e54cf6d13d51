package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// breakCycles reports the cycles among the vertices that the sort left over,
// one for each knot of them, and appends those vertices to the order.
func (c *checker) breakCycles(b *block, order []*vertex) []*vertex {
	rest := slices.DeleteFunc(slices.Clone(b.vertices), func(v *vertex) bool { return v.waits == 0 })
	for _, knot := range knots(rest) {
		slices.SortStableFunc(knot, func(a, b *vertex) int { return cmp.Compare(a.at, b.at) })
		if len(knot) > 1 {
			c.reportCycle(shortestCycle(knot))
		}
		order = append(order, knot...)
	}
	return order
}

// knots are the strongly connected components of the graph of what is needed,
// needed ones first: Tarjan's algorithm, without recursion.
func knots(vertices []*vertex) [][]*vertex {
	type frame struct {
		v    *vertex
		next int
	}
	left := make(map[*vertex]bool, len(vertices))
	for _, v := range vertices {
		left[v] = true
	}
	index, low := map[*vertex]int{}, map[*vertex]int{}
	on := map[*vertex]bool{}
	var stack []*vertex
	var out [][]*vertex
	for _, root := range vertices {
		if index[root] != 0 {
			continue
		}
		frames := []frame{{v: root}}
		for len(frames) > 0 {
			f := &frames[len(frames)-1]
			v := f.v
			if f.next == 0 {
				index[v] = len(index) + 1
				low[v] = index[v]
				stack = append(stack, v)
				on[v] = true
			}
			if f.next < len(v.needs) {
				to := v.needs[f.next].to
				f.next++
				switch {
				case !left[to]:
				case index[to] == 0:
					frames = append(frames, frame{v: to})
				case on[to]:
					low[v] = min(low[v], index[to])
				}
				continue
			}
			frames = frames[:len(frames)-1]
			if len(frames) > 0 {
				low[frames[len(frames)-1].v] = min(low[frames[len(frames)-1].v], low[v])
			}
			if low[v] == index[v] {
				at := len(stack) - 1
				for stack[at] != v {
					at--
				}
				knot := slices.Clone(stack[at:])
				for _, w := range knot {
					on[w] = false
				}
				stack = stack[:at]
				out = append(out, knot)
			}
		}
	}
	return out
}

// shortestCycle is a shortest cycle through the first vertex of a knot, as the
// edges along it: each leads from a vertex to one that it needs.
func shortestCycle(knot []*vertex) []edge {
	inside := make(map[*vertex]bool, len(knot))
	for _, v := range knot {
		inside[v] = true
	}
	start := knot[0]
	type link struct {
		from *vertex
		edge edge
	}
	came := map[*vertex]link{}
	queue := []*vertex{start}
	for len(queue) > 0 && came[start].from == nil {
		v := queue[0]
		queue = queue[1:]
		for _, e := range v.needs {
			if _, seen := came[e.to]; !seen && inside[e.to] {
				came[e.to] = link{v, e}
				queue = append(queue, e.to)
			}
		}
	}
	var path []edge
	for at := start; len(path) == 0 || at != start; at = came[at].from {
		path = append(path, came[at].edge)
		if came[at].from == nil {
			break
		}
	}
	slices.Reverse(path)
	return path
}

// reportCycle shows a cycle with the place of each of its edges.
func (c *checker) reportCycle(path []edge) {
	if len(path) == 0 {
		return
	}
	names := []string{path[len(path)-1].to.name()}
	for _, e := range path {
		names = append(names, e.to.name())
	}
	summary := "these steps wait for each other: " + strings.Join(names, " → ")
	if len(names) > 8 {
		summary = fmt.Sprintf("%d steps wait for each other: %s → … → %s", len(path), strings.Join(names[:4], " → "), strings.Join(names[len(names)-2:], " → "))
	}
	d := c.diags.Error(diag.Cycle, path[0].span, summary).
		Advise("remove one of these references; for values that go round, use a `loop` with `carry`")
	from := names[0]
	for i, e := range path {
		if i >= 8 {
			break
		}
		how := "reads a value of"
		if e.value == nil {
			how = "comes after"
		}
		d.See(e.span, fmt.Sprintf("`%s` %s `%s`", from, how, e.to.name()))
		from = e.to.name()
	}
}

// name is what messages call a vertex.
func (v *vertex) name() string {
	if v.alias != nil {
		return v.alias.symbol.text
	}
	return v.node.name
}
