// Package engine runs a flow on this machine: it starts the tasks of a plan in
// order, as many at once as are allowed, repeats what failed and may be tried
// again, and writes down how it ended.
//
// What a task does is not its business: an [Executor] does the work of one
// task, in this process or in one of its own (package engine/process), and the
// outcome stands in the store. So the engine can be killed at any moment: what
// had a result keeps it, and a run that [Options.Resume]s it does the rest.
// Which task may start when is decided by package engine/schedule, what a
// resumed run takes over by package engine/reuse; this package has the clock,
// the slots, the retries and the words.
//
// # Failure
//
// When a task has failed for good, the run will fail. Tasks that run are let
// finish, since their results serve a resume, but none is started any more;
// with [Options.KeepGoing] everything is run that does not wait for the failed
// task. When the context ends (Ctrl-C), tasks that run are stopped: SIGTERM,
// and SIGKILL after the grace period. The run is then marked as stopped.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	goruntime "runtime"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/engine/process"
	"github.com/flowc-dev/flowc/engine/reuse"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
)

// Executor does tasks. Its methods may be called by many at once.
type Executor interface {
	// Run does one attempt of a task. When ctx ends it stops the task's command
	// and returns.
	Run(ctx context.Context, t runtime.Task) runtime.Outcome
}

// Options say what to run, and how.
type Options struct {
	// Config is what all tasks share: store, plan, code folder, secrets. Its Run,
	// and its Init, are left empty: the engine makes a copy with those of the run.
	Config *runtime.Config

	// Params are raw values by name; of a resumed run those that change.
	Params map[string]json.RawMessage
	// Run is the id of the run; "" makes a new one.
	Run string
	// Resume, if set, makes the run take over what an earlier one has done.
	Resume *Resume

	// MaxParallel is how many tasks run at once; 0 is the number of CPUs. The
	// flow may allow less.
	MaxParallel int
	// KeepGoing goes on after a failure with all that does not wait for it.
	KeepGoing bool
	// Executor makes what does the tasks; nil is this process.
	Executor func(*runtime.Config) Executor
	// Events, if set, is told what happens, one event after the other.
	Events func(Event)
	// Place, if set, says where in the flow's source a step stands.
	Place func(step string) (Place, bool)

	// What else the run's record holds; see record.Run.
	Code   string // digest of the code package
	Images map[string]string
	Tags   []string
	User   string
	Source string // the flow file
}

// Resume says which run is resumed, and what of it is not taken over. Finished
// tasks are taken over unless
//
//   - their step, or one before it, is named by From;
//   - their step was changed in what it does: its action, inputs, outputs,
//     environment, image, gate. Other resources, retries, timeouts, limits and
//     labels change nothing. Files of the code package are not looked at: a fix
//     in a script serves the tasks that still have to run, and From makes
//     finished ones run again;
//   - they read a param that has another value now;
//   - they come after a task of which one of these is true.
//
// Caught failures are results like others, unless RetryCaught is set.
type Resume struct {
	Run         runs.ID
	From        []string // names of steps or blocks
	RetryCaught bool
}

// Place is a place in a source file.
type Place struct {
	File string
	Line int    // from 1
	Text string // that line
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Run runs a flow to its end. The error says that it could not be started; how
// a run that was started ended is in the report.
func Run(ctx context.Context, opt Options) (*Report, error) {
	flow, err := opt.Config.Plan.Flow(ctx)
	if err != nil {
		return nil, err
	}
	e := &engine{opt: opt, flow: flow, events: newEvents(opt.Events), contracts: map[string]*contract.Step{}}
	if err := e.loadContracts(ctx); err != nil {
		return nil, err
	}
	if opt.Resume != nil {
		if e.takeOver, err = e.prepareResume(ctx); err != nil {
			return nil, err
		}
	}
	if err := storePlan(ctx, opt.Config.Store, opt.Config.PlanDigest, flow, e.contracts); err != nil {
		return nil, err
	}
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	return e.run(ctx), nil
}

// engine is one run.
type engine struct {
	opt       Options
	flow      *contract.Flow
	contracts map[string]*contract.Step
	takeOver  *reuse.Plan // nil: nothing
	params    map[string]json.RawMessage

	cfg    *runtime.Config
	rec    *record.Run
	init   *record.Result
	events *events
}

func (e *engine) loadContracts(ctx context.Context) error {
	for _, c := range e.flow.Contracts {
		doc, digest, err := e.opt.Config.Plan.Step(ctx, c.Step)
		if err != nil {
			return err
		}
		if digest != c.Digest {
			return fmt.Errorf("the contract of step %s is not the one that the plan names", c.Step)
		}
		e.contracts[c.Step] = doc
	}
	return nil
}

// config is the run's own copy of the configuration, field by field: the
// template is not used itself.
func (e *engine) config(run string) *runtime.Config {
	c := e.opt.Config
	return &runtime.Config{
		Store: c.Store, Plan: c.Plan, PlanDigest: c.PlanDigest, Flow: e.flow.Flow, Run: run,
		Target: c.Target, TokenObjects: c.TokenObjects,
		Code: c.Code, Scratch: c.Scratch, Secrets: c.Secrets, Environ: c.Environ, Python: c.Python,
		Grace: c.Grace, Kill: c.Kill, Parallel: c.Parallel, Job: c.Job, Alone: c.Alone,
	}
}

// begin finds an id for the run and writes its record.
func (e *engine) begin(ctx context.Context) error {
	id := e.opt.Run
	if id != "" {
		if err := checkRunID(id); err != nil {
			return err
		}
	}
	for try := 0; ; try++ {
		started := time.Now().UTC().Truncate(time.Millisecond)
		if e.opt.Run == "" {
			id = NewRunID(started)
		}
		taken, err := e.taken(ctx, id)
		if err != nil {
			return err
		}
		if !taken {
			if err := e.initialise(ctx, id, started); err != nil {
				return err
			}
			if e.rec.Started.Equal(started) {
				return nil
			}
			taken = true // somebody was faster by a moment
		}
		if e.opt.Run != "" {
			return fmt.Errorf("flow %s has a run %s already in the store %s; choose another id, or none",
				e.flow.Flow, id, e.opt.Config.Store.URL())
		}
		if try == 10 {
			return errors.New("no id for the run could be found: the newest ten were all taken")
		}
	}
}

// initialise is what a run does before its first task.
func (e *engine) initialise(ctx context.Context, id string, started time.Time) error {
	e.cfg = e.config(id)
	in := runtime.InitInput{Params: e.opt.Params, Started: started, Code: e.opt.Code,
		Images: e.opt.Images, Tags: e.opt.Tags, User: e.opt.User, Source: e.opt.Source}
	if e.takeOver != nil {
		if err := e.copyScopes(ctx, id); err != nil {
			return err
		}
		in.Params, in.Origin, in.Reuse = e.params, e.opt.Resume.Run.Run, e.takeOver.Record()
	}
	var err error
	e.rec, e.init, err = runtime.Init(ctx, e.cfg, in)
	if err != nil && e.rec != nil && e.rec.Started.Equal(started) {
		// The run is there already, and must not look as if it went on.
		cause := record.TaskError{Kind: "expr", Message: err.Error(), Step: contract.InitStep, Path: record.Root}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
		defer cancel()
		err = errors.Join(err, runtime.Finish(ctx, e.cfg, record.Failed, &cause))
	}
	return err
}

// slots is how many tasks run at once.
func (e *engine) slots() int {
	n := e.opt.MaxParallel
	if n <= 0 {
		n = goruntime.NumCPU()
	}
	if m := e.flow.MaxParallel; m > 0 {
		n = min(n, m)
	}
	return n
}

// address is how people write a task: fit, fit[3.0].
func address(step string, p record.Path) string {
	if len(p) == 0 {
		return step
	}
	return step + "[" + p.String() + "]"
}

func inProcess(cfg *runtime.Config) Executor { return process.Here{Config: cfg} }
