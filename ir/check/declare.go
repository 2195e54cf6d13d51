package check

import (
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// declareFlow makes the tree: nodes, scopes, blocks, ports and binds with their
// names, and the values that stand in it.
func (c *checker) declareFlow() *block {
	root := &block{}
	root.scope = &scope{block: root, span: c.ast.Span, partial: c.ast.Partial}
	c.blocks = append(c.blocks, root)
	c.declareBadNames(c.ast.Steps)
	c.declareSteps(root.scope, c.ast.Steps)
	c.declareExports(root.scope, nil, c.ast.Export)
	c.checkShadowing()
	if len(c.all) == 0 && !c.ast.Partial {
		c.diags.Error(diag.EmptyBlock, c.ast.Span, "the flow has no steps").
			Advise("add at least one under `steps:`")
	}
	return root
}

// declareBadNames remembers the words of names that are none, so that what
// reads them (train-eval.score, which is a difference) is not reported again.
func (c *checker) declareBadNames(steps []ast.Node) {
	for i := range steps {
		if name := steps[i].Name.Value; badName(name) != "" {
			if strings.Contains(name, "-") {
				c.dashed = append(c.dashed, name)
			}
			for _, word := range strings.FieldsFunc(name, func(r rune) bool {
				return !(r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
			}) {
				c.badNames[word] = true
			}
		}
		c.declareBadNames(steps[i].Steps)
		if sw := steps[i].Switch; sw != nil {
			for _, k := range sw.Cases {
				c.declareBadNames(k.Steps)
			}
			if sw.Else != nil {
				c.declareBadNames(sw.Else.Steps)
			}
		}
	}
}

func (c *checker) declareSteps(s *scope, steps []ast.Node) {
	for i := range steps {
		c.declareNode(s, &steps[i])
	}
}

// declareNode adds a step or block to a scope.
func (c *checker) declareNode(s *scope, a *ast.Node) {
	n := &node{ast: a, name: a.Name.Value, scope: s, at: len(c.all), gated: a.When != nil || a.Keys["when"].Valid()}
	n.catch = a.Catch.Value || a.Partial && a.Keys["catch"].Valid() && !a.Catch.Span.Valid()
	switch {
	case a.Foreach != nil:
		n.kind = foreach
	case a.Loop != nil:
		n.kind = loop
	case a.Switch != nil:
		n.kind = sw
	case a.Uses != nil:
		n.kind = group
	case !a.HasSteps && len(a.Steps) == 0:
		n.kind = step
	case n.gated || n.catch:
		n.kind = group
	default:
		n.kind = plain
	}
	s.nodes = append(s.nodes, n)
	c.all = append(c.all, n)
	c.declareName(n)
	c.misplacedParallel(n)
	if n.kind != plain {
		n.vertex = &vertex{node: n, block: s.block, at: n.at}
		s.block.vertices = append(s.block.vertices, n.vertex)
	}
	n.when = c.text(a.When, s, n, n.vertex)
	switch n.kind {
	case step:
		c.declareStep(n)
	case foreach:
		c.declareForeach(n)
	case loop:
		c.declareLoop(n)
	case sw:
		c.declareSwitch(n)
	case group, plain:
		body := c.body(n, a.Steps, a.Span)
		if n.isCall() {
			c.declareCall(n, body)
			return
		}
		c.declareExports(body, n, a.Export)
		c.declarePorts(n, body)
	}
}

// declareName checks the name of a node and makes it known.
func (c *checker) declareName(n *node) {
	what := "a step"
	if n.kind != step {
		what = "a block"
	}
	c.checkName(n.ast.Name, what, scopeName)
	other := c.nodes[n.name]
	switch {
	case n.name == "":
	case other == nil:
		c.nodes[n.name] = n
	default:
		c.diags.Error(diag.DuplicateName, n.ast.Name.Span, fmt.Sprintf("there are two steps or blocks `%s`", clip(n.name))).
			See(other.ast.Name.Span, "the other one").
			Because("Names of steps and blocks are unique in the whole flow: results are found by them.").
			Advise("rename one of them")
	}
}

// body makes the scope of a node's steps, and the block if it has its own.
func (c *checker) body(n *node, steps []ast.Node, span diag.Span) *scope {
	s := &scope{parent: n.scope, owner: n, block: n.scope.block, level: n.scope.level + 1, span: span, partial: n.ast.Partial}
	if n.kind != plain {
		s.block = &block{scope: s, owner: n, parent: n.scope.block, depth: n.scope.block.depth}
		if n.kind == foreach || n.kind == loop {
			s.block.depth++
		}
		c.blocks = append(c.blocks, s.block)
	}
	n.bodies = append(n.bodies, s)
	c.declareSteps(s, steps)
	if len(steps) == 0 && n.kind != sw && n.kind != foreach && !n.isCall() && !n.ast.Partial {
		c.diags.Error(diag.EmptyBlock, n.key("steps"), fmt.Sprintf("the block `%s` has no steps", n.name)).
			Advise("add at least one under `steps:`")
	}
	return s
}

// declareStep adds the inputs and ports of a step.
func (c *checker) declareStep(n *node) {
	for i := range n.ast.Inputs {
		in := &n.ast.Inputs[i]
		n.inputs = append(n.inputs, c.value(&in.Value, n.scope, n, n.vertex))
	}
	for _, o := range n.ast.Outputs {
		p := n.addPort(o.Name.Value, o.Name.Span)
		p.typ = c.typeOf(o.Type)
		n.produced = append(n.produced, p.typ)
		if n.gated || n.catch {
			p.typ = types.Opt(p.typ)
		}
	}
	if n.catch {
		n.addErrorPort(types.Opt(errorType))
	}
}

func (n *node) addErrorPort(t types.Type) {
	span := n.ast.Catch.Span
	if !span.Valid() {
		span = n.key("catch")
	}
	n.addPort("error", span).typ = t
}

// declareForeach adds variables and body. A foreach beside an action gets a
// body with one step of the same name.
func (c *checker) declareForeach(n *node) {
	f := n.ast.Foreach
	for i := range f.Vars {
		n.over = append(n.over, c.value(&f.Vars[i].Over, n.scope, n, n.vertex))
	}
	if n.isCall() {
		body := c.body(n, nil, n.ast.Span)
		c.declareItems(n, body)
		c.declareCall(n, body)
		return
	}
	if n.ast.HasSteps || len(n.ast.Steps) > 0 || n.ast.Action == nil {
		body := c.body(n, n.ast.Steps, n.ast.Span)
		c.declareItems(n, body)
		c.declareExports(body, n, n.ast.Export)
		c.declarePorts(n, body)
		if len(n.ast.Steps) == 0 && !n.ast.Partial {
			c.diags.Error(diag.EmptyBlock, n.key("foreach"), fmt.Sprintf("`%s` does nothing for its items", n.name)).
				Advise("add an action, like `run:`, or `steps:`")
		}
		return
	}
	body := c.body(n, nil, n.ast.Span)
	c.declareItems(n, body)
	one := &node{
		kind: step, ast: n.ast, name: n.name, scope: body, inner: true,
		at: len(c.all), catch: n.catch,
	}
	n.catch = false // each task catches its own failure
	c.all = append(c.all, one)
	body.nodes = append(body.nodes, one)
	one.vertex = &vertex{node: one, block: body.block, at: one.at}
	body.block.vertices = append(body.block.vertices, one.vertex)
	c.declareStep(one)
	for _, p := range one.ports {
		outer := n.addPort(p.name, p.span)
		outer.typ = n.boundary(p.typ)
	}
}

// declareItems adds the variables of a foreach to its body.
func (c *checker) declareItems(n *node, body *scope) {
	for i, v := range n.ast.Foreach.Vars {
		c.bind(body, v.Name, "a variable", ir.BindItem).origin = n.over[i]
	}
	if index := n.ast.Foreach.Index; index.Value != "" {
		c.bind(body, index, "an index", ir.BindIndex).typ = types.Int
	}
}

func (c *checker) declareLoop(n *node) {
	l := n.ast.Loop
	for i := range l.Carry {
		n.from = append(n.from, c.value(&l.Carry[i].From, n.scope, n, n.vertex))
	}
	body := c.body(n, n.ast.Steps, n.ast.Span)
	for i, x := range l.Carry {
		b := c.bind(body, x.Name, "a carried value", ir.BindCarry)
		b.origin = n.from[i]
	}
	if l.Index.Value != "" {
		c.bind(body, l.Index, "an index", ir.BindIteration).typ = types.Int
	}
	for i := range l.Carry {
		n.next = append(n.next, c.value(&l.Carry[i].Next, body, n, nil))
	}
	n.until = c.text(l.Until, body, n, nil)
	c.declareExports(body, n, n.ast.Export)
	c.declarePorts(n, body)
}

func (c *checker) declareSwitch(n *node) {
	s := n.ast.Switch
	n.on = c.text(s.On, n.scope, n, n.vertex)
	for i := range s.Cases {
		n.cases = append(n.cases, &s.Cases[i])
	}
	if s.Else != nil {
		n.cases = append(n.cases, s.Else)
	}
	for _, k := range n.cases {
		body := c.body(n, k.Steps, k.Span)
		c.declareExports(body, n, k.Export)
	}
	for _, body := range n.bodies {
		for _, x := range body.exports {
			if n.port(x.name.Value) == nil {
				n.addPort(x.name.Value, x.name.Span)
			}
		}
	}
	if n.catch {
		n.addErrorPort(n.boundary(types.Opt(errorType)))
	}
}

// bind adds a name to a scope.
func (c *checker) bind(s *scope, name ast.Name, what string, kind ir.BindKind) *symbol {
	b := &symbol{class: isBind, name: name.Value, text: name.Value, span: name.Span, scope: s, bind: int32(len(s.binds)), kind: kind}
	s.binds = append(s.binds, b)
	c.binds[b.text] = append(c.binds[b.text], b)
	c.checkName(name, what, scopeName)
	return b
}

// value adds an expression or literal; nil if there is neither.
func (c *checker) value(v *ast.Value, s *scope, reader *node, at *vertex) *value {
	if v.Expr == nil && v.Lit == nil {
		return nil
	}
	out := &value{text: v.Expr, lit: v.Lit, span: v.Span, scope: s, reader: reader, vertex: at}
	c.values = append(c.values, out)
	return out
}

func (c *checker) text(t *diag.Text, s *scope, reader *node, at *vertex) *value {
	if t == nil {
		return nil
	}
	return c.value(&ast.Value{Expr: t, Span: t.Span}, s, reader, at)
}

// boundary is the type that a value of type t inside a block has outside.
func (n *node) boundary(t types.Type) types.Type {
	if t == nil || t == types.Invalid {
		return types.Invalid
	}
	if n.catch {
		t = types.Opt(t)
	}
	if n.kind == foreach {
		t = types.List{Elem: t}
	}
	if n.gated {
		t = types.Opt(t)
	}
	return t
}
