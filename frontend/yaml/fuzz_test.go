package yaml

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/diag/diagtest"
)

// FuzzLoad feeds anything to the front end. It never panics, gives the same
// for the same bytes, every place lies in the source, and a flow without
// errors is whole.
func FuzzLoad(f *testing.F) {
	for _, text := range corpus(f) {
		f.Add([]byte(text))
	}
	for _, text := range []string{
		"", "\xef\xbb\xbfflow: x\n", "\xff\xfeh\x00", "flow: [", "a: &a [*a]", "{{{{", "- - - -", "? [a]: b", "a: |+\n\n", "a: \"\\x4\"",
		"flow: x\nsteps: {a: {run: 'ls'}}\r\n", "a: !!binary x", "%TAG ! !\n--- !x y", "a: >2-\n   b\n  c", "[a: b, ? c]", "a: 'b\n\n c'", "...\n---\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var srcs diag.Sources
		flow, list := Frontend{}.Load(&srcs, "fuzz.yaml", text)
		if flow == nil && !list.HasErrors() {
			t.Fatal("no flow and no errors")
		}
		for _, d := range list {
			checkFinding(t, &srcs, d)
		}
		printed := ""
		if flow != nil {
			printed = dumpFlow(t, &srcs, flow)
			if !list.HasErrors() && flow.Partial {
				t.Fatal("a flow without errors is partial")
			}
		}
		if checkSource(text) == nil {
			if tr, _ := read(text, 1, &diag.List{}); tr.lost > 0 {
				t.Fatalf("%d scalars could not be followed through the source", tr.lost)
			}
		}
		var again diag.Sources
		flow2, list2 := Frontend{}.Load(&again, "fuzz.yaml", text)
		if len(list) != len(list2) {
			t.Fatalf("%d findings, then %d", len(list), len(list2))
		}
		for i := range list {
			if list[i].Summary != list2[i].Summary || list[i].Span != list2[i].Span {
				t.Fatalf("finding %d differs: %v, then %v", i, list[i], list2[i])
			}
		}
		if flow2 != nil && dumpFlow(t, &again, flow2) != printed {
			t.Fatal("the flow differs from one time to the next")
		}
	})
}

// checkFinding tests that a finding has a place, words and a usable fix.
func checkFinding(t *testing.T, srcs *diag.Sources, d diag.Diagnostic) {
	t.Helper()
	if d.Severity == 0 || d.Code == "" || d.Summary == "" {
		t.Fatalf("incomplete: %+v", d)
	}
	if strings.ContainsAny(d.Summary, "\n\r") || strings.HasSuffix(d.Summary, ".") && !strings.HasSuffix(d.Summary, "...") && !strings.Contains(d.Summary, "`.") {
		t.Fatalf("not one line without a stop: %q", d.Summary)
	}
	checkSpan(t, srcs, d.Span)
	for _, r := range d.Related {
		checkSpan(t, srcs, r.Span)
	}
	if d.Fix != nil && d.Fix.Span.Valid() {
		checkSpan(t, srcs, d.Fix.Span)
	}
}

func checkSpan(t *testing.T, srcs *diag.Sources, s diag.Span) {
	t.Helper()
	src := srcs.File(s.File)
	if src == nil {
		t.Fatalf("%v is in no source", s)
	}
	if s.Start < 0 || s.End < s.Start || int(s.End) > len(src.Text) {
		t.Fatalf("%v lies outside the source of %d bytes", s, len(src.Text))
	}
}

// corpus is all flows under testdata, with and without errors.
func corpus(t testing.TB) []string {
	var out []string
	archives, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.Files {
			out = append(out, diagtest.Strip(string(file.Data)))
		}
	}
	flows, err := filepath.Glob("../../testdata/flows/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range flows {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}
