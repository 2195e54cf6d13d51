package runtime

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/resolve"
	"github.com/flowc-dev/flowc/store"
)

// job does one task: one item, or with batch a few of them.
type job struct {
	cfg     *Config
	task    Task
	step    *contract.Step
	digest  string // of the contract
	keys    record.Keys
	unit    string // what a claim, a fail record and a log belong to
	values  *resolve.Resolver
	claimed claimed
	mask    *masker
	secrets []secretValue
	log     *taskLog
	tail    []string

	cacheAs    string // key of the result that is being made; "" for no cache
	cacheStale bool   // there is an entry of that key that is not good
}

// Run does one task. It returns when the task has its result, or this attempt
// has failed; cancelling the context stops it. It never panics on what it
// reads, and may be called again for the same task at any time.
func Run(ctx context.Context, cfg *Config, task Task) Outcome {
	if task.Step == contract.InitStep {
		return runInit(ctx, cfg, task)
	}
	j, f := newJob(ctx, cfg, task)
	if f != nil {
		return Outcome{Exit: exitCode(f), Err: f}
	}
	return j.run(ctx)
}

// newJob reads the contract.
func newJob(ctx context.Context, cfg *Config, task Task) (*job, *failure) {
	step, digest, err := cfg.Plan.Step(ctx, task.Step)
	if err != nil {
		f := classify(ctx, "", err)
		return nil, f
	}
	if len(task.Path) != len(step.Levels) {
		return nil, fail(kindInput, "step %s runs at the depth %d (%s), and the index path %s has the depth %d",
			task.Step, len(step.Levels), strings.Join(step.Levels, ", "), task.Path, len(task.Path))
	}
	j := &job{cfg: cfg, task: task, step: step, digest: digest, keys: cfg.keys(), unit: task.Path.String(), mask: newMasker(nil)}
	if step.Batch > 1 {
		last := len(task.Path) - 1
		j.unit = record.BatchUnit(task.Path.Prefix(last), task.Path[last])
	}
	j.values = j.resolver()
	return j, nil
}

// resolver makes a reader of values for this job.
func (j *job) resolver() *resolve.Resolver {
	run, reuse := j.cfg.facts()
	return resolve.New(resolve.Options{
		Store: j.cfg.Store, Keys: j.keys, Run: run, Reuse: reuse, Parallel: j.cfg.parallel(),
		Seal: j.cfg.sealOther, WritePages: true,
	})
}

// run is the attempt protocol. Whatever moment a kill falls on, the next
// attempt finds out from the store what is left to do.
func (j *job) run(ctx context.Context) Outcome {
	if j.step.Init && j.cfg.Init != nil {
		if _, _, err := Init(ctx, j.cfg, *j.cfg.Init); err != nil {
			f := classify(ctx, "", err)
			return Outcome{Exit: exitCode(f), Err: f}
		}
	}
	its, f := j.items(ctx)
	if f != nil {
		return j.gaveUp(f)
	}
	var pending []int
	for i, res := range its.results {
		if res == nil {
			pending = append(pending, i)
			continue
		}
		if f := j.publish(ctx, its.paths[i], res, false); f != nil {
			return j.gaveUp(f)
		}
	}
	if len(pending) == 0 {
		return j.finish(ctx, its, false)
	}

	c, err := j.claim(ctx, j.task.Attempt)
	if err != nil {
		return j.gaveUp(classify(ctx, "claiming the attempt", err))
	}
	j.claimed = c
	spent := c.prior >= budget(j.step)
	lastFinal := c.last != nil && c.last.Final
	switch {
	case caught(j.step) && (spent || lastFinal):
		return j.sealAll(ctx, its, pending)
	case lastFinal:
		f := &failure{TaskError: c.last.TaskError, final: true}
		return Outcome{Exit: contract.ExitFinal, Fail: c.last, Attempt: c.k, Claims: c.prior + 1, Claimed: true,
			Err: fmt.Errorf("an attempt before this one failed for good: %w", f)}
	}
	if err := j.waitRetry(ctx); err != nil {
		return j.failed(ctx, classify(ctx, "", err))
	}
	return j.attempt(ctx, its, pending)
}

// attempt does what is pending: indices of items.
func (j *job) attempt(ctx context.Context, its *items, pending []int) Outcome {
	if f := j.readSecrets(); f != nil {
		return j.failed(ctx, f)
	}
	defer j.removeSecrets()
	j.log = newTaskLog(j.mask, j.task.Log, newLogStore(j.cfg.Store, func(chunk int) string {
		return j.keys.Log(j.step.Step, j.unit, j.claimed.k, chunk)
	}))
	defer j.closeLog()

	var failures []*failure
	for n, i := range pending {
		path := its.paths[i]
		if j.step.Batch > 1 {
			j.log.section("%s[%s]", j.step.Step, path)
		}
		res, f := j.make(ctx, path)
		if f != nil && !f.stopped && caught(j.step) && (f.final || j.claimed.prior+1 >= budget(j.step)) {
			res, f = j.sealed(ctx, path, j.masked(f.TaskError)), nil
		}
		if f != nil {
			if j.step.Batch > 1 {
				f.Path = path.String()
			}
			failures = append(failures, f)
			if f.stopped {
				break
			}
			continue // the other items are worth running: a retry has less to do
		}
		if n == len(pending)-1 {
			j.closeLog() // first, since nobody would look for it once the result is there
		}
		if its.results[i], f = j.commit(ctx, path, res); f != nil {
			j.closeLog()
			if its.results[i] == nil {
				return j.failed(ctx, f)
			}
			// The task is done, but not all that follows from it is written.
			return j.gaveUp(f)
		}
	}
	if len(failures) > 0 {
		j.closeLog()
		return j.failed(ctx, worst(failures))
	}
	return j.finish(ctx, its, true)
}

// worst is the failure that stands for all of a batch: the first one, final
// only if all are.
func worst(failures []*failure) *failure {
	f := *failures[0]
	for _, other := range failures[1:] {
		if other.stopped {
			return other
		}
		f.final = f.final && other.final
	}
	if n := len(failures) - 1; n > 0 {
		f.Message = fmt.Sprintf("%s (and %d more items failed)", f.Message, n)
	}
	return &f
}

// finish ends a task of which every item has its result.
func (j *job) finish(ctx context.Context, its *items, claimed bool) Outcome {
	if f := j.publishPage(ctx, its); f != nil {
		return j.gaveUp(f)
	}
	out := Outcome{Exit: contract.ExitDone, Claimed: claimed, Tail: j.tail}
	if claimed {
		out.Attempt, out.Claims = j.claimed.k, j.claimed.prior+1
	}
	if j.step.Batch <= 1 {
		out.Result = its.results[0]
	}
	return out
}

// gaveUp ends an attempt whose failure needs no record.
func (j *job) gaveUp(f *failure) Outcome {
	out := Outcome{Exit: exitCode(f), Err: f, Tail: j.tail}
	if j.claimed.nonce != "" {
		out.Claimed, out.Attempt, out.Claims = true, j.claimed.k, j.claimed.prior+1
	}
	return out
}

// failed records why the attempt has no result.
func (j *job) failed(ctx context.Context, f *failure) Outcome {
	if f.stopped {
		// The task's own context is gone; the record must still get out.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), recordTime)
		defer cancel()
	}
	if !f.final && !retryable(j.step, f.Kind) {
		f.final = true
	}
	rec := record.Fail{V: record.Version, Nonce: j.claimed.nonce, Ended: time.Now().UTC(), Final: f.final, TaskError: j.masked(f.TaskError)}
	out := j.gaveUp(f)
	out.Fail, out.Exit = &rec, exitCode(f)
	out.Err = &failure{TaskError: rec.TaskError, final: f.final, stopped: f.stopped, err: f.err}
	if f.stopped && caught(j.step) {
		out.Exit = contract.ExitStopped // the next attempt seals, if it must
	}
	err := store.PutJSON(ctx, j.cfg.Store, j.keys.Fail(j.step.Step, j.unit, j.claimed.k), rec)
	if err != nil && !errors.Is(err, store.ErrExists) && !f.final {
		out.Err = fmt.Errorf("%w (and the store could not be told: %v)", out.Err, err)
	}
	return out
}

// recordTime is how long a stopped attempt may take to say so.
const recordTime = 10 * time.Second

// masked returns an error without secrets.
func (j *job) masked(e record.TaskError) record.TaskError {
	e.Message = j.mask.text(e.Message)
	return e
}

// exitCode is what an orchestrator is told.
func exitCode(f *failure) int {
	switch {
	case f.final:
		return contract.ExitFinal
	case f.stopped:
		return contract.ExitStopped
	}
	return contract.ExitAgain
}

// waitRetry waits until the step's delay since the last attempt is over, where
// the orchestrator can't.
func (j *job) waitRetry(ctx context.Context) error {
	r := j.step.Retry
	if !j.cfg.WaitRetry || j.claimed.prior == 0 || r == nil || r.Delay <= 0 {
		return nil
	}
	delay := RetryDelay(r, j.claimed.prior)
	if j.claimed.last != nil {
		delay -= time.Since(j.claimed.last.Ended)
	}
	select {
	case <-time.After(min(delay, time.Minute)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RetryDelay is how long to wait before the next attempt of a task after that
// many failed ones. Waiting is the business of whoever starts tasks.
func RetryDelay(r *contract.Retry, failed int) time.Duration {
	if r == nil || r.Delay <= 0 {
		return 0
	}
	limit := float64(24 * time.Hour / time.Millisecond)
	if r.MaxDelay > 0 {
		limit = float64(r.MaxDelay)
	}
	delay := float64(r.Delay) * math.Pow(max(r.Backoff, 1), float64(max(failed, 1)-1))
	return time.Duration(min(delay, limit)) * time.Millisecond
}

func (j *job) closeLog() {
	if j.log == nil {
		return
	}
	lines, err := j.log.close()
	j.tail = lines
	if err != nil {
		j.tail = append(j.tail, "[flowc] "+err.Error())
	}
	j.log = nil
}
