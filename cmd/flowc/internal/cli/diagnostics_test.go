package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowc-dev/flowc/diag"
)

// TestExamplesShowTheirCodes: each code is what its example is reported for,
// and nothing else is wrong with it.
func TestExamplesShowTheirCodes(t *testing.T) {
	for _, doc := range diag.Codes() {
		r := compileExample(doc)
		got := withoutNotes(r.Findings)
		if doc.Code == diag.DecideTask || doc.Code == diag.IgnoredKey {
			got = r.Findings
		}
		if len(got) == 0 || slices.ContainsFunc(got, func(d diag.Diagnostic) bool { return d.Code != doc.Code }) {
			var out bytes.Buffer
			if err := diag.WriteText(&out, r.Findings, r.Sources, diag.TextOptions{Width: 100}); err != nil {
				t.Fatal(err)
			}
			t.Errorf("%s: its example is reported for something else:\n%s\n%s", doc.Code, doc.File(), out.String())
		}
	}
}

func TestDiagnosticsAreUpToDate(t *testing.T) {
	path := filepath.FromSlash("../../../../docs/diagnostics.md")
	var want bytes.Buffer
	if err := Diagnostics(&want); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want.String()); diff != "" {
		t.Errorf("docs/diagnostics.md is not up to date; `make golden` writes it anew (-there +now):\n%s", diff)
	}
}
