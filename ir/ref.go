package ir

import (
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

// Expr is a checked expression.
type Expr struct {
	Text string    // as written; for a literal its canonical JSON
	Code expr.Code // what is evaluated; (ref i) is Refs[i]
	Refs []Ref     // every name it reads, in order of first use, no duplicates
	Type types.Type
	Span diag.Span
}

// Ref is a name that an expression reads.
type Ref struct {
	From Source
	Text string // as written, for people
	Type types.Type
	Span diag.Span
	// Narrowed: the value is optional at its source, and the expression reads
	// it as present because of a `when` around.
	Narrowed bool
}

// Source is FromPort, FromBind or FromParam.
type Source interface{ source() }

// FromPort is a port of a node in this block or in one around it.
type FromPort PortID

// FromBind is bind number Bind of a block around.
type FromBind struct {
	Block BlockID
	Bind  int32
}

// FromParam is the index of a param of the flow.
type FromParam int32

func (FromPort) source()  {}
func (FromBind) source()  {}
func (FromParam) source() {}
