package types

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var cfg = Record{Name: "Cfg", Fields: []Field{{"lr", Float}, {"depth", Int}}}

func named(name string) (Type, bool) {
	if name == "Cfg" {
		return cfg, true
	}
	return nil, false
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"bool": "", "int": "", "float": "", "string": "", "date": "", "json": "", "file": "", "dir": "", "artifact": "",
		"list<float>": "", "map<int>": "", "enum<a|b>": "", "Cfg": "", "float?": "", "list<list<Cfg?>>?": "",
		"enum<1.5|a-b|x_y|+|TRUE>": "", "enum<list|int>?": "",
		" list < map< int ? > > ? ": "list<map<int?>>?",
		"enum< a | b >":             "enum<a|b>",
		"list<\n  int>":             "list<int>",
	} {
		if want == "" {
			want = text
		}
		got, err := Parse(text, named)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got.String() != want {
			t.Errorf("%s is %v, want %s", text, got, want)
		}
	}
}

// TestParseErrors has the offending part between « and ».
func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		`«»`:                 `a type is missing`,
		`  «»`:               `expected a type, found the end`,
		`«str»`:              `unknown type str; did you mean string?`,
		`«double»`:           `unknown type double; did you mean float?`,
		`«integer»`:          `unknown type integer; did you mean int?`,
		`«bytes»`:            `unknown type bytes; did you mean file?`,
		`«path»`:             `unknown type path; did you mean file?`,
		`«dict»`:             `unknown type dict; a map is written map<int>; json holds any structure`,
		`«Int»`:              `unknown type Int; did you mean int?`,
		`«flaot»`:            `unknown type flaot; did you mean float?`,
		`«any»`:              `unknown type any; json holds any value; records with known fields are named under types:`,
		`«nil»`:              `unknown type nil; a value that may be absent is written with ?, as in int?`,
		`«invalid»`:          `unknown type invalid`,
		`«Konfig»`:           `unknown type Konfig`,
		`«Optional»[int]`:    `unknown type Optional; a value that may be absent is written with ?, as in int?`,
		`list<«flot»>`:       `unknown type flot; did you mean float?`,
		`«list»`:             `list needs the type of its elements; list<int>, say`,
		`«list»[int]`:        `list needs the type of its elements; write list<...> with angle brackets`,
		`«map»(int)`:         `map needs the type of its values; write map<...> with angle brackets`,
		`«List»<int>`:        `unknown type List; write it in lower case: list`,
		`list<int«»`:         `expected > after list<int, found the end; close it: list<int>`,
		`list<«»`:            `expected a type, found the end`,
		`list<«>»`:           `expected a type, found ">"; name the type inside <>`,
		`list<«{»a: int}>`:   `expected a type, found "{"; give the record a name under types:, or write its fields as a YAML mapping`,
		`map<string«,» int>`: `expected > after map<string, found ","; keys are always strings: name the type of the values alone, map<int>`,
		`int«[»]`:            `unexpected "[" after the type int; a list is written list<int>`,
		`«[»int]`:            `expected a type, found "["; a list is written list<int>`,
		`int «|» null`:       `unexpected "|" after the type int; a choice of texts is written enum<a|b>; a value that may be absent, T?`,
		`int«,» float`:       `unexpected "," after the type int; types hold no comma`,
		`int«<»5>`:           `unexpected "<" after the type int; only enum, list and map take <>`,
		`int «i»nt`:          `unexpected "i" after the type int`,
		`int?«?»`:            `T?? is not a type; one ? is enough`,
		`«enum»`:             `enum needs its values; enum<small|large>, say`,
		`«enum»(a, b)`:       `enum needs its values; write enum<a|b> with angle brackets, and | between the values`,
		`enum<«>»`:           `expected a value of the enum, found ">"; values are words of letters, digits and _ . + -`,
		`enum<a«,» b>`:       `expected | or > after the value a, found ","; put | between the values: enum<a|b>`,
		`enum<«"»a"|b>`:      `expected a value of the enum, found "\""; write the values without quotes: enum<a|b>`,
		`enum<a|b|«a»>`:      `the enum has the value a twice`,
		`enum<a|«»`:          `expected a value of the enum, found the end; values are words of letters, digits and _ . + -`,
		`enum<a «b»>`:        `expected | or > after the value a, found "b"`,
		`«é»`:                `expected a type, found "é"`,
		`«"»full"`:           `expected a type, found "\""; a choice of texts is written enum<a|b>`,
		strings.Repeat("list<", 16) + "«" + strings.Repeat("list<", 3) + "int" + strings.Repeat(">", 19) + "»": `the type nests deeper than 16 levels; use json for structures that deep`,
	} {
		plain := strings.NewReplacer("«", "", "»", "").Replace(text)
		_, err := Parse(plain, named)
		if err == nil {
			t.Errorf("%s: no error", text)
			continue
		}
		got := plain[:err.Offset] + "«" + plain[err.Offset:err.Offset+err.Len] + "»" + plain[err.Offset+err.Len:]
		if got != text || err.Error() != want {
			t.Errorf("%s: %v\nwant\n%s: %s", got, err, text, want)
		}
	}
	if _, err := Parse("list<Konfig>", nil); err == nil || err.Name != "Konfig" {
		t.Errorf("the unknown name is not given: %v", err)
	}
}

// TestSharedStructure: a few named records can stand for a type without end.
func TestSharedStructure(t *testing.T) {
	var deep Type = Int
	for i := range 200 {
		deep = Record{Name: fmt.Sprintf("R%d", i), Fields: []Field{{"a", deep}, {"b", deep}, {"c", deep}}}
	}
	if why := CheckSize(deep, 1000); !strings.Contains(why, "parts") {
		t.Errorf("size: %q", why)
	}
	if _, err := Parse("list<R>", func(string) (Type, bool) { return deep, true }); err == nil {
		t.Error("Parse takes it")
	}
}

func TestEncode(t *testing.T) {
	for want, typ := range map[string]Type{
		`list<Cfg{depth: int, lr: float}>?`: Opt(List{cfg}),
		`enum<""|a|"a b"|b.c>`:              Enum{[]string{"b.c", "a", "a b", ""}},
		`{}`:                                Record{},
		`{"a b": int, c: {d: nil}}`:         Record{Fields: []Field{{"c", Record{Fields: []Field{{"d", Nil}}}}, {"a b", Int}}},
		`map<any>`:                          Map{Any},
	} {
		if got := Encode(typ); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		back, err := Decode(want)
		if err != nil || !Equal(back, typ) {
			t.Errorf("%s: %v, %v", want, back, err)
		}
	}
	if got := (Record{Fields: []Field{{"lr", Float}, {"depth", Opt(Int)}}}).String(); got != "{lr: float, depth: int?}" {
		t.Error(got)
	}
	for _, text := range []string{
		"", " ", "int ", " int", "invalid", "Int", "int??", "any?", "nil?", "list<int", "list<>", "list<int>>", "list <int>", "enum<>", "enum<b|a>", "enum<a|a>", `enum<"a">`,
		"{a:int}", "{a: int,b: int}", "{b: int, a: int}", "{a: int, a: int}", "{a: int,}", "{a: int, }", "Cfg", "Cfg{", "{a}", "{: int}", `{"a": int}`, `{"\u0061b c": int}`, `{"a`, "?", "list",
		strings.Repeat("list<", 33) + "int" + strings.Repeat(">", 33), strings.Repeat("list<", 300_000), strings.Repeat("{", 300_000),
		"enum<" + strings.Repeat("a|", 5000) + "b>",
	} {
		if got, err := Decode(text); err == nil {
			t.Errorf("Decode accepts %.40q as %v", text, got)
		}
	}
}

func TestDecodeIsInverse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		typ := typeGen(4).Draw(rt, "type")
		text := Encode(typ)
		back, err := Decode(text)
		if err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		if !Equal(back, typ) || Encode(back) != text {
			rt.Fatalf("%s comes back as %s", text, Encode(back))
		}
	})
}

// TestWrittenForm: what String writes without records, Parse reads.
func TestWrittenForm(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		typ := typeGen(4).Draw(rt, "type")
		text := typ.String()
		if strings.ContainsAny(Encode(typ), `{"`) {
			return
		}
		back, err := Parse(text, named)
		if err != nil || back.String() != text {
			rt.Fatalf("%s: %v, %v", text, back, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"int", "list<map<Cfg?>>", "enum<a|b>?", "str", "list<{a: int}>", "int|null", "enum(a, b)", "é", "list<" + strings.Repeat("list<", 20)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		typ, err := Parse(text, named)
		if err != nil {
			if err.Offset < 0 || err.Len < 0 || err.Offset+err.Len > len(text) || err.Message == "" || strings.Contains(err.Message, "\n") {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		again, err := Parse(typ.String(), named)
		if err != nil || !Equal(again, typ) {
			t.Fatalf("%q: %v, %v", text, again, err)
		}
		if back, err := Decode(Encode(typ)); err != nil || !Equal(back, typ) {
			t.Fatalf("%q: %v, %v", text, back, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"int?", "list<Cfg{depth: int, lr: float}>", `enum<""|a>`, `{"a b": json}`, "map<any>", "{}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		typ, err := Decode(text)
		if err != nil {
			return
		}
		if got := Encode(typ); got != text {
			t.Fatalf("%q becomes %q", text, got)
		}
	})
}
