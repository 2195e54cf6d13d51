package runs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"golang.org/x/sync/errgroup"
)

// Run is what the store knows of one run. Its JSON is
//
//	{flow, run, status, origin, params, started, finished,
//	 steps: [{step, tasks: [{path, status, attempts, reused, artifacts: {name: {type, size, digest}}}]}]}
//
// with null for an origin or an end that is not there.
type Run struct {
	ID
	Status   record.RunStatus
	Origin   string                     // the run that this one resumes, or ""
	Params   map[string]json.RawMessage // canonical JSON
	Started  time.Time
	Finished time.Time // zero while there is no end record
	Steps    []Step    // in the order of the flow; those with a task

	Record record.Run
	Plan   *Plan             // nil if the store does not have it
	Error  *record.TaskError // the first failure of an ended run
	News   time.Time         // when something was last written, for a run without end; zero otherwise
}

// Step is one step's tasks.
type Step struct {
	Step  string `json:"step"`
	Tasks []Task `json:"tasks"` // by path
}

// Task is one task. Its status is a [record.Status] or one of the Task constants.
type Task struct {
	Path      string              `json:"path"`
	Status    string              `json:"status"`
	Attempts  int                 `json:"attempts"` // of the run that made it
	Reused    bool                `json:"reused"`   // taken over from an earlier run
	Artifacts map[string]Artifact `json:"artifacts"`

	Started time.Time         `json:"-"` // zero if not known
	Ended   time.Time         `json:"-"`
	Error   *record.TaskError `json:"-"` // of a task that failed, was caught or poisoned, where it was read
}

// What a task can be beside a record.Status.
const (
	TaskFailed   = "failed"   // no attempt is left
	TaskRunning  = "running"  // an attempt has begun, and nothing says that it ended
	TaskRetrying = "retrying" // the last attempt failed and another one may follow
	TaskLost     = "lost"     // an attempt had begun when the run ended
	TaskDone     = "done"     // has a result that was not read (see ShowOptions.Quick)
)

// Artifact is one output of a task.
type Artifact struct {
	Type   string `json:"type"`
	Size   int64  `json:"size"`   // bytes; of a value: of its JSON
	Digest string `json:"digest"` // hex sha256 of the content or the canonical JSON; for a dir of its manifest
}

// artifactOf describes a value as a record holds it.
func artifactOf(v record.Value) Artifact {
	if v.Blob != "" {
		return Artifact{v.Type, v.Size, v.Blob}
	}
	sum := sha256.Sum256(v.Value)
	return Artifact{v.Type, int64(len(v.Value)), hex.EncodeToString(sum[:])}
}

func artifactsOf(outputs map[string]record.Value) map[string]Artifact {
	out := make(map[string]Artifact, len(outputs))
	for name, v := range outputs {
		out[name] = artifactOf(v)
	}
	return out
}

// MarshalJSON writes the form that the comment of Run shows.
func (r *Run) MarshalJSON() ([]byte, error) {
	out := struct {
		Flow     string                     `json:"flow"`
		Run      string                     `json:"run"`
		Status   record.RunStatus           `json:"status"`
		Origin   *string                    `json:"origin"`
		Params   map[string]json.RawMessage `json:"params"`
		Started  time.Time                  `json:"started"`
		Finished *time.Time                 `json:"finished"`
		Steps    []Step                     `json:"steps"`
	}{Flow: r.Flow, Run: r.ID.Run, Status: r.Status, Params: r.Params, Started: r.Started, Steps: r.Steps}
	if r.Origin != "" {
		out.Origin = &r.Origin
	}
	if !r.Finished.IsZero() {
		out.Finished = &r.Finished
	}
	if out.Params == nil {
		out.Params = map[string]json.RawMessage{}
	}
	if out.Steps == nil {
		out.Steps = []Step{}
	}
	return json.Marshal(out)
}

// ShowOptions says how much Show reads.
type ShowOptions struct {
	// Quick reads no result of a run without end: its tasks are TaskDone
	// without artifacts. It saves one request for each task.
	Quick bool
}

// Show reads a run.
func (r *Reader) Show(ctx context.Context, id ID, opt ShowOptions) (*Run, error) {
	rec, err := r.record(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &Run{ID: id, Status: record.Running, Origin: rec.Origin, Started: rec.Started, Record: rec}
	if out.Params, err = r.params(ctx, &rec); err != nil {
		return nil, err
	}
	if out.Plan, err = r.planIfThere(ctx, rec.Plan); err != nil {
		return nil, err
	}
	end, err := r.end(ctx, id)
	if err != nil {
		return nil, err
	}
	if end != nil {
		out.Status, out.Finished, out.Error = end.Status, end.Ended, end.Error
		out.Steps, err = r.summaries(ctx, id)
		if err != nil {
			return nil, err
		}
	}
	if len(out.Steps) == 0 {
		if err := r.live(ctx, out, opt); err != nil {
			return nil, err
		}
	}
	out.sort()
	return out, r.failures(ctx, out)
}

// record reads run.json.
func (r *Reader) record(ctx context.Context, id ID) (record.Run, error) {
	rec, err := store.GetJSON[record.Run](ctx, r.store, id.keys().RunRecord())
	if errors.Is(err, store.ErrNotFound) {
		return rec, missing("run %s of flow %s has no record in the store %s", id.Run, id.Flow, r.store.URL())
	}
	if err == nil && (rec.Flow != id.Flow || rec.Run != id.Run) {
		err = fmt.Errorf("store %s: %s is damaged: it is the record of run %s of flow %s", r.store.URL(), id.keys().RunRecord(), rec.Run, rec.Flow)
	}
	return rec, err
}

// end reads end.json; nil if there is none.
func (r *Reader) end(ctx context.Context, id ID) (*record.End, error) {
	end, err := store.GetJSON[record.End](ctx, r.store, id.keys().EndRecord())
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &end, nil
}

// params gives a run's params as JSON; a file as {"blob", "ext", "size"}.
func (r *Reader) params(ctx context.Context, rec *record.Run) (map[string]json.RawMessage, error) {
	out := make(map[string]json.RawMessage, len(rec.Params))
	for name, v := range rec.Params {
		text, err := r.json(ctx, v)
		if err != nil {
			return nil, fmt.Errorf("param %s of run %s: %w", name, rec.Run, err)
		}
		out[name] = text
	}
	return out, nil
}

// summaries reads what the run's last task wrote of its steps; none if it
// ended without.
func (r *Reader) summaries(ctx context.Context, id ID) ([]Step, error) {
	keys := id.keys()
	var steps []Step
	for info, err := range r.store.List(ctx, keys.SummaryPrefix(), store.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		if name, ok := keys.ParseSummary(info.Key); ok {
			steps = append(steps, Step{Step: name})
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range steps {
		g.Go(func() error {
			sum, err := store.GetJSON[record.Summary](ctx, r.store, keys.Summary(steps[i].Step))
			if err != nil {
				return err
			}
			steps[i].Tasks = tasksOf(&sum)
			if sum.Outputs == nil && len(sum.Paths) >= manyTasks {
				return r.fillOutputs(ctx, id, steps[i].Step, steps[i].Tasks)
			}
			return nil
		})
	}
	return steps, g.Wait()
}

// manyTasks is the number of tasks from which the outputs of a step may be too
// large for its summary.
const manyTasks = 1000

// fillOutputs reads the artifacts of tasks that a summary has left out, unless
// the first one has none.
func (r *Reader) fillOutputs(ctx context.Context, id ID, step string, tasks []Task) error {
	reused := slices.ContainsFunc(tasks, func(t Task) bool { return t.Reused })
	var parts map[string][]Part
	if reused {
		rec, err := r.record(ctx, id)
		if err != nil {
			return err
		}
		if parts, err = r.reused(ctx, id, &rec); err != nil {
			return err
		}
	}
	read := func(tasks []*Task) error {
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(parallel)
		for _, t := range tasks {
			p, err := record.ParsePath(t.Path)
			if err != nil {
				return err
			}
			from := id
			for _, part := range parts[step] {
				if t.Reused && part.Paths.Contains(p) {
					from.Run = part.Run
					break
				}
			}
			g.Go(func() error {
				res, err := store.GetJSON[record.Result](ctx, r.store, from.keys().Result(step, p))
				if err == nil {
					t.Artifacts = artifactsOf(res.Outputs)
				}
				return err
			})
		}
		return g.Wait()
	}
	var ok []*Task
	for i := range tasks {
		if tasks[i].Status == string(record.OK) {
			ok = append(ok, &tasks[i])
		}
	}
	if len(ok) == 0 {
		return nil
	}
	if err := read(ok[:1]); err != nil || len(ok[0].Artifacts) == 0 {
		return err
	}
	return read(ok[1:])
}

// tasksOf turns columns into tasks. record.Decode has checked their lengths.
func tasksOf(sum *record.Summary) []Task {
	tasks := make([]Task, len(sum.Paths))
	for i, path := range sum.Paths {
		t := &tasks[i]
		*t = Task{Path: path, Status: sum.Status[i], Attempts: sum.Attempts[i],
			Started: millis(sum.Started[i]), Ended: millis(sum.Ended[i]), Artifacts: map[string]Artifact{}}
		if sum.Reused != nil {
			t.Reused = sum.Reused[i]
		}
		if sum.Outputs != nil {
			t.Artifacts = artifactsOf(sum.Outputs[i])
		}
	}
	return tasks
}

func millis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// sort puts steps into the order of the flow and tasks into that of their paths.
func (r *Run) sort() {
	place := map[string]int{}
	if r.Plan != nil {
		for i, c := range r.Plan.Flow.Contracts {
			place[c.Step] = i + 1
		}
	}
	slices.SortFunc(r.Steps, func(a, b Step) int {
		x, y := place[a.Step], place[b.Step]
		if a.Step == contract.FinishStep || x == 0 && y > 0 && a.Step != contract.InitStep {
			x = len(place) + 1
		}
		if b.Step == contract.FinishStep || y == 0 && x > 0 && b.Step != contract.InitStep {
			y = len(place) + 1
		}
		if x != y {
			return x - y
		}
		return strings.Compare(a.Step, b.Step)
	})
	for _, s := range r.Steps {
		slices.SortFunc(s.Tasks, func(a, b Task) int { return compareUnits(a.Path, b.Path) })
	}
}

// compareUnits orders paths by their numbers; containers of a batch come last.
func compareUnits(a, b string) int {
	p, errA := record.ParsePath(a)
	q, errB := record.ParsePath(b)
	switch {
	case errA == nil && errB == nil:
		return p.Compare(q)
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	x, n, _ := record.ParseBatchUnit(a)
	y, m, _ := record.ParseBatchUnit(b)
	if c := x.Compare(y); c != 0 {
		return c
	}
	return n - m
}

// Step returns a step's tasks; nil if it has none.
func (r *Run) Step(name string) *Step {
	for i := range r.Steps {
		if r.Steps[i].Step == name {
			return &r.Steps[i]
		}
	}
	return nil
}
