package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/runtime"
)

// docs is a plan made by hand.
type docs struct {
	flow   *contract.Flow
	steps  map[string]*contract.Step
	digest string
}

func (d *docs) Flow(context.Context) (*contract.Flow, error) { return d.flow, nil }

func (d *docs) Step(_ context.Context, name string) (*contract.Step, string, error) {
	for _, c := range d.flow.Contracts {
		if c.Step == name {
			return d.steps[name], c.Digest, nil
		}
	}
	return nil, "", fmt.Errorf("no step %s", name)
}

var _ runtime.Plan = (*docs)(nil)

func newDocs(t testing.TB, flow *contract.Flow, steps ...*contract.Step) *docs {
	t.Helper()
	d := &docs{flow: flow, steps: map[string]*contract.Step{}}
	flow.V, flow.Contracts = contract.Version, nil
	for _, s := range steps {
		s.V, s.Flow = contract.Version, flow.Flow
		text, err := contract.Canonical(s)
		if err != nil {
			t.Fatal(err)
		}
		d.steps[s.Step] = s
		flow.Contracts = append(flow.Contracts, contract.Named{Step: s.Step, Digest: contract.Digest(text)})
	}
	text, err := contract.Canonical(flow)
	if err != nil {
		t.Fatal(err)
	}
	d.digest = contract.Digest(text)
	return d
}

// ref is an expression that only names a value.
func ref(r contract.Ref) contract.Expr {
	code, err := expr.Ref(0).MarshalJSON()
	if err != nil {
		panic(err)
	}
	return contract.Expr{Code: code, Refs: []contract.Ref{r}, Type: r.Type}
}

func output(step, port, typ string) contract.Expr {
	return ref(contract.Ref{Step: step, Port: port, Type: typ})
}

func script(name, text string) *contract.Step {
	return &contract.Step{Step: name, Script: &contract.Script{Text: text}}
}

func node(name string, needs ...int) contract.Node {
	return contract.Node{Name: name, Kind: contract.KindStep, Needs: needs}
}

// yaml compiles a flow.
func yaml(t testing.TB, text string) *docs {
	t.Helper()
	r := compile.File(&diag.Sources{}, "flow.yaml", []byte(text))
	if !r.OK() {
		var b strings.Builder
		for _, d := range r.Findings {
			fmt.Fprintf(&b, "%s: %s %s\n", d.Code, d.Summary, d.Detail)
		}
		t.Fatalf("the flow does not compile:\n%s", b.String())
	}
	d := &docs{flow: r.Plan.Doc, steps: map[string]*contract.Step{}, digest: r.Plan.Digest}
	for _, s := range r.Plan.Steps {
		d.steps[s.Step] = s
	}
	return d
}
