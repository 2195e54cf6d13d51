package expr

import (
	"math"

	"github.com/flowc-dev/flowc/types"
)

// conversions make a value of one scalar type of another, or of json.
var conversions = []Function{
	{
		Name: "int", Signature: "int(N | string | json) int",
		Doc:     "The number without its fraction, or the int that the text or JSON value is.",
		Example: `int("12")`, Result: `12`, MinArgs: 1, MaxArgs: 1,
		Check: checkConvert(types.Int, isNumber, isText, isJSON),
		eval: func(_ *evaluator, args []any) (any, *Error) {
			switch v := args[0].(type) {
			case string:
				return fromText(types.Int, v)
			case types.JSON:
				if i, err := fromJSON(types.Int, v); err == nil {
					return i, nil
				}
				f, err := fromJSON(types.Float, v)
				if err != nil {
					return fromJSON(types.Int, v)
				}
				return toInt("int", f, math.Trunc)
			}
			return toInt("int", args[0], math.Trunc)
		},
	},
	{
		Name: "float", Signature: "float(N | string | json) float",
		Doc:     `The number as a float, or the float that the text or JSON value is; "nan" and "inf" are texts of floats.`,
		Example: `float("0.5")`, Result: `0.5`, MinArgs: 1, MaxArgs: 1,
		Check: checkConvert(types.Float, isNumber, isText, isJSON),
		eval: func(_ *evaluator, args []any) (any, *Error) {
			switch v := args[0].(type) {
			case string:
				return fromText(types.Float, v)
			case types.JSON:
				return fromJSON(types.Float, v)
			}
			f, isNumber := number(args[0])
			if !isNumber {
				return nil, wrong("a number or a text", args[0])
			}
			return f, nil
		},
	},
	{
		Name: "string", Signature: "string(bool | N | string | date | json) string",
		Doc:     "The text of a scalar; of a JSON string its content, of any other JSON value its JSON.",
		Example: `string(0.5)`, Result: `"0.5"`, MinArgs: 1, MaxArgs: 1,
		Check: checkConvert(types.String, isNumber, isText, isJSON,
			func(t types.Type) bool { return t == types.Bool || t == types.Date }),
		eval: func(_ *evaluator, args []any) (any, *Error) {
			switch v := args[0].(type) {
			case bool, int64, float64, string:
				return types.Text(types.Any, v), nil
			case types.JSON:
				if s, err := fromJSON(types.String, v); err == nil {
					return s, nil
				}
				return string(v), nil
			}
			return nil, wrong("a scalar", args[0])
		},
	},
	{
		Name: "bool", Signature: "bool(string | json) bool",
		Doc:     "The truth value that the text or JSON value is: true or false.",
		Example: `bool("true")`, Result: `true`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			if isNumber(args[0]) && !unknown(args[0]) {
				return needs(0, "a string or json", args[0], "compare it: x != 0")
			}
			return checkConvert(types.Bool, isText, isJSON, func(t types.Type) bool { return t == types.Bool })(args)
		},
		eval: func(_ *evaluator, args []any) (any, *Error) {
			switch v := args[0].(type) {
			case bool:
				return v, nil
			case string:
				return fromText(types.Bool, v)
			case types.JSON:
				return fromJSON(types.Bool, v)
			}
			return nil, wrong("a text", args[0])
		},
	},
	{
		Name: "date", Signature: "date(string | json) date",
		Doc:     "The day that the text or JSON value is, written YYYY-MM-DD.",
		Example: `date("2026-01-31") > date("2025-12-31")`, Result: `true`, MinArgs: 1, MaxArgs: 1,
		Check: checkConvert(types.Date, isText, isJSON, func(t types.Type) bool { return t == types.Date }),
		eval: func(_ *evaluator, args []any) (any, *Error) {
			switch v := args[0].(type) {
			case string:
				return fromText(types.Date, v)
			case types.JSON:
				return fromJSON(types.Date, v)
			}
			return nil, wrong("a text", args[0])
		},
	},
}

func isJSON(t types.Type) bool { return t == types.JSONType }

func checkConvert(to types.Type, from ...func(types.Type) bool) func([]types.Type) (Checked, *ArgError) {
	return func(args []types.Type) (Checked, *ArgError) {
		for _, accepts := range from {
			if accepts(args[0]) {
				return ok(to)
			}
		}
		return Checked{}, &ArgError{Message: "does not take " + args[0].String()}
	}
}

func fromText(t types.Type, s string) (any, *Error) {
	v, err := types.ParseText(t, s)
	if err != nil {
		return nil, fail(BadValue, "%v", err)
	}
	return v, nil
}

func fromJSON(t types.Type, j types.JSON) (any, *Error) {
	v, err := types.UnmarshalValue(t, []byte(j))
	if err != nil {
		return nil, fail(BadValue, "%v", err)
	}
	return v, nil
}
