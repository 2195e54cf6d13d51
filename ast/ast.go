// Package ast is a flow as it was written: what every front end produces and
// what ir/check turns into the typed graph. Names are not resolved here, types
// and expressions are text, and every value knows its place in the source.
//
// A front end reports what is wrong with the form (unknown keys, malformed
// values); ir/check reports what is wrong with the meaning. A value that a
// front end could not read is left at its zero value after it was reported.
package ast

import (
	"time"

	"github.com/flowc-dev/flowc/diag"
)

// Name is an identifier at its place.
type Name struct {
	Value string
	Span  diag.Span
}

// Str, Int, Bool, Float and Duration are literals at their place. They count
// as absent where the span is not valid.
type (
	Str struct {
		Value string
		Span  diag.Span
	}
	Int struct {
		Value int64
		Span  diag.Span
	}
	Float struct {
		Value float64
		Span  diag.Span
	}
	Bool struct {
		Value bool
		Span  diag.Span
	}
	Duration struct {
		Value time.Duration
		Span  diag.Span
	}
)

// Literal is a value given as YAML (or what corresponds to it): JSON text, not
// yet checked against a type. Numbers keep their digits; order of keys is kept.
type Literal struct {
	JSON []byte
	Span diag.Span
	// At gives the place of a part, by its path in the form that
	// types.UnmarshalValue uses in errors ("[3].lr"); nil if unknown.
	At func(path string) diag.Span
}

// Value is an expression or a literal; exactly one is set.
type Value struct {
	Expr *diag.Text
	Lit  *Literal
	Span diag.Span
}

// Flow is one file.
type Flow struct {
	Name        Name
	Doc         Str
	Params      []Param
	Types       []TypeDecl
	Defaults    Exec
	Schedule    *Schedule
	Tags        []Str
	Owner       Str
	Timeout     Duration
	MaxParallel Int
	Overlap     Str
	Package     *Package
	Steps       []Node
	Export      []Export
	Span        diag.Span

	// Partial: something was reported and left out, so that a param, type, step
	// or export may be missing here that the author did write. What rests on the
	// absence of a name (unknown reference, missing output) stays unsaid then.
	Partial bool

	// File and Dir are set for a flow that another one uses, by what loads
	// files: its path, and the folder that its code paths and commands start
	// from, both with slashes. The path is relative to the folder of the flow
	// that is compiled, the folder to the root of its code package.
	File, Dir string
}

// Param is a run-time parameter.
type Param struct {
	Name     Name
	Type     TypeRef
	Default  *Literal
	Min, Max *Literal
	Pattern  Str
	Schema   *Literal
	Help     Str
	Span     diag.Span
}

// TypeRef is a type as written: text, or fields in place (a YAML mapping).
type TypeRef struct {
	Text   diag.Text
	Fields []FieldDecl // set for a record in place
	Span   diag.Span
}

// FieldDecl is one field of a record.
type FieldDecl struct {
	Name Name
	Type TypeRef
}

// TypeDecl is a named record.
type TypeDecl struct {
	Name   Name
	Fields []FieldDecl
	Span   diag.Span
}

// Schedule starts runs by the clock.
type Schedule struct {
	Cron, Timezone, Overlap Str
	Date                    Name // param that gets the scheduled time
	Suspended               Bool
	Span                    diag.Span
}

// Package says which files make up the code.
type Package struct {
	Root             Str
	Include, Exclude []Str
	Span             diag.Span
}

// Exec are the settings of execution that a step may have and that defaults may give.
type Exec struct {
	Image     Str
	Resources *Resources
	Retry     *Retry
	Timeout   Duration
	Env       []KV
	Secrets   []Secret
	Shell     Str
	Labels    []KV
	Code      []Str
	Cache     *Cache
	Span      diag.Span
}

// KV is one entry of env or labels: literal text.
type KV struct {
	Key   Name
	Value Str
}

// Secret is one entry of secrets: an environment variable, or a file, that
// gets the value STORE/KEY.
type Secret struct {
	Env  Name // set unless File is
	File Str
	From Str // store/key
	Span diag.Span
}

// Resources are what a task needs.
type Resources struct {
	CPU               Str // cores, like 2 or 0.5 or 500m; checked by the front end
	CPUMilli          int64
	Memory, Disk, Shm Int // bytes
	GPU               Int
	GPUType           Str
	Span              diag.Span
}

// Retry says when another attempt is made.
type Retry struct {
	Attempts        Int // in all, the first included
	Delay, MaxDelay Duration
	Backoff         Float
	For             []Str // error | oom | evicted | timeout
	Span            diag.Span
}

// Cache switches reuse of results of other runs on.
type Cache struct {
	Version  Str
	Lifetime Duration
	Span     diag.Span
}

// Node is a step or a block, as written under a name in `steps`. Which one it
// is follows from the keys that are set; combinations that make no sense were
// reported by the front end, and conflicting parts are nil.
type Node struct {
	Name Name
	Doc  Str
	Span diag.Span
	Keys map[string]diag.Span // the place of each key, for findings about keys

	// Partial: as in Flow, for what stands directly in this node (its action,
	// inputs, outputs, exports, steps, cases), not in the nodes inside it.
	Partial bool

	// Order: of steps and blocks.
	When  *diag.Text
	After []Name
	Catch Bool

	// Block parts. Foreach may stand beside an action (the body is then that one step) or beside Steps.
	Foreach     *Foreach
	Loop        *Loop
	Switch      *Switch
	Steps       []Node // with HasSteps; body of a block
	HasSteps    bool
	Export      []Export
	MaxParallel Int

	// Uses makes the node a call of another flow: its body is that flow's. It
	// may stand beside Foreach; of the step parts only Inputs goes with it.
	Uses *Uses

	// Step parts.
	Action  Action // nil for a block
	Inputs  []Input
	Outputs []Output
	Exec    Exec
}

// Uses names another flow. The front end reads the path; what loads files sets
// Flow, to the same value wherever the same file is used. Where there is none, and
// that was reported, the node is partial.
type Uses struct {
	Path Str
	Flow *Flow
}

// Foreach runs its body once for each item.
type Foreach struct {
	Vars    []ForeachVar // in the order written
	Combine Str          // product | zip
	Index   Name
	Max     Int
	Batch   Int
	Span    diag.Span
}

// ForeachVar is one variable and what it runs over.
type ForeachVar struct {
	Name Name
	Over Value
}

// Loop runs its body again until a condition holds.
type Loop struct {
	Carry []Carry
	Index Name
	Until *diag.Text
	Max   Int
	AtMax Str // fail | stop
	Span  diag.Span
}

// Carry is a value handed from one iteration to the next.
type Carry struct {
	Name Name
	From Value
	Next Value
	Type *TypeRef
	Span diag.Span
}

// Switch runs one of its cases.
type Switch struct {
	On    *diag.Text
	Cases []Case
	Else  *Case // label ""
	Span  diag.Span
}

// Case is one alternative.
type Case struct {
	Label  Name
	Steps  []Node
	Export []Export
	Span   diag.Span
}

// Export hands a value out of a block. Name is derived from the reference
// where a plain reference was listed.
type Export struct {
	Name  Name
	Value Value
	Span  diag.Span
}

// Input is one input of a step. Type is set where it was declared.
type Input struct {
	Name  Name
	Value Value
	Type  *TypeRef
	Span  diag.Span
}

// Output is one output of a step.
type Output struct {
	Name Name
	Type TypeRef
	Span diag.Span
}

// Action is what a step does.
type Action interface{ action() }

// Script is `run`: text for a shell.
type Script struct {
	Text Str
}

// Call is `python: file.py:func`.
type Call struct {
	File, Func string
	Span       diag.Span
}

// Argv is `command`: a program with its arguments, no shell.
type Argv struct {
	Args []Arg
	Span diag.Span
}

// Arg is text, or the text or path of an input, or the path of an output; exactly one is set.
type Arg struct {
	Text   *Str
	Input  *Name
	Output *Name
	Span   diag.Span
}

func (*Script) action() {}
func (*Call) action()   {}
func (*Argv) action()   {}
