// Package plan turns the typed graph into what is executed: it decides where
// each control (a count, a case, a gate, "once more") is decided, adds the few
// tasks that the user did not write, and writes the plan document: flow.json
// and one contract for each step (package contract).
//
// The graph itself stays as ir/check built it. Planning is pure and linear in
// the size of the graph.
package plan

import (
	"context"
	"fmt"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

// Plan is the executable form of one flow. It is immutable.
type Plan struct {
	Doc      *contract.Flow
	Steps    []*contract.Step // in order of the block tree; those made by the compiler included
	Digest   string           // hex sha256 of flow.json
	Controls []Control        // the side table, in order of nodes

	// Places leads each step and block back to its source, for reports. It is
	// not part of the documents: an edit that moves lines changes no plan.
	Places map[string]diag.Span

	files map[string][]byte
	steps map[string]int
}

// Make plans a flow that was built without errors. The list holds notes only.
func Make(f *ir.Flow) (*Plan, diag.List) {
	b := &builder{flow: f, index: indexFlow(f)}
	b.decideAll()
	p := &Plan{
		Controls: b.controls,
		Places:   b.places(),
		files:    map[string][]byte{},
		steps:    map[string]int{},
	}
	p.Doc = b.document()
	for _, s := range b.contracts() {
		p.steps[s.Step] = len(p.Steps)
		p.Steps = append(p.Steps, s)
		text := mustCanonical(s)
		p.files[StepFile(s.Step)] = text
		p.Doc.Contracts = append(p.Doc.Contracts, contract.Named{Step: s.Step, Digest: contract.Digest(text)})
	}
	text := mustCanonical(p.Doc)
	p.files[FlowFile] = text
	p.Digest = contract.Digest(text)
	return p, b.notes
}

// FlowFile is the name of the document that holds the block tree.
const FlowFile = "flow.json"

// StepFile is the name of the document of one step.
func StepFile(step string) string { return "steps/" + step + ".json" }

// Files returns the documents by name. The map and its contents must not be changed.
func (p *Plan) Files() map[string][]byte { return p.files }

// Flow returns the flow's document; it never fails.
func (p *Plan) Flow(context.Context) (*contract.Flow, error) { return p.Doc, nil }

// Step returns one step's contract and its digest.
func (p *Plan) Step(_ context.Context, name string) (*contract.Step, string, error) {
	i, ok := p.steps[name]
	if !ok {
		return nil, "", fmt.Errorf("the plan of flow %s has no step %s", p.Doc.Flow, name)
	}
	return p.Steps[i], p.Doc.Contracts[i].Digest, nil
}

// mustCanonical prints a document that this package made: it holds nothing
// that JSON cannot express.
func mustCanonical(doc any) []byte {
	text, err := contract.Canonical(doc)
	if err != nil {
		panic("plan: " + err.Error())
	}
	return text
}

// builder carries what the parts of planning share.
type builder struct {
	flow     *ir.Flow
	index    *index
	controls []Control
	byNode   map[ir.NodeID]*nodeControls
	decides  map[ir.BlockID][]*decideTask
	publish  map[string][]published // by deciding step; InitStep for init
	notes    diag.List
}

func (b *builder) places() map[string]diag.Span {
	out := map[string]diag.Span{}
	for n := range b.flow.All() {
		head := n.Head()
		if _, taken := out[head.Name]; !taken {
			out[head.Name] = head.Span
		}
	}
	for _, tasks := range b.decides {
		for _, d := range tasks {
			out[d.name] = b.flow.Node(d.node).Head().Span
		}
	}
	return out
}
