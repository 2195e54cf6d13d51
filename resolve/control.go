package resolve

import (
	"context"
	"errors"
	"fmt"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
)

// decided is a control, and the run and path of the task that decided it: under
// these also are its pages of items.
type decided struct {
	control *record.Control
	run     string
	path    record.Path
}

// control finds what was decided about a node. a.path is the reader's own path
// or the node's; both begin with the decider's.
func (r *Resolver) control(ctx context.Context, c *contract.Control, node string, a at) (decided, error) {
	if a.depth > maxDepth {
		return decided{}, fmt.Errorf("the contract's references go round in circles")
	}
	if c == nil {
		return decided{}, fmt.Errorf("the contract does not say who decides about %s", node)
	}
	step, depth := c.Step, c.Depth
	switch c.By {
	case contract.ByConst:
		if c.Const == nil {
			return decided{}, fmt.Errorf("the contract has an empty constant for %s", node)
		}
		return decided{control: c.Const, run: r.opt.Keys.Run}, nil
	case contract.ByAlias:
		place, here, err := r.place(c.Of, a)
		if err != nil {
			return decided{}, err
		}
		return r.control(ctx, place.Control, c.Of, here)
	case contract.BySelf:
		f, err := r.result(ctx, node, a)
		if err != nil {
			return decided{}, err
		}
		open := f.result != nil && f.result.Status != record.Skipped
		return decided{control: &record.Control{Gate: &open}, run: f.run}, nil
	case contract.ByInit:
		step, depth = contract.InitStep, 0
	case contract.ByStep:
	default:
		return decided{}, fmt.Errorf("the contract says that %q decides about %s, which this program does not know", c.By, node)
	}
	place := a.tables.Steps[step] // for its catch, where the contract has it
	place.Depth = depth
	place.Gate = nil // deciders always run
	f, err := r.resultAt(ctx, step, place, a)
	if err != nil {
		return decided{}, fmt.Errorf("decision about %s: %w", node, err)
	}
	if f.result != nil {
		if d, ok := f.result.Control[node]; ok {
			return decided{&d, f.run, a.path.Prefix(depth)}, nil
		}
	}
	return decided{}, fmt.Errorf("the result of %s[%s] in run %s holds no decision about %s", step, a.path.Prefix(depth), f.run, node)
}

// open reports whether a node's gate is open.
func (r *Resolver) open(ctx context.Context, gate *contract.Control, node string, a at) (bool, error) {
	if gate == nil {
		return true, nil
	}
	d, err := r.control(ctx, gate, node, a)
	if err != nil {
		return false, err
	}
	if d.control.Gate == nil {
		return false, fmt.Errorf("what was decided about %s does not say whether it runs", node)
	}
	return *d.control.Gate, nil
}

// count returns the number of items of a foreach whose gate is open.
func (r *Resolver) count(ctx context.Context, foreach string, place contract.BlockPlace, here at) (int, error) {
	d, err := r.control(ctx, place.Control, foreach, here)
	if err != nil {
		return 0, err
	}
	if d.control.Count == nil || *d.control.Count < 0 {
		return 0, fmt.Errorf("what was decided about %s does not say how many items it has", foreach)
	}
	return *d.control.Count, nil
}

// iterations returns how many iterations an ended loop had: from its own
// record, or by asking the decider of each one.
func (r *Resolver) iterations(ctx context.Context, loop string, place contract.BlockPlace, here at) (int, error) {
	return r.ends.get(ctx, task{loop, here.path.String()}, func() (int, error) {
		ends, ok, err := readRecord[record.Ends](ctx, r, r.opt.Keys.Ends(loop, here.path))
		if err != nil {
			return 0, err
		}
		if ok && ends.Iterations > 0 {
			return ends.Iterations, nil
		}
		for i := 0; ; i++ {
			d, err := r.control(ctx, place.Control, loop, here.in(here.path.Append(i)))
			var unfinished *NotFinishedError
			if errors.As(err, &unfinished) && i > 0 {
				return 0, fmt.Errorf("loop %s[%s] has not ended after %d iterations: %w", loop, here.path, i, err)
			}
			if err != nil {
				return 0, err
			}
			if d.control.Again == nil {
				return 0, fmt.Errorf("what was decided about loop %s does not say whether it goes on", loop)
			}
			if !*d.control.Again {
				return i + 1, nil
			}
			if place.Control.By == contract.ByConst {
				return 0, fmt.Errorf("the contract has a loop %s that never ends", loop)
			}
		}
	})
}

// scope reads the mark of a failed catch scope; nil if it has not failed.
func (r *Resolver) scope(ctx context.Context, node string, p record.Path) (*record.Scope, error) {
	key := r.opt.Keys.Scope(node, p)
	return r.marks.get(ctx, key, func() (*record.Scope, error) {
		mark, ok, err := readRecord[record.Scope](ctx, r, key)
		if err != nil || !ok {
			return nil, err
		}
		return &mark, nil
	})
}
