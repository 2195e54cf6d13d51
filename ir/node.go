package ir

import (
	"time"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/types"
)

// Block is a scope and a barrier: it starts when every outer value that a node
// in it reads is there, and ends when every node in it has ended.
type Block struct {
	ID      BlockID
	Owner   NodeID    // 0 for the flow's body
	Parent  BlockID   // of the block that Owner stands in; meaningless for the body
	Binds   []Bind    // names it introduces: items, index, carried values, iteration
	Nodes   []Node    // in topological order; ties by place in the source
	Preds   [][]int32 // Preds[i]: indices into Nodes that Nodes[i] waits for (data and after); sorted, no duplicates
	Exports []Export  // what Owner's ports are made of
	Depth   uint8     // length of the index path of a task directly in it
	Span    diag.Span
}

// Bind is a name that a block introduces.
type Bind struct {
	Name string
	Kind BindKind
	Type types.Type
	Span diag.Span
}

// BindKind says where a bind's value comes from.
type BindKind uint8

const (
	BindItem      BindKind = iota // of foreach variable number Index among the binds of this kind
	BindIndex                     // foreach: the item's index
	BindCarry                     // loop: the carried value
	BindIteration                 // loop: the iteration, from 0
)

// Export hands a value out of a block.
type Export struct {
	Name  string
	Value *Expr // in the block's own scope
	Type  types.Type
	Span  diag.Span
}

// Node is *Step, *Foreach, *Switch, *Loop or *Group.
type Node interface {
	Head() *Base
	node()
}

// Base is what all nodes have.
type Base struct {
	ID    NodeID
	Name  string // unique in the flow; of what a call brings in, behind the call's name and a dot
	Doc   string
	In    BlockID
	When  *Expr // the gate; nil: always. It makes every port Optional
	Catch bool  // a step: each task; a foreach over a block: each item; other blocks: as a whole
	After []NodeID
	Ports []Port // what others may name, with the boundary's list<> and ? applied
	Uses  *Uses  // set where the body is that of another flow: a Group or Foreach
	Span  diag.Span
	Keys  map[string]diag.Span // places of the keys as written; not part of the digest
}

// Uses says of a block that it is a call of another flow. The body is a copy of
// that flow's, made by [Flow.Inline]; nobody needs this to run it.
type Uses struct {
	File   string  // path from the folder of the flow's own file
	Inputs []Input // what the params have been replaced by, in the order written
}

// Port is a value that others may refer to.
type Port struct {
	Name string
	Type types.Type
	Span diag.Span
}

// Step runs a command.
//
// A step under a foreach of its own is the only node of that Foreach's body
// and has its name; references from outside go to the Foreach.
type Step struct {
	Base
	Inputs    []Input
	Outputs   []Port // as the command produces them; Base.Ports adds the effect of When and Catch
	Action    Action
	Dir       string // folder of the code package that the command runs in and that its paths are relative to; "" is the root
	Image     string
	Shell     string // "" for /bin/sh
	Env       []KV
	Secrets   []Secret
	Resources Resources
	Retry     Retry
	Timeout   time.Duration // of one attempt; 0: none
	Code      []string      // globs of files that the cache key covers; nil: the whole package
	Cache     *Cache        // nil: never reused
	Labels    []KV
}

// Input is a value that a step sees under Name.
type Input struct {
	Name  string
	Value *Expr // never nil: a literal is an expression without references
	Type  types.Type
	Span  diag.Span
}

// Action is *Script, *Call or *Argv.
type Action interface{ action() }

// Script is text for a shell.
type Script struct{ Text string }

// Call is a Python function: its inputs are its arguments, its return value the outputs.
type Call struct{ File, Func string }

// Argv is a program with its arguments.
type Argv struct{ Args []Arg }

// Arg has exactly one of its fields set: text, or the name of an input or output.
type Arg struct{ Text, Input, Output string }

// KV is one entry of an ordered mapping of texts.
type KV struct{ Key, Value string }

// Secret is a value that the task gets and nobody else sees.
type Secret struct {
	Env   string // variable name, or
	File  string // path that the value is written to
	Store string
	Key   string
	Span  diag.Span
}

// Resources are what a task needs; 0 is "not said".
type Resources struct {
	CPUMilli          int64
	Memory, Disk, Shm int64 // bytes
	GPU               int
	GPUType           string
}

// Retry says when another attempt is made.
type Retry struct {
	Attempts        int // in all, at least 1
	Delay, MaxDelay time.Duration
	Backoff         float64 // factor from one delay to the next, at least 1
	For             RetryFor
}

// RetryFor is a set of kinds of failure.
type RetryFor uint8

const (
	RetryError RetryFor = 1 << iota
	RetryOOM
	RetryEvicted
	RetryTimeout

	RetryAll = RetryError | RetryOOM | RetryEvicted | RetryTimeout
)

// Cache says that a task's result may be taken over from any earlier run.
type Cache struct {
	Version  string
	Lifetime time.Duration // 0: for ever
}

// Foreach runs its body once for each item.
type Foreach struct {
	Base
	Over        []Iter
	Zip         bool // several variables: pairwise; else product, the last varies fastest
	Max         int  // declared bound on the number of items; 0: none
	MaxParallel int  // items at once; 0: no limit
	Batch       int  // items run by one container; 0 or 1: one
	Pack        bool // somebody gathers it inside another foreach or loop: summaries are worth writing
	Body        *Block
}

// Iter is one variable of a foreach and the list or map it runs over.
type Iter struct {
	Var  string
	List *Expr // of type list<T>, map<T> or int range; a literal is an expression without references
	Span diag.Span
}

// Switch runs the case whose label is the value of On.
type Switch struct {
	Base
	On    *Expr  // enum, bool or string
	Cases []Case // labels unique; the else case, if any, is last with Label "" and Else
}

// Case is one alternative of a Switch.
type Case struct {
	Label string // for a bool "true" or "false"
	Else  bool
	Body  *Block
	Span  diag.Span
}

// Loop runs its body until Until holds, at least once.
type Loop struct {
	Base
	Carry []Carry
	Until *Expr // in the body's scope, after each iteration
	Max   int   // iterations, at least 1
	Stop  bool  // reaching Max: stop (true) or fail (false)
	Body  *Block
}

// Carry is a value handed from one iteration to the next.
type Carry struct {
	Name string
	Init *Expr // in the scope around the loop
	Next *Expr // in the body's scope; nil: unchanged
	Type types.Type
	Span diag.Span
}

// Group is a block without foreach, switch or loop. Build keeps it only where
// it has a gate or a catch, or is a call of another flow; otherwise its nodes
// belong to the block around it.
type Group struct {
	Base
	Body *Block
}

func (b *Base) Head() *Base { return b }
func (*Step) node()         {}
func (*Foreach) node()      {}
func (*Switch) node()       {}
func (*Loop) node()         {}
func (*Group) node()        {}

func (*Script) action() {}
func (*Call) action()   {}
func (*Argv) action()   {}
