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
// from is not 0, those whose index at position at is at least from.
type cover struct {
	prefix   record.Path
	at, from int // at >= len(prefix)
}

// later is cover of what comes after iteration i of a loop whose index is at
// position at.
func later(prefix record.Path, at, i int) cover { return cover{prefix, at, i + 1} }

// under tells whether p starts with prefix.
func under(p, prefix record.Path) bool {
	return len(p) >= len(prefix) && prefix.Compare(p[:len(prefix)]) == 0
}

// contains tells whether all paths that start with p are in the set.
func (c cover) contains(p record.Path) bool {
	return under(p, c.prefix) && (c.from == 0 || len(p) > c.at && p[c.at] >= c.from)
}

// touches tells whether a path that starts with p is in the set.
func (c cover) touches(p record.Path) bool {
	if !under(p, c.prefix) && !under(c.prefix, p) {
		return false
	}
	return c.from == 0 || len(p) <= c.at || p[c.at] >= c.from
}

// covers is a union of covers, found quickly by prefix.
type covers struct {
	whole map[string]bool        // prefixes
	loops map[string]map[int]int // by prefix: position -> the least from
}

// add reports whether c was not in the set already.
func (s *covers) add(c cover) bool {
	if s.contains(c.prefix) {
		return false
	}
	key := c.prefix.String()
	if c.from == 0 {
		if s.whole == nil {
			s.whole = map[string]bool{}
		}
		s.whole[key] = true
		return true
	}
	if from, ok := s.loops[key][c.at]; ok && from <= c.from {
		return false
	}
	if s.loops == nil {
		s.loops = map[string]map[int]int{}
	}
	if s.loops[key] == nil {
		s.loops[key] = map[int]int{}
	}
	s.loops[key][c.at] = c.from
	return true
}

// contains tells whether all paths that start with p are in the set.
func (s *covers) contains(p record.Path) bool {
	for k := 0; k <= len(p); k++ {
		key := p[:k].String()
		if s.whole[key] {
			return true
		}
		for at, from := range s.loops[key] {
			if at < len(p) && p[at] >= from {
				return true
			}
		}
	}
	return false
}

// all tells whether every path is in the set.
func (s *covers) all() bool { return s.whole[record.Root] }

// touches tells whether a path that starts with p is in the set.
func (s *covers) touches(p record.Path) bool {
	for key := range s.whole {
		if prefix, err := record.ParsePath(key); err == nil && (cover{prefix: prefix}).touches(p) {
			return true
		}
	}
	for key, loops := range s.loops {
		prefix, err := record.ParsePath(key)
		if err != nil {
			continue
		}
		for at, from := range loops {
			if (cover{prefix, at, from}).touches(p) {
				return true
			}
		}
	}
	return false
}
