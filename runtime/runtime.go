// Package runtime does one task of a run: it claims an attempt, resolves the
// inputs, runs the user's command, checks and uploads what it left, and writes
// the result, once, so that no kill at any moment loses or mixes anything.
//
// The engine calls [Run] in its own process; cmd/flowc-runtime calls it in a
// container. Both tell the same story: the task's whole outcome is its result
// record, written by a conditional write that one attempt alone can win.
// Everything else (control tokens, pages, marks of failed scopes) is derived
// from the record that won, again and again if need be. docs/runtime.md says
// what a command sees.
//
// The first task of a run is [Init], the last [Finish].
package runtime

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// Plan gives the documents of one plan. *plan.Plan is one; [PlanFolder] and
// [PlanStore] read them where there is no compiler.
type Plan interface {
	// Flow returns flow.json.
	Flow(ctx context.Context) (*contract.Flow, error)
	// Step returns the contract of a step, and the digest of its canonical bytes.
	Step(ctx context.Context, name string) (s *contract.Step, digest string, err error)
}

// SecretSource gives the value of a secret: key in the logical store. An error
// must not hold the value.
type SecretSource func(store, key string) (string, error)

// Config is what all tasks of a run share. It must not be copied or changed
// after its first use; it is safe for concurrent use by many tasks.
type Config struct {
	Store      store.Store
	Plan       Plan
	PlanDigest string // hex sha256 of flow.json, for run.json
	Flow, Run  string

	// Target is the name of the place that the run was made for. A target of
	// which the orchestrator reads control tokens from the store (TokenObjects)
	// gets them there.
	Target       string
	TokenObjects bool

	Code    string       // folder that commands run in: the root of the code package
	Scratch string       // folder for inputs and outputs of tasks; "" is the system's temporary folder
	Secrets SecretSource // nil: there are none
	Environ []string     // base environment of commands; nil is that of this process
	Python  string       // interpreter for functions; "" is python3

	// Grace is how long a command has between SIGTERM and SIGKILL; 0 is 10 seconds.
	Grace time.Duration
	// Kill, once closed, cuts the grace of commands that are being stopped short.
	Kill <-chan struct{}
	// WaitRetry makes a retry wait out its own delay (up to a minute) before it
	// runs, for orchestrators that can't. The engine waits itself.
	WaitRetry bool
	// Parallel is how many objects are read or written at once for one task; 0 is 32.
	Parallel int
	// Init, if set, is what a flow's only root step initialises the run with
	// when its contract says so. The engine calls Init itself.
	Init *InitInput
	// Alone says that nothing but this task runs in the process's cgroup, so that
	// every kill for memory there was of this task.
	Alone bool
	// Job is the orchestrator's name for this process, for claims.
	Job string

	once   sync.Once
	shared *shared

	// instead, if set, is what tests run in place of commands.
	instead func(inputs []input) (map[string]record.Value, *failure)
}

// Task is one task to do.
type Task struct {
	Step    string
	Path    record.Path // with batch: the last index is the batch's number
	Attempt int         // the orchestrator's count, from 0: where to look for a free claim first
	Log     io.Writer   // gets what the command prints, as it comes; may be nil
	Tokens  string      // folder for token files; "" for none
}

// Outcome is what came of one task. The exit code is what an orchestrator must
// know; the rest is for people and for engines in the same process.
type Outcome struct {
	Exit    int            // one of contract.Exit...
	Result  *record.Result // the winning record; nil if there is none, or for a batch
	Fail    *record.Fail   // why this attempt ended without result
	Attempt int            // number of this attempt's claim
	Claims  int            // attempts that were ever claimed, this one included
	Claimed bool           // false: the result was there before
	Tail    []string       // the last lines that the command printed, masked
	Err     error          // what to tell a person; nil if Exit is 0
}

// InitInput is what a run starts with.
type InitInput struct {
	Params  map[string]json.RawMessage // raw values by name
	Texts   bool                       // strings among Params are texts as a command line has them (see ParseParam)
	Started time.Time                  // the run's start as the orchestrator knows it, equal for all who try
	Origin  string                     // the run that this one resumes
	Reuse   *record.Reuse              // what it takes over
	Imports map[string]string
	Code    string // digest of the code package
	Images  map[string]string
	Tags    []string
	User    string
	Source  string // see record.Run
}
