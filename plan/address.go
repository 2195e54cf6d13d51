package plan

import (
	"fmt"
	"slices"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// addresses turns expressions into address form and collects what their
// readers must know, no more: only ports that are reached get into the tables.
type addresses struct {
	b      *builder
	tables contract.Tables
	params map[string]string
}

func (b *builder) addresses() *addresses {
	return &addresses{b: b, params: map[string]string{}}
}

// expr translates an expression.
func (a *addresses) expr(e *ir.Expr) contract.Expr {
	out := contract.Expr{Type: types.Encode(e.Type)}
	if _, bare := e.Code.Ref(); !bare || len(e.Refs) != 1 {
		code, err := e.Code.MarshalJSON()
		if err != nil {
			panic("plan: " + err.Error())
		}
		out.Code = code
	}
	for _, r := range e.Refs {
		out.Refs = append(out.Refs, a.ref(r))
	}
	return out
}

func (a *addresses) exprOrNil(e *ir.Expr) *contract.Expr {
	if e == nil {
		return nil
	}
	out := a.expr(e)
	return &out
}

func (a *addresses) ref(r ir.Ref) contract.Ref {
	out := contract.Ref{Type: types.Encode(r.Type)}
	flow := a.b.flow
	switch from := r.From.(type) {
	case ir.FromParam:
		p := flow.Params[from]
		out.Param = p.Name
		a.params[p.Name] = types.Encode(p.Type)
	case ir.FromPort:
		n := flow.Node(from.Node)
		port := n.Head().Ports[from.Port].Name
		out.Port = port
		if s, ok := n.(*ir.Step); ok {
			out.Step = s.Name
			a.needStep(s)
		} else {
			out.Block = n.Head().Name
			a.needPort(n, port)
		}
	case ir.FromBind:
		a.bind(&out, flow.Block(from.Block), int(from.Bind))
	default:
		panic(fmt.Sprintf("plan: reference of unknown kind %T", r.From))
	}
	return out
}

func (a *addresses) bind(out *contract.Ref, blk *ir.Block, i int) {
	owner := a.b.flow.Node(blk.Owner)
	name := owner.Head().Name
	switch blk.Binds[i].Kind {
	case ir.BindItem:
		out.Item = name
		for _, earlier := range blk.Binds[:i] {
			if earlier.Kind == ir.BindItem {
				out.Var++
			}
		}
		a.needItems(owner.(*ir.Foreach))
	case ir.BindIndex, ir.BindIteration:
		out.Index = name
		a.block(owner)
	case ir.BindCarry:
		out.Carry, out.Port = name, blk.Binds[i].Name
		a.needCarry(owner.(*ir.Loop), out.Port)
	}
}

func (a *addresses) needStep(s *ir.Step) {
	if _, ok := a.tables.Steps[s.Name]; ok {
		return
	}
	if a.tables.Steps == nil {
		a.tables.Steps = map[string]contract.StepPlace{}
	}
	place := contract.StepPlace{Depth: int(a.b.flow.Block(s.In).Depth), Catch: s.Catch, Batch: a.b.batch(s)}
	if s.Retry.Attempts > 1 {
		place.Retry = s.Retry.Attempts
	}
	if g := a.b.control(s.ID, Gate); g != nil && g.By != contract.BySelf {
		place.Gate = g
	}
	a.tables.Steps[s.Name] = place
}

// block makes sure that a block is in the table, without any of its ports.
func (a *addresses) block(n ir.Node) contract.BlockPlace {
	head := n.Head()
	if place, ok := a.tables.Blocks[head.Name]; ok {
		return place
	}
	if a.tables.Blocks == nil {
		a.tables.Blocks = map[string]contract.BlockPlace{}
	}
	place := contract.BlockPlace{
		Kind:  kindOf(n),
		Depth: int(a.b.flow.Block(head.In).Depth),
		Gate:  a.b.control(head.ID, Gate),
		Catch: a.b.isScope(n),
	}
	switch n := n.(type) {
	case *ir.Foreach:
		place.Zip, place.Batch = n.Zip, batchOf(n)
		if s := a.b.index.single[n.ID]; s != nil && (n.Pack || batchOf(n) > 0) {
			place.Pages = s.Name
		}
	case *ir.Switch:
		for _, c := range n.Cases {
			place.Cases = append(place.Cases, contract.CasePlace{Label: c.Label, Else: c.Else})
		}
	}
	a.tables.Blocks[head.Name] = place
	return place
}

// needPort adds a port of a block: how to decide what it is made of, and the
// export itself.
func (a *addresses) needPort(n ir.Node, port string) {
	place := a.needControl(n)
	head := n.Head()
	if port == "error" && place.Catch {
		return // the scope's own record, no export
	}
	if sw, ok := n.(*ir.Switch); ok {
		place.Cases = slices.Clone(place.Cases)
		for i, c := range sw.Cases {
			if _, have := place.Cases[i].Exports[port]; have {
				return
			}
			if x := findExport(c.Body, port); x != nil {
				exports := copyMap(place.Cases[i].Exports)
				exports[port] = contract.Expr{} // a mark: nothing below adds it again
				place.Cases[i].Exports = exports
				a.tables.Blocks[head.Name] = place
				e := a.expr(x.Value)
				place = a.tables.Blocks[head.Name]
				place.Cases[i].Exports[port] = e
			}
		}
		a.tables.Blocks[head.Name] = place
		return
	}
	if _, have := place.Exports[port]; have {
		return
	}
	x := findExport(ir.Bodies(n)[0], port)
	if x == nil {
		panic(fmt.Sprintf("plan: %s has port %s without an export", head.Name, port))
	}
	place.Exports = copyMap(place.Exports)
	place.Exports[port] = contract.Expr{}
	a.tables.Blocks[head.Name] = place
	e := a.expr(x.Value)
	a.tables.Blocks[head.Name].Exports[port] = e
}

// needControl adds how a block's own decision is found.
func (a *addresses) needControl(n ir.Node) contract.BlockPlace {
	place := a.block(n)
	if place.Control != nil {
		return place
	}
	kind, ok := mainKind(n)
	if !ok {
		return place
	}
	place.Control = a.b.control(n.Head().ID, kind)
	a.tables.Blocks[n.Head().Name] = place
	if place.Control.By == contract.ByAlias {
		a.needControl(a.b.aliasOf(n.Head().ID))
	}
	return place
}

// needItems adds what an item of a foreach is computed from.
func (a *addresses) needItems(fe *ir.Foreach) {
	place := a.needControl(fe)
	if place.Control.By != contract.ByAlias || place.Over != nil {
		return
	}
	place.Over = []contract.Over{{}}
	a.tables.Blocks[fe.Name] = place
	over := a.over(fe)
	place = a.tables.Blocks[fe.Name]
	place.Over = over
	a.tables.Blocks[fe.Name] = place
}

func (a *addresses) over(fe *ir.Foreach) []contract.Over {
	var out []contract.Over
	items := 0
	for _, bind := range fe.Body.Binds {
		if bind.Kind != ir.BindItem {
			continue
		}
		list := fe.Over[items].List
		_, isMap := list.Type.(types.Map)
		out = append(out, contract.Over{Expr: a.expr(list), Item: types.Encode(bind.Type), Map: isMap})
		items++
	}
	return out
}

func (a *addresses) needCarry(loop *ir.Loop, name string) {
	place := a.needControl(loop)
	if _, have := place.Carry[name]; have {
		return
	}
	i := slices.IndexFunc(loop.Carry, func(c ir.Carry) bool { return c.Name == name })
	c := loop.Carry[i]
	place.Carry = copyMap(place.Carry)
	place.Carry[name] = contract.Carry{}
	a.tables.Blocks[loop.Name] = place
	out := contract.Carry{Init: a.expr(c.Init), Next: a.exprOrNil(c.Next), Type: types.Encode(c.Type)}
	a.tables.Blocks[loop.Name].Carry[name] = out
}

func findExport(b *ir.Block, name string) *ir.Export {
	for i := range b.Exports {
		if b.Exports[i].Name == name {
			return &b.Exports[i]
		}
	}
	return nil
}

func copyMap[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	return out
}

func kindOf(n ir.Node) contract.Kind {
	switch n.(type) {
	case *ir.Foreach:
		return contract.KindForeach
	case *ir.Switch:
		return contract.KindSwitch
	case *ir.Loop:
		return contract.KindLoop
	case *ir.Group:
		return contract.KindGroup
	}
	return contract.KindStep
}

func mainKind(n ir.Node) (ControlKind, bool) {
	switch n.(type) {
	case *ir.Foreach:
		return Count, true
	case *ir.Switch:
		return Case, true
	case *ir.Loop:
		return Again, true
	}
	return 0, false
}

// isScope reports whether a failure inside n is caught by n as a block. A
// foreach over one step catches in that step's own result.
func (b *builder) isScope(n ir.Node) bool {
	if _, step := n.(*ir.Step); step || b.index.single[n.Head().ID] != nil {
		return false
	}
	return n.Head().Catch
}

// batch is the number of items that one container of s runs; 0 is one item.
func (b *builder) batch(s *ir.Step) int {
	if fe, ok := b.flow.Node(b.index.owner[s.In]).(*ir.Foreach); ok && b.flow.Block(s.In).ID == fe.Body.ID {
		return batchOf(fe)
	}
	return 0
}

func batchOf(fe *ir.Foreach) int {
	if fe.Batch > 1 {
		return fe.Batch
	}
	return 0
}
