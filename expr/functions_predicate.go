package expr

import "github.com/flowc-dev/flowc/types"

// predicateFunctions take an expression about each element of a list.
var predicateFunctions = []Function{
	{
		Name: "filter", Signature: "filter(list<T>, predicate) list<T>",
		Doc:     "The elements for which the predicate holds.",
		Example: `filter([1, 2, 3], # > 1)`, Result: `[2, 3]`, MinArgs: 2, MaxArgs: 2, Predicate: true,
		Check: checkPredicate(func(list types.Type) types.Type { return list }),
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			out := []any{}
			_, err := e.each(args, func(v, holds any) (bool, *Error) {
				b, isBool := holds.(bool)
				if !isBool {
					return false, wrong("a bool", holds)
				}
				if b {
					out = append(out, v)
				}
				return true, nil
			})
			return out, err
		},
	},
	{
		Name: "map", Signature: "map(list<T>, expression) list<U>",
		Doc:     "The value of the expression for each element.",
		Example: `map([1, 2], # * 10)`, Result: `[10, 20]`, MinArgs: 2, MaxArgs: 2, Predicate: true,
		Check: func(args []types.Type) (Checked, *ArgError) {
			if _, isList := element(args[0]); !isList {
				return needs(0, "a list", args[0], listHint(args[0]))
			}
			return ok(types.List{Elem: args[1]})
		},
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			out := []any{}
			_, err := e.each(args, func(_, mapped any) (bool, *Error) {
				out = append(out, mapped)
				return true, nil
			})
			return out, err
		},
	},
	{
		Name: "all", Signature: "all(list<T>, predicate) bool",
		Doc:     "Whether the predicate holds for every element; true for an empty list.",
		Example: `all([1, 2], # > 0)`, Result: `true`, MinArgs: 2, MaxArgs: 2, Predicate: true,
		Check: checkPredicate(func(types.Type) types.Type { return types.Bool }),
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			return e.until(args, false)
		},
	},
	{
		Name: "any", Signature: "any(list<T>, predicate) bool",
		Doc:     "Whether the predicate holds for an element; false for an empty list.",
		Example: `any([1, 2], # > 1)`, Result: `true`, MinArgs: 2, MaxArgs: 2, Predicate: true,
		Check: checkPredicate(func(types.Type) types.Type { return types.Bool }),
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			return e.until(args, true)
		},
	},
	{
		Name: "none", Signature: "none(list<T>, predicate) bool",
		Doc:     "Whether the predicate holds for no element; true for an empty list.",
		Example: `none([1, 2], # > 5)`, Result: `true`, MinArgs: 2, MaxArgs: 2, Predicate: true,
		Check: checkPredicate(func(types.Type) types.Type { return types.Bool }),
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			found, err := e.until(args, true)
			return found == false, err
		},
	},
	{
		Name: "count", Signature: "count(list<T>, predicate) int, count(list<bool>) int",
		Doc:     "For how many elements the predicate holds; without predicate, how many are true.",
		Example: `count([1, 2, 3], # > 1)`, Result: `2`, MinArgs: 1, MaxArgs: 2, Predicate: true,
		Check: func(args []types.Type) (Checked, *ArgError) {
			if len(args) == 2 {
				return checkPredicate(func(types.Type) types.Type { return types.Int })(args)
			}
			elem, err := present(0, "a list<bool>, or a predicate", args[0])
			if err != nil {
				return Checked{}, err
			}
			if elem != types.Bool && !unknown(elem) {
				return needs(0, "a list<bool>, or a predicate", args[0], "the number of elements is len(xs)")
			}
			return ok(types.Int)
		},
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			n := int64(0)
			_, err := e.each(args, func(_, holds any) (bool, *Error) {
				b, isBool := holds.(bool)
				if !isBool {
					return false, wrong("a bool", holds)
				}
				if b {
					n++
				}
				return true, nil
			})
			return n, err
		},
	},
	{
		Name: "find", Signature: "find(list<T>, predicate) T?",
		Doc:     "The first element for which the predicate holds, nil if there is none.",
		Example: `find([1, 2, 3], # > 1) ?? 0`, Result: `2`, MinArgs: 2, MaxArgs: 2, Predicate: true,
		Check: checkPredicate(func(list types.Type) types.Type {
			elem, _ := element(list)
			return types.Opt(elem)
		}),
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			var out any
			_, err := e.each(args, func(v, holds any) (bool, *Error) {
				b, isBool := holds.(bool)
				if !isBool {
					return false, wrong("a bool", holds)
				}
				if b {
					out = v
				}
				return !b, nil
			})
			return out, err
		},
	},
	{
		Name: "sortBy", Signature: "sortBy(list<T>, expression) list<T>",
		Doc:     "The elements in ascending order of the expression: a number, a string or a date.",
		Example: `sortBy([1, -3, 2], abs(#))`, Result: `[1, 2, -3]`, MinArgs: 2, MaxArgs: 2, Predicate: true,
		Check: func(args []types.Type) (Checked, *ArgError) {
			if _, isList := element(args[0]); !isList {
				return needs(0, "a list", args[0], listHint(args[0]))
			}
			if types.IsOptional(args[1]) {
				return Checked{}, &ArgError{Arg: 1, Absent: true, Message: "needs a value to sort by, which may be absent here (" + args[1].String() + ")"}
			}
			if !Orderable(args[1]) {
				return needs(1, "a number, a string or a date to sort by", args[1], "")
			}
			return ok(args[0])
		},
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			var keys []any
			list, err := e.each(args, func(_, key any) (bool, *Error) {
				keys = append(keys, key)
				return true, nil
			})
			if err != nil {
				return nil, err
			}
			return e.sorted(list, keys)
		},
	},
	{
		Name: "sum", Signature: "sum(list<N>) N, sum(list<T>, expression) N",
		Doc:     "The sum of numbers, or of the expression for each element; 0 for an empty list.",
		Example: `sum([1, 2, 3])`, Result: `6`, MinArgs: 1, MaxArgs: 2, Predicate: true,
		Check: func(args []types.Type) (Checked, *ArgError) {
			at := len(args) - 1
			t := args[at]
			if at == 0 {
				elem, err := present(0, "a list of numbers", t)
				if err != nil {
					return Checked{}, err
				}
				if !isNumber(elem) {
					return needs(0, "a list of numbers", t, "")
				}
				t = elem
			} else if _, isList := element(args[0]); !isList {
				return needs(0, "a list", args[0], listHint(args[0]))
			} else if types.IsOptional(t) {
				return Checked{}, &ArgError{Arg: 1, Absent: true, Message: "needs a number to add, which may be absent here (" + t.String() + ")"}
			} else if !isNumber(t) {
				return needs(1, "a number to add", t, "")
			}
			if t == types.Invalid {
				t = types.Int // of an empty list
			}
			return Checked{Type: t, Widen: t == types.Float}, nil
		},
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			var total any = int64(0)
			_, err := e.each(args, func(_, v any) (_ bool, err *Error) {
				total, err = arithmetic(OpAdd, total, v)
				return true, err
			})
			return total, err
		},
	},
}

// each calls f with every element of the list args[0] and the value that
// args[1], if it is there, has for it (else the element again), until f says no.
func (e *evaluator) each(args []*node, f func(v, mapped any) (more bool, err *Error)) ([]any, *Error) {
	v, err := e.eval(args[0])
	if err != nil {
		return nil, err
	}
	list, err := asList(v)
	if err != nil {
		return nil, err
	}
	if err := e.spend(len(list)); err != nil {
		return nil, err
	}
	level := len(e.items)
	e.items = append(e.items, nil)
	defer func() { e.items = e.items[:level] }()
	for _, v := range list {
		mapped := v
		if len(args) == 2 {
			e.items[level] = v
			if mapped, err = e.eval(args[1]); err != nil {
				return nil, err
			}
		}
		more, err := f(v, mapped)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	return list, nil
}

// until reports whether the predicate is `stop` for an element, as `stop`.
func (e *evaluator) until(args []*node, stop bool) (any, *Error) {
	result := !stop
	_, err := e.each(args, func(_, holds any) (bool, *Error) {
		b, isBool := holds.(bool)
		if !isBool {
			return false, wrong("a bool", holds)
		}
		if b == stop {
			result = stop
		}
		return b != stop, nil
	})
	return result, err
}

// checkPredicate checks a list and a bool about its elements.
func checkPredicate(result func(list types.Type) types.Type) func([]types.Type) (Checked, *ArgError) {
	return func(args []types.Type) (Checked, *ArgError) {
		if _, isList := element(args[0]); !isList {
			return needs(0, "a list", args[0], listHint(args[0]))
		}
		if types.IsOptional(args[1]) {
			return Checked{}, &ArgError{Arg: 1, Absent: true, Message: "needs a condition, which may be absent here (" + args[1].String() + ")"}
		}
		if args[1] != types.Bool && !unknown(args[1]) {
			return needs(1, "a condition (bool) about #, an element", args[1], "")
		}
		return ok(result(args[0]))
	}
}

func listHint(t types.Type) string {
	if _, isMap := t.(types.Map); isMap || t == types.JSONType {
		return "the list of its values is values(...)"
	}
	return ""
}
