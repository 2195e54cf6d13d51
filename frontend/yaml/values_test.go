package yaml

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/types"
)

// literalOf reads text as the default of a param.
func literalOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) (*ast.Literal, *diag.Sources) {
	t.Helper()
	var srcs diag.Sources
	flow, list := Frontend{}.Load(&srcs, "flow.yaml", []byte("flow: f\nparams:\n  p: {type: json, default: "+text+"}\nsteps: {a: {run: ls}}\n"))
	if len(list) > 0 {
		t.Fatalf("%s: %s", text, list[0].Summary)
	}
	return flow.Params[0].Default, &srcs
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ yaml, json string }{
		{"0", "0"}, {"-0", "-0"}, {"+7", "7"}, {"0.10", "0.10"}, {".5", "0.5"}, {"-.5e3", "-0.5e3"}, {"5.", "5.0"}, {"5.e2", "5.0e2"},
		{"1e3", "1e3"}, {"1E+3", "1E+3"}, {"123456789012345678901234567890", "123456789012345678901234567890"},
		{"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"},
		{".nan", `"NaN"`}, {".NaN", `"NaN"`}, {".inf", `"Infinity"`}, {"+.INF", `"Infinity"`}, {"-.Inf", `"-Infinity"`},
		{"1.2.3", `"1.2.3"`}, {"1e", `"1e"`}, {"e3", `"e3"`}, {"2026-01-01", `"2026-01-01"`}, {"2026-01-01 10:00:00", `"2026-01-01 10:00:00"`},
		{"True", "true"}, {"FALSE", "false"}, {"Null", "null"}, {"nulls", `"nulls"`}, {"=", `"="`}, {"y", `"y"`}, {"N", `"N"`}, {"0x", `"0x"`},
	} {
		if lit, _ := literalOf(t, tt.yaml); string(lit.JSON) != tt.json {
			t.Errorf("%s is %s, want %s", tt.yaml, lit.JSON, tt.json)
		}
	}
}

// value is a random JSON value: its text in YAML, in JSON, and the paths of its parts.
type value struct {
	yaml, json string
	parts      map[string]string // path -> text in YAML
}

func genValue(depth int) *rapid.Generator[value] {
	return rapid.Custom(func(t *rapid.T) value {
		v := value{parts: map[string]string{}}
		kind := rapid.IntRange(0, 6).Draw(t, "kind")
		if depth == 0 {
			kind %= 5
		}
		add := func(step string, part value) {
			v.parts[step] = part.yaml
			for path, text := range part.parts {
				v.parts[step+path] = text
			}
		}
		switch kind {
		case 0:
			v.yaml = rapid.SampledFrom([]string{"true", "false", "null"}).Draw(t, "word")
			v.json = v.yaml
		case 1:
			v.yaml = rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,3})?`).Draw(t, "number")
			v.json = v.yaml
		case 2:
			v.yaml = rapid.StringMatching(`[a-df-m][a-z_/]{2,12}`).Filter(plainWord).Draw(t, "plain")
			v.json = `"` + v.yaml + `"`
		case 3, 4:
			s := rapid.String().Filter(noSeparators).Draw(t, "text")
			v.yaml = strconv.Quote(s) // what Go escapes, YAML reads alike
			b, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			v.json = string(b)
		case 5:
			items := rapid.SliceOfN(genValue(depth-1), 0, 4).Draw(t, "items")
			var y, j []string
			for i, item := range items {
				y, j = append(y, item.yaml), append(j, item.json)
				add(fmt.Sprintf("[%d]", i), item)
			}
			v.yaml, v.json = "["+strings.Join(y, ", ")+"]", "["+strings.Join(j, ",")+"]"
		case 6:
			keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-df-m][a-z]{2,5}|[a-d] [x-z."\[\]]{1,3}`).Filter(plainWord), 0, 4, rapid.ID).Draw(t, "keys")
			var y, j []string
			for _, k := range keys {
				item := genValue(depth-1).Draw(t, "value")
				y, j = append(y, strconv.Quote(k)+": "+item.yaml), append(j, strconv.Quote(k)+":"+item.json)
				step := "." + k
				if strings.Contains(k, " ") {
					step = "[" + strconv.Quote(k) + "]"
				}
				add(step, item)
			}
			v.yaml, v.json = "{"+strings.Join(y, ", ")+"}", "{"+strings.Join(j, ",")+"}"
		}
		return v
	})
}

func plainWord(s string) bool { return plainKind(s) == textKind && s != "off" }

// noSeparators: strconv.Quote leaves printable characters as they are, and what
// it escapes as \x7f or \u2028 YAML reads the same way.
func noSeparators(s string) bool { return !strings.ContainsRune(s, 0xfffd) }

// TestLiterals: what is written in YAML is the same value in JSON, number for
// number, and each part of it is found at its place.
func TestLiterals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genValue(3).Draw(t, "value")
		lit, srcs := literalOf(t, v.yaml)
		got, err := types.Canonical(lit.JSON)
		if err != nil {
			t.Fatalf("%s: %v", lit.JSON, err)
		}
		want, err := types.Canonical([]byte(v.json))
		if err != nil {
			t.Fatalf("%s: %v", v.json, err)
		}
		if string(got) != string(want) {
			t.Fatalf("%s is %s, want %s", v.yaml, got, want)
		}
		source := string(srcs.File(1).Text)
		for path, text := range v.parts {
			if span := lit.At(path); source[span.Start:span.End] != text {
				t.Fatalf("%s: %s is %q, want %q", v.yaml, path, source[span.Start:span.End], text)
			}
		}
		if span := lit.At(""); source[span.Start:span.End] != v.yaml {
			t.Fatalf("the whole is %q, want %q", source[span.Start:span.End], v.yaml)
		}
	})
}

func TestPlaceOfNonsense(t *testing.T) {
	lit, _ := literalOf(t, `{a: [1, {b: 2}]}`)
	whole := lit.At("")
	for _, path := range []string{"x", ".x", "[0]", "[", "[\"", "[\"a\"", "[x]", "[-1]", "."} {
		if got := lit.At(path); got != whole {
			t.Errorf("%q is at %v", path, got)
		}
	}
	if a, x := lit.At(".a"), lit.At(".a[7]"); a != x {
		t.Errorf("an item that is not there is at %v, its list at %v", x, a)
	}
}
