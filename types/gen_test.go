package types

import (
	"fmt"
	"math"
	"strings"

	"pgregory.net/rapid"
)

// typeGen makes any type but Invalid, Any and Nil.
func typeGen(depth int) *rapid.Generator[Type] {
	return rapid.Custom(func(t *rapid.T) Type {
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		if depth == 0 {
			kind = min(kind, 5)
		}
		switch kind {
		default:
			return rapid.SampledFrom([]Type{Bool, Int, Float, String, Date, JSONType, File, Dir, Artifact}).Draw(t, "basic")
		case 4, 5:
			return enumGen.Draw(t, "enum")
		case 6:
			return List{typeGen(depth-1).Draw(t, "elem")}
		case 7:
			return Map{typeGen(depth-1).Draw(t, "elem")}
		case 8:
			return Opt(typeGen(depth-1).Draw(t, "elem"))
		case 9:
			rec := Record{Name: rapid.SampledFrom([]string{"", "Cfg", "list"}).Draw(t, "name")}
			for _, name := range rapid.SliceOfNDistinct(wordGen, 0, 4, rapid.ID[string]).Draw(t, "fields") {
				rec.Fields = append(rec.Fields, Field{name, typeGen(depth-1).Draw(t, name)})
			}
			return rec
		}
	})
}

var wordGen = rapid.OneOf(
	rapid.SampledFrom([]string{"a", "b", "lr", "depth", "list", "A-1", "x.y"}),
	rapid.StringN(0, 5, -1),
)

var enumGen = rapid.Custom(func(t *rapid.T) Type {
	return Enum{rapid.SliceOfNDistinct(wordGen, 1, 4, rapid.ID[string]).Draw(t, "values")}
})

// wider makes a type that t can be assigned to.
func wider(r *rapid.T, t Type) Type {
	switch x := t.(type) {
	case List:
		t = List{wider(r, x.Elem)}
	case Map:
		t = Map{wider(r, x.Elem)}
	case Optional:
		return Opt(wider(r, x.Elem))
	case Record:
		out := Record{Name: rapid.SampledFrom([]string{x.Name, "Other", ""}).Draw(r, "name")}
		for _, f := range x.Fields {
			out.Fields = append(out.Fields, Field{f.Name, wider(r, f.Type)})
		}
		out.Fields = rapid.Permutation(out.Fields).Draw(r, "order")
		t = out
	case Enum:
		switch rapid.IntRange(0, 2).Draw(r, "wider enum") {
		case 1:
			t = Enum{union(x.Values, rapid.SliceOfN(wordGen, 0, 2).Draw(r, "more"))}
		case 2:
			t = String
		}
	case Basic:
		if x == Int && rapid.Bool().Draw(r, "to float") {
			t = Float
		}
	}
	switch {
	case rapid.IntRange(0, 9).Draw(r, "to json") == 0 && !HasBlob(t) && !IsOptional(t):
		t = JSONType
	case rapid.IntRange(0, 3).Draw(r, "to optional") == 0:
		t = Opt(t)
	}
	return t
}

// drawValue makes a value of type t with up to size elements.
func drawValue(r *rapid.T, t Type, size int) any {
	switch t := t.(type) {
	case Optional:
		if rapid.IntRange(0, 2).Draw(r, "absent") == 0 {
			return nil
		}
		v := drawValue(r, t.Elem, size)
		if v == JSON("null") {
			return nil // the two are one in JSON
		}
		return v
	case List:
		out := []any{}
		for range rapid.IntRange(0, size).Draw(r, "len") {
			out = append(out, drawValue(r, t.Elem, size/2))
		}
		return out
	case Map:
		out := map[string]any{}
		for _, k := range rapid.SliceOfN(rapid.String(), 0, size).Draw(r, "keys") {
			out[k] = drawValue(r, t.Elem, size/2)
		}
		return out
	case Record:
		out := map[string]any{}
		for _, f := range t.Fields {
			out[f.Name] = drawValue(r, f.Type, size/2)
		}
		return out
	case Enum:
		return rapid.SampledFrom(t.Values).Draw(r, "value")
	case Basic:
		return drawBasic(r, t)
	}
	panic(fmt.Sprintf("no values of %v", t))
}

func drawBasic(r *rapid.T, t Basic) any {
	switch t {
	case Bool:
		return rapid.Bool().Draw(r, "bool")
	case Int:
		return rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 1 << 53})).Draw(r, "int")
	case Float:
		return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1),
			5e-324, math.MaxFloat64, 1e16, 1e17, 1e-4, 1e-5, 123456789.125})).Draw(r, "float")
	case String:
		return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "NaN", "\x00\x1f\x7f", "\u2028<>&", "\U0001F600", "\uFFFD", `\"`})).Draw(r, "string")
	case Date:
		return fmt.Sprintf("%04d-%02d-%02d", rapid.IntRange(1, 9999).Draw(r, "year"), rapid.IntRange(1, 12).Draw(r, "month"), rapid.IntRange(1, 28).Draw(r, "day"))
	case JSONType:
		text := rapid.SampledFrom([]string{`null`, `0`, `-12345678901234567890123`, `1.50`, `1e400`, `"a\u00e9"`, `[]`, `{"b":[1,{}],"a":null}`, `[[["x"]]]`}).Draw(r, "json")
		b, err := Canonical([]byte(text))
		if err != nil {
			panic(err)
		}
		return JSON(b)
	case File, Dir, Artifact:
		return Blob{
			Digest: strings.Repeat(rapid.StringMatching(`[0-9a-f]{2}`).Draw(r, "digest"), 32),
			Size:   rapid.Int64Range(0, math.MaxInt64).Draw(r, "size"),
			Ext:    rapid.SampledFrom([]string{"", ".csv", ".tar.gz", ".ü", ". "}).Draw(r, "ext"),
		}
	}
	panic(fmt.Sprintf("no values of %v", t))
}

// same reports whether two values are the same in memory, NaN included.
func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if w, ok := b[k]; !ok || !same(v, w) {
				return false
			}
		}
		return true
	case float64:
		b, ok := b.(float64)
		return ok && (a == b && math.Signbit(a) == math.Signbit(b) || a != a && b != b)
	}
	return a == b
}
