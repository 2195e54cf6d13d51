package draw

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

// GraphOptions say what [Mermaid] and [DOT] show.
type GraphOptions struct {
	Params bool // params too, with an edge to everything that reads them
}

// picture is a flow as boxes, vertices and edges; Mermaid and DOT print it.
//
// A step is a vertex, also where it has a foreach of its own. Any other block
// is a box that holds the vertices of its body, a head (what it runs over,
// decides on or waits for) and a foot (what it exports), so that every
// reference is an edge between two vertices.
type picture struct {
	flow  *ir.Flow
	opt   GraphOptions
	all   []*element // top level, in order
	edges []*edge

	boxes   map[string]*element
	between map[[2]string]*edge // data edges by their ends
}

// element is a vertex, or a box with elements inside.
type element struct {
	id     string
	shape  shape
	label  []string // lines, printable; the first is the name
	inside []*element
}

type shape uint8

const (
	shapeStep    shape = iota
	shapeEach          // a step under foreach
	shapeHead          // of a foreach, loop or gated group
	shapeChoice        // where a switch or loop decides
	shapeExport        // of a block or the flow
	shapeParam         //
	shapeNothing       // a case without steps
	shapeBox           //
)

// edge leads from one vertex to another. A box at an end means that the edge
// is about all of it; from and to are then vertices in there.
type edge struct {
	kind           edgeKind
	from, to       string
	fromBox, toBox string
	labels         []string // lines, printable
}

type edgeKind uint8

const (
	edgeData    edgeKind = iota // a value, labelled with its port
	edgeAfter                   // waits without data
	edgeControl                 // a head starts what it starts, or what has no other reason to
)

func newPicture(f *ir.Flow, opt GraphOptions) *picture {
	p := &picture{flow: f, opt: opt, boxes: map[string]*element{}, between: map[[2]string]*edge{}}
	if opt.Params {
		for _, param := range f.Params {
			words := portWords(ir.Port{Name: param.Name, Type: param.Type})
			p.all = append(p.all, vertex(paramID(param.Name), shapeParam, words))
		}
	}
	p.all = append(p.all, p.elements(f.Body)...)
	if len(f.Exports) > 0 {
		p.all = append(p.all, foot(flowFoot, exportNames(f.Exports)))
	}
	p.connect(f.Body)
	p.exports(f.Exports, flowFoot)
	for _, e := range p.edges {
		e.labels = fill(e.labels, maxLabel)
	}
	return p
}

// maxLabel is the width of one line of a label, and maxRows how many rows a
// line is wrapped into before it is cut. Mermaid wraps wider lines by itself.
const (
	maxLabel = 30
	maxRows  = 5
)

// vertex makes a vertex; long lines are wrapped, and cut in the last row.
func vertex(id string, s shape, label ...string) *element {
	e := &element{id: id, shape: s}
	for _, line := range label {
		rows := diag.Wrap(line, maxLabel)
		if len(rows) > maxRows {
			rows = append(rows[:maxRows-1], strings.Join(rows[maxRows-1:], " "))
		}
		for _, row := range rows {
			if row != "" {
				e.label = append(e.label, diag.Cut(row, maxLabel))
			}
		}
	}
	return e
}

func foot(id string, ports []string) *element {
	e := &element{id: id, shape: shapeExport, label: []string{"export"}}
	e.label = append(e.label, fill(ports, maxLabel)...)
	return e
}

func exportNames(exports []ir.Export) []string {
	return each(exports, func(x ir.Export) string { return x.Name })
}

// Identifiers are made of names, so that a small change of a flow is a small
// change of its picture.
const flowFoot = "exports"

var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func id(prefix string, head *ir.Base) string {
	// Names are unique and hold no "__". What is no name becomes its number.
	if name := strings.ReplaceAll(head.Name, ".", "__"); plainName.MatchString(name) {
		return prefix + "_" + name
	}
	return fmt.Sprintf("%s_%d", prefix, head.ID)
}

func stepID(n ir.Node) string  { return id("step", n.Head()) }
func boxID(n ir.Node) string   { return id("box", n.Head()) }
func headID(n ir.Node) string  { return id("head", n.Head()) }
func footID(n ir.Node) string  { return id("out", n.Head()) }
func untilID(n ir.Node) string { return id("until", n.Head()) }
func caseID(n ir.Node, i int) string {
	return fmt.Sprintf("%s_%d", id("case", n.Head()), i)
}
func paramID(name string) string { return "param_" + name }

// isVertex reports whether n is drawn as one.
func isVertex(n ir.Node) bool {
	switch n := n.(type) {
	case *ir.Step:
		return true
	case *ir.Foreach:
		return single(n) != nil
	}
	return false
}

// entry returns the vertex that what n reads leads to, or "" for a group
// without a gate, which reads nothing.
func entry(n ir.Node) string {
	if isVertex(n) {
		return stepID(n)
	}
	if _, ok := n.(*ir.Group); ok && n.Head().When == nil {
		return ""
	}
	return headID(n)
}

func (p *picture) elements(b *ir.Block) []*element {
	var out []*element
	for _, n := range b.Nodes {
		out = append(out, p.element(n))
	}
	return out
}

func (p *picture) element(n ir.Node) *element {
	head := n.Head()
	var gate []string
	if head.When != nil {
		gate = append(gate, "when "+exprText(head.When))
	}
	if head.Catch && isVertex(n) {
		gate = append(gate, "catch")
	}
	vertexOf := func(id string, s shape, label ...string) *element {
		return vertex(id, s, append(label, gate...)...)
	}

	title := []string{head.Name}
	if head.Uses != nil {
		title = append(title, "uses "+head.Uses.File)
	}
	if head.Catch {
		title = append(title, "catch")
	}
	box := vertex(boxID(n), shapeBox, strings.Join(title, ", "))
	add := func(es ...*element) { box.inside = append(box.inside, es...) }
	switch n := n.(type) {
	case *ir.Step:
		return vertexOf(stepID(n), shapeStep, head.Name)
	case *ir.Foreach:
		if step := single(n); step != nil {
			if step.Catch && !head.Catch {
				gate = append(gate, "catch")
			}
			return vertexOf(stepID(n), shapeEach, head.Name, "foreach "+eachWords(n))
		}
		add(vertexOf(headID(n), shapeHead, "foreach "+eachWords(n)))
		add(p.elements(n.Body)...)
	case *ir.Switch:
		add(vertexOf(headID(n), shapeChoice, "switch "+exprText(n.On)))
		for i, c := range n.Cases {
			add(p.caseElement(n, i, c))
		}
	case *ir.Loop:
		add(vertexOf(headID(n), shapeHead, append([]string{"loop"}, each(n.Carry, carryWords)...)...))
		add(p.elements(n.Body)...)
		add(vertex(untilID(n), shapeChoice, loopWords(n)))
	case *ir.Group:
		if len(gate) > 0 {
			add(vertexOf(headID(n), shapeHead))
		}
		add(p.elements(n.Body)...)
	}
	if len(head.Ports) > 0 {
		add(foot(footID(n), each(head.Ports, func(x ir.Port) string { return x.Name })))
	}
	p.boxes[box.id] = box
	return box
}

func caseWords(c ir.Case) string {
	if c.Else {
		return "else"
	}
	return "case " + c.Label
}

func (p *picture) caseElement(n *ir.Switch, i int, c ir.Case) *element {
	if len(c.Body.Nodes) == 0 {
		words := each(c.Body.Exports, exportWords)
		if len(words) == 0 {
			words = []string{"nothing to do"}
		}
		return vertex(caseID(n, i), shapeNothing, append([]string{caseWords(c)}, words...)...)
	}
	box := vertex(caseID(n, i), shapeBox, caseWords(c))
	box.inside = p.elements(c.Body)
	p.boxes[box.id] = box
	return box
}

// connect draws the edges to and inside the nodes of b.
func (p *picture) connect(b *ir.Block) {
	for _, n := range b.Nodes {
		at := entry(n)
		p.reads(at, n.Head().When)
		switch n := n.(type) {
		case *ir.Step:
			p.inputs(at, n)
		case *ir.Foreach:
			for _, it := range n.Over {
				p.reads(at, it.List)
			}
			if step := single(n); step != nil {
				p.reads(at, step.When)
				p.inputs(at, step)
				break
			}
			p.connect(n.Body)
			p.starts(at, n.Body, "")
			p.exports(n.Body.Exports, footID(n))
		case *ir.Switch:
			p.reads(at, n.On)
			for i, c := range n.Cases {
				p.connectCase(n, i, c)
			}
		case *ir.Loop:
			p.connectLoop(n)
		case *ir.Group:
			p.connect(n.Body)
			if at != "" {
				p.starts(at, n.Body, "")
			}
			p.exports(n.Body.Exports, footID(n))
		}
		for _, other := range n.Head().After {
			if m := p.flow.Node(other); m != nil {
				e := &edge{kind: edgeAfter, labels: []string{"after"}}
				e.from, e.fromBox = p.end(m)
				e.to, e.toBox = p.end(n)
				p.edges = append(p.edges, e)
			}
		}
	}
}

func (p *picture) inputs(at string, step *ir.Step) {
	for _, in := range step.Inputs {
		p.reads(at, in.Value)
	}
}

func (p *picture) connectCase(n *ir.Switch, i int, c ir.Case) {
	label := strings.TrimPrefix(caseWords(c), "case ")
	if len(c.Body.Nodes) > 0 {
		p.connect(c.Body)
		p.starts(headID(n), c.Body, label)
		p.exports(c.Body.Exports, footID(n))
		return
	}
	p.control(headID(n), caseID(n, i), label)
	p.exports(c.Body.Exports, caseID(n, i))
	for _, x := range c.Body.Exports {
		p.data(caseID(n, i), footID(n), x.Name)
	}
}

func (p *picture) connectLoop(n *ir.Loop) {
	for _, c := range n.Carry {
		p.reads(headID(n), c.Init)
	}
	p.connect(n.Body)
	p.starts(headID(n), n.Body, "")
	p.reads(untilID(n), n.Until)
	for _, c := range n.Carry {
		p.reads(untilID(n), c.Next)
	}
	p.control(untilID(n), headID(n), "again")
	p.exports(n.Body.Exports, footID(n))
}

// exports draws what is read by the exports that the vertex at shows.
func (p *picture) exports(exports []ir.Export, at string) {
	for _, x := range exports {
		p.reads(at, x.Value)
	}
}

// reads draws an edge to the vertex at from everything that e reads.
func (p *picture) reads(at string, e *ir.Expr) {
	if e == nil || at == "" {
		return
	}
	for _, r := range e.Refs {
		switch from := r.From.(type) {
		case ir.FromPort:
			n := p.flow.Node(from.Node)
			if n == nil || int(from.Port) >= len(n.Head().Ports) {
				continue
			}
			id := footID(n)
			if isVertex(n) {
				id = stepID(n)
			}
			p.data(id, at, n.Head().Ports[from.Port].Name)
		case ir.FromBind:
			b := p.flow.Block(from.Block)
			if b == nil || int(from.Bind) >= len(b.Binds) {
				continue
			}
			if owner := p.flow.Node(b.Owner); owner != nil {
				p.data(entry(owner), at, b.Binds[from.Bind].Name)
			}
		case ir.FromParam:
			if p.opt.Params && int(from) < len(p.flow.Params) {
				p.data(paramID(p.flow.Params[from].Name), at, "")
			}
		}
	}
}

// data adds a value to the edge between two vertices.
func (p *picture) data(from, to, label string) {
	if from == to {
		return // a step's own item
	}
	key := [2]string{from, to}
	e := p.between[key]
	if e == nil {
		e = &edge{kind: edgeData, from: from, to: to}
		p.between[key] = e
		p.edges = append(p.edges, e)
	}
	if label != "" && !slices.Contains(e.labels, label) {
		e.labels = append(e.labels, label)
	}
}

func (p *picture) control(from, to, label string) {
	e := &edge{kind: edgeControl, from: from, to: to}
	if label != "" {
		e.labels = []string{diag.Cut(label, maxLabel)}
	}
	p.edges = append(p.edges, e)
}

// starts draws how a head leads to what nothing else in the block leads to.
// Without a label, an edge with a value is enough.
func (p *picture) starts(head string, b *ir.Block, label string) {
	for i, n := range b.Nodes {
		if i < len(b.Preds) && len(b.Preds[i]) > 0 {
			continue
		}
		at := entry(n)
		if at == "" {
			p.starts(head, n.(*ir.Group).Body, label)
		} else if label != "" || p.between[[2]string{head, at}] == nil {
			p.control(head, at, label)
		}
	}
}

// end returns where an edge about all of n ends.
func (p *picture) end(n ir.Node) (vertex, box string) {
	if isVertex(n) {
		return stepID(n), ""
	}
	e := p.boxes[boxID(n)]
	for e.shape == shapeBox && len(e.inside) > 0 {
		e = e.inside[0]
	}
	return e.id, boxID(n)
}
