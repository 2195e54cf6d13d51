package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/engine/reuse"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
	"golang.org/x/sync/errgroup"
)

// parallelIO is how many objects the engine itself reads or writes at once.
const parallelIO = 32

// prepareResume finds out what the run takes over, and its params.
func (e *engine) prepareResume(ctx context.Context) (*reuse.Plan, error) {
	want := e.opt.Resume
	if want.Run.Flow != e.flow.Flow {
		return nil, fmt.Errorf("run %s is one of flow %s, and can't be resumed as one of flow %s", want.Run.Run, want.Run.Flow, e.flow.Flow)
	}
	reader := runs.New(e.opt.Config.Store)
	origin, err := reader.State(ctx, want.Run)
	if err != nil {
		return nil, err
	}
	changed, err := e.resumedParams(&origin.Record)
	if err != nil {
		return nil, err
	}
	return reuse.Make(ctx, reuse.Input{
		Flow: e.flow, Steps: e.contracts, Origin: origin,
		Before: func(ctx context.Context, step string) (*contract.Step, error) {
			return reader.Contract(ctx, origin.Plan, step)
		},
		Status: func(ctx context.Context, step string, parts []runs.Part) (map[string]record.Status, error) {
			return reader.Statuses(ctx, want.Run.Flow, step, parts)
		},
		From: want.From, Params: changed, RetryCaught: want.RetryCaught,
	})
}

// resumedParams are those of the origin, with the changes on top. It returns
// the names of params that have another value now.
func (e *engine) resumedParams(origin *record.Run) (changed map[string]bool, err error) {
	e.params = map[string]json.RawMessage{}
	changed = map[string]bool{}
	for _, p := range e.flow.Params {
		before, had := origin.Params[p.Name]
		if raw, given := e.opt.Params[p.Name]; given {
			e.params[p.Name] = raw
			if !had || !sameValue(p.Type, before, raw) {
				changed[p.Name] = true
			}
			continue
		}
		if !had {
			continue
		}
		if e.params[p.Name], err = rawParam(before); err != nil {
			return nil, fmt.Errorf("param %s of run %s: %w", p.Name, origin.Run, err)
		}
	}
	for name, raw := range e.opt.Params {
		e.params[name] = raw // one that the flow does not have is refused by init
	}
	return changed, nil
}

// sameValue tells whether raw is what a record holds already. Of a value that
// is not in the record itself it says no.
func sameValue(typ string, before record.Value, raw json.RawMessage) bool {
	t, err := types.Decode(typ)
	if err != nil || before.Blob != "" {
		return false
	}
	v, err := types.UnmarshalValue(t, raw)
	if err != nil {
		return false
	}
	text, err := types.MarshalValue(t, v)
	return err == nil && string(text) == string(before.Value)
}

// rawParam turns a validated param back into what init takes.
func rawParam(v record.Value) (json.RawMessage, error) {
	if v.Blob == "" {
		return v.Value, nil
	}
	return types.MarshalValue(types.Any, types.Blob{Digest: v.Blob, Size: v.Size, Ext: v.Ext})
}

// copyScopes marks in the new run which catch scopes have failed, before
// anything of it can be seen.
func (e *engine) copyScopes(ctx context.Context, run string) error {
	from := record.Keys{Flow: e.flow.Flow, Run: e.opt.Resume.Run.Run}
	to := record.Keys{Flow: e.flow.Flow, Run: run}
	s := e.opt.Config.Store
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelIO)
	for _, scope := range e.takeOver.Scopes() {
		g.Go(func() error {
			mark, err := store.GetJSON[record.Scope](ctx, s, from.Scope(scope.Node, scope.Path))
			if err != nil {
				return err
			}
			err = store.PutJSON(ctx, s, to.Scope(scope.Node, scope.Path), mark)
			if errors.Is(err, store.ErrExists) {
				err = nil
			}
			return err
		})
	}
	return g.Wait()
}

// storePlan puts the plan's documents into the store, for resumes and readers
// of the run. What is there already has the same bytes.
func storePlan(ctx context.Context, s store.Store, digest string, flow *contract.Flow, steps map[string]*contract.Step) error {
	_, err := s.Stat(ctx, record.PlanFlow(digest))
	if err == nil {
		return nil // it is written last
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	put := func(ctx context.Context, key, digest string, doc any) error {
		text, err := contract.Canonical(doc)
		if err != nil {
			return err
		}
		if contract.Digest(text) != digest {
			return fmt.Errorf("the plan of flow %s names a document by another digest than it has (%s)", flow.Flow, key)
		}
		if err := store.PutBytes(ctx, s, key, text); err != nil && !errors.Is(err, store.ErrExists) {
			return err
		}
		return nil
	}
	g, ctxAll := errgroup.WithContext(ctx)
	g.SetLimit(parallelIO)
	for _, c := range flow.Contracts {
		g.Go(func() error { return put(ctxAll, record.PlanStep(digest, c.Step), c.Digest, steps[c.Step]) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return put(ctx, record.PlanFlow(digest), digest, flow)
}
