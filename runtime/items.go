package runtime

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/resolve"
	"github.com/flowc-dev/flowc/store"
)

// items are what a task consists of, and what is done of it: one item, or the
// items of a batch.
type items struct {
	paths   []record.Path
	results []*record.Result // of paths; nil where there is none yet
	page    bool             // the summary of the batch is written
}

// items finds out what the task consists of and what is done already.
func (j *job) items(ctx context.Context) (*items, *failure) {
	it := &items{}
	if j.step.Batch <= 1 {
		it.paths = []record.Path{j.task.Path}
	} else {
		n, f := j.itemCount(ctx)
		if f != nil {
			return nil, f
		}
		prefix, batch := j.task.Path.Prefix(len(j.task.Path)-1), j.task.Path[len(j.task.Path)-1]
		for i := batch * j.step.Batch; i < min((batch+1)*j.step.Batch, n); i++ {
			it.paths = append(it.paths, prefix.Append(i))
		}
		page, err := store.GetJSON[record.Page](ctx, j.cfg.Store, j.pageKey())
		if err == nil && len(page.Results) == len(it.paths) {
			it.page, it.results = true, page.Results
			return it, nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, classify(ctx, "", err)
		}
	}
	it.results = make([]*record.Result, len(it.paths))
	_, reuse := j.cfg.facts()
	if j.step.Batch > 1 {
		var err error
		if reuse, err = j.values.Reused(ctx); err != nil {
			return nil, classify(ctx, "", err)
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(j.cfg.parallel())
	for i, p := range it.paths {
		g.Go(func() (err error) {
			it.results[i], err = j.done(gctx, p, reuse)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, classify(ctx, "", err)
	}
	return it, nil
}

// done reads the result of one item; nil if there is none.
func (j *job) done(ctx context.Context, p record.Path, reuse *resolve.Reuse) (*record.Result, error) {
	keys := []string{j.keys.Result(j.step.Step, p)}
	if run, ok := reuse.Origin(j.step.Step, p); ok {
		keys = append(keys, record.Keys{Flow: j.keys.Flow, Run: run}.Result(j.step.Step, p))
	}
	for _, key := range keys {
		res, err := store.GetJSON[record.Result](ctx, j.cfg.Store, key)
		if err == nil {
			return &res, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return nil, nil
}

// itemCount is the number of items of the foreach that this batch belongs to.
func (j *job) itemCount(ctx context.Context) (int, *failure) {
	place, ok := j.step.Blocks[j.step.Step]
	if !ok || place.Control == nil {
		return 0, fail(kindInput, "the contract of %s does not say how many items there are", j.step.Step)
	}
	c, err := j.values.Control(ctx, place.Control, j.step.Step, &j.step.Tables, j.task.Path)
	if err != nil {
		return 0, classify(ctx, "", err)
	}
	if c.Count == nil {
		return 0, fail(kindInput, "what was decided about %s does not say how many items it has", j.step.Step)
	}
	return *c.Count, nil
}

func (j *job) pageKey() string {
	last := len(j.task.Path) - 1
	return j.keys.Page(j.step.Step, j.task.Path.Prefix(last), j.task.Path[last])
}

// publishPage writes the summary of a batch that is done, for those who gather.
func (j *job) publishPage(ctx context.Context, it *items) *failure {
	if j.step.Batch <= 1 || it.page || len(it.paths) == 0 {
		return nil
	}
	page := record.Page{Results: it.results}
	if data, err := record.Encode(page); err != nil || int64(len(data)) > record.Limit[record.Page]() {
		return nil // too large for a summary: readers take the results one by one
	}
	err := store.PutJSON(ctx, j.cfg.Store, j.pageKey(), page)
	if err != nil && !errors.Is(err, store.ErrExists) {
		return classify(ctx, "writing the summary of a batch", err)
	}
	return nil
}

// isStoreError reports whether err came from a store, rather than from what it holds.
func isStoreError(err error) bool {
	var e *store.Error
	return errors.As(err, &e) && !errors.Is(err, store.ErrNotFound) &&
		!errors.Is(err, record.ErrMalformed) && !errors.Is(err, record.ErrNewer)
}
