package expr

import (
	"errors"
	"strings"

	"github.com/flowc-dev/flowc/types"
)

// Bounds on one evaluation; going beyond is the error [TooLarge].
const (
	MaxSteps    = 10_000_000 // operations performed and elements made, in all
	MaxElements = 1_000_000  // elements of a list that an expression makes
	MaxText     = 16 << 20   // bytes of a string that an expression makes
)

// Eval evaluates c. Refs gives the value of a reference by its number; it is
// asked only for what is needed, for each at most once, and its errors come
// back wrapped. All errors are of type [*Error]. The result shares parts with
// the values of references: treat both as immutable.
func Eval(c Code, refs func(i int) (any, error)) (any, error) {
	if c.n == nil {
		return nil, fail(WrongType, "there is no expression")
	}
	e := &evaluator{refs: refs, steps: MaxSteps}
	v, err := e.eval(c.n)
	if err != nil {
		return nil, err
	}
	return v, nil
}

type evaluator struct {
	refs  func(int) (any, error)
	known map[int]resolved
	items []any // elements that predicates are about, innermost last
	steps int
}

type resolved struct {
	value any
	err   *Error
}

// spend takes n steps off the budget.
func (e *evaluator) spend(n int) *Error {
	if n > e.steps {
		return fail(TooLarge, "the expression takes more than %d steps", MaxSteps)
	}
	e.steps -= n
	return nil
}

func (e *evaluator) eval(n *node) (any, *Error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	switch n.op {
	case OpConst:
		return n.value, nil
	case OpRef:
		return e.ref(n.index)
	case OpItem:
		if len(e.items) == 0 {
			return nil, fail(WrongType, "# stands outside of a predicate")
		}
		return e.items[len(e.items)-1], nil
	case OpAnd, OpOr:
		left, err := e.boolean(n.args[0])
		if err != nil || left == (n.op == OpOr) {
			return left, err
		}
		return asAny(e.boolean(n.args[1]))
	case OpNot:
		b, err := e.boolean(n.args[0])
		return !b, err
	case OpIf:
		c, err := e.boolean(n.args[0])
		if err != nil {
			return nil, err
		}
		if c {
			return e.eval(n.args[1])
		}
		return e.eval(n.args[2])
	case OpElse:
		v, err := e.eval(n.args[0])
		if err != nil || v != nil {
			return v, err
		}
		return e.eval(n.args[1])
	case OpCall:
		if n.fn.lazy != nil {
			return n.fn.lazy(e, n.args)
		}
	}
	args := make([]any, len(n.args))
	for i, a := range n.args {
		v, err := e.eval(a)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	return e.apply(n, args)
}

// apply performs an operation whose operands are all needed.
func (e *evaluator) apply(n *node, args []any) (any, *Error) {
	for _, a := range args { // what has to be read for it
		cost := 0
		switch a := a.(type) {
		case string:
			cost = len(a) / 64
		case types.JSON:
			cost = len(a) / 16
		}
		if err := e.spend(cost); err != nil {
			return nil, err
		}
	}
	switch n.op {
	case OpCall:
		return n.fn.eval(e, args)
	case OpAs:
		if err := e.spend(size(args[0])); err != nil {
			return nil, err
		}
		return types.Widen(nil, n.typ, args[0]), nil
	case OpList:
		return args, e.spend(len(args))
	case OpField, OpTryField:
		return field(args[0], n.name, n.op == OpTryField)
	case OpIndex, OpTryIndex:
		return index(args[0], args[1], n.op == OpTryIndex)
	case OpSlice:
		return e.slice(args[0], args[1], args[2])
	case OpNeg:
		return negate(args[0])
	case OpAdd:
		return e.add(args[0], args[1])
	case OpSub, OpMul, OpDiv, OpMod, OpPow:
		return arithmetic(n.op, args[0], args[1])
	case OpEq, OpNe:
		if err := e.spend(size(args[0])); err != nil {
			return nil, err
		}
		return equal(args[0], args[1]) == (n.op == OpEq), nil
	case OpLt, OpLe, OpGt, OpGe:
		return ordered(n.op, args[0], args[1])
	case OpIn:
		return e.in(args[0], args[1])
	case OpContains, OpStartsWith, OpEndsWith, OpMatches:
		return e.text(n, args)
	}
	return nil, fail(WrongType, "unknown operation %q", n.op)
}

func (e *evaluator) ref(i int) (any, *Error) {
	if r, ok := e.known[i]; ok {
		return r.value, r.err
	}
	var r resolved
	if e.refs == nil {
		r.err = fail(BadReference, "the expression has no references")
	} else if v, err := e.refs(i); err != nil {
		var inner *Error
		if errors.As(err, &inner) && inner.Kind != BadReference {
			r.err = inner
		} else {
			r.err = fail(BadReference, "%v", err)
			r.err.Err = err
		}
		r.err.Ref = i
	} else {
		r.value = v
	}
	if e.known == nil {
		e.known = map[int]resolved{}
	}
	e.known[i] = r
	return r.value, r.err
}

func (e *evaluator) boolean(n *node) (bool, *Error) {
	v, err := e.eval(n)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, wrong("a bool", v)
	}
	return b, nil
}

func asAny[T any](v T, err *Error) (any, *Error) { return v, err }

// wrong says that v is not what an operation takes. A nil is reported as such.
func wrong(want string, v any) *Error {
	if v == nil {
		return fail(Absent, "%s is needed, but the value is absent", want)
	}
	return fail(WrongType, "%s is needed, not %s", want, types.Describe(v))
}

func (e *evaluator) text(n *node, args []any) (any, *Error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, wrong("a string", args[0])
	}
	if n.op == OpMatches {
		if err := e.spend(len(s) / 4); err != nil {
			return nil, err
		}
		return n.pattern.MatchString(s), nil
	}
	part, ok := args[1].(string)
	if !ok {
		return nil, wrong("a string", args[1])
	}
	switch n.op {
	case OpStartsWith:
		return strings.HasPrefix(s, part), nil
	case OpEndsWith:
		return strings.HasSuffix(s, part), nil
	}
	return strings.Contains(s, part), nil
}

// size counts the parts of a value, for the budget.
func size(v any) int {
	switch v := v.(type) {
	case []any:
		n := 1
		for _, x := range v {
			n += size(x)
		}
		return n
	case map[string]any:
		n := 1
		for _, x := range v {
			n += size(x)
		}
		return n
	case string:
		return 1 + len(v)/64
	case types.JSON:
		return 1 + len(v)/8
	}
	return 1
}
