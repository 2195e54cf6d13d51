// Package ir is the typed graph of a flow: blocks that contain nodes, typed
// ports, references that lead to exactly one of them, and a span on everything.
//
// ir/check makes it (see check.Build) and enforces its rules; nobody changes it
// afterwards. What is decided at run time, and by whom, is a side table made by
// package plan. The package knows no front end and no backend.
package ir

import (
	"time"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/types"
)

// NodeID is dense and in preorder of the block tree; 0 is no node.
type NodeID int32

// BlockID is dense and in preorder; 0 is the flow's body.
type BlockID int32

// PortID names one port of one node.
type PortID struct {
	Node NodeID
	Port int32 // index into Base.Ports
}

// Flow is a whole flow. Read it through Node, Block and Walk.
type Flow struct {
	Name, Doc string
	Params    []*Param
	Body      *Block
	Exports   []Export // the flow's outputs, in the body's scope
	Policy    RunPolicy
	Package   Package
	Span      diag.Span

	nodes  []Node   // by NodeID; [0] is nil
	blocks []*Block // by BlockID
}

// Param is a run-time parameter.
type Param struct {
	Name     string
	Type     types.Type
	Default  *Literal // nil: the param is required
	Min, Max *Literal
	Pattern  string // RE2, matched against the whole value; "" for none
	Schema   []byte // user's JSON Schema, canonical JSON; nil for none
	Help     string
	Span     diag.Span
}

// Literal is a constant of a type, as canonical JSON.
type Literal struct {
	Type types.Type
	JSON []byte
}

// RunPolicy is what holds for runs as a whole.
type RunPolicy struct {
	Schedule    *Schedule
	Overlap     Overlap
	Timeout     time.Duration // 0: none
	MaxParallel int           // tasks at once; 0: no limit
	Tags        []string
	Owner       string
}

// Schedule starts runs by the clock.
type Schedule struct {
	Cron, Timezone string
	DateParam      string // gets the scheduled time; "" for none
	Suspended      bool
	Span           diag.Span
}

// Overlap says what happens when a run starts while another still runs.
type Overlap uint8

const (
	OverlapAllow Overlap = iota
	OverlapForbid
	OverlapReplace
)

func (o Overlap) String() string { return [...]string{"allow", "forbid", "replace"}[o] }

// Package says which files make up the code; paths are relative to the flow file.
type Package struct {
	Root             string
	Include, Exclude []string
}
