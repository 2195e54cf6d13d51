package schedule

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"pgregory.net/rapid"
)

func ptr[T any](v T) *T { return &v }

func constCount(n int) *contract.Control {
	return &contract.Control{By: contract.ByConst, Const: &record.Control{Count: &n}}
}

func byStep(step string) *contract.Control { return &contract.Control{By: contract.ByStep, Step: step} }

func step(name string, needs ...int) contract.Node {
	return contract.Node{Name: name, Kind: contract.KindStep, Needs: needs}
}

func body(nodes ...contract.Node) *contract.Block { return &contract.Block{Nodes: nodes} }

// run plays a tree with one slot and returns the tasks in the order they started.
func run(t *testing.T, flow *contract.Flow, init map[string]record.Control,
	decide func(Task) map[string]record.Control) ([]string, *Tree, error) {
	t.Helper()
	tree, err := New(flow, init)
	if err != nil {
		return nil, nil, err
	}
	var order []string
	for {
		task, ok := tree.Next()
		if !ok {
			return order, tree, tree.err
		}
		order = append(order, address(task.Step, task.Path))
		var d map[string]record.Control
		if decide != nil {
			d = decide(task)
		}
		if err := tree.Done(task, d); err != nil {
			return order, tree, err
		}
	}
}

func TestOrder(t *testing.T) {
	again := func(node string, times int) func(Task) map[string]record.Control {
		return func(task Task) map[string]record.Control {
			if len(task.Path) == 0 {
				return nil
			}
			return map[string]record.Control{node: {Again: ptr(task.Path[len(task.Path)-1]+1 < times)}}
		}
	}
	for _, c := range []struct {
		name   string
		nodes  []contract.Node
		init   map[string]record.Control
		decide func(Task) map[string]record.Control
		want   string
	}{
		{name: "empty flow"},
		{name: "diamond", nodes: []contract.Node{step("a"), step("b", 0), step("c", 0), step("d", 1, 2)}, want: "a b c d"},
		{name: "items are finished before new ones are opened",
			nodes: []contract.Node{
				{Name: "each", Kind: contract.KindForeach, Control: constCount(3), Body: body(step("a"), step("b", 0))},
				step("z", 0),
			}, want: "a[0] b[0] a[1] b[1] a[2] b[2] z"},
		{name: "steps go before new items",
			nodes: []contract.Node{
				{Name: "each", Kind: contract.KindForeach, Control: constCount(2), Body: body(step("each"))},
				step("x"), step("y", 1),
			}, want: "x y each[0] each[1]"},
		{name: "no items", nodes: []contract.Node{
			{Name: "each", Kind: contract.KindForeach, Control: constCount(0), Body: body(step("each"))}, step("z", 0)}, want: "z"},
		{name: "closed gates", nodes: []contract.Node{
			{Name: "a", Kind: contract.KindStep, Gate: &contract.Control{By: contract.ByInit}},
			{Name: "g", Kind: contract.KindGroup, Gate: &contract.Control{By: contract.ByInit}, Needs: []int{0}, Body: body(step("b"))},
			{Name: "f", Kind: contract.KindForeach, Gate: &contract.Control{By: contract.ByInit}, Control: byStep("nobody"),
				Needs: []int{1}, Body: body(step("f"))},
			step("z", 2)},
			init: map[string]record.Control{"a": {Gate: ptr(false)}, "g": {Gate: ptr(false)}, "f": {Gate: ptr(false)}}, want: "z"},
		{name: "a gate that the step decides itself", nodes: []contract.Node{
			{Name: "a", Kind: contract.KindStep, Gate: &contract.Control{By: contract.BySelf}}}, want: "a"},
		{name: "batches", nodes: []contract.Node{
			{Name: "each", Kind: contract.KindForeach, Control: constCount(7), Batch: 3, Body: body(step("each"))}, step("z", 0)},
			want: "each[0] each[1] each[2] z"},
		{name: "alias", nodes: []contract.Node{
			{Name: "one", Kind: contract.KindForeach, Control: constCount(2), Body: body(step("one"))},
			{Name: "two", Kind: contract.KindForeach, Needs: []int{0}, Control: &contract.Control{By: contract.ByAlias, Of: "one"}, Body: body(step("two"))},
			{Name: "three", Kind: contract.KindForeach, Needs: []int{1}, Control: &contract.Control{By: contract.ByAlias, Of: "two"}, Body: body(step("three"))}},
			want: "one[0] one[1] two[0] two[1] three[0] three[1]"},
		{name: "switch", nodes: []contract.Node{
			{Name: "w", Kind: contract.KindSwitch, Control: &contract.Control{By: contract.ByInit}, Cases: []contract.Case{
				{Label: "a", Body: *body(step("a"))}, {Else: true, Body: *body(step("b"))}}}},
			init: map[string]record.Control{"w": {Case: ptr("a")}}, want: "a"},
		{name: "else", nodes: []contract.Node{
			{Name: "w", Kind: contract.KindSwitch, Control: &contract.Control{By: contract.ByInit}, Cases: []contract.Case{
				{Label: "a", Body: *body(step("a"))}, {Else: true, Body: *body(step("b"))}}}},
			init: map[string]record.Control{"w": {Case: ptr("")}}, want: "b"},
		{name: "no case, and an empty one", nodes: []contract.Node{
			{Name: "w", Kind: contract.KindSwitch, Control: &contract.Control{By: contract.ByInit}, Cases: []contract.Case{{Label: "a", Body: *body(step("a"))}}},
			{Name: "x", Kind: contract.KindSwitch, Control: &contract.Control{By: contract.ByInit}, Cases: []contract.Case{{Label: "a"}}},
			step("z", 0, 1)},
			init: map[string]record.Control{"w": {None: true}, "x": {Case: ptr("a")}}, want: "z"},
		{name: "loop", nodes: []contract.Node{
			{Name: "l", Kind: contract.KindLoop, Control: byStep("a"), Max: 9, Body: body(step("a"))}, step("z", 0)},
			decide: again("l", 3), want: "a[0] a[1] a[2] z"},
		{name: "a decision from further out", nodes: []contract.Node{
			step("a"),
			{Name: "each", Kind: contract.KindForeach, Needs: []int{0}, Control: constCount(2), Body: body(
				contract.Node{Name: "in", Kind: contract.KindForeach, Control: byStep("a"), Body: body(step("in"))})}},
			decide: func(task Task) map[string]record.Control {
				if task.Step != "a" {
					return nil
				}
				return map[string]record.Control{"in": {Count: ptr(2)}}
			}, want: "a in[0.0] in[0.1] in[1.0] in[1.1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			order, tree, err := run(t, &contract.Flow{Flow: "f", Body: contract.Block{Nodes: c.nodes}}, c.init, c.decide)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(order, " "); got != c.want {
				t.Errorf("started %s, want %s", got, c.want)
			}
			if tree.State() != Done {
				t.Errorf("state %v", tree.State())
			}
		})
	}
}

func TestBatchItems(t *testing.T) {
	flow := &contract.Flow{Body: *body(contract.Node{Name: "out", Kind: contract.KindForeach, Control: constCount(2), Body: body(
		contract.Node{Name: "each", Kind: contract.KindForeach, Control: constCount(7), Batch: 3, Body: body(step("each"))})})}
	tree, err := New(flow, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		task, ok := tree.Next()
		if !ok {
			break
		}
		for i := range task.Items {
			got = append(got, task.ItemPath(i).String())
		}
		if err := tree.Done(task, nil); err != nil {
			t.Fatal(err)
		}
	}
	want := "0.0 0.1 0.2 0.3 0.4 0.5 0.6 1.0 1.1 1.2 1.3 1.4 1.5 1.6"
	if strings.Join(got, " ") != want {
		t.Errorf("items %v", got)
	}
	if tree.Known("each") != 14 {
		t.Errorf("known %d", tree.Known("each"))
	}
}

// What a store or a plan holds is not to be trusted: it must fit or be refused.
func TestRefuses(t *testing.T) {
	foreach := func(c *contract.Control) contract.Node {
		return contract.Node{Name: "each", Kind: contract.KindForeach, Control: c, Body: body(step("each"))}
	}
	deep := step("a")
	for i := range 300 {
		deep = contract.Node{Name: fmt.Sprint("g", i), Kind: contract.KindGroup, Body: body(deep)}
	}
	for _, c := range []struct {
		name  string
		nodes []contract.Node
		init  map[string]record.Control
		want  string
	}{
		{"needs a later node", []contract.Node{step("a", 1), step("b")}, nil, "needs [1]"},
		{"needs itself", []contract.Node{step("a", 0)}, nil, "needs [0]"},
		{"needs twice", []contract.Node{step("a"), step("b", 0, 0)}, nil, "needs [0 0]"},
		{"two steps of one name", []contract.Node{step("a"), step("a")}, nil, "two steps"},
		{"unknown kind", []contract.Node{{Name: "a", Kind: "magic"}}, nil, `"magic"`},
		{"no name", []contract.Node{step("")}, nil, "without a name"},
		{"no control", []contract.Node{foreach(nil)}, nil, "no control"},
		{"unknown decider", []contract.Node{foreach(&contract.Control{By: "oracle"})}, nil, `"oracle"`},
		{"constant without value", []contract.Node{foreach(&contract.Control{By: contract.ByConst})}, nil, "without its value"},
		{"no body", []contract.Node{{Name: "g", Kind: contract.KindGroup}}, nil, "no body"},
		{"empty body", []contract.Node{{Name: "g", Kind: contract.KindForeach, Control: constCount(1), Body: body()}}, nil, "body is empty"},
		{"too deep", []contract.Node{deep}, nil, "deeper"},
		{"batch of two steps", []contract.Node{{Name: "g", Kind: contract.KindForeach, Control: constCount(1), Batch: 2,
			Body: body(step("a"), step("b"))}}, nil, "batches"},
		{"self for a block", []contract.Node{{Name: "g", Kind: contract.KindGroup, Gate: &contract.Control{By: contract.BySelf}, Body: body(step("a"))}},
			nil, "only a step"},
		{"init did not decide", []contract.Node{foreach(&contract.Control{By: contract.ByInit})}, nil, "has not decided its number of items"},
		{"nobody decided", []contract.Node{foreach(byStep("x"))}, nil, "step x has not decided"},
		{"negative", []contract.Node{foreach(&contract.Control{By: contract.ByInit})},
			map[string]record.Control{"each": {Count: ptr(-1)}}, "-1 items"},
		{"huge", []contract.Node{foreach(&contract.Control{By: contract.ByInit})},
			map[string]record.Control{"each": {Count: ptr(1 << 60)}}, "at most"},
		{"over its bound", []contract.Node{{Name: "each", Kind: contract.KindForeach, Max: 3, Control: constCount(4), Body: body(step("each"))}}, nil, "at most 3"},
		{"no such case", []contract.Node{{Name: "w", Kind: contract.KindSwitch, Control: &contract.Control{By: contract.ByInit},
			Cases: []contract.Case{{Label: "a"}}}}, map[string]record.Control{"w": {Case: ptr("b")}}, `case "b"`},
		{"no case named", []contract.Node{{Name: "w", Kind: contract.KindSwitch, Control: &contract.Control{By: contract.ByInit},
			Cases: []contract.Case{{Label: "a"}}}}, nil, "has not decided its case"},
		{"loop without word", []contract.Node{{Name: "l", Kind: contract.KindLoop, Control: byStep("a"), Body: body(step("a"))}}, nil, "loop l"},
		{"loop over its max", []contract.Node{{Name: "l", Kind: contract.KindLoop, Max: 2, Control: &contract.Control{By: contract.ByConst,
			Const: &record.Control{Again: ptr(true)}}, Body: body(step("a"))}}, nil, "2 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := run(t, &contract.Flow{Flow: "f", Body: contract.Block{Nodes: c.nodes}}, c.init, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// Ten million items cost as much as ten, and what waits is never more than one item's tasks.
func TestWideIsLazy(t *testing.T) {
	flow := &contract.Flow{Body: *body(contract.Node{Name: "each", Kind: contract.KindForeach, Control: constCount(10_000_000), Body: body(
		step("a"), contract.Node{Name: "in", Kind: contract.KindForeach, Needs: []int{0}, Control: constCount(1_000_000), Body: body(step("in"))})})}
	tree, err := New(flow, nil)
	if err != nil {
		t.Fatal(err)
	}
	var running []Task
	for range 10000 {
		for len(running) < 8 {
			task, ok := tree.Next()
			if !ok {
				t.Fatal("nothing to do")
			}
			running = append(running, task)
		}
		if len(tree.ready.tasks) > 200 || len(tree.cursors) > 20 {
			t.Fatalf("%d tasks and %d foreaches wait", len(tree.ready.tasks), len(tree.cursors))
		}
		if err := tree.Done(running[0], nil); err != nil {
			t.Fatal(err)
		}
		running = running[1:]
	}
}

// world is a random flow, with the value of every decision as a function of
// node and path, and the same flow run by a plain recursive interpreter.
type world struct {
	t       *rapid.T
	flow    *contract.Flow
	names   int
	decides map[string][]decision // by deciding step
	seed    int
	failing bool
	maxPar  map[string]int
}

type decision struct {
	node string
	kind string
	mod  int
}

// draw is a number below mod that depends on nothing but the decision and where it is made.
func (w *world) draw(what string, p record.Path, mod int) int {
	h := fnv.New64a()
	fmt.Fprint(h, w.seed, what, p)
	return int(h.Sum64() % uint64(mod))
}

func (w *world) value(d decision, p record.Path) record.Control {
	n := w.draw(d.node+d.kind, p, d.mod)
	switch d.kind {
	case "gate":
		return record.Control{Gate: ptr(n > 0)}
	case "count":
		return record.Control{Count: &n}
	case "case":
		return record.Control{Case: ptr([]string{"a", "b", ""}[n])}
	}
	return record.Control{Again: ptr(n > 0 && p[len(p)-1] < 4)}
}

func (w *world) decided(step string, p record.Path) map[string]record.Control {
	out := map[string]record.Control{}
	for _, d := range w.decides[step] {
		c, v := out[d.node], w.value(d, p)
		if v.Gate != nil {
			c.Gate = v.Gate
		} else {
			c.Count, c.Case, c.Again = v.Count, v.Case, v.Again
		}
		out[d.node] = c
	}
	return out
}

func (w *world) fails(step string, p record.Path) bool {
	return w.failing && w.draw("fail"+step, p, 12) == 0
}

func (w *world) name(prefix string) string {
	w.names++
	return fmt.Sprint(prefix, w.names)
}

// block makes a random block. certain are steps of the blocks around that have
// surely ended when it starts.
func (w *world) block(depth, paths int, outer []string) *contract.Block {
	b := &contract.Block{}
	size := rapid.IntRange(1, 4).Draw(w.t, "size")
	for i := range size {
		var n contract.Node
		certain := slices.Clone(outer)
		for j := range i {
			if rapid.Bool().Draw(w.t, "need") {
				n.Needs = append(n.Needs, j)
				if m := b.Nodes[j]; m.Kind == contract.KindStep && m.Gate == nil {
					certain = append(certain, m.Name)
				}
			}
		}
		kinds := 1
		if depth > 0 {
			kinds = 5
		}
		n.Kind = []contract.Kind{contract.KindStep, contract.KindForeach, contract.KindSwitch, contract.KindLoop, contract.KindGroup}[rapid.IntRange(0, kinds-1).Draw(w.t, "kind")]
		n.Name = w.name(string(n.Kind))
		if rapid.IntRange(0, 3).Draw(w.t, "gated") == 0 {
			n.Gate = w.control(n.Name, "gate", 3, certain)
		}
		inner := slices.Clip(certain)
		switch n.Kind {
		case contract.KindStep:
			if rapid.IntRange(0, 5).Draw(w.t, "self") == 0 {
				n.Gate = &contract.Control{By: contract.BySelf}
			}
		case contract.KindForeach:
			n.Control = w.control(n.Name, "count", 4, certain)
			n.MaxParallel = rapid.IntRange(0, 2).Draw(w.t, "max_parallel")
			if rapid.IntRange(0, 3).Draw(w.t, "batched") == 0 {
				n.Batch = 2
				n.Body = body(step(w.name("step")))
			} else {
				n.Body = w.block(depth-1, paths+1, inner)
			}
			w.maxPar[n.Name] = n.MaxParallel
		case contract.KindGroup:
			n.Body = w.block(depth-1, paths, inner)
		case contract.KindSwitch:
			n.Control = w.control(n.Name, "case", 3, certain)
			for _, label := range []string{"a", "b", ""} {
				n.Cases = append(n.Cases, contract.Case{Label: label, Else: label == "", Body: *w.block(depth-1, paths, inner)})
			}
		case contract.KindLoop:
			n.Body = w.block(depth-1, paths+1, inner)
			decider := w.name("step")
			all := make([]int, len(n.Body.Nodes))
			for i := range all {
				all[i] = i
			}
			n.Body.Nodes = append(n.Body.Nodes, step(decider, all...))
			n.Control = byStep(decider)
			w.decides[decider] = append(w.decides[decider], decision{n.Name, "again", 3})
		}
		b.Nodes = append(b.Nodes, n)
	}
	return b
}

func (w *world) control(node, kind string, mod int, certain []string) *contract.Control {
	d := decision{node, kind, mod}
	pick := rapid.IntRange(-2, len(certain)-1).Draw(w.t, "decider")
	switch {
	case pick >= 0:
		w.decides[certain[pick]] = append(w.decides[certain[pick]], d)
		return byStep(certain[pick])
	case pick == -1:
		w.decides[contract.InitStep] = append(w.decides[contract.InitStep], d)
		return &contract.Control{By: contract.ByInit}
	}
	v := w.value(d, record.Path{})
	return &contract.Control{By: contract.ByConst, Const: &v}
}

// naive is the interpreter: it runs one node after the other.
type naive struct {
	w      *world
	tasks  map[string]bool
	before [][2][]string         // every task of the first has ended before any of the second starts
	items  map[string][][]string // by foreach instance: the tasks of each of its units
}

// find is the decision about a node, from where it is made.
func (n *naive) find(c *contract.Control, node, kind string, p record.Path) record.Control {
	switch c.By {
	case contract.ByConst:
		return *c.Const
	case contract.ByInit:
		return n.w.decided(contract.InitStep, record.Path{})[node]
	}
	return n.w.decided(c.Step, p[:n.w.depth(c.Step)])[node]
}

// block runs b at p and returns its tasks, and whether all went well.
func (n *naive) block(b *contract.Block, p record.Path) (all []string, well bool) {
	well = true
	sets := make([][]string, len(b.Nodes))
	ended := make([]bool, len(b.Nodes))
	for i := range b.Nodes {
		may := true
		for _, need := range b.Nodes[i].Needs {
			may = may && ended[need]
		}
		if !may {
			well = false
			continue
		}
		sets[i], ended[i] = n.node(&b.Nodes[i], p)
		well = well && ended[i]
		for _, need := range b.Nodes[i].Needs {
			n.before = append(n.before, [2][]string{sets[need], sets[i]})
		}
		all = append(all, sets[i]...)
	}
	return all, well
}

func (n *naive) node(d *contract.Node, p record.Path) ([]string, bool) {
	if d.Gate != nil && d.Gate.By != contract.BySelf && !*n.find(d.Gate, d.Name, "gate", p).Gate {
		return nil, true
	}
	switch d.Kind {
	case contract.KindStep:
		a := address(d.Name, p)
		n.tasks[a] = true
		return []string{a}, !n.w.fails(d.Name, p)
	case contract.KindGroup:
		return n.block(d.Body, p)
	case contract.KindSwitch:
		label := *n.find(d.Control, d.Name, "case", p).Case
		for _, c := range d.Cases {
			if c.Label == label {
				return n.block(&c.Body, p)
			}
		}
	case contract.KindForeach:
		var all []string
		well := true
		units := *n.find(d.Control, d.Name, "count", p).Count
		if d.Batch > 0 {
			units = (units + d.Batch - 1) / d.Batch
		}
		for i := range units {
			tasks, ok := n.block(d.Body, p.Append(i))
			all, well = append(all, tasks...), well && ok
			key := address(d.Name, p)
			n.items[key] = append(n.items[key], tasks)
		}
		return all, well
	case contract.KindLoop:
		var all []string
		for i := 0; ; i++ {
			tasks, ok := n.block(d.Body, p.Append(i))
			n.before = append(n.before, [2][]string{all, tasks})
			all = append(all, tasks...)
			if !ok || !*n.find(d.Control, d.Name, "again", p.Append(i)).Again {
				return all, ok
			}
		}
	}
	panic("unreachable")
}

// depth is the length of a step's index paths.
func (w *world) depth(step string) int {
	var find func(b *contract.Block, d int) int
	find = func(b *contract.Block, d int) int {
		for i := range b.Nodes {
			n := &b.Nodes[i]
			if n.Kind == contract.KindStep && n.Name == step {
				return d
			}
			inner := d
			if n.Kind == contract.KindForeach || n.Kind == contract.KindLoop {
				inner++
			}
			if n.Body != nil {
				if x := find(n.Body, inner); x >= 0 {
					return x
				}
			}
			for k := range n.Cases {
				if x := find(&n.Cases[k].Body, d); x >= 0 {
					return x
				}
			}
		}
		return -1
	}
	return find(&w.flow.Body, 0)
}

// Whatever the flow, the decisions and the order in which tasks end: the tree
// runs the tasks that the plain interpreter runs, each once, and in an allowed order.
func TestTreeEqualsNaiveInterpreter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, decides: map[string][]decision{}, maxPar: map[string]int{},
			seed: rapid.IntRange(0, 1<<20).Draw(t, "seed"), failing: rapid.Bool().Draw(t, "failing")}
		w.flow = &contract.Flow{Flow: "f"}
		w.flow.Body = *w.block(3, 0, nil)
		want := &naive{w: w, tasks: map[string]bool{}, items: map[string][][]string{}}
		_, well := want.block(&w.flow.Body, record.Path{})

		tree, err := New(w.flow, w.decided(contract.InitStep, record.Path{}))
		if err != nil {
			t.Fatal(err)
		}
		slots := rapid.IntRange(1, 5).Draw(t, "slots")
		clock := 0
		started, ended := map[string]int{}, map[string]int{}
		var running []Task
		for {
			for len(running) < slots {
				task, ok := tree.Next()
				if !ok {
					break
				}
				a := address(task.Step, task.Path)
				if !want.tasks[a] {
					t.Fatalf("started %s, which should not run", a)
				}
				if started[a] > 0 {
					t.Fatalf("started %s twice", a)
				}
				clock++
				started[a] = clock
				running = append(running, task)
			}
			if len(running) == 0 {
				break
			}
			if tree.State() != Open {
				t.Fatalf("state %v while tasks run", tree.State())
			}
			i := rapid.IntRange(0, len(running)-1).Draw(t, "ends")
			task := running[i]
			running = slices.Delete(running, i, i+1)
			clock++
			ended[address(task.Step, task.Path)] = clock
			if w.fails(task.Step, task.Path) {
				err = tree.Failed(task)
			} else {
				err = tree.Done(task, w.decided(task.Step, task.Path))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := tree.State() == Done; got != well || tree.State() == Open {
			t.Fatalf("state %v, but went well: %v", tree.State(), well)
		}
		if len(started) != len(want.tasks) {
			t.Fatalf("started %d tasks, want %d", len(started), len(want.tasks))
		}
		for _, pair := range want.before {
			for _, a := range pair[0] {
				for _, b := range pair[1] {
					if ended[a] > started[b] {
						t.Fatalf("%s started before %s had ended", b, a)
					}
				}
			}
		}
		for foreach, units := range want.items {
			limit := w.maxPar[strings.Split(foreach, "[")[0]]
			if limit == 0 {
				continue
			}
			for now := 1; now <= clock; now++ {
				open := 0
				for _, tasks := range units {
					first, last := clock+1, 0
					for _, a := range tasks {
						first, last = min(first, started[a]), max(last, ended[a])
					}
					if first <= now && now < last {
						open++
					}
				}
				if open > limit {
					t.Fatalf("%d items of %s at once, more than %d", open, foreach, limit)
				}
			}
		}
	})
}

func BenchmarkWideForeach(b *testing.B) {
	flow := &contract.Flow{Body: *body(contract.Node{Name: "each", Kind: contract.KindForeach, Control: constCount(10_000), Body: body(step("each"))})}
	b.ReportAllocs()
	for range b.N {
		tree, err := New(flow, nil)
		if err != nil {
			b.Fatal(err)
		}
		for {
			task, ok := tree.Next()
			if !ok {
				break
			}
			if err := tree.Done(task, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/task")
}

func TestClosedIsToldOnce(t *testing.T) {
	shut := &contract.Control{By: contract.ByInit}
	tree, err := New(&contract.Flow{Flow: "f", Body: contract.Block{Nodes: []contract.Node{
		{Name: "a", Kind: contract.KindStep, Gate: shut},
		{Name: "g", Kind: contract.KindGroup, Gate: shut, Needs: []int{0}, Body: body(step("b"))},
		step("z", 1),
	}}}, map[string]record.Control{"a": {Gate: ptr(false)}, "g": {Gate: ptr(false)}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range append(tree.Closed(), tree.Closed()...) {
		names = append(names, c.Node+"["+c.Path.String()+"]")
	}
	if got, want := strings.Join(names, " "), "a[_] g[_]"; got != want {
		t.Errorf("closed: %s, want %s", got, want)
	}
}
