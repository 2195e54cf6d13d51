package expr

import (
	"strings"

	"github.com/flowc-dev/flowc/types"
)

// textFunctions work on strings.
var textFunctions = []Function{
	{
		Name: "lower", Signature: "lower(string) string",
		Doc:     "The text in lower case.",
		Example: `lower("EU")`, Result: `"eu"`, MinArgs: 1, MaxArgs: 1,
		Check: checkTexts(types.String),
		eval:  mapText(strings.ToLower),
	},
	{
		Name: "upper", Signature: "upper(string) string",
		Doc:     "The text in upper case.",
		Example: `upper("eu")`, Result: `"EU"`, MinArgs: 1, MaxArgs: 1,
		Check: checkTexts(types.String),
		eval:  mapText(strings.ToUpper),
	},
	{
		Name: "trim", Signature: "trim(string) string",
		Doc:     "The text without white space at its ends.",
		Example: `trim(" a ")`, Result: `"a"`, MinArgs: 1, MaxArgs: 1,
		Check: checkTexts(types.String),
		eval:  mapText(strings.TrimSpace),
	},
	{
		Name: "replace", Signature: "replace(string, old, new) string",
		Doc:     "The text with every `old` replaced.",
		Example: `replace("a-b", "-", "_")`, Result: `"a_b"`, MinArgs: 3, MaxArgs: 3,
		Check: checkTexts(types.String),
		eval: func(e *evaluator, args []any) (any, *Error) {
			s, err := asTexts(args)
			if err != nil {
				return nil, err
			}
			if s[1] == "" {
				return nil, fail(BadValue, "replace needs a text to look for")
			}
			n := len(s[0]) + strings.Count(s[0], s[1])*(len(s[2])-len(s[1]))
			if n > MaxText {
				return nil, fail(TooLarge, "the text is longer than %d bytes", MaxText)
			}
			return strings.ReplaceAll(s[0], s[1], s[2]), e.spend(n / 64)
		},
	},
	{
		Name: "split", Signature: "split(string, separator) list<string>",
		Doc:     "The parts between the separators.",
		Example: `split("a,b", ",")`, Result: `["a", "b"]`, MinArgs: 2, MaxArgs: 2,
		Check: checkTexts(types.List{Elem: types.String}),
		eval: func(e *evaluator, args []any) (any, *Error) {
			s, err := asTexts(args)
			if err != nil {
				return nil, err
			}
			if s[1] == "" {
				return nil, fail(BadValue, "split needs a separator")
			}
			if n := strings.Count(s[0], s[1]) + 1; n > MaxElements {
				return nil, fail(TooLarge, "the list has more than %d elements", MaxElements)
			}
			parts := strings.Split(s[0], s[1])
			out := make([]any, len(parts))
			for i, p := range parts {
				out[i] = p
			}
			return out, e.spend(len(out))
		},
	},
	{
		Name: "join", Signature: "join(list<string>, separator) string",
		Doc:     "The texts with the separator between them.",
		Example: `join(["a", "b"], ", ")`, Result: `"a, b"`, MinArgs: 2, MaxArgs: 2,
		Check: func(args []types.Type) (Checked, *ArgError) {
			elem, err := present(0, "a list of strings", args[0])
			if err != nil {
				return Checked{}, err
			}
			if !isText(elem) {
				return needs(0, "a list of strings", args[0], "make strings of the elements with map(xs, string(#))")
			}
			if !isText(args[1]) {
				return needs(1, "a string", args[1], "")
			}
			return ok(types.String)
		},
		eval: func(e *evaluator, args []any) (any, *Error) {
			list, err := asList(args[0])
			if err != nil {
				return nil, err
			}
			sep, isString := args[1].(string)
			if !isString {
				return nil, wrong("a string", args[1])
			}
			texts, err := asTexts(list)
			if err != nil {
				return nil, err
			}
			n := 0
			for _, s := range texts {
				if n += len(s) + len(sep); n > MaxText {
					return nil, fail(TooLarge, "the text is longer than %d bytes", MaxText)
				}
			}
			return strings.Join(texts, sep), e.spend(len(texts) + n/64)
		},
	},
}

func checkTexts(result types.Type) func([]types.Type) (Checked, *ArgError) {
	return func(args []types.Type) (Checked, *ArgError) {
		for i, t := range args {
			if isText(t) {
				continue
			}
			hint := ""
			if types.IsScalar(t) {
				hint = "make one of it with string(...)"
			}
			return needs(i, "a string", t, hint)
		}
		return ok(result)
	}
}

func mapText(f func(string) string) func(*evaluator, []any) (any, *Error) {
	return func(_ *evaluator, args []any) (any, *Error) {
		s, ok := args[0].(string)
		if !ok {
			return nil, wrong("a string", args[0])
		}
		return f(s), nil
	}
}

func asTexts(list []any) ([]string, *Error) {
	out := make([]string, len(list))
	for i, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, wrong("a string", v)
		}
		out[i] = s
	}
	return out, nil
}
