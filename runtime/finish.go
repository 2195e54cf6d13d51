package runtime

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// Finish writes the run's end: the summary of each step, end.json, and the entry
// in the index of ended runs. It may be repeated; the first end counts. status
// "" means what the store says: failed if any task has, succeeded if every task
// that should have a result has one, else stopped. first, if nil, is the first
// failure that the store knows.
func Finish(ctx context.Context, cfg *Config, status record.RunStatus, first *record.TaskError) error {
	keys := cfg.keys()
	run, err := store.GetJSON[record.Run](ctx, cfg.Store, keys.RunRecord())
	if err != nil && !(errors.Is(err, store.ErrNotFound) && status == "") {
		return err
	}
	c, err := collectRun(ctx, cfg, &run)
	if err != nil {
		return err
	}
	if first == nil {
		first = c.firstFailure
	}
	if first == nil {
		if first, err = c.orchestratorFailure(ctx); err != nil {
			return err
		}
	}
	if status == "" && first != nil {
		status = record.Failed
	}
	if status == "" {
		if status, err = c.judge(ctx); err != nil {
			return err
		}
	}
	if status == record.Succeeded {
		first = nil
	}
	if err := c.writeSummaries(ctx); err != nil {
		return err
	}
	end := record.End{Status: status, Ended: time.Now().UTC(), Counts: c.counts, Error: first}
	if err := store.PutJSON(ctx, cfg.Store, keys.EndRecord(), end); errors.Is(err, store.ErrExists) {
		if end, err = store.GetJSON[record.End](ctx, cfg.Store, keys.EndRecord()); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if run.V == 0 {
		return nil // init failed before there was a run to list
	}
	return ignoreExists(store.PutBytes(ctx, cfg.Store, record.EndIndex(cfg.Flow, cfg.Run, run.Started, end.Status), nil))
}

// orchestratorFailure is what the orchestrator said, where it says anything; nil
// otherwise. It tells of what no task could record, a broken image for one.
func (c *collected) orchestratorFailure(ctx context.Context) (*record.TaskError, error) {
	data, err := store.ReadAll(ctx, c.cfg.Store, c.cfg.keys().OrchestratorFailure(), 16<<20)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text := strings.ToValidUTF8(string(data), "?")
	if len(text) > 2000 {
		text = strings.ToValidUTF8(text[:2000], "") + "..."
	}
	return &record.TaskError{Kind: kindError, Message: "the orchestrator reported a failure: " + text}, nil
}

// ended is one task as a summary has it.
type ended struct {
	path     record.Path
	result   *record.Result // nil: failed
	attempts int
	reused   bool
	started  int64
	ended    int64
}

// collected is all that is known of a run at its end.
type collected struct {
	cfg          *Config
	run          *record.Run
	steps        map[string]map[string]*ended // by step and path
	counts       map[string]int
	firstFailure *record.TaskError
}

func collectRun(ctx context.Context, cfg *Config, run *record.Run) (*collected, error) {
	c := &collected{cfg: cfg, run: run, steps: map[string]map[string]*ended{}, counts: map[string]int{}}
	if err := c.readResults(ctx); err != nil {
		return nil, err
	}
	if err := c.readAttempts(ctx); err != nil {
		return nil, err
	}
	if err := c.readReused(ctx); err != nil {
		return nil, err
	}
	for _, tasks := range c.steps {
		for _, t := range tasks {
			if t.result == nil {
				c.counts["failed"]++
			} else {
				c.counts[string(t.result.Status)]++
			}
		}
	}
	return c, nil
}

func (c *collected) task(step string, p record.Path) *ended {
	if c.steps[step] == nil {
		c.steps[step] = map[string]*ended{}
	}
	key := p.String()
	t := c.steps[step][key]
	if t == nil {
		t = &ended{path: p}
		c.steps[step][key] = t
	}
	return t
}

// readResults lists and reads all results of the run.
func (c *collected) readResults(ctx context.Context) error {
	keys := c.cfg.keys()
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(c.cfg.parallel())
	for info, err := range c.cfg.Store.List(ctx, keys.ResultPrefix(""), store.ListOptions{}) {
		if err != nil {
			return err
		}
		step, p, ok := keys.ParseResult(info.Key)
		if !ok || hidden(step) {
			continue
		}
		t := c.task(step, p)
		g.Go(func() error {
			res, err := store.GetJSON[record.Result](gctx, c.cfg.Store, info.Key)
			if err != nil {
				return err
			}
			t.result, t.started, t.ended = &res, res.Started.UnixMilli(), res.Ended.UnixMilli()
			return nil
		})
	}
	return g.Wait()
}

// hidden reports whether a task is no task of the flow.
func hidden(step string) bool { return step == contract.InitStep || step == contract.FinishStep }

// readAttempts counts attempts, and finds the tasks that were begun and have no result.
func (c *collected) readAttempts(ctx context.Context) error {
	keys := c.cfg.keys()
	type unit struct{ step, unit string }
	count := map[unit]int{}
	last := map[unit]int{}
	for info, err := range c.cfg.Store.List(ctx, keys.AttemptPrefix(""), store.ListOptions{}) {
		if err != nil {
			return err
		}
		if step, name, k, ok := keys.ParseAttempt(info.Key); ok {
			u := unit{step, name}
			count[u]++
			last[u] = max(last[u], k)
		}
	}
	units := slices.SortedFunc(maps.Keys(count), func(a, b unit) int {
		return slices.Compare([]string{a.step, a.unit}, []string{b.step, b.unit})
	})
	var failed []*failedUnit
	for _, u := range units {
		tasks, hasFailed := c.unitTasks(ctx, u.step, u.unit)
		for _, t := range tasks {
			t.attempts = count[u]
		}
		if hasFailed {
			failed = append(failed, &failedUnit{step: u.step, unit: u.unit, attempts: count[u], last: last[u], tasks: tasks})
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(c.cfg.parallel())
	for _, u := range failed {
		g.Go(func() error { return u.read(gctx, c.cfg) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	var first *failedUnit
	for _, u := range failed {
		if first == nil || u.ended.Before(first.ended) {
			first = u
		}
	}
	if first != nil {
		c.firstFailure = &first.cause
	}
	return nil
}

// failedUnit is what was begun and has no result.
type failedUnit struct {
	step, unit     string
	attempts, last int
	tasks          []*ended
	cause          record.TaskError
	ended          time.Time
}

// read finds out why the last attempt failed, and when.
func (u *failedUnit) read(ctx context.Context, cfg *Config) error {
	keys := cfg.keys()
	claim, err := store.GetJSON[record.Claim](ctx, cfg.Store, keys.Attempt(u.step, u.unit, u.last))
	if err != nil {
		return err
	}
	u.cause, u.ended = lostError(u.step, u.unit, u.attempts), claim.Started
	rec, err := store.GetJSON[record.Fail](ctx, cfg.Store, keys.Fail(u.step, u.unit, u.last))
	if err == nil {
		u.cause, u.ended = rec.TaskError, rec.Ended
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	for _, t := range u.tasks {
		if t.result == nil {
			t.started, t.ended = claim.Started.UnixMilli(), u.ended.UnixMilli()
		}
	}
	u.cause.Step = u.step
	if u.cause.Path == "" && len(u.tasks) > 0 {
		u.cause.Path = u.tasks[0].path.String()
	}
	return nil
}

// unitTasks returns the tasks of a unit of attempts, and whether one has no result.
func (c *collected) unitTasks(ctx context.Context, step, unit string) (tasks []*ended, failed bool) {
	if p, err := record.ParsePath(unit); err == nil {
		if hidden(step) {
			return nil, c.run.V == 0 // a later attempt may have made the run
		}
		t := c.task(step, p)
		return []*ended{t}, t.result == nil
	}
	prefix, batch, ok := record.ParseBatchUnit(unit)
	if !ok {
		return nil, false
	}
	j, f := newJob(ctx, c.cfg, Task{Step: step, Path: prefix.Append(batch)})
	if f != nil || j.step.Batch <= 1 {
		return nil, false
	}
	n, f := j.itemCount(ctx)
	if f != nil {
		return nil, true // the count cannot be known: the container failed over it
	}
	for i := batch * j.step.Batch; i < min((batch+1)*j.step.Batch, n); i++ {
		t := c.task(step, prefix.Append(i))
		tasks = append(tasks, t)
		failed = failed || t.result == nil
	}
	return tasks, failed
}

// readReused adds the tasks that the run took over, from the summaries of the
// runs that made them, or task by task where there is none.
func (c *collected) readReused(ctx context.Context) error {
	if c.run.Origin == "" {
		return nil
	}
	keys := c.cfg.keys()
	doc, err := store.GetJSON[record.Reuse](ctx, c.cfg.Store, keys.Reuse())
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, step := range slices.Sorted(maps.Keys(doc.Steps)) {
		for _, part := range doc.Steps[step] {
			if err := c.readPart(ctx, step, part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *collected) readPart(ctx context.Context, step string, part record.ReusePart) error {
	paths, err := record.ParsePathSet(part.Paths)
	if err != nil {
		return err
	}
	from := record.Keys{Flow: c.cfg.Flow, Run: part.Run}
	sum, err := store.GetJSON[record.Summary](ctx, c.cfg.Store, from.Summary(step))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	known := map[string]int{}
	for i, p := range sum.Paths {
		if sum.Status[i] != "failed" {
			known[p] = i
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(c.cfg.parallel())
	for p := range paths.All() {
		t := c.task(step, p)
		if t.result != nil {
			continue // done again in this run
		}
		t.reused = true
		if i, ok := known[p.String()]; ok {
			t.result = &record.Result{Status: record.Status(sum.Status[i])}
			if sum.Outputs != nil {
				t.result.Outputs = sum.Outputs[i]
			}
			t.attempts, t.started, t.ended = sum.Attempts[i], sum.Started[i], sum.Ended[i]
			continue
		}
		g.Go(func() error {
			res, err := store.GetJSON[record.Result](gctx, c.cfg.Store, from.Result(step, p))
			if err != nil {
				return err
			}
			t.result, t.attempts = &res, res.Attempt+1
			t.started, t.ended = res.Started.UnixMilli(), res.Ended.UnixMilli()
			return nil
		})
	}
	return g.Wait()
}

// writeSummaries writes one record for each step.
func (c *collected) writeSummaries(ctx context.Context) error {
	for _, step := range slices.Sorted(maps.Keys(c.steps)) {
		tasks := slices.SortedFunc(maps.Values(c.steps[step]), func(a, b *ended) int { return a.path.Compare(b.path) })
		sum := summarize(tasks)
		if _, err := record.Encode(sum); err != nil {
			sum.Outputs = nil // too large: readers look into the results
		}
		if err := ignoreExists(store.PutJSON(ctx, c.cfg.Store, c.cfg.keys().Summary(step), sum)); err != nil {
			return err
		}
	}
	return nil
}

func summarize(tasks []*ended) record.Summary {
	var sum record.Summary
	anyReused, anyOutputs := false, false
	for _, t := range tasks {
		status, outputs := "failed", map[string]record.Value(nil)
		if t.result != nil {
			status, outputs = string(t.result.Status), t.result.Outputs
		}
		sum.Paths = append(sum.Paths, t.path.String())
		sum.Status = append(sum.Status, status)
		sum.Attempts = append(sum.Attempts, t.attempts)
		sum.Reused = append(sum.Reused, t.reused)
		sum.Started = append(sum.Started, t.started)
		sum.Ended = append(sum.Ended, t.ended)
		sum.Outputs = append(sum.Outputs, outputs)
		anyReused = anyReused || t.reused
		anyOutputs = anyOutputs || len(outputs) > 0
	}
	if !anyReused {
		sum.Reused = nil
	}
	if !anyOutputs {
		sum.Outputs = nil
	}
	return sum
}
