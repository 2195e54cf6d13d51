package reuse

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/flowc-dev/flowc/contract"
)

// different says in what respect two contracts of a step ask for other results,
// or "". What changes only how, where and how often a task runs is no difference.
func different(old, now *contract.Step) string {
	a, b := essence(old), essence(now)
	// A catch that is new finds nothing that was caught; one that is gone does.
	a.Catch = a.Catch && !b.Catch
	b.Catch = false
	if len(a.Scopes) == 0 {
		b.Scopes = nil
	}
	switch {
	case equal(a, b):
		return ""
	case !equal(action(a), action(b)):
		return "its action was changed"
	case !equal(a.Inputs, b.Inputs):
		return "its inputs were changed"
	case !equal(a.Outputs, b.Outputs):
		return "its outputs were changed"
	case !equal(a.Gate, b.Gate):
		return "its `when` was changed"
	case !equal([]any{a.Env, a.Secrets, a.Image}, []any{b.Env, b.Secrets, b.Image}):
		return "its environment was changed"
	case !equal(a.Decides, b.Decides):
		return "what it decides was changed"
	case !equal(a.Levels, b.Levels):
		return "it was moved to another block"
	case !equal([]any{a.Scopes, a.Catch}, []any{b.Scopes, b.Catch}):
		return "its `catch` was changed"
	}
	return "something it reads was changed"
}

func action(s *contract.Step) any { return []any{s.Script, s.Call, s.Argv, s.Decide} }

// essence is a contract without what has no effect on a good result.
func essence(s *contract.Step) *contract.Step {
	c := *s
	c.V, c.Doc, c.Init = 0, "", false
	c.Resources, c.Retry, c.Timeout, c.Cache, c.Labels, c.Batch, c.Code = nil, nil, 0, nil, nil, 0, nil
	c.Decides = withoutLimits(c.Decides)
	c.Steps = map[string]contract.StepPlace{}
	for name, place := range s.Steps {
		place.Batch, place.Retry = 0, 0
		c.Steps[name] = place
	}
	c.Blocks = map[string]contract.BlockPlace{}
	for name, place := range s.Blocks {
		place.Batch, place.Pages = 0, ""
		c.Blocks[name] = place
	}
	return &c
}

// withoutLimits leaves out bounds that can only make a task fail.
func withoutLimits(list []contract.Decision) []contract.Decision {
	out := slices.Clone(list)
	for i := range out {
		out[i].Batch = 0
		if out[i].Kind != contract.DecideAgain || !out[i].Stop {
			out[i].Max = 0
		}
	}
	return out
}

// decisions are what init decides, by node.
func decisions(f *contract.Flow) map[string][]contract.Decision {
	out := map[string][]contract.Decision{}
	for _, d := range withoutLimits(f.Init.Decides) {
		out[d.Node] = append(out[d.Node], d)
	}
	return out
}

// readsParam returns a param of the set that decisions read, or "".
func readsParam(list []contract.Decision, params map[string]bool) string {
	for _, d := range list {
		exprs := []*contract.Expr{d.When, d.Expr}
		for i := range d.Over {
			exprs = append(exprs, &d.Over[i].Expr)
		}
		for _, e := range exprs {
			if e == nil {
				continue
			}
			for _, ref := range e.Refs {
				if params[ref.Param] {
					return ref.Param
				}
			}
		}
	}
	return ""
}

// sameNode tells whether a node is decided upon, and stands, as before.
func sameNode(a, b *node) bool {
	if a.doc.Kind != b.doc.Kind || !equal(a.doc.Gate, b.doc.Gate) || !equal(a.doc.Control, b.doc.Control) {
		return false
	}
	if a.doc.Kind == contract.KindSwitch {
		return slices.EqualFunc(a.doc.Cases, b.doc.Cases, func(x, y contract.Case) bool { return x.Label == y.Label && x.Else == y.Else })
	}
	return true
}

// equal compares documents by their JSON.
func equal(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}
