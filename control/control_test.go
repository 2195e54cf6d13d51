package control

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/contract"
)

// values makes an Eval that knows expressions by their coded text.
func values(m map[string]any) Eval {
	return func(e *contract.Expr) (any, error) {
		v, ok := m[string(e.Code)]
		if !ok {
			return nil, errors.New("no value for " + string(e.Code))
		}
		return v, nil
	}
}

func named(name string) contract.Expr { return contract.Expr{Code: json.RawMessage(name)} }

func ptr(name string) *contract.Expr { e := named(name); return &e }

func over(item string, names ...string) (out []contract.Over) {
	for _, n := range names {
		out = append(out, contract.Over{Expr: named(n), Item: item, Map: n == "map"})
	}
	return out
}

func TestEvaluate(t *testing.T) {
	known := values(map[string]any{
		"yes": true, "no": false, "ab": []any{"a", "b"}, "xyz": []any{"x", "y", "z"}, "none": []any{}, "nil": nil,
		"run": []any{int64(4), int64(5), int64(6)}, "map": map[string]any{"k2": "v2", "k1": "v1"},
		"b": "b", "other": "zzz", "three": int64(3),
	})
	for _, test := range []struct {
		name      string
		d         contract.Decision
		iteration int
		want      string // JSON of the control, or text of the error
	}{
		{"open", contract.Decision{Kind: "gate", Expr: ptr("yes")}, 0, `{"gate":true}`},
		{"closed", contract.Decision{Kind: "gate", Expr: ptr("no")}, 0, `{"gate":false}`},
		{"gate of nil", contract.Decision{Kind: "gate", Node: "s", Expr: ptr("nil")}, 0, "`when` of s: want true or false, got nil"},
		{"one list", contract.Decision{Kind: "count", Over: over("string", "ab")}, 0, `{"count":2,"lens":[2],"items":[{"type":"string","list":["a","b"]}]}`},
		{"product", contract.Decision{Kind: "count", Over: over("string", "ab", "xyz")}, 0,
			`{"count":6,"lens":[2,3],"items":[{"type":"string","list":["a","b"]},{"type":"string","list":["x","y","z"]}]}`},
		{"product with none", contract.Decision{Kind: "count", Over: over("string", "ab", "none")}, 0,
			`{"count":0,"lens":[2,0],"items":[{"type":"string","list":["a","b"]},{"type":"string"}]}`},
		{"range", contract.Decision{Kind: "count", Over: over("int", "run")}, 0, `{"count":3,"lens":[3],"items":[{"type":"int","range":true,"from":4}]}`},
		{"map", contract.Decision{Kind: "count", Over: over("{key: string, value: string}", "map")}, 0,
			`{"count":2,"lens":[2],"items":[{"type":"{key: string, value: string}","list":[{"key":"k1","value":"v1"},{"key":"k2","value":"v2"}]}]}`},
		{"zip", contract.Decision{Kind: "count", Node: "f", Zip: true, Over: over("string", "ab", "xyz")}, 0, "different lengths: 2 and 3 items"},
		{"over max", contract.Decision{Kind: "count", Node: "f", Max: 2, Over: over("string", "xyz")}, 0, "has 3 items, more than its `max: 2`"},
		{"no list", contract.Decision{Kind: "count", Node: "f", Over: over("string", "nil")}, 0, "`foreach` of f: want a list to run over, got nil"},
		{"closed count", contract.Decision{Kind: "count", When: ptr("no"), Over: over("string", "unknown")}, 0, `{"count":0}`},
		{"case", contract.Decision{Kind: "case", Labels: []string{"a", "b"}, Expr: ptr("b")}, 0, `{"case":"b"}`},
		{"else", contract.Decision{Kind: "case", Labels: []string{"a", "b"}, Expr: ptr("other")}, 0, `{"case":""}`},
		{"bool case", contract.Decision{Kind: "case", Labels: []string{"true", "false"}, Expr: ptr("no")}, 0, `{"case":"false"}`},
		{"closed case", contract.Decision{Kind: "case", When: ptr("no"), Expr: ptr("unknown")}, 0, `{"none":true}`},
		{"case of a number", contract.Decision{Kind: "case", Node: "w", Expr: ptr("three")}, 0, "got a number"},
		{"again", contract.Decision{Kind: "again", Max: 3, Expr: ptr("no")}, 1, `{"again":true}`},
		{"done", contract.Decision{Kind: "again", Max: 3, Expr: ptr("yes")}, 1, `{"again":false}`},
		{"stopped", contract.Decision{Kind: "again", Max: 3, Stop: true, Expr: ptr("no")}, 2, `{"again":false}`},
		{"at its bound", contract.Decision{Kind: "again", Node: "l", Max: 3, Expr: ptr("no")}, 2, "loop l has run 3 times"},
		{"done at its bound", contract.Decision{Kind: "again", Max: 3, Expr: ptr("yes")}, 2, `{"again":false}`},
		{"unknown", contract.Decision{Kind: "weigh", Node: "s"}, 0, `unknown kind "weigh" about s`},
		{"failing", contract.Decision{Kind: "gate", Node: "s", Expr: ptr("unknown")}, 0, "`when` of s: no value for unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Evaluate(&test.d, test.iteration, known)
			text := ""
			if err != nil {
				text = err.Error()
				if !strings.Contains(text, test.want) {
					t.Errorf("error %q, want one with %q", text, test.want)
				}
				return
			}
			data, _ := json.Marshal(got)
			if text = string(data); text != test.want {
				t.Errorf("got %s, want %s", text, test.want)
			}
		})
	}
}

func TestLoopErrorIsKnown(t *testing.T) {
	_, err := Evaluate(&contract.Decision{Kind: "again", Node: "l", Max: 1, Expr: ptr("no")}, 0, values(map[string]any{"no": false}))
	var bound *LoopError
	if !errors.As(err, &bound) || bound.Loop != "l" || bound.Max != 1 {
		t.Errorf("got %v", err)
	}
}

// Split numbers the items of a product as nested loops do.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lens := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 4).Draw(t, "lens")
		n := 0
		var visit func(prefix []int)
		visit = func(prefix []int) {
			if len(prefix) == len(lens) {
				if got := Split(n, lens, false); !slices.Equal(got, prefix) {
					t.Fatalf("Split(%d, %v) = %v, want %v", n, lens, got, prefix)
				}
				n++
				return
			}
			for i := range lens[len(prefix)] {
				visit(append(slices.Clone(prefix), i))
			}
		}
		visit(nil)
		same := rapid.IntRange(0, 9).Draw(t, "i")
		for _, i := range Split(same, lens, true) {
			if i != same {
				t.Fatalf("zip: got %d, want %d", i, same)
			}
		}
	})
}
