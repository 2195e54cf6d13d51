package expr

import (
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/flowc-dev/flowc/types"
)

// listFunctions work on lists and maps as a whole.
var listFunctions = []Function{
	{
		Name: "len", Signature: "len(list | map | string | json) int",
		Doc:     "The number of elements, entries or characters.",
		Example: `len(["a", "b"])`, Result: `2`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			switch t := args[0].(type) {
			case types.List, types.Map:
				return ok(types.Int)
			default:
				if isText(t) || t == types.JSONType {
					return ok(types.Int)
				}
				return needs(0, "a list, a map, a string or json", t, "")
			}
		},
		eval: func(_ *evaluator, args []any) (any, *Error) {
			switch v := args[0].(type) {
			case []any:
				return int64(len(v)), nil
			case map[string]any:
				return int64(len(v)), nil
			case string:
				return int64(utf8.RuneCountInString(v)), nil
			case types.JSON:
				return jsonLen(v)
			}
			return nil, wrong("a list, a map or a string", args[0])
		},
	},
	{
		Name: "range", Signature: "range(n) list<int>, range(from, to) list<int>",
		Doc:     "The numbers from 0, or from `from`, up to but without the last; at most 1,000,000.",
		Example: `range(2, 5)`, Result: `[2, 3, 4]`, MinArgs: 1, MaxArgs: 2,
		Check: func(args []types.Type) (Checked, *ArgError) {
			for i, t := range args {
				if t != types.Int && !unknown(t) {
					return needs(i, "an int", t, "")
				}
			}
			return ok(types.List{Elem: types.Int})
		},
		eval: evalRange,
	},
	{
		Name: "first", Signature: "first(list<T>) T?",
		Doc:     "The first element, nil if there is none.",
		Example: `first([3, 1, 2]) ?? 0`, Result: `3`, MinArgs: 1, MaxArgs: 1,
		Check: checkOneOf,
		eval: func(_ *evaluator, args []any) (any, *Error) {
			list, err := asList(args[0])
			if err != nil || len(list) == 0 {
				return nil, err
			}
			return list[0], nil
		},
	},
	{
		Name: "last", Signature: "last(list<T>) T?",
		Doc:     "The last element, nil if there is none.",
		Example: `last([3, 1, 2]) ?? 0`, Result: `2`, MinArgs: 1, MaxArgs: 1,
		Check: checkOneOf,
		eval: func(_ *evaluator, args []any) (any, *Error) {
			list, err := asList(args[0])
			if err != nil || len(list) == 0 {
				return nil, err
			}
			return list[len(list)-1], nil
		},
	},
	{
		Name: "get", Signature: "get(list<T>, int) T?, get(map<T>, string) T?, get(json, int | string) json?",
		Doc:     "The element at an index, or the value of a key, nil if there is none.",
		Example: `get(m, "z") ?? 0`, Result: `0`, MinArgs: 2, MaxArgs: 2,
		Check: checkGet,
		eval:  func(_ *evaluator, args []any) (any, *Error) { return index(args[0], args[1], true) },
	},
	{
		Name: "keys", Signature: "keys(map<T>) list<string>, keys(json) list<string>",
		Doc:     "The keys of a map or a JSON object, sorted.",
		Example: `keys(m)`, Result: `["a", "b"]`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			if _, isMap := args[0].(types.Map); isMap || args[0] == types.JSONType || unknown(args[0]) {
				return ok(types.List{Elem: types.String})
			}
			return needs(0, "a map or json", args[0], "")
		},
		eval: func(e *evaluator, args []any) (any, *Error) {
			m, err := asMap(args[0])
			if err != nil {
				return nil, err
			}
			out := make([]any, 0, len(m))
			for _, k := range slices.Sorted(maps.Keys(m)) {
				out = append(out, k)
			}
			return out, e.spend(len(m))
		},
	},
	{
		Name: "values", Signature: "values(map<T>) list<T>, values(json) list<json>",
		Doc:     "The values of a map or a JSON object in the order of their keys; the elements of a JSON list.",
		Example: `values(m)`, Result: `[1, 2]`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			switch t := args[0].(type) {
			case types.Map:
				return ok(types.List(t))
			default:
				if t == types.JSONType || unknown(t) {
					return ok(types.List{Elem: t})
				}
				return needs(0, "a map or json", t, "")
			}
		},
		eval: func(e *evaluator, args []any) (any, *Error) {
			if j, isJSON := args[0].(types.JSON); isJSON {
				var parts []json.RawMessage
				if json.Unmarshal([]byte(j), &parts) == nil && parts != nil {
					out := make([]any, len(parts))
					for i, p := range parts {
						out[i] = types.JSON(p)
					}
					return out, e.spend(len(out))
				}
			}
			m, err := asMap(args[0])
			if err != nil {
				return nil, err
			}
			out := make([]any, 0, len(m))
			for _, k := range slices.Sorted(maps.Keys(m)) {
				out = append(out, m[k])
			}
			return out, e.spend(len(m))
		},
	},
	{
		Name: "reverse", Signature: "reverse(list<T>) list<T>",
		Doc:     "The elements in reverse order.",
		Example: `reverse([1, 2, 3])`, Result: `[3, 2, 1]`, MinArgs: 1, MaxArgs: 1,
		Check: checkSameList,
		eval: func(e *evaluator, args []any) (any, *Error) {
			list, err := asList(args[0])
			if err != nil {
				return nil, err
			}
			out := slices.Clone(list)
			slices.Reverse(out)
			return out, e.spend(len(out))
		},
	},
	{
		Name: "unique", Signature: "unique(list<T>) list<T>",
		Doc:     "The elements without those that came before.",
		Example: `unique([3, 1, 3])`, Result: `[3, 1]`, MinArgs: 1, MaxArgs: 1,
		Check: checkSameList,
		eval: func(e *evaluator, args []any) (any, *Error) {
			list, err := asList(args[0])
			if err != nil {
				return nil, err
			}
			seen := make(map[string]bool, len(list))
			out := make([]any, 0, len(list))
			for _, v := range list {
				if err := e.spend(size(v)); err != nil {
					return nil, err
				}
				id := identity(v)
				if !seen[id] {
					seen[id] = true
					out = append(out, v)
				}
			}
			return out, nil
		},
	},
	{
		Name: "flatten", Signature: "flatten(list<list<T>>) list<T>",
		Doc:     "One list of all elements of the inner lists.",
		Example: `flatten([[1, 2], [3]])`, Result: `[1, 2, 3]`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			inner, err := present(0, "a list of lists", args[0])
			if err != nil {
				return Checked{}, err
			}
			elem, isList := element(inner)
			switch {
			case inner == types.Invalid: // of []
				elem = inner
			case !isList:
				return needs(0, "a list of lists", args[0], "")
			}
			return ok(types.List{Elem: elem})
		},
		eval: func(e *evaluator, args []any) (any, *Error) {
			lists, err := asList(args[0])
			if err != nil {
				return nil, err
			}
			out := []any{}
			for _, v := range lists {
				list, err := asList(v)
				if err != nil {
					return nil, err
				}
				if len(out)+len(list) > MaxElements {
					return nil, fail(TooLarge, "the list has more than %d elements", MaxElements)
				}
				if err := e.spend(len(list)); err != nil {
					return nil, err
				}
				out = append(out, list...)
			}
			return out, nil
		},
	},
	{
		Name: "sort", Signature: "sort(list<T>) list<T>",
		Doc:     "The elements in ascending order: numbers, strings or dates. NaN comes last.",
		Example: `sort([3, 1, 2])`, Result: `[1, 2, 3]`, MinArgs: 1, MaxArgs: 1,
		Check: func(args []types.Type) (Checked, *ArgError) {
			elem, err := present(0, "a list", args[0])
			if err != nil {
				return Checked{}, err
			}
			if !Orderable(elem) {
				return needs(0, "a list of numbers, strings or dates", args[0], "sort by a part of each element with sortBy(xs, .field)")
			}
			return ok(args[0])
		},
		eval: func(e *evaluator, args []any) (any, *Error) {
			list, err := asList(args[0])
			if err != nil {
				return nil, err
			}
			return e.sorted(list, list)
		},
	},
}

func checkOneOf(args []types.Type) (Checked, *ArgError) {
	elem, isList := element(args[0])
	if !isList {
		return needs(0, "a list", args[0], "")
	}
	return ok(types.Opt(elem))
}

func checkSameList(args []types.Type) (Checked, *ArgError) {
	if _, isList := element(args[0]); !isList {
		return needs(0, "a list", args[0], "")
	}
	return ok(args[0])
}

func checkGet(args []types.Type) (Checked, *ArgError) {
	key := args[1]
	switch t := args[0].(type) {
	case types.List:
		if key != types.Int && !unknown(key) {
			return needs(1, "an int, the index in a list", key, "")
		}
		return ok(types.Opt(t.Elem))
	case types.Map:
		if !isText(key) {
			return needs(1, "a string, the key of a map", key, "")
		}
		return ok(types.Opt(t.Elem))
	default:
		if t != types.JSONType && t != types.Any {
			return needs(0, "a list, a map or json", t, "")
		}
		if key != types.Int && !isText(key) {
			return needs(1, "an index or a key", key, "")
		}
		return ok(types.Opt(t))
	}
}

func asList(v any) ([]any, *Error) {
	if list, ok := v.([]any); ok {
		return list, nil
	}
	return nil, wrong("a list", v)
}

// asMap is the entries of a map or of a JSON object.
func asMap(v any) (map[string]any, *Error) {
	switch v := v.(type) {
	case map[string]any:
		return v, nil
	case types.JSON:
		var parts map[string]json.RawMessage
		if err := json.Unmarshal([]byte(v), &parts); err != nil || parts == nil {
			return nil, fail(BadValue, "%s is not an object", types.Describe(v))
		}
		m := make(map[string]any, len(parts))
		for k, p := range parts {
			m[k] = types.JSON(p)
		}
		return m, nil
	}
	return nil, wrong("a map", v)
}

func jsonLen(j types.JSON) (any, *Error) {
	v, err := types.UnmarshalValue(types.Any, []byte(j))
	if err == nil {
		switch v := v.(type) {
		case []any:
			return int64(len(v)), nil
		case map[string]any:
			return int64(len(v)), nil
		case string:
			return int64(utf8.RuneCountInString(v)), nil
		}
	}
	return nil, fail(BadValue, "%s has no length", types.Describe(j))
}

// identity is a text that is equal for values that are the same, NaN included.
// An int and a float of the same value are the same, as for ==.
func identity(v any) string {
	if f, ok := v.(float64); ok && f == float64(int64(f)) && f >= -(1<<63) && f < 1<<63 {
		v = int64(f)
	}
	b, err := types.MarshalValue(types.Any, v)
	if err != nil {
		return types.Describe(v)
	}
	return string(b)
}

func evalRange(e *evaluator, args []any) (any, *Error) {
	from, to := int64(0), args[0]
	if len(args) == 2 {
		start, isInt := args[0].(int64)
		if !isInt {
			return nil, wrong("an int", args[0])
		}
		from, to = start, args[1]
	}
	end, isInt := to.(int64)
	if !isInt {
		return nil, wrong("an int", to)
	}
	if end <= from {
		return []any{}, nil
	}
	n := uint64(end) - uint64(from)
	if n > MaxElements {
		return nil, fail(TooLarge, "range has %d elements; at most %d are possible", n, MaxElements)
	}
	if err := e.spend(int(n)); err != nil {
		return nil, err
	}
	out := make([]any, n)
	for i := range out {
		out[i] = from + int64(i)
	}
	return out, nil
}

// sorted orders list by keys, one for each element; equal ones stay in order.
func (e *evaluator) sorted(list, keys []any) (any, *Error) {
	n := len(list)
	if err := e.spend(20 * n); err != nil {
		return nil, err
	}
	for i, k := range keys {
		switch k.(type) {
		case int64, float64:
			if _, number := keys[0].(string); number {
				return nil, wrong("a string", k)
			}
		case string:
			if _, text := keys[0].(string); !text {
				return nil, wrong("a number", k)
			}
		default:
			return nil, wrong("a number or a string", keys[i])
		}
	}
	at := make([]int, n)
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int { return compareForSort(keys[i], keys[j]) })
	out := make([]any, n)
	for i, j := range at {
		out[i] = list[j]
	}
	return out, nil
}

// compareForSort is a total order of numbers with NaN last, and of strings.
func compareForSort(a, b any) int {
	if x, ok := a.(string); ok {
		y, _ := b.(string)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	if c, ok := compareNumbers(a, b); ok {
		return c
	}
	switch x, y := isNaN(a), isNaN(b); {
	case x && !y:
		return 1
	case y && !x:
		return -1
	}
	return 0
}

func isNaN(v any) bool {
	f, ok := v.(float64)
	return ok && f != f
}
