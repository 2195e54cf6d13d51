package plan

import (
	"slices"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// document makes flow.json, without the digests of contracts.
func (b *builder) document() *contract.Flow {
	f := b.flow
	a := b.addresses()
	doc := &contract.Flow{
		V:           contract.Version,
		Flow:        f.Name,
		Doc:         f.Doc,
		Body:        b.tree(f.Body),
		Timeout:     f.Policy.Timeout.Milliseconds(),
		MaxParallel: f.Policy.MaxParallel,
		Tags:        f.Policy.Tags,
		Owner:       f.Policy.Owner,
	}
	if f.Policy.Overlap != ir.OverlapAllow {
		doc.Overlap = f.Policy.Overlap.String()
	}
	if p := f.Package; p.Root != "" || len(p.Include)+len(p.Exclude) > 0 {
		doc.Package = &contract.Package{Root: p.Root, Include: p.Include, Exclude: p.Exclude}
	}
	for _, p := range f.Params {
		doc.Params = append(doc.Params, param(p))
	}
	for _, x := range f.Exports {
		doc.Exports = append(doc.Exports, contract.Export{Name: x.Name, Expr: a.expr(x.Value)})
	}
	doc.Init.Decides = b.decisions(a, contract.InitStep)
	for n := range f.All() { // whoever looks at a run may ask for what any block hands out
		if _, step := n.(*ir.Step); step || b.index.single[n.Head().ID] != nil {
			continue
		}
		for _, port := range n.Head().Ports {
			a.needPort(n, port.Name)
		}
	}
	doc.Tables = a.tables
	return doc
}

func param(p *ir.Param) contract.Param {
	out := contract.Param{Name: p.Name, Type: types.Encode(p.Type), Pattern: p.Pattern, Schema: p.Schema, Help: p.Help}
	if p.Default != nil {
		out.Default = p.Default.JSON
	}
	if p.Min != nil {
		out.Min = p.Min.JSON
	}
	if p.Max != nil {
		out.Max = p.Max.JSON
	}
	return out
}

// tree prints a block as a scheduler sees it, with the compiler's own tasks in their places.
func (b *builder) tree(blk *ir.Block) contract.Block {
	order, place := b.order(blk)
	out := contract.Block{Nodes: make([]contract.Node, 0, len(order))}
	for _, it := range order {
		var needs []int
		if it.decide != nil {
			for _, p := range it.decide.needs {
				needs = append(needs, place[p])
			}
			out.Nodes = append(out.Nodes, contract.Node{Name: it.decide.name, Kind: contract.KindStep, Needs: tidy(needs)})
			continue
		}
		for _, p := range blk.Preds[it.node] {
			needs = append(needs, place[p])
		}
		node := b.node(blk.Nodes[it.node])
		for i, other := range order {
			if other.decide != nil && int32(it.node) == other.decide.at {
				needs = append(needs, i)
			}
		}
		node.Needs = tidy(needs)
		out.Nodes = append(out.Nodes, node)
	}
	return out
}

// item is one entry of a block as executed: a node of the graph, or a decide task.
type item struct {
	node   int
	decide *decideTask
}

// order lists what a block executes, and where each node of the graph went.
func (b *builder) order(blk *ir.Block) (order []item, place []int) {
	tasks := b.decides[blk.ID]
	place = make([]int, len(blk.Nodes))
	before := map[int32][]*decideTask{}
	for _, d := range tasks {
		before[d.at] = append(before[d.at], d)
	}
	for i := range blk.Nodes {
		for _, d := range before[int32(i)] {
			order = append(order, item{decide: d})
		}
		place[i] = len(order)
		order = append(order, item{node: i})
	}
	for _, d := range before[int32(len(blk.Nodes))] {
		order = append(order, item{decide: d})
	}
	return order, place
}

func (b *builder) node(n ir.Node) contract.Node {
	head := n.Head()
	out := contract.Node{Name: head.Name, Kind: kindOf(n), Gate: b.control(head.ID, Gate), Catch: head.Catch}
	if kind, ok := mainKind(n); ok {
		out.Control = b.control(head.ID, kind)
	}
	switch n := n.(type) {
	case *ir.Foreach:
		body := b.tree(n.Body)
		out.Body, out.Max, out.MaxParallel, out.Batch = &body, n.Max, n.MaxParallel, batchOf(n)
	case *ir.Loop:
		body := b.tree(n.Body)
		out.Body, out.Max = &body, n.Max
	case *ir.Group:
		body := b.tree(n.Body)
		out.Body = &body
	case *ir.Switch:
		for _, c := range n.Cases {
			out.Cases = append(out.Cases, contract.Case{Label: c.Label, Else: c.Else, Body: b.tree(c.Body)})
		}
	}
	return out
}

// control returns where a decision lies, or nil if there is none to make.
func (b *builder) control(id ir.NodeID, kind ControlKind) *contract.Control {
	c := b.byNode[id]
	if c == nil {
		return nil
	}
	which := c.main
	if kind == Gate {
		which = c.gate
	}
	if which < 0 {
		return nil
	}
	switch by := b.controls[which].By.(type) {
	case ByConst:
		return &contract.Control{By: contract.ByConst, Const: by.Value}
	case ByAlias:
		return &contract.Control{By: contract.ByAlias, Of: b.flow.Node(by.Of).Head().Name}
	case ByInit:
		return &contract.Control{By: contract.ByInit, Step: contract.InitStep}
	case ByStep:
		s := b.flow.Node(by.Step).Head()
		return &contract.Control{By: contract.ByStep, Step: s.Name, Depth: int(b.flow.Block(s.In).Depth)}
	case ByDecide:
		return &contract.Control{By: contract.ByStep, Step: by.Name, Depth: int(b.flow.Block(by.Block).Depth)}
	}
	return &contract.Control{By: contract.BySelf}
}

// aliasOf returns the foreach whose count that of id is.
func (b *builder) aliasOf(id ir.NodeID) ir.Node {
	return b.flow.Node(b.controls[b.byNode[id].main].By.(ByAlias).Of)
}

func tidy(s []int) []int {
	slices.Sort(s)
	return slices.Compact(s)
}
