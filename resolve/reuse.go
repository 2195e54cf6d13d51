package resolve

import (
	"context"
	"fmt"

	"github.com/flowc-dev/flowc/record"
)

// Reuse answers which tasks a run takes over, and from where. The zero value
// and nil take over nothing.
type Reuse struct{ steps map[string][]reusePart }

type reusePart struct {
	run   string
	paths record.PathSet
}

// NewReuse reads a record.
func NewReuse(rec *record.Reuse) (*Reuse, error) {
	out := &Reuse{}
	if rec == nil {
		return out, nil
	}
	out.steps = make(map[string][]reusePart, len(rec.Steps))
	for step, parts := range rec.Steps {
		for _, part := range parts {
			paths, err := record.ParsePathSet(part.Paths)
			if err != nil {
				return nil, fmt.Errorf("what step %s takes over: %w", step, err)
			}
			out.steps[step] = append(out.steps[step], reusePart{part.Run, paths})
		}
	}
	return out, nil
}

// Origin returns the run that a task is taken over from.
func (u *Reuse) Origin(step string, p record.Path) (run string, ok bool) {
	if u == nil {
		return "", false
	}
	for _, part := range u.steps[step] {
		if part.paths.Contains(p) {
			return part.run, true
		}
	}
	return "", false
}

// Reused returns what the run takes over from others.
func (r *Resolver) Reused(ctx context.Context) (*Reuse, error) {
	return r.reuse.get(ctx, struct{}{}, func() (*Reuse, error) {
		if r.opt.Reuse != nil {
			return r.opt.Reuse, nil
		}
		if r.opt.Run != nil && r.opt.Run.Origin == "" {
			return &Reuse{}, nil
		}
		rec, _, err := readRecord[record.Reuse](ctx, r, r.opt.Keys.Reuse())
		if err != nil {
			return nil, err
		}
		return NewReuse(&rec)
	})
}
