package params

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/diag"
)

var flow = &contract.Flow{Flow: "f", Params: []contract.Param{
	{Name: "n", Type: "int"}, {Name: "score", Type: "float"}, {Name: "text", Type: "string"},
	{Name: "maybe", Type: "int?"}, {Name: "xs", Type: "list<float>"}, {Name: "day", Type: "date"},
	{Name: "mode", Type: "enum<fast|slow>"}, {Name: "on", Type: "bool"}, {Name: "any", Type: "json"},
	{Name: "cfg", Type: "{lr: float, name: string}"}, {Name: "rows", Type: "file"}, {Name: "files", Type: "list<file>"},
}}

func newSet(t *testing.T) *Set {
	t.Helper()
	s, err := New(flow, func(path string) (json.RawMessage, error) {
		if path == "missing" {
			return nil, errors.New("no such file")
		}
		return json.RawMessage(`{"blob":"` + path + `"}`), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFlag(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "v.json")
	if err := os.WriteFile(path, []byte("[1, 2.5]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"n=3":                        `3`,
		"n=-9223372036854775808":     `-9223372036854775808`,
		"score=1":                    `1.0`,
		"score=nan":                  `"NaN"`,
		"text=":                      `""`,
		"text=a=b":                   `"a=b"`,
		"text=@@home":                `"@home"`,
		"text=@" + path:              `"[1, 2.5]"`,
		"maybe=":                     `null`,
		"xs=[1, 2.5]":                `[1.0,2.5]`,
		"xs=@" + path:                `[1.0,2.5]`,
		"day=2026-02-28":             `"2026-02-28"`,
		"mode=fast":                  `"fast"`,
		"on=true":                    `true`,
		`any={"b": [1], "a": null}`:  `{"a":null,"b":[1]}`,
		`cfg={"lr": 1, "name": "x"}`: `{"lr":1.0,"name":"x"}`,
		"rows=data/rows.csv":         `{"blob":"data/rows.csv"}`,
		"rows=@odd":                  `{"blob":"@odd"}`,
	} {
		s := newSet(t)
		name, _, _ := strings.Cut(text, "=")
		if err := s.Flag(text); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := string(s.Values()[name]); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestFlagRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"n":                     `"n" is not name=value`,
		"m=1":                   `flow f has no param "m"`,
		"scor=1":                "did you mean score?",
		"n=1.5":                 "param n: ",
		"n=9223372036854775808": "param n: ",
		"n=":                    "param n: ",
		"on=yes":                "write true or false",
		"day=2026-02-30":        "param day: ",
		"mode=medium":           "param mode: ",
		"xs=1,2":                "list<float> is given as JSON, in [brackets]",
		`xs=["a"]`:              "param xs: ",
		`cfg={"lr": 1}`:         "param cfg: ",
		"text=@/nowhere/at/all": "param text: ",
		"text=\xff":             "param text: ",
		"rows=missing":          "param rows: no such file",
		"files=[]":              "can't be given on the command line",
	} {
		err := newSet(t).Flag(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	s := newSet(t)
	if err := s.Flag("n=1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Flag("n=2"); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("given twice: %v", err)
	}
}

func TestFile(t *testing.T) {
	s := newSet(t)
	if err := s.Flag("n=1"); err != nil {
		t.Fatal(err)
	}
	var srcs diag.Sources
	found := s.File(&srcs, "p.yaml", []byte("n: 2  # the flag wins\nday: 2026-01-02\nxs: [1, .5]\ncfg: {lr: 0.1, name: x}\nrows: a.csv\n"))
	if len(found) > 0 {
		t.Fatalf("found %v", found)
	}
	want := map[string]json.RawMessage{
		"n": json.RawMessage("1"), "day": json.RawMessage(`"2026-01-02"`), "xs": json.RawMessage("[1.0,0.5]"),
		"cfg": json.RawMessage(`{"lr":0.1,"name":"x"}`), "rows": json.RawMessage(`{"blob":"a.csv"}`),
	}
	if diff := cmp.Diff(want, s.Values()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if found := newSet(t).File(&srcs, "empty", nil); len(found) > 0 {
		t.Errorf("an empty file: %v", found)
	}
	if found := newSet(t).File(&srcs, "p.json", []byte(`{"n": 2, "on": false}`)); len(found) > 0 {
		t.Errorf("JSON: %v", found)
	}
}

func TestFileReportsPlaces(t *testing.T) {
	var srcs diag.Sources
	found := newSet(t).File(&srcs, "p.yaml", []byte("xs: [1, two]\nscor: 1\nday: no\nrows: missing\nmode: fast\nmode: slow\n"))
	var out bytes.Buffer
	if err := diag.WriteText(&out, found, &srcs, diag.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"p.yaml:1:9", "p.yaml:2:1", "did you mean score?", "p.yaml:3:6", "p.yaml:4:7", "p.yaml:6:1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the findings lack %q:\n%s", want, out.String())
		}
	}
}
