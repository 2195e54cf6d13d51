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

// Every flow under testdata/flows has an archive under testdata/golden that
// shows it with what each stage makes of it: the findings as text, the graph,
// the plan document with its contracts.
func TestGolden(t *testing.T) {
	flows, err := filepath.Glob("../testdata/flows/*.flow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(flows) == 0 {
		t.Fatal("there are no flows")
	}
	known := map[string]bool{}
	for _, flow := range flows {
		name := strings.TrimSuffix(filepath.Base(flow), ".flow.yaml")
		known[name+".txtar"] = true
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(flow)
			if err != nil {
				t.Fatal(err)
			}
			got := txtar.Format(&txtar.Archive{Files: append([]txtar.File{{Name: "flow.yaml", Data: text}}, stages(t, text)...)})
			path := filepath.Join("../testdata/golden", name+".txtar")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the stages print something else; `make golden` shows the difference\n%s", firstDifference(got, want))
			}
		})
	}
	archives, err := filepath.Glob("../testdata/golden/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range archives {
		if !known[filepath.Base(path)] {
			t.Errorf("%s is the archive of no flow", path)
		}
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
