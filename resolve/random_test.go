package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
)

// Flows of random shape are run by a few lines that follow the block tree and
// know every value as it comes about; the tables and the records in the store
// must lead to the same values. Results lie in this run or in earlier ones,
// loops have their ends written down or not, gathers find summaries or not.
func TestRandomFlows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(rt)
		m := &model{world: w, t: rt, reuse: map[string][]record.ReusePart{}}
		root := m.block(3, 0)
		ref, want := m.run(root, record.Path{})
		if len(m.reuse) > 0 {
			put(w, w.keys.Reuse(), record.Reuse{Steps: m.reuse})
		}
		options := Options{Store: w.store, Keys: w.keys, WritePages: rapid.Bool().Draw(rt, "write pages"), Parallel: rapid.IntRange(1, 4).Draw(rt, "parallel")}
		wanted, err := json.Marshal(want)
		if err != nil {
			rt.Fatal(err)
		}
		for _, again := range []string{"", " again, with the summaries of the first"} {
			got := w.show(New(options).Value(context.Background(), &contract.Expr{Refs: []contract.Ref{ref}, Type: "any"}, &w.tables, record.Path{}))
			if got != string(wanted) {
				rt.Fatalf("read%s: %s\nran:  %s", again, got, wanted)
			}
		}
		// Without one of the results there is no value, and no wrong one.
		if len(m.stored) == 0 {
			return
		}
		lost := rapid.SampledFrom(m.stored).Draw(rt, "lost")
		if err := w.store.Delete(context.Background(), lost); err != nil {
			rt.Fatal(err)
		}
		v, err := New(Options{Store: w.store, Keys: w.keys}).Value(context.Background(), &contract.Expr{Refs: []contract.Ref{ref}, Type: "any"}, &w.tables, record.Path{})
		var unfinished *NotFinishedError
		if err != nil && !errors.As(err, &unfinished) {
			rt.Fatalf("without %s: %v", lost, err)
		}
		if got := w.show(v, nil); err == nil && got != string(wanted) {
			rt.Fatalf("without %s: %s instead of %s", lost, got, wanted)
		}
	})
}

// model makes flows and runs them.
type model struct {
	*world
	t      *rapid.T
	names  int
	reuse  map[string][]record.ReusePart
	stored []string // keys of results
}

// node is a step or a block.
type node struct {
	name   string
	kind   contract.Kind
	gated  bool
	catch  bool
	bodies []*body
}

// body is a block: a decider, which decides about all nodes in it, and one node that it hands out.
type body struct {
	decider string
	nodes   []*node
	export  *node
	depth   int
}

func (m *model) name(prefix string) string {
	m.names++
	return fmt.Sprint(prefix, m.names)
}

// block makes a body and the tables that lead into it.
func (m *model) block(size, depth int) *body {
	b := &body{decider: m.name("d"), depth: depth}
	m.tables.Steps[b.decider] = contract.StepPlace{Depth: depth}
	for range rapid.IntRange(1, 3).Draw(m.t, "nodes") {
		b.nodes = append(b.nodes, m.node(size, b))
	}
	b.export = rapid.SampledFrom(b.nodes).Draw(m.t, "export")
	return b
}

func (m *model) node(size int, b *body) *node {
	kinds := []contract.Kind{contract.KindStep}
	if size > 0 {
		kinds = append(kinds, contract.KindForeach, contract.KindSwitch, contract.KindLoop, contract.KindGroup)
	}
	n := &node{kind: rapid.SampledFrom(kinds).Draw(m.t, "kind"), gated: rapid.Bool().Draw(m.t, "gated"), catch: rapid.Bool().Draw(m.t, "catch")}
	n.name = m.name("n")
	var gate *contract.Control
	if n.gated {
		gate = byStep(b.decider, b.depth)
	}
	if n.kind == contract.KindStep {
		m.tables.Steps[n.name] = contract.StepPlace{Depth: b.depth, Gate: gate}
		return n
	}
	place := contract.BlockPlace{Kind: n.kind, Depth: b.depth, Gate: gate, Control: byStep(b.decider, b.depth), Catch: n.catch}
	inside, bodies := b.depth, 1
	switch n.kind {
	case contract.KindForeach, contract.KindLoop:
		inside++
	case contract.KindSwitch:
		bodies = 2
	}
	for i := range bodies {
		body := m.block(size-1, inside)
		n.bodies = append(n.bodies, body)
		export := map[string]contract.Expr{"v": {Refs: []contract.Ref{m.refTo(body.export)}, Type: "any"}}
		switch n.kind {
		case contract.KindSwitch:
			place.Cases = append(place.Cases, contract.CasePlace{Label: fmt.Sprint(i), Else: i == 1, Exports: export})
		case contract.KindLoop:
			place.Control, place.Exports = byStep(body.decider, inside), export
		default:
			place.Exports = export
		}
		if n.kind == contract.KindForeach && body.export.kind == contract.KindStep && rapid.Bool().Draw(m.t, "pages") {
			place.Pages, place.Batch = body.export.name, 2
		}
	}
	m.tables.Blocks[n.name] = place
	return n
}

func (m *model) refTo(n *node) contract.Ref {
	if n.kind == contract.KindStep {
		return stepRef(n.name, "any")
	}
	return blockRef(n.name, "any")
}

// keep stores a result in this run or in an earlier one.
func (m *model) keep(step string, p record.Path, res record.Result) {
	keys := m.keys
	res.Nonce = "n"
	if run := rapid.SampledFrom([]string{"r", "r", "old", "older"}).Draw(m.t, "run"); run != "r" {
		keys.Run = run
		m.reuse[step] = append(m.reuse[step], record.ReusePart{Run: run, Paths: p.String()})
	}
	m.stored = append(m.stored, keys.Result(step, p))
	put(m.world, keys.Result(step, p), res)
}

// run runs a body at a path, and returns what it hands out.
func (m *model) run(b *body, p record.Path) (contract.Ref, any) {
	v, _ := m.runLoop(b, p, "", false)
	return m.refTo(b.export), v
}

// runLoop also lets the decider say whether a loop around it goes on.
func (m *model) runLoop(b *body, p record.Path, loop string, again bool) (any, bool) {
	controls := map[string]record.Control{}
	values := map[*node]any{}
	for _, n := range b.nodes {
		var c record.Control
		open := !n.gated || rapid.Bool().Draw(m.t, "open")
		if n.gated {
			c.Gate = &open
		}
		values[n] = m.runNode(n, p, open, &c)
		controls[n.name] = c
	}
	if loop != "" {
		controls[loop] = record.Control{Again: &again}
	}
	m.keep(b.decider, p, record.Result{Status: record.OK, Control: controls})
	return values[b.export], again
}

// runNode runs a node and fills in what its decider decides about it.
func (m *model) runNode(n *node, p record.Path, open bool, c *record.Control) any {
	count, label := rapid.IntRange(0, 3).Draw(m.t, "count"), rapid.SampledFrom([]string{"0", "1", "other", "none"}).Draw(m.t, "case")
	if !open {
		count, label = 0, "none"
	}
	switch n.kind {
	case contract.KindForeach:
		c.Count = &count
	case contract.KindSwitch:
		if c.None = label == "none"; !c.None {
			c.Case = &label
		}
	}
	if !open {
		return nil
	}
	failed := func(at record.Path) bool {
		if !n.catch || !rapid.Bool().Draw(m.t, "failed") {
			return false
		}
		put(m.world, m.keys.Scope(n.name, at), record.Scope{Error: record.TaskError{Kind: "error", Message: "m"}})
		return true
	}
	switch n.kind {
	case contract.KindStep:
		v := fmt.Sprintf("%s%s", n.name, p)
		status := rapid.SampledFrom([]record.Status{record.OK, record.OK, record.Skipped, record.Poisoned}).Draw(m.t, "status")
		res := record.Result{Status: status}
		if status == record.Poisoned {
			res.Error = &record.TaskError{Kind: "error", Message: "m"}
		}
		if status == record.OK {
			raw, _ := json.Marshal(v)
			res.Outputs = map[string]record.Value{"v": {Type: "string", Value: raw}}
		}
		m.keep(n.name, p, res)
		if status != record.OK {
			return nil
		}
		return v
	case contract.KindForeach:
		out := []any{}
		for i := range count {
			_, v := m.run(n.bodies[0], p.Append(i))
			if failed(p.Append(i)) {
				v = nil
			}
			out = append(out, v)
		}
		return out
	case contract.KindLoop:
		var last any
		k := rapid.IntRange(1, 3).Draw(m.t, "iterations")
		for i := range k {
			last, _ = m.runLoop(n.bodies[0], p.Append(i), n.name, i < k-1)
		}
		if rapid.Bool().Draw(m.t, "end written") {
			put(m.world, m.keys.Ends(n.name, p), record.Ends{Iterations: k})
		}
		if failed(p) {
			return nil
		}
		return last
	case contract.KindSwitch:
		var v any
		switch label {
		case "0":
			_, v = m.run(n.bodies[0], p)
		case "1", "other": // no such label: the else case
			_, v = m.run(n.bodies[1], p)
		}
		if failed(p) {
			return nil
		}
		return v
	}
	_, v := m.run(n.bodies[0], p)
	if failed(p) {
		return nil
	}
	return v
}
