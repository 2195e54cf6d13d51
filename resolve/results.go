package resolve

import (
	"context"
	"errors"
	"fmt"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// NotFinishedError says that a task has no result, and no reason not to have one.
type NotFinishedError struct {
	Step  string
	Path  record.Path
	Run   string
	Store string // URL
}

func (e *NotFinishedError) Error() string {
	return fmt.Sprintf("task %s[%s] of run %s has no result in the store %s: it has not finished, or its record was lost",
		e.Step, e.Path, e.Run, e.Store)
}

// found is a result and the run that it stands in; no result is a closed gate.
type found struct {
	result *record.Result
	run    string
}

// result finds the result of a step for a reader.
func (r *Resolver) result(ctx context.Context, step string, a at) (*found, error) {
	place, ok := a.tables.Steps[step]
	if !ok {
		return nil, fmt.Errorf("the contract does not say how to find step %s", step)
	}
	return r.resultAt(ctx, step, place, a)
}

func (r *Resolver) resultAt(ctx context.Context, step string, place contract.StepPlace, a at) (*found, error) {
	if place.Depth < 0 || len(a.path) < place.Depth {
		return nil, fmt.Errorf("the contract looks for step %s at depth %d, from the index path %s", step, place.Depth, a.path)
	}
	if a.depth > maxDepth {
		return nil, fmt.Errorf("the contract's references go round in circles")
	}
	p := a.path.Prefix(place.Depth)
	key := task{step, p.String()}
	if f, ok := r.results.peek(key); ok {
		return f, nil
	}
	f, err := r.search(ctx, step, place, a.in(p))
	if err != nil {
		return nil, err
	}
	r.results.set(key, f)
	return f, nil
}

// search looks where a result can be.
func (r *Resolver) search(ctx context.Context, step string, place contract.StepPlace, a at) (*found, error) {
	res, err := r.read(ctx, r.opt.Keys, step, a.path)
	if err != nil || res != nil {
		return &found{res, r.opt.Keys.Run}, err
	}
	reuse, err := r.Reused(ctx)
	if err != nil {
		return nil, err
	}
	if run, ok := reuse.Origin(step, a.path); ok {
		res, err := r.read(ctx, record.Keys{Flow: r.opt.Keys.Flow, Run: run}, step, a.path)
		if err == nil && res == nil {
			err = &NotFinishedError{Step: step, Path: a.path, Run: run, Store: r.opt.Store.URL()}
		}
		return &found{res, run}, err
	}
	if place.Gate != nil {
		open, err := r.open(ctx, place.Gate, step, a)
		if err != nil {
			return nil, err
		}
		if !open {
			return &found{run: r.opt.Keys.Run}, nil
		}
	}
	if place.Catch && r.opt.Seal != nil {
		sealed, err := r.opt.Seal(ctx, step, a.path)
		if err != nil {
			return nil, err
		}
		if sealed {
			if res, err := r.read(ctx, r.opt.Keys, step, a.path); err != nil || res != nil {
				return &found{res, r.opt.Keys.Run}, err
			}
		}
	}
	return nil, &NotFinishedError{Step: step, Path: a.path, Run: r.opt.Keys.Run, Store: r.opt.Store.URL()}
}

// read reads one result; nil if there is none.
func (r *Resolver) read(ctx context.Context, keys record.Keys, step string, p record.Path) (*record.Result, error) {
	key := keys.Result(step, p)
	res, err := r.reads.get(ctx, key, func() (*record.Result, error) {
		res, ok, err := readRecord[record.Result](ctx, r, key)
		if err == nil && !ok {
			err = store.ErrNotFound // so that it is not remembered
		}
		return &res, err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return res, err
}

// readRecord reads a record, with no more requests at once than allowed, and
// reports whether there is one.
func readRecord[T record.Document](ctx context.Context, r *Resolver, key string) (doc T, ok bool, err error) {
	if err := r.enter(ctx); err != nil {
		return doc, false, err
	}
	defer r.leave()
	doc, err = store.GetJSON[T](ctx, r.opt.Store, key)
	if errors.Is(err, store.ErrNotFound) {
		return doc, false, nil
	}
	return doc, err == nil, err
}

// enter waits until another request may be made; leave ends it.
func (r *Resolver) enter(ctx context.Context) error {
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Resolver) leave() { <-r.slots }

// stepPort returns an output of a step, or the `error` of one that catches.
func (r *Resolver) stepPort(ctx context.Context, step, port string, a at) (any, error) {
	f, err := r.result(ctx, step, a)
	if err != nil || f.result == nil {
		return nil, err
	}
	if port == "error" && a.tables.Steps[step].Catch {
		return errorValue(f.result.Error, step, a.path.Prefix(a.tables.Steps[step].Depth)), nil
	}
	v, ok := f.result.Outputs[port]
	if !ok || f.result.Status != record.OK {
		return nil, nil
	}
	out, err := r.Decode(ctx, v)
	if err != nil {
		return nil, fmt.Errorf("output %s of %s[%s] in run %s: %w", port, step, a.path.Prefix(a.tables.Steps[step].Depth), f.run, err)
	}
	return out, nil
}

// errorValue is a failure as the value of an `error` port. The record names the
// task that failed only where it is not the one that it belongs to.
func errorValue(e *record.TaskError, step string, path record.Path) any {
	if e == nil {
		return nil
	}
	v := map[string]any{"kind": e.Kind, "message": e.Message, "exit_code": nil, "step": step, "path": path.String()}
	if e.Step != "" {
		v["step"], v["path"] = e.Step, e.Path
	}
	if e.ExitCode != nil {
		v["exit_code"] = int64(*e.ExitCode)
	}
	return v
}

// RunRecord returns the run's record.
func (r *Resolver) RunRecord(ctx context.Context) (*record.Run, error) {
	return r.run.get(ctx, struct{}{}, func() (*record.Run, error) {
		if r.opt.Run != nil {
			return r.opt.Run, nil
		}
		run, ok, err := readRecord[record.Run](ctx, r, r.opt.Keys.RunRecord())
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("run %s of flow %s has no record in the store %s: it was not initialised, or this is another store", r.opt.Keys.Run, r.opt.Keys.Flow, r.opt.Store.URL())
		}
		return &run, nil
	})
}

// param returns a parameter of the run.
func (r *Resolver) param(ctx context.Context, name string) (any, error) {
	return r.params.get(ctx, name, func() (any, error) {
		run, err := r.RunRecord(ctx)
		if err != nil {
			return nil, err
		}
		v, ok := run.Params[name]
		if !ok {
			return nil, nil
		}
		out, err := r.Decode(ctx, v)
		if err != nil {
			return nil, fmt.Errorf("param %s of run %s: %w", name, r.opt.Keys.Run, err)
		}
		return out, nil
	})
}
