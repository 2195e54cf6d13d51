package compile

import (
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// Target is a kind of place that flows are compiled for.
type Target struct {
	Name string
	Help string // half a sentence
	emit func(*Result) (*Bundle, error)
}

// targets is the one place where a target is registered; help shows them in this order.
var targets = []Target{
	{Name: "plan", Help: "what flowc itself runs: the plan as JSON, and the graph as text", emit: emitPlan},
}

// Targets returns all targets there are.
func Targets() []Target { return append([]Target(nil), targets...) }

// FindTarget returns the target of that name. The error says which there are.
func FindTarget(name string) (Target, error) {
	names := make([]string, len(targets))
	for i, t := range targets {
		if t.Name == name {
			return t, nil
		}
		names[i] = t.Name
	}
	hint := "targets are: " + strings.Join(names, ", ")
	if near, ok := diag.Suggest(name, names); ok {
		hint = "did you mean " + near + "?"
	}
	return Target{}, fmt.Errorf("there is no target %q; %s", name, hint)
}

// Emit makes the files that the target is given, from a result that is OK.
func (t Target) Emit(r *Result) (*Bundle, error) {
	b, err := t.emit(r)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", t.Name, err)
	}
	b.addMap(t.Name, r)
	return b, nil
}
