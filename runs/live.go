package runs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"golang.org/x/sync/errgroup"
)

// traces is what listings tell of a run's tasks: by step, then by unit (a path,
// or a container of a batch).
type traces struct {
	results map[string]*record.PathSet
	units   map[string]map[string]*unit
	news    time.Time
}

// unit is what is known of the attempts of a task or container.
type unit struct {
	claims   int
	last     int // number of the last claim
	lastFail int // number of the last failed attempt; -1: none
	since    time.Time
}

// traces lists a run's results, attempts and failures.
func (r *Reader) traces(ctx context.Context, id ID) (*traces, error) {
	keys := id.keys()
	t := &traces{results: map[string]*record.PathSet{}, units: map[string]map[string]*unit{}}
	list := func(prefix string, add func(info store.Info)) error {
		for info, err := range r.store.List(ctx, prefix, store.ListOptions{}) {
			if err != nil {
				return err
			}
			if info.Modified.After(t.news) {
				t.news = info.Modified
			}
			add(info)
		}
		return nil
	}
	err := list(keys.ResultPrefix(""), func(info store.Info) {
		if step, p, ok := keys.ParseResult(info.Key); ok && !hidden(step) {
			t.result(step).Add(p)
		}
	})
	if err != nil {
		return nil, err
	}
	err = list(keys.AttemptPrefix(""), func(info store.Info) {
		if step, name, n, ok := keys.ParseAttempt(info.Key); ok && !hidden(step) {
			u := t.unit(step, name)
			u.claims++
			if n >= u.last {
				u.last, u.since = n, info.Modified
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return t, list(keys.FailPrefix(""), func(info store.Info) {
		if step, name, n, ok := keys.ParseFail(info.Key); ok && !hidden(step) {
			u := t.unit(step, name)
			u.lastFail = max(u.lastFail, n)
		}
	})
}

// hidden tells what starts and ends a run from the tasks of its flow.
func hidden(step string) bool { return step == contract.InitStep || step == contract.FinishStep }

func (t *traces) result(step string) *record.PathSet {
	s := t.results[step]
	if s == nil {
		s = &record.PathSet{}
		t.results[step] = s
	}
	return s
}

func (t *traces) unit(step, name string) *unit {
	units := t.units[step]
	if units == nil {
		units = map[string]*unit{}
		t.units[step] = units
	}
	u := units[name]
	if u == nil {
		u = &unit{lastFail: -1}
		units[name] = u
	}
	return u
}

// live fills in the steps of a run that has no summaries.
func (r *Reader) live(ctx context.Context, run *Run, opt ShowOptions) error {
	t, err := r.traces(ctx, run.ID)
	if err != nil {
		return err
	}
	reuse, err := r.reused(ctx, run.ID, &run.Record)
	if err != nil {
		return err
	}
	if run.Finished.IsZero() {
		run.News = later(t.news, run.Started)
	}
	names := map[string]bool{}
	for step := range t.results {
		names[step] = true
	}
	for step := range t.units {
		names[step] = true
	}
	for step := range reuse {
		names[step] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		step := Step{Step: name}
		batch := run.Plan.batch(name)
		if set := t.results[name]; set != nil {
			for p := range set.All() {
				task := Task{Path: p.String(), Status: TaskDone, Artifacts: map[string]Artifact{}}
				if u := t.units[name][unitOf(p, batch)]; u != nil {
					task.Attempts = u.claims
				}
				step.Tasks = append(step.Tasks, task)
			}
		}
		for unit, u := range t.units[name] {
			if t.ended(name, unit, batch) {
				continue
			}
			task := Task{Path: unit, Attempts: u.claims, Started: u.since, Status: TaskRunning, Artifacts: map[string]Artifact{}}
			switch {
			case u.lastFail >= u.last:
				task.Status = TaskRetrying
				if !run.Finished.IsZero() {
					task.Status = TaskFailed
				}
			case !run.Finished.IsZero():
				task.Status = TaskLost
			default:
				if err := r.lastLog(ctx, run, name, unit); err != nil {
					return err
				}
			}
			step.Tasks = append(step.Tasks, task)
		}
		own := len(step.Tasks)
		for _, part := range reuse[name] {
			for p := range part.Paths.All() {
				if set := t.results[name]; set == nil || !set.Contains(p) {
					step.Tasks = append(step.Tasks, Task{Path: p.String(), Status: TaskDone, Reused: true, Artifacts: map[string]Artifact{}})
				}
			}
		}
		run.Steps = append(run.Steps, step)
		if opt.Quick {
			continue
		}
		if err := r.fill(ctx, run.ID, name, step.Tasks[:own]); err != nil {
			return err
		}
		if err := r.fillReused(ctx, run.ID, name, step.Tasks[own:], reuse[name]); err != nil {
			return err
		}
	}
	return nil
}

// unitOf names what claims the attempts of a task.
func unitOf(p record.Path, batch int) string {
	if batch < 2 || len(p) == 0 {
		return p.String()
	}
	last := len(p) - 1
	return record.BatchUnit(p.Prefix(last), p[last]/batch)
}

// ended tells whether a unit has its result. Of a container of a batch not all
// items need be known: the last one counts as ended with its first result.
func (t *traces) ended(step, name string, batch int) bool {
	set := t.results[step]
	if set == nil {
		return false
	}
	if p, err := record.ParsePath(name); err == nil {
		return set.Contains(p)
	}
	p, n, ok := record.ParseBatchUnit(name)
	if !ok || batch < 2 {
		return true // nothing that this version can say something about
	}
	if set.Contains(p.Append(n * batch)) {
		if t.units[step][record.BatchUnit(p, n+1)] == nil {
			return true
		}
		for i := range batch {
			if !set.Contains(p.Append(n*batch + i)) {
				return false
			}
		}
		return true
	}
	return false
}

// lastLog takes the time of a running task's newest log chunk for the run's news.
func (r *Reader) lastLog(ctx context.Context, run *Run, step, unit string) error {
	for info, err := range r.store.List(ctx, run.keys().LogPrefix(step, unit), store.ListOptions{}) {
		if err != nil {
			return err
		}
		run.News = later(run.News, info.Modified)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// fill reads the results of tasks that are TaskDone.
func (r *Reader) fill(ctx context.Context, id ID, step string, tasks []Task) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range tasks {
		if tasks[i].Status != TaskDone {
			continue
		}
		p, err := record.ParsePath(tasks[i].Path)
		if err != nil {
			return err
		}
		g.Go(func() error {
			res, err := store.GetJSON[record.Result](ctx, r.store, id.keys().Result(step, p))
			if err != nil {
				return err
			}
			setResult(&tasks[i], &res)
			return nil
		})
	}
	return g.Wait()
}

func setResult(t *Task, res *record.Result) {
	t.Status = string(res.Status)
	t.Started, t.Ended, t.Error = res.Started, res.Ended, res.Error
	t.Artifacts = artifactsOf(res.Outputs)
	if t.Attempts == 0 {
		t.Attempts = res.Attempt + 1 // of a run that was taken over from
	}
}

// Part is a set of tasks that a run takes over from another one.
type Part struct {
	Run   string
	Paths record.PathSet
}

// fillReused takes what is known of tasks from the runs that made them: from a
// summary where there is one, else result by result.
func (r *Reader) fillReused(ctx context.Context, id ID, step string, tasks []Task, parts []Part) error {
	for _, part := range parts {
		origin := ID{id.Flow, part.Run}
		known := map[string]*Task{}
		sum, err := store.GetJSON[record.Summary](ctx, r.store, origin.keys().Summary(step))
		switch {
		case err == nil:
			list := tasksOf(&sum)
			for i := range list {
				known[list[i].Path] = &list[i]
			}
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		var rest []int
		for i := range tasks {
			p, err := record.ParsePath(tasks[i].Path)
			if err != nil || !part.Paths.Contains(p) || tasks[i].Status != TaskDone {
				continue
			}
			if k := known[tasks[i].Path]; k != nil && k.Status != TaskFailed {
				tasks[i].Status, tasks[i].Attempts, tasks[i].Artifacts = k.Status, k.Attempts, k.Artifacts
				tasks[i].Started, tasks[i].Ended = k.Started, k.Ended
			} else {
				rest = append(rest, i)
			}
		}
		some := make([]Task, len(rest))
		for k, i := range rest {
			some[k] = tasks[i]
		}
		if err := r.fill(ctx, origin, step, some); err != nil {
			return err
		}
		for k, i := range rest {
			tasks[i] = some[k]
		}
	}
	return nil
}

// maxErrors is how many failures are read for one look at a run.
const maxErrors = 100

// failures reads why tasks failed.
func (r *Reader) failures(ctx context.Context, run *Run) error {
	left := maxErrors
	for _, s := range run.Steps {
		for i := range s.Tasks {
			t := &s.Tasks[i]
			if t.Status != TaskFailed && t.Status != TaskRetrying || left == 0 {
				continue
			}
			left--
			unit := t.Path
			if p, err := record.ParsePath(unit); err == nil {
				unit = unitOf(p, run.Plan.batch(s.Step))
			}
			fail, err := r.lastFail(ctx, run.ID, s.Step, unit)
			if err != nil {
				return err
			}
			if fail == nil {
				continue
			}
			t.Error = &fail.TaskError
			if t.Ended.IsZero() {
				t.Ended = fail.Ended
			}
			if fail.Final {
				t.Status = TaskFailed
			}
		}
	}
	return nil
}

// lastFail reads the newest failure of a unit; nil if there is none.
func (r *Reader) lastFail(ctx context.Context, id ID, step, unit string) (*record.Fail, error) {
	keys := id.keys()
	last, key := -1, ""
	for info, err := range r.store.List(ctx, keys.FailPrefix(step)+unit+"/", store.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		if _, _, n, ok := keys.ParseFail(info.Key); ok && n > last {
			last, key = n, info.Key
		}
	}
	if key == "" {
		return nil, nil
	}
	fail, err := store.GetJSON[record.Fail](ctx, r.store, key)
	if err != nil {
		return nil, err
	}
	return &fail, nil
}

// Attempts counts the attempts of a unit, and reads how the last one failed:
// nil if it did not, or was killed before it could say so.
func (r *Reader) Attempts(ctx context.Context, id ID, step, unit string) (claims int, fail *record.Fail, err error) {
	keys := id.keys()
	last := -1
	for info, err := range r.store.List(ctx, keys.AttemptPrefix(step)+unit+"/", store.ListOptions{}) {
		if err != nil {
			return 0, nil, err
		}
		if _, _, n, ok := keys.ParseAttempt(info.Key); ok {
			claims++
			last = max(last, n)
		}
	}
	if claims == 0 {
		return 0, nil, nil
	}
	f, err := store.GetJSON[record.Fail](ctx, r.store, keys.Fail(step, unit, last))
	if errors.Is(err, store.ErrNotFound) {
		return claims, nil, nil
	}
	return claims, &f, err
}
