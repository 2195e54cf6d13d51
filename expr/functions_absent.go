package expr

import "github.com/flowc-dev/flowc/types"

// absentFunctions deal with values that may be nil.
var absentFunctions = []Function{
	{
		Name: "must", Signature: "must(T?) T",
		Doc:     "The value; the task fails if it is absent.",
		Example: `must(x)`, Result: `3`, MinArgs: 1, MaxArgs: 1, Absent: true,
		Check: func(args []types.Type) (Checked, *ArgError) {
			if args[0] == types.Nil {
				return Checked{}, &ArgError{Message: "needs a value that may be there, not nil"}
			}
			return ok(types.Unopt(args[0]))
		},
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			v, err := e.eval(args[0])
			if err != nil || v != nil {
				return v, err
			}
			err = fail(Absent, "must(...): the value is absent")
			if args[0].op == OpRef {
				err.Ref = args[0].index
			}
			return nil, err
		},
	},
	{
		Name: "coalesce", Signature: "coalesce(T?, ..., T) T",
		Doc:     "The first value that is not absent.",
		Example: `coalesce(y, x, 0)`, Result: `3`, MinArgs: 2, MaxArgs: -1, Absent: true,
		Check: func(args []types.Type) (Checked, *ArgError) {
			var joined types.Type = types.Invalid
			absent := true
			for i, t := range args {
				j, fits := types.Join(joined, types.Unopt(t))
				if !fits {
					return needs(i, joined.String()+", as the values before", t, "")
				}
				if t != types.Nil {
					joined = types.Unopt(j)
				}
				absent = absent && types.IsOptional(t)
			}
			if joined == types.Invalid {
				joined = types.Nil
			}
			arg := types.Opt(joined)
			if absent {
				joined = arg
			}
			return as(joined, arg, len(args))
		},
		lazy: func(e *evaluator, args []*node) (any, *Error) {
			for _, a := range args {
				if v, err := e.eval(a); err != nil || v != nil {
					return v, err
				}
			}
			return nil, nil
		},
	},
	{
		Name: "compact", Signature: "compact(list<T?>) list<T>",
		Doc:     "The elements that are not absent.",
		Example: `compact([1, nil, 2])`, Result: `[1, 2]`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			elem, isList := element(args[0])
			if !isList {
				return needs(0, "a list", args[0], "")
			}
			if elem == types.Nil {
				elem = types.Invalid
			}
			return ok(types.List{Elem: types.Unopt(elem)})
		},
		eval: func(e *evaluator, args []any) (any, *Error) {
			list, err := asList(args[0])
			if err != nil {
				return nil, err
			}
			out := []any{}
			for _, v := range list {
				if v != nil {
					out = append(out, v)
				}
			}
			return out, e.spend(len(list))
		},
	},
}
