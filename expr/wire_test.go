package expr

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/types"
)

func intList() types.Type { return types.List{Elem: types.Int} }

func TestWire(t *testing.T) {
	matches, err := Matches(Ref(0), `^a<b$`)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		code Code
		want string
	}{
		{Ref(7), `["ref",7]`},
		{Const(types.Nil, nil), `["nil"]`},
		{Const(types.Bool, true), `["bool",true]`},
		{Const(types.Int, int64(math.MinInt64)), `["int","-9223372036854775808"]`},
		{Const(types.Float, 0.1), `["float",0.1]`},
		{Const(types.Float, math.Inf(-1)), `["float","-Infinity"]`},
		{Const(types.String, "a\"<\n"), `["string","a\"<\n"]`},
		{Const(types.Date, "2026-01-01"), `["const","date","2026-01-01"]`},
		{Const(intList(), []any{int64(1)}), `["const","list<int>",[1]]`},
		{New(OpList), `["list"]`},
		{New(OpItem), `["item"]`},
		{New(OpIf, Ref(0), Ref(1), Code{}), `["if",["ref",0],["ref",1],["nil"]]`},
		{Field(Ref(0), "lr", true), `["field?",["ref",0],"lr"]`},
		{As(types.Opt(types.Float), Ref(0)), `["as","float?",["ref",0]]`},
		{Call(FunctionNamed("min"), Ref(0), Ref(1)), `["call","min",["ref",0],["ref",1]]`},
		{matches, `["matches",["ref",0],"^a<b$"]`},
		{Code{}, `null`},
	} {
		got, err := tt.code.MarshalJSON()
		if err != nil || string(got) != tt.want {
			t.Errorf("%s, %v; want %s", got, err, tt.want)
		}
		if tt.code.IsZero() {
			continue
		}
		// As documents hold it: escaped for HTML, indented.
		indented, err := json.MarshalIndent(tt.code, "  ", "\t")
		if err != nil {
			t.Fatal(err)
		}
		var back Code
		if err := json.Unmarshal(indented, &back); err != nil || !back.Equal(tt.code) {
			t.Errorf("%s comes back as %v, %v", indented, back, err)
		}
	}
}

func TestWireRefuses(t *testing.T) {
	deep := strings.Repeat(`["not",`, MaxDepth+1) + `["nil"]` + strings.Repeat(`]`, MaxDepth+1)
	wide := `["list"` + strings.Repeat(`,["nil"]`, MaxNodes) + `]`
	for _, text := range []string{
		``, `null`, `{}`, `[]`, `["nil"`, `["nil"]x`, `["nil"] ["nil"]`, `[["nil"]]`, `"nil"`, `["nil",1]`, `["what"]`,
		`["ref"]`, `["ref",-1]`, `["ref","0"]`, `["ref",1.0]`, `["ref",1e2]`, `["ref",100000000]`, `["ref",0,0]`,
		`["int",5]`, `["int","05"]`, `["int","+5"]`, `["int","9223372036854775808"]`, `["bool",1]`, `["bool","true"]`, `["float","nan"]`, `["float",1e999]`,
		`["string",1]`, `["const","int",5]`, `["const","list<int>",["a"]]`, `["const","list< int>",[]]`, `["const","{a: int, b: int?}",{"a":1}]`, `["const","what",1]`,
		`["+",["nil"]]`, `["+",["nil"],["nil"],["nil"]]`, `["call","nothing"]`, `["call","len"]`, `["call","len",["nil"],["nil"]]`, `["call"]`,
		`["as","list<",["nil"]]`, `["as",["nil"]]`, `["field","a",["nil"]]`, `["field",["nil"]]`, `["matches",["nil"],"("]`, `["matches",["nil"],["nil"]]`,
		`["matches",["nil"],"` + strings.Repeat("a", MaxPattern+1) + `"]`,
		deep, wide, strings.Repeat(`["not",`, 1_000_000), strings.Repeat(`[`, 1_000_000),
	} {
		var c Code
		if err := c.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("accepts %.80s", text)
		}
		if !c.IsZero() {
			t.Errorf("%.80s leaves a Code", text)
		}
	}
}

func TestInspect(t *testing.T) {
	c := New(OpAdd, Ref(3), Call(FunctionNamed("max"), Ref(1), Ref(3), Field(Ref(0), "lr", false)))
	if got := c.Refs(); len(got) != 3 || got[0] != 0 || got[1] != 1 || got[2] != 3 {
		t.Error(got)
	}
	if c.Depth() != 4 || c.Nodes() != 7 {
		t.Error(c.Depth(), c.Nodes())
	}
	moved := c.MapRefs(func(i int) int { return i + 10 })
	if want := `["+",["ref",13],["call","max",["ref",11],["ref",13],["field",["ref",10],"lr"]]]`; moved.String() != want {
		t.Error(moved)
	}
	if i, ok := moved.Args()[0].Ref(); !ok || i != 13 {
		t.Error(i, ok)
	}
	if _, ok := moved.Ref(); ok || moved.Args()[1].Name() != "max" || moved.Op() != OpAdd {
		t.Error("not as built")
	}
	if v, typ, ok := Const(types.Int, int64(3)).Const(); !ok || v != int64(3) || typ != types.Int {
		t.Error(v, typ, ok)
	}
}

func TestSubstitute(t *testing.T) {
	c := New(OpAdd, Ref(0), New(OpMul, Ref(1), Ref(0)))
	got, ok := c.Substitute(func(i int) Code {
		if i == 0 {
			return New(OpSub, Ref(5), Const(types.Int, int64(1)))
		}
		return Ref(i + 1)
	})
	if want := `["+",["-",["ref",5],["int","1"]],["*",["ref",2],["-",["ref",5],["int","1"]]]]`; !ok || got.String() != want {
		t.Errorf("%v, %v", got, ok)
	}
	if got.Depth() != 4 || got.Nodes() != 9 {
		t.Error(got.Depth(), got.Nodes())
	}
	wide := make([]Code, MaxNodes/4)
	for i := range wide {
		wide[i] = Ref(0)
	}
	big := New(OpList, wide...)
	if _, ok := big.Substitute(func(int) Code { return big }); ok {
		t.Error("the result has no limit")
	}
	deep := Ref(0)
	for range MaxDepth - 1 {
		deep = New(OpNeg, deep)
	}
	if _, ok := deep.Substitute(func(int) Code { return New(OpNeg, Ref(0)) }); ok {
		t.Error("the result has no limit of depth")
	}
}

func TestTable(t *testing.T) {
	for i, f := range Functions {
		if i > 0 && Functions[i-1].Name >= f.Name {
			t.Errorf("%s is not sorted, or there twice", f.Name)
		}
		if f.Doc == "" || f.Signature == "" || f.Example == "" || f.Result == "" || f.Check == nil || (f.eval == nil) == (f.lazy == nil) {
			t.Errorf("the row of %s is not complete", f.Name)
		}
		if !strings.HasPrefix(f.Signature, f.Name+"(") || !strings.Contains(f.Example, f.Name+"(") {
			t.Errorf("the row of %s shows something else", f.Name)
		}
		if f.Predicate && f.lazy == nil {
			t.Errorf("%s evaluates its predicate once", f.Name)
		}
		if FunctionNamed(f.Name) != f {
			t.Errorf("%s is not found", f.Name)
		}
	}
}

// genCode makes any Code, without regard to types.
func genCode(depth int) *rapid.Generator[Code] {
	return rapid.Custom(func(rt *rapid.T) Code {
		leaf := func() Code {
			switch rapid.IntRange(0, 6).Draw(rt, "leaf") {
			case 0:
				return Ref(rapid.IntRange(0, 3).Draw(rt, "ref"))
			case 1:
				return Const(types.Int, rapid.Int64().Draw(rt, "int"))
			case 2:
				return Const(types.Float, rapid.Float64().Draw(rt, "float"))
			case 3:
				return Const(types.String, rapid.String().Draw(rt, "string"))
			case 4:
				return Const(intList(), []any{int64(2), int64(1)})
			case 5:
				return New(OpItem)
			}
			return Const(types.Bool, rapid.Bool().Draw(rt, "bool"))
		}
		if depth == 0 {
			return leaf()
		}
		sub := func() Code { return genCode(depth-1).Draw(rt, "part") }
		subs := func(n int) []Code {
			out := make([]Code, n)
			for i := range out {
				out[i] = sub()
			}
			return out
		}
		switch rapid.IntRange(0, 6).Draw(rt, "kind") {
		case 0:
			f := rapid.SampledFrom(Functions).Draw(rt, "function")
			most := f.MaxArgs
			if most < 0 {
				most = f.MinArgs + 2
			}
			return Call(f, subs(rapid.IntRange(f.MinArgs, most).Draw(rt, "n"))...)
		case 1:
			return Field(sub(), rapid.SampledFrom([]string{"a", "lr"}).Draw(rt, "name"), rapid.Bool().Draw(rt, "try"))
		case 2:
			return As(rapid.SampledFrom([]types.Type{types.Float, types.JSONType, types.List{Elem: types.Float}, types.Opt(types.Int)}).Draw(rt, "type"), sub())
		case 3:
			return New(OpList, subs(rapid.IntRange(0, 3).Draw(rt, "n"))...)
		case 4:
			c, err := Matches(sub(), "a+")
			if err != nil {
				rt.Fatal(err)
			}
			return c
		}
		ops := []Op{OpAdd, OpSub, OpMul, OpDiv, OpMod, OpPow, OpEq, OpNe, OpLt, OpLe, OpGt, OpGe, OpIn, OpContains, OpStartsWith, OpEndsWith, OpAnd, OpOr, OpNot, OpNeg, OpIf, OpElse, OpIndex, OpTryIndex, OpSlice}
		op := rapid.SampledFrom(ops).Draw(rt, "op")
		return New(op, subs(arity[op])...)
	})
}

// TestAnyCode: whatever a Code says, it goes over the wire unchanged, and gives
// a value or a typed error, the same each time.
func TestAnyCode(t *testing.T) {
	values := []any{int64(3), "abc", []any{1.5, nil, "x"}, map[string]any{"a": types.JSON(`{"lr":[1]}`)}}
	rapid.Check(t, func(rt *rapid.T) {
		c := genCode(rapid.IntRange(0, 4).Draw(rt, "depth")).Draw(rt, "code")
		data, err := c.MarshalJSON()
		if err != nil {
			rt.Fatal(err)
		}
		var back Code
		if err := back.UnmarshalJSON(data); err != nil || !back.Equal(c) {
			rt.Fatalf("%s comes back as %v, %v", data, back, err)
		}
		evaluate(rt, c, values)
	})
}

func evaluate(t interface{ Fatalf(string, ...any) }, c Code, values []any) {
	eval := func() string {
		v, err := Eval(c, func(i int) (any, error) {
			if i < len(values) {
				return values[i], nil
			}
			return nil, errors.New("no such reference")
		})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Kind == "" || e.Message == "" {
				t.Fatalf("%v: untyped error %v", c, err)
			}
			return string(e.Kind) + e.Message
		}
		b, err := types.MarshalValue(types.Any, v)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	if a, b := eval(), eval(); a != b {
		t.Fatalf("%v gives %s, then %s", c, a, b)
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		`["ref",0]`, `["+",["int","5"],["float",0.5]]`, `["call","filter",["ref",2],[">",["item"],["int","1"]]]`,
		`["const","list<{a: int}>",[{"a":1}]]`, `["if",["bool",true],["nil"],["string","\u00e4"]]`, `["as","json",["ref",3]]`,
		`["matches",["ref",1],"^a"]`, `["index",["field",["ref",3],"a"],["string","lr"]]`, `["call","range",["int","-9"],["int","9"]]`,
		`["slice",["ref",1],["nil"],["int","-1"]]`, `["**",["int","3"],["int","40"]]`,
	} {
		f.Add([]byte(seed))
	}
	values := []any{int64(3), "abc", []any{1.5, nil, "x"}, map[string]any{"a": types.JSON(`{"lr":[1]}`)}}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c Code
		if c.UnmarshalJSON(data) != nil {
			return
		}
		out, err := c.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var back Code
		if err := back.UnmarshalJSON(out); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if again, _ := back.MarshalJSON(); !bytes.Equal(again, out) {
			t.Fatalf("%s becomes %s", out, again)
		}
		evaluate(t, c, values)
	})
}

func BenchmarkEval(b *testing.B) {
	c := New(OpAnd,
		New(OpGt, Ref(0), Const(types.Float, 0.8)),
		New(OpIn, Const(types.String, "eu"), Ref(1)))
	refs := func(i int) (any, error) {
		if i == 0 {
			return 0.9, nil
		}
		return []any{"us", "eu"}, nil
	}
	for b.Loop() {
		if v, err := Eval(c, refs); err != nil || v != true {
			b.Fatal(v, err)
		}
	}
}
