package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/control"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/resolve"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// maxInlineItems is the size in bytes up to which items stand in a control.
const maxInlineItems = 64 << 10

// decide evaluates what the step decides about other nodes, by the outputs in
// res as if it were the task's result, and puts it there.
//
// A task that was skipped, poisoned, or whose failure is taken by a scope
// around it, decides nothing: no items, no case, closed, no further iteration.
// One that catches its own failure decides by absent outputs.
func (j *job) decide(ctx context.Context, path record.Path, res *record.Result) *failure {
	if len(j.step.Decides) == 0 {
		return nil
	}
	if res.Status == record.Skipped || res.Status == record.Poisoned || res.Status == record.Caught && !j.step.Catch {
		res.Control = j.neutral()
		return nil
	}
	res.Control = nil
	j.values.Overlay(j.step.Step, path, res)
	controls, err := evaluate(ctx, j.values, j.step.Decides, &j.step.Tables, path, j.level)
	if err != nil {
		f := classify(ctx, "deciding what comes next", err)
		var unfinished *resolve.NotFinishedError
		if f.Kind == kindInput && !errors.As(err, &unfinished) {
			f.Kind = kindExpr // too many items, lists of different lengths and the like
		}
		return f
	}
	for node, c := range controls {
		shorten(&c)
		controls[node] = c
	}
	for i := range j.step.Decides {
		j.keepCarried(ctx, &j.step.Decides[i], path, controls)
	}
	res.Control = controls
	return nil
}

// evaluate computes decisions. Items are whole lists.
func evaluate(ctx context.Context, values *resolve.Resolver, decides []contract.Decision, tables *contract.Tables, path record.Path, level func(string) int) (map[string]record.Control, error) {
	out := map[string]record.Control{}
	for i := range decides {
		d := &decides[i]
		iteration := 0
		if d.Kind == contract.DecideAgain {
			at := level(d.Node)
			if at < 0 || at >= len(path) {
				return nil, fmt.Errorf("the contract decides about loop %s from outside", d.Node)
			}
			iteration = path[at]
		}
		c, err := control.Evaluate(d, iteration, func(e *contract.Expr) (any, error) {
			return values.Value(ctx, e, tables, path)
		})
		if err != nil {
			return nil, err
		}
		out[d.Node] = merge(out[d.Node], *c)
	}
	return out, nil
}

// keepCarried computes the values for a loop's next iteration that depend on
// what this one was given, and puts them into the decision. One that can't be
// computed is left out: if somebody needs it, he finds out why.
func (j *job) keepCarried(ctx context.Context, d *contract.Decision, path record.Path, controls map[string]record.Control) {
	c := controls[d.Node]
	if len(d.Carry) == 0 || c.Again == nil || !*c.Again {
		return
	}
	c.Carry = map[string]record.Value{}
	for _, name := range d.Carry {
		carry, ok := j.step.Blocks[d.Node].Carry[name]
		if !ok || carry.Next == nil {
			continue
		}
		v, err := j.values.Value(ctx, carry.Next, &j.step.Tables, path)
		if err != nil {
			continue
		}
		t, err := types.Decode(carry.Type)
		if err != nil {
			continue
		}
		if rec, err := artifact.Save(ctx, j.cfg.Store, t, types.Widen(nil, t, v)); err == nil {
			c.Carry[name] = rec
		}
	}
	controls[d.Node] = c
}

// neutral is what a task says that has nothing to decide by.
func (j *job) neutral() map[string]record.Control {
	out := map[string]record.Control{}
	for i := range j.step.Decides {
		d := &j.step.Decides[i]
		out[d.Node] = merge(out[d.Node], *control.Neutral(d))
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// merge puts together what several decisions say about one node.
func merge(a, b record.Control) record.Control {
	if b.Gate != nil {
		a.Gate = b.Gate
	}
	if b.Count != nil {
		a.Count, a.Lens, a.Items = b.Count, b.Lens, b.Items
	}
	if b.Case != nil || b.None {
		a.Case, a.None = b.Case, b.None
	}
	if b.Again != nil {
		a.Again = b.Again
	}
	return a
}

// shorten takes long lists of items out of a control; they go into pages.
func shorten(c *record.Control) {
	c.Items = slices.Clone(c.Items)
	for i, items := range c.Items {
		size := 0
		for _, raw := range items.List {
			size += len(raw)
		}
		if len(items.List) > record.PageSize || size > maxInlineItems {
			c.Items[i] = record.Items{Type: items.Type, Pages: true}
		}
	}
}

// publishItems writes the pages of long lists. The record does not hold them,
// but it holds all that they are computed from, so every attempt computes
// those of the winner.
func (j *job) publishItems(ctx context.Context, path record.Path, won *record.Result, mine bool) *failure {
	var long []contract.Decision
	for _, d := range j.step.Decides {
		paged := func(it record.Items) bool { return it.Pages }
		if d.Kind == contract.DecideCount && slices.ContainsFunc(won.Control[d.Node].Items, paged) {
			long = append(long, d)
		}
	}
	if len(long) == 0 {
		return nil
	}
	values := j.values
	if !mine {
		values = j.resolver() // what was computed by our own outputs does not count
	}
	values.Overlay(j.step.Step, path, won)
	controls, err := evaluate(ctx, values, long, &j.step.Tables, path, j.level)
	if err != nil {
		return classify(ctx, "listing the items", err)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(j.cfg.parallel())
	for _, d := range long {
		for v, items := range controls[d.Node].Items {
			if v >= len(won.Control[d.Node].Items) || !won.Control[d.Node].Items[v].Pages {
				continue
			}
			for page := 0; page*record.PageSize < len(items.List); page++ {
				from, to := page*record.PageSize, min((page+1)*record.PageSize, len(items.List))
				key := j.keys.Items(d.Node, path, v, page)
				g.Go(func() error {
					err := store.PutJSON(gctx, j.cfg.Store, key, record.ItemPage{Items: items.List[from:to]})
					if errors.Is(err, store.ErrExists) {
						return nil
					}
					if errors.Is(err, record.ErrMalformed) {
						return fail(kindExpr, "the items of %s are too large to be listed: %v; run over files or keys instead", d.Node, err)
					}
					return err
				})
			}
		}
	}
	if err := g.Wait(); err != nil {
		return classify(ctx, "writing the items", err)
	}
	return nil
}
