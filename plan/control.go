package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/control"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/types"
)

// ControlKind says what is decided about a node.
type ControlKind uint8

const (
	Gate  ControlKind = iota // does it run at all
	Count                    // foreach: how many items
	Case                     // switch: which case
	Again                    // loop: one more iteration
)

func (k ControlKind) String() string {
	return [...]string{contract.DecideGate, contract.DecideCount, contract.DecideCase, contract.DecideAgain}[k]
}

// Control is one thing to be decided at run time, and who decides it.
type Control struct {
	Node ir.NodeID
	Kind ControlKind
	By   Decider
}

// Decider is ByConst, ByAlias, ByInit, ByStep, BySelf or ByDecide.
type Decider interface{ decider() }

type (
	// ByConst: known at compile time.
	ByConst struct{ Value *record.Control }
	// ByAlias: the same number of items as another foreach.
	ByAlias struct{ Of ir.NodeID }
	// ByInit: depends on params only; the run's first task decides.
	ByInit struct{}
	// ByStep: that step publishes it with its result. Hoisted counts the blocks
	// between the node and the block that the step stands in.
	ByStep struct {
		Step    ir.NodeID
		Hoisted int
	}
	// BySelf: the step's own task evaluates its gate and skips itself.
	BySelf struct{}
	// ByDecide: a task made for it, in that block.
	ByDecide struct {
		Name  string
		Block ir.BlockID
	}
)

func (ByConst) decider()  {}
func (ByAlias) decider()  {}
func (ByInit) decider()   {}
func (ByStep) decider()   {}
func (BySelf) decider()   {}
func (ByDecide) decider() {}

// nodeControls are the controls of one node, as indices into the side table; -1 where it has none.
type nodeControls struct{ gate, main int }

// published is a control that some task decides.
type published struct {
	node ir.Node
	kind ControlKind
}

// decideTask is a task that only evaluates decisions.
type decideTask struct {
	name  string
	node  ir.NodeID
	block ir.BlockID
	at    int32   // index in the block's Nodes that it stands before; len for the end
	needs []int32 // indices into the block's Nodes
}

// decideAll fills the side table.
func (b *builder) decideAll() {
	b.byNode = map[ir.NodeID]*nodeControls{}
	b.decides = map[ir.BlockID][]*decideTask{}
	b.publish = map[string][]published{}
	for n := range b.flow.All() {
		head := n.Head()
		c := &nodeControls{-1, -1}
		if head.When != nil {
			c.gate = b.decide(n, Gate)
		}
		switch n.(type) {
		case *ir.Foreach:
			c.main = b.decide(n, Count)
		case *ir.Switch:
			c.main = b.decide(n, Case)
		case *ir.Loop:
			c.main = b.decide(n, Again)
		}
		if c.gate >= 0 || c.main >= 0 {
			b.byNode[head.ID] = c
		}
	}
}

// operands returns the expressions that a control evaluates.
func operands(n ir.Node, kind ControlKind) []*ir.Expr {
	var out []*ir.Expr
	if w := n.Head().When; w != nil && kind != Again {
		out = append(out, w)
	}
	switch n := n.(type) {
	case *ir.Foreach:
		if kind == Count {
			for _, it := range n.Over {
				out = append(out, it.List)
			}
		}
	case *ir.Switch:
		if kind == Case {
			out = append(out, n.On)
		}
	case *ir.Loop:
		if kind == Again {
			out = append(out, n.Until)
			for i := range n.Carry {
				if dependsOnCarry(n, &n.Carry[i]) {
					out = append(out, n.Carry[i].Next)
				}
			}
		}
	}
	return out
}

// dependsOnCarry reports whether a carried value is computed from what the loop
// carries. The task that decides whether the loop goes on computes it too, once.
func dependsOnCarry(n *ir.Loop, c *ir.Carry) bool {
	return c.Next != nil && slices.ContainsFunc(c.Next.Refs, func(r ir.Ref) bool {
		from, ok := r.From.(ir.FromBind)
		return ok && from.Block == n.Body.ID && n.Body.Binds[from.Bind].Kind == ir.BindCarry
	})
}

// decide finds the decider of one control; ARCHITECTURE.md has the rule in
// prose, under "Who decides".
func (b *builder) decide(n ir.Node, kind ControlKind) int {
	c := Control{Node: n.Head().ID, Kind: kind}
	exprs := operands(n, kind)
	c.By = b.findDecider(n, kind, exprs)
	b.controls = append(b.controls, c)
	return len(b.controls) - 1
}

func (b *builder) findDecider(n ir.Node, kind ControlKind, exprs []*ir.Expr) Decider {
	if by, ok := b.constant(n, kind, exprs); ok {
		return by
	}
	if of, ok := b.aliased(n, kind); ok {
		return ByAlias{of}
	}
	blk, v, hoisted := b.home(n, kind, exprs)
	local, binds := b.reads(blk, exprs)
	if len(local) == 0 && !binds && blk.Owner == 0 && (blk.ID == 0) && b.paramsOnly(exprs) {
		b.publishBy(contract.InitStep, n, kind)
		return ByInit{}
	}
	if e, ok := b.step(blk, v, local); ok {
		s := blk.Nodes[e].(*ir.Step)
		b.publishBy(s.Name, n, kind)
		return ByStep{Step: s.ID, Hoisted: hoisted}
	}
	if _, isStep := n.(*ir.Step); isStep && kind == Gate {
		return BySelf{}
	}
	return b.insert(blk, v, local, n, kind)
}

// constant evaluates a control that reads nothing. An evaluation that fails is
// left to init, whose error then names the run. Whether a loop goes on also
// depends on the iteration, so it never is a constant.
func (b *builder) constant(n ir.Node, kind ControlKind, exprs []*ir.Expr) (Decider, bool) {
	if kind == Again || slices.ContainsFunc(exprs, func(e *ir.Expr) bool { return len(e.Refs) > 0 }) {
		return nil, false
	}
	none := func(i int) (any, error) { return nil, fmt.Errorf("a constant has no reference %d", i) }
	d := b.decision(b.addresses(), n, kind)
	value, err := control.Evaluate(&d, 0, func(e *contract.Expr) (any, error) {
		var code expr.Code
		if err := code.UnmarshalJSON(e.Code); err != nil {
			return nil, err
		}
		return expr.Eval(code, none)
	})
	if err != nil {
		return nil, false
	}
	return ByConst{value}, true
}

// aliased finds a foreach over nothing but what another one gathered: it has
// as many items, and item i is computed from that one's item i.
func (b *builder) aliased(n ir.Node, kind ControlKind) (ir.NodeID, bool) {
	fe, ok := n.(*ir.Foreach)
	if !ok || kind != Count || fe.When != nil || len(fe.Over) != 1 {
		return 0, false
	}
	list := fe.Over[0].List
	if _, bare := list.Code.Ref(); !bare || len(list.Refs) != 1 {
		return 0, false
	}
	port, ok := list.Refs[0].From.(ir.FromPort)
	if !ok {
		return 0, false
	}
	of, ok := b.flow.Node(port.Node).(*ir.Foreach)
	if !ok || of.When != nil {
		return 0, false
	}
	return of.ID, true
}

// home returns the block in which a control is decided, the index there of the
// node that waits for it, and how many blocks further out that is. A control
// moves outwards past blocks of which it reads nothing, so that it is decided
// once; but only if its evaluation cannot fail, since it may turn out not to
// be needed there.
func (b *builder) home(n ir.Node, kind ControlKind, exprs []*ir.Expr) (blk *ir.Block, v int32, hoisted int) {
	if loop, ok := n.(*ir.Loop); ok && kind == Again {
		return loop.Body, int32(len(loop.Body.Nodes)), 0
	}
	blk, v = b.blockOf(n.Head().ID), b.index.pos[n.Head().ID]
	for blk.ID != 0 && allPlain(exprs) {
		if local, binds := b.reads(blk, exprs); len(local) > 0 || binds {
			break
		}
		owner := b.index.owner[blk.ID]
		blk, v = b.blockOf(owner), b.index.pos[owner]
		hoisted++
	}
	return blk, v, hoisted
}

// allPlain reports whether no evaluation can fail, nor depend on a narrowing
// that holds only further in.
func allPlain(exprs []*ir.Expr) bool {
	for _, e := range exprs {
		if !plain(e, e.Code) {
			return false
		}
		for _, r := range e.Refs {
			if r.Narrowed {
				return false
			}
		}
	}
	return true
}

// plain reports whether c, a part of e, does nothing that can fail: it reads,
// picks fields of records, lists, counts up.
func plain(e *ir.Expr, c expr.Code) bool {
	switch c.Op() {
	case expr.OpRef, expr.OpConst, expr.OpList, expr.OpAs:
	case expr.OpField:
		if _, ok := typeOf(e, c.Args()[0]).(types.Record); !ok {
			return false
		}
	case expr.OpCall:
		if c.Name() != "range" {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(c.Args(), func(a expr.Code) bool { return !plain(e, a) })
}

// typeOf is the type of a reference or of a field of one; nil of anything else.
func typeOf(e *ir.Expr, c expr.Code) types.Type {
	if i, ok := c.Ref(); ok {
		return e.Refs[i].Type
	}
	if c.Op() == expr.OpField {
		if r, ok := typeOf(e, c.Args()[0]).(types.Record); ok {
			if i := slices.IndexFunc(r.Fields, func(f types.Field) bool { return f.Name == c.Name() }); i >= 0 {
				return r.Fields[i].Type
			}
		}
	}
	return nil
}

// reads returns which nodes of blk the expressions read, as sorted indices, and
// whether they read a bind of blk.
func (b *builder) reads(blk *ir.Block, exprs []*ir.Expr) (local []int32, binds bool) {
	for _, e := range exprs {
		for _, r := range e.Refs {
			switch from := r.From.(type) {
			case ir.FromPort:
				if b.flow.Node(from.Node).Head().In == blk.ID {
					local = append(local, b.index.pos[from.Node])
				}
			case ir.FromBind:
				binds = binds || from.Block == blk.ID
			}
		}
	}
	slices.Sort(local)
	return slices.Compact(local), binds
}

func (b *builder) paramsOnly(exprs []*ir.Expr) bool {
	for _, e := range exprs {
		for _, r := range e.Refs {
			if _, ok := r.From.(ir.FromParam); !ok {
				return false
			}
		}
	}
	return true
}

// step finds a step of blk that can decide for node v: one that always runs,
// ends before v starts, and after everything that is read.
func (b *builder) step(blk *ir.Block, v int32, local []int32) (int32, bool) {
	var candidates []int32
	if len(local) > 0 {
		candidates = append(candidates, local[len(local)-1])
	}
	if int(v) < len(blk.Nodes) {
		preds := slices.Clone(blk.Preds[v])
		slices.Reverse(preds)
		candidates = append(candidates, preds...)
	} else if len(local) == 0 {
		// The end of a loop's body: any step that runs once an iteration will do.
		for i := len(blk.Nodes) - 1; i >= 0; i-- {
			candidates = append(candidates, int32(i))
		}
	}
	for _, e := range candidates {
		if s, ok := blk.Nodes[e].(*ir.Step); ok && s.When == nil && precedes(blk, local, e) {
			return e, true
		}
	}
	return 0, false
}

// insert adds a task that does nothing but decide.
func (b *builder) insert(blk *ir.Block, v int32, local []int32, n ir.Node, kind ControlKind) Decider {
	head := n.Head()
	var task *decideTask
	for _, d := range b.decides[blk.ID] {
		if d.node == head.ID {
			task = d
		}
	}
	if task == nil {
		task = &decideTask{name: decideName(head.Name, kind), node: head.ID, block: blk.ID, at: v}
		b.decides[blk.ID] = append(b.decides[blk.ID], task)
		b.noteDecide(blk, local, n, kind)
	}
	task.needs = slices.Compact(sorted(append(task.needs, local...)))
	b.publishBy(task.name, n, kind)
	return ByDecide{Name: task.name, Block: blk.ID}
}

// decideName is unique in the plan: a gate may be decided in another block than
// the rest, and a loop's test always is.
func decideName(node string, kind ControlKind) string {
	switch kind {
	case Gate:
		return contract.GatePrefix + node
	case Again:
		return contract.AgainPrefix + node
	}
	return contract.DecidePrefix + node
}

func sorted(s []int32) []int32 { slices.Sort(s); return s }

func (b *builder) noteDecide(blk *ir.Block, local []int32, n ir.Node, kind ControlKind) {
	var names []string
	for _, i := range local {
		names = append(names, blk.Nodes[i].Head().Name)
	}
	what := map[ControlKind]string{Gate: "whether it runs", Count: "the number of its items", Case: "its case", Again: "whether it goes on"}[kind]
	d := b.notes.Note(diag.DecideTask, n.Head().Span, fmt.Sprintf("%s needs a task of its own to decide %s", n.Head().Name, what))
	switch len(names) {
	case 0:
		d.Because("No step before it could decide this with its own result.")
	case 1:
		d.Because(fmt.Sprintf("It depends on %s, which is a block or may be skipped, and no step after it comes before %s.", names[0], n.Head().Name))
	default:
		d.Because(fmt.Sprintf("It depends on %s, and none of these comes after the others.", strings.Join(names, " and ")))
	}
	d.Advise("To save the task, compute the expression in a step whose output is used here, or add `after:` so that one step ends last.")
}

// publishBy records that a task decides a control of n.
func (b *builder) publishBy(step string, n ir.Node, kind ControlKind) {
	b.publish[step] = append(b.publish[step], published{n, kind})
}
