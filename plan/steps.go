package plan

import (
	"slices"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// contracts makes the contract of every step, in the order of the block tree.
func (b *builder) contracts() []*contract.Step {
	var out []*contract.Step
	var walk func(blk *ir.Block)
	walk = func(blk *ir.Block) {
		order, _ := b.order(blk)
		for _, it := range order {
			if it.decide != nil {
				out = append(out, b.decideContract(blk, it.decide))
				continue
			}
			n := blk.Nodes[it.node]
			if s, ok := n.(*ir.Step); ok {
				out = append(out, b.contract(blk, s))
			}
			for _, inner := range ir.Bodies(n) {
				walk(inner)
			}
		}
	}
	walk(b.flow.Body)
	return out
}

func (b *builder) contract(blk *ir.Block, s *ir.Step) *contract.Step {
	a := b.addresses()
	c := &contract.Step{
		V:      contract.Version,
		Flow:   b.flow.Name,
		Step:   s.Name,
		Doc:    s.Doc,
		Dir:    s.Dir,
		Image:  s.Image,
		Code:   s.Code,
		Catch:  s.Catch,
		Batch:  b.batch(s),
		Levels: b.levels(blk),
		Scopes: b.scopes(blk),
	}
	for _, in := range s.Inputs {
		e := a.expr(in.Value)
		e.Type = types.Encode(in.Type)
		c.Inputs = append(c.Inputs, contract.Input{Name: in.Name, Expr: e})
	}
	for _, o := range s.Outputs {
		c.Outputs = append(c.Outputs, contract.Output{Name: o.Name, Type: types.Encode(o.Type)})
	}
	switch act := s.Action.(type) {
	case *ir.Script:
		c.Script = &contract.Script{Text: act.Text, Shell: s.Shell}
	case *ir.Call:
		c.Call = &contract.Call{File: act.File, Func: act.Func}
	case *ir.Argv:
		for _, arg := range act.Args {
			out := contract.Arg{Input: arg.Input, Output: arg.Output}
			if arg.Input == "" && arg.Output == "" {
				text := arg.Text
				out.Text = &text
			}
			c.Argv = append(c.Argv, out)
		}
	}
	for _, kv := range s.Env {
		c.Env = append(c.Env, contract.KV(kv))
	}
	for _, kv := range s.Labels {
		c.Labels = append(c.Labels, contract.KV(kv))
	}
	for _, sec := range s.Secrets {
		c.Secrets = append(c.Secrets, contract.Secret{Env: sec.Env, File: sec.File, Store: sec.Store, Key: sec.Key})
	}
	c.Resources, c.Retry, c.Timeout = resources(s.Resources), retry(s.Retry), millis(s.Timeout)
	if s.Cache != nil {
		c.Cache = &contract.Cache{Version: s.Cache.Version, Lifetime: millis(s.Cache.Lifetime)}
	}
	if g := b.control(s.ID, Gate); g != nil && g.By == contract.BySelf {
		c.Gate = a.exprOrNil(s.When)
	}
	c.Decides = b.decisions(a, s.Name)
	if c.Batch > 0 {
		a.needControl(b.flow.Node(b.index.owner[s.In])) // a container must know which items are its own
	}
	c.Tables = a.tables
	if len(a.params) > 0 {
		c.Params = a.params
	}
	return c
}

func (b *builder) decideContract(blk *ir.Block, d *decideTask) *contract.Step {
	a := b.addresses()
	c := &contract.Step{
		V:       contract.Version,
		Flow:    b.flow.Name,
		Step:    d.name,
		Decide:  true,
		Levels:  b.levels(blk),
		Scopes:  b.scopes(blk),
		Decides: b.decisions(a, d.name),
		Tables:  a.tables,
	}
	if len(a.params) > 0 {
		c.Params = a.params
	}
	return c
}

// decisions fills in what a task decides.
func (b *builder) decisions(a *addresses, step string) []contract.Decision {
	var out []contract.Decision
	for _, p := range b.publish[step] {
		out = append(out, b.decision(a, p.node, p.kind))
	}
	return out
}

func (b *builder) decision(a *addresses, n ir.Node, kind ControlKind) contract.Decision {
	d := contract.Decision{Node: n.Head().Name, Kind: kind.String()}
	if kind == Gate {
		d.Expr = a.exprOrNil(n.Head().When)
		return d
	}
	if kind != Again {
		d.When = a.exprOrNil(n.Head().When)
	}
	switch n := n.(type) {
	case *ir.Foreach:
		d.Over, d.Zip, d.Max, d.Batch = a.over(n), n.Zip, n.Max, batchOf(n)
	case *ir.Switch:
		d.Expr = a.exprOrNil(n.On)
		for _, c := range n.Cases {
			if !c.Else {
				d.Labels = append(d.Labels, c.Label)
			}
		}
	case *ir.Loop:
		d.Expr, d.Max, d.Stop = a.exprOrNil(n.Until), n.Max, n.Stop
		a.block(n) // its place tells the decider which index counts the iterations
		for i := range n.Carry {
			if c := &n.Carry[i]; dependsOnCarry(n, c) {
				d.Carry = append(d.Carry, c.Name)
				a.needCarry(n, c.Name)
			}
		}
	}
	return d
}

// levels names the foreach or loop that each index of a path in blk belongs to.
func (b *builder) levels(blk *ir.Block) []string {
	var out []string
	for blk.ID != 0 {
		owner := b.flow.Node(blk.Owner)
		switch owner.(type) {
		case *ir.Foreach, *ir.Loop:
			out = append(out, owner.Head().Name)
		}
		blk = b.flow.Block(owner.Head().In)
	}
	slices.Reverse(out)
	return out
}

// scopes lists the catch scopes around a block, innermost first. That of a
// foreach is one item, that of another block the whole block.
func (b *builder) scopes(blk *ir.Block) []contract.Scope {
	var out []contract.Scope
	for blk.ID != 0 {
		owner := b.flow.Node(blk.Owner)
		around := b.flow.Block(owner.Head().In)
		if b.isScope(owner) {
			depth := int(around.Depth)
			if _, each := owner.(*ir.Foreach); each {
				depth++
			}
			out = append(out, contract.Scope{Node: owner.Head().Name, Depth: depth})
		}
		blk = around
	}
	return out
}

func resources(r ir.Resources) *contract.Resources {
	if r == (ir.Resources{}) {
		return nil
	}
	out := contract.Resources(r)
	return &out
}

func retry(r ir.Retry) *contract.Retry {
	if r.Attempts <= 1 {
		return nil
	}
	out := &contract.Retry{Attempts: r.Attempts, Delay: millis(r.Delay), MaxDelay: millis(r.MaxDelay)}
	if r.Backoff != 1 {
		out.Backoff = r.Backoff
	}
	if r.For != 0 && r.For != ir.RetryAll {
		for _, k := range []struct {
			bit  ir.RetryFor
			name string
		}{{ir.RetryError, "error"}, {ir.RetryOOM, "oom"}, {ir.RetryEvicted, "evicted"}, {ir.RetryTimeout, "timeout"}} {
			if r.For&k.bit != 0 {
				out.For = append(out.For, k.name)
			}
		}
	}
	return out
}

func millis(d time.Duration) int64 { return d.Milliseconds() }
