package check

import (
	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/ir"
)

func (c *checker) buildStep(n *node, out *ir.Step) {
	c.buildInputs(n, out)
	c.buildOutputs(n, out)
	c.settings(n, out)
	out.Action, out.Dir = c.action(n), c.ast.Dir
}

// buildOutputs checks what a step leaves.
func (c *checker) buildOutputs(n *node, out *ir.Step) {
	names := make([]ast.Name, 0, len(n.ast.Outputs))
	for i, o := range n.ast.Outputs {
		names = append(names, o.Name)
		c.checkName(o.Name, "an output", plainName)
		if o.Name.Value == "error" && n.catch {
			c.reservedError(o.Name, n)
		}
		out.Outputs = append(out.Outputs, ir.Port{Name: o.Name.Value, Type: n.produced[i], Span: o.Name.Span})
	}
	c.unique("outputs", names)
}
