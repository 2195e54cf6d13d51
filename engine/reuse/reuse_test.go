package reuse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"pgregory.net/rapid"
)

// world is a random flow of which every task is done: a foreach has two items,
// a loop three iterations, a switch took its first case.
type world struct {
	t     *rapid.T
	flow  *contract.Flow
	steps map[string]*contract.Step
	names int
	tasks map[string][]record.Path // by step
	edges map[string][]string      // task -> tasks that wait for it
}

func id(step string, p record.Path) string { return step + "[" + p.String() + "]" }

func (w *world) name(prefix string) string {
	w.names++
	return fmt.Sprint(prefix, w.names)
}

func (w *world) step(name string) contract.Node {
	w.steps[name] = &contract.Step{Step: name, Catch: true}
	w.flow.Contracts = append(w.flow.Contracts, contract.Named{Step: name, Digest: name})
	return contract.Node{Name: name, Kind: contract.KindStep}
}

func (w *world) block(depth int) *contract.Block {
	b := &contract.Block{}
	for i := range rapid.IntRange(1, 4).Draw(w.t, "size") {
		var n contract.Node
		kinds := 0
		if depth > 0 {
			kinds = 4
		}
		switch rapid.IntRange(0, kinds).Draw(w.t, "kind") {
		case 0:
			n = w.step(w.name("step"))
		case 1:
			n = contract.Node{Name: w.name("each"), Kind: contract.KindForeach, Body: w.block(depth - 1)}
		case 2:
			n = contract.Node{Name: w.name("loop"), Kind: contract.KindLoop, Body: w.block(depth - 1)}
		case 3:
			n = contract.Node{Name: w.name("group"), Kind: contract.KindGroup, Body: w.block(depth - 1)}
		case 4:
			n = contract.Node{Name: w.name("switch"), Kind: contract.KindSwitch, Cases: []contract.Case{{Label: "a", Body: *w.block(depth - 1)}}}
		}
		for j := range i {
			if rapid.IntRange(0, 2).Draw(w.t, "need") == 0 {
				n.Needs = append(n.Needs, j)
			}
		}
		b.Nodes = append(b.Nodes, n)
	}
	return b
}

// run enumerates the tasks of a block at a path and what waits for what.
func (w *world) run(b *contract.Block, p record.Path) (all []string) {
	sets := make([][]string, len(b.Nodes))
	for i := range b.Nodes {
		n := &b.Nodes[i]
		switch n.Kind {
		case contract.KindStep:
			w.tasks[n.Name] = append(w.tasks[n.Name], p)
			sets[i] = []string{id(n.Name, p)}
		case contract.KindGroup:
			sets[i] = w.run(n.Body, p)
		case contract.KindSwitch:
			sets[i] = w.run(&n.Cases[0].Body, p)
		case contract.KindForeach:
			for k := range 2 {
				sets[i] = append(sets[i], w.run(n.Body, p.Append(k))...)
			}
		case contract.KindLoop:
			for k := range 3 {
				tasks := w.run(n.Body, p.Append(k))
				w.wait(sets[i], tasks)
				sets[i] = append(sets[i], tasks...)
			}
		}
		for _, need := range n.Needs {
			w.wait(sets[need], sets[i])
		}
		all = append(all, sets[i]...)
	}
	return all
}

func (w *world) wait(before, after []string) {
	for _, a := range before {
		w.edges[a] = append(w.edges[a], after...)
	}
}

// stepsOf are the steps in the nodes of a name.
func (w *world) stepsOf(name string) []string {
	var out []string
	var walk func(b *contract.Block, in bool)
	walk = func(b *contract.Block, in bool) {
		for i := range b.Nodes {
			n := &b.Nodes[i]
			inside := in || n.Name == name
			if n.Kind == contract.KindStep && inside {
				out = append(out, n.Name)
			}
			if n.Body != nil {
				walk(n.Body, inside)
			}
			for k := range n.Cases {
				walk(&n.Cases[k].Body, inside)
			}
		}
	}
	walk(&w.flow.Body, false)
	return out
}

// What runs again is exactly what can be reached from what must, along edges
// from task to task.
func TestReuseIsReachability(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, flow: &contract.Flow{Flow: "f"}, steps: map[string]*contract.Step{},
			tasks: map[string][]record.Path{}, edges: map[string][]string{}}
		w.flow.Body = *w.block(3)
		w.run(&w.flow.Body, record.Path{})
		origin := &runs.State{ID: runs.ID{Flow: "f", Run: "r1"}, Plan: &runs.Plan{Flow: w.flow}, Tasks: map[string][]runs.Part{}}
		for _, step := range slices.Sorted(maps.Keys(w.tasks)) {
			var own, other record.PathSet
			for _, p := range w.tasks[step] {
				// Some were taken over already, maybe with a result in both runs.
				from := rapid.IntRange(0, 3).Draw(t, "from")
				if from != 0 {
					own.Add(p)
				}
				if from < 2 {
					other.Add(p)
				}
			}
			origin.Tasks[step] = []runs.Part{{Run: "r1", Paths: own}, {Run: "r0", Paths: other}}
		}

		var names []string
		for _, n := range newTree(w.flow).named {
			names = append(names, n[0].doc.Name)
		}
		slices.Sort(names)
		from := rapid.SliceOfN(rapid.SampledFrom(names), 0, 2).Draw(t, "named")
		caught := map[string]bool{}
		again := map[string]bool{}
		for _, name := range from {
			for _, step := range w.stepsOf(name) {
				for _, p := range w.tasks[step] {
					again[id(step, p)] = true
				}
			}
		}
		for _, step := range slices.Sorted(maps.Keys(w.tasks)) {
			for _, p := range w.tasks[step] {
				if rapid.IntRange(0, 9).Draw(t, "caught") == 0 {
					caught[id(step, p)] = true
					again[id(step, p)] = true
				}
			}
		}
		queue := slices.Sorted(maps.Keys(again))
		for len(queue) > 0 {
			for _, next := range w.edges[queue[0]] {
				if !again[next] {
					again[next] = true
					queue = append(queue, next)
				}
			}
			queue = queue[1:]
		}

		plan, err := Make(context.Background(), Input{
			Flow: w.flow, Steps: w.steps, Origin: origin,
			Before: func(_ context.Context, step string) (*contract.Step, error) { return w.steps[step], nil },
			Status: func(_ context.Context, step string, parts []runs.Part) (map[string]record.Status, error) {
				out := map[string]record.Status{}
				for _, part := range parts {
					for p := range part.Paths.All() {
						out[p.String()] = record.OK
						if caught[id(step, p)] {
							out[p.String()] = record.Caught
						}
					}
				}
				return out, nil
			},
			From: from, RetryCaught: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		left := 0
		for step, paths := range w.tasks {
			for _, p := range paths {
				run, reused := plan.Run(step, p)
				if reused == again[id(step, p)] {
					t.Fatalf("%s is taken over: %v (from %v, caught %v)", id(step, p), reused, from, slices.Sorted(maps.Keys(caught)))
				}
				if !reused {
					continue
				}
				left++
				if origin.Tasks[step][0].Paths.Contains(p) != (run == "r1") {
					t.Fatalf("%s is taken over from %s", id(step, p), run)
				}
			}
		}
		if plan.Len() != left {
			t.Fatalf("%d tasks are taken over, not %d", left, plan.Len())
		}
		for step, parts := range plan.Record().Steps {
			for _, part := range parts {
				if _, err := record.ParsePathSet(part.Paths); err != nil {
					t.Fatalf("%s: %v", step, err)
				}
			}
		}
	})
}

func TestDifferent(t *testing.T) {
	base := func() *contract.Step {
		return &contract.Step{V: 1, Step: "s", Script: &contract.Script{Text: "x"}, Levels: []string{"f"},
			Inputs:  []contract.Input{{Name: "i", Expr: contract.Expr{Code: []byte(`["ref",0]`), Type: "int"}}},
			Outputs: []contract.Output{{Name: "o", Type: "int"}},
			Decides: []contract.Decision{{Node: "g", Kind: contract.DecideCount, Max: 5, Batch: 2}, {Node: "l", Kind: contract.DecideAgain, Max: 5}},
			Tables: contract.Tables{Steps: map[string]contract.StepPlace{"a": {Depth: 1, Retry: 2, Batch: 3}},
				Blocks: map[string]contract.BlockPlace{"f": {Kind: contract.KindForeach, Batch: 4, Pages: "s"}}}}
	}
	for _, c := range []struct {
		name   string
		change func(s *contract.Step)
		want   string
	}{
		{"nothing", func(s *contract.Step) {}, ""},
		{"how it runs", func(s *contract.Step) {
			s.Doc, s.Timeout, s.Batch, s.Init = "d", 5, 7, true
			s.Resources, s.Retry = &contract.Resources{CPUMilli: 1}, &contract.Retry{Attempts: 3}
			s.Labels, s.Code, s.Cache = []contract.KV{{Key: "a"}}, []string{"*.py"}, &contract.Cache{}
		}, ""},
		{"limits", func(s *contract.Step) { s.Decides[0].Max, s.Decides[0].Batch, s.Decides[1].Max = 9, 9, 9 }, ""},
		{"a limit that a loop stops at", func(s *contract.Step) { s.Decides[1].Stop = true }, "what it decides was changed"},
		{"how others run", func(s *contract.Step) {
			s.Steps["a"] = contract.StepPlace{Depth: 1, Retry: 5}
			s.Blocks["f"] = contract.BlockPlace{Kind: contract.KindForeach}
		}, ""},
		{"where others are", func(s *contract.Step) { s.Steps["a"] = contract.StepPlace{Depth: 2} }, "something it reads was changed"},
		{"script", func(s *contract.Step) { s.Script.Text = "y" }, "its action was changed"},
		{"shell", func(s *contract.Step) { s.Script.Shell = "bash" }, "its action was changed"},
		{"inputs", func(s *contract.Step) { s.Inputs[0].Name = "j" }, "its inputs were changed"},
		{"outputs", func(s *contract.Step) { s.Outputs = nil }, "its outputs were changed"},
		{"gate", func(s *contract.Step) { s.Gate = &contract.Expr{Type: "bool"} }, "its `when` was changed"},
		{"env", func(s *contract.Step) { s.Env = []contract.KV{{Key: "A", Value: "b"}} }, "its environment was changed"},
		{"image", func(s *contract.Step) { s.Image = "x" }, "its environment was changed"},
		{"level", func(s *contract.Step) { s.Levels = nil }, "it was moved to another block"},
		{"a catch more", func(s *contract.Step) { s.Catch, s.Scopes = true, []contract.Scope{{Node: "f", Depth: 1}} }, ""},
	} {
		now := base()
		c.change(now)
		if got := different(base(), now); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	caught, scoped := base(), base()
	caught.Catch = true
	scoped.Scopes = []contract.Scope{{Node: "f", Depth: 1}}
	if got := different(caught, base()); got != "its `catch` was changed" {
		t.Errorf("a catch less: %q", got)
	}
	if got := different(scoped, base()); got != "its `catch` was changed" {
		t.Errorf("a scope less: %q", got)
	}
}

func TestCovers(t *testing.T) {
	path := func(s string) record.Path {
		p, err := record.ParsePath(s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	var s covers
	for _, c := range []struct {
		prefix string
		from   int
		news   bool
	}{{"3.1", 0, true}, {"3.1", 0, false}, {"3.1.2", 0, false}, {"5", 4, true}, {"5", 6, false}, {"5.7", 0, false}, {"5.2", 0, true}, {"5", 2, true}, {"5", 0, true}, {"5", 1, false}} {
		if got := s.add(cover{path(c.prefix), len(path(c.prefix)), c.from}); got != c.news {
			t.Errorf("adding %s from %d: news %v", c.prefix, c.from, got)
		}
	}
	for p, want := range map[string]bool{"3.1": true, "3.1.9": true, "3": false, "3.2": false, "5": true, "5.0": true, "6": false, "_": false} {
		if s.contains(path(p)) != want {
			t.Errorf("contains %s: %v", p, !want)
		}
	}
	var loop covers
	loop.add(later(path("2"), 1, 2))
	for p, want := range map[string][2]bool{"2": {false, true}, "2.2": {false, false}, "2.3": {true, true}, "2.4.0": {true, true}, "1": {false, false}, "_": {false, true}} {
		if got := [2]bool{loop.contains(path(p)), loop.touches(path(p))}; got != want {
			t.Errorf("%s: contains, touches are %v, want %v", p, got, want)
		}
	}
	var inner covers
	inner.add(later(path("_"), 1, 0))
	for p, want := range map[string][2]bool{"_": {false, true}, "7": {false, true}, "7.0": {false, false}, "7.1": {true, true}, "7.1.0": {true, true}} {
		if got := [2]bool{inner.contains(path(p)), inner.touches(path(p))}; got != want {
			t.Errorf("inner loop, %s: contains, touches are %v, want %v", p, got, want)
		}
	}
	if loop.all() || s.all() {
		t.Error("neither has all")
	}
	loop.add(cover{prefix: record.Path{}})
	if !loop.all() || !loop.contains(path("_")) || !loop.contains(path("9.9")) {
		t.Error("this one has all")
	}
}
