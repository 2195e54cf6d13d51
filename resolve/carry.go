package resolve

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/types"
)

// carriedAt names a carried value at one iteration.
type carriedAt struct {
	loop, path, name string
	iteration        int
}

// carriedKey names an expression of a carried value for the memo of programs.
type carriedKey struct {
	tables     *contract.Tables
	loop, name string
	init       bool
}

// carry returns a carried value as the reader's iteration sees it: in the first
// one what `from` is outside, later what `next` was in the iteration before.
//
// A `next` that reads no carried value is evaluated there and then. One that
// does needs them one iteration earlier: the task that decided that the loop
// goes on has kept it in its record. Where it has not, the values are computed
// from the last iteration that is known upwards; which ones are needed is found
// out first, so that nothing recurses once for each iteration.
func (r *Resolver) carry(ctx context.Context, loop, name string, a at) (any, error) {
	place, here, err := r.place(loop, a)
	if err != nil {
		return nil, err
	}
	if len(a.path) <= place.Depth {
		return nil, fmt.Errorf("the contract asks for a value carried by %s, which the index path %s is not in", loop, a.path)
	}
	last := carriedAt{loop, here.path.String(), name, a.path[place.Depth]}

	// need[k] are the values that are needed at k iterations before the last.
	need := [][]carriedAt{{last}}
	for k := 0; k < last.iteration && len(need[k]) > 0; k++ {
		before := map[string]bool{}
		for _, key := range need[k] {
			c, ok := place.Carry[key.name]
			if !ok || c.Next == nil {
				continue // an error, later; or unchanged since the first iteration
			}
			if deps := r.carriedBy(a.tables, loop, c.Next); len(deps) > 0 && !r.kept(ctx, key, &c, place, here) {
				maps.Copy(before, deps)
			}
		}
		var keys []carriedAt
		for _, name := range slices.Sorted(maps.Keys(before)) {
			keys = append(keys, carriedAt{loop, last.path, name, last.iteration - k - 1})
		}
		need = append(need, keys)
	}
	for _, keys := range slices.Backward(need) {
		for _, key := range keys {
			if _, err := r.carriedValue(ctx, key, place, here); err != nil {
				return nil, fmt.Errorf("value %s carried by %s into iteration %d: %w", key.name, loop, key.iteration, err)
			}
		}
	}
	return r.carriedValue(ctx, last, place, here)
}

// kept looks for a carried value in memory, and in the record of the task that
// let its iteration begin.
func (r *Resolver) kept(ctx context.Context, key carriedAt, c *contract.Carry, place contract.BlockPlace, here at) bool {
	if _, ok := r.carried.peek(key); ok {
		return true
	}
	if place.Control == nil || place.Control.By != contract.ByStep {
		return false
	}
	d, err := r.control(ctx, place.Control, key.loop, here.in(here.path.Append(key.iteration-1)))
	if err != nil {
		return false // whoever evaluates finds out
	}
	rec, ok := d.control.Carry[key.name]
	if !ok {
		return false
	}
	v, err := r.Decode(ctx, rec)
	if err != nil {
		return false
	}
	t, err := types.Decode(c.Type)
	if err != nil {
		return false
	}
	r.carried.set(key, types.Widen(nil, t, v))
	return true
}

// carriedValue computes one carried value; those of the iteration before that
// it reads are there already.
func (r *Resolver) carriedValue(ctx context.Context, key carriedAt, place contract.BlockPlace, here at) (any, error) {
	if v, ok := r.carried.peek(key); ok {
		return v, nil
	}
	c, ok := place.Carry[key.name]
	if !ok {
		return nil, fmt.Errorf("the contract does not say what %s carries as %s", key.loop, key.name)
	}
	e, where := c.Next, here
	if key.iteration == 0 || e == nil { // unchanged since the first iteration
		e = &c.Init
	} else {
		where = here.in(here.path.Append(key.iteration - 1))
	}
	p, err := r.compile(e, carriedKey{here.tables, key.loop, key.name, e == &c.Init})
	if err != nil {
		return nil, err
	}
	v, err := r.eval(ctx, p, where)
	if err != nil {
		return nil, err
	}
	r.carried.set(key, v)
	return v, nil
}

// carriedBy returns which values carried by loop an expression of its body
// reads, directly or through exports and values carried by inner loops.
func (r *Resolver) carriedBy(tables *contract.Tables, loop string, e *contract.Expr) map[string]bool {
	out := map[string]bool{}
	seen := map[contract.Ref]bool{}
	var walk func(e *contract.Expr)
	walk = func(e *contract.Expr) {
		if e == nil {
			return
		}
		for _, ref := range e.Refs {
			if seen[ref] {
				continue
			}
			seen[ref] = true
			switch {
			case ref.Carry == loop:
				out[ref.Port] = true
			case ref.Carry != "":
				if c, ok := tables.Blocks[ref.Carry].Carry[ref.Port]; ok {
					walk(&c.Init)
					walk(c.Next)
				}
			case ref.Item != "":
				for i := range tables.Blocks[ref.Item].Over {
					walk(&tables.Blocks[ref.Item].Over[i].Expr)
				}
			case ref.Block != "":
				place := tables.Blocks[ref.Block]
				if x, ok := place.Exports[ref.Port]; ok {
					walk(&x)
				}
				for _, c := range place.Cases {
					if x, ok := c.Exports[ref.Port]; ok {
						walk(&x)
					}
				}
			}
		}
	}
	walk(e)
	return out
}
