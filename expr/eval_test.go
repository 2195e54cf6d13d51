package expr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/expr/check"
	"github.com/flowc-dev/flowc/types"
)

// decls are the names that the tests use, with their values as JSON.
var decls = []struct{ name, typ, json string }{
	{"n", "int", `7`},
	{"big", "int", `9223372036854775807`},
	{"least", "int", `-9223372036854775808`},
	{"f", "float", `0.5`},
	{"nan", "float", `"NaN"`},
	{"inf", "float", `"Infinity"`},
	{"s", "string", `"Grüße, a-b"`},
	{"yes", "bool", `true`},
	{"day", "date", `"2026-02-28"`},
	{"nix", "int?", `null`},
	{"some", "int?", `3`},
	{"xs", "list<int>", `[3,1,2]`},
	{"fs", "list<float>", `[0.5,"NaN",-1.0]`},
	{"opts", "list<int?>", `[1,null,3]`},
	{"none", "list<float>", `[]`},
	{"m", "map<int>", `{"b":2,"a":1}`},
	{"cfg", "Cfg", `{"lr":0.1,"depth":null}`},
	{"cfgs", "list<Cfg>", `[{"lr":0.3,"depth":1},{"lr":0.1,"depth":null}]`},
	{"gone", "Cfg?", `null`},
	{"j", "json", `{"rows":[1,2.0,"x"],"ok":true,"name":"a<b","none":null}`},
	{"mode", "enum<fast|full>", `"full"`},
	{"file", "file", `{"blob":"` + strings.Repeat("ab", 32) + `","size":3}`},
}

type scope struct{}

func (scope) Resolve(names []check.Ident) (check.Target, *diag.Diagnostic) {
	for i, d := range decls {
		if d.name == names[0].Name {
			return check.Target{Value: i, Type: parse(d.typ), Used: 1}, nil
		}
	}
	return check.Target{}, nil
}
func (scope) Names() []string                     { return nil }
func (scope) WhyOptional(any) (string, diag.Span) { return "", diag.Span{} }

func parse(text string) types.Type {
	t, err := types.Parse(text, func(string) (types.Type, bool) {
		return types.Record{Name: "Cfg", Fields: []types.Field{{Name: "lr", Type: types.Float}, {Name: "depth", Type: types.Opt(types.Int)}}}, true
	})
	if err != nil {
		panic(err)
	}
	return t
}

// eval gives the value as JSON, and how often each name was read.
func eval(t *testing.T, text string) (string, map[string]int, error) {
	t.Helper()
	c, diags := check.Check(diag.Literal(text, diag.Span{}), scope{}, nil)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	read := map[string]int{}
	v, err := expr.Eval(c.Code, func(i int) (any, error) {
		d := decls[c.Refs[i].Target.(int)]
		read[d.name]++
		return types.UnmarshalValue(parse(d.typ), []byte(d.json))
	})
	if err != nil {
		return "", read, err
	}
	b, err := types.MarshalValue(c.Type, v)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return string(b), read, nil
}

func TestEval(t *testing.T) {
	for text, want := range map[string]string{
		// ints are exact, floats are floats
		`n + 1`:                               `8`,
		`big - 1`:                             `9223372036854775806`,
		`least + big`:                         `-1`,
		`-(least + 1)`:                        `9223372036854775807`,
		`3037000499 * 3037000499`:             `9223372030926249001`,
		`2 ** 62`:                             `4611686018427387904`,
		`(-2) ** 63`:                          `-9223372036854775808`,
		`0 ** 0`:                              `1`,
		`-2 ** 2`:                             `-4`,
		`7 / 2`:                               `3.5`,
		`4 / 2`:                               `2.0`,
		`9007199254740993 / 9007199254740993`: `1.0`,
		`9223372036854775807 / 3`:             `3.0744573456182584e18`,
		`n + f`:                               `7.5`,
		`2.0 ** 0.5`:                          `1.4142135623730951`,
		`inf - inf`:                           `"NaN"`,
		// % and div round down, as in Python
		`-7 % 3`: `2`, `7 % -3`: `-2`, `-7 % -3`: `-1`, `least % -1`: `0`, `-7.5 % 2`: `0.5`,
		`div(-7, 2)`: `-4`, `div(7, -2)`: `-4`, `div(-8, 2)`: `-4`, `div(0, 5)`: `0`,
		// comparisons are exact
		`big == 9223372036854775807.0`:          `false`,
		`big < 9223372036854775808.0`:           `true`,
		`least == -9223372036854775808.0`:       `true`,
		`9007199254740993 > 9007199254740992.0`: `true`,
		`1 == 1.0`:                              `true`, `2 < 2.5`: `true`, `-2 > -2.5`: `true`,
		`[1, 2] == [1.0, 2.0]`: `true`,
		`n < inf`:              `true`, `n > inf`: `false`,
		`0 < n <= 7`: `true`, `0 < n < 7`: `false`,
		// NaN
		`nan == nan`: `false`, `nan != nan`: `true`, `nan < 1`: `false`, `nan >= 1`: `false`, `n > nan`: `false`,
		`isnan(nan)`: `true`, `isnan(n)`: `false`,
		`max(fs)`: `"NaN"`, `min(1.0, nan, 2.0)`: `"NaN"`, `sum(fs)`: `"NaN"`,
		`sort(fs)`: `[-1.0,0.5,"NaN"]`, `mean(none)`: `"NaN"`, `sum(none)`: `0.0`,
		`unique(fs + fs)`: `[0.5,"NaN",-1.0]`,
		`nan in fs`:       `false`,
		// rounding
		`round(2.5)`: `2`, `round(3.5)`: `4`, `round(-2.5)`: `-2`, `round(2.675, 2)`: `2.67`, `round(n)`: `7`,
		`round(n, 1)`: `7.0`, `floor(-0.5)`: `-1`, `ceil(-0.5)`: `0`, `int(-2.9)`: `-2`, `abs(-2)`: `2`, `abs(-0.5)`: `0.5`,
		`round(inf, 2)`: `"Infinity"`,
		// text
		`len(s)`: `10`, `s[0]`: `"G"`, `s[2]`: `"ü"`, `s[-1]`: `"b"`, `s[2:5]`: `"üße"`, `s[:0]`: `""`, `s[-3:]`: `"a-b"`, `s[20:]`: `""`,
		`upper("aß")`: `"Aß"`, `lower("ÄB")`: `"äb"`, `trim("\t a \n")`: `"a"`,
		`split("a,b,,c", ",")`: `["a","b","","c"]`, `split("", ",")`: `[""]`, `join([], "-")`: `""`, `join(["a", "b"], "-")`: `"a-b"`,
		`replace("aaa", "a", "bb")`: `"bbbbbb"`,
		`"a" + 'b' + ` + "`c`":      `"abc"`, `"a" < "b"`: `true`, `"Z" < "a"`: `true`,
		`s contains "ße"`: `true`, `s startsWith "Gr"`: `true`, `s endsWith "x"`: `false`, `not (s matches "^g")`: `true`, `s matches "(?i)^g"`: `true`,
		`"\u00fc" == "ü"`: `true`, `s not contains "x"`: `true`, `string(0.1)`: `"0.1"`, `string(1.0)`: `"1.0"`, `string(nan)`: `"NaN"`, `string(day)`: `"2026-02-28"`,
		`string(yes)`: `"true"`, `mode + "!"`: `"full!"`,
		// conversions
		`int("12")`: `12`, `float("1e3")`: `1000.0`, `bool("false")`: `false`, `date("2026-12-01") > day`: `true`, `day < "2026-03-01"`: `true`, `float(n)`: `7.0`,
		// lists and maps
		`len(xs)`: `3`, `xs[0]`: `3`, `xs[-1]`: `2`, `xs[1:]`: `[1,2]`, `xs[:-1]`: `[3,1]`, `xs[5:9]`: `[]`, `xs[2:1]`: `[]`, `xs + [4]`: `[3,1,2,4]`, `xs + [0.5]`: `[3.0,1.0,2.0,0.5]`,
		`sort(xs)`: `[1,2,3]`, `reverse(xs)`: `[2,1,3]`, `first(xs)`: `3`, `last(none)`: `null`, `get(xs, 9)`: `null`, `xs?.[9]`: `null`,
		`m["a"]`: `1`, `get(m, "z")`: `null`, `keys(m)`: `["a","b"]`, `values(m)`: `[1,2]`, `"a" in m`: `true`, `"z" not in m`: `true`, `len(m)`: `2`,
		`2 in xs`: `true`, `2.0 in xs`: `true`, `range(3)`: `[0,1,2]`, `range(3, 1)`: `[]`, `range(-1, 1)`: `[-1,0]`, `flatten([xs, [9]])`: `[3,1,2,9]`,
		`filter(xs, # > 1)`: `[3,2]`, `map(xs, # * 2)`: `[6,2,4]`, `map(cfgs, .lr)`: `[0.3,0.1]`, `map(sortBy(cfgs, .lr), .depth)`: `[null,1]`,
		`sum(cfgs, .lr)`: `0.4`, `count(xs, # > 1)`: `2`, `count([true, false, true])`: `2`, `find(xs, # < 3)`: `1`, `find(xs, # > 9)`: `null`,
		`all([], # == nil)`: `true`, `any(xs, # == 2)`: `true`, `none(xs, # == 2)`: `false`,
		`map(range(3), map(range(#), # * 10))`: `[[],[0],[0,10]]`,
		`map(xs, sum(range(#)) + #)`:           `[6,1,3]`,
		`min(3, 1.5, 2)`:                       `1.5`, `max(xs)`: `3`, `min("b", "a")`: `"a"`, `max([day, date("2026-01-01")])`: `"2026-02-28"`,
		`unique([1, 2, 1.0])`: `[1.0,2.0]`, `unique(["b", "a", "b"])`: `["b","a"]`,
		// absent values
		`nix ?? 5`: `5`, `some ?? 5`: `3`, `some ?? 5.5`: `3.0`, `nix == nil`: `true`, `nix != nil and nix > 3`: `false`, `nix == nil or nix > 3`: `true`, `some != nil ? some : 0`: `3`,
		`coalesce(nix, some, 9)`: `3`, `compact(opts)`: `[1,3]`, `must(some)`: `3`, `gone?.lr`: `null`, `gone?.lr ?? 0.5`: `0.5`, `cfg.depth`: `null`, `cfg?.lr`: `0.1`,
		// json
		`j.rows`: `[1,2.0,"x"]`, `j.rows[0]`: `1`, `j["name"]`: `"a<b"`, `int(j.rows[0]) + 1`: `2`, `float(j.rows[0])`: `1.0`, `int(j.rows[1])`: `2`, `string(j.name)`: `"a<b"`, `string(j.rows)`: `"[1,2.0,\"x\"]"`,
		`bool(j.ok)`: `true`, `j?.zzz`: `null`, `j?.rows?.[9]`: `null`, `j?.zzz?.deeper`: `null`, `len(j)`: `4`, `len(j.rows)`: `3`, `len(values(j.rows))`: `3`, `keys(j)`: `["name","none","ok","rows"]`,
		`j.rows == j.rows`: `true`, `get(j, "zzz")`: `null`, `j.none`: `null`,
		`yes ? "a" : "b"`: `"a"`, `not yes`: `false`, `yes && !yes || yes`: `true`,
	} {
		got, _, err := eval(t, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]struct {
		kind    expr.ErrorKind
		message string
	}{
		`big + 1`:            {expr.Overflow, "9223372036854775807 + 1 does not fit an int (64 bits)"},
		`least - 1`:          {expr.Overflow, "-9223372036854775808 - 1 does not fit an int (64 bits)"},
		`big * 2`:            {expr.Overflow, "9223372036854775807 * 2 does not fit an int (64 bits)"},
		`least * -1`:         {expr.Overflow, "-9223372036854775808 * -1 does not fit an int (64 bits)"},
		`-least`:             {expr.Overflow, "-(-9223372036854775808) does not fit an int (64 bits)"},
		`abs(least)`:         {expr.Overflow, "-(-9223372036854775808) does not fit an int (64 bits)"},
		`div(least, -1)`:     {expr.Overflow, "-(-9223372036854775808) does not fit an int (64 bits)"},
		`2 ** 63`:            {expr.Overflow, "2 ** 63 does not fit an int (64 bits)"},
		`sum([big, 1])`:      {expr.Overflow, "9223372036854775807 + 1 does not fit an int (64 bits)"},
		`round(inf)`:         {expr.Overflow, "round: Infinity does not fit an int (64 bits)"},
		`int(nan)`:           {expr.Overflow, "int: NaN does not fit an int (64 bits)"},
		`n / 0`:              {expr.DivisionByZero, "7 / 0"},
		`f / 0.0`:            {expr.DivisionByZero, "0.5 / 0"},
		`n % 0`:              {expr.DivisionByZero, "7 % 0"},
		`div(n, 0)`:          {expr.DivisionByZero, "div(7, 0)"},
		`0.0 ** -1`:          {expr.DivisionByZero, "0 ** -1"},
		`2 ** -1`:            {expr.BadValue, "2 ** -1 is not an int; make one of them a float"},
		`xs[3]`:              {expr.OutOfRange, "index 3 is out of range: there are 3, 0 to 2"},
		`xs[-4]`:             {expr.OutOfRange, "index -4 is out of range: there are 3, 0 to 2"},
		`none[0]`:            {expr.OutOfRange, "index 0 of an empty list"},
		`m["z"]`:             {expr.OutOfRange, `there is no key "z"`},
		`j.zzz`:              {expr.OutOfRange, `the json has no "zzz"`},
		`j.ok.x`:             {expr.BadValue, `the json true is not an object; it has no "x"`},
		`j.none.x`:           {expr.BadValue, `the json is null; it has no "x"`},
		`j.name[0]`:          {expr.BadValue, `the json "a<b" is not a list`},
		`int(j.name)`:        {expr.BadValue, `the string "a<b" is not int`},
		`values(j.ok)`:       {expr.BadValue, `the json true is not an object`},
		`len(j.ok)`:          {expr.BadValue, `the json true has no length`},
		`must(nix)`:          {expr.Absent, "must(...): the value is absent"},
		`max(none)`:          {expr.Absent, "max of an empty list"},
		`int("1.5")`:         {expr.BadValue, "1.5 is a float, not an int"},
		`float("x")`:         {expr.BadValue, `"x" is not a float`},
		`bool("yes")`:        {expr.BadValue, `"yes" is not a bool; write true or false`},
		`date("2026-02-30")`: {expr.BadValue, `there is no day "2026-02-30"`},
		`split(s, "")`:       {expr.BadValue, "split needs a separator"},
		`round(f, -1)`:       {expr.BadValue, "round takes 0 to 300 decimals, not -1"},
		`range(2000000)`:     {expr.TooLarge, "range has 2000000 elements; at most 1000000 are possible"},
		`range(least, big)`:  {expr.TooLarge, "range has 18446744073709551615 elements; at most 1000000 are possible"},
		`map(range(1000000), len(range(1000000)))`:                              {expr.TooLarge, "the expression takes more than 10000000 steps"},
		`flatten(map(range(20), range(100000)))`:                                {expr.TooLarge, "the list has more than 1000000 elements"},
		`join(map(range(1000000), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "")`: {expr.TooLarge, "the text is longer than 16777216 bytes"},
	} {
		_, _, err := eval(t, text)
		var e *expr.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: error %v, want %s", text, err, want.kind)
		} else if e.Kind != want.kind || e.Message != want.message {
			t.Errorf("%s:\n  got  %s: %s\n  want %s: %s", text, e.Kind, e.Message, want.kind, want.message)
		}
	}
}

// TestLazy: only what is needed is read, and once.
func TestLazy(t *testing.T) {
	for text, want := range map[string]string{
		`n + n + n`:                       "map[n:1]",
		`false and n > 1`:                 "map[]",
		`true or n > 1`:                   "map[]",
		`yes ? n : f`:                     "map[n:1 yes:1]",
		`some ?? n`:                       "map[some:1]",
		`nix ?? n`:                        "map[n:1 nix:1]",
		`coalesce(nix, some, n)`:          "map[nix:1 some:1]",
		`any(xs, # == 3 or n > 0)`:        "map[xs:1]",
		`filter(xs, # > f) == xs and yes`: "map[f:1 xs:1 yes:1]",
	} {
		_, read, err := eval(t, text)
		if err != nil || fmt.Sprint(read) != want {
			t.Errorf("%s read %v, want %s (%v)", text, read, want, err)
		}
	}
}

func TestReferenceError(t *testing.T) {
	cause := errors.New("no such object")
	code := expr.New(expr.OpAdd, expr.Ref(1), expr.Ref(1))
	calls := 0
	_, err := expr.Eval(code, func(int) (any, error) { calls++; return nil, cause })
	var e *expr.Error
	if !errors.As(err, &e) || e.Kind != expr.BadReference || e.Ref != 1 || !errors.Is(err, cause) || calls != 1 {
		t.Fatalf("%#v after %d calls", err, calls)
	}
	if _, err := expr.Eval(expr.Code{}, nil); err == nil {
		t.Fatal("the zero Code has a value")
	}
	if _, err := expr.Eval(expr.Ref(0), nil); err == nil {
		t.Fatal("a reference without reader has a value")
	}
}
