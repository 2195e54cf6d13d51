package runs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/control"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// State is what a run left behind, as one that resumes it must know it.
type State struct {
	ID
	Record record.Run
	Plan   *Plan
	// Tasks are the tasks with a result, by step: first those of the run itself,
	// then those that it had taken over. A task in several parts belongs to the first.
	Tasks map[string][]Part
	// Failed are the catch scopes that have failed.
	Failed []FailedScope
}

// FailedScope is a catch scope that has failed: a node at a path.
type FailedScope struct {
	Node string
	Path record.Path
}

// State reads what a run left, whether it has ended or was killed. It lists the
// run's results and reads none of them.
func (r *Reader) State(ctx context.Context, id ID) (*State, error) {
	rec, err := r.record(ctx, id)
	if err != nil {
		return nil, err
	}
	s := &State{ID: id, Record: rec, Tasks: map[string][]Part{}}
	if s.Plan, err = r.plan(ctx, rec.Plan); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			err = fmt.Errorf("the store %s does not have the plan of run %s: %w", r.store.URL(), id.Run, err)
		}
		return nil, err
	}
	keys := id.keys()
	own := map[string]*record.PathSet{}
	for info, err := range r.store.List(ctx, keys.ResultPrefix(""), store.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		step, p, ok := keys.ParseResult(info.Key)
		if !ok {
			continue
		}
		if own[step] == nil {
			own[step] = &record.PathSet{}
		}
		own[step].Add(p)
	}
	for step, set := range own {
		s.Tasks[step] = []Part{{id.Run, *set}}
	}
	reuse, err := r.reused(ctx, id, &rec)
	if err != nil {
		return nil, err
	}
	for step, parts := range reuse {
		s.Tasks[step] = append(s.Tasks[step], parts...)
	}
	for info, err := range r.store.List(ctx, keys.ScopePrefix(), store.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		if node, p, ok := keys.ParseScope(info.Key); ok {
			s.Failed = append(s.Failed, FailedScope{node, p})
		}
	}
	return s, nil
}

// Contract reads the contract that a step of the run had; nil if the flow had
// no such step.
func (r *Reader) Contract(ctx context.Context, p *Plan, step string) (*contract.Step, error) {
	c, err := r.contract(ctx, p, step)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return c, err
}

// Statuses reads the status of tasks of one step, from the summary of the run
// that made them where it has one, and else result by result.
func (r *Reader) Statuses(ctx context.Context, flow, step string, parts []Part) (map[string]record.Status, error) {
	var tasks []Task
	seen := map[string]bool{}
	for _, part := range parts {
		for p := range part.Paths.All() {
			if path := p.String(); !seen[path] {
				seen[path] = true
				tasks = append(tasks, Task{Path: path, Status: TaskDone})
			}
		}
	}
	if err := r.fillReused(ctx, ID{Flow: flow}, step, tasks, parts); err != nil {
		return nil, err
	}
	out := make(map[string]record.Status, len(tasks))
	for _, t := range tasks {
		out[t.Path] = record.Status(t.Status)
	}
	return out, nil
}

// reused reads what a run takes over; nothing if it resumes none.
func (r *Reader) reused(ctx context.Context, id ID, rec *record.Run) (map[string][]Part, error) {
	if rec.Origin == "" {
		return nil, nil
	}
	doc, err := store.GetJSON[record.Reuse](ctx, r.store, id.keys().Reuse())
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make(map[string][]Part, len(doc.Steps))
	for step, parts := range doc.Steps {
		tasks := 0
		for _, part := range parts {
			set, err := record.ParsePathSet(part.Paths)
			if err != nil {
				return nil, err // not possible: record.Decode has checked it
			}
			if tasks += min(set.Len(), control.MaxItems+1); tasks > control.MaxItems {
				return nil, fmt.Errorf("store %s: %s is damaged: it takes over more than %d tasks of step %s",
					r.store.URL(), id.keys().Reuse(), control.MaxItems, strings.ToValidUTF8(step, "?"))
			}
			out[step] = append(out[step], Part{part.Run, set})
		}
	}
	return out, nil
}
