package check

import (
	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// declareExports adds what a scope hands out.
func (c *checker) declareExports(s *scope, owner *node, exports []ast.Export) {
	names := make([]ast.Name, 0, len(exports))
	seen := make(map[string]bool, len(exports))
	for i := range exports {
		x := &exports[i]
		names = append(names, x.Name)
		c.checkName(x.Name, "an export", plainName)
		if owner != nil && owner.catch && x.Name.Value == "error" {
			c.reservedError(x.Name, owner)
			continue
		}
		if seen[x.Name.Value] || x.Name.Value == "" {
			continue
		}
		seen[x.Name.Value] = true
		e := &export{name: x.Name, span: x.Span}
		var v *vertex
		if owner != nil && owner.kind == plain {
			v = &vertex{alias: e, block: s.block, at: owner.at}
			s.block.vertices = append(s.block.vertices, v)
			e.vertex = v
			c.aliases = append(c.aliases, e)
		}
		e.value = c.value(&x.Value, s, owner, v)
		s.exports = append(s.exports, e)
	}
	c.unique("exports", names)
}

// declarePorts gives a block a port for each export.
func (c *checker) declarePorts(n *node, body *scope) {
	for _, x := range body.exports {
		p := n.addPort(x.name.Value, x.name.Span)
		if n.kind == plain {
			p.class, p.export = isAlias, x
			x.symbol = p
		}
	}
	if n.catch {
		n.addErrorPort(n.boundary(types.Opt(errorType)))
	}
}

func (c *checker) reservedError(name ast.Name, n *node) {
	c.diags.Error(diag.ReservedName, name.Span, "`error` is what `catch` adds to the outputs").
		See(n.key("catch"), "`"+n.name+"` has `catch`").
		Advise("choose another name")
}

// portsFromExports types the ports of a block with one body.
func (n *node) portsFromExports(body *scope) {
	for _, x := range body.exports {
		if p := n.port(x.name.Value); p != nil {
			p.typ = n.boundary(x.result.typ)
		}
	}
}

// flowExports checks what the flow hands out.
func (c *checker) flowExports(root *block) {
	for _, x := range root.scope.exports {
		x.result = c.checkTyped(x.value, "the export `"+x.name.Value+"`")
		c.out.Exports = append(c.out.Exports, ir.Export{
			Name: x.name.Value, Value: x.result.expr, Type: x.result.typ, Span: x.span,
		})
	}
}

// buildAlias checks an export of a plain group.
func (c *checker) buildAlias(x *export) {
	x.result = c.checkTyped(x.value, "the export `"+x.name.Value+"`")
	x.symbol.typ = x.result.typ
}
