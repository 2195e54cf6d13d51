package runtime

import (
	"context"
	"errors"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/resolve"
)

// judge says how a run without failures ended: succeeded if every task has its
// result that should have one by what was decided, and else stopped.
func (c *collected) judge(ctx context.Context) (record.RunStatus, error) {
	flow, err := c.cfg.Plan.Flow(ctx)
	if err != nil {
		return "", err
	}
	w := &walk{c: c, tables: contract.Tables{Steps: map[string]contract.StepPlace{}}}
	w.values = resolve.New(resolve.Options{Store: c.cfg.Store, Keys: c.cfg.keys(), Parallel: c.cfg.parallel()})
	w.index(&flow.Body, 0)
	done, err := w.block(ctx, &flow.Body, record.Path{})
	var unfinished *resolve.NotFinishedError
	switch {
	case errors.As(err, &unfinished), err == nil && !done:
		return record.Stopped, nil
	case err != nil:
		return "", err
	}
	return record.Succeeded, nil
}

// walk goes through the block tree as the run did.
type walk struct {
	c      *collected
	values *resolve.Resolver
	tables contract.Tables
}

// index fills the tables that controls are followed with.
func (w *walk) index(b *contract.Block, depth int) {
	for i := range b.Nodes {
		n := &b.Nodes[i]
		switch n.Kind {
		case contract.KindStep:
			w.tables.Steps[n.Name] = contract.StepPlace{Depth: depth}
			continue
		case contract.KindForeach, contract.KindLoop:
			w.index(n.Body, depth+1)
		case contract.KindGroup:
			w.index(n.Body, depth)
		case contract.KindSwitch:
			for k := range n.Cases {
				w.index(&n.Cases[k].Body, depth)
			}
		}
		if w.tables.Blocks == nil {
			w.tables.Blocks = map[string]contract.BlockPlace{}
		}
		w.tables.Blocks[n.Name] = contract.BlockPlace{Kind: n.Kind, Depth: depth, Control: n.Control}
	}
}

// block reports whether every task of a block has its result.
func (w *walk) block(ctx context.Context, b *contract.Block, p record.Path) (bool, error) {
	for i := range b.Nodes {
		done, err := w.node(ctx, &b.Nodes[i], p)
		if err != nil || !done {
			return false, err
		}
	}
	return true, nil
}

func (w *walk) node(ctx context.Context, n *contract.Node, p record.Path) (bool, error) {
	if n.Gate != nil && n.Gate.By != contract.BySelf {
		open, err := w.values.Open(ctx, n.Gate, n.Name, &w.tables, p)
		if err != nil || !open {
			return err == nil, err
		}
	}
	if n.Kind == contract.KindStep {
		t := w.c.steps[n.Name][p.String()]
		return t != nil && t.result != nil, nil
	}
	if n.Kind == contract.KindGroup {
		return w.block(ctx, n.Body, p)
	}
	if n.Kind == contract.KindLoop {
		for i := 0; ; i++ {
			done, err := w.block(ctx, n.Body, p.Append(i))
			if err != nil || !done {
				return false, err
			}
			d, err := w.values.Control(ctx, n.Control, n.Name, &w.tables, p.Append(i))
			if err != nil {
				return false, err
			}
			if d.Again == nil || !*d.Again {
				return true, nil
			}
		}
	}
	d, err := w.values.Control(ctx, n.Control, n.Name, &w.tables, p)
	if err != nil {
		return false, err
	}
	if n.Kind == contract.KindSwitch {
		if b := chosenCase(n, d); b != nil {
			return w.block(ctx, b, p)
		}
		return true, nil
	}
	for i := 0; d.Count != nil && i < *d.Count; i++ {
		if done, err := w.block(ctx, n.Body, p.Append(i)); err != nil || !done {
			return false, err
		}
	}
	return true, nil
}

// chosenCase is the body of the case that was taken, or nil.
func chosenCase(n *contract.Node, d *record.Control) *contract.Block {
	if d.None || d.Case == nil {
		return nil
	}
	var other *contract.Block
	for k := range n.Cases {
		if n.Cases[k].Else {
			other = &n.Cases[k].Body
		} else if n.Cases[k].Label == *d.Case {
			return &n.Cases[k].Body
		}
	}
	return other
}
