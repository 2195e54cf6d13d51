package random

import (
	"errors"
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// ErrFailed says that the flow as a whole fails: a step failed and nothing around it catches.
var ErrFailed = errors.New("the flow fails")

// Interpret says what the exports of a random flow come to with the defaults
// of its params, or ErrFailed.
func Interpret(f *ir.Flow) (map[string]any, error) {
	in := &interpreter{flow: f}
	for _, p := range f.Params {
		v, err := types.UnmarshalValue(p.Type, p.Default.JSON)
		if err != nil {
			return nil, err
		}
		in.params = append(in.params, v)
	}
	top := &frame{block: f.Body}
	if err := in.run(top); err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, x := range f.Exports {
		v, err := in.eval(x.Value, top)
		if err != nil {
			return nil, err
		}
		out[x.Name] = types.Widen(x.Value.Type, x.Type, v)
	}
	return out, nil
}

type interpreter struct {
	flow   *ir.Flow
	params []any
}

// frame is one execution of a block: the values of its binds and of its nodes' ports.
type frame struct {
	block *ir.Block
	up    *frame
	binds []any
	ports map[ir.NodeID]map[string]any
}

func (in *interpreter) inner(b *ir.Block, up *frame, bind func(ir.Bind, int) any) *frame {
	f := &frame{block: b, up: up}
	items := 0
	for _, x := range b.Binds {
		f.binds = append(f.binds, bind(x, items))
		if x.Kind == ir.BindItem {
			items++
		}
	}
	return f
}

func (in *interpreter) run(f *frame) error {
	f.ports = map[ir.NodeID]map[string]any{}
	for _, n := range f.block.Nodes {
		ports, err := in.node(n, f)
		if err != nil {
			return err
		}
		f.ports[n.Head().ID] = ports
	}
	return nil
}

// node runs a node; its ports are nil where it did not run.
func (in *interpreter) node(n ir.Node, f *frame) (map[string]any, error) {
	if w := n.Head().When; w != nil {
		open, err := in.eval(w, f)
		if err != nil || open != true {
			return nil, err
		}
	}
	switch n := n.(type) {
	case *ir.Step:
		return in.step(n, f)
	case *ir.Foreach:
		return in.foreach(n, f)
	case *ir.Switch:
		return in.choose(n, f)
	}
	var ports map[string]any
	var err error
	switch n := n.(type) {
	case *ir.Loop:
		ports, err = in.loop(n, f)
	case *ir.Group:
		body := in.inner(n.Body, f, nil)
		if err = in.run(body); err == nil {
			ports, err = in.exports(body)
		}
	}
	if err != nil && n.Head().Catch && errors.Is(err, ErrFailed) {
		return map[string]any{"error": map[string]any{}}, nil
	}
	return ports, err
}

func (in *interpreter) step(s *ir.Step, f *frame) (map[string]any, error) {
	var inputs []string
	for _, i := range s.Inputs {
		v, err := in.eval(i.Value, f)
		if err != nil {
			return nil, err
		}
		text := "nil"
		if v != nil {
			text = types.Text(i.Type, v)
		}
		inputs = append(inputs, text)
	}
	script := s.Action.(*ir.Script).Text
	_, name, _ := strings.Cut(script, "printf '%s|' '")
	name, _, _ = strings.Cut(name, "'")
	ports, ok := outcome(script, name, inputs)
	switch {
	case ok:
		return ports, nil
	case s.Catch:
		return map[string]any{"error": map[string]any{}}, nil
	}
	return nil, fmt.Errorf("%w at %s", ErrFailed, s.Name)
}

func (in *interpreter) foreach(n *ir.Foreach, f *frame) (map[string]any, error) {
	var lists [][]any
	total := 1
	for _, it := range n.Over {
		v, err := in.eval(it.List, f)
		if err != nil {
			return nil, err
		}
		lists = append(lists, v.([]any))
		total *= len(v.([]any))
	}
	gathered := map[string]any{}
	for _, p := range n.Ports {
		gathered[p.Name] = []any{}
	}
	single := len(n.Body.Nodes) == 1 && n.Body.Nodes[0].Head().Name == n.Name
	for i := range total {
		at := make([]int, len(lists)) // the last list varies fastest
		for k, rest := len(lists)-1, i; k >= 0; k-- {
			at[k], rest = rest%len(lists[k]), rest/len(lists[k])
		}
		body := in.inner(n.Body, f, func(b ir.Bind, item int) any {
			if b.Kind == ir.BindIndex {
				return int64(i)
			}
			return lists[item][at[item]]
		})
		var ports map[string]any
		err := in.run(body)
		if err == nil {
			ports, err = in.exports(body)
		}
		if err != nil {
			if !n.Catch || single || !errors.Is(err, ErrFailed) {
				return nil, err
			}
			ports = map[string]any{"error": map[string]any{}}
		}
		for name, list := range gathered {
			gathered[name] = append(list.([]any), ports[name])
		}
	}
	return gathered, nil
}

func (in *interpreter) choose(n *ir.Switch, f *frame) (map[string]any, error) {
	on, err := in.eval(n.On, f)
	if err != nil {
		return nil, err
	}
	for _, c := range n.Cases {
		if c.Else || c.Label == fmt.Sprint(on) {
			body := in.inner(c.Body, f, nil)
			if err := in.run(body); err != nil {
				return nil, err
			}
			return in.exports(body)
		}
	}
	return nil, fmt.Errorf("no case of %s for %v", n.Name, on)
}

func (in *interpreter) loop(n *ir.Loop, f *frame) (map[string]any, error) {
	carried := map[string]any{}
	for _, c := range n.Carry {
		v, err := in.eval(c.Init, f)
		if err != nil {
			return nil, err
		}
		carried[c.Name] = v
	}
	for i := 0; ; i++ {
		body := in.inner(n.Body, f, func(b ir.Bind, _ int) any {
			if b.Kind == ir.BindIteration {
				return int64(i)
			}
			return carried[b.Name]
		})
		if err := in.run(body); err != nil {
			return nil, err
		}
		done, err := in.eval(n.Until, body)
		if err != nil {
			return nil, err
		}
		if done == true || n.Stop && i+1 == n.Max {
			return in.exports(body)
		}
		if i+1 == n.Max {
			return nil, fmt.Errorf("%w: %s is at its bound", ErrFailed, n.Name)
		}
		next := map[string]any{}
		for _, c := range n.Carry {
			next[c.Name] = carried[c.Name]
			if c.Next != nil {
				if next[c.Name], err = in.eval(c.Next, body); err != nil {
					return nil, err
				}
			}
		}
		carried = next
	}
}

func (in *interpreter) exports(f *frame) (map[string]any, error) {
	out := map[string]any{}
	for _, x := range f.block.Exports {
		v, err := in.eval(x.Value, f)
		if err != nil {
			return nil, err
		}
		out[x.Name] = v
	}
	return out, nil
}

func (in *interpreter) eval(e *ir.Expr, f *frame) (any, error) {
	return expr.Eval(e.Code, func(i int) (any, error) {
		switch from := e.Refs[i].From.(type) {
		case ir.FromParam:
			return in.params[from], nil
		case ir.FromBind:
			for f := f; f != nil; f = f.up {
				if f.block.ID == from.Block {
					return f.binds[from.Bind], nil
				}
			}
		case ir.FromPort:
			head := in.flow.Node(from.Node).Head()
			for f := f; f != nil; f = f.up {
				if f.block.ID == head.In {
					return f.ports[from.Node][head.Ports[from.Port].Name], nil
				}
			}
		}
		return nil, fmt.Errorf("%s is not in scope", e.Refs[i].Text)
	})
}
