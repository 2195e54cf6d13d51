package yaml

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/diag"
)

// TestFlows reads the flows that the whole project is tested with.
func TestFlows(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/flows/*.flow.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no flows: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".flow.yaml"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			flow := load(t, string(text))
			if flow.Partial || flow.Name.Value == "" || len(flow.Steps) == 0 {
				t.Errorf("not read as a whole: %+v", flow)
			}
		})
	}
}

// TestTrees reads testdata/tree/*.txtar: a flow, and below a line of dashes the
// tree it becomes, with the place of each value.
func TestTrees(t *testing.T) {
	const divider = "----\n"
	forArchives(t, "testdata/tree", func(t *testing.T, name, text string) string {
		source, _, _ := strings.Cut(text, divider)
		var srcs diag.Sources
		flow, list := Frontend{}.Load(&srcs, name, []byte(source))
		for _, d := range list {
			t.Errorf("%s: %s", d.Code, d.Summary)
		}
		return source + divider + dumpFlow(t, &srcs, flow)
	})
}
