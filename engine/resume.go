package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/engine/reuse"
	"github.com/flowc-dev/flowc/engine/schedule"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/resolve"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
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
	changed, err := e.resumedParams(ctx, &origin.Record)
	if err != nil {
		return nil, err
	}
	if err := e.repair(ctx, reader, origin); err != nil {
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
func (e *engine) resumedParams(ctx context.Context, origin *record.Run) (changed map[string]bool, err error) {
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
		if e.params[p.Name], err = e.rawParam(ctx, before); err != nil {
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
func (e *engine) rawParam(ctx context.Context, v record.Value) (json.RawMessage, error) {
	if v.Blob == "" {
		return v.Value, nil
	}
	value, err := resolve.New(resolve.Options{Store: e.opt.Config.Store}).Decode(ctx, v)
	if err != nil {
		return nil, err
	}
	return types.MarshalValue(types.Any, value)
}

// repair completes what the origin has left: a task that was killed after its
// result was written, and before what follows from it was, may have left a
// catch scope without its mark.
func (e *engine) repair(ctx context.Context, reader *runs.Reader, origin *runs.State) error {
	marked := map[string]bool{}
	for _, s := range origin.Failed {
		marked[address(s.Node, s.Path)] = true
	}
	for _, named := range e.flow.Contracts {
		c := e.contracts[named.Step]
		parts := origin.Tasks[named.Step]
		if c.Catch || len(c.Scopes) == 0 || len(parts) == 0 || parts[0].Run != origin.Run {
			continue // what the origin has taken over itself, it has marked
		}
		status, err := reader.Statuses(ctx, origin.Flow, named.Step, parts[:1])
		if err != nil {
			return err
		}
		for _, path := range slices.Sorted(maps.Keys(status)) {
			p, err := record.ParsePath(path)
			if err != nil || status[path] != record.Caught || len(p) < c.Scopes[0].Depth {
				continue
			}
			scope := runs.FailedScope{Node: c.Scopes[0].Node, Path: p.Prefix(c.Scopes[0].Depth)}
			if marked[address(scope.Node, scope.Path)] {
				continue
			}
			if err := e.publishAgain(ctx, origin.Run, runtime.Task{Step: named.Step, Path: p}); err != nil {
				return err
			}
			marked[address(scope.Node, scope.Path)] = true
			origin.Failed = append(origin.Failed, scope)
		}
	}
	return nil
}

// publishAgain derives from the result of a task of an earlier run what others
// look at. The task has its result, so no command is run.
func (e *engine) publishAgain(ctx context.Context, run string, t runtime.Task) error {
	out := runtime.Run(ctx, e.config(run), t)
	if out.Exit != contract.ExitDone || out.Claimed {
		return fmt.Errorf("what follows from task %s of run %s can't be completed: %w", address(t.Step, t.Path), run, out.Err)
	}
	return nil
}

// decided reads what a task of an earlier run decided. It makes sure that the
// items that it decided on are all there: a kill can have come between the
// result and them.
func (e *engine) decided(ctx context.Context, t schedule.Task, run string) (map[string]record.Control, error) {
	keys := record.Keys{Flow: e.flow.Flow, Run: run}
	res, err := store.GetJSON[record.Result](ctx, e.cfg.Store, keys.Result(t.Step, t.Path))
	if err != nil {
		return nil, err
	}
	for _, node := range slices.Sorted(maps.Keys(res.Control)) {
		c := res.Control[node]
		for v, items := range c.Items {
			if !items.Pages || v >= len(c.Lens) || c.Lens[v] == 0 {
				continue
			}
			// Pages are written in any order.
			for page := range (c.Lens[v] + record.PageSize - 1) / record.PageSize {
				_, err := e.cfg.Store.Stat(ctx, keys.Items(node, t.Path, v, page))
				if err == nil {
					continue
				}
				if !errors.Is(err, store.ErrNotFound) {
					return nil, err
				}
				if err := e.publishAgain(ctx, run, runtime.Task{Step: t.Step, Path: t.Path}); err != nil {
					return nil, err
				}
				break
			}
		}
	}
	return res.Control, nil
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
