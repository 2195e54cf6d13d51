package check_test

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowc-dev/flowc/diag/diagtest"
	"github.com/flowc-dev/flowc/ir"
)

// FuzzBuild builds whatever the YAML front end makes of a text.
func FuzzBuild(f *testing.F) {
	for _, dir := range []string{"testdata/ok", "testdata/err"} {
		paths, err := filepath.Glob(dir + "/*.txtar")
		if err != nil || len(paths) == 0 {
			f.Fatalf("no seeds in %s: %v", dir, err)
		}
		for _, path := range paths {
			a, err := txtar.ParseFile(path)
			if err != nil {
				f.Fatal(err)
			}
			for _, file := range a.Files {
				if file.Name != "ir" {
					f.Add(diagtest.Strip(string(file.Data)))
				}
			}
		}
	}
	f.Add("steps:\n a:\n  steps:\n   b: {run: x, outputs: {w}}\n  export: {0.A: b.w}\n c: {inputs: [a.A], run: x}")
	f.Fuzz(func(t *testing.T, text string) {
		flow, list, srcs := build(text)
		for i, d := range list {
			if !d.Span.Valid() {
				t.Errorf("%s: %s: no place", d.Code, d.Summary)
			}
			if i > 0 && d.Span == list[i-1].Span && d.Code == list[i-1].Code && d.Summary == list[i-1].Summary {
				t.Errorf("twice: %s", d.Summary)
			}
		}
		render(list, srcs)
		if flow == nil {
			return
		}
		if err := ir.Print(discard{}, flow); err != nil {
			t.Error(err)
		}
		if !list.HasErrors() {
			verify(t, flow)
			flow.Digest()
		}
	})
}
