package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/resolve"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// Init validates the params and writes run.json, what the run takes over, the
// entry in the index of runs, and what init decides. It may be repeated and
// raced: the first one's record counts, and all return the same. The result is
// never nil; it is stored only if init decides anything. Findings about params
// are [ParamErrors].
func Init(ctx context.Context, cfg *Config, in InitInput) (*record.Run, *record.Result, error) {
	flow, err := cfg.Plan.Flow(ctx)
	if err != nil {
		return nil, nil, err
	}
	run, err := cfg.writeRun(ctx, flow, in)
	if err != nil {
		return nil, nil, err
	}
	reuse, err := cfg.writeReuse(ctx, run, in.Reuse)
	if err != nil {
		return nil, nil, err
	}
	cfg.learn(run, reuse)
	err = ignoreExists(store.PutBytes(ctx, cfg.Store, record.RunIndex(cfg.Flow, cfg.Run, run.Started), nil))
	if err != nil {
		return nil, nil, err
	}
	res, err := cfg.initDecides(ctx, flow, run, reuse)
	return run, res, err
}

// writeRun creates run.json, or returns the one that is there.
func (c *Config) writeRun(ctx context.Context, flow *contract.Flow, in InitInput) (*record.Run, error) {
	key := c.keys().RunRecord()
	there, err := store.GetJSON[record.Run](ctx, c.Store, key)
	if err == nil {
		return c.sameRun(&there)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	values, err := checkParams(flow.Params, in.Params, in.Texts)
	if err != nil {
		return nil, err
	}
	started := in.Started
	if started.IsZero() {
		started = time.Now()
	}
	run := record.Run{
		V: record.Version, Flow: c.Flow, Run: c.Run, Plan: c.PlanDigest, Target: c.Target, Source: in.Source,
		Started: started.UTC().Truncate(time.Millisecond), Params: map[string]record.Value{},
		Imports: in.Imports, Origin: in.Origin, Code: in.Code, Images: in.Images, Tags: in.Tags, User: in.User,
	}
	for _, p := range flow.Params {
		v, ok := values[p.Name]
		if !ok {
			continue
		}
		t, err := types.Decode(p.Type)
		if err != nil {
			return nil, err
		}
		if run.Params[p.Name], err = artifact.Save(ctx, c.Store, t, v); err != nil {
			return nil, fmt.Errorf("param %s: %w", p.Name, err)
		}
	}
	err = store.PutJSON(ctx, c.Store, key, run)
	if err == nil {
		return &run, nil
	}
	there, readErr := store.GetJSON[record.Run](ctx, c.Store, key)
	if readErr != nil {
		return nil, err
	}
	return c.sameRun(&there)
}

// sameRun refuses a run that was begun by another plan under the same id.
func (c *Config) sameRun(there *record.Run) (*record.Run, error) {
	if c.PlanDigest != "" && there.Plan != c.PlanDigest {
		return nil, fmt.Errorf("run %s of flow %s exists already in the store %s, with another plan (%.12s instead of %.12s)",
			c.Run, c.Flow, c.Store.URL(), there.Plan, c.PlanDigest)
	}
	return there, nil
}

// writeReuse creates reuse.json, or reads the one that is there.
func (c *Config) writeReuse(ctx context.Context, run *record.Run, reuse *record.Reuse) (*resolve.Reuse, error) {
	if run.Origin == "" {
		return resolve.NewReuse(nil)
	}
	key := c.keys().Reuse()
	if reuse != nil {
		if err := ignoreExists(store.PutJSON(ctx, c.Store, key, *reuse)); err != nil {
			return nil, err
		}
	}
	there, err := store.GetJSON[record.Reuse](ctx, c.Store, key)
	if errors.Is(err, store.ErrNotFound) {
		return resolve.NewReuse(nil)
	}
	if err != nil {
		return nil, err
	}
	return resolve.NewReuse(&there)
}

// initDecides evaluates what depends on params alone.
func (c *Config) initDecides(ctx context.Context, flow *contract.Flow, run *record.Run, reuse *resolve.Reuse) (*record.Result, error) {
	values := resolve.New(resolve.Options{Store: c.Store, Keys: c.keys(), Run: run, Reuse: reuse, Parallel: c.parallel()})
	j := &job{
		cfg: c, keys: c.keys(), unit: record.Root, mask: newMasker(nil), values: values,
		step: &contract.Step{Step: contract.InitStep, Decides: flow.Init.Decides, Tables: flow.Tables},
		// All who race decide alike; the name of the winner does not matter.
		claimed: claimed{nonce: nonce()},
	}
	now := time.Now().UTC()
	res := &record.Result{V: record.Version, Status: record.OK, Nonce: j.claimed.nonce, Started: run.Started, Ended: now, Contract: run.Plan}
	if len(flow.Init.Decides) == 0 {
		return res, nil
	}
	if f := j.decide(ctx, record.Path{}, res); f != nil {
		return nil, f
	}
	won, f := j.commit(ctx, record.Path{}, res)
	if f != nil {
		return nil, f
	}
	return won, nil
}

// runInit is Init as a task of an orchestrator: a failure is recorded, so that
// the run's end can say why.
func runInit(ctx context.Context, cfg *Config, task Task) Outcome {
	in := cfg.Init
	if in == nil {
		in = &InitInput{}
	}
	flow, err := cfg.Plan.Flow(ctx)
	if err != nil {
		f := classify(ctx, "", err)
		return Outcome{Exit: exitCode(f), Err: f}
	}
	_, res, err := Init(ctx, cfg, *in)
	if err == nil {
		if f := publishTokens(ctx, cfg, task.Tokens, record.Path{}, res.Control, flow.Init.Decides); f != nil {
			return Outcome{Exit: exitCode(f), Err: f}
		}
		return Outcome{Exit: contract.ExitDone, Result: res}
	}
	f := classify(ctx, "", err)
	var params ParamErrors
	if errors.As(err, &params) {
		f = fail(kindInput, "%v", params)
	}
	j := &job{cfg: cfg, task: task, keys: cfg.keys(), unit: record.Root, mask: newMasker(nil), step: &contract.Step{Step: contract.InitStep}}
	c, claimErr := j.claim(ctx, task.Attempt)
	if claimErr != nil {
		return Outcome{Exit: exitCode(f), Err: f}
	}
	j.claimed = c
	return j.failed(ctx, f)
}
