package types

import (
	"testing"

	"pgregory.net/rapid"
)

func must(text string) Type {
	t, err := Decode(text)
	if err != nil {
		panic(text + ": " + err.Error())
	}
	return t
}

func TestAssignable(t *testing.T) {
	for _, tt := range []struct{ from, to, why string }{
		{"int", "int", ""},
		{"int", "float", ""},
		{"float", "int", "float is not int"},
		{"int", "int?", ""},
		{"int?", "float?", ""},
		{"int?", "int", "int? may be absent and int may not"},
		{"nil", "int?", ""},
		{"nil", "int", "nil is not int; only int? may be absent"},
		{"enum<a|b>", "string", ""},
		{"enum<a>", "enum<a|b>", ""},
		{"enum<a|c>", "enum<a|b>", "the value c is not in enum<a|b>"},
		{"string", "enum<a|b>", "string is not enum<a|b>"},
		{"date", "string", "date is not string"},
		{"list<int>", "list<float?>", ""},
		{"list<int?>", "list<int>", "elements: int? may be absent and int may not"},
		{"map<list<int>>", "map<list<string>>", "values: elements: int is not string"},
		{"A{depth: int, lr: int}", "B{depth: int?, lr: float}", ""},
		{"{depth: string}", "{depth: int}", "field depth: string is not int"},
		{"A{lr: float}", "B{depth: int, lr: float}", "field depth is missing in A"},
		{"A{depth: int, lr: float}", "B{lr: float}", "field depth is unknown to B"},
		{"{a: int}", "map<int>", "{a: int} is not map<int>"},
		{"{a: list<int?>}", "json", ""},
		{"int?", "json", "int? may be absent and json may not"},
		{"int?", "json?", ""},
		{"json", "int", "json is not int"},
		{"list<file>", "json", "list<file> holds files, which json cannot"},
		{"file", "artifact", "file is not artifact"},
		{"any", "int", ""},
		{"list<file>", "any", ""},
		{"list<any>", "list<int>", ""},
	} {
		if got := Explain(must(tt.from), must(tt.to)); got != tt.why {
			t.Errorf("%s to %s: %q, want %q", tt.from, tt.to, got, tt.why)
		}
	}
	for _, typ := range []Type{Int, List{Int}, Nil, Opt(File)} {
		if !Assignable(Invalid, typ) || !Assignable(typ, Invalid) {
			t.Errorf("%v and Invalid", typ)
		}
	}
}

func TestJoin(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"int", "float", "float"},
		{"int", "int", "int"},
		{"nil", "int", "int?"},
		{"nil", "nil", "nil"},
		{"int?", "float", "float?"},
		{"enum<a>", "enum<b>", "enum<a|b>"},
		{"enum<a>", "string", "string"},
		{"enum<a>?", "string", "string?"},
		{"list<int>", "list<float>", "list<float>"},
		{"list<nil>", "list<int>", "list<int?>"},
		{"A{a: int, b: float}", "B{a: float, b: int}", "{a: float, b: float}"},
		{"A{a: int}", "B{a: float}", "B{a: float}"},
		{"A{a: float}", "B{a: int}", "A{a: float}"},
		{"int", "json", "json"},
		{"int?", "json", "json?"},
		{"int", "string", ""},
		{"int", "any", "any"},
		{"file", "json", ""},
		{"list<int>", "list<string>", ""},
		{"{a: int}", "{b: int}", ""},
	} {
		got, ok := Join(must(tt.a), must(tt.b))
		if ok != (tt.want != "") || ok && Encode(got) != tt.want {
			t.Errorf("%s and %s: %v, %v; want %s", tt.a, tt.b, got, ok, tt.want)
		}
	}
	if got, ok := Join(Invalid, Int); !ok || got != Int {
		t.Error(got, ok)
	}
}

func TestOptional(t *testing.T) {
	twice := Optional{Optional{Int}} // not made by Opt, but nobody may fall over it
	if Encode(twice) != "int?" || !Equal(twice, Opt(Int)) || Unopt(twice) != Int || Opt(twice).(Optional).Elem != (Optional{Int}) {
		t.Error("T?? is not T?")
	}
	if !HasBlob(must("list<{a: map<file?>}>")) || HasBlob(must("list<{a: map<json?>}>")) {
		t.Error("HasBlob")
	}
}

// TestOrder: assignability is reflexive and transitive, equality its kernel up
// to the widenings that go one way.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := typeGen(3).Draw(rt, "a")
		b := wider(rt, a)
		c := wider(rt, b)
		if why := Explain(a, a); why != "" {
			rt.Fatalf("%v to itself: %s", a, why)
		}
		if why := Explain(a, b); why != "" {
			rt.Fatalf("%s to %s: %s", Encode(a), Encode(b), why)
		}
		if why := Explain(a, c); why != "" {
			rt.Fatalf("%s to %s to %s: %s", Encode(a), Encode(b), Encode(c), why)
		}
		if Assignable(a, b) && Assignable(b, a) != Equal(a, b) {
			rt.Fatalf("%s and %s", Encode(a), Encode(b))
		}
		v := drawValue(rt, a, 4)
		checkWiden(rt, a, b, v)
		// and step by step the same as at once, but for the path over json
		if direct, steps := Widen(a, c, v), Widen(b, c, Widen(a, b, v)); !same(direct, steps) && !mentionsJSON(c) {
			rt.Fatalf("%v of %s to %s: %v, in steps %v", v, Encode(a), Encode(c), direct, steps)
		}
	})
}

func mentionsJSON(t Type) bool {
	switch t := t.(type) {
	case Basic:
		return t == JSONType
	case List:
		return mentionsJSON(t.Elem)
	case Map:
		return mentionsJSON(t.Elem)
	case Optional:
		return mentionsJSON(t.Elem)
	case Record:
		for _, f := range t.Fields {
			if mentionsJSON(f.Type) {
				return true
			}
		}
	}
	return false
}

// checkWiden: a widened value is one of the wider type, of the form that is
// read back from JSON, and is the same whether or not its type is known.
func checkWiden(rt *rapid.T, from, to Type, v any) {
	w := Widen(from, to, v)
	text, err := MarshalValue(to, w)
	if err != nil {
		rt.Fatalf("%v of %s as %s: %v", v, Encode(from), Encode(to), err)
	}
	back, err := UnmarshalValue(to, text)
	if err != nil {
		rt.Fatalf("%s as %s: %v", text, Encode(to), err)
	}
	if again, _ := MarshalValue(to, back); string(again) != string(text) {
		rt.Fatalf("%s as %s becomes %s", text, Encode(to), again)
	}
	if !same(w, Widen(nil, to, v)) {
		rt.Fatalf("%v of %s as %s: %v, without its type %v", v, Encode(from), Encode(to), w, Widen(nil, to, v))
	}
}

func TestJoinIsUpperBound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := typeGen(3).Draw(rt, "a")
		b := typeGen(3).Draw(rt, "b")
		if rapid.Bool().Draw(rt, "related") {
			c := a
			a, b = wider(rt, c), wider(rt, c)
		}
		ab, ok := Join(a, b)
		ba, ok2 := Join(b, a)
		if ok != ok2 || ok && !Equal(ab, ba) {
			rt.Fatalf("%s and %s: %v, the other way %v", Encode(a), Encode(b), ab, ba)
		}
		if !ok {
			return
		}
		if !Assignable(a, ab) || !Assignable(b, ab) {
			rt.Fatalf("%s and %s: %s is no upper bound", Encode(a), Encode(b), Encode(ab))
		}
		// Least: any common upper bound is above it.
		if c := wider(rt, a); Assignable(b, c) && !Assignable(ab, c) {
			rt.Fatalf("%s and %s: %s is not below %s", Encode(a), Encode(b), Encode(ab), Encode(c))
		}
	})
}
