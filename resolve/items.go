package resolve

import (
	"context"
	"fmt"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/control"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/types"
)

// item returns the value of a foreach's variable at the reader's index.
func (r *Resolver) item(ctx context.Context, foreach string, variable int, a at) (any, error) {
	place, here, err := r.place(foreach, a)
	if err != nil {
		return nil, err
	}
	if len(a.path) <= place.Depth {
		return nil, fmt.Errorf("the contract asks for an item of %s, which the index path %s is not in", foreach, a.path)
	}
	i := a.path[place.Depth]
	if place.Control != nil && place.Control.By == contract.ByAlias {
		return r.aliasedItem(ctx, foreach, place, variable, here, i)
	}
	d, err := r.control(ctx, place.Control, foreach, here)
	if err != nil {
		return nil, err
	}
	c := d.control
	if c.Count == nil || i >= *c.Count || variable < 0 || variable >= len(c.Items) || len(c.Lens) != len(c.Items) {
		return nil, fmt.Errorf("what was decided about %s has no item %d", foreach, i)
	}
	at := control.Split(i, c.Lens, place.Zip)[variable]
	items := c.Items[variable]
	if items.Range {
		return items.From + int64(at), nil
	}
	raw, err := r.rawItem(ctx, foreach, variable, items, at, d)
	if err != nil {
		return nil, err
	}
	t, err := types.Decode(items.Type)
	if err != nil {
		return nil, fmt.Errorf("items of %s have a damaged type: %w", foreach, err)
	}
	v, err := types.UnmarshalValue(t, raw)
	if err != nil {
		return nil, fmt.Errorf("item %d of %s: %w", at, foreach, err)
	}
	return v, nil
}

func (r *Resolver) rawItem(ctx context.Context, foreach string, variable int, items record.Items, i int, d decided) (record.Raw, error) {
	list, at := items.List, i
	if items.Pages {
		page := i / record.PageSize
		key := record.Keys{Flow: r.opt.Keys.Flow, Run: d.run}.Items(foreach, d.path, variable, page)
		p, err := r.pages.get(ctx, key, func() (*record.ItemPage, error) {
			p, ok, err := readRecord[record.ItemPage](ctx, r, key)
			if err == nil && !ok {
				err = fmt.Errorf("store %s has no page %s of the items of %s: the task that decides them has not finished", r.opt.Store.URL(), key, foreach)
			}
			return &p, err
		})
		if err != nil {
			return nil, err
		}
		list, at = p.Items, i%record.PageSize
	}
	if at >= len(list) {
		return nil, fmt.Errorf("what was decided about %s has no item %d", foreach, i)
	}
	return list[at], nil
}

// aliasedItem returns item i of a foreach over what another one gathered,
// without gathering.
func (r *Resolver) aliasedItem(ctx context.Context, foreach string, place contract.BlockPlace, variable int, here at, i int) (any, error) {
	if variable < 0 || variable >= len(place.Over) {
		return nil, fmt.Errorf("the contract does not say what %s runs over", foreach)
	}
	p, err := r.compile(&place.Over[variable].Expr, &place.Over[variable].Expr)
	if err != nil {
		return nil, err
	}
	n, bare := p.code.Ref()
	if !bare || n >= len(p.refs) || p.refs[n].Block == "" {
		return nil, fmt.Errorf("the contract says that %s runs over what %s gathered, and then something else", foreach, place.Control.Of)
	}
	ref := p.refs[n]
	other, there, err := r.place(ref.Block, here)
	if err != nil {
		return nil, err
	}
	v, err := r.element(ctx, ref.Block, ref.Port, other, there, i)
	if err != nil {
		return nil, err
	}
	if list, ok := p.typ.(types.List); ok {
		v = types.Widen(nil, list.Elem, v)
	}
	return v, nil
}
