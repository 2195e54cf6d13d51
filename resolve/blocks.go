package resolve

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
)

// exportOf names an export for the memo of programs.
type exportOf struct {
	tables      *contract.Tables
	block, port string
	which       int // case of a switch
}

// export evaluates one export in the body's scope.
func (r *Resolver) export(ctx context.Context, block string, exports map[string]contract.Expr, which int, port string, inside at) (any, error) {
	e, ok := exports[port]
	if !ok {
		return nil, fmt.Errorf("the contract does not say what %s.%s is", block, port)
	}
	p, err := r.compile(&e, exportOf{inside.tables, block, port, which})
	if err != nil {
		return nil, err
	}
	return r.eval(ctx, p, inside)
}

// blockPort returns what a block hands out under a name.
func (r *Resolver) blockPort(ctx context.Context, block, port string, a at) (any, error) {
	place, here, err := r.place(block, a)
	if err != nil {
		return nil, err
	}
	open, err := r.open(ctx, place.Gate, block, here)
	if err != nil || !open {
		return nil, err
	}
	if place.Kind == contract.KindForeach {
		return r.gather(ctx, block, port, place, here)
	}
	if place.Catch {
		mark, err := r.scope(ctx, block, here.path)
		if err != nil {
			return nil, err
		}
		if port == "error" || mark != nil {
			return markedValue(mark, port), nil
		}
	}
	switch place.Kind {
	case contract.KindGroup:
		return r.export(ctx, block, place.Exports, 0, port, here)
	case contract.KindLoop:
		k, err := r.iterations(ctx, block, place, here)
		if err != nil {
			return nil, err
		}
		return r.export(ctx, block, place.Exports, 0, port, here.in(here.path.Append(k-1)))
	case contract.KindSwitch:
		which, err := r.caseOf(ctx, block, place, here)
		if err != nil || which < 0 {
			return nil, err
		}
		if _, ok := place.Cases[which].Exports[port]; !ok {
			return nil, nil
		}
		return r.export(ctx, block, place.Cases[which].Exports, which, port, here)
	}
	return nil, fmt.Errorf("the contract has a block %s of unknown kind %q", block, place.Kind)
}

// markedValue is a port of a failed catch scope: nil, or what failed.
func markedValue(mark *record.Scope, port string) any {
	if mark == nil || port != "error" {
		return nil
	}
	return errorValue(&mark.Error, "", nil)
}

// caseOf returns the index of the case that a switch took, or -1.
func (r *Resolver) caseOf(ctx context.Context, block string, place contract.BlockPlace, here at) (int, error) {
	d, err := r.control(ctx, place.Control, block, here)
	if err != nil {
		return 0, err
	}
	if d.control.None {
		return -1, nil
	}
	if d.control.Case == nil {
		return 0, fmt.Errorf("what was decided about %s does not name its case", block)
	}
	label := *d.control.Case
	other := -1
	for i, c := range place.Cases {
		if c.Else {
			other = i
		} else if c.Label == label {
			return i, nil
		}
	}
	return other, nil
}

// gather returns the list of what a foreach's items hand out, in item order.
func (r *Resolver) gather(ctx context.Context, foreach, port string, place contract.BlockPlace, here at) (any, error) {
	n, err := r.count(ctx, foreach, place, here)
	if err != nil {
		return nil, err
	}
	if place.Pages != "" {
		if err := r.loadPages(ctx, place, n, here); err != nil {
			return nil, err
		}
	}
	out := make([]any, n)
	err = r.each(ctx, n, func(ctx context.Context, i int) (err error) {
		out[i], err = r.element(ctx, foreach, port, place, here, i)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// element returns what one item of a foreach hands out.
func (r *Resolver) element(ctx context.Context, foreach, port string, place contract.BlockPlace, here at, i int) (any, error) {
	inside := here.in(here.path.Append(i))
	if place.Catch {
		mark, err := r.scope(ctx, foreach, inside.path)
		if err != nil {
			return nil, err
		}
		if port == "error" || mark != nil {
			return markedValue(mark, port), nil
		}
	}
	return r.export(ctx, foreach, place.Exports, 0, port, inside)
}

// each calls f for 0..n-1, several at once, and returns the error of the first
// of those that failed.
func (r *Resolver) each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	if n == 0 {
		return nil
	}
	if n == 1 {
		return f(ctx, 0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var next atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first error
	failed := n
	for range min(n, r.opt.Parallel) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || ctx.Err() != nil {
					return
				}
				if err := f(ctx, i); err != nil {
					mu.Lock()
					if i < failed && (first == nil || ctx.Err() == nil) {
						first, failed = err, i
					}
					mu.Unlock()
					cancel()
					return
				}
			}
		})
	}
	wg.Wait()
	if first == nil {
		return context.Cause(ctx)
	}
	return first
}
