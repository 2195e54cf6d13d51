package check

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

// genExpr makes the text of an expression that is likely to have type t, with
// the names of the test scope; item is the type of #, or nil.
func genExpr(t types.Type, item types.Type, depth int) *rapid.Generator[string] {
	return rapid.Custom(func(rt *rapid.T) string {
		sub := func(t types.Type, item types.Type) string {
			return genExpr(t, item, depth-1).Draw(rt, "part")
		}
		leaves := leavesOf(rt, t, item)
		if depth <= 0 || rapid.IntRange(0, 5).Draw(rt, "leaf") == 0 {
			return rapid.SampledFrom(leaves).Draw(rt, "leaf")
		}
		paren := func(format string, args ...any) string { return "(" + fmt.Sprintf(format, args...) + ")" }
		common := []func() string{
			func() string { return paren("%s ? %s : %s", sub(types.Bool, item), sub(t, item), sub(t, item)) },
			func() string { return paren("%s ?? %s", sub(types.Opt(t), item), sub(t, item)) },
			func() string { return fmt.Sprintf("must(%s)", sub(types.Opt(t), item)) },
			func() string {
				return fmt.Sprintf("coalesce(%s, %s, %s)", sub(types.Opt(t), item), sub(types.Opt(t), item), sub(t, item))
			},
			func() string { return fmt.Sprintf("[%s, %s][%s]", sub(t, item), sub(t, item), sub(types.Int, item)) },
			func() string { return rapid.SampledFrom(leaves).Draw(rt, "leaf") },
		}
		own := kindsOf(rt, t, item, sub, paren)
		return rapid.SampledFrom(append(common, own...)).Draw(rt, "kind")()
	})
}

func leavesOf(rt *rapid.T, t types.Type, item types.Type) []string {
	var out []string
	for name, typ := range scopeOf(names) {
		if types.Assignable(typ, t) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	if item != nil && types.Assignable(item, t) {
		out = append(out, "#")
	}
	switch t := types.Unopt(t).(type) {
	case types.Basic:
		switch t {
		case types.Bool:
			out = append(out, "true", "false")
		case types.Int:
			out = append(out, "0", "1", "-1", "7", "9223372036854775807", fmt.Sprint(rapid.IntRange(-100, 100).Draw(rt, "int")))
		case types.Float:
			out = append(out, "0.0", "1.5", "-2", `float("nan")`, `float("inf")`, "1e300")
		case types.String:
			out = append(out, `""`, `"a"`, `"ä b"`, `'12'`)
		case types.Date:
			out = append(out, `date("2026-01-31")`)
		}
	case types.List:
		out = append(out, "[]")
	case types.Enum:
		out = append(out, `"fast"`, `"full"`)
	}
	if types.IsOptional(t) {
		out = append(out, "nil")
	}
	return out
}

func kindsOf(rt *rapid.T, t types.Type, item types.Type, sub func(types.Type, types.Type) string, paren func(string, ...any) string) []func() string {
	scalars := []types.Type{types.Int, types.Float, types.String, types.Bool, types.Date, types.Opt(types.Int), types.List{Elem: types.Int}, cfg}
	some := func() types.Type { return rapid.SampledFrom(scalars).Draw(rt, "type") }
	number := func() types.Type {
		return rapid.SampledFrom([]types.Type{types.Int, types.Float}).Draw(rt, "number")
	}
	listOf := func(t types.Type) types.Type { return types.List{Elem: t} }
	pick := func(words ...string) string { return rapid.SampledFrom(words).Draw(rt, "word") }
	switch t := t.(type) {
	case types.Basic:
		switch t {
		case types.Bool:
			return []func() string{
				func() string {
					n := number()
					return paren("%s %s %s", sub(n, item), pick("<", "<=", ">", ">=", "==", "!="), sub(number(), item))
				},
				func() string { a := some(); return paren("%s %s %s", sub(a, item), pick("==", "!="), sub(a, item)) },
				func() string { return paren("%s %s %s", sub(t, item), pick("and", "or"), sub(t, item)) },
				func() string { return paren("not %s", sub(t, item)) },
				func() string {
					return paren("%s %s nil", pick("x", "y", "cfg.depth", "maybe", "om", sub(types.Opt(some()), item)), pick("==", "!="))
				},
				func() string { return paren("x != nil and x > %s", sub(types.Int, item)) },
				func() string { return paren("maybe == nil or maybe.lr < %s", sub(types.Float, item)) },
				func() string { a := some(); return paren("%s in %s", sub(a, item), sub(listOf(a), item)) },
				func() string {
					return paren("%s %s %s", sub(types.String, item), pick("contains", "startsWith", "endsWith"), sub(types.String, item))
				},
				func() string { return paren("%s matches %q", sub(types.String, item), pick("a", "^.b", "[0-9]+")) },
				func() string {
					a := some()
					return fmt.Sprintf("%s(%s, %s)", pick("any", "all", "none"), sub(listOf(a), item), sub(t, a))
				},
				func() string { return fmt.Sprintf("isnan(%s)", sub(number(), item)) },
				func() string { return fmt.Sprintf("bool(%s)", pick("j", `"true"`, "s", "j.a")) },
				func() string { return paren("%s %s %s", sub(types.Date, item), pick("<", "=="), sub(types.Date, item)) },
			}
		case types.Int:
			return []func() string{
				func() string { return paren("%s %s %s", sub(t, item), pick("+", "-", "*", "%", "**"), sub(t, item)) },
				func() string { return paren("-%s", sub(t, item)) },
				func() string {
					return fmt.Sprintf("len(%s)", pick(sub(listOf(some()), item), sub(types.String, item), "m", "j"))
				},
				func() string {
					return fmt.Sprintf("%s(%s)", pick("floor", "ceil", "round", "int"), sub(number(), item))
				},
				func() string { return fmt.Sprintf("int(%s)", pick(sub(types.String, item), "j", "j.a", "j[0]")) },
				func() string { return fmt.Sprintf("%s(%s)", pick("sum", "min", "max"), sub(listOf(t), item)) },
				func() string { return fmt.Sprintf("%s(%s, %s)", pick("min", "max", "div"), sub(t, item), sub(t, item)) },
				func() string {
					a := some()
					return fmt.Sprintf("count(%s, %s)", sub(listOf(a), item), sub(types.Bool, a))
				},
				func() string { a := some(); return fmt.Sprintf("sum(%s, %s)", sub(listOf(a), item), sub(t, a)) },
				func() string { return fmt.Sprintf("abs(%s)", sub(t, item)) },
				func() string { return fmt.Sprintf(`m[%s]`, sub(types.String, item)) },
			}
		case types.Float:
			return []func() string{
				func() string {
					return paren("%s %s %s", sub(number(), item), pick("+", "-", "*", "/", "%", "**"), sub(t, item))
				},
				func() string { return paren("%s / %s", sub(number(), item), sub(number(), item)) },
				func() string { return sub(types.Int, item) },
				func() string { return fmt.Sprintf("mean(%s)", sub(listOf(number()), item)) },
				func() string { return fmt.Sprintf("round(%s, %s)", sub(number(), item), sub(types.Int, item)) },
				func() string {
					return fmt.Sprintf("float(%s)", pick(sub(number(), item), sub(types.String, item), "j"))
				},
				func() string { return fmt.Sprintf("%s(%s)", pick("sum", "min", "max"), sub(listOf(t), item)) },
				func() string { a := some(); return fmt.Sprintf("sum(%s, %s)", sub(listOf(a), item), sub(t, a)) },
				func() string { return sub(cfg, item) + ".lr" },
			}
		case types.String:
			return []func() string{
				func() string { return paren("%s + %s", sub(t, item), sub(t, item)) },
				func() string {
					return fmt.Sprintf("string(%s)", pick(sub(number(), item), sub(types.Bool, item), sub(types.Date, item), "j"))
				},
				func() string { return fmt.Sprintf("%s(%s)", pick("lower", "upper", "trim"), sub(t, item)) },
				func() string { return fmt.Sprintf("join(%s, %s)", sub(listOf(t), item), sub(t, item)) },
				func() string { return fmt.Sprintf("replace(%s, %s, %s)", sub(t, item), sub(t, item), sub(t, item)) },
				func() string { return fmt.Sprintf("%s[%s]", sub(t, item), sub(types.Int, item)) },
				func() string { return fmt.Sprintf("%s[%s:]", sub(t, item), sub(types.Int, item)) },
				func() string { return paren("%s ? \"a\" : \"b\"", sub(types.Bool, item)) },
			}
		case types.Date:
			return []func() string{func() string { return fmt.Sprintf("date(%s)", sub(types.String, item)) }}
		}
	case types.List:
		return []func() string{
			func() string { return fmt.Sprintf("[%s, %s]", sub(t.Elem, item), sub(t.Elem, item)) },
			func() string { return fmt.Sprintf("filter(%s, %s)", sub(t, item), sub(types.Bool, t.Elem)) },
			func() string { a := some(); return fmt.Sprintf("map(%s, %s)", sub(listOf(a), item), sub(t.Elem, a)) },
			func() string { return fmt.Sprintf("%s(%s)", pick("reverse", "unique", "sort"), sub(t, item)) },
			func() string { return fmt.Sprintf("sortBy(%s, %s)", sub(t, item), sub(number(), t.Elem)) },
			func() string { return fmt.Sprintf("flatten([%s, %s])", sub(t, item), sub(t, item)) },
			func() string { return fmt.Sprintf("compact(%s)", sub(listOf(types.Opt(t.Elem)), item)) },
			func() string { return paren("%s + %s", sub(t, item), sub(t, item)) },
			func() string {
				return fmt.Sprintf("%s[%s:%s]", sub(t, item), sub(types.Int, item), sub(types.Int, item))
			},
			func() string {
				return pick("keys(m)", "values(m)", "values(j)", "split(s, \",\")", "range(n)", "range(2, 5)")
			},
		}
	case types.Optional:
		return []func() string{
			func() string { return sub(t.Elem, item) },
			func() string { return fmt.Sprintf("%s(%s)", pick("first", "last"), sub(listOf(t.Elem), item)) },
			func() string { return fmt.Sprintf("find(%s, %s)", sub(listOf(t.Elem), item), sub(types.Bool, t.Elem)) },
			func() string { return fmt.Sprintf("get(%s, %s)", sub(listOf(t.Elem), item), sub(types.Int, item)) },
			func() string { return fmt.Sprintf("%s?.[%s]", sub(listOf(t.Elem), item), sub(types.Int, item)) },
			func() string { return pick("maybe?.lr", "maybe?.depth", "cfg.depth", "j?.a", "get(m, s)", "nil") },
		}
	}
	return nil
}

// genValue makes a value of type t.
func genValue(rt *rapid.T, t types.Type, depth int) any {
	switch t := t.(type) {
	case types.Optional:
		if rapid.Bool().Draw(rt, "absent") {
			return nil
		}
		return genValue(rt, t.Elem, depth)
	case types.List:
		n := rapid.IntRange(0, 4).Draw(rt, "n")
		out := make([]any, n)
		for i := range out {
			out[i] = genValue(rt, t.Elem, depth-1)
		}
		return out
	case types.Map:
		out := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(rt, "n") {
			out[rapid.SampledFrom([]string{"a", "b", "k", ""}).Draw(rt, "key")] = genValue(rt, t.Elem, depth-1)
		}
		return out
	case types.Record:
		out := map[string]any{}
		for _, f := range t.Fields {
			out[f.Name] = genValue(rt, f.Type, depth-1)
		}
		return out
	case types.Enum:
		return rapid.SampledFrom(t.Values).Draw(rt, "value")
	case types.Basic:
		switch t {
		case types.Bool:
			return rapid.Bool().Draw(rt, "bool")
		case types.Int:
			return rapid.SampledFrom([]int64{0, 1, -1, 2, 3, 7, math.MaxInt64, math.MinInt64, 1 << 53}).Draw(rt, "int")
		case types.Float:
			return rapid.SampledFrom([]float64{0, 1, -1.5, 0.1, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, math.Copysign(0, -1)}).Draw(rt, "float")
		case types.String:
			return rapid.SampledFrom([]string{"", "a", "true", "12", "nan", "2026-01-31", "a,b", "äö\x00"}).Draw(rt, "string")
		case types.Date:
			return rapid.SampledFrom([]string{"2026-01-31", "2025-12-31"}).Draw(rt, "date")
		case types.JSONType:
			return types.JSON(rapid.SampledFrom([]string{`null`, `{"a":3}`, `[1,2]`, `true`, `"x"`, `1.5`, `{"a":{"b":[1]}}`}).Draw(rt, "json"))
		case types.File, types.Dir, types.Artifact:
			return types.Blob{Digest: strings.Repeat("0a", 32), Size: 3, Ext: ".csv"}
		}
	}
	rt.Fatalf("no value of %v", t)
	return nil
}

// TestSound: an expression that the checker accepts evaluates to a value of the
// type it says, or fails in a way that types cannot exclude; every reference is
// read at most once; NonNil tells the truth; and the wire changes nothing.
func TestSound(t *testing.T) {
	scope := scopeOf(names)
	wanted := []types.Type{
		types.Bool, types.Int, types.Float, types.String, types.Date, types.Opt(types.Int), types.Opt(types.Float),
		types.List{Elem: types.Int}, types.List{Elem: types.Float}, types.List{Elem: types.Opt(types.String)}, cfg, types.JSONType,
	}
	accepted, valued := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		goal := rapid.SampledFrom(wanted).Draw(rt, "goal")
		text := genExpr(goal, nil, rapid.IntRange(0, 4).Draw(rt, "depth")).Draw(rt, "text")
		var want types.Type
		if rapid.Bool().Draw(rt, "wanted") {
			want = goal
		}
		c, diags := Check(diag.Literal(text, diag.Span{}), scope, want)
		if diags.HasErrors() {
			if !c.Code.IsZero() || c.Type != types.Invalid {
				rt.Fatalf("%s: code in spite of errors", text)
			}
			return
		}
		accepted++
		data, err := c.Code.MarshalJSON()
		if err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		var code expr.Code
		if err := code.UnmarshalJSON(data); err != nil {
			rt.Fatalf("%s: %s: %v", text, data, err)
		}
		if again, _ := code.MarshalJSON(); string(again) != string(data) {
			rt.Fatalf("%s: %s comes back as %s", text, data, again)
		}
		values := make([]any, len(c.Refs))
		for i, r := range c.Refs {
			values[i] = genValue(rt, r.Type, 3)
		}
		asked := make([]int, len(values))
		v, err := expr.Eval(code, func(i int) (any, error) {
			asked[i]++
			return values[i], nil
		})
		for i, n := range asked {
			if n > 1 {
				rt.Fatalf("%s: reference %d was read %d times", text, i, n)
			}
		}
		if err != nil {
			var e *expr.Error
			if !errors.As(err, &e) || e.Kind == expr.WrongType || e.Kind == expr.BadReference {
				rt.Fatalf("%s with %v: %v", text, values, err)
			}
			if e.Kind == expr.Absent && !strings.Contains(e.Message, "must(") && !strings.Contains(e.Message, "of an empty list") {
				rt.Fatalf("%s with %v: %v", text, values, err)
			}
			return
		}
		valued++
		if _, err := types.MarshalValue(c.Type, v); err != nil {
			rt.Fatalf("%s of type %v gives %v: %v", text, c.Type, v, err)
		}
		if w := types.Widen(nil, c.Type, v); !sameForm(v, w) {
			rt.Fatalf("%s of type %v gives %#v, not %#v", text, c.Type, v, w)
		}
		if v == true {
			for _, i := range c.NonNil {
				if values[i] == nil {
					rt.Fatalf("%s is true, but %s is nil", text, c.Refs[i].Text)
				}
			}
		}
	})
	t.Logf("%d accepted, %d gave a value", accepted, valued)
}

// sameForm reports whether two values are the same in memory, NaN included.
func sameForm(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameForm)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if w, ok := b[k]; !ok || !sameForm(v, w) {
				return false
			}
		}
		return true
	case float64:
		b, ok := b.(float64)
		return ok && (a == b || a != a && b != b)
	}
	return a == b
}
