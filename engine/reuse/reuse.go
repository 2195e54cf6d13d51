// Package reuse decides which finished tasks of an earlier run a resumed run
// takes over. It reads nothing: what it must know of the two plans and of the
// run is handed to it.
//
// A task is taken over if it has a result, what its step does is the same in
// both plans, and no task that it waits for must run again. What waits for what
// is read off the block tree: a node for its predecessors, everything in a
// block for the predecessors of the block, the next iteration of a loop for
// this one. Index paths keep it narrow: an item of a foreach that runs again
// makes its own followers run again and what gathers the list, not other items.
package reuse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
)

// Input is what is decided upon.
type Input struct {
	Flow   *contract.Flow                                                 // of the plan that will run
	Steps  map[string]*contract.Step                                      // its contracts
	Origin *runs.State                                                    // of the run that is resumed
	Before func(ctx context.Context, step string) (*contract.Step, error) // contracts of the origin's plan; nil if it had no such step
	// Status reads what became of finished tasks of a step.
	Status func(ctx context.Context, step string, parts []runs.Part) (map[string]record.Status, error)

	From        []string        // steps and blocks that run again
	Params      map[string]bool // params that have another value now
	RetryCaught bool
}

// Plan is what a run takes over.
type Plan struct {
	steps  map[string][]runs.Part
	scopes []runs.FailedScope
	again  []Again
}

// Again says why finished tasks of a step run again.
type Again struct {
	Step string
	Why  string // "it was changed", "--from", ...
}

// Run returns the run that a task is taken over from.
func (p *Plan) Run(step string, path record.Path) (run string, ok bool) {
	for _, part := range p.steps[step] {
		if part.Paths.Contains(path) {
			return part.Run, true
		}
	}
	return "", false
}

// Len is the number of tasks that are taken over.
func (p *Plan) Len() int {
	n := 0
	for _, parts := range p.steps {
		for _, part := range parts {
			n += part.Paths.Len()
		}
	}
	return n
}

// Again lists the steps of which finished tasks run again, in the order of the
// flow, with the first reason. What only follows such a step is not listed.
func (p *Plan) Again() []Again { return p.again }

// Scopes are the failed catch scopes that are taken over; they must be marked
// in the new run.
func (p *Plan) Scopes() []runs.FailedScope { return p.scopes }

// Record is the plan as the new run's reuse.json holds it.
func (p *Plan) Record() *record.Reuse {
	out := &record.Reuse{V: record.Version, Steps: map[string][]record.ReusePart{}}
	for step, parts := range p.steps {
		for _, part := range parts {
			out.Steps[step] = append(out.Steps[step], record.ReusePart{Run: part.Run, Paths: part.Paths.String()})
		}
	}
	return out
}

// Make decides.
func Make(ctx context.Context, in Input) (*Plan, error) {
	d := &decider{in: in, tree: newTree(in.Flow), scopes: in.Origin.Failed, stale: map[string]*covers{}, why: map[string]string{}}
	if err := d.from(); err != nil {
		return nil, err
	}
	if err := d.changes(ctx); err != nil {
		return nil, err
	}
	if err := d.caught(ctx); err != nil {
		return nil, err
	}
	return d.plan(), nil
}

// decider collects what must run again.
type decider struct {
	in     Input
	tree   *tree
	scopes []runs.FailedScope // that are taken over
	stale  map[string]*covers // what runs again, by step
	why    map[string]string  // by step: the first reason
}

// from marks what the user named.
func (d *decider) from() error {
	for _, name := range d.in.From {
		nodes := d.tree.named[name]
		if len(nodes) == 0 {
			names := slices.DeleteFunc(slices.Collect(maps.Keys(d.tree.named)), func(s string) bool { return strings.HasPrefix(s, "flowc_") })
			if near, ok := diag.Suggest(name, names); ok {
				return fmt.Errorf("flow %s has no step %s to run again from; did you mean %s?", d.in.Flow.Flow, name, near)
			}
			return fmt.Errorf("flow %s has no step %s to run again from", d.in.Flow.Flow, name)
		}
		d.again(nodes[0], record.Path{}, "it was named")
	}
	return nil
}

// changes marks steps that do something else than in the origin.
func (d *decider) changes(ctx context.Context) error {
	before := newTree(d.in.Origin.Plan.Flow)
	decided := decisions(d.in.Flow)
	decidedBefore := decisions(d.in.Origin.Plan.Flow)
	for _, named := range d.in.Flow.Contracts {
		n := d.tree.steps[named.Step]
		if n == nil {
			continue // the compiler's own, beside the tree
		}
		why, err := d.changed(ctx, named, before)
		if err != nil {
			return err
		}
		if why != "" {
			d.again(n, record.Path{}, why)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.tree.named)) {
		old := before.named[name]
		for i, n := range d.tree.named[name] {
			switch {
			case i >= len(old) || !sameNode(n, old[i]):
				d.again(n, record.Path{}, "its block was changed")
			case !equal(decided[name], decidedBefore[name]):
				d.again(n, record.Path{}, "its condition or list was changed")
			case readsParam(decided[name], d.in.Params) != "":
				d.again(n, record.Path{}, fmt.Sprintf("param %s has another value", readsParam(decided[name], d.in.Params)))
			}
		}
	}
	return nil
}

// changed says why a step's results no longer hold, or "".
func (d *decider) changed(ctx context.Context, named contract.Named, before *tree) (string, error) {
	now := d.in.Steps[named.Step]
	for _, param := range slices.Sorted(maps.Keys(now.Params)) {
		if d.in.Params[param] {
			return fmt.Sprintf("param %s has another value", param), nil
		}
	}
	if before.steps[named.Step] == nil {
		return "it is new", nil
	}
	for _, old := range d.in.Origin.Plan.Flow.Contracts {
		if old == named {
			return "", nil
		}
	}
	old, err := d.in.Before(ctx, named.Step)
	if err != nil {
		return "", err
	}
	if old == nil {
		return "it is new", nil
	}
	return different(old, now), nil
}

// caught marks caught failures, where they are to be retried, and makes sure
// that a failed catch scope is taken over whole or not at all.
func (d *decider) caught(ctx context.Context) error {
	if d.in.RetryCaught {
		d.scopes = nil
		for _, step := range slices.Sorted(maps.Keys(d.tree.steps)) {
			if c := d.in.Steps[step]; c == nil || !c.Catch && len(c.Scopes) == 0 {
				continue
			}
			if err := d.retry(ctx, step, record.Path{}); err != nil {
				return err
			}
		}
		return nil
	}
	// A scope that is given up may touch another one, inside or around it.
	for {
		var kept []runs.FailedScope
		for _, s := range d.scopes {
			n := d.scope(s)
			switch {
			case n == nil: // its steps are not what they were
			case !d.touched(n, s.Path):
				kept = append(kept, s)
			default:
				for _, step := range n.steps {
					if err := d.retry(ctx, step, s.Path); err != nil {
						return err
					}
				}
			}
		}
		if len(kept) == len(d.scopes) {
			return nil
		}
		d.scopes = kept
	}
}

// scope finds the block of a failed scope in the plan that will run.
func (d *decider) scope(s runs.FailedScope) *node {
	for _, n := range d.tree.named[s.Node] {
		depth := n.in.depth
		if n.doc.Kind == contract.KindForeach {
			depth++
		}
		if n.doc.Kind != contract.KindStep && n.doc.Catch && depth == len(s.Path) {
			return n
		}
	}
	return nil
}

// touched tells whether something in a block at a path runs again.
func (d *decider) touched(n *node, p record.Path) bool {
	for _, step := range n.steps {
		if s := d.stale[step]; s != nil && s.touches(p) {
			return true
		}
	}
	return false
}

// retry marks the tasks of a step under a path that were caught or poisoned.
func (d *decider) retry(ctx context.Context, step string, under record.Path) error {
	var parts []runs.Part
	for _, part := range d.in.Origin.Tasks[step] {
		var some record.PathSet
		for p := range part.Paths.All() {
			if (cover{prefix: under}).contains(p) {
				some.Add(p)
			}
		}
		if some.Len() > 0 {
			parts = append(parts, runs.Part{Run: part.Run, Paths: some})
		}
	}
	if len(parts) == 0 {
		return nil
	}
	status, err := d.in.Status(ctx, step, parts)
	if err != nil {
		return err
	}
	for path, s := range status {
		if s != record.Caught && s != record.Poisoned {
			continue
		}
		p, err := record.ParsePath(path)
		if err != nil {
			return err
		}
		d.again(d.tree.steps[step], p, "it had failed and was caught")
	}
	return nil
}

// again marks a node's tasks under a path, and all that wait for them.
func (d *decider) again(n *node, p record.Path, why string) {
	for _, step := range n.steps {
		if d.why[step] == "" {
			d.why[step] = why
		}
	}
	if !d.mark(n, cover{prefix: p}) {
		return
	}
	for ; n != nil; n = n.in.owner {
		p = p.Prefix(min(len(p), n.in.depth))
		n.downstream(func(v *node) { d.mark(v, cover{prefix: p}) })
		up := n.in.owner
		if up == nil || up.doc.Kind != contract.KindLoop {
			continue
		}
		at := up.in.depth
		if len(p) > at {
			d.mark(up, later(p.Prefix(at), at, p[at]))
		} else {
			d.mark(up, later(p, at, 0)) // every iteration, the first as well
		}
	}
}

// mark adds to what runs again of the steps in a node; it reports whether that is news.
func (d *decider) mark(n *node, c cover) bool {
	news := false
	for _, step := range n.steps {
		s := d.stale[step]
		if s == nil {
			s = &covers{}
			d.stale[step] = s
		}
		if s.add(c) {
			news = true
		}
	}
	return news
}

// plan takes over what is left.
func (d *decider) plan() *Plan {
	out := &Plan{steps: map[string][]runs.Part{}, scopes: d.scopes}
	again := map[string]bool{}
	for step := range d.tree.steps {
		stale := d.stale[step]
		var seen record.PathSet
		for i, part := range d.in.Origin.Tasks[step] {
			if stale != nil && stale.all() {
				again[step] = true
				continue
			}
			keep := part.Paths
			if stale != nil || i > 0 {
				keep = record.PathSet{}
				for p := range part.Paths.All() {
					switch {
					case stale != nil && stale.contains(p):
						again[step] = true
					case !seen.Contains(p):
						keep.Add(p)
					}
				}
			}
			if keep.Len() > 0 {
				out.steps[step] = append(out.steps[step], runs.Part{Run: part.Run, Paths: keep})
				if i+1 < len(d.in.Origin.Tasks[step]) {
					seen.Union(keep)
				}
			}
		}
	}
	for _, c := range d.in.Flow.Contracts {
		if again[c.Step] && d.why[c.Step] != "" {
			out.again = append(out.again, Again{c.Step, d.why[c.Step]})
		}
	}
	return out
}
