// Package expr holds the checked expressions of the language: conditions and
// small pure computations over the values of a run. An expression is a [Code],
// a small tree that travels in plans as canonical JSON and is evaluated by
// [Eval] with the same result on every target. Package expr/check makes Codes
// from what users write; this package does not contain that parser, so that the
// runtime in a user's container stays small.
//
// The evaluator is our own, although the syntax is that of expr-lang, because
// flows need what its virtual machine does not promise: ints of exactly 64 bits
// that never wrap around, floats that are never compared through rounding,
// references that are read only when they are needed (each is a request to a
// store) and at most once, files as opaque values, bounds on time and memory,
// errors of known kinds, and a form on the wire that outlives the version of a
// library.
//
// # Values
//
// Values are those of package types. Numbers: an operation on two ints gives an
// int, or the error [Overflow]; with a float in it, a float. `/` always gives a
// float, `%` has the sign of the divisor (as in Python), dividing by zero is an
// error. Comparisons of int and float are exact. NaN is unequal to everything
// and neither less nor greater; sort puts it last, min and max give it back.
// Text is compared by its bytes and counted in Unicode characters.
//
// `and`, `or`, `??`, `c ? a : b` and coalesce evaluate no more than they need,
// from left to right.
package expr

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/flowc-dev/flowc/types"
)

// Op is the kind of a node in a Code, as it stands on the wire.
type Op string

const (
	OpRef   Op = "ref"   // the value of reference number i
	OpConst Op = "const" // a value known at compile time
	OpItem  Op = "item"  // #, the element that the innermost predicate is about
	OpList  Op = "list"  // [a, b]
	OpCall  Op = "call"  // a function of the table [Functions]
	OpAs    Op = "as"    // its operand as a wider type: types.Widen

	OpField    Op = "field"  // x.name; a missing one is an error
	OpTryField Op = "field?" // x?.name; nil where x is nil or has none
	OpIndex    Op = "index"  // x[i]; out of range is an error
	OpTryIndex Op = "index?" // x?.[i]; nil where x is nil or has none
	OpSlice    Op = "slice"  // x[from:to], either may be nil

	OpNeg  Op = "neg"
	OpNot  Op = "not"
	OpAnd  Op = "and"
	OpOr   Op = "or"
	OpIf   Op = "if" // c ? a : b
	OpElse Op = "??"

	OpAdd Op = "+" // also joins two strings or two lists
	OpSub Op = "-"
	OpMul Op = "*"
	OpDiv Op = "/"
	OpMod Op = "%"
	OpPow Op = "**"

	OpEq Op = "=="
	OpNe Op = "!="
	OpLt Op = "<"
	OpLe Op = "<="
	OpGt Op = ">"
	OpGe Op = ">="

	OpIn         Op = "in" // element of a list, key of a map
	OpContains   Op = "contains"
	OpStartsWith Op = "startsWith"
	OpEndsWith   Op = "endsWith"
	OpMatches    Op = "matches" // a literal pattern of RE2 syntax
)

// arity of the operations that have nothing but operands.
var arity = map[Op]int{
	OpItem: 0, OpIndex: 2, OpTryIndex: 2, OpSlice: 3,
	OpNeg: 1, OpNot: 1, OpAnd: 2, OpOr: 2, OpIf: 3, OpElse: 2,
	OpAdd: 2, OpSub: 2, OpMul: 2, OpDiv: 2, OpMod: 2, OpPow: 2,
	OpEq: 2, OpNe: 2, OpLt: 2, OpLe: 2, OpGt: 2, OpGe: 2,
	OpIn: 2, OpContains: 2, OpStartsWith: 2, OpEndsWith: 2,
}

// Limits on a Code.
const (
	MaxDepth   = 256    // nested operations
	MaxNodes   = 20_000 // operations in all
	MaxRef     = 10_000 // number of a reference
	MaxPattern = 1000   // bytes of a pattern for `matches`
)

// Code is a checked expression. It is immutable; the zero Code is none at all
// and evaluates to an error.
type Code struct{ n *node }

type node struct {
	op    Op
	args  []*node
	depth int // of the tree below, from 1
	count int // nodes of the tree below

	index   int            // OpRef
	name    string         // OpField, OpTryField, OpCall, OpMatches (the pattern)
	typ     types.Type     // OpConst, OpAs
	value   any            // OpConst
	fn      *Function      // OpCall
	pattern *regexp.Regexp // OpMatches
}

func build(n *node, args ...Code) Code {
	n.depth, n.count = 1, 1
	for _, a := range args {
		arg := a.n
		if arg == nil {
			arg = &node{op: OpConst, typ: types.Nil, depth: 1, count: 1}
		}
		n.args = append(n.args, arg)
		n.depth = max(n.depth, 1+arg.depth)
		n.count += arg.count
	}
	return Code{n}
}

// Ref is the value of reference number i, from 0.
func Ref(i int) Code { return build(&node{op: OpRef, index: i}) }

// Const is the value v of type t.
func Const(t types.Type, v any) Code {
	return build(&node{op: OpConst, typ: t, value: v})
}

// New is an operation that has operands only. The number of operands must be
// that of the operation: anything else is a mistake in the caller, and panics.
func New(op Op, args ...Code) Code {
	if n, ok := arity[op]; op != OpList && (!ok || n != len(args)) {
		panic(fmt.Sprintf("expr: operation %q with %d operands", op, len(args)))
	}
	return build(&node{op: op}, args...)
}

// Field is x.name, or x?.name with try.
func Field(x Code, name string, try bool) Code {
	op := OpField
	if try {
		op = OpTryField
	}
	return build(&node{op: op, name: name}, x)
}

// As is x widened to type t.
func As(t types.Type, x Code) Code { return build(&node{op: OpAs, typ: t}, x) }

// Call is a call of a function of the table.
func Call(f *Function, args ...Code) Code {
	return build(&node{op: OpCall, name: f.Name, fn: f}, args...)
}

// Matches tests x against a pattern.
func Matches(x Code, pattern string) (Code, error) {
	if len(pattern) > MaxPattern {
		return Code{}, fmt.Errorf("the pattern is longer than %d bytes", MaxPattern)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return Code{}, err
	}
	return build(&node{op: OpMatches, name: pattern, pattern: re}, x), nil
}

// IsZero reports whether c is no expression at all.
func (c Code) IsZero() bool { return c.n == nil }

// Op is the outermost operation; "" for the zero Code.
func (c Code) Op() Op {
	if c.n == nil {
		return ""
	}
	return c.n.op
}

// Args are the operands of the outermost operation.
func (c Code) Args() []Code {
	if c.n == nil {
		return nil
	}
	out := make([]Code, len(c.n.args))
	for i, a := range c.n.args {
		out[i] = Code{a}
	}
	return out
}

// Name is the function of a call or the field of a field access; "" elsewhere.
func (c Code) Name() string {
	if c.n == nil || c.n.op == OpMatches {
		return ""
	}
	return c.n.name
}

// Ref returns the number of the reference if c is one and nothing else.
func (c Code) Ref() (i int, ok bool) {
	if c.Op() != OpRef {
		return 0, false
	}
	return c.n.index, true
}

// Const returns the value and its type if c is a constant.
func (c Code) Const() (v any, t types.Type, ok bool) {
	if c.Op() != OpConst {
		return nil, nil, false
	}
	return c.n.value, c.n.typ, true
}

// Depth is how deep operations nest, Nodes how many there are.
func (c Code) Depth() int {
	if c.n == nil {
		return 0
	}
	return c.n.depth
}

// Nodes is the number of operations.
func (c Code) Nodes() int {
	if c.n == nil {
		return 0
	}
	return c.n.count
}

// Refs returns the numbers of the references that c reads, sorted, each once.
func (c Code) Refs() []int {
	var out []int
	var walk func(n *node)
	walk = func(n *node) {
		if n.op == OpRef {
			out = append(out, n.index)
		}
		for _, a := range n.args {
			walk(a)
		}
	}
	if c.n != nil {
		walk(c.n)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// MapRefs returns c with every reference i renumbered to to(i).
func (c Code) MapRefs(to func(i int) int) Code {
	if c.n == nil {
		return c
	}
	var walk func(n *node) *node
	walk = func(n *node) *node {
		m := *n
		if n.op == OpRef {
			m.index = to(n.index)
		}
		m.args = make([]*node, len(n.args))
		for i, a := range n.args {
			m.args[i] = walk(a)
		}
		return &m
	}
	return Code{walk(c.n)}
}

// Equal reports whether two Codes are the same on the wire.
func (c Code) Equal(d Code) bool {
	a, err1 := c.MarshalJSON()
	b, err2 := d.MarshalJSON()
	return err1 == nil && err2 == nil && string(a) == string(b)
}

// String is the form on the wire, for people who look into a plan.
func (c Code) String() string {
	b, err := c.MarshalJSON()
	if err != nil {
		return "invalid expression: " + err.Error()
	}
	return string(b)
}
