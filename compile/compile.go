// Package compile is the compiler's table of contents: it loads a flow, checks
// it, plans it, and emits what a target is given. Each stage is a package of
// its own; this one only puts them in order.
//
// Compiling is pure: the same bytes in give the same bytes out. Nothing here
// reads a clock, the environment, the network or a file; flows that a flow uses
// come from the caller (see [WithFiles]), and count as bytes in.
package compile

import (
	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/ir/check"
	"github.com/flowc-dev/flowc/plan"
)

// Result is what became of one file, as far as it went: a stage that found
// errors leaves what comes after it nil.
type Result struct {
	Name     string        // of the file, as the user gave it
	Sources  *diag.Sources // what the findings' places point into
	Flow     *ast.Flow     // as it was written
	Graph    *ir.Flow      // typed
	Plan     *plan.Plan    // executable
	Findings diag.List     // of all stages, sorted

	read  Reader                 // nil: there are no other files
	files map[diag.FileID]string // of flows that are used: their paths from the flow's folder
}

// OK reports whether there is a plan.
func (r *Result) OK() bool { return r.Plan != nil }

// File compiles the flow in text and registers it in srcs. The name chooses
// the front end by its extension and is what findings call the file.
func File(srcs *diag.Sources, name string, text []byte, options ...Option) *Result {
	r := &Result{Name: name, Sources: srcs}
	for _, o := range options {
		o(r)
	}
	r.load(text)
	r.check()
	r.plan()
	r.silence()
	r.Findings = r.Findings.Sorted()
	return r
}

// load turns text into a syntax tree, together with the files that it uses.
func (r *Result) load(text []byte) {
	var found diag.List
	r.Flow, found = frontendFor(r.Name).Load(r.Sources, r.Name, text)
	r.add(found)
	if r.Flow != nil {
		r.loadUsed()
	}
}

// check resolves names and types. It also looks at a flow of which the front
// end could not read every part, so that one pass reports all there is.
func (r *Result) check() {
	if r.Flow == nil {
		return
	}
	graph, found := check.Build(r.Flow)
	r.add(found)
	if !r.Findings.HasErrors() {
		r.Graph = graph
	}
}

// plan decides who decides what, and writes the contracts.
func (r *Result) plan() {
	if r.Graph == nil {
		return
	}
	p, found := plan.Make(r.Graph)
	r.add(found)
	if !r.Findings.HasErrors() {
		r.Plan = p
	}
}

func (r *Result) add(found diag.List) { r.Findings = append(r.Findings, found...) }

// Line returns the source and the line that a step or block begins in. It
// returns false for a name that the flow doesn't have.
func (r *Result) Line(node string) (*diag.Source, int, bool) {
	src, pos, ok := r.place(node)
	return src, pos.Line, ok
}

func (r *Result) place(node string) (*diag.Source, diag.Pos, bool) {
	if r.Plan == nil {
		return nil, diag.Pos{}, false
	}
	span, ok := r.Plan.Places[node]
	src := r.Sources.File(span.File)
	if !ok || src == nil {
		return nil, diag.Pos{}, false
	}
	return src, src.Pos(span.Start), true
}
