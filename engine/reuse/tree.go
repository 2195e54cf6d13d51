package reuse

import (
	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
)

// tree is the block tree of the plan that will run, with what is needed to walk
// it outwards and downstream.
type tree struct {
	steps map[string]*node
	named map[string][]*node // by name: a node, and where they share it a foreach and its step
}

type block struct {
	nodes []*node
	depth int   // of the paths of tasks directly in it
	owner *node // nil for the flow's body
}

type node struct {
	doc   *contract.Node
	in    *block
	next  []*node // nodes of the block that wait for it, directly
	steps []string
}

func newTree(flow *contract.Flow) *tree {
	t := &tree{steps: map[string]*node{}, named: map[string][]*node{}}
	t.block(&flow.Body, nil, 0)
	return t
}

func (t *tree) block(doc *contract.Block, owner *node, depth int) {
	b := &block{depth: depth, owner: owner}
	for i := range doc.Nodes {
		n := &node{doc: &doc.Nodes[i], in: b}
		b.nodes = append(b.nodes, n)
		for _, need := range n.doc.Needs {
			if need >= 0 && need < i {
				b.nodes[need].next = append(b.nodes[need].next, n)
			}
		}
		t.named[n.doc.Name] = append(t.named[n.doc.Name], n)
		if n.doc.Kind == contract.KindStep {
			t.steps[n.doc.Name] = n
			for x := n; x != nil; x = x.in.owner {
				x.steps = append(x.steps, n.doc.Name)
			}
		}
		inner := depth
		if n.doc.Kind == contract.KindForeach || n.doc.Kind == contract.KindLoop {
			inner++
		}
		if n.doc.Body != nil {
			t.block(n.doc.Body, n, inner)
		}
		for k := range n.doc.Cases {
			t.block(&n.doc.Cases[k].Body, n, inner)
		}
	}
}

// downstream calls f for every node of n's block that waits for n, directly or not.
func (n *node) downstream(f func(*node)) {
	seen := map[*node]bool{n: true}
	queue := []*node{n}
	for len(queue) > 0 {
		x := queue[0]
		queue = queue[1:]
		for _, v := range x.next {
			if !seen[v] {
				seen[v] = true
				f(v)
				queue = append(queue, v)
			}
		}
	}
}

// cover is a set of paths: those that start with a prefix, and of these, where
// from is not 0, those whose next index is at least from.
type cover struct {
	prefix record.Path
	from   int
}

func (c cover) contains(p record.Path) bool {
	k := len(c.prefix)
	return len(p) >= k && c.prefix.Compare(p[:k]) == 0 && (c.from == 0 || len(p) > k && p[k] >= c.from)
}

// touches tells whether the set has a path that starts with p.
func (c cover) touches(p record.Path) bool {
	k := min(len(p), len(c.prefix))
	if c.prefix[:k].Compare(p[:k]) != 0 {
		return false
	}
	return c.from == 0 || len(p) <= len(c.prefix) || p[len(c.prefix)] >= c.from
}

// covers is a union of covers, found quickly.
type covers struct {
	by map[string]int // prefix -> the least from
}

// add reports whether c was not in the set already.
func (s *covers) add(c cover) bool {
	for k := range c.prefix {
		if from, ok := s.by[c.prefix[:k].String()]; ok && (from == 0 || c.prefix[k] >= from) {
			return false
		}
	}
	key := c.prefix.String()
	if from, ok := s.by[key]; ok && from <= c.from {
		return false
	}
	if s.by == nil {
		s.by = map[string]int{}
	}
	s.by[key] = c.from
	return true
}

func (s *covers) contains(p record.Path) bool {
	if len(s.by) == 0 {
		return false
	}
	for k := 0; k <= len(p); k++ {
		if from, ok := s.by[p[:k].String()]; ok && (from == 0 || k < len(p) && p[k] >= from) {
			return true
		}
	}
	return false
}

// all tells whether every path is in the set.
func (s *covers) all() bool {
	from, ok := s.by[record.Root]
	return ok && from == 0
}

// touches tells whether a path that starts with p is in the set.
func (s *covers) touches(p record.Path) bool {
	for key, from := range s.by {
		prefix, err := record.ParsePath(key)
		if err == nil && (cover{prefix, from}).touches(p) {
			return true
		}
	}
	return false
}
