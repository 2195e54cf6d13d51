package check

import "github.com/flowc-dev/flowc/ir"

// markPacked sets ir.Foreach.Pack where results are gathered again and again:
// by a reader inside another foreach or loop, directly or through exports.
// Summaries of its results are then worth writing.
func (c *checker) markPacked() {
	if c.diags.HasErrors() {
		return
	}
	seen := map[ir.PortID]bool{}
	var mark func(port ir.PortID)
	again := func(e *ir.Expr) {
		for _, r := range e.Refs {
			if p, ok := r.From.(ir.FromPort); ok {
				mark(ir.PortID(p))
			}
		}
	}
	mark = func(port ir.PortID) {
		if seen[port] {
			return
		}
		seen[port] = true
		n := c.out.Node(port.Node)
		if f, ok := n.(*ir.Foreach); ok {
			f.Pack = true
		}
		name := n.Head().Ports[port.Port].Name
		for _, body := range ir.Bodies(n) {
			for _, x := range body.Exports {
				if x.Name == name {
					again(x.Value)
				}
			}
		}
	}
	c.eachExpr(func(_ *vertex, in *block, e *ir.Expr) {
		for _, r := range e.Refs {
			switch from := r.From.(type) {
			case ir.FromPort:
				if home := c.out.Block(c.out.Node(from.Node).Head().In); in.ir.Depth > home.Depth {
					mark(ir.PortID(from))
				}
			case ir.FromBind:
				home := c.out.Block(from.Block)
				l, ok := c.out.Node(home.Owner).(*ir.Loop)
				if !ok || in.ir.Depth == home.Depth || int(from.Bind) >= len(l.Carry) {
					continue
				}
				again(l.Carry[from.Bind].Init)
				if next := l.Carry[from.Bind].Next; next != nil {
					again(next)
				}
			}
		}
	})
}
