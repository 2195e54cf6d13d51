package check_test

import (
	"slices"
	"testing"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// verify holds a graph without errors to everything that package ir promises.
func verify(t testing.TB, f *ir.Flow) {
	t.Helper()
	v := &verifier{t: t, f: f}
	v.block(f.Body, nil)
	if n := f.NumNodes(); n != v.nodes {
		t.Errorf("%d nodes, but ids up to %d", v.nodes, n)
	}
	for _, x := range f.Exports {
		v.expr(f.Body, x.Value, nil)
	}
}

type verifier struct {
	t      testing.TB
	f      *ir.Flow
	nodes  int
	blocks int
}

func (v *verifier) block(b *ir.Block, owner ir.Node) {
	if int(b.ID) != v.blocks {
		v.t.Errorf("block %d is number %d in preorder", b.ID, v.blocks)
	}
	v.blocks++
	if owner != nil {
		if b.Owner != owner.Head().ID || b.Parent != owner.Head().In {
			v.t.Errorf("block %d: owner %d, parent %d", b.ID, b.Owner, b.Parent)
		}
		depth := v.f.Block(b.Parent).Depth
		switch owner.(type) {
		case *ir.Foreach, *ir.Loop:
			depth++
		}
		if b.Depth != depth {
			v.t.Errorf("block %d: depth %d, want %d", b.ID, b.Depth, depth)
		}
	}
	if len(b.Preds) != len(b.Nodes) {
		v.t.Errorf("block %d: %d nodes, %d preds", b.ID, len(b.Nodes), len(b.Preds))
	}
	for i, n := range b.Nodes {
		v.node(b, i, n)
	}
	v.minimalOrder(b)
	for _, x := range b.Exports {
		v.expr(b, x.Value, nil)
		v.place(x.Span, "export "+x.Name)
	}
}

// minimalOrder checks that of the nodes that may come next the first in the
// source does.
func (v *verifier) minimalOrder(b *ir.Block) {
	at := map[int32]bool{}
	for i := range b.Nodes {
		for j := i + 1; j < len(b.Nodes); j++ {
			ready := !slices.ContainsFunc(b.Preds[j], func(p int32) bool { return !at[p] })
			if ready && b.Nodes[j].Head().Span.Start < b.Nodes[i].Head().Span.Start {
				v.t.Errorf("%s comes before %s, which was ready and stands before it", b.Nodes[i].Head().Name, b.Nodes[j].Head().Name)
			}
		}
		at[int32(i)] = true
		if i > 60 {
			return // quadratic
		}
	}
}

func (v *verifier) node(b *ir.Block, i int, n ir.Node) {
	h := n.Head()
	v.nodes++
	if int(h.ID) != v.nodes || h.In != b.ID || v.f.Node(h.ID) != n {
		v.t.Errorf("%s: id %d in block %d, is number %d in block %d", h.Name, h.ID, h.In, v.nodes, b.ID)
	}
	v.place(h.Span, h.Name)
	if p := b.Preds[i]; !slices.IsSorted(p) || len(slices.Compact(slices.Clone(p))) != len(p) || len(p) > 0 && int(p[len(p)-1]) >= i {
		v.t.Errorf("%s: preds %v of node %d", h.Name, p, i)
	}
	for _, id := range h.After {
		v.waits(b, i, id)
	}
	for _, p := range h.Ports {
		v.place(p.Span, h.Name+"."+p.Name)
		if p.Type == nil || p.Type == types.Invalid {
			v.t.Errorf("%s.%s has type %v", h.Name, p.Name, p.Type)
		}
	}
	if h.When != nil {
		v.expr(b, h.When, n)
	}
	switch n := n.(type) {
	case *ir.Step:
		for _, in := range n.Inputs {
			v.expr(b, in.Value, n)
			v.place(in.Span, n.Name+" input "+in.Name)
		}
		v.ports(n, func(name string) (types.Type, bool) {
			for _, o := range n.Outputs {
				if o.Name == name {
					if h.When != nil || h.Catch {
						return types.Opt(o.Type), true
					}
					return o.Type, true
				}
			}
			return nil, false
		})
		if n.Action == nil {
			v.t.Errorf("%s does nothing", n.Name)
		}
		if n.Retry.Attempts < 1 || n.Retry.Backoff < 1 || n.Retry.For == 0 {
			v.t.Errorf("%s: retry %+v", n.Name, n.Retry)
		}
	case *ir.Foreach:
		for _, it := range n.Over {
			v.expr(b, it.List, n)
		}
		v.block(n.Body, n)
		v.exportPorts(n, n.Body)
	case *ir.Switch:
		v.expr(b, n.On, n)
		for _, c := range n.Cases {
			v.block(c.Body, n)
		}
	case *ir.Loop:
		for _, c := range n.Carry {
			v.expr(b, c.Init, n)
		}
		v.block(n.Body, n)
		for _, c := range n.Carry {
			if c.Next != nil {
				v.expr(n.Body, c.Next, nil)
			}
		}
		v.expr(n.Body, n.Until, nil)
		if n.Max < 1 {
			v.t.Errorf("%s: max %d", n.Name, n.Max)
		}
		v.exportPorts(n, n.Body)
	case *ir.Group:
		if h.When == nil && !h.Catch && h.Uses == nil {
			v.t.Errorf("%s has neither gate nor catch, and is no call", n.Name)
		}
		v.block(n.Body, n)
		v.exportPorts(n, n.Body)
	}
}

// exportPorts checks that ports are exports with the boundary applied.
func (v *verifier) exportPorts(n ir.Node, body *ir.Block) {
	h := n.Head()
	v.ports(n, func(name string) (types.Type, bool) {
		for _, x := range body.Exports {
			if x.Name != name {
				continue
			}
			t := x.Type
			if h.Catch {
				t = types.Opt(t)
			}
			if _, ok := n.(*ir.Foreach); ok {
				t = types.List{Elem: t}
			}
			if h.When != nil {
				t = types.Opt(t)
			}
			return t, true
		}
		return nil, false
	})
}

func (v *verifier) ports(n ir.Node, want func(name string) (types.Type, bool)) {
	h := n.Head()
	for _, p := range h.Ports {
		t, ok := want(p.Name)
		if p.Name == "error" && h.Catch && !ok {
			continue
		}
		if !ok || !types.Equal(t, p.Type) {
			v.t.Errorf("%s.%s is %v, want %v", h.Name, p.Name, p.Type, t)
		}
	}
}

// expr checks an expression of block b, read by node n or at the block's end.
func (v *verifier) expr(b *ir.Block, e *ir.Expr, n ir.Node) {
	if e == nil {
		v.t.Errorf("block %d: an expression is missing", b.ID)
		return
	}
	v.place(e.Span, e.Text)
	if e.Type == nil || e.Type == types.Invalid || e.Code.IsZero() {
		v.t.Errorf("%s: type %v, code %v", e.Text, e.Type, e.Code)
	}
	for _, i := range e.Code.Refs() {
		if i >= len(e.Refs) {
			v.t.Errorf("%s: reference %d of %d", e.Text, i, len(e.Refs))
		}
	}
	for _, r := range e.Refs {
		v.place(r.Span, e.Text)
		if from, ok := r.From.(ir.FromBind); ok && !v.around(b, from.Block) {
			v.t.Errorf("%s: %s is bound by block %d, which is not around %d", e.Text, r.Text, from.Block, b.ID)
		}
		from, ok := r.From.(ir.FromPort)
		if !ok {
			continue
		}
		target := v.f.Node(from.Node).Head()
		if !v.around(b, target.In) {
			v.t.Errorf("%s: %s is in block %d, which is not around %d", e.Text, r.Text, target.In, b.ID)
			continue
		}
		// The reader, or what holds it, comes after the target.
		at, reader := b, n
		for at.ID != target.In {
			reader = v.f.Node(at.Owner)
			at = v.f.Block(at.Parent)
		}
		if reader == nil {
			continue
		}
		i := slices.Index(at.Nodes, reader)
		v.waits(at, i, from.Node)
	}
}

func (v *verifier) waits(b *ir.Block, i int, id ir.NodeID) {
	for _, p := range b.Preds[i] {
		if b.Nodes[p].Head().ID == id {
			return
		}
	}
	v.t.Errorf("%s does not wait for node %d", b.Nodes[i].Head().Name, id)
}

func (v *verifier) around(b *ir.Block, outer ir.BlockID) bool {
	for b.ID != outer {
		if b.ID == 0 {
			return false
		}
		b = v.f.Block(b.Parent)
	}
	return true
}

func (v *verifier) place(s diag.Span, what string) {
	if !s.Valid() {
		v.t.Errorf("%s has no place", what)
	}
}
