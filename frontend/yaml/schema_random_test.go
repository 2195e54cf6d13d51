package yaml

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir/check"
)

// TestSchemaAndDecoderAgree changes valid flows at random, writes them as JSON,
// which is YAML without its traps, and asks both. They agree, with these
// exceptions: the schema also knows what a name is, which in the compiler is
// the checker's to say; and a schema can't have the findings of beyondSchemas.
func TestSchemaAndDecoderAgree(t *testing.T) {
	schema := compiledSchema(t)
	flows := validFlows(t)
	var trees [][]byte
	for _, path := range slices.Sorted(maps.Keys(flows)) {
		v, err := toJSON(flows[path])
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(v)
		if err != nil {
			continue // NaN
		}
		trees = append(trees, text)
	}
	keys := schemaKeys()
	agreed := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		var tree any
		dec := json.NewDecoder(bytes.NewReader(rapid.SampledFrom(trees).Draw(t, "flow")))
		dec.UseNumber()
		if err := dec.Decode(&tree); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			tree = mutate(t, tree, keys)
		}
		text := writeJSON(t, tree)
		bySchema := schema.Validate(tree)
		var srcs diag.Sources
		flow, list := Frontend{}.Load(&srcs, "flow.yaml", text)
		switch {
		case bySchema != nil && !list.HasErrors():
			_, findings := check.Build(flow)
			if !slices.ContainsFunc(findings, func(d diag.Diagnostic) bool { return d.Code == diag.BadName }) {
				t.Fatalf("only the schema objects:\n%s\n%s", flat(bySchema), text)
			}
		case bySchema == nil:
			for _, d := range list {
				if beyondSchemas[d.Code] == "" {
					t.Fatalf("only the decoder objects: %s: %s\n%s", d.Code, d.Summary, text)
				}
			}
		}
		agreed[bySchema == nil]++
	})
	if agreed[true] == 0 || agreed[false] == 0 {
		t.Errorf("the changes tell nothing: %v", agreed)
	}
}

// schemaKeys are the keys of all shapes.
func schemaKeys() []string {
	all := slices.Concat(flowShape.keys, flowShape.later, paramShape.keys, scheduleShape.keys, packageShape.keys, nodeShape.keys, nodeShape.later,
		argShape.keys, resourcesShape.keys, retryShape.keys, cacheShape.keys, secretShape.keys, caseShape.keys, loopShape.keys, carryShape.keys,
		[]string{"value", "x", "Bad-Name", "flowc_own", "name", "on", "true"})
	slices.Sort(all)
	return slices.Compact(all)
}

var pieces = []string{
	`null`, `true`, `false`, `0`, `1`, `3`, `-1`, `1.5`, `0.25`, `""`, `" "`, `"x"`, `"a.b"`, `"a b"`, `"A.B"`, `"30s"`, `"1h30m"`, `"0s"`, `"5"`,
	`"2Gi"`, `"0Mi"`, `"1.5G"`, `"500m"`, `"a/b"`, `"/b"`, `"a/"`, `"x.py:f"`, `".py:f"`, `"bash"`, `"sh"`, `"zip"`, `"fail"`, `"forbid"`, `"oom"`, `"{{ x }}"`,
	`"${{ x }}"`, `"${x}"`, `"list<int>"`, `[]`, `{}`, `["x"]`, `["a.b","c"]`, `["a.b","a.b"]`, `[1]`, `[null]`, `[[]]`, `[{}]`, `["error","timeout"]`, `{"x":1}`, `{"x":"y"}`,
	`{"x":null}`, `{"value":null}`, `{"value":"x"}`, `{"type":"int"}`, `{"from":"x","type":"int"}`, `{"value":"x","type":"int"}`, `{"from":"x","type":3}`,
	`{"run":"x"}`, `{"x":{"run":"x"}}`, `{"steps":{"x":{"run":"x"}}}`, `{"x":{"steps":{"y":{"run":"x"}}}}`, `{"attempts":2}`, `{"cron":"0 3 * * *"}`,
	`{"cron":"0 3 * * *","overlap":"allow"}`, `[{"env":"X","from":"a/b"}]`, `[{"env":"X","file":"y","from":"a/b"}]`, `[{"input":"x"},{"output":"y"},"z",1]`,
	`[{"input":"x","output":"y"}]`, `{"max":3,"until":"x"}`, `{"max":3,"until":true,"carry":{"x":{"from":1,"next":"y"}}}`, `{"x":["a"]}`,
}

// treePlace is where a value stands in a tree: in a mapping or a list.
type treePlace struct {
	in  any // map[string]any or []any
	key string
	i   int
}

func (p treePlace) get() any {
	if m, ok := p.in.(map[string]any); ok {
		return m[p.key]
	}
	return p.in.([]any)[p.i]
}

func (p treePlace) set(v any) {
	if m, ok := p.in.(map[string]any); ok {
		m[p.key] = v
		return
	}
	p.in.([]any)[p.i] = v
}

func placesIn(v any, out []treePlace) []treePlace {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = placesIn(v[k], append(out, treePlace{in: v, key: k}))
		}
	case []any:
		for i, x := range v {
			out = placesIn(x, append(out, treePlace{in: v, i: i}))
		}
	}
	return out
}

func mutate(t *rapid.T, tree any, keys []string) any {
	all := placesIn(tree, nil)
	if len(all) == 0 {
		return tree
	}
	piece := func() any {
		var v any
		dec := json.NewDecoder(bytes.NewReader([]byte(rapid.SampledFrom(pieces).Draw(t, "piece"))))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	at := rapid.SampledFrom(all).Draw(t, "place")
	key := rapid.SampledFrom(keys).Draw(t, "key")
	switch rapid.IntRange(0, 4).Draw(t, "change") {
	case 0:
		at.set(piece())
	case 1: // another value from the same flow
		at.set(clone(rapid.SampledFrom(all).Draw(t, "other").get()))
	case 2: // a key is gone
		if m, ok := at.in.(map[string]any); ok {
			delete(m, at.key)
		}
	case 3: // a key has another name
		if m, ok := at.in.(map[string]any); ok {
			m[key] = m[at.key]
			delete(m, at.key)
		}
	case 4: // one more key
		if m, ok := at.get().(map[string]any); ok {
			m[key] = piece()
		}
	}
	return tree
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = clone(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = clone(x)
		}
		return out
	}
	return v
}

func writeJSON(t *rapid.T, v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
