package resolve

import (
	"context"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// pagesFrom is the number of items from which a gather looks for summaries. It
// costs one request that may be in vain, against one for each item.
const pagesFrom = 64

// PageSize returns how many items of a foreach stand in one summary.
func PageSize(batch int) int {
	if batch > 1 {
		return batch
	}
	return record.PageSize
}

// loadPages reads the results of a foreach step from its summaries, as far as
// there are any, so that a gather finds them in memory. The first reader of a
// wide foreach writes what is missing.
func (r *Resolver) loadPages(ctx context.Context, place contract.BlockPlace, n int, here at) error {
	size := PageSize(place.Batch)
	if n < pagesFrom && place.Batch <= 1 {
		return nil
	}
	step := place.Pages
	return r.each(ctx, (n+size-1)/size, func(ctx context.Context, page int) error {
		from, to := page*size, min((page+1)*size, n)
		if r.known(step, here.path, from, to) {
			return nil
		}
		key := r.opt.Keys.Page(step, here.path, page)
		p, ok, err := readRecord[record.Page](ctx, r, key)
		if err != nil {
			return err
		}
		if ok {
			for i, res := range p.Results {
				if res != nil && from+i < to {
					r.results.set(task{step, here.path.Append(from + i).String()}, &found{res, r.opt.Keys.Run})
				}
			}
			return nil
		}
		return r.makePage(ctx, step, key, from, to, here)
	})
}

// known reports whether the results of items from..to-1 are in memory.
func (r *Resolver) known(step string, p record.Path, from, to int) bool {
	for i := from; i < to; i++ {
		if _, ok := r.results.peek(task{step, p.Append(i).String()}); !ok {
			return false
		}
	}
	return true
}

// makePage reads results one by one and writes their summary if it is whole.
func (r *Resolver) makePage(ctx context.Context, step, key string, from, to int, here at) error {
	page := record.Page{Results: make([]*record.Result, to-from)}
	err := r.each(ctx, to-from, func(ctx context.Context, i int) error {
		f, err := r.result(ctx, step, here.in(here.path.Append(from+i)))
		if err != nil {
			return err
		}
		page.Results[i] = f.result
		return nil
	})
	if err != nil || !r.opt.WritePages {
		return err
	}
	for _, res := range page.Results {
		if res == nil {
			return nil
		}
	}
	// The next reader does without, if it must: it is only slower.
	if err := r.enter(ctx); err != nil {
		return err
	}
	defer r.leave()
	store.PutJSON(ctx, r.opt.Store, key, page)
	return nil
}
