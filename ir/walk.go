package ir

import "iter"

// Seal numbers nothing by itself: check.Build has set all ids. It makes the
// tables that Node and Block answer from, and returns f.
func (f *Flow) Seal() *Flow {
	f.nodes = []Node{nil}
	f.blocks = nil
	var walk func(b *Block)
	walk = func(b *Block) {
		for int(b.ID) >= len(f.blocks) {
			f.blocks = append(f.blocks, nil)
		}
		f.blocks[b.ID] = b
		for _, n := range b.Nodes {
			id := n.Head().ID
			for int(id) >= len(f.nodes) {
				f.nodes = append(f.nodes, nil)
			}
			f.nodes[id] = n
			for _, inner := range Bodies(n) {
				walk(inner)
			}
		}
	}
	walk(f.Body)
	return f
}

// Node returns the node of that id, or nil.
func (f *Flow) Node(id NodeID) Node {
	if id < 1 || int(id) >= len(f.nodes) {
		return nil
	}
	return f.nodes[id]
}

// NumNodes is the number of nodes; ids run from 1 to it.
func (f *Flow) NumNodes() int { return len(f.nodes) - 1 }

// NumBlocks is the number of blocks; ids run from 0.
func (f *Flow) NumBlocks() int { return len(f.blocks) }

// Block returns the block of that id, or nil.
func (f *Flow) Block(id BlockID) *Block {
	if id < 0 || int(id) >= len(f.blocks) {
		return nil
	}
	return f.blocks[id]
}

// Bodies returns the blocks directly inside a node, in order; none for a step.
func Bodies(n Node) []*Block {
	switch n := n.(type) {
	case *Foreach:
		return []*Block{n.Body}
	case *Loop:
		return []*Block{n.Body}
	case *Group:
		return []*Block{n.Body}
	case *Switch:
		out := make([]*Block, len(n.Cases))
		for i, c := range n.Cases {
			out[i] = c.Body
		}
		return out
	}
	return nil
}

// All yields every node of the flow in preorder of the block tree.
func (f *Flow) All() iter.Seq[Node] {
	return func(yield func(Node) bool) { walkNodes(f.Body, yield) }
}

func walkNodes(b *Block, yield func(Node) bool) bool {
	for _, n := range b.Nodes {
		if !yield(n) {
			return false
		}
		for _, inner := range Bodies(n) {
			if !walkNodes(inner, yield) {
				return false
			}
		}
	}
	return true
}
