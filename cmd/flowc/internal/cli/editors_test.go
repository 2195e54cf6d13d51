package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	goyaml "go.yaml.in/yaml/v4"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend/yaml"
)

// TestEditorsPage: the flows on docs/editors.md have no findings and the layout
// that the page speaks of, and everything else there that looks like YAML is.
func TestEditorsPage(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/editors.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	flows := 0
	for _, m := range blocks {
		if !strings.Contains("\n"+m[1], "\nflow:") {
			var v any
			if err := goyaml.Unmarshal([]byte(m[1]), &v); err != nil {
				t.Errorf("%v\n%s", err, m[1])
			}
			continue
		}
		flows++
		for _, d := range compile.File(&diag.Sources{}, "flow.yaml", []byte(m[1])).Findings {
			t.Errorf("%s: %s\n%s", d.Code, d.Summary, m[1])
		}
		out, _, err := yaml.Format(&diag.Sources{}, "flow.yaml", []byte(m[1]))
		if err != nil || string(out) != m[1] {
			t.Errorf("%v: formatted it is\n%s", err, out)
		}
	}
	if flows < 2 || len(blocks) < 5 {
		t.Errorf("%d flows in %d blocks", flows, len(blocks))
	}
}
