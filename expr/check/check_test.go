package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

// testScope has names with types as Parse reads them.
type testScope map[string]types.Type

var cfg = types.Record{Name: "Cfg", Fields: []types.Field{{Name: "lr", Type: types.Float}, {Name: "depth", Type: types.Optional{Elem: types.Int}}}}

func parseType(text string) types.Type {
	t, err := types.Parse(text, func(name string) (types.Type, bool) {
		return cfg, name == "Cfg"
	})
	if err != nil {
		panic(err)
	}
	return t
}

func scopeOf(decls string) testScope {
	s := testScope{}
	for _, d := range strings.Fields(decls) {
		name, t, _ := strings.Cut(d, ":")
		s[name] = parseType(t)
	}
	return s
}

func (s testScope) Resolve(names []Ident) (Target, *diag.Diagnostic) {
	for n := len(names); n > 0; n-- {
		words := make([]string, n)
		for i := range words {
			words[i] = names[i].Name
		}
		name := strings.Join(words, ".")
		if t, ok := s[name]; ok {
			return Target{Value: name, Type: t, Used: n}, nil
		}
	}
	return Target{}, nil
}

func (s testScope) Names() []string {
	var out []string
	for name := range s {
		first, _, _ := strings.Cut(name, ".")
		out = append(out, first)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s testScope) WhyOptional(target any) (string, diag.Span) {
	return fmt.Sprintf("%v is optional", target), diag.Span{}
}

const names = `n:int f:float s:string b:bool day:date j:json x:int? y:float? xs:list<int> fs:list<float>
	opts:list<int?> names:list<string> m:map<int> cfg:Cfg cfgs:list<Cfg> maybe:Cfg? mode:enum<fast|full> file:file
	train.score:float train.model:file last.model:file? last.score:float? train_eval.x:int ss:list<list<int>> om:enum<fast|full>? jo:json?`

func TestTypes(t *testing.T) {
	for _, tt := range []struct{ text, want, code string }{
		{`1`, `int`, `["int","1"]`},
		{`n / 2`, `float`, `["/",["ref",0],["int","2"]]`},
		{`n > 2 ? "full" : f > 1 ? "canary" : "none"`, `enum<full|canary|none>`, ``},
		{`x ?? 1.5`, `float`, `["??",["as","float?",["ref",0]],["float",1.5]]`},
		{`x != nil and x > 3`, `bool`, ``},
		{`x == nil or x > 3`, `bool`, ``},
		{`x != nil ? x : 3`, `int`, ``},
		{`not (x == nil) and x > 3`, `bool`, ``},
		{`cfg.lr * 2`, `float`, `["*",["field",["ref",0],"lr"],["int","2"]]`},
		{`cfg.depth ?? 3`, `int`, ``},
		{`maybe?.lr ?? 0.5`, `float`, ``},
		{`maybe != nil and maybe.lr > 1`, `bool`, ``},
		{`maybe?.lr != nil and maybe.lr > 1`, `bool`, ``},
		{`map(cfgs, .lr)`, `list<float>`, `["call","map",["ref",0],["field",["item"],"lr"]]`},
		{`filter(xs, # > 3)[0]`, `int`, ``},
		{`filter(opts, # != nil and # > 3)`, `list<int?>`, ``},
		{`compact(opts)`, `list<int>`, ``},
		{`mode == "fast"`, `bool`, ``},
		{`mode in ["fast", "full"]`, `bool`, ``},
		{`["a", "b"]`, `list<string>`, ``},
		{`[1, 2.5]`, `list<float>`, `["list",["float",1.0],["float",2.5]]`},
		{`[]`, `list<json>`, ``},
		{`train.score > 0.8`, `bool`, `[">",["ref",0],["float",0.8]]`},
		{`"eu" + s`, `string`, ``},
		{`day >= "2026-01-01"`, `bool`, ``},
		{`j.a.b[0]`, `json`, ``},
		{`int(j.a) > 3`, `bool`, ``},
		{`j?.a`, `json?`, ``},
		{`sum(fs)`, `float`, `["as","float",["call","sum",["ref",0]]]`},
		{`min(n, f)`, `float`, ``},
		{`must(x)`, `int`, ``},
		{`coalesce(x, y, 1)`, `float`, ``},
		{`0 < n < 5`, `bool`, ``},
		{`xs[1:]`, `list<int>`, ``},
		{`-2`, `int`, `["int","-2"]`},
		{`s matches "^a.*"`, `bool`, `["matches",["ref",0],"^a.*"]`},
		{`"k" in m and m["k"] > 2`, `bool`, ``},
		{`n + n`, `int`, `["+",["ref",0],["ref",0]]`},
		{`nil`, `nil`, ``},
		{`first(xs) ?? 0`, `int`, ``},
		{`any(ss, any(#, # > 2))`, `bool`, ``},
		{`om ?? "none"`, `enum<fast|full|none>`, ``},
	} {
		got, diags := Check(diag.Literal(tt.text, diag.Span{}), scopeOf(names), nil)
		if len(diags) > 0 {
			t.Errorf("%s: %v", tt.text, diags)
			continue
		}
		if got.Type.String() != tt.want {
			t.Errorf("%s has type %v, want %s", tt.text, got.Type, tt.want)
		}
		if tt.code != "" && got.Code.String() != tt.code {
			t.Errorf("%s\n has code %v\n want    %s", tt.text, got.Code, tt.code)
		}
	}
}

func TestNonNil(t *testing.T) {
	for text, want := range map[string]string{
		`x != nil`: "[0]",
		`n > 1 and nil != y and last.model != nil`: "[1 2]",
		`x != nil or y != nil`:                     "[]",
		`x != nil or x != nil and b`:               "[0]",
		`not (x == nil or y == nil)`:               "[0 1]",
		`maybe?.lr != nil`:                         "[0]",
		`x == nil`:                                 "[]",
	} {
		got, diags := Check(diag.Literal(text, diag.Span{}), scopeOf(names), types.Bool)
		if len(diags) > 0 {
			t.Errorf("%s: %v", text, diags)
		}
		if fmt.Sprint(got.NonNil) != want {
			t.Errorf("%s: NonNil %v, want %s", text, got.NonNil, want)
		}
	}
}

// TestExamples checks that the examples of the table give what they say.
func TestExamples(t *testing.T) {
	scope, values := testScope{}, map[string]any{}
	for _, e := range expr.ExampleNames {
		scope[e.Name] = parseType(e.Type)
		v, err := types.UnmarshalValue(scope[e.Name], []byte(e.JSON))
		if err != nil {
			t.Fatal(err)
		}
		values[e.Name] = v
	}
	eval := func(text string) (string, string) {
		c, diags := Check(diag.Literal(text, diag.Span{}), scope, nil)
		if len(diags) > 0 {
			t.Fatalf("%s: %v", text, diags)
		}
		v, err := expr.Eval(c.Code, func(i int) (any, error) { return values[c.Refs[i].Text], nil })
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		b, err := types.MarshalValue(c.Type, v)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return string(b), c.Type.String()
	}
	for _, f := range expr.Functions {
		got, gotType := eval(f.Example)
		want, wantType := eval(f.Result)
		if got != want || gotType != wantType {
			t.Errorf("%s gives %s (%s), the table says %s (%s)", f.Example, got, gotType, want, wantType)
		}
	}
}

// TestAny: what is not known before a run is checked when it runs.
func TestAny(t *testing.T) {
	scope := testScope{"a": types.Any, "n": types.Int, "broken": types.Invalid}
	for text, want := range map[string]string{
		`a + 1`: "any", `-a`: "any", `a > 3`: "bool", `a == "x"`: "bool", `a.b[0].c`: "any", `a?.b`: "any", `a ? 1 : 2`: "int", `not a`: "bool", `a and n > 1`: "bool",
		`filter(a, # > 1)`: "any", `map(a, .lr)`: "list<any>", `len(a)`: "int", `must(a)`: "any", `a ?? 1`: "any", `[a, 1]`: "list<any>", `a in [1, 2]`: "bool", `1 in a`: "bool",
		`a contains "x"`: "bool", `a[1:]`: "any", `n[a:]`: "", `[1, 2][a]`: "int", `int(a)`: "int", `sum(a)`: "any", `sort(a)`: "any", `a != nil`: "bool", `first(a)`: "any", `min(a, 1)`: "any",
	} {
		c, diags := Check(diag.Literal(text, diag.Span{}), scope, nil)
		if want == "" {
			if !diags.HasErrors() {
				t.Errorf("%s: no error", text)
			}
			continue
		}
		if len(diags) > 0 || c.Type.String() != want {
			t.Errorf("%s: %v, %v; want %s", text, c.Type, diags, want)
			continue
		}
		_, err := expr.Eval(c.Code, func(int) (any, error) { return struct{}{}, nil })
		var e *expr.Error
		if err != nil && (!errors.As(err, &e) || e.Kind != expr.WrongType || e.Error() == "") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, want := range []types.Type{types.Bool, types.Int, types.List{Elem: types.Float}, types.JSONType} {
		if c, diags := Check(diag.Literal("a", diag.Span{}), scope, want); len(diags) > 0 || !types.Equal(c.Type, want) {
			t.Errorf("any as %v: %v, %v", want, c.Type, diags)
		}
	}
	// What was reported elsewhere is not reported again, and gives nothing.
	for _, text := range []string{`broken`, `broken.x + 1 > "a"`, `len(broken)`, `broken ?? 1`, `filter(broken, # > 1)`, `[broken][0] and 1 == broken`} {
		c, diags := Check(diag.Literal(text, diag.Span{}), scope, types.Bool)
		if len(diags) > 0 || !c.Code.IsZero() || c.Type != types.Invalid || len(c.Refs) != 1 {
			t.Errorf("%s: %v, %v", text, c.Type, diags)
		}
	}
	if _, diags := Check(diag.Literal("a + 1", diag.Span{}), nil, nil); len(diags) != 1 || diags[0].Code != diag.UnknownName {
		t.Errorf("without scope: %v", diags)
	}
	if c, diags := Check(diag.Literal("1 + 1", diag.Span{}), nil, nil); len(diags) > 0 || c.Type != types.Int {
		t.Errorf("without scope: %v", diags)
	}
}

// TestParsed: one reading of the syntax serves several scopes.
func TestParsed(t *testing.T) {
	p := Parse(diag.Literal("a + 1", diag.Span{}))
	for typ, want := range map[types.Type]types.Type{types.Int: types.Int, types.Float: types.Float, types.Any: types.Any} {
		if c, diags := p.Check(testScope{"a": typ}, nil); len(diags) > 0 || c.Type != want || c.Text != "a + 1" {
			t.Errorf("%v: %v, %v", typ, c.Type, diags)
		}
	}
	if _, diags := Parse(diag.Literal("a +", diag.Span{})).Check(nil, nil); len(diags) != 1 {
		t.Errorf("%v", diags)
	}
}
