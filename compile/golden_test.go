package compile

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowc-dev/flowc/diag"
)

var update = flag.Bool("update", false, "write what the stages print now into the golden archives")

// Every archive under testdata/golden is one flow with what each stage makes of
// it: the findings as text, the graph, the plan document with its contracts.
// A flow with errors has findings alone.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("../testdata/golden/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatal("there are no golden archives")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			old, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(old.Files) == 0 || old.Files[0].Name != "flow.yaml" {
				t.Fatal("the first file of an archive must be flow.yaml")
			}
			got := txtar.Format(&txtar.Archive{Comment: old.Comment, Files: append(old.Files[:1:1], stages(t, old.Files[0].Data)...)})
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := txtar.Format(old); !bytes.Equal(got, want) {
				t.Errorf("the stages print something else; see the difference after `make golden`\n%s", firstDifference(got, want))
			}
		})
	}
}

func stages(t *testing.T, text []byte) []txtar.File {
	srcs := &diag.Sources{}
	r := File(srcs, "flow.yaml", text)
	var out []txtar.File
	if len(r.Findings) > 0 {
		var findings bytes.Buffer
		if err := diag.WriteText(&findings, r.Findings, srcs, diag.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		out = append(out, txtar.File{Name: "findings.txt", Data: findings.Bytes()})
	}
	if !r.OK() {
		return out
	}
	b, err := emitPlan(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range b.Paths() {
		out = append(out, txtar.File{Name: path, Data: b.File(path)})
	}
	return out
}

// firstDifference shows the first line that differs, with its neighbours.
func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			return "got:\n" + around(g, i) + "\nwant:\n" + around(w, i)
		}
	}
	return ""
}

func around(lines []string, i int) string {
	return "  " + strings.Join(lines[min(max(0, i-3), len(lines)):min(len(lines), i+4)], "\n  ")
}
