// Package record holds what flowc writes into a store: the keys and the JSON
// records of plans, runs, tasks and attempts. docs/store.md is its prose.
//
// Every record carries its version in "v", is written once by a conditional
// write, and is read back with limits, since a store can hold anything.
// The package needs nothing but the standard library.
package record

import "time"

// Version is the version of the layout that this package reads and writes.
const Version = 1

// Status of a task.
type Status string

const (
	OK       Status = "ok"       // the command ran and its outputs are there
	Skipped  Status = "skipped"  // its gate was closed
	Caught   Status = "caught"   // failed for good inside a catch scope; outputs are nil
	Poisoned Status = "poisoned" // not run: something before it in the same catch scope failed
)

// RunStatus of a run.
type RunStatus string

const (
	Running   RunStatus = "running" // no end record: still running, or dead
	Succeeded RunStatus = "succeeded"
	Failed    RunStatus = "failed"
	Stopped   RunStatus = "stopped"
)

// Value is an artifact as a record holds it: a value of up to MaxInline bytes
// in place, or a blob.
type Value struct {
	Type  string `json:"type"`            // types.Encode of the declared type
	Value Raw    `json:"value,omitempty"` // canonical JSON; absent where Blob is set
	Blob  string `json:"blob,omitempty"`  // hex sha256
	Size  int64  `json:"size,omitempty"`  // bytes of the blob; for a dir the sum of its files
	Ext   string `json:"ext,omitempty"`   // of a file: extension with its dot
}

// MaxInline is the size in bytes up to which a value is kept inside its record.
const MaxInline = 4096

// Result is runs/<flow>/<run>/results/<step>/<path>.json: the outcome of a
// task. Of all attempts exactly one writes it; everything else is derived from it.
type Result struct {
	V            int                `json:"v"`
	Status       Status             `json:"status"`
	Nonce        string             `json:"nonce"`   // of the attempt that won
	Attempt      int                `json:"attempt"` // its claim's number
	Started      time.Time          `json:"started"`
	Ended        time.Time          `json:"ended"`
	Contract     string             `json:"contract"` // digest of the contract it ran by
	InputsDigest string             `json:"inputs_digest,omitempty"`
	Outputs      map[string]Value   `json:"outputs,omitempty"` // an output that is nil is absent
	Control      map[string]Control `json:"control,omitempty"` // by node
	Cached       *Origin            `json:"cached,omitempty"`  // the task whose outputs these are
	Error        *TaskError         `json:"error,omitempty"`   // of caught and poisoned
}

// Control is what a task decided about another node. Each field is absent
// where this task did not decide it.
type Control struct {
	Gate  *bool   `json:"gate,omitempty"`  // open or closed
	Count *int    `json:"count,omitempty"` // foreach: number of items
	Lens  []int   `json:"lens,omitempty"`  // product: length of each variable's list
	Items []Items `json:"items,omitempty"` // one for each variable
	Case  *string `json:"case,omitempty"`  // switch: label; "" is the else case
	None  bool    `json:"none,omitempty"`  // switch: no case at all (neutral token of a failed decider)
	Again *bool   `json:"again,omitempty"` // loop: one more iteration
	// loop: values carried into the next iteration, as far as they depend on
	// carried values themselves; others are read where they come from.
	Carry map[string]Value `json:"carry,omitempty"`
}

// Items of one foreach variable: in place, in pages, or computed.
type Items struct {
	Type  string `json:"type"`            // of one item
	List  []Raw  `json:"list,omitempty"`  // up to PageSize items, canonical JSON
	Pages bool   `json:"pages,omitempty"` // see Keys.Items
	Range bool   `json:"range,omitempty"` // item i is the number From+i
	From  int64  `json:"from,omitempty"`
}

// PageSize is the number of items in a page of items, and of results in a page
// of a gather where the foreach has no batch size.
const PageSize = 128

// Origin names a task of another run.
type Origin struct {
	Run  string `json:"run"`
	Step string `json:"step"`
	Path string `json:"path"`
}

// TaskError says why a task failed. It is also the value of a caught node's
// `error` output.
type TaskError struct {
	Kind     string `json:"kind"` // error | oom | timeout | evicted | input | output | expr | loop | lost
	Message  string `json:"message"`
	ExitCode *int   `json:"exit_code,omitempty"` // of the user's command
	Step     string `json:"step,omitempty"`      // where it was another task's failure
	Path     string `json:"path,omitempty"`
}

// Claim is attempts/<step>/<path>/<k>.json: attempt k began.
// A claim without fail or result is the record of an attempt that was killed.
type Claim struct {
	V       int       `json:"v"`
	Nonce   string    `json:"nonce"`
	K       int       `json:"k"`
	Hint    int       `json:"orch_attempt"` // what the orchestrator believed
	Host    string    `json:"host,omitempty"`
	Job     string    `json:"job,omitempty"`
	Started time.Time `json:"started"`
}

// Fail is fails/<step>/<path>/<k>.json: attempt k ended without result.
type Fail struct {
	V     int       `json:"v"`
	Nonce string    `json:"nonce"`
	Ended time.Time `json:"ended"`
	Final bool      `json:"final"` // no other attempt makes sense
	TaskError
}

// Run is run.json, written by init: what a run was started with.
type Run struct {
	V       int               `json:"v"`
	Flow    string            `json:"flow"`
	Run     string            `json:"run"`
	Plan    string            `json:"plan"` // digest
	Target  string            `json:"target"`
	Started time.Time         `json:"started"`
	Params  map[string]Value  `json:"params,omitempty"`
	Imports map[string]string `json:"imports,omitempty"` // import -> run
	Origin  string            `json:"origin,omitempty"`  // the run that this one resumes
	Code    string            `json:"code,omitempty"`    // digest of the code package
	Images  map[string]string `json:"images,omitempty"`
	Tags    []string          `json:"tags,omitempty"`
	User    string            `json:"user,omitempty"`
	Source  string            `json:"source,omitempty"` // flow file: absolute, or from the folder around the store; for a resume on the same machine
}

// End is end.json, written by finish.
type End struct {
	V      int            `json:"v"`
	Status RunStatus      `json:"status"`
	Ended  time.Time      `json:"ended"`
	Counts map[string]int `json:"counts,omitempty"` // tasks by status, also "failed"
	Error  *TaskError     `json:"error,omitempty"`  // the first failure
}

// Reuse is reuse.json: which tasks of earlier runs a resumed run takes over.
// The runs are the first origins: a chain of resumes is flattened.
type Reuse struct {
	V     int                    `json:"v"`
	Steps map[string][]ReusePart `json:"steps"`
}

// ReusePart covers tasks of one step. Paths is a PathSet's text.
type ReusePart struct {
	Run   string `json:"run"`
	Paths string `json:"paths"`
}

// Ends is ends/<loop>/<path>.json: how many iterations a loop had.
type Ends struct {
	V          int `json:"v"`
	Iterations int `json:"iterations"`
}

// ItemPage is items/<foreach>/<path>/<var>.<page>.json.
type ItemPage struct {
	V     int   `json:"v"`
	Items []Raw `json:"items"`
}

// Page is pages/<step>/<path>/<page>.json: the results of consecutive items of
// a foreach step, for gathers. A nil element is an item without result.
type Page struct {
	V       int       `json:"v"`
	Results []*Result `json:"results"`
}

// Scope is caught/<node>/<path>.json: the catch scope at node[path] has failed.
// Tasks that start in it afterwards record poisoned; its exports are nil.
//
// A failure is taken by the innermost catch around it: the step's own, which
// leaves nothing but the task's result with status caught; else the innermost
// block, which gets this mark. The mark is derived from that result, so it
// exists before the failed task's orchestrator hears of an end.
type Scope struct {
	V     int       `json:"v"`
	Error TaskError `json:"error"`
}

// Summary is summary/<step>.json, written by finish: all tasks of a step, in columns.
type Summary struct {
	V        int                `json:"v"`
	Paths    []string           `json:"paths"`
	Status   []string           `json:"status"` // a Status, or "failed"
	Attempts []int              `json:"attempts"`
	Reused   []bool             `json:"reused,omitempty"`
	Started  []int64            `json:"started"` // ms since 1970
	Ended    []int64            `json:"ended"`
	Outputs  []map[string]Value `json:"outputs,omitempty"`
}

// CacheEntry is cache/<aa>/<key>.json.
type CacheEntry struct {
	V       int              `json:"v"`
	Outputs map[string]Value `json:"outputs"`
	From    Origin           `json:"from"`
	Created time.Time        `json:"created"`
}
