package runs

import (
	"context"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/types"
)

// outputType is the type of a step's artifact, as one task leaves it.
func (l *look) outputType(ctx context.Context, step, name string) (types.Type, error) {
	c, err := l.r.contract(ctx, l.plan, step)
	if err != nil {
		return nil, err
	}
	for _, o := range c.Outputs {
		if o.Name == name {
			return types.Decode(o.Type)
		}
	}
	return types.Any, nil // the `error` of a task that is caught
}

// portType is the type of what a block hands out.
func (l *look) portType(ctx context.Context, block, name string, pl place) (types.Type, error) {
	inner, err := l.exportType(ctx, block, name, pl)
	if err != nil {
		return nil, err
	}
	b := pl.block
	if b.Kind == contract.KindForeach {
		if b.Catch {
			inner = types.Opt(inner)
		}
		inner = types.List{Elem: inner}
	}
	if b.Gate != nil || b.Catch && b.Kind != contract.KindForeach || b.Kind == contract.KindSwitch {
		inner = types.Opt(inner)
	}
	return inner, nil
}

// exportType is the type of a block's export inside the block.
func (l *look) exportType(ctx context.Context, block, name string, pl place) (types.Type, error) {
	if pl.step != nil {
		return l.outputType(ctx, block, name)
	}
	place := l.plan.Flow.Blocks[block]
	if e, ok := place.Exports[name]; ok {
		return types.Decode(e.Type)
	}
	for _, c := range place.Cases {
		if e, ok := c.Exports[name]; ok {
			return types.Decode(e.Type)
		}
	}
	return types.Any, nil // the `error` of a block that is caught
}
