package types

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

var digest = strings.Repeat("0123456789abcdef", 4)

func TestMarshal(t *testing.T) {
	for _, tt := range []struct {
		typ   string
		value any
		want  string
	}{
		{"int", int64(math.MinInt64), `-9223372036854775808`},
		{"float", 1.0, `1.0`},
		{"float", int64(3), `3.0`},
		{"float", 0.1, `0.1`},
		{"float", 1e15, `1000000000000000.0`},
		{"float", 1e16, `1e16`},
		{"float", 123456789012345680.0, `1.2345678901234568e17`},
		{"float", 0.0001, `0.0001`},
		{"float", 0.00001, `1e-5`},
		{"float", -1.5e-7, `-1.5e-7`},
		{"float", 5e-324, `5e-324`},
		{"float", math.MaxFloat64, `1.7976931348623157e308`},
		{"float", math.Copysign(0, -1), `-0.0`},
		{"float", math.NaN(), `"NaN"`},
		{"float", math.Inf(1), `"Infinity"`},
		{"float", math.Inf(-1), `"-Infinity"`},
		{"string", "<a&b>\u2028\n\"\\\x01é", "\"<a&b>\u2028\\n\\\"\\\\\\u0001é\""},
		{"int?", nil, `null`},
		{"list<int?>", []any{int64(1), nil}, `[1,null]`},
		{"map<bool>", map[string]any{"b": true, "a": false, "": true}, `{"":true,"a":false,"b":true}`},
		{"C{a: float, b: int?}", map[string]any{"a": 2.0}, `{"a":2.0,"b":null}`},
		{"json", JSON(`{"b":[1, 2],"a":1e2}`), `{"a":100.0,"b":[1,2]}`},
		{"date", "2026-02-28", `"2026-02-28"`},
		{"enum<a|b>", "b", `"b"`},
		{"file", Blob{digest, 5, ".csv"}, `{"blob":"` + digest + `","ext":".csv","size":5}`},
		{"dir", Blob{digest, 5, ""}, `{"blob":"` + digest + `","size":5}`},
		{"any", map[string]any{"x": []any{int64(1), 1.0, "a", nil, true, Blob{digest, 0, ""}}}, `{"x":[1,1.0,"a",null,true,{"blob":"` + digest + `","size":0}]}`},
		{"nil", nil, `null`},
	} {
		got, err := MarshalValue(must(tt.typ), tt.value)
		if err != nil || string(got) != tt.want {
			t.Errorf("%v as %s: %s, %v; want %s", tt.value, tt.typ, got, err, tt.want)
		}
	}
}

func TestMarshalErrors(t *testing.T) {
	for _, tt := range []struct {
		typ   string
		value any
		want  string
	}{
		{"int", 1.0, "the float 1.0 is not int"},
		{"int", nil, "nil is not int"},
		{"int", 3, "a Go int is not int"},
		{"string", int64(1), "the int 1 is not string"},
		{"string", "\xff", `the string "\xff" is not string`},
		{"date", "2026-02-30", `the string "2026-02-30" is not date`},
		{"enum<a|b>", "c", `the string "c" is not enum<a|b>`},
		{"list<int>", []any{int64(1), "x"}, `at [1]: the string "x" is not int`},
		{"map<list<int>>", map[string]any{"a b": []any{true}}, `at ["a b"][0]: the bool true is not int`},
		{"C{a: int, b: int}", map[string]any{"a": int64(1)}, "the field b of C is missing"},
		{"C{a: int}", map[string]any{"a": int64(1), "c": nil}, "C has no field c"},
		{"C{a: int}", map[string]any{"a": "x"}, `at .a: the string "x" is not int`},
		{"json", JSON(`{`), "expected a string, found end of the text"},
		{"json", "x", `the string "x" is not json`},
		{"file", "x", `the string "x" is not file`},
		{"file", Blob{"abc", 1, ""}, "a file is not file"},
		{"file", Blob{digest, 1, "/../x"}, "a file is not file"},
		{"any", struct{}{}, "struct {} is no value"},
		{"any", Blob{digest, -1, ""}, "a blob cannot have -1 bytes"},
		{"map<int>", map[string]any{"\xff": int64(1)}, `the key "\xff" is not valid UTF-8`},
	} {
		_, err := MarshalValue(must(tt.typ), tt.value)
		var ve *ValueError
		if !errors.As(err, &ve) || err.Error() != tt.want {
			t.Errorf("%v as %s: %v, want %s", tt.value, tt.typ, err, tt.want)
		}
	}
}

func TestUnmarshalErrors(t *testing.T) {
	for _, tt := range []struct{ typ, json, want string }{
		{"int", `3.0`, "3.0 is a float, not an int; write 3"},
		{"int", `3.5`, "3.5 is a float, not an int"},
		{"int", `1e3`, "1e3 is a float, not an int; write 1000"},
		{"int", `9223372036854775808`, "9223372036854775808 does not fit an int (64 bits)"},
		{"int", `"3"`, `the string "3" is not int`},
		{"int", `null`, "null is not int"},
		{"int", `true`, "the bool true is not int"},
		{"int", ``, "a value is missing at the end of the text"},
		{"int", `1 2`, `unexpected "2" after the value`},
		{"int", `01`, `"01" is not JSON`},
		{"int", `+1`, `"+1" is not JSON`},
		{"int", `.5`, `".5" is not JSON`},
		{"int", `NaN`, `"NaN" is not JSON`},
		{"bool", `True`, `"True" is not JSON`},
		{"bool", `truely`, `"truely" is not JSON`},
		{"float", `1e999`, "1e999 does not fit a float"},
		{"float", `"nan"`, `the string "nan" is not float; the only strings there are "NaN", "Infinity" and "-Infinity"`},
		{"float", `true`, "the bool true is not float"},
		{"string", `"a`, "the string is not closed"},
		{"string", "\"a\nb\"", "a control character inside a string must be escaped"},
		{"string", "\"\xff\"", "the string is not valid UTF-8"},
		{"string", `"\x"`, "bad escape in a string"},
		{"string", `"\ud800"`, "bad escape in a string"},
		{"string", `"\ud800\u0041"`, "bad escape in a string"},
		{"string", `"\u+123"`, "bad escape in a string"},
		{"string", `'a'`, `"'a'" is not JSON`},
		{"date", `"2026-02-30"`, `there is no day "2026-02-30"`},
		{"date", `"0000-01-01"`, `there is no day "0000-01-01"`},
		{"date", `"1/2/26"`, `"1/2/26" is not a date; write YYYY-MM-DD`},
		{"enum<fast|full>", `"ful"`, `"ful" is not in enum<fast|full>; did you mean full?`},
		{"enum<fast|full>", `"nothing"`, `"nothing" is not in enum<fast|full>`},
		{"enum<fast|full>", `1`, `the number 1 is not enum<fast|full>`},
		{"list<int>", `{}`, "an object is not list<int>"},
		{"list<int>", `[1,]`, `at [1]: "]" is not JSON`},
		{"list<int>", `[1 2]`, `expected a comma or ] in a list, found "2"`},
		{"list<int>", `[1`, `expected a comma or ] in a list, found end of the text`},
		{"list<C{lr: float}>", `[{"lr":1},{"lr":"x"}]`, `at [1].lr: the string "x" is not float; the only strings there are "NaN", "Infinity" and "-Infinity"`},
		{"C{a: int, b: int}", `{"a":1}`, "the field b of C is missing"},
		{"C{depth: int}", `{"dept":1}`, "at .dept: C has no field dept; did you mean depth?"},
		{"C{depth: int}", `{"depth":1,"x y":{"a":[]}}`, `at ["x y"]: C has no field "x y"`},
		{"C{a: int}", `{"a":1,"a":2}`, "at .a: the key is there twice"},
		{"C{a: int}", `{"z":1,"a":}`, `at .a: "}" is not JSON`},
		{"C{a: int}", `[]`, `a list is not C`},
		{"map<int>", `{"a":1,"a":2}`, "at .a: the key is there twice"},
		{"map<int>", `{"a" 1}`, `expected a colon after the key "a", found "1"`},
		{"map<int>", `{a: 1}`, `expected a string, found "a"`},
		{"json", `{"a":{"b":1,"b":2}}`, "at .a.b: the key is there twice"},
		{"json", `[1, nope]`, `at [1]: "nope" is not JSON`},
		{"json", `1e99999999999`, "the exponent of 1e99999999999 is too large"},
		{"json", strings.Repeat("[", 300), "nests deeper than 256 levels"},
		{"file", `{"blob":"x","size":1}`, `"x" is not the digest of a blob (64 hex digits)`},
		{"file", `{"blob":"` + digest + `","size":1,"ext":"csv"}`, `"csv" is not a file extension`},
		{"file", `{"blob":"` + digest + `"}`, "the field size of blob is missing"},
		{"file", `"a.csv"`, `the string "a.csv" is not file`},
		{"any", `[1e999]`, "at [0]: 1e999 does not fit a float"},
		{"nil", `1`, "the number 1 is not nil"},
	} {
		v, err := UnmarshalValue(must(tt.typ), []byte(tt.json))
		var ve *ValueError
		if !errors.As(err, &ve) {
			t.Errorf("%s as %s: %v, %v", tt.json, tt.typ, v, err)
			continue
		}
		got := err.Error()
		if strings.HasPrefix(tt.want, "nests") {
			got = ve.Message
		}
		if got != tt.want {
			t.Errorf("%s as %s: %s\nwant %s", tt.json, tt.typ, got, tt.want)
		}
		if ve.Offset < 0 || ve.Offset > len(tt.json) {
			t.Errorf("%s: offset %d", tt.json, ve.Offset)
		}
	}
	var ve *ValueError
	_, err := UnmarshalValue(must("list<C{lr: float}>"), []byte(`[{"lr": 1}, {"lr": true}]`))
	if !errors.As(err, &ve) || ve.Path != "[1].lr" || ve.Offset != 19 {
		t.Errorf("%#v", err)
	}
}

func TestUnmarshal(t *testing.T) {
	for _, tt := range []struct {
		typ, json string
		want      any
	}{
		{"float", `3`, 3.0},
		{"float", ` 1E+2 `, 100.0},
		{"float", `"-Infinity"`, math.Inf(-1)},
		{"int", `-0`, int64(0)},
		{"string", `"\u00e9\ud83d\ude00\/\b"`, "é😀/\b"},
		{"C{a: int, b: int?}", `{"a":1}`, map[string]any{"a": int64(1), "b": nil}},
		{"json", ` {"b" : [1.50, -0, 1E5, 12345678901234567890] , "a":"\u003c"} `, JSON(`{"a":"<","b":[1.5,0,100000.0,12345678901234567890]}`)},
		{"json", `null`, JSON("null")},
		{"json?", `null`, nil},
		{"any", `{"blob":"` + digest + `","size":1}`, Blob{digest, 1, ""}},
		{"any", `{"blob":"x","size":1}`, map[string]any{"blob": "x", "size": int64(1)}},
		{"any", `[1,1.0,9223372036854775808]`, []any{int64(1), 1.0, 9223372036854775808.0}},
		{"list<json>", "[" + strings.Repeat("[", 256) + strings.Repeat("]", 256) + "]", []any{JSON(strings.Repeat("[", 256) + strings.Repeat("]", 256))}},
	} {
		got, err := UnmarshalValue(must(tt.typ), []byte(tt.json))
		if err != nil || !same(got, tt.want) {
			t.Errorf("%s as %s: %#v, %v; want %#v", tt.json, tt.typ, got, err, tt.want)
		}
	}
}

func TestMarshalIsInverse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		typ := typeGen(3).Draw(rt, "type")
		v := drawValue(rt, typ, 4)
		text, err := MarshalValue(typ, v)
		if err != nil {
			rt.Fatalf("%v of %v: %v", v, typ, err)
		}
		back, err := UnmarshalValue(typ, text)
		if err != nil || !same(back, v) {
			rt.Fatalf("%s of %v: %#v, %v; was %#v", text, typ, back, err, v)
		}
		if again, err := Canonical(text); err != nil || !bytes.Equal(again, text) {
			rt.Fatalf("%s of %v is not canonical: %s, %v", text, typ, again, err)
		}
		if !json.Valid(text) {
			rt.Fatalf("%s of %v is not JSON", text, typ)
		}
		if IsScalar(typ) {
			back, err := ParseText(typ, Text(typ, v))
			if err != nil || !same(back, v) && !(v == "" && back == nil) && !(v == nil && back == "") {
				rt.Fatalf("%#v of %v as text %q: %#v, %v", v, typ, Text(typ, v), back, err)
			}
		}
		inferred, err := Infer(text)
		if err != nil {
			if !mentionsJSON(typ) { // which holds numbers of any size
				rt.Fatalf("%s: %v", text, err)
			}
			return
		}
		if _, err := UnmarshalValue(inferred, text); err != nil {
			rt.Fatalf("%s is inferred to be %v: %v", text, inferred, err)
		}
	})
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		typ, text string
		want      any
		err       string
	}{
		{"bool", "true", true, ""},
		{"bool", "False", false, ""},
		{"bool", "yes", nil, `"yes" is not a bool; write true or false`},
		{"bool", "", nil, `"" is not a bool; write true or false`},
		{"int", "-12", int64(-12), ""},
		{"int", "+12", int64(12), ""},
		{"int", "1.0", nil, "1.0 is a float, not an int; write 1"},
		{"int", "12\n", nil, `"12\n" is not an int: there are spaces or line breaks around it`},
		{"int", "0x10", nil, `"0x10" is not an int`},
		{"int", "9223372036854775808", nil, "9223372036854775808 does not fit an int (64 bits)"},
		{"int", "many", nil, `"many" is not an int`},
		{"float", "1", 1.0, ""},
		{"float", "1e-3", 0.001, ""},
		{"float", "nan", math.NaN(), ""},
		{"float", "-Inf", math.Inf(-1), ""},
		{"float", "+Infinity", math.Inf(1), ""},
		{"float", "1e999", nil, "1e999 does not fit a float"},
		{"float", "0x1p4", nil, `"0x1p4" is not a float`},
		{"float", "1_000", nil, `"1_000" is not a float`},
		{"float", " 1", nil, `" 1" is not a float: there are spaces or line breaks around it`},
		{"string", " a\n", " a\n", ""},
		{"string", "\xff", nil, "the text is not valid UTF-8"},
		{"string?", "", "", ""},
		{"int?", "", nil, ""},
		{"int?", "4", int64(4), ""},
		{"date", "2026-12-31", "2026-12-31", ""},
		{"date", "2026-13-31", nil, `there is no day "2026-13-31"`},
		{"enum<fast|full>", "fast", "fast", ""},
		{"enum<fast|full>", "fats", nil, `"fats" is not in enum<fast|full>; did you mean fast?`},
		{"list<float>", "[1, 0.5]", []any{1.0, 0.5}, ""},
		{"list<float>", "1, 0.5", nil, "the number 1 is not list<float>"},
		{"json", `{"a": 1}`, JSON(`{"a":1}`), ""},
		{"file", "a.csv", nil, "a value of type file has no text form"},
	} {
		got, err := ParseText(must(tt.typ), tt.text)
		switch {
		case tt.err == "" && (err != nil || !same(got, tt.want)):
			t.Errorf("%q as %s: %#v, %v", tt.text, tt.typ, got, err)
		case tt.err != "" && (err == nil || err.Error() != tt.err):
			t.Errorf("%q as %s: %v, want %s", tt.text, tt.typ, err, tt.err)
		}
	}
	for want, v := range map[string]any{
		"1.0": 1.0, "NaN": math.NaN(), "-Infinity": math.Inf(-1), "7": int64(7), "true": true, "": nil, "a b": "a b", "[1,null]": []any{int64(1), nil},
	} {
		if got := Text(Any, v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
	if got := Text(Float, int64(2)); got != "2.0" {
		t.Error(got)
	}
}

func TestInfer(t *testing.T) {
	for text, want := range map[string]string{
		`1`: "int", `1.0`: "float", `1e2`: "float", `"a"`: "string", `true`: "bool", `null`: "nil",
		`[]`: "list<json>", `[1,2]`: "list<int>", `[1,2.5]`: "list<float>", `[1,null]`: "list<int?>", `[1,"a"]`: "list<json>", `[1,null,"a"]`: "list<json?>", `[[],[1]]`: "list<list<json>>",
		`{"lr":0.1,"name":"a"}`: "{lr: float, name: string}", `[{"a":1},{"a":null}]`: "list<{a: int?}>", `[{"a":1},{"b":1}]`: "list<json>", `{}`: "{}", `{"a b":1}`: `{"a b": int}`,
		strings.Repeat("[", 20) + strings.Repeat("]", 20): "json",
	} {
		got, err := Infer([]byte(text))
		if err != nil || got.String() != want {
			t.Errorf("%s: %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{`9223372036854775808`, `1e999`, `{"a":1,"a":2}`, `[1`, ``, `[1] 2`, `what`} {
		if got, err := Infer([]byte(text)); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestCanonicalNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.0": "0.0", "-0.0": "-0.0", "0e5": "0.0", "10": "10", "1.0": "1.0", "1.50": "1.5", "100.0": "100.0", "1e2": "100.0", "1E+2": "100.0", "12.5e1": "125.0",
		"1e15": "1000000000000000.0", "1e16": "1e16", "1234567890123456.5": "1234567890123456.5", "0.001": "0.001", "0.0001": "0.0001", "0.00001": "1e-5", "0.000012345": "1.2345e-5",
		"123456789012345678901234567890": "123456789012345678901234567890", "0.1234567890123456789012345678901234567890": "0.123456789012345678901234567890123456789",
		"1e400": "1e400", "1000e397": "1e400", "-12e-400": "-1.2e-399",
	} {
		got, err := Canonical([]byte(text))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		f := rapid.Float64().Draw(rt, "f")
		got := string(appendFloat(nil, f))
		back, err := strconv.ParseFloat(got, 64)
		if err != nil || back != f || len(got) > 25 || !strings.ContainsAny(got, ".e") {
			rt.Fatalf("%v is written %s (%v)", f, got, err)
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"b":[1.50,{"a":"\u00e9\ud83d\ude00"}],"a":-0}`, `1e-400`, `"\/"`, `[[[]]]`, ` null `, `{"a":1,"a":2}`, "\"\u2028\"", `-0.0e1`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Canonical(data)
		if err != nil {
			return
		}
		if !json.Valid(data) || !utf8.Valid(got) {
			t.Fatalf("accepts %q", data)
		}
		again, err := Canonical(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q becomes %q becomes %q (%v)", data, got, again, err)
		}
		var a, b any
		if json.Unmarshal(data, &a) == nil && json.Unmarshal(got, &b) == nil {
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			if !bytes.Equal(bytes.ReplaceAll(x, []byte("-0"), []byte("0")), bytes.ReplaceAll(y, []byte("-0"), []byte("0"))) {
				t.Fatalf("%q becomes %q, which means %s, not %s", data, got, y, x)
			}
		}
	})
}

func FuzzUnmarshalValue(f *testing.F) {
	for _, seed := range []struct{ typ, json string }{
		{"list<C{depth: int?, lr: float}>", `[{"lr":1,"depth":null},{"lr":"NaN"}]`},
		{"map<json>", `{"a":{"b":1}}`}, {"any", `{"blob":"` + digest + `","size":1,"ext":".x"}`}, {"file?", `{"blob":"` + digest + `","size":1}`},
		{"enum<a|b>", `"a"`}, {"date", `"2026-01-01"`}, {"int", `-9223372036854775808`}, {"list<any>", `[1,1.5,"a",null,[],{}]`},
	} {
		f.Add(seed.typ, []byte(seed.json))
	}
	f.Fuzz(func(t *testing.T, typeText string, data []byte) {
		typ, err := Decode(typeText)
		if err != nil {
			return
		}
		v, err := UnmarshalValue(typ, data)
		if err != nil {
			var ve *ValueError
			if !errors.As(err, &ve) || ve.Offset > len(data) {
				t.Fatalf("%q as %s: %#v", data, typeText, err)
			}
			return
		}
		text, err := MarshalValue(typ, v)
		if err != nil {
			t.Fatalf("%q as %s gives %#v: %v", data, typeText, v, err)
		}
		back, err := UnmarshalValue(typ, text)
		if err != nil {
			t.Fatalf("%q as %s becomes %s: %v", data, typeText, text, err)
		}
		if again, err := MarshalValue(typ, back); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q as %s becomes %s, then %s (%v)", data, typeText, text, again, err)
		}
	})
}

func BenchmarkUnmarshalValue(b *testing.B) {
	typ := List{cfg}
	text := []byte("[" + strings.Repeat(`{"lr":0.001,"depth":12},`, 9_999) + `{"lr":1,"depth":1}]`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := UnmarshalValue(typ, text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	text := []byte("[" + strings.Repeat(`{"lr": 0.001, "depth": 12, "name": "a longer text é"},`, 9_999) + `1]`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Canonical(text); err != nil {
			b.Fatal(err)
		}
	}
}
