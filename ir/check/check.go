// Package check turns a flow as written into the typed graph, and reports
// everything that is wrong with its meaning in one pass: names, scopes, types,
// values that may be absent, cycles, bounds. Each rule has a file.
//
// The phases of [Build] are those of a compiler. Names are declared first, all
// over the flow, since the order of steps means nothing. Then the expressions
// are scanned for the names they read, which gives the order of the nodes in
// each block. In that order everything is typed: what an expression reads has
// its type by then. A finding is never the consequence of another one: what
// could not be typed is [types.Invalid], which fits everywhere.
package check

import (
	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

// Build checks a flow and makes its graph. Flows that it uses are checked once
// each, by themselves, and copied to where they are called. With errors among
// the findings the graph is incomplete and good for nothing but looking at; it
// is nil where there is no flow at all. Build never panics, and takes time and
// memory linear in the size of the flow, and of what it uses each time it does.
func Build(f *ast.Flow) (*ir.Flow, diag.List) {
	if f == nil {
		return nil, nil
	}
	p := &program{callees: map[*ast.Flow]*callee{f: nil}}
	c := p.build(f)
	return c.out, append(p.found, c.diags...).Sorted()
}

// build checks one file.
func (p *program) build(f *ast.Flow) *checker {
	c := &checker{
		program:  p,
		ast:      f,
		out:      &ir.Flow{Name: f.Name.Value, Doc: f.Doc.Value, Span: f.Span},
		nodes:    map[string]*node{},
		badNames: map[string]bool{},
		binds:    map[string][]*symbol{},
	}
	c.declareTypes()
	c.declareParams()
	c.policy()
	c.checkDefaults()

	root := c.declareFlow()
	c.scanExpressions()
	c.connect()
	c.sortBlocks()
	c.number(root)

	c.buildBlock(root)
	c.flowExports(root)
	c.out.Body = root.ir
	c.out.Seal()
	c.connectGraph()
	c.markPacked()
	c.unused()
	return c
}

// checker is the state of checking one file.
type checker struct {
	program *program

	ast   *ast.Flow
	out   *ir.Flow
	diags diag.List

	types    map[string]*typeDecl
	badTypes map[string]bool
	typePath []*typeDecl // declarations being resolved

	params   map[string]*symbol
	nodes    map[string]*node // by name; the first of several
	badNames map[string]bool  // words of names that were reported
	dashed   []string         // names with a minus in them
	binds    map[string][]*symbol

	all     []*node  // in source order
	values  []*value // every expression and literal
	blocks  []*block // outer ones first
	aliases []*export

	suggestions int // made so far
	copied      int // nodes that calls bring in
}

// policy checks what holds for runs as a whole.
func (c *checker) policy() {
	f, p := c.ast, &c.out.Policy
	c.checkName(f.Name, "a flow", plainName)
	c.schedule()
	c.checkTimeout(f.Timeout, "a timeout")
	c.checkTags(f.Tags)
	c.files()
	p.Timeout, p.MaxParallel = f.Timeout.Value, count(f.MaxParallel)
	p.Tags, p.Owner = texts(f.Tags), f.Owner.Value
	c.checkCount(f.MaxParallel, "max_parallel", 1, maxTasks)
}
