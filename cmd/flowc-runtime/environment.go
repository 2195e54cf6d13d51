package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/open"
	"github.com/flowc-dev/flowc/store/s3"
)

// environment is all that an orchestrator tells the runtime.
type environment struct {
	store   string    // FLOWC_STORE: address of the store
	plan    string    // FLOWC_PLAN: digest, or the folder that the plan is mounted in
	run     string    // FLOWC_RUN: id of the run
	step    string    // FLOWC_STEP
	index   string    // FLOWC_INDEX: index path, "_" at the root; of an array job that of its parent
	offset  int       // FLOWC_OFFSET: array jobs: added to the child's index
	attempt int       // FLOWC_ATTEMPT: from 0; a hint
	started time.Time // FLOWC_STARTED: the run's start: RFC 3339, or milliseconds since 1970
	params  string    // FLOWC_PARAMS: base64 of JSON
	tokens  string    // FLOWC_TOKENS: folder for token files

	child int    // AWS_BATCH_JOB_ARRAY_INDEX; -1 where this is no child of an array job
	job   string // the orchestrator's own name for this process
	batch bool   // AWS Batch runs it
}

// read takes the environment apart.
func read(environ []string) (environment, error) {
	env := map[string]string{}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	e := environment{
		store: env["FLOWC_STORE"], plan: env["FLOWC_PLAN"], run: env["FLOWC_RUN"], step: env["FLOWC_STEP"],
		index: env["FLOWC_INDEX"], params: env["FLOWC_PARAMS"], tokens: env["FLOWC_TOKENS"],
		child: -1, job: env["HOSTNAME"],
	}
	for name, value := range map[string]string{"FLOWC_STORE": e.store, "FLOWC_PLAN": e.plan, "FLOWC_RUN": e.run, "FLOWC_STEP": e.step} {
		if value == "" {
			return e, fmt.Errorf("%s is not set; flowc-runtime is started by an orchestrator with FLOWC_STORE, FLOWC_PLAN, FLOWC_RUN and FLOWC_STEP", name)
		}
	}
	if !record.IsRunID(e.run) {
		return e, fmt.Errorf("FLOWC_RUN: %q is no id of a run", e.run)
	}
	if e.index == "" {
		e.index = record.Root
	}
	number := func(name string, into *int) error {
		text := env[name]
		if text == "" {
			return nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return fmt.Errorf("%s: %q is no number from 0 on", name, text)
		}
		*into = n
		return nil
	}
	if err := errors.Join(number("FLOWC_OFFSET", &e.offset), number("AWS_BATCH_JOB_ARRAY_INDEX", &e.child)); err != nil {
		return e, err
	}
	if number("FLOWC_ATTEMPT", &e.attempt) != nil {
		e.attempt = 0 // a hint: "{{retries}}" stays text where there is no retry
	}
	if job := env["AWS_BATCH_JOB_ID"]; job != "" {
		e.job, e.batch = job, true
		if n, err := strconv.Atoi(env["AWS_BATCH_JOB_ATTEMPT"]); err == nil && env["FLOWC_ATTEMPT"] == "" {
			e.attempt = max(n-1, 0)
		}
	}
	var err error
	e.started, err = parseTime(env["FLOWC_STARTED"])
	return e, err
}

func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, fmt.Errorf("FLOWC_STARTED: %q is no time like 2026-01-31T09:30:00Z", text)
	}
	return t.UTC(), nil
}

// path is the task's index path.
func (e environment) path() (record.Path, error) {
	p, err := record.ParsePath(e.index)
	if err != nil {
		return nil, fmt.Errorf("FLOWC_INDEX: %w", err)
	}
	if e.child >= 0 {
		p = p.Append(e.child + e.offset)
	}
	return p, nil
}

// run does the task that the environment names, and returns the exit code.
func run(ctx context.Context, environ []string, stdout, stderr io.Writer) int {
	out, err := do(ctx, environ, stdout)
	if err != nil {
		fmt.Fprintf(stderr, "flowc-runtime: %v\n", err)
		return contract.ExitFinal
	}
	if out.Err != nil {
		fmt.Fprintf(stderr, "flowc-runtime: %v\n", out.Err)
	}
	return out.Exit
}

func do(ctx context.Context, environ []string, stdout io.Writer) (runtime.Outcome, error) {
	var none runtime.Outcome
	e, err := read(environ)
	if err != nil {
		return none, err
	}
	path, err := e.path()
	if err != nil {
		return none, err
	}
	s, err := open.URL(ctx, e.store, open.Scheme{Name: "s3", Open: s3.Open})
	if err != nil {
		return none, err
	}
	code, err := os.Getwd()
	if err != nil {
		return none, err
	}
	cfg := &runtime.Config{
		Store: s, Run: e.run, Code: code, Environ: environ, Job: e.job, Target: e.target(),
		WaitRetry:    e.batch, // Batch repeats at once
		TokenObjects: e.batch && e.tokens == "",
		Alone:        e.target() != "local",
	}
	if record.IsDigest(e.plan) {
		cfg.Plan, cfg.PlanDigest = runtime.PlanStore(s, e.plan), e.plan
	} else {
		cfg.Plan = runtime.PlanFolder(e.plan)
		if cfg.PlanDigest, err = runtime.PlanFolderDigest(e.plan); err != nil {
			return none, err
		}
	}
	flow, err := cfg.Plan.Flow(ctx)
	if err != nil {
		return again(err)
	}
	cfg.Flow = flow.Flow
	if e.step == contract.FinishStep {
		if err := runtime.Finish(ctx, cfg, "", nil); err != nil {
			return again(err)
		}
		return none, nil
	}
	initialises := e.step == contract.InitStep
	if !initialises {
		step, _, err := cfg.Plan.Step(ctx, e.step)
		if err != nil {
			return again(err)
		}
		initialises = step.Init
	}
	if initialises {
		if cfg.Init, err = e.init(ctx, cfg); err != nil {
			return again(err)
		}
	}
	return runtime.Run(ctx, cfg, runtime.Task{Step: e.step, Path: path, Attempt: e.attempt, Log: stdout, Tokens: e.tokens}), nil
}

// again is for errors before there was an attempt: a store that does not
// answer may do so next time, and what is wrong for good only costs retries.
func again(err error) (runtime.Outcome, error) {
	var storeError *store.Error
	if errors.As(err, &storeError) && !errors.Is(err, store.ErrNotFound) {
		return runtime.Outcome{Exit: contract.ExitAgain, Err: err}, nil
	}
	return runtime.Outcome{}, err
}

// target is the kind of place that this is.
func (e environment) target() string {
	switch {
	case e.batch:
		return "batch"
	case os.Getenv("KUBERNETES_SERVICE_HOST") != "":
		return "argo"
	}
	return "local"
}

// init is what the run starts with. The params come with the environment, or
// lie in the store where a state machine put them.
func (e environment) init(ctx context.Context, cfg *runtime.Config) (*runtime.InitInput, error) {
	in := &runtime.InitInput{Started: e.started}
	var data []byte
	var err error
	if e.params != "" {
		if data, err = base64.StdEncoding.DecodeString(e.params); err != nil {
			return nil, fmt.Errorf("FLOWC_PARAMS is no base64: %w", err)
		}
		data, in.Texts = argoParams(data)
	} else {
		data, err = store.ReadAll(ctx, cfg.Store, record.Keys{Flow: cfg.Flow, Run: cfg.Run}.Params(), maxParams)
		if errors.Is(err, store.ErrNotFound) {
			return in, nil
		}
		if err != nil {
			return nil, err
		}
	}
	if err := json.Unmarshal(data, &in.Params); err != nil {
		return nil, fmt.Errorf("the params of the run are no JSON object: %w", err)
	}
	return in, nil
}

const maxParams = 16 << 20

// argoParams finds the params in what Argo makes of workflow.parameters: an
// object with an entry for each, all texts, and one named json that holds them
// as a list. The list is the sound one: a param may be called json.
func argoParams(data []byte) (params []byte, texts bool) {
	var object struct {
		JSON string `json:"json"`
	}
	var list []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	if json.Unmarshal(data, &object) != nil || json.Unmarshal([]byte(object.JSON), &list) != nil {
		return data, false
	}
	out := make(map[string]string, len(list))
	for _, p := range list {
		out[p.Name] = p.Value
	}
	params, err := json.Marshal(out)
	return params, err == nil
}
