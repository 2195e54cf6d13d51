package draw

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// The flows of these tests are written as trees without ids; finish numbers
// them and resolves what their expressions name.

var (
	file   = types.File
	float  = types.Float
	str    = types.String
	listOf = func(t types.Type) types.Type { return types.List{Elem: t} }
	opt    = func(t types.Type) types.Type { return types.Optional{Elem: t} }
)

func ex(text string) *ir.Expr { return &ir.Expr{Text: text} }

func port(name string, t types.Type) ir.Port { return ir.Port{Name: name, Type: t} }

// in makes inputs of "name" or "name = expression".
func in(inputs ...string) []ir.Input {
	var out []ir.Input
	for _, s := range inputs {
		name, text, ok := strings.Cut(s, " = ")
		if !ok {
			text = s
			name = s[strings.LastIndexByte(s, '.')+1:]
		}
		out = append(out, ir.Input{Name: name, Value: ex(text)})
	}
	return out
}

// export makes exports of "name" or "name = expression", each with a type.
func export(t types.Type, exports ...string) []ir.Export {
	var out []ir.Export
	for _, i := range in(exports...) {
		out = append(out, ir.Export{Name: i.Name, Value: i.Value, Type: t})
	}
	return out
}

func step(name, run string, inputs []ir.Input, ports ...ir.Port) *ir.Step {
	return &ir.Step{
		Base:    ir.Base{Name: name, Ports: ports},
		Inputs:  inputs,
		Outputs: ports,
		Action:  &ir.Script{Text: run},
	}
}

func python(name, fn string, inputs []ir.Input, ports ...ir.Port) *ir.Step {
	s := step(name, "", inputs, ports...)
	file, fn, _ := strings.Cut(fn, ":")
	s.Action = &ir.Call{File: file, Func: fn}
	return s
}

func gated(when string, n ir.Node) ir.Node {
	n.Head().When = ex(when)
	return n
}

func over(iters ...string) []ir.Iter {
	var out []ir.Iter
	for _, s := range iters {
		name, list, _ := strings.Cut(s, " in ")
		out = append(out, ir.Iter{Var: name, List: ex(list)})
	}
	return out
}

func foreach(name string, iters []ir.Iter, body ...ir.Node) *ir.Foreach {
	n := &ir.Foreach{Base: ir.Base{Name: name}, Over: iters, Body: &ir.Block{Nodes: body}}
	for _, it := range iters {
		n.Body.Binds = append(n.Body.Binds, ir.Bind{Name: it.Var, Kind: ir.BindItem})
	}
	return n
}

// finisher numbers nodes and blocks and resolves names.
type finisher struct {
	t     *testing.T
	flow  *ir.Flow
	node  ir.NodeID
	block ir.BlockID
	after map[string][]string // node -> nodes that it waits for
	named map[string]ir.Node
}

func finish(t *testing.T, f *ir.Flow, after map[string][]string) *ir.Flow {
	t.Helper()
	fin := &finisher{t: t, flow: f, after: after, named: map[string]ir.Node{}}
	fin.number(f.Body, 0)
	f.Seal()
	fin.resolve(f.Body, nil)
	for i := range f.Exports {
		fin.expr(f.Exports[i].Value, f.Body, nil)
	}
	return f
}

func (fin *finisher) number(b *ir.Block, owner ir.NodeID) {
	b.ID, b.Owner = fin.block, owner
	fin.block++
	for _, n := range b.Nodes {
		fin.node++
		n.Head().ID, n.Head().In = fin.node, b.ID
		if _, ok := fin.named[n.Head().Name]; !ok {
			fin.named[n.Head().Name] = n // of a foreach and its step, the foreach
		}
		for _, inner := range ir.Bodies(n) {
			fin.number(inner, n.Head().ID)
		}
	}
}

func (fin *finisher) resolve(b *ir.Block, around []*ir.Block) {
	b.Preds = make([][]int32, len(b.Nodes))
	scope := append(slices.Clip(around), b)
	for i, n := range b.Nodes {
		for _, name := range fin.after[n.Head().Name] {
			n.Head().After = append(n.Head().After, fin.named[name].Head().ID)
		}
		var reads []ir.Ref
		read := func(e *ir.Expr) { reads = append(reads, fin.expr(e, b, scope)...) }
		read(n.Head().When)
		switch n := n.(type) {
		case *ir.Step:
			for _, in := range n.Inputs {
				read(in.Value)
			}
		case *ir.Foreach:
			for _, it := range n.Over {
				read(it.List)
			}
		case *ir.Switch:
			read(n.On)
		case *ir.Loop:
			for _, c := range n.Carry {
				read(c.Init)
			}
		}
		for _, inner := range ir.Bodies(n) {
			fin.resolve(inner, scope)
			for _, x := range inner.Exports {
				fin.expr(x.Value, inner, append(scope, inner))
			}
		}
		if loop, ok := n.(*ir.Loop); ok {
			inside := append(scope, loop.Body)
			fin.expr(loop.Until, loop.Body, inside)
			for _, c := range loop.Carry {
				fin.expr(c.Next, loop.Body, inside)
			}
		}
		for j, m := range b.Nodes {
			id := m.Head().ID
			if slices.Contains(n.Head().After, id) || slices.ContainsFunc(reads, func(r ir.Ref) bool {
				from, ok := r.From.(ir.FromPort)
				return ok && from.Node == id
			}) {
				b.Preds[i] = append(b.Preds[i], int32(j))
			}
		}
	}
}

var names2 = regexp.MustCompile(`"[^"]*"|[a-z_][a-z0-9_]*(\.[a-z0-9_]+)?`)

func (fin *finisher) expr(e *ir.Expr, b *ir.Block, scope []*ir.Block) []ir.Ref {
	if e == nil {
		return nil
	}
	for _, name := range names2.FindAllString(e.Text, -1) {
		if from := fin.source(name, scope); from != nil {
			e.Refs = append(e.Refs, ir.Ref{From: from, Text: name})
		}
	}
	return e.Refs
}

func (fin *finisher) source(name string, scope []*ir.Block) ir.Source {
	first, rest, _ := strings.Cut(name, ".")
	if first == "params" {
		for i, p := range fin.flow.Params {
			if p.Name == rest {
				return ir.FromParam(i)
			}
		}
	}
	for _, b := range scope {
		for i, bind := range b.Binds {
			if bind.Name == first {
				return ir.FromBind{Block: b.ID, Bind: int32(i)}
			}
		}
	}
	if n := fin.named[first]; n != nil {
		for i, p := range n.Head().Ports {
			if p.Name == rest {
				return ir.FromPort{Node: n.Head().ID, Port: int32(i)}
			}
		}
	}
	if rest != "" {
		fin.t.Fatalf("nothing is called %s", name)
	}
	return nil
}
