package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/store"
)

func raw(pairs ...string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return out
}

func TestCheckParams(t *testing.T) {
	params := []contract.Param{
		{Name: "n", Type: "int", Min: json.RawMessage("1"), Max: json.RawMessage("10"), Default: json.RawMessage("5")},
		{Name: "lr", Type: "float", Min: json.RawMessage("0"), Max: json.RawMessage("1.5"), Default: json.RawMessage("0.5")},
		{Name: "name", Type: "string", Pattern: "[a-z]+", Default: json.RawMessage(`"abc"`)},
		{Name: "mode", Type: "enum<fast|slow>", Default: json.RawMessage(`"fast"`)},
		{Name: "day", Type: "date", Min: json.RawMessage(`"2026-01-01"`), Default: json.RawMessage(`"2026-01-31"`)},
		{Name: "cfg", Type: "json", Schema: json.RawMessage(`{"type":"object","required":["a"],"properties":{"a":{"type":"integer","minimum":3},"b":{"enum":["x"]}}}`), Default: json.RawMessage(`{"a":3}`)},
		{Name: "xs", Type: "list<float>", Default: json.RawMessage("[1]")},
		{Name: "maybe", Type: "int?"},
	}
	values, err := CheckParams(params, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		got = append(got, fmt.Sprintf("%s=%v", name, values[name]))
	}
	if s := strings.Join(got, " "); s != `cfg={"a":3} day=2026-01-31 lr=0.5 mode=fast n=5 name=abc xs=[1]` {
		t.Errorf("defaults: %s", s)
	}
	for _, test := range []struct {
		raw  map[string]json.RawMessage
		want []string
	}{
		{raw("n", "0"), []string{"param n: 0 is less than its min, 1"}},
		{raw("n", "11"), []string{"param n: 11 is more than its max, 10"}},
		{raw("n", "1.0"), []string{"param n: expected int"}},
		{raw("n", `"3"`), []string{"param n: expected int"}},
		{raw("n", "null"), []string{"param n: expected int"}},
		{raw("n", "9223372036854775808"), []string{"param n: expected int"}},
		{raw("lr", `"NaN"`), []string{"param lr: ", "not a number"}},
		{raw("lr", "1.6"), []string{"param lr: 1.6 is more than its max, 1.5"}},
		{raw("name", `"abc1"`), []string{`param name: "abc1" does not match the pattern [a-z]+`}},
		{raw("name", `"abc\n"`), []string{"does not match"}},
		{raw("mode", `"fats"`), []string{"param mode: expected enum<fast|slow>"}},
		{raw("day", `"2025-12-31"`), []string{"param day: ", "less than its min"}},
		{raw("day", `"2026-02-30"`), []string{"param day: expected date"}},
		{raw("cfg", `{"a":1,"b":"y"}`), []string{"param cfg: it does not fit its schema: ", "/a", "/b"}},
		{raw("cfg", `[`), []string{"param cfg: expected json"}},
		{raw("xs", `[1,"a"]`), []string{"param xs: ", "[1]"}},
		{raw("nn", "1", "mod", `"x"`, "zzz", "1"), []string{"param mod: the flow has no param of that name; did you mean mode?", "param nn: the flow has no param of that name; did you mean n?", "param zzz: the flow has no param of that name; it has n, lr"}},
		{raw("n", "0", "mode", `"x"`, "q", "1"), []string{"param n: ", "param mode: ", "param q: "}},
	} {
		_, err := CheckParams(params, test.raw)
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %q", test.raw, err, want)
			}
		}
	}
	if values, err := CheckParams(params, raw("maybe", "null", "lr", "1", "n", "10")); err != nil || values["maybe"] != nil || values["lr"] != 1.0 || values["n"] != int64(10) {
		t.Error(values, err)
	}
	if _, err := CheckParams([]contract.Param{{Name: "p", Type: "int"}}, nil); err == nil || err.Error() != "param p: it is required (int) and was not given" {
		t.Error(err)
	}
	if _, err := CheckParams([]contract.Param{{Name: "p", Type: "json", Schema: json.RawMessage(`{"$ref":"https://example.org/x"}`)}}, raw("p", "1")); err == nil || !strings.Contains(err.Error(), "must be complete in itself") {
		t.Error(err)
	}
}

func TestParseParam(t *testing.T) {
	for _, test := range []struct{ typ, text, want string }{
		{"int", "3", "3"}, {"float", "nan", `"NaN"`}, {"string", `a "b"`, `"a \"b\""`}, {"string", "3", `"3"`}, {"bool", "true", "true"},
		{"list<int>", "[1,2]", "[1,2]"}, {"enum<a|b>", "a", `"a"`}, {"json", `{"a":1}`, `{"a":1}`}, {"int?", "", "null"}, {"date", "2026-01-31", `"2026-01-31"`},
	} {
		got, err := ParseParam(test.typ, test.text)
		if err != nil || string(got) != test.want {
			t.Errorf("%s %q: %s, %v; want %s", test.typ, test.text, got, err, test.want)
		}
	}
	for _, bad := range [][2]string{{"int", "3.5"}, {"bool", "yes"}, {"list<int>", "1,2"}, {"json", "{"}, {"file", "x"}, {"nonsense", "x"}} {
		if got, err := ParseParam(bad[0], bad[1]); err == nil {
			t.Errorf("%s %q: %s", bad[0], bad[1], got)
		}
	}
}

func FuzzCheckParams(f *testing.F) {
	f.Add("int", "3", false)
	f.Add("list<float>", `[1,"NaN"]`, true)
	f.Add("json", `{"a":{"a":1}}`, false)
	f.Fuzz(func(t *testing.T, typ, text string, texts bool) {
		p := []contract.Param{{Name: "p", Type: typ, Min: json.RawMessage("1"), Pattern: "a*"}}
		checkParams(p, raw("p", text), texts)
		ParseParam(typ, text)
	})
}

// The documents of a plan are checked by digest, wherever they are read from.
func TestPlanReaders(t *testing.T) {
	step := &contract.Step{V: 1, Flow: "f", Step: "s"}
	text, err := contract.Canonical(step)
	if err != nil {
		t.Fatal(err)
	}
	flow := &contract.Flow{V: 1, Flow: "f", Contracts: []contract.Named{{Step: "s", Digest: contract.Digest(text)}, {Step: "gone", Digest: contract.Digest(text)}}}
	flowText, err := contract.Canonical(flow)
	if err != nil {
		t.Fatal(err)
	}
	digest := contract.Digest(flowText)
	for _, where := range []string{"store", "folder", "mounted"} {
		read := func(t *testing.T, flowText, text []byte) Plan {
			cfg := config(t, nil)
			switch where {
			case "store":
				for key, data := range map[string][]byte{"plans/" + digest + "/flow.json": flowText, "plans/" + digest + "/steps/s.json": text} {
					if err := store.PutBytes(context.Background(), cfg.Store, key, data); err != nil {
						t.Fatal(err)
					}
				}
				return PlanStore(cfg.Store, digest)
			case "folder":
				writeCode(t, cfg, "flow.json", string(flowText))
				writeCode(t, cfg, "steps/s.json", string(text))
			case "mounted":
				writeCode(t, cfg, "flow.json", string(flowText))
				writeCode(t, cfg, "steps.s.json", string(text))
			}
			if d, err := PlanFolderDigest(cfg.Code); err != nil || d != contract.Digest(flowText) {
				t.Error(d, err)
			}
			return PlanFolder(cfg.Code)
		}
		p := read(t, flowText, text)
		if s, d, err := p.Step(context.Background(), "s"); err != nil || s.Step != "s" || d != contract.Digest(text) {
			t.Errorf("%s: %v %s %v", where, s, d, err)
		}
		if f, err := p.Flow(context.Background()); err != nil || f.Flow != "f" {
			t.Errorf("%s: %v %v", where, f, err)
		}
		if _, _, err := p.Step(context.Background(), "nope"); err == nil || !strings.Contains(err.Error(), "has no step nope") {
			t.Errorf("%s: %v", where, err)
		}
		if _, _, err := p.Step(context.Background(), "gone"); err == nil || !strings.Contains(err.Error(), "contract of step gone") {
			t.Errorf("%s: %v", where, err)
		}
		p = read(t, flowText, append(text, ' '))
		if _, _, err := p.Step(context.Background(), "s"); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("%s, contract changed: %v", where, err)
		}
		if where == "store" {
			p = read(t, append(flowText, ' '), text)
			if _, err := p.Flow(context.Background()); err == nil || !strings.Contains(err.Error(), "is damaged") {
				t.Errorf("flow.json changed: %v", err)
			}
		}
		p = read(t, []byte(`{"v":2,"flow":"f"}`), text)
		if _, err := p.Flow(context.Background()); err == nil {
			t.Errorf("%s: another version is read", where)
		}
	}
}
