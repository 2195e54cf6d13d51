// Package contract is what a plan tells the parties of a run, as versioned
// JSON: flow.json for whoever schedules (the engine, a head job, the read
// model), and one document for each step that is complete in itself, so that a
// task reads its own part only.
//
// Nothing here is an instruction of an orchestrator. Values are named by
// *addresses*: a reference says which step's output or which block's port is
// meant, and two tables (Steps, Blocks) say what must be known to find it, with
// nothing but the reader's own index path. Package resolve follows them.
//
// Types are text (types.Encode), expressions are coded trees (package expr).
// The package needs nothing but the standard library and package record.
package contract

import (
	"encoding/json"

	"github.com/flowc-dev/flowc/record"
)

// Version is the version of the documents.
const Version = 1

// Names of the tasks that the compiler adds. Those that decide have the name of
// the node behind a prefix.
const (
	InitStep     = "flowc_init"
	FinishStep   = "flowc_finish"
	GatePrefix   = "flowc_gate_"   // decides a gate
	DecidePrefix = "flowc_decide_" // decides a count or a case
	AgainPrefix  = "flowc_again_"  // decides whether a loop goes on
)

// Flow is flow.json: the block tree with its controls. The sha256 of its
// canonical bytes is the plan's digest; it names every contract by digest.
type Flow struct {
	V           int      `json:"v"`
	Flow        string   `json:"flow"`
	Doc         string   `json:"doc,omitempty"`
	Params      []Param  `json:"params,omitempty"`
	Body        Block    `json:"body"`
	Exports     []Export `json:"exports,omitempty"` // the flow's outputs
	Init        Init     `json:"init"`
	Tables               // for Exports, Init, and what every block hands out
	Timeout     int64    `json:"timeout_ms,omitempty"` // of a run; 0: none
	MaxParallel int      `json:"max_parallel,omitempty"`
	Overlap     string   `json:"overlap,omitempty"` // allow | forbid | replace; "" is allow
	Tags        []string `json:"tags,omitempty"`
	Owner       string   `json:"owner,omitempty"`
	Package     *Package `json:"package,omitempty"`
	Contracts   []Named  `json:"contracts"` // of every step, in order of the block tree
}

// Named is the digest (hex sha256 of the canonical bytes) of a step's contract.
type Named struct {
	Step   string `json:"step"`
	Digest string `json:"digest"`
}

// Package says which files make up the code; paths are relative to the flow file.
type Package struct {
	Root    string   `json:"root,omitempty"`
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
}

// Param is a run-time parameter, validated by init.
type Param struct {
	Name    string          `json:"name"`
	Type    string          `json:"type"`
	Default json.RawMessage `json:"default,omitempty"` // absent: required, unless Type is optional
	Min     json.RawMessage `json:"min,omitempty"`
	Max     json.RawMessage `json:"max,omitempty"`
	Pattern string          `json:"pattern,omitempty"`
	Schema  json.RawMessage `json:"schema,omitempty"`
	Help    string          `json:"help,omitempty"`
}

// Init is what the run's first task does beside validating params.
type Init struct {
	Decides []Decision `json:"decides,omitempty"`
}

// Block is a sequence of nodes in topological order.
type Block struct {
	Nodes []Node `json:"nodes"`
}

// Kind of a node.
type Kind string

const (
	KindStep    Kind = "step"
	KindForeach Kind = "foreach"
	KindSwitch  Kind = "switch"
	KindLoop    Kind = "loop"
	KindGroup   Kind = "group"
)

// Node is a step or a block as a scheduler sees it.
type Node struct {
	Name        string   `json:"name"`
	Kind        Kind     `json:"kind"`
	Needs       []int    `json:"needs,omitempty"`   // indices of nodes of the same block that must have ended
	Gate        *Control `json:"gate,omitempty"`    // closed: the node does not run
	Control     *Control `json:"control,omitempty"` // count, case or again, by Kind
	Catch       bool     `json:"catch,omitempty"`
	Max         int      `json:"max,omitempty"`          // foreach: declared bound; loop: iterations
	MaxParallel int      `json:"max_parallel,omitempty"` // foreach: items at once
	Batch       int      `json:"batch,omitempty"`        // foreach: items run by one container
	Body        *Block   `json:"body,omitempty"`         // foreach, loop, group
	Cases       []Case   `json:"cases,omitempty"`        // switch
}

// Case is one alternative of a switch.
type Case struct {
	Label string `json:"label,omitempty"`
	Else  bool   `json:"else,omitempty"`
	Body  Block  `json:"body"`
}

// By says who decides a control.
type By string

const (
	ByConst By = "const" // known at compile time: Const
	ByAlias By = "alias" // the count of foreach Of
	ByInit  By = "init"  // in the result of InitStep
	ByStep  By = "step"  // in the result of Step, at the first Depth indices of the path
	BySelf  By = "self"  // gate of a step: its own task skips itself
)

// Control says where the decision about a node lies. A decision is a
// record.Control in the deciding task's result, under the node's name.
// Whether a loop goes on is always decided by a step of its body.
type Control struct {
	By    By              `json:"by"`
	Step  string          `json:"step,omitempty"`
	Depth int             `json:"depth,omitempty"`
	Of    string          `json:"of,omitempty"`
	Const *record.Control `json:"const,omitempty"`
}

// What a Decision decides.
const (
	DecideGate  = "gate"
	DecideCount = "count"
	DecideCase  = "case"
	DecideAgain = "again"
)

// Decision is a control that a task decides and publishes with its result.
type Decision struct {
	Node string `json:"node"`
	Kind string `json:"kind"`
	// When is the node's gate, for count and case: closed means count 0, or no case,
	// and nothing else is evaluated.
	When *Expr `json:"when,omitempty"`
	Expr *Expr `json:"expr,omitempty"` // gate, case, again (the `until`: again is its negation)
	// count:
	Over []Over `json:"over,omitempty"`
	Zip  bool   `json:"zip,omitempty"`
	Max  int    `json:"max,omitempty"` // count: refuse more items; again: the last iteration's number + 1
	// case: labels there are; a value that is none of them is the else case.
	Labels []string `json:"labels,omitempty"`
	// again: reaching Max ends the loop (true) or fails the task (false).
	Stop bool `json:"stop,omitempty"`
	// again: carried values whose `next` reads what is carried. The decider
	// computes them for the next iteration and keeps them in its record;
	// otherwise each reader would have to begin at the first iteration.
	Carry []string `json:"carry,omitempty"`
	// count: items run by one container, for the token that an orchestrator
	// reads; 0 is one. The record counts items all the same.
	Batch int `json:"batch,omitempty"`
}

// Over is one list that a foreach runs over.
type Over struct {
	Expr Expr   `json:"expr"`
	Item string `json:"item"`          // type of an item
	Map  bool   `json:"map,omitempty"` // a map: items are {key, value}, in byte order of keys
}

// Expr is an expression with the addresses of what it reads. Without Code it is
// the value of its one reference, as most are.
type Expr struct {
	Code json.RawMessage `json:"code,omitempty"` // expr.Code
	Refs []Ref           `json:"refs,omitempty"`
	Type string          `json:"type"`
}

// Ref is an address; exactly one of Param, Step, Block, Item, Index, Carry is set.
type Ref struct {
	Param string `json:"param,omitempty"`
	Step  string `json:"step,omitempty"`  // output Port of that step
	Block string `json:"block,omitempty"` // port Port of that block
	Port  string `json:"port,omitempty"`
	Item  string `json:"item,omitempty"` // variable number Var of that foreach, at the reader's index
	Var   int    `json:"var,omitempty"`
	Index string `json:"index,omitempty"` // the reader's index in that foreach or loop
	Carry string `json:"carry,omitempty"` // value Port carried by that loop
	Type  string `json:"type"`            // as the expression expects it
}

// Tables say of every step and block that a document's references reach,
// directly or through exports and carried values, how to find its values.
// They are keyed by name; a foreach and the step that is its body share one.
type Tables struct {
	Steps  map[string]StepPlace  `json:"steps,omitempty"`
	Blocks map[string]BlockPlace `json:"blocks,omitempty"`
}

// StepPlace is what a reader must know of a step.
type StepPlace struct {
	Depth int      `json:"depth"`           // length of its index path
	Gate  *Control `json:"gate,omitempty"`  // where another task decides; BySelf is left out: the result says it
	Catch bool     `json:"catch,omitempty"` // its failure is sealed: nil outputs and an `error`
	Batch int      `json:"batch,omitempty"`
	Retry int      `json:"retry,omitempty"` // attempts, for sealing; 0 is 1
}

// BlockPlace is what a reader must know of a block.
type BlockPlace struct {
	Kind    Kind             `json:"kind"`
	Depth   int              `json:"depth"` // length of the index path of the node itself; its index in a path is at that position
	Gate    *Control         `json:"gate,omitempty"`
	Control *Control         `json:"control,omitempty"`
	Catch   bool             `json:"catch,omitempty"` // failure is marked at record.Keys.Scope
	Over    []Over           `json:"over,omitempty"`  // foreach by alias or const range: items are computed from here
	Zip     bool             `json:"zip,omitempty"`
	Batch   int              `json:"batch,omitempty"`
	Pages   string           `json:"pages,omitempty"`   // step whose results of this foreach are also in pages
	Exports map[string]Expr  `json:"exports,omitempty"` // foreach, loop, group: in the body's scope
	Cases   []CasePlace      `json:"cases,omitempty"`
	Carry   map[string]Carry `json:"carry,omitempty"`
}

// CasePlace is one case's exports.
type CasePlace struct {
	Label   string          `json:"label,omitempty"`
	Else    bool            `json:"else,omitempty"`
	Exports map[string]Expr `json:"exports,omitempty"`
}

// Carry is a value handed from one iteration of a loop to the next.
type Carry struct {
	Init Expr   `json:"init"`           // in the scope around the loop
	Next *Expr  `json:"next,omitempty"` // in the body's scope of the iteration before; nil: unchanged
	Type string `json:"type"`
}

// Export is a named value of the flow as a whole.
type Export struct {
	Name string `json:"name"`
	Expr Expr   `json:"expr"`
}
