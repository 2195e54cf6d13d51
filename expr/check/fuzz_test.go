package check

import (
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

// FuzzCheck: whatever the text, there is either a Code that goes over the wire,
// or an error inside the text.
func FuzzCheck(f *testing.F) {
	data, err := os.ReadFile("testdata/errors.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, line := range strings.Split(string(data), "\n") {
		if line != "" && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "//") {
			text, _, _ := strings.Cut(strings.NewReplacer("«", "", "»", "").Replace(line), " :: ")
			f.Add(text, len(text)%2 == 0)
		}
	}
	for _, fn := range expr.Functions {
		f.Add(fn.Example, false)
	}
	f.Add("0 < (0 < (0 < n < 1 ? 1 : 2) < 3 ? 4 : 5) < 6", true)
	f.Add("\"\\u{fffd}\\xff\" + `a``b`", false)
	scope := scopeOf(names)
	f.Fuzz(func(t *testing.T, text string, condition bool) {
		var want types.Type
		if condition {
			want = types.Bool
		}
		const start = 100
		span := diag.Span{File: 1, Start: start, End: start + int32(len(text))}
		c, diags := Check(diag.Literal(text, span), scope, want)
		for _, d := range diags {
			if d.Span.File != 1 || d.Span.Start < start || d.Span.End > span.End || d.Span.Start > d.Span.End {
				t.Fatalf("%q: %v lies outside", text, d)
			}
			if d.Summary == "" || d.Code == "" || strings.ContainsAny(d.Summary, "\n") && !strings.Contains(text, "\n") || !utf8.ValidString(d.Summary) && utf8.ValidString(text) {
				t.Fatalf("%q: bad finding %v", text, d)
			}
			if strings.Contains(d.Summary, "cannot be read") {
				t.Logf("%q: %v", text, d)
			}
		}
		if diags.HasErrors() {
			if !c.Code.IsZero() || c.Type != types.Invalid {
				t.Fatalf("%q: a Code in spite of errors", text)
			}
			return
		}
		if c.Code.IsZero() {
			t.Fatalf("%q: neither Code nor error", text)
		}
		wire, err := c.Code.MarshalJSON()
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		var back expr.Code
		if err := back.UnmarshalJSON(wire); err != nil {
			t.Fatalf("%q: %s: %v", text, wire, err)
		}
		if _, err := types.Decode(types.Encode(c.Type)); err != nil {
			t.Fatalf("%q: type %v: %v", text, c.Type, err)
		}
		_, err = expr.Eval(back, func(int) (any, error) { return nil, errors.New("no value") })
		var e *expr.Error
		if err != nil && (!errors.As(err, &e) || e.Kind == expr.WrongType) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// TestHostile: size and depth are limited, whatever the parser would do.
func TestHostile(t *testing.T) {
	for name, text := range map[string]string{
		"parentheses":    strings.Repeat("(", 10<<20),
		"brackets":       strings.Repeat("[", 60_000),
		"closed":         strings.Repeat("(", 30_000) + "1" + strings.Repeat(")", 30_000),
		"minus":          strings.Repeat("-", 60_000) + "1",
		"not":            strings.Repeat("not ", 15_000) + "b",
		"sum":            strings.Repeat("n+", 30_000) + "n",
		"some sum":       strings.Repeat("n+", 3_000) + "n",
		"ternary":        strings.Repeat("b?1:", 15_000) + "1",
		"nested ternary": strings.Repeat("b?", 15_000) + "1" + strings.Repeat(":1", 15_000),
		"power":          strings.Repeat("n**", 20_000) + "n",
		"members":        "j" + strings.Repeat(".a", 30_000),
		"optional":       "j" + strings.Repeat("?.a", 20_000),
		"indices":        "j" + strings.Repeat("[0]", 20_000),
		"calls":          strings.Repeat("abs(", 99) + "n" + strings.Repeat(")", 99) + strings.Repeat("+n", 300),
		"chains":         strings.Repeat("(0<", 95) + "n" + strings.Repeat("<1?1:2)", 95) + " < 3",
		"commas":         "[" + strings.Repeat("n,", 30_000) + "n]",
		"names":          strings.Repeat("zz+", 20_000) + "zz",
		"bad names":      "[" + strings.Repeat("zz-zz,", 10_000) + "1]",
		"bad types":      "[" + strings.Repeat("b+b,", 10_000) + "1]",
		"quotes":         strings.Repeat(`"a" `, 15_000),
		"open string":    `"` + strings.Repeat("a", 60_000),
		"predicates":     strings.Repeat("map(xs,", 99) + "1" + strings.Repeat(")", 99),
		"letters":        strings.Repeat("ä", 30_000),
		"zero bytes":     strings.Repeat("\x00", 60_000),
		"broken":         strings.Repeat("\xff", 60_000),
	} {
		_, diags := Check(diag.Literal(text, diag.Span{File: 1, End: int32(len(text))}), scopeOf(names), nil)
		if !diags.HasErrors() && name != "predicates" {
			t.Errorf("%s: no error", name)
		}
		if len(diags) > maxFindings {
			t.Errorf("%s: %d findings", name, len(diags))
		}
	}
	// What is written by hand or by a modest program passes.
	for name, text := range map[string]string{
		"sum":   strings.Repeat("n+", 200) + "n",
		"list":  "[" + strings.Repeat("n,", 3_000) + "n]",
		"and":   strings.Repeat("n > 1 and ", 200) + "b",
		"cases": strings.Repeat("n > 1 ? 1 : ", 100) + "2",
	} {
		if _, diags := Check(diag.Literal(text, diag.Span{}), scopeOf(names), nil); len(diags) > 0 {
			t.Errorf("%s: %v", name, diags[0])
		}
	}
}

// TestReferencesAlone: what is read without the parser is read as the parser would.
func TestReferencesAlone(t *testing.T) {
	for _, text := range []string{
		"n", "train.score", "cfg.lr", "cfg.depth", "maybe.lr", "j.a.b", "trian.score", "cfg.rate", "n.x", "cfg.in", "train", "_x", "x1.y2",
	} {
		span := diag.Span{File: 1, End: int32(len(text))}
		fast, d1 := Check(diag.Literal(text, span), scopeOf(names), nil)
		slow, d2 := Check(diag.Literal(text+" ", span), scopeOf(names), nil)
		if !fast.Code.Equal(slow.Code) || fast.Type.String() != slow.Type.String() {
			t.Errorf("%s: %v %v, by the parser %v %v", text, fast.Code, fast.Type, slow.Code, slow.Type)
		}
		if diff := cmp.Diff(d2, d1); diff != "" {
			t.Errorf("%s: (-parser +alone)\n%s", text, diff)
		}
	}
}

// TestNamesLikeFunctions: a function is called, a name is not, so steps may be
// called as they like but for the keywords.
func TestNamesLikeFunctions(t *testing.T) {
	scope := scopeOf("map.words:list<int> split.folds:list<int> len:int sum:int filter:list<int> any:bool #:int")
	for text, want := range map[string]string{
		`map.words`:                       "list<int>",
		`map(map.words, # + len)`:         "list<int>",
		`filter(filter, # > sum)`:         "list<int>",
		`len(split.folds) == len and any`: "bool",
	} {
		c, diags := Check(diag.Literal(text, diag.Span{}), scope, nil)
		if len(diags) > 0 || c.Type.String() != want {
			t.Errorf("%s: %v, %v", text, c.Type, diags)
		}
	}
	for _, word := range expr.Keywords {
		c, diags := Check(diag.Literal(word+" == 1", diag.Span{}), testScope{word: types.Int}, nil)
		if !diags.HasErrors() && len(c.Refs) > 0 {
			t.Errorf("%s can be a name", word)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	scope := scopeOf(names)
	for name, text := range map[string]string{
		"reference":  `train.model`,
		"comparison": `train.score > 0.8`,
		"condition":  `train.score > 0.8 and last.score != nil and train.score > last.score`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, diags := Check(diag.Literal(text, diag.Span{}), scope, nil); len(diags) > 0 {
					b.Fatal(diags)
				}
			}
		})
	}
}
