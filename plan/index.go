package plan

import "github.com/flowc-dev/flowc/ir"

// index answers questions of position in constant time.
type index struct {
	pos    map[ir.NodeID]int32      // place of a node in its block's Nodes
	owner  map[ir.BlockID]ir.NodeID // the node that a block belongs to; 0 for the flow's body
	around map[ir.BlockID]ir.BlockID
	single map[ir.NodeID]*ir.Step // a foreach whose body is the step of the same name
}

func indexFlow(f *ir.Flow) *index {
	x := &index{
		pos:    map[ir.NodeID]int32{},
		owner:  map[ir.BlockID]ir.NodeID{},
		around: map[ir.BlockID]ir.BlockID{},
		single: map[ir.NodeID]*ir.Step{},
	}
	var walk func(b *ir.Block)
	walk = func(b *ir.Block) {
		for i, n := range b.Nodes {
			id := n.Head().ID
			x.pos[id] = int32(i)
			for _, inner := range ir.Bodies(n) {
				x.owner[inner.ID] = id
				x.around[inner.ID] = b.ID
				walk(inner)
			}
			if fe, ok := n.(*ir.Foreach); ok && len(fe.Body.Nodes) == 1 {
				if s, ok := fe.Body.Nodes[0].(*ir.Step); ok && s.Name == fe.Name {
					x.single[id] = s
				}
			}
		}
	}
	walk(f.Body)
	return x
}

// blockOf returns the block that a node stands in.
func (b *builder) blockOf(n ir.NodeID) *ir.Block { return b.flow.Block(b.flow.Node(n).Head().In) }

// precedes reports whether every node of want (indices into blk.Nodes) is e or
// one of its predecessors, direct or not. One reverse walk from e that stops
// when all were found.
func precedes(blk *ir.Block, want []int32, e int32) bool {
	missing := map[int32]bool{}
	for _, w := range want {
		if w != e {
			missing[w] = true
		}
	}
	if len(missing) == 0 {
		return true
	}
	seen := map[int32]bool{e: true}
	queue := []int32{e}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, p := range blk.Preds[n] {
			if seen[p] {
				continue
			}
			seen[p] = true
			if missing[p] {
				delete(missing, p)
				if len(missing) == 0 {
					return true
				}
			}
			queue = append(queue, p)
		}
	}
	return false
}
