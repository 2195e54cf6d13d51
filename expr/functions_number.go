package expr

import (
	"math"
	"strconv"

	"github.com/flowc-dev/flowc/types"
)

// numberFunctions work on numbers.
var numberFunctions = []Function{
	{
		Name: "min", Signature: "min(a, b, ...) T, min(list<T>) T",
		Doc:     "The least of numbers, strings or dates; NaN if one of them is. An empty list is an error.",
		Example: `min(3, 1.5)`, Result: `1.5`, MinArgs: 1, MaxArgs: -1,
		Check: checkExtreme,
		eval:  func(e *evaluator, args []any) (any, *Error) { return e.extreme("min", -1, args) },
	},
	{
		Name: "max", Signature: "max(a, b, ...) T, max(list<T>) T",
		Doc:     "The greatest of numbers, strings or dates; NaN if one of them is. An empty list is an error.",
		Example: `max([3, 7, 5])`, Result: `7`, MinArgs: 1, MaxArgs: -1,
		Check: checkExtreme,
		eval:  func(e *evaluator, args []any) (any, *Error) { return e.extreme("max", 1, args) },
	},
	{
		Name: "mean", Signature: "mean(list<N>) float",
		Doc:     "The arithmetic mean of numbers; NaN for an empty list.",
		Example: `mean([1, 2])`, Result: `1.5`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			elem, err := present(0, "a list of numbers", args[0])
			if err != nil {
				return Checked{}, err
			}
			if !isNumber(elem) {
				return needs(0, "a list of numbers", args[0], "")
			}
			return ok(types.Float)
		},
		eval: func(e *evaluator, args []any) (any, *Error) {
			list, err := asList(args[0])
			if err != nil {
				return nil, err
			}
			total := 0.0
			for _, v := range list {
				f, isNumber := number(v)
				if !isNumber {
					return nil, wrong("a number", v)
				}
				total += f
			}
			return total / float64(len(list)), e.spend(len(list))
		},
	},
	{
		Name: "abs", Signature: "abs(N) N",
		Doc:     "The number without its sign.",
		Example: `abs(-2)`, Result: `2`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			if !isNumber(args[0]) {
				return needs(0, "a number", args[0], "")
			}
			return ok(args[0])
		},
		eval: func(_ *evaluator, args []any) (any, *Error) {
			switch v := args[0].(type) {
			case int64:
				if v < 0 {
					return negate(v)
				}
				return v, nil
			case float64:
				return math.Abs(v), nil
			}
			return nil, wrong("a number", args[0])
		},
	},
	{
		Name: "div", Signature: "div(int, int) int",
		Doc:     "The quotient rounded down: div(a, b) * b + a % b is a.",
		Example: `div(7, 2)`, Result: `3`, MinArgs: 2, MaxArgs: 2,
		Check: func(args []types.Type) (Checked, *ArgError) {
			for i, t := range args {
				if t != types.Int && !unknown(t) {
					return needs(i, "an int", t, "floor(a / b) takes floats")
				}
			}
			return ok(types.Int)
		},
		eval: func(_ *evaluator, args []any) (any, *Error) {
			a, ok1 := args[0].(int64)
			b, ok2 := args[1].(int64)
			switch {
			case !ok1:
				return nil, wrong("an int", args[0])
			case !ok2:
				return nil, wrong("an int", args[1])
			case b == 0:
				return nil, fail(DivisionByZero, "div(%d, 0)", a)
			case b == -1:
				return negate(a)
			}
			q := a / b
			if a%b != 0 && (a < 0) != (b < 0) {
				q--
			}
			return q, nil
		},
	},
	{
		Name: "round", Signature: "round(N) int, round(N, digits) float",
		Doc:     "The nearest int, or the nearest number with that many decimals (0 to 300); halves go to the even neighbour.",
		Example: `round(2.5)`, Result: `2`, MinArgs: 1, MaxArgs: 2,
		Check: func(args []types.Type) (Checked, *ArgError) {
			if !isNumber(args[0]) {
				return needs(0, "a number", args[0], "")
			}
			if len(args) == 1 {
				return ok(types.Int)
			}
			if args[1] != types.Int && !unknown(args[1]) {
				return needs(1, "an int, the number of decimals", args[1], "")
			}
			return ok(types.Float)
		},
		eval: func(_ *evaluator, args []any) (any, *Error) {
			if len(args) == 1 {
				return toInt("round", args[0], math.RoundToEven)
			}
			f, isNumber := number(args[0])
			if !isNumber {
				return nil, wrong("a number", args[0])
			}
			digits, isInt := args[1].(int64)
			if !isInt {
				return nil, wrong("an int", args[1])
			}
			if digits < 0 || digits > 300 {
				return nil, fail(BadValue, "round takes 0 to 300 decimals, not %d", digits)
			}
			if math.IsNaN(f) || math.IsInf(f, 0) {
				return f, nil
			}
			f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(digits), 64), 64)
			return f, nil
		},
	},
	{
		Name: "floor", Signature: "floor(N) int",
		Doc:     "The greatest int that is not greater.",
		Example: `floor(-1.5)`, Result: `-2`, MinArgs: 1, MaxArgs: 1,
		Check: checkToInt,
		eval:  func(_ *evaluator, args []any) (any, *Error) { return toInt("floor", args[0], math.Floor) },
	},
	{
		Name: "ceil", Signature: "ceil(N) int",
		Doc:     "The least int that is not less.",
		Example: `ceil(1.2)`, Result: `2`, MinArgs: 1, MaxArgs: 1,
		Check: checkToInt,
		eval:  func(_ *evaluator, args []any) (any, *Error) { return toInt("ceil", args[0], math.Ceil) },
	},
	{
		Name: "isnan", Signature: "isnan(N) bool",
		Doc:     "Whether the number is NaN, which equals nothing, not even itself.",
		Example: `isnan(float("nan"))`, Result: `true`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			if !isNumber(args[0]) {
				return needs(0, "a number", args[0], "")
			}
			return ok(types.Bool)
		},
		eval: func(_ *evaluator, args []any) (any, *Error) {
			if _, isNumber := number(args[0]); !isNumber {
				return nil, wrong("a number", args[0])
			}
			return isNaN(args[0]), nil
		},
	},
}

func checkToInt(args []types.Type) (Checked, *ArgError) {
	if !isNumber(args[0]) {
		return needs(0, "a number", args[0], "")
	}
	return ok(types.Int)
}

// toInt makes an int of a number, a float by the rounding given.
func toInt(name string, v any, rounding func(float64) float64) (any, *Error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case float64:
		f := rounding(v)
		if !(f >= -(1<<63) && f < 1<<63) {
			return nil, fail(Overflow, "%s: %s does not fit an int (64 bits)", name, types.Text(types.Float, v))
		}
		return int64(f), nil
	}
	return nil, wrong("a number", v)
}

func checkExtreme(args []types.Type) (Checked, *ArgError) {
	if len(args) == 1 {
		elem, err := present(0, "a list, or several values", args[0])
		if err != nil {
			return Checked{}, err
		}
		if !Orderable(elem) {
			return needs(0, "a list of numbers, strings or dates", args[0], "take a part of each element with map(xs, .field)")
		}
		return ok(elem)
	}
	joined := args[0]
	for i, t := range args {
		if !Orderable(t) {
			return needs(i, "numbers, strings or dates", t, "give it one list, or several values")
		}
		j, fits := types.Join(joined, t)
		if !fits {
			return needs(i, joined.String()+", as the values before", t, "")
		}
		joined = j
	}
	return as(joined, joined, len(args))
}

// extreme is the first of the least (sign -1) or greatest (1) of args, or of
// the list that is the only one.
func (e *evaluator) extreme(name string, sign int, args []any) (any, *Error) {
	if len(args) == 1 {
		list, err := asList(args[0])
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, fail(Absent, "%s of an empty list", name)
		}
		args = list
	}
	if err := e.spend(len(args)); err != nil {
		return nil, err
	}
	best := args[0]
	if _, err := ordered(OpLt, best, best); err != nil {
		return nil, err
	}
	for _, v := range args[1:] {
		if _, err := ordered(OpLt, best, v); err != nil {
			return nil, err
		}
		switch {
		case isNaN(best):
		case isNaN(v), compareForSort(v, best)*sign > 0:
			best = v
		}
	}
	return best, nil
}
