package resolve

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/flowc-dev/flowc/contract"
)

// carriedAt names a carried value at one iteration.
type carriedAt struct {
	loop, path, name string
	iteration        int
}

// carriedKey and initKey name the expressions of a carried value for the memo of programs.
type carriedKey struct {
	tables     *contract.Tables
	loop, name string
	init       bool
}

// carry returns a carried value as the reader's iteration sees it: in the first
// one what `from` is outside, later what `next` was in the iteration before.
//
// A `next` that reads carried values needs them one iteration earlier, and so
// on down to the first. Which ones is known beforehand, so the values are
// computed upwards, from the first iteration that is needed; nothing recurses
// once for each iteration. A `next` that reads none needs one iteration only.
func (r *Resolver) carry(ctx context.Context, loop, name string, a at) (any, error) {
	place, here, err := r.place(loop, a)
	if err != nil {
		return nil, err
	}
	if len(a.path) <= place.Depth {
		return nil, fmt.Errorf("the contract asks for a value carried by %s, which the index path %s is not in", loop, a.path)
	}
	last := a.path[place.Depth]
	path := here.path.String()
	if v, ok := r.carried.peek(carriedAt{loop, path, name, last}); ok {
		return v, nil
	}

	// need[k] are the names that are needed at iteration last-k.
	need := []map[string]bool{{name: true}}
	for k := 0; k < last && len(need[k]) > 0; k++ {
		before := map[string]bool{}
		for name := range need[k] {
			c, ok := place.Carry[name]
			if !ok {
				return nil, fmt.Errorf("the contract does not say what %s carries as %s", loop, name)
			}
			if c.Next == nil {
				continue
			}
			if _, have := r.carried.peek(carriedAt{loop, path, name, last - k}); !have {
				maps.Copy(before, r.carriedBy(a.tables, loop, c.Next))
			}
		}
		need = append(need, before)
	}
	for k := len(need) - 1; k >= 0; k-- {
		for _, name := range slices.Sorted(maps.Keys(need[k])) {
			if _, err := r.carriedValue(ctx, carriedAt{loop, path, name, last - k}, place, here); err != nil {
				return nil, fmt.Errorf("value %s carried by %s into iteration %d: %w", name, loop, last-k, err)
			}
		}
	}
	return r.carriedValue(ctx, carriedAt{loop, path, name, last}, place, here)
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
