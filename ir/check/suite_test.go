package check_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/diag/diagtest"
	"github.com/flowc-dev/flowc/frontend/yaml"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/ir/check"
)

var update = flag.Bool("update", false, "write what is found into testdata")

// build reads and checks a flow; its name is added if it has none.
func build(text string) (*ir.Flow, diag.List, *diag.Sources) {
	srcs := &diag.Sources{}
	f, list := yaml.Frontend{}.Load(srcs, "flow.yaml", []byte(text))
	out, found := check.Build(f)
	return out, append(list, found...).Sorted(), srcs
}

// TestErrors reads testdata/err: archives of invalid flows with their findings
// beside the offending tokens, in the notation of package diagtest.
func TestErrors(t *testing.T) {
	diagtest.Archives(t, "testdata/err", *update, func(t *testing.T, a *txtar.Archive) {
		for i := range a.Files {
			f := &a.Files[i]
			source := diagtest.Strip(string(f.Data))
			_, list, srcs := build(source)
			if len(list) == 0 {
				t.Errorf("%s: nothing is wrong with it", f.Name)
			}
			checkFixes(t, f.Name, source, list)
			f.Data = []byte(diagtest.Annotate(source, srcs, list))
		}
	})
}

// TestGraphs reads testdata/ok: archives with a valid flow and its graph.
func TestGraphs(t *testing.T) {
	diagtest.Archives(t, "testdata/ok", *update, func(t *testing.T, a *txtar.Archive) {
		source := diagtest.Strip(string(a.Files[0].Data))
		f, list, srcs := build(source)
		if list.HasErrors() {
			t.Errorf("unexpected findings:\n%s", render(list, srcs))
			return
		}
		var out bytes.Buffer
		if err := ir.Print(&out, f); err != nil {
			t.Fatal(err)
		}
		verify(t, f)
		a.Files = []txtar.File{
			{Name: "flow.yaml", Data: []byte(diagtest.Annotate(source, srcs, list))},
			{Name: "ir", Data: out.Bytes()},
		}
	})
}

// checkFixes applies every fix that an editor can apply: the finding must go,
// and the file must still be read.
func checkFixes(t *testing.T, name, source string, list diag.List) {
	t.Helper()
	for _, d := range list {
		if d.Fix == nil || !d.Fix.Span.Valid() {
			continue
		}
		fixed := source[:d.Fix.Span.Start] + d.Fix.Replace + source[d.Fix.Span.End:]
		_, after, _ := build(fixed)
		for _, e := range after {
			if e.Code == d.Code && e.Span.Start == d.Span.Start && e.Summary == d.Summary {
				t.Errorf("%s: %s: the fix %q does not help", name, d.Summary, d.Fix.Replace)
			}
			known := slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return d.Code == e.Code })
			if !known && (strings.HasPrefix(string(e.Code), "yaml-") || e.Code == diag.ExprSyntax) {
				t.Errorf("%s: %s: the fix %q breaks the file: %s", name, d.Summary, d.Fix.Replace, e.Summary)
			}
		}
	}
}

func render(list diag.List, srcs *diag.Sources) string {
	var out bytes.Buffer
	if err := diag.WriteText(&out, list, srcs, diag.TextOptions{Width: 100}); err != nil {
		return err.Error()
	}
	return out.String()
}

// TestCodeExamples builds the examples that the codes of this package are
// explained with: each is reported for its code, and for nothing else.
func TestCodeExamples(t *testing.T) {
	for _, doc := range diag.Codes() {
		if !ownCode(t, doc.Code) {
			continue
		}
		text := doc.Example
		if !strings.HasPrefix(text, "flow:") {
			text = "flow: example\n" + text
		}
		_, list, srcs := build(text)
		if len(list) != 1 || list[0].Code != doc.Code {
			t.Errorf("%s: its example has %d findings:\n%s\n%s", doc.Code, len(list), text, render(list, srcs))
		}
	}
}

var ownFile string

func ownCode(t *testing.T, code diag.Code) bool {
	t.Helper()
	if ownFile == "" {
		text, err := os.ReadFile("../../diag/codes_check.go")
		if err != nil {
			t.Fatal(err)
		}
		ownFile = string(text)
	}
	return strings.Contains(ownFile, ` Code = "`+string(code)+`"`)
}

// TestProjectFlows holds the graphs of the flows that the project has anyway
// to what package ir promises.
func TestProjectFlows(t *testing.T) {
	flows := map[string][]txtar.File{}
	for _, pattern := range []string{"../../testdata/flows/*.yaml", "../../examples/*/flow.yaml", "../../conformance/testdata/*.txtar"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			flows[path] = []txtar.File{{Name: "flow.yaml", Data: text}}
			if a := txtar.Parse(text); len(a.Files) > 0 {
				flows[path] = a.Files
			}
		}
	}
	if len(flows) < 30 {
		t.Fatalf("found only %d flows", len(flows))
	}
	for path, files := range flows {
		srcs := &diag.Sources{}
		r := compile.File(srcs, files[0].Name, files[0].Data, compile.WithFiles(func(name string) ([]byte, error) {
			for _, f := range files {
				if f.Name == name {
					return f.Data, nil
				}
			}
			return nil, fs.ErrNotExist
		}))
		if r.Graph == nil {
			t.Errorf("%s:\n%s", path, render(r.Findings, srcs))
			continue
		}
		verify(t, r.Graph)
	}
}
