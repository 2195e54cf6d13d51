package ir

import (
	"slices"

	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

// Inline fills the block into, of another flow's graph, with a copy of the body
// of f: the call of one flow by another. The block must be numbered, with owner
// and depth, and the ids behind those of it and of its owner must be free, as
// many as f has. Names get the prefix.
//
// The args take the place of the params, in their order, and have the types of
// the params; they are expressions of the scope around the block or of the
// block itself. Inline returns the first expression that becomes too large for
// an expr.Code, if any; the copy is good for nothing then.
func (f *Flow) Inline(into *Block, prefix string, args []*Expr) (tooLarge *Expr) {
	x := &inliner{prefix: prefix, args: args, owner: into.Owner, base: into.ID, depth: into.Depth}
	x.fill(into, f.Body)
	into.Exports = x.exports(f.Exports)
	return x.tooLarge
}

// inliner moves one flow's graph into another.
type inliner struct {
	prefix   string
	args     []*Expr
	owner    NodeID
	base     BlockID
	depth    uint8
	tooLarge *Expr
}

// node and block give the new ids: the body becomes the block of the call.
func (x *inliner) node(id NodeID) NodeID    { return x.owner + id }
func (x *inliner) block(id BlockID) BlockID { return x.base + id }

func (x *inliner) copy(b *Block) *Block {
	out := &Block{
		ID: x.block(b.ID), Owner: x.node(b.Owner), Parent: x.block(b.Parent),
		Depth: b.Depth + x.depth, Span: b.Span,
	}
	x.fill(out, b)
	out.Exports = x.exports(b.Exports)
	return out
}

func (x *inliner) fill(to, from *Block) {
	to.Binds = append(to.Binds, from.Binds...)
	to.Preds = make([][]int32, len(from.Preds))
	for i, p := range from.Preds {
		to.Preds[i] = slices.Clone(p)
	}
	to.Nodes = make([]Node, len(from.Nodes))
	for i, n := range from.Nodes {
		to.Nodes[i] = x.copyNode(n)
	}
}

func (x *inliner) copyNode(n Node) Node {
	switch n := n.(type) {
	case *Step:
		c := *n
		c.Base = x.head(&n.Base)
		c.Inputs = x.inputs(n.Inputs)
		return &c
	case *Foreach:
		c := *n
		c.Base, c.Body = x.head(&n.Base), x.copy(n.Body)
		c.Over = slices.Clone(n.Over)
		for i := range c.Over {
			c.Over[i].List = x.expr(c.Over[i].List)
		}
		return &c
	case *Switch:
		c := *n
		c.Base, c.On = x.head(&n.Base), x.expr(n.On)
		c.Cases = slices.Clone(n.Cases)
		for i := range c.Cases {
			c.Cases[i].Body = x.copy(c.Cases[i].Body)
		}
		return &c
	case *Loop:
		c := *n
		c.Base, c.Body, c.Until = x.head(&n.Base), x.copy(n.Body), x.expr(n.Until)
		c.Carry = slices.Clone(n.Carry)
		for i := range c.Carry {
			c.Carry[i].Init, c.Carry[i].Next = x.expr(c.Carry[i].Init), x.expr(c.Carry[i].Next)
		}
		return &c
	}
	g := n.(*Group)
	return &Group{Base: x.head(&g.Base), Body: x.copy(g.Body)}
}

func (x *inliner) head(h *Base) Base {
	c := *h
	c.ID, c.In = x.node(h.ID), x.block(h.In)
	c.Name = x.prefix + h.Name
	c.When = x.expr(h.When)
	c.After = slices.Clone(h.After)
	for i, id := range c.After {
		c.After[i] = x.node(id)
	}
	if h.Uses != nil {
		c.Uses = &Uses{File: h.Uses.File, Inputs: x.inputs(h.Uses.Inputs)}
	}
	return c
}

func (x *inliner) inputs(list []Input) []Input {
	out := slices.Clone(list)
	for i := range out {
		out[i].Value = x.expr(out[i].Value)
	}
	return out
}

func (x *inliner) exports(list []Export) []Export {
	out := slices.Clone(list)
	for i := range out {
		out[i].Value = x.expr(out[i].Value)
	}
	return out
}

// expr moves an expression, with the args in the place of params.
func (x *inliner) expr(e *Expr) *Expr {
	if e == nil {
		return nil
	}
	out := *e
	refs := &refList{list: make([]Ref, 0, len(e.Refs))}
	to := make([]expr.Code, len(e.Refs))
	changed := false
	for i, r := range e.Refs {
		switch from := r.From.(type) {
		case FromPort:
			r.From = FromPort{Node: x.node(from.Node), Port: from.Port}
		case FromBind:
			r.From = FromBind{Block: x.block(from.Block), Bind: from.Bind}
		case FromParam:
			changed = true
			to[i] = refs.arg(x.args[from], r)
			continue
		}
		to[i] = expr.Ref(refs.add(r))
	}
	out.Refs = refs.list
	if !changed {
		return &out
	}
	code, ok := e.Code.Substitute(func(i int) expr.Code { return to[i] })
	if !ok && x.tooLarge == nil {
		x.tooLarge = e
	}
	out.Code = code
	return &out
}

// refList collects the references of one expression, each once.
type refList struct{ list []Ref }

func (l *refList) add(r Ref) int {
	i := slices.IndexFunc(l.list, func(o Ref) bool { return o.From == r.From && o.Narrowed == r.Narrowed })
	if i < 0 {
		i = len(l.list)
		l.list = append(l.list, r)
	}
	return i
}

// arg is what takes the place of a param that is read as r says. Where a gate
// proved that the param is not nil, the same holds for what may be nil in it.
func (l *refList) arg(arg *Expr, r Ref) expr.Code {
	_, bare := arg.Code.Ref()
	return arg.Code.MapRefs(func(i int) int {
		from := arg.Refs[i]
		from.Text, from.Span = r.Text, r.Span
		if r.Narrowed && types.IsOptional(from.Type) {
			from.Narrowed = true
			if bare {
				from.Type = r.Type
			}
		}
		return l.add(from)
	})
}
