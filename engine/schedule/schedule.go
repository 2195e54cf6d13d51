// Package schedule says which tasks of a run may start now.
//
// A [Tree] walks the block tree of a plan as tasks end: it opens the items of a
// foreach, the case of a switch, the next iteration of a loop. It does nothing
// itself: no clock, no store, no process, so that every order in which tasks
// can end can be tried in a test. Package engine drives it.
//
// Memory is bounded by what runs, not by how many tasks there are: an item of a
// foreach is opened when nothing that was opened before is left to start. So
// items that began are finished first, and 10,000 items cost no more than ten.
//
// A failed task never starts what waits for it, and nothing else is held back:
// a driver that wants to stop at the first failure no longer calls Next.
package schedule

import (
	"container/heap"
	"fmt"
	"maps"
	"slices"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/control"
	"github.com/flowc-dev/flowc/record"
)

// Task is one thing to run: a step at an index path. With a foreach in batches
// it is one container, and the path ends in the container's number.
type Task struct {
	Step string
	Path record.Path
	// Batch is the number of items a full container holds, 0 without batches.
	// Items is the number of items in this one; they are numbered
	// from Batch times the last index of Path on. Without batches it is 1.
	Batch, Items int

	in *scope
	at int
}

// ItemPath is the path of item i of the task, 0 <= i < Items.
func (t Task) ItemPath(i int) record.Path {
	if t.Batch == 0 {
		return t.Path
	}
	last := len(t.Path) - 1
	return t.Path.Prefix(last).Append(t.Path[last]*t.Batch + i)
}

// State of a Tree.
type State int

const (
	Open   State = iota // tasks run or may start
	Done                // everything ended well
	Failed              // a task failed, and nothing runs that could still end
)

// Tree is the state of one run. It is not safe for concurrent use.
type Tree struct {
	init    map[string]record.Control
	known   map[string]int  // tasks of each step that are known to come or to have come
	news    map[string]bool // steps of which known has changed
	closed  []Closed        // not yet told
	ready   queue
	cursors cursors // foreaches with an item to open
	starts  []start // nodes whose predecessors have ended
	seq     int
	state   State
	err     error
}

// New checks the block tree of a plan and opens it. The controls of init are
// what the run's first task decided.
func New(flow *contract.Flow, init map[string]record.Control) (*Tree, error) {
	c := compiler{steps: map[string]bool{}}
	root, err := c.block(&flow.Body, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("plan of flow %s: %w", flow.Flow, err)
	}
	t := &Tree{init: init, known: map[string]int{}, news: map[string]bool{}}
	t.open(root, nil, -1, record.Path{}, nil)
	t.drain()
	return t, t.err
}

// State says how the run stands.
func (t *Tree) State() State { return t.state }

// Known is the number of tasks of a step (with batches: of items) that are
// certain to run or to have run, as far as the decisions so far tell.
func (t *Tree) Known(step string) int { return t.known[step] }

// News returns the steps of which Known has changed since the last call, by name.
func (t *Tree) News() []string {
	if len(t.news) == 0 {
		return nil
	}
	out := slices.Sorted(maps.Keys(t.news))
	clear(t.news)
	return out
}

// Closed is a step or block that does not run because its gate is closed. (A
// step that decides its own gate does run, and skips itself.)
type Closed struct {
	Node string
	Path record.Path
}

// Closed returns the nodes that were found closed since the last call.
func (t *Tree) Closed() []Closed {
	out := t.closed
	t.closed = nil
	return out
}

// Next returns a task that may start now, and never the same one twice.
// It returns false where something must end first, or where the run has ended.
func (t *Tree) Next() (Task, bool) {
	for t.err == nil {
		if task, ok := t.ready.pop(); ok {
			return task, true
		}
		if len(t.cursors) == 0 {
			break
		}
		t.openItem(t.cursors[0])
		t.drain()
	}
	return Task{}, false
}

// Done says that a task ended well, and what it decided about which node.
// An error means that plan and decisions do not fit together; the run can't go on.
func (t *Tree) Done(task Task, decided map[string]record.Control) error {
	if len(decided) > 0 {
		if task.in.decided == nil {
			task.in.decided = map[string]map[string]record.Control{}
		}
		kept := make(map[string]record.Control, len(decided))
		for node, c := range decided { // items and carried values are for tasks to read
			kept[node] = record.Control{Gate: c.Gate, Count: c.Count, Case: c.Case, None: c.None, Again: c.Again}
		}
		task.in.decided[task.Step] = kept
	}
	t.endNode(task.in, task.at, true)
	t.drain()
	return t.err
}

// Failed says that a task failed for good.
func (t *Tree) Failed(task Task) error {
	t.endNode(task.in, task.at, false)
	t.drain()
	return t.err
}

// scope is one instance of a block.
type scope struct {
	block   *block
	path    record.Path
	up      *scope  // the scope around; nil for the flow's body
	at      int     // the node of up that this is a body of
	cursor  *cursor // the foreach that this is an item of
	waits   []int   // for each node, the number of predecessors that have not ended
	left    int     // nodes that have not ended well
	live    int     // nodes that were started and have not ended
	failed  bool
	decided map[string]map[string]record.Control // by deciding step, then by node
	counts  map[string]int                       // items of each foreach, for aliases
}

type start struct {
	in *scope
	at int
}

// open makes an instance of a block and starts the nodes that wait for nothing.
func (t *Tree) open(b *block, up *scope, at int, path record.Path, of *cursor) {
	s := &scope{block: b, path: path, up: up, at: at, cursor: of, left: len(b.nodes)}
	if of == nil { // a foreach counts all its items at once
		t.count(b, 1)
	}
	if len(b.roots) < len(b.nodes) {
		s.waits = make([]int, len(b.nodes))
		for i := range b.nodes {
			s.waits[i] = len(b.nodes[i].doc.Needs)
		}
	}
	for _, i := range b.roots {
		s.live++
		t.starts = append(t.starts, start{s, i})
	}
	if len(b.nodes) == 0 {
		t.endScope(s)
	}
}

// count adds n instances of a block to the tasks that are known to come.
func (t *Tree) count(b *block, n int) {
	for _, step := range b.certain {
		t.expect(step, n)
	}
}

func (t *Tree) expect(step string, n int) {
	t.known[step] += n
	t.news[step] = true
}

// drain starts every node whose predecessors have ended, and those that can
// start because of it.
func (t *Tree) drain() {
	for i := 0; i < len(t.starts) && t.err == nil; i++ {
		s := t.starts[i]
		t.starts[i] = start{}
		if err := t.start(s.in, s.at); err != nil {
			n := s.in.block.nodes[s.at].doc
			t.err = fmt.Errorf("%s %s: %w", n.Kind, address(n.Name, s.in.path), err)
		}
	}
	t.starts = t.starts[:0]
}

// start opens a node: its task becomes ready, or its body is entered.
func (t *Tree) start(s *scope, at int) error {
	n := &s.block.nodes[at]
	if g := n.doc.Gate; g != nil && g.By != contract.BySelf {
		c, err := t.decision(s, n.doc.Name, g)
		if err != nil {
			return err
		}
		if c.Gate == nil {
			return undecided(g, "whether it runs")
		}
		if !*c.Gate {
			t.closed = append(t.closed, Closed{n.doc.Name, s.path})
			t.endNode(s, at, true)
			return nil
		}
		if n.doc.Kind == contract.KindStep {
			t.expect(n.doc.Name, 1)
		}
	}
	switch n.doc.Kind {
	case contract.KindStep:
		task := Task{Step: n.doc.Name, Path: s.path, Items: 1, in: s, at: at}
		if c := s.cursor; c != nil && c.node.doc.Batch > 1 {
			task.Batch = c.node.doc.Batch
			task.Items = min(task.Batch, c.items-s.path[len(s.path)-1]*task.Batch)
		}
		t.ready.push(task)
	case contract.KindGroup:
		t.open(n.body, s, at, s.path, nil)
	case contract.KindLoop:
		t.open(n.body, s, at, s.path.Append(0), nil)
	case contract.KindSwitch:
		return t.startSwitch(s, at, n)
	case contract.KindForeach:
		return t.startForeach(s, at, n)
	}
	return nil
}

func (t *Tree) startSwitch(s *scope, at int, n *node) error {
	c, err := t.decision(s, n.doc.Name, n.doc.Control)
	if err != nil {
		return err
	}
	if c.None {
		t.endNode(s, at, true)
		return nil
	}
	if c.Case == nil {
		return undecided(n.doc.Control, "its case")
	}
	for i := range n.doc.Cases {
		if k := &n.doc.Cases[i]; !k.Else && k.Label == *c.Case || k.Else && *c.Case == "" {
			t.open(n.cases[i], s, at, s.path, nil)
			return nil
		}
	}
	return fmt.Errorf("%s chose the case %q, which the plan does not have", deciderName(n.doc.Control), *c.Case)
}

func (t *Tree) startForeach(s *scope, at int, n *node) error {
	c, err := t.decision(s, n.doc.Name, n.doc.Control)
	if err != nil {
		return err
	}
	switch {
	case c.Count == nil:
		return undecided(n.doc.Control, "its number of items")
	case *c.Count < 0 || *c.Count > control.MaxItems:
		return fmt.Errorf("%d items are not possible: a foreach has at most %d", *c.Count, control.MaxItems)
	case n.doc.Max > 0 && *c.Count > n.doc.Max:
		return fmt.Errorf("%d items, but the flow declares at most %d (max:)", *c.Count, n.doc.Max)
	}
	if s.counts == nil {
		s.counts = map[string]int{}
	}
	s.counts[n.doc.Name] = *c.Count
	units := *c.Count
	if b := n.doc.Batch; b > 1 {
		units = (*c.Count + b - 1) / b
	}
	if units == 0 {
		t.endNode(s, at, true)
		return nil
	}
	t.count(n.body, *c.Count)
	t.seq++
	cur := &cursor{scope: s, at: at, node: n, items: *c.Count, units: units, seq: t.seq}
	heap.Push(&t.cursors, cur)
	return nil
}

// openItem opens the next item of a foreach, or its next container.
func (t *Tree) openItem(c *cursor) {
	k := c.next
	c.next++
	c.active++
	if c.next == c.units || c.node.doc.MaxParallel > 0 && c.active >= c.node.doc.MaxParallel {
		heap.Remove(&t.cursors, c.index)
	}
	t.open(c.node.body, c.scope, c.at, c.scope.path.Append(k), c)
}

// endNode notes the end of a node, and what may start because of it.
func (t *Tree) endNode(s *scope, at int, well bool) {
	s.live--
	if well {
		s.left--
		for _, next := range s.block.nodes[at].next {
			s.waits[next]--
			if s.waits[next] == 0 {
				s.live++
				t.starts = append(t.starts, start{s, next})
			}
		}
	} else {
		s.failed = true
	}
	if s.live == 0 {
		t.endScope(s)
	}
}

// endScope notes that nothing runs any more in an instance of a block.
func (t *Tree) endScope(s *scope) {
	well := s.left == 0
	if s.up == nil {
		t.state = Failed
		if well {
			t.state = Done
		}
		return
	}
	if c := s.cursor; c != nil {
		t.endItem(c, well)
		return
	}
	if n := &s.up.block.nodes[s.at]; n.doc.Kind == contract.KindLoop && well {
		t.endIteration(s, n)
		return
	}
	t.endNode(s.up, s.at, well)
}

func (t *Tree) endItem(c *cursor, well bool) {
	c.active--
	c.failed = c.failed || !well
	switch {
	case c.next < c.units:
		if c.index < 0 { // max_parallel held it back
			heap.Push(&t.cursors, c)
		}
	case c.active == 0:
		t.endNode(c.scope, c.at, !c.failed)
	}
}

func (t *Tree) endIteration(s *scope, n *node) {
	i := s.path[len(s.path)-1]
	fail := func(err error) {
		t.err = fmt.Errorf("loop %s: %w", address(n.doc.Name, s.up.path), err)
	}
	c, err := t.decision(s, n.doc.Name, n.doc.Control)
	switch {
	case err != nil:
		fail(err)
	case c.Again == nil && !c.None:
		fail(undecided(n.doc.Control, "whether it goes round again"))
	case c.Again == nil || !*c.Again:
		t.endNode(s.up, s.at, true)
	case n.doc.Max > 0 && i+1 >= n.doc.Max:
		fail(fmt.Errorf("it went round %d times, which is its max, and still is not at its end", i+1))
	default:
		t.open(n.body, s.up, s.at, s.up.path.Append(i+1), nil)
	}
}

// decision finds what was decided about a node that stands in s (for a loop: whose body s is).
func (t *Tree) decision(s *scope, name string, c *contract.Control) (record.Control, error) {
	switch c.By {
	case contract.ByConst:
		return *c.Const, nil
	case contract.ByInit:
		return t.init[name], nil
	case contract.ByAlias:
		for x := s; x != nil; x = x.up {
			if n, ok := x.counts[c.Of]; ok {
				return record.Control{Count: &n}, nil
			}
		}
	case contract.ByStep:
		for x := s; x != nil; x = x.up {
			if d, ok := x.decided[c.Step]; ok {
				return d[name], nil
			}
		}
	}
	return record.Control{}, undecided(c, "it")
}

func undecided(c *contract.Control, what string) error {
	return fmt.Errorf("%s has not decided %s; the plan and the results in the store do not fit together",
		deciderName(c), what)
}

func deciderName(c *contract.Control) string {
	switch c.By {
	case contract.ByStep:
		return "step " + c.Step
	case contract.ByAlias:
		return "foreach " + c.Of
	case contract.ByInit:
		return "the start of the run"
	}
	return "the plan"
}

// address is how people write a node at a path: fit, fit[3.0].
func address(name string, p record.Path) string {
	if len(p) == 0 {
		return name
	}
	return name + "[" + p.String() + "]"
}
