package check

import (
	"math"
	"slices"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// number gives ids in preorder and makes the empty nodes and blocks, so that
// references can be made before what they lead to is complete.
func (c *checker) number(b *block) {
	ids := &idCounter{}
	ids.block(b)
}

type idCounter struct {
	nodes  ir.NodeID  // the last one given
	blocks ir.BlockID // the next one
}

func (x *idCounter) block(b *block) {
	b.ir = &ir.Block{ID: x.blocks, Depth: uint8(min(b.depth, math.MaxUint8)), Span: b.scope.span}
	x.blocks++
	if b.owner != nil {
		b.ir.Owner, b.ir.Parent = b.owner.head.ID, b.parent.ir.ID
	}
	for _, s := range b.scope.binds {
		b.ir.Binds = append(b.ir.Binds, ir.Bind{Name: s.text, Kind: s.kind, Span: s.span})
	}
	for _, v := range b.vertices {
		if v.node == nil {
			continue
		}
		v.index = int32(len(b.ir.Nodes))
		x.vertex(v.node, b)
		b.ir.Nodes = append(b.ir.Nodes, v.node.ir)
	}
}

func (x *idCounter) vertex(n *node, b *block) {
	x.nodes++
	switch n.kind {
	case step:
		s := &ir.Step{}
		n.ir, n.head = s, &s.Base
	case foreach:
		s := &ir.Foreach{}
		n.ir, n.head = s, &s.Base
	case loop:
		s := &ir.Loop{}
		n.ir, n.head = s, &s.Base
	case sw:
		s := &ir.Switch{}
		n.ir, n.head = s, &s.Base
	default:
		s := &ir.Group{}
		n.ir, n.head = s, &s.Base
	}
	h := n.head
	h.ID, h.In, h.Name, h.Catch, h.Span, h.Keys = x.nodes, b.ir.ID, n.name, n.catch, n.ast.Name.Span, n.ast.Keys
	h.Doc = n.ast.Doc.Value
	for _, body := range n.bodies {
		x.block(body.block)
	}
	if n.copies {
		x.nodes += ir.NodeID(n.callee.out.NumNodes())
		x.blocks += ir.BlockID(n.callee.out.NumBlocks() - 1) // its body is that of n
	}
}

// buildBlock checks what stands in a block, in the order in which values flow.
func (c *checker) buildBlock(b *block) {
	for _, v := range b.vertices {
		if v.alias != nil {
			c.buildAlias(v.alias)
		} else {
			c.buildNode(v.node)
		}
	}
	for i, s := range b.scope.binds {
		t := s.typ
		if t == nil {
			t = types.Invalid
		}
		b.ir.Binds[i].Type = t
	}
}

func (c *checker) buildNode(n *node) {
	n.head.When = c.gate(n)
	switch out := n.ir.(type) {
	case *ir.Step:
		c.buildStep(n, out)
	case *ir.Foreach:
		c.buildForeach(n, out)
	case *ir.Switch:
		c.buildSwitch(n, out)
	case *ir.Loop:
		c.buildLoop(n, out)
	case *ir.Group:
		c.buildGroup(n, out)
	}
	for _, p := range n.ports {
		if p.typ == nil {
			p.typ = types.Invalid
		}
		n.head.Ports = append(n.head.Ports, ir.Port{Name: p.name, Type: p.typ, Span: p.span})
	}
}

// buildBody checks the body of a node and what it exports.
func (c *checker) buildBody(n *node, body *scope) *ir.Block {
	c.checkDepth(n, body.block)
	c.buildBlock(body.block)
	if n.isCall() {
		c.buildCall(n, body.block.ir)
	}
	for _, x := range body.exports {
		x.result = c.checkTyped(x.value, "the export `"+x.name.Value+"`")
		body.block.ir.Exports = append(body.block.ir.Exports, ir.Export{
			Name: x.name.Value, Value: x.result.expr, Type: x.result.typ, Span: x.span,
		})
	}
	return body.block.ir
}

func (c *checker) buildGroup(n *node, out *ir.Group) {
	out.Body = c.buildBody(n, n.bodies[0])
	n.portsFromExports(n.bodies[0])
}

// connectGraph fills in Preds and After from what was declared and read.
func (c *checker) connectGraph() {
	for _, b := range c.blocks {
		if b.copied() {
			continue
		}
		b.ir.Preds = make([][]int32, len(b.ir.Nodes))
		for _, v := range b.vertices {
			if v.node == nil {
				continue
			}
			for _, to := range v.after {
				b.ir.Preds[v.index] = append(b.ir.Preds[v.index], to.index)
				if id := to.node.head.ID; !slices.Contains(v.node.head.After, id) {
					v.node.head.After = append(v.node.head.After, id)
				}
			}
			slices.Sort(v.node.head.After)
		}
	}
	c.connectReads()
	for _, b := range c.blocks {
		if b.copied() {
			continue
		}
		for i, p := range b.ir.Preds {
			slices.Sort(p)
			b.ir.Preds[i] = slices.Compact(p)
		}
	}
}

// connectReads makes every node a successor of what it, or something inside it,
// reads.
func (c *checker) connectReads() {
	byID := make([]*node, len(c.all)+c.copied+1)
	for _, n := range c.all {
		if n.head != nil {
			byID[n.head.ID] = n
		}
	}
	c.eachExpr(func(v *vertex, inner *block, e *ir.Expr) {
		for _, r := range e.Refs {
			from, ok := r.From.(ir.FromPort)
			if !ok {
				continue
			}
			to := byID[from.Node].vertex
			at := v
			if at == nil || at.block != to.block {
				at = lift(inner, to.block)
			}
			if at != nil && at != to {
				p := &to.block.ir.Preds[at.index]
				if len(*p) == 0 || (*p)[len(*p)-1] != to.index {
					*p = append(*p, to.index)
				}
			}
		}
	})
}

// eachExpr visits every expression of the graph with the node that evaluates
// it and the block whose names it sees. The node is nil at the end of a block.
func (c *checker) eachExpr(visit func(v *vertex, in *block, e *ir.Expr)) {
	see := func(v *vertex, in *block, e *ir.Expr) {
		if e != nil {
			visit(v, in, e)
		}
	}
	for _, b := range c.blocks {
		if b.copied() {
			for _, in := range b.owner.head.Uses.Inputs {
				see(nil, b, in.Value)
			}
			continue // the rest was connected in its own file
		}
		for _, v := range b.vertices {
			if v.node == nil {
				continue
			}
			see(v, b, v.node.head.When)
			switch n := v.node.ir.(type) {
			case *ir.Step:
				for _, in := range n.Inputs {
					see(v, b, in.Value)
				}
			case *ir.Foreach:
				for _, it := range n.Over {
					see(v, b, it.List)
				}
			case *ir.Switch:
				see(v, b, n.On)
			case *ir.Loop:
				body := v.node.bodies[0].block
				for _, x := range n.Carry {
					see(v, b, x.Init)
					see(nil, body, x.Next)
				}
				see(nil, body, n.Until)
			}
		}
		for _, x := range b.ir.Exports {
			see(nil, b, x.Value)
		}
	}
}

// count is a small number as written; what is out of range was reported.
func count(n ast.Int) int {
	return int(max(0, min(n.Value, maxTasks)))
}

// maxTasks is the largest number of tasks that one node may come to.
const maxTasks = 10_000_000

// checkCount reports a number that is out of range.
func (c *checker) checkCount(n ast.Int, key string, least, most int64) {
	if !n.Span.Valid() || n.Value >= least && n.Value <= most {
		return
	}
	c.diags.Error(diag.OutOfRange, n.Span, "`"+key+"` must be from "+format(least)+" to "+format(most))
}
