package diag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sample is a list with all that a finding can have.
func sample() (List, *Sources) {
	srcs := &Sources{}
	a := srcs.Add("./flows/a b%,:.yaml", []byte("flow: f\nstéps: {a: 1}\nx:\n  y\n"))
	b := srcs.Add("/srv/flow.yaml", []byte("flow: g\n"))
	var list List
	list.Error(UnknownKey, Span{a, 8, 14}, "a flow has no key `stéps`").Because("50% of\r\nall: keys, that is").
		See(Span{a, 0, 4}, "the other one").Replace(Span{a, 8, 14}, "steps", "did you mean `steps`?")
	list.Warn(Unused, Span{a, 23, 29}, "spans two lines").Advise("remove it")
	list.Note(DecideTask, Span{b, 0, 0}, "of nothing")
	list.Error("", Span{}, "has no place")
	return list, srcs
}

func TestWriteGitHub(t *testing.T) {
	list, srcs := sample()
	var out bytes.Buffer
	if err := WriteGitHub(&out, list, srcs); err != nil {
		t.Fatal(err)
	}
	want := "::error::has no place\n" +
		"::error file=flows/a b%25%2C%3A.yaml,line=2,endLine=2,col=1,endColumn=6,title=unknown-key::a flow has no key `stéps`%0A50%25 of%0D%0Aall: keys, that is%0Afix: did you mean `steps`?\n" +
		"::warning file=flows/a b%25%2C%3A.yaml,line=3,endLine=4,title=unused::spans two lines%0Afix: remove it\n" +
		"::notice file=/srv/flow.yaml,line=1,endLine=1,col=1,endColumn=1,title=decide-task::of nothing\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}
}

// TestGitHubCommandsCanBeReadBack: whatever a finding says is one command, and
// GitHub's decoding gives the text back.
func TestGitHubCommandsCanBeReadBack(t *testing.T) {
	line := regexp.MustCompile(`^::(error|warning|notice) ((?:[a-zA-Z]+=[^,:\r\n]*,?)+)::([^\r\n]*)$`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z%:,\r\n=é]{1,20}`)
		name, summary := text.Draw(t, "name"), text.Draw(t, "summary")
		srcs := &Sources{}
		id := srcs.Add(name, []byte("x"))
		var list List
		list.Warn(Unused, Span{id, 0, 1}, summary)
		var out bytes.Buffer
		if err := WriteGitHub(&out, list, srcs); err != nil {
			t.Fatal(err)
		}
		m := line.FindStringSubmatch(strings.TrimSuffix(out.String(), "\n"))
		if m == nil {
			t.Fatalf("not one command: %q", out.String())
		}
		decode := func(s string) string {
			return strings.NewReplacer("%3A", ":", "%2C", ",", "%0D", "\r", "%0A", "\n", "%25", "%").Replace(s)
		}
		if got := decode(m[3]); got != summary {
			t.Fatalf("%q became %q", summary, got)
		}
	})
}

// TestWriteSARIF checks the log against what SARIF 2.1.0 demands.
func TestWriteSARIF(t *testing.T) {
	list, srcs := sample()
	var out bytes.Buffer
	if err := WriteSARIF(&out, list, srcs, SARIFOptions{Version: "1.2.3"}); err != nil {
		t.Fatal(err)
	}
	run := checkSARIF(t, out.Bytes())
	results := run["results"].([]any)
	if len(results) != len(list) {
		t.Fatalf("%d results of %d findings", len(results), len(list))
	}
	r := results[1].(map[string]any)
	got, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"uri": "flows/a%20b%25,:.yaml"`, `"uriBaseId": "%SRCROOT%"`, `"startLine": 2`, `"endColumn": 6`, `"byteOffset": 8`, `"byteLength": 6`,
		`"insertedContent": {`, `"text": "steps"`, `"text": "the other one"`, `"level": "error"`, `"ruleId": "unknown-key"`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if !strings.Contains(out.String(), `"uri": "file:///srv/flow.yaml"`) {
		t.Error("an absolute name is no file URI")
	}
}

func TestSARIFFile(t *testing.T) {
	for name, want := range map[string]string{
		"flow.yaml": "flow.yaml", "./a/../b.yaml": "b.yaml", "../b.yaml": "../b.yaml", "a:b.yaml": "./a:b.yaml", "é #?.yaml": "%C3%A9%20%23%3F.yaml",
		"/a b": "file:///a%20b", "<stdin>": "%3Cstdin%3E",
	} {
		if got := sarifFile(name).URI; got != want {
			t.Errorf("%q is named %s, want %s", name, got, want)
		}
	}
}

func TestWriteSARIFWithoutFindings(t *testing.T) {
	var out bytes.Buffer
	if err := WriteSARIF(&out, nil, &Sources{}, SARIFOptions{}); err != nil {
		t.Fatal(err)
	}
	if run := checkSARIF(t, out.Bytes()); len(run["results"].([]any)) != 0 {
		t.Error("there are results")
	}
}

// TestEveryCodeIsARule writes a finding of each code.
func TestEveryCodeIsARule(t *testing.T) {
	srcs := &Sources{}
	id := srcs.Add("flow.yaml", []byte("flow: f\n"))
	var list List
	for _, doc := range Codes() {
		list.Error(doc.Code, Span{id, 0, 4}, "x")
	}
	var out bytes.Buffer
	if err := WriteSARIF(&out, list, srcs, SARIFOptions{}); err != nil {
		t.Fatal(err)
	}
	checkSARIF(t, out.Bytes())
}

// checkSARIF holds a log against the rules of SARIF 2.1.0 for the parts that
// are written, and returns its run.
func checkSARIF(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var log map[string]any
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	only := func(where string, o map[string]any, required string, optional string) {
		t.Helper()
		known := strings.Fields(required + " " + optional)
		for _, key := range strings.Fields(required) {
			if o[key] == nil {
				t.Errorf("%s has no %s", where, key)
			}
		}
		for key := range o {
			if !contains(known, key) {
				t.Errorf("%s has a key %s", where, key)
			}
		}
	}
	only("the log", log, "$schema version runs", "")
	if log["version"] != "2.1.0" || len(log["runs"].([]any)) != 1 {
		t.Errorf("version %v, %v", log["version"], log["runs"])
	}
	run := log["runs"].([]any)[0].(map[string]any)
	only("the run", run, "tool results columnKind", "")
	if kind := run["columnKind"]; kind != "unicodeCodePoints" {
		t.Errorf("columnKind %v", kind)
	}
	driver := run["tool"].(map[string]any)["driver"].(map[string]any)
	only("the driver", driver, "name informationUri rules", "version")
	rules := driver["rules"].([]any)
	for i, x := range rules {
		rule := x.(map[string]any)
		only(fmt.Sprint("rule ", i), rule, "id shortDescription fullDescription help helpUri", "")
		only(fmt.Sprint("help ", i), rule["help"].(map[string]any), "text markdown", "")
		if s := rule["shortDescription"].(map[string]any)["text"].(string); !strings.HasSuffix(s, ".") || strings.Contains(s, "\n") {
			t.Errorf("rule %v: %q is not a sentence", rule["id"], s)
		}
		if u, err := url.Parse(rule["helpUri"].(string)); err != nil || !u.IsAbs() {
			t.Errorf("rule %v: %v", rule["id"], rule["helpUri"])
		}
	}
	artifact := func(x any) {
		a := x.(map[string]any)
		only("artifactLocation", a, "uri", "uriBaseId")
		u, err := url.Parse(a["uri"].(string))
		if err != nil || u.IsAbs() == (a["uriBaseId"] != nil) || strings.Contains(a["uri"].(string), `\`) {
			t.Errorf("uri %v, base %v: %v", a["uri"], a["uriBaseId"], err)
		}
	}
	region := func(x any) {
		r := x.(map[string]any)
		only("region", r, "startLine startColumn endLine endColumn byteOffset byteLength", "")
		line, column := r["startLine"].(float64), r["startColumn"].(float64)
		if line < 1 || column < 1 || r["endLine"].(float64) < line || r["endLine"] == r["startLine"] && r["endColumn"].(float64) < column {
			t.Errorf("region %v", r)
		}
	}
	location := func(x any, more string) {
		l := x.(map[string]any)
		only("location", l, "physicalLocation "+more, "")
		p := l["physicalLocation"].(map[string]any)
		only("physicalLocation", p, "artifactLocation region", "")
		artifact(p["artifactLocation"])
		region(p["region"])
	}
	for _, x := range run["results"].([]any) {
		r := x.(map[string]any)
		only("result", r, "level message", "ruleId ruleIndex locations relatedLocations fixes")
		if !contains([]string{"error", "warning", "note"}, r["level"].(string)) || r["message"].(map[string]any)["text"] == "" {
			t.Errorf("result %v", r)
		}
		if i, ok := r["ruleIndex"].(float64); ok && rules[int(i)].(map[string]any)["id"] != r["ruleId"] {
			t.Errorf("rule %v is not %v", i, r["ruleId"])
		}
		for _, l := range listOf(r["locations"]) {
			location(l, "")
		}
		for _, l := range listOf(r["relatedLocations"]) {
			location(l, "id message")
		}
		for _, f := range listOf(r["fixes"]) {
			fix := f.(map[string]any)
			only("fix", fix, "description artifactChanges", "")
			for _, c := range fix["artifactChanges"].([]any) {
				change := c.(map[string]any)
				only("change", change, "artifactLocation replacements", "")
				artifact(change["artifactLocation"])
				for _, x := range change["replacements"].([]any) {
					only("replacement", x.(map[string]any), "deletedRegion insertedContent", "")
					region(x.(map[string]any)["deletedRegion"])
				}
			}
		}
	}
	return run
}

func listOf(v any) []any {
	l, _ := v.([]any)
	return l
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
